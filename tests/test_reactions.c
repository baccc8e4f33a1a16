/* Reaction networks: the written form, propensities, and entropy production with combinatorial factors.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: stat */
#include "job/averages.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

static const double largest_z = 5.0;

/* ---- the written form ----------------------------------------------------------------------- */

static void stoichiometry_is_read_as_written(void **state)
{
    (void)state;
    struct ff_system *system =
        read_system("{model: {kind: reactions, species: {P: 7, P2: 0}, reactions: "
                    "['2 P <-> P2 @ 0.001, 1e-2', '0 -> 100 P @ 1', 'P + P2->P2 @ .5']}, "
                    "objective: {exclude: all}}");
    const struct ff_process *process = system->process;
    const int x[2] = {7, 3};
    assert_int_equal(process->n_channels, 4);
    assert_int_equal(process->n_edges, 3);
    assert_string_equal(process->channel_names[0], "2 P -> P2");
    assert_string_equal(process->channel_names[1], "P2 -> 2 P");
    assert_string_equal(process->channel_names[2], "0 -> 100 P");
    assert_string_equal(process->channel_names[3], "P + P2 -> P2");
    assert_int_equal(process->reverse[0], 1);
    assert_int_equal(process->reverse[1], 0);
    assert_int_equal(process->reverse[2], -1);
    assert_close(ff_process_multiplicity(process, 0, x), 21.0, 0.0); /* 7 * 6 / 2 */
    assert_close(ff_process_multiplicity(process, 1, x), 3.0, 0.0);
    assert_close(ff_process_multiplicity(process, 2, x), 1.0, 0.0);
    assert_close(ff_process_multiplicity(process, 3, x), 21.0, 0.0); /* 7 * 3 */
    assert_int_equal(process->change_start[1] - process->change_start[0], 2);
    assert_int_equal(process->change_amount[0], -2);
    assert_int_equal(process->change_amount[1], 1);
    assert_int_equal(process->change_amount[process->change_start[2]], 100);
    assert_int_equal(process->change_amount[process->change_start[3]], -1);
    ff_system_free(system);
}

static void constant_species_multiply_the_rate(void **state)
{
    (void)state;
    struct ff_system *system =
        read_system("{model: {kind: reactions, species: {X: 1}, constant: {A: 4}, reactions: "
                    "['2 A + X <-> 2 X @ 0.5, 2']}}");
    assert_close(system->process->rates[0], 0.5 * 6.0, 1e-15); /* binomial(4, 2) */
    assert_close(system->process->rates[1], 2.0, 0.0);
    ff_system_free(system);
}

static void malformed_reactions_are_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *reaction, *reason;
    } cases[] = {
        {"X -> Y @ 1", "no species is called `Y`"},
        {"X => 0 @ 1", "expected `->` or `<->`"},
        {"X -> 0", "expected `@ rate`"},
        {"X -> 0 @ -1", "expected a rate above 0"},
        {"X -> 0 @ 0", "expected a rate above 0"},
        {"X -> 0 @ nan", "expected a rate above 0"},
        {"X -> 0 @ 1x", "not understood"},
        {"X <-> 0 @ 1", "needs two rates"},
        {"X -> 0 @ 1, 2", "not understood"},
        {"X -> X @ 1", "changes no species"},
        {"2000 X -> 0 @ 1", "stoichiometric number"},
        {"X + -> 0 @ 1", "expected a species"},
        {"-> X @ 1", "expected a species"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        struct ff_system *system;
        snprintf(text, sizeof text,
                 "{model: {kind: reactions, species: {X: 1}, reactions: ['%s']}, objective: "
                 "{exclude: all}}",
                 cases[i].reaction);
        assert_int_equal(try_system(text, &system), FF_ERR_CONFIG);
        if (strstr(ff_status_message(), cases[i].reason) == NULL ||
            strncmp(ff_status_message(), "test:1:", 7) != 0)
            fail_msg("`%s`: said `%s`, not `%s`", cases[i].reaction, ff_status_message(),
                     cases[i].reason);
    }
}

static void equal_channels_need_names(void **state)
{
    (void)state;
    struct ff_system *system;
    assert_int_equal(try_system("{model: {kind: reactions, species: {X: 1}, reactions: "
                                "['X <-> 0 @ 1, 1', 'X <-> 0 @ 2, 3']}}",
                                &system),
                     FF_ERR_CONFIG);
    assert_non_null(strstr(ff_status_message(), "exists already"));
    system = read_system("{model: {kind: reactions, species: {X: 1}, reactions: "
                         "['X <-> 0 @ 1, 1', {name: leak, reaction: 'X <-> 0 @ 2, 3'}]}}");
    assert_int_equal(ff_process_find_channel(system->process, "leak-"), 3);
    assert_int_equal(system->process->n_edges, 2);
    ff_system_free(system);
}

/* ---- entropy production --------------------------------------------------------------------- */

static void exact_means(const struct ff_system *system, double *current, double *entropy)
{
    struct oracle oracle = solved(system, NULL, system->process->rates);
    double means[FF_N_OBSERVABLES];
    ff_exact_means(oracle.exact, means);
    *current = means[FF_J];
    *entropy = means[FF_SIGMA];
    free_oracle(&oracle);
}

/* Two pathways X2 <-> 2 X, the second written with one more X on either side; equal equilibrium constants
 * after their combinatorial factors. Up: k1 n2 and k3 n2 n1; down: k2 n1(n1-1)/2 and k4 n1(n1-1)(n1-2)/6;
 * the second ratio at n1 of the state below is k3 n1 / (k4 (n1+2)(n1+1)n1/6), equal to the first,
 * k1 / (k2 (n1+2)(n1+1)/2), when k3/k4 = k1/(3 k2)... */
static const char *const two_pathways =
    "{model: {kind: reactions, species: {X: 9, X2: 0}, reactions: "
    "['X2 <-> 2 X @ 1.5, 0.4', 'X + X2 <-> 3 X @ %.17g, 0.2']}, "
    "objective: {current: {'X2 -> 2 X': 1}}}";

static void detailed_balance_across_different_orders_gives_zero(void **state)
{
    (void)state;
    char text[256];
    double current, entropy;
    snprintf(text, sizeof text, two_pathways, 0.2 * 1.5 / (3.0 * 0.4));
    struct ff_system *balanced = read_system(text);
    exact_means(balanced, &current, &entropy);
    assert_true(fabs(current) < 1e-14 && fabs(entropy) < 1e-14);
    /* Without the factorials the sum would not vanish: ln(k/k') alone differs between the pathways. */
    const double *k = balanced->process->rates;
    assert_true(fabs(log(k[0] / k[1]) - log(k[2] / k[3])) > 1.0);
    ff_system_free(balanced);

    snprintf(text, sizeof text, two_pathways, 0.2 * 1.5 / 0.4);
    struct ff_system *driven = read_system(text);
    exact_means(driven, &current, &entropy);
    assert_close(entropy, -current * log(3.0), 1e-11); /* the affinity of the cycle */
    assert_true(entropy > 0.0);
    ff_system_free(driven);
}

static void measure(const struct ff_system *system, struct ff_averages *out)
{
    const struct ff_averages_task task = {.system = system,
                                          .rates = system->process->rates,
                                          .n = FF_AVERAGE_SITES + system->process->n_sites,
                                          .options = {.trajectories = 100,
                                                      .horizon = {.events = 5000, .burn_in = 2000},
                                                      .has_trajectories = true,
                                                      .has_events = true,
                                                      .has_burn_in = true},
                                          .key = {1, 0, 0, FF_PURPOSE_EVALUATE}};
    assert_int_equal(ff_averages_measure(&task, out), FF_OK);
}

static bool is_within_noise(const struct ff_averages *averages, int index, double expected)
{
    const struct ff_evidence *evidence = &averages->items[index].evidence;
    return fabs(evidence->mean - expected) < largest_z * evidence->standard_error;
}

/* Immigration-death is Poisson with mean 20; the dimerisation network is enumerated. */
static void simulated_means_match_exact_ones(void **state)
{
    (void)state;
    struct ff_averages simulated;
    struct ff_system *system = read_system("{model: {kind: reactions, species: {X: 20}, reactions: "
                                           "['0 <-> X @ 10, 0.5']}}");
    measure(system, &simulated);
    assert_true(is_within_noise(&simulated, FF_AVERAGE_SITES, 20.0));
    assert_false(is_within_noise(&simulated, FF_AVERAGE_SITES, 21.0));
    ff_averages_free(&simulated);
    ff_system_free(system);

    char text[256];
    snprintf(text, sizeof text, two_pathways, 0.9);
    system = read_system(text);
    struct oracle oracle = solved(system, NULL, system->process->rates);
    double means[FF_N_OBSERVABLES];
    ff_exact_means(oracle.exact, means);
    measure(system, &simulated);
    for (int q = 0; q < FF_N_OBSERVABLES; q++)
        assert_true(is_within_noise(&simulated, q, means[q]));
    for (int i = 0; i < 2; i++)
        assert_true(
            is_within_noise(&simulated, FF_AVERAGE_SITES + i, ff_exact_occupancy(oracle.exact)[i]));
    ff_averages_free(&simulated);
    free_oracle(&oracle);
    ff_system_free(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stoichiometry_is_read_as_written),
        cmocka_unit_test(constant_species_multiply_the_rate),
        cmocka_unit_test(malformed_reactions_are_refused_with_the_reason),
        cmocka_unit_test(equal_channels_need_names),
        cmocka_unit_test(detailed_balance_across_different_orders_gives_zero),
        cmocka_unit_test(simulated_means_match_exact_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
