/* The exact oracle on rings: closed forms, the bound, a hundred thousand sites, and broken chains.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CHANNELS = 32, LARGE = 100000 };

/* ---- systems -------------------------------------------------------------------------------- */

static struct ff_system *uniform_ring(int n_sites, double forward, double backward)
{
    char text[256];
    snprintf(text, sizeof text, "model: {kind: ring, sites: %d, forward: %.17g, backward: %.17g}\n",
             n_sites, forward, backward);
    return read_system(text);
}

/* ---- rings ---------------------------------------------------------------------------------- */

static void ring_entropy_at_a_current_matches_closed_form(void **state)
{
    (void)state;
    static const double known[][2] = {
        {0.1, 0.0200670695}, {0.3, 0.1857117625}, {0.6, 0.8317766167}, {0.9, 2.6499950812}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const double scaled_current = known[i][0]; /* N J / K */
        for (int n = 3; n <= 12; n += 3) {
            struct ff_system *system =
                uniform_ring(n, 0.5 * (1.0 + scaled_current), 0.5 * (1.0 - scaled_current));
            const struct ff_exact_values values = values_of(system, system->process->rates);
            assert_close(values.current, scaled_current / n, 1e-14);
            assert_near(values.entropy_production, known[i][1], 0.5e-10);
            assert_close(values.entropy_production, 2.0 * scaled_current * atanh(scaled_current),
                         1e-13);
            ff_system_free(system);
        }
    }
}

static void ring_entropy_is_never_below_the_bound(void **state)
{
    (void)state;
    struct ff_system *system =
        read_system("model: {kind: ring, sites: 5}\ndesign: {budget: {total: 10}}\n");
    struct ff_stream stream = ff_stream_at(11, 0, FF_PURPOSE_START, 0, 0);
    double theta[10], rates[10];
    for (int trial = 0; trial < 200; trial++) {
        const double spread = 0.01 * (trial + 1);
        for (int p = 0; p < 10; p++)
            theta[p] = spread * ff_stream_normal(&stream);
        ff_design_rates(system->design, theta, rates);
        const struct ff_exact_values values = values_of(system, rates);
        const double scaled = 5.0 * values.current / system->bound_total;
        const double bound = 2.0 * 5.0 * values.current * atanh(scaled);
        assert_true(values.entropy_production >= bound * (1.0 - 1e-12));
    }
    ff_system_free(system);
}

static void uniform_ring_gradients_match_closed_form(void **state)
{
    (void)state;
    const double p = 1.3, q = 0.4;
    for (int n = 3; n <= 9; n += 2) {
        struct ff_system *system = uniform_ring(n, p, q);
        struct oracle oracle = solved(system, NULL, system->process->rates);
        double gradients[2 * MAX_CHANNELS];
        const double *dj = gradients, *ds = gradients + system->process->n_channels;
        ff_exact_gradient(oracle.exact, gradients);
        for (int e = 0; e < n; e++) {
            const int forward = system->process->edge_forward[e];
            const int backward = system->process->reverse[forward];
            assert_close(dj[forward], p / (n * n), 1e-13);
            assert_close(dj[backward], -q / (n * n), 1e-13);
            assert_close(ds[forward], (p * log(p / q) + (p - q)) / n, 1e-13);
            assert_close(ds[backward], -(q * log(p / q) + (p - q)) / n, 1e-13);
        }
        free_oracle(&oracle);
        ff_system_free(system);
    }
}

static void ring_noise_is_that_of_a_biased_random_walk(void **state)
{
    (void)state;
    /* The displacement of the walk has variance (p + q) t; the current through one edge, and the mean over
     * all edges, both are displacement / N up to a bounded difference. */
    static const char *const currents[] = {"all", "{\"1->2\": 1}", "{\"0->1\": 3, \"2->3\": -2}"};
    const double p = 1.3, q = 0.4;
    const int n = 7;
    for (size_t i = 0; i < sizeof currents / sizeof *currents; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "model: {kind: ring, sites: 7, forward: 1.3, backward: 0.4, walkers: 3}\n"
                 "objective: {current: %s}\n",
                 currents[i]);
        const struct ff_exact_values values = values_of_text(text);
        assert_close(values.current, (p - q) / n, 1e-13);
        assert_close(values.activity, p + q, 1e-13);
        assert_close(values.current_noise, (p + q) / (n * n), 1e-12);
        assert_close(values.tur_ratio, (p + q) / (p - q) * log(p / q) / 2.0, 1e-12);
    }
}

static double affinity(const struct ff_process *process, const double *rates)
{
    double sum = 0.0;
    for (int e = 0; e < process->n_edges; e++) {
        const int forward = process->edge_forward[e];
        sum += log(rates[forward] / rates[process->reverse[forward]]);
    }
    return sum;
}

static void ring_entropy_is_current_times_affinity(void **state)
{
    (void)state;
    struct ff_system *system =
        read_system("model: {kind: ring, sites: 6, forward: [1, 4, 0.2, 3, 1, 9],\n"
                    "        backward: [2, 0.1, 0.7, 0.01, 5, 3]}\n");
    const struct ff_exact_values values = values_of(system, system->process->rates);
    assert_close(values.entropy_production,
                 values.current * affinity(system->process, system->process->rates), 1e-13);
    ff_system_free(system);
}

/* Current and occupancies of a ring, all terms positive. At unit current every edge i -> i+1 obeys
 * p_i = (1 + k-_i p_{i+1}) / k+_i; going round once gives p_0 = a + b p_0. Needs a positive affinity. */
static double ring_current_by_recursion(const struct ff_process *process, const double *rates,
                                        double *occupancy)
{
    const int n = process->n_sites;
    double a = 0.0, b = 1.0;
    for (int i = n - 1; i >= 0; i--) {
        a = (1.0 + rates[2 * i + 1] * a) / rates[2 * i];
        b *= rates[2 * i + 1] / rates[2 * i];
    }
    const double first = a / (1.0 - b);
    double next = first, total = 0.0;
    for (int i = n - 1; i >= 0; i--) {
        occupancy[i] = next = (1.0 + rates[2 * i + 1] * next) / rates[2 * i];
        total += next;
    }
    for (int i = 0; i < n; i++)
        occupancy[i] /= total;
    return 1.0 / total;
}

static void large_uniform_ring_matches_closed_form(void **state)
{
    (void)state;
    const double p = 1.0, q = 0.5, n = LARGE;
    struct ff_system *system = uniform_ring(LARGE, p, q);
    struct oracle oracle = solved(system, NULL, system->process->rates);
    assert_string_equal(ff_exact_solver_name(oracle.exact), "klu");
    assert_int_equal(oracle.chain->n_states, LARGE);
    const struct ff_exact_values values = ff_exact_observe(oracle.exact);
    assert_close(values.current, (p - q) / n, 1e-10);
    assert_close(values.entropy_production, (p - q) * log(p / q), 1e-10);
    assert_close(values.current_noise, (p + q) / (n * n), 1e-8);
    /* Each entry is (p/N)(1/N + h(x+1) - h(x)), its differences of h known to some roundings of h. */
    double *gradients = FF_NEW(double, 4 * LARGE);
    const double *dj = gradients, *ds = gradients + 2 * LARGE;
    ff_exact_gradient(oracle.exact, gradients);
    for (int e = 0; e < LARGE; e += 997) {
        assert_close(dj[2 * e], p / (n * n), 1e-6);
        assert_close(dj[2 * e + 1], -q / (n * n), 1e-6);
        assert_close(ds[2 * e], (p * log(p / q) + (p - q)) / n, 1e-6);
    }
    free(gradients);
    free_oracle(&oracle);
    ff_system_free(system);
}

static void large_disordered_ring_matches_recursion(void **state)
{
    (void)state;
    struct ff_system *system =
        read_system("model: {kind: ring, sites: 100000, forward: 1.0, backward: 0.5,\n"
                    "        disorder: {barrier: 0.5, energy: 0.5, seed: 7}}\n");
    const double *rates = system->process->rates;
    struct oracle oracle = solved(system, NULL, rates);
    const struct ff_exact_values values = ff_exact_observe(oracle.exact);
    double *occupancy = FF_NEW(double, LARGE);
    const double current = ring_current_by_recursion(system->process, rates, occupancy);
    assert_close(values.current, current, 1e-10);
    assert_close(values.entropy_production, current * affinity(system->process, rates), 1e-10);
    for (int i = 0; i < LARGE; i++) {
        const double *flux = ff_exact_flux(oracle.exact);
        assert_close(ff_exact_occupancy(oracle.exact)[i], occupancy[i], 1e-9);
        assert_close(flux[2 * i] - flux[2 * i + 1], current, 1e-8);
    }
    assert_true(values.tur_ratio >= 1.0);
    free(occupancy);
    free_oracle(&oracle);
    ff_system_free(system);
}

/* ---- solvers --------------------------------------------------------------------------------- */

static void steady_state_of_a_stiff_ring_is_accurate_in_every_entry(void **state)
{
    (void)state;
    struct ff_system *system =
        read_system("model: {kind: ring, sites: 6, forward: [1e9, 1e-3, 1, 1e5, 1e-7, 1e2],\n"
                    "        backward: [1e-6, 1e4, 1e-9, 1, 1e-2, 1e-11]}\n");
    double occupancy[6];
    const double current =
        ring_current_by_recursion(system->process, system->process->rates, occupancy);
    struct oracle oracle = solved(system, &ff_solver_gth, system->process->rates);
    for (int i = 0; i < 6; i++)
        assert_close(ff_exact_occupancy(oracle.exact)[i], occupancy[i], 1e-14);
    /* The current through the fastest edge is the small difference of two large fluxes. */
    const struct ff_exact_values values = ff_exact_observe(oracle.exact);
    assert_near(values.current, current, 1e-15 * values.activity);
    free_oracle(&oracle);
    ff_system_free(system);
}

static void solver_is_chosen_by_size(void **state)
{
    (void)state;
    assert_ptr_equal(ff_solver_for(6), &ff_solver_gth);
    assert_ptr_equal(ff_solver_for(LARGE), &ff_solver_klu);
}

/* No hops across two edges of a ring of six sites: two parts of three sites each. */
static void check_broken_chain_is_refused(const struct ff_solver_type *solver)
{
    struct ff_system *system = uniform_ring(6, 0.7, 0.3);
    struct oracle oracle = make_oracle(system, solver);
    double rates[12];
    memcpy(rates, system->process->rates, sizeof rates);
    rates[0] = rates[1] = rates[6] = rates[7] = 0.0;
    assert_int_equal(ff_exact_solve(oracle.exact, rates), FF_ERR_NUMERICAL);
    assert_non_null(strstr(ff_status_message(), "steady state"));
    rates[0] = NAN;
    assert_int_equal(ff_exact_solve(oracle.exact, rates), FF_ERR_NUMERICAL);

    /* The failure leaves nothing behind. */
    assert_int_equal(ff_exact_solve(oracle.exact, system->process->rates), FF_OK);
    assert_close(ff_exact_observe(oracle.exact).current, 0.4 / 6.0, 1e-13);
    free_oracle(&oracle);
    ff_system_free(system);
}

static void dense_solver_refuses_a_chain_that_falls_apart(void **state)
{
    (void)state;
    check_broken_chain_is_refused(&ff_solver_gth);
}

static void sparse_solver_refuses_a_chain_that_falls_apart(void **state)
{
    (void)state;
    check_broken_chain_is_refused(&ff_solver_klu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_entropy_at_a_current_matches_closed_form),
        cmocka_unit_test(ring_entropy_is_never_below_the_bound),
        cmocka_unit_test(uniform_ring_gradients_match_closed_form),
        cmocka_unit_test(ring_noise_is_that_of_a_biased_random_walk),
        cmocka_unit_test(ring_entropy_is_current_times_affinity),
        cmocka_unit_test(large_uniform_ring_matches_closed_form),
        cmocka_unit_test(large_disordered_ring_matches_recursion),
        cmocka_unit_test(steady_state_of_a_stiff_ring_is_accurate_in_every_entry),
        cmocka_unit_test(solver_is_chosen_by_size),
        cmocka_unit_test(dense_solver_refuses_a_chain_that_falls_apart),
        cmocka_unit_test(sparse_solver_refuses_a_chain_that_falls_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
