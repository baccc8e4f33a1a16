/* The exact front: on a ring with a budget it is known in closed form.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/reference.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

enum { N_WEIGHTS = 4 };
static const double weights[N_WEIGHTS] = {0.2, 0.5, 0.8, 0.95};
static const struct ff_reference_options options = {
    .is_wanted = true, .max_states = 200, .n_starts = 3, .iterations = 1000};

static struct ff_system *read_ring(int n_sites)
{
    char text[256];
    snprintf(text, sizeof text,
             "{model: {kind: ring, sites: %d, forward: [1.0, 0.3%s], backward: 0.5},"
             " design: {kind: rates, budget: {total: %d}, bounds: [-8, 8]}}",
             n_sites, n_sites == 3 ? ", 2.0" : ", 2.0, 0.8, 1.5", n_sites);
    return read_system(text);
}

/* Two cycles that share an edge: no closed form. */
static const char two_cycles[] =
    "{model: {kind: network, states: [A, B, C, D], edges: ["
    "{from: A, to: B, forward: 2.0, backward: 1.0}, {from: B, to: C, forward: 3.0, backward: 0.5},"
    "{from: C, to: A, forward: 1.0, backward: 0.2}, {from: B, to: D, forward: 0.7, backward: 0.6},"
    "{from: D, to: C, forward: 0.9, backward: 0.4}]},"
    " design: {kind: rates, budget: {total: 12.0}, bounds: [-4, 4]},"
    " objective: {current: {\"C->A\": 1}}}";

static void fill_weighted(double current_scale, double entropy_scale,
                          struct ff_scalarization out[N_WEIGHTS])
{
    for (int i = 0; i < N_WEIGHTS; i++)
        out[i] = (struct ff_scalarization){.kind = FF_SCALARIZATION_WEIGHTED,
                                           .weight = weights[i],
                                           .current_scale = current_scale,
                                           .entropy_scale = entropy_scale};
}

/* J at which the slope of 2 N J atanh(N J), K = 1, is that of the level lines of L: by bisection over
 * u = N J, since d sigma / dJ = 2 N (atanh u + u/(1-u^2)) rises. */
static double optimal_current(int n_sites, const struct ff_scalarization *s)
{
    const double wanted = s->weight / (1.0 - s->weight) * s->entropy_scale / s->current_scale;
    double low = 0.0, high = 1.0;
    for (int i = 0; i < 200; i++) {
        const double u = 0.5 * (low + high);
        const double slope = 2.0 * n_sites * (atanh(u) + u / (1.0 - u * u));
        if (slope < wanted)
            low = u;
        else
            high = u;
    }
    return 0.5 * (low + high) / n_sites;
}

static double ring_bound(int n_sites, double current)
{
    return 2.0 * n_sites * current * atanh(n_sites * current);
}

static struct ff_reference *make_reference(const struct ff_system *system,
                                           const struct ff_reference_options *some, uint64_t seed,
                                           const struct ff_scalarization *scalarizations, int n,
                                           const double *hints)
{
    struct ff_chain *chain = make_chain(system);
    struct ff_reference *reference;
    assert_int_equal(
        ff_reference_create(system, chain, some, seed, scalarizations, n, hints, &reference),
        FF_OK);
    ff_chain_free(chain);
    return reference;
}

/* L is flat at its optimum: an error of 1e-9 in its value is one of about 1e-5 in J. */
static void reference_of_a_budget_ring_is_the_closed_form(void **state)
{
    (void)state;
    for (int n_sites = 3; n_sites <= 5; n_sites += 2) {
        struct ff_system *system = read_ring(n_sites);
        struct ff_scalarization scalarizations[N_WEIGHTS];
        fill_weighted(0.5 / n_sites, 0.6, scalarizations);
        struct ff_reference *reference =
            make_reference(system, &options, 1, scalarizations, N_WEIGHTS, NULL);
        assert_int_equal(reference->n_points, N_WEIGHTS);
        for (int i = 0; i < N_WEIGHTS; i++) {
            const double current = optimal_current(n_sites, &scalarizations[i]);
            const double least =
                ff_scalarize(&scalarizations[i], current, ring_bound(n_sites, current), NULL, NULL);
            assert_near(reference->objective[i], least, 1e-9);
            assert_near(reference->current[i], current, 1e-4);
            assert_near(reference->entropy_production[i], ring_bound(n_sites, current), 1e-3);
            assert_true(reference->entropy_production[i] >=
                        ring_bound(n_sites, reference->current[i]) - 1e-12);
        }
        ff_reference_free(reference);
        ff_system_free(system);
    }
}

/* Worked out to ten digits for K = 1 and N = 3. */
static void bound_of_the_ring_matches_tabulated_values(void **state)
{
    (void)state;
    struct ff_system *system = read_ring(3);
    struct ff_scalarization scalarizations[N_WEIGHTS];
    fill_weighted(1.0, 1.0, scalarizations);
    struct ff_reference *reference = make_reference(system, &options, 1, scalarizations, 0, NULL);
    assert_int_equal(reference->n_bound, FF_BOUND_POINTS);
    assert_near(ring_bound(3, 0.1 / 3.0), 0.0200670695, 1e-10);
    assert_near(ring_bound(3, 0.3), 2.6499950812, 1e-10);
    for (int i = 0; i < FF_BOUND_POINTS; i++)
        assert_near(reference->bound_entropy_production[i],
                    ring_bound(3, reference->bound_current[i]), 1e-12);
    assert_true(reference->bound_current[0] == 0.0);
    assert_true(3.0 * reference->bound_current[FF_BOUND_POINTS - 1] > 0.98);
    ff_reference_free(reference);
    ff_system_free(system);
}

static struct ff_reference *two_cycle_reference(const struct ff_system *system, int n_starts,
                                                uint64_t seed, const double *hints)
{
    struct ff_reference_options some = options;
    struct ff_scalarization scalarizations[N_WEIGHTS];
    some.n_starts = n_starts;
    fill_weighted(0.5, 2.0, scalarizations);
    return make_reference(system, &some, seed, scalarizations, N_WEIGHTS, hints);
}

static void random_starts_are_a_function_of_the_seed(void **state)
{
    (void)state;
    struct ff_system *system = read_system(two_cycles);
    struct ff_reference *first = two_cycle_reference(system, 4, 1, NULL);
    struct ff_reference *again = two_cycle_reference(system, 4, 1, NULL);
    struct ff_reference *other = two_cycle_reference(system, 4, 2, NULL);
    const size_t size = sizeof(double) * N_WEIGHTS * (size_t)first->n_parameters;
    assert_memory_equal(first->theta, again->theta, size);
    assert_memory_equal(first->objective, again->objective, sizeof(double) * N_WEIGHTS);
    assert_true(memcmp(first->theta, other->theta, size) != 0);
    ff_reference_free(first);
    ff_reference_free(again);
    ff_reference_free(other);
    ff_system_free(system);
}

/* Starts of a smaller set are among those of a larger one, so each optimum can only improve; so too
 * with a hint, and a hint that is not a number is passed over. */
static void more_starts_and_hints_never_worsen_the_first_point(void **state)
{
    (void)state;
    struct ff_system *system = read_system(two_cycles);
    struct ff_reference *few = two_cycle_reference(system, 1, 1, NULL);
    struct ff_reference *many = two_cycle_reference(system, 5, 1, NULL);
    assert_true(many->objective[0] <= few->objective[0]);
    struct ff_reference *hinted = two_cycle_reference(system, 1, 1, many->theta);
    assert_true(hinted->objective[0] <= few->objective[0]);
    for (int i = 0; i < N_WEIGHTS; i++)
        assert_true(hinted->objective[i] <= many->objective[i] + 1e-9);
    double *unknown = FF_NEW(double, N_WEIGHTS * few->n_parameters);
    for (int p = 0; p < N_WEIGHTS * few->n_parameters; p++)
        unknown[p] = NAN;
    struct ff_reference *unhinted = two_cycle_reference(system, 1, 1, unknown);
    assert_memory_equal(unhinted->objective, few->objective, sizeof(double) * N_WEIGHTS);
    free(unknown);
    ff_reference_free(few);
    ff_reference_free(many);
    ff_reference_free(hinted);
    ff_reference_free(unhinted);
    ff_system_free(system);
}

static void a_network_has_no_analytic_bound(void **state)
{
    (void)state;
    struct ff_system *system = read_system(two_cycles);
    struct ff_reference *reference = two_cycle_reference(system, 1, 1, NULL);
    assert_int_equal(reference->n_bound, 0);
    assert_null(reference->bound_current);
    ff_reference_free(reference);
    ff_system_free(system);
}

/* No design inside the box beats the reference: a hundred random ones near its optimum do not. */
static void no_neighbour_of_an_optimum_is_better(void **state)
{
    (void)state;
    struct ff_system *system = read_system(two_cycles);
    struct ff_reference *reference = two_cycle_reference(system, 4, 1, NULL);
    struct ff_scalarization scalarizations[N_WEIGHTS];
    struct oracle oracle = make_oracle(system, NULL);
    double theta[10], rates[10], means[FF_N_OBSERVABLES];
    fill_weighted(0.5, 2.0, scalarizations);
    for (int i = 0; i < N_WEIGHTS; i++)
        for (uint32_t k = 0; k < 100; k++) {
            struct ff_stream stream = ff_stream_at(1, (uint32_t)i, FF_PURPOSE_START, 0, k);
            for (int p = 0; p < 10; p++)
                theta[p] = reference->theta[i * 10 + p] + 0.2 * ff_stream_normal(&stream);
            ff_design_clip(system->design, theta);
            ff_design_rates(system->design, theta, rates);
            assert_int_equal(ff_exact_solve(oracle.exact, rates), FF_OK);
            ff_exact_means(oracle.exact, means);
            assert_true(ff_scalarize(&scalarizations[i], means[FF_J], means[FF_SIGMA], NULL, NULL) >
                        reference->objective[i] - 1e-9);
        }
    free_oracle(&oracle);
    ff_reference_free(reference);
    ff_system_free(system);
}

/* tests/antiporter.yaml: above weight 0.887 the cycle of four steps is better, which a search from theta = 0 misses. */
static const char antiporter[] =
    "{model: {kind: network, states: [Co, CoN, CiN, Ci, CiD], edges: ["
    "{from: Co, to: CoN, forward: 120, backward: 30}, {from: CoN, to: CiN, forward: 15, backward: 4},"
    "{from: CiN, to: Ci, forward: 250, backward: 45}, {from: Ci, to: Co, forward: 0.8, backward: 0.3},"
    "{from: Ci, to: CiD, forward: 60, backward: 8}, {from: CiD, to: Co, forward: 7, backward: 0.5}]},"
    " design: {kind: rates, budget: {total: 540.6}, bounds: [-8, 8]},"
    " objective: {current: {\"CoN->CiN\": 1, \"CiD->Co\": 0.5}}}";

/* A better branch that is known at the second weight alone is carried down to the first. */
static void optima_are_compared_at_every_weight(void **state)
{
    (void)state;
    struct ff_system *system = read_system(antiporter);
    const size_t n = (size_t)system->design->n_parameters;
    struct ff_scalarization pair[N_WEIGHTS];
    fill_weighted(5.613, 52.07, pair);
    pair[0].weight = 0.93;
    pair[1].weight = 0.95;
    struct ff_reference_options one = options, many = options;
    one.n_starts = 1;
    many.n_starts = 100;
    struct ff_reference *best = make_reference(system, &many, 1, pair + 1, 1, NULL);
    struct ff_reference *alone = make_reference(system, &one, 1, pair, 1, NULL);
    double *hints = FF_RAW(double, 2 * n);
    hints[0] = NAN;
    memcpy(hints + n, best->theta, sizeof *hints * n);
    struct ff_reference *both = make_reference(system, &one, 1, pair, 2, hints);
    assert_true(both->objective[0] < alone->objective[0] - 0.01 * fabs(alone->objective[0]));
    free(hints);
    ff_reference_free(both);
    ff_reference_free(alone);
    ff_reference_free(best);
    ff_system_free(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_of_a_budget_ring_is_the_closed_form),
        cmocka_unit_test(bound_of_the_ring_matches_tabulated_values),
        cmocka_unit_test(random_starts_are_a_function_of_the_seed),
        cmocka_unit_test(more_starts_and_hints_never_worsen_the_first_point),
        cmocka_unit_test(a_network_has_no_analytic_bound),
        cmocka_unit_test(no_neighbour_of_an_optimum_is_better),
        cmocka_unit_test(optima_are_compared_at_every_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
