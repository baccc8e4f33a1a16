/* Averages with a verdict: against exact values where they are said to be right, and on processes that deceive.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: stat */
/* timeout: 120 */
#include "job/averages.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"
#include "rig.h"

static const double largest_z = 5.0;
static const struct ff_draw_key key = {1, 0, 0, FF_PURPOSE_EVALUATE};

/* By horizons that find themselves; `options` may fix them. */
static struct ff_averages measured(const struct ff_system *system, const struct ff_chain *chain,
                                   struct ff_evaluation_options options)
{
    struct ff_averages averages;
    const struct ff_averages_task task = {.system = system,
                                          .chain = chain,
                                          .rates = system->process->rates,
                                          .n = FF_AVERAGE_SITES + system->process->n_sites,
                                          .options = options,
                                          .budget = ff_budget_of_seconds,
                                          .key = key};
    assert_int_equal(ff_averages_measure(&task, &averages), FF_OK);
    return averages;
}

static const struct ff_evaluation_options by_itself = {0};

static double z_of(const struct ff_averages *averages, int index, double expected)
{
    const struct ff_evidence *evidence = &averages->items[index].evidence;
    return (evidence->mean - expected) / evidence->standard_error;
}

/* J, sigma, activity and occupations [3 + I] of a chain. */
static void find_expected(const struct oracle *oracle, int n_sites, double *out)
{
    const struct ff_exact_values values = ff_exact_observe(oracle->exact);
    out[FF_J] = values.current;
    out[FF_SIGMA] = values.entropy_production;
    out[FF_AVERAGE_ACTIVITY] = values.activity;
    memcpy(out + FF_AVERAGE_SITES, ff_exact_occupancy(oracle->exact),
           sizeof *out * (size_t)n_sites);
}

/* The largest |z| of all averages of ten networks, walked on the chain or by the direct method, against exact values with
 * the rate of the first channel wrong by a factor. */
static double largest_of_networks(bool is_on_chain, int n_walkers, double factor)
{
    double largest = 0.0, expected[FF_AVERAGE_SITES + MAX_STATES], rates[MAX_CHANNELS];
    for (uint32_t index = 0; index < 10; index++) {
        struct ff_system *system = random_network(index, 1.0, n_walkers);
        memcpy(rates, system->process->rates, sizeof *rates * (size_t)system->process->n_channels);
        rates[0] *= factor;
        struct oracle oracle = solved(system, NULL, rates);
        struct rig rig = make_rig(system, system->process->rates);
        struct ff_averages averages = measured(system, is_on_chain ? rig.chain : NULL, by_itself);
        assert_true(averages.is_converged);
        find_expected(&oracle, system->process->n_sites, expected);
        for (int i = 0; i < averages.n; i++)
            largest = fmax(largest, fabs(z_of(&averages, i, expected[i])));
        ff_averages_free(&averages);
        free_rig(&rig);
        free_oracle(&oracle);
        ff_system_free(system);
    }
    return largest;
}

static void averages_of_networks_are_exact(void **state)
{
    (void)state;
    assert_true(largest_of_networks(true, 1, 1.0) < largest_z);
    assert_true(largest_of_networks(false, 1, 1.0) < largest_z);
    assert_true(largest_of_networks(false, 8, 1.0) < largest_z);
    assert_true(largest_of_networks(true, 1, 1.05) > largest_z);
    assert_true(largest_of_networks(false, 1, 1.05) > largest_z);
}

/* Four to eight sites, rates of 1e-3 to 1e6. */
static struct ff_system *stiff_ring(uint32_t index)
{
    struct ff_stream stream = ff_stream_at(2, index, FF_PURPOSE_DISORDER, 0, 0);
    const int n = 4 + (int)(index % (MAX_STATES - 3));
    char text[1024];
    int length = snprintf(text, sizeof text, "{model: {kind: ring, sites: %d", n);
    for (int direction = 0; direction < 2; direction++) {
        length += snprintf(text + length, sizeof text - (size_t)length, ", %s: [",
                           direction == 0 ? "forward" : "backward");
        for (int i = 0; i < n; i++)
            length +=
                snprintf(text + length, sizeof text - (size_t)length, "%s%.6f", i > 0 ? ", " : "",
                         pow(10.0, 9.0 * ff_stream_uniform(&stream) - 3.0));
        length += snprintf(text + length, sizeof text - (size_t)length, "]");
    }
    snprintf(text + length, sizeof text - (size_t)length, "}}");
    return read_system(text);
}

/* ---- processes that deceive ----------------------------------------------------------------- */

/* An average that is called converged is right. */
static void assert_right_or_said(const char *text, int index, double expected)
{
    struct ff_system *system = read_system(text);
    struct ff_averages averages = measured(system, NULL, by_itself);
    const double z = z_of(&averages, index, expected);
    if (averages.is_converged && !(fabs(z) < largest_z))
        fail_msg("%s: %g, not %g, and nothing says so", text, averages.items[index].evidence.mean,
                 expected);
    ff_averages_free(&averages);
    ff_system_free(system);
}

/* Schloegl's model holds two wells; its current by the birth-death solution. */
static void wells_are_both_seen_or_missed_aloud(void **state)
{
    (void)state;
    static const char *const starts[] = {
        "{model: {kind: reactions, species: {X: 0}, reactions: ['2 X <-> 3 X @ 0.24, 0.00576', "
        "'0 <-> X @ 12.5, 2.95']}, objective: {current: {'2 X -> 3 X': 1}}}",
        "{model: {kind: reactions, species: {X: 60}, reactions: ['2 X <-> 3 X @ 0.24, 0.00576', "
        "'0 <-> X @ 12.5, 2.95']}, objective: {current: {'2 X -> 3 X': 1}}}"};
    double weight = 1.0, total = 0.0, mean = 0.0;
    for (int x = 0; x < 1000; x++) {
        total += weight;
        mean += weight * x;
        weight *= (12.5 + 0.24 * x * (x - 1.0)) / ((x + 1.0) * (2.95 + 0.00576 * x * (x - 1.0)));
    }
    for (int i = 0; i < 2; i++)
        assert_right_or_said(starts[i], FF_AVERAGE_SITES, mean / total);
}

/* Of rates over nine decades, by the chain but without its exact averages: rare states carry the currents. */
static void stiff_rings_are_right_or_it_is_said(void **state)
{
    (void)state;
    double expected[FF_AVERAGE_SITES + MAX_STATES];
    int n_converged = 0;
    for (uint32_t index = 0; index < 12; index++) {
        struct ff_system *system = stiff_ring(index);
        struct oracle oracle = solved(system, NULL, system->process->rates);
        struct ff_averages averages = measured(system, oracle.chain, by_itself);
        find_expected(&oracle, system->process->n_sites, expected);
        for (int i = 0; averages.is_converged && i < averages.n; i++)
            assert_true(fabs(z_of(&averages, i, expected[i])) < largest_z);
        n_converged += averages.is_converged;
        ff_averages_free(&averages);
        free_oracle(&oracle);
        ff_system_free(system);
    }
    assert_true(n_converged >= 6);
}

static void slow_relaxation_is_said(void **state)
{
    (void)state;
    struct ff_system *system = read_system(
        "{model: {kind: reactions, species: {X: 0}, reactions: ['0 <-> X @ 1000, 0.001']}}");
    struct ff_averages averages = measured(system, NULL, by_itself);
    assert_false(averages.is_converged);
    assert_true(strlen(ff_averages_verdict(&averages, system->process).reason) > 0);
    ff_averages_free(&averages);
    ff_system_free(system);
}

/* Given numbers are obeyed, and checked: ten events from the start of a slow ring are no average. */
static void given_horizons_are_obeyed_and_judged(void **state)
{
    (void)state;
    const struct ff_evaluation_options few = {.trajectories = 6,
                                              .horizon = {.events = 10, .burn_in = 0},
                                              .has_trajectories = true,
                                              .has_events = true,
                                              .has_burn_in = true};
    struct ff_system *system = random_network(5, 1.0, 1);
    struct ff_averages averages = measured(system, NULL, few);
    assert_int_equal(averages.n_trajectories, 6);
    assert_int_equal(averages.horizon.events, 10);
    assert_int_equal(averages.horizon.burn_in, 0);
    assert_false(averages.is_converged);
    ff_averages_free(&averages);
    ff_system_free(system);
}

/* Fewer averages are the first of all, and a budget ends the doubling where nothing else does. */
static void only_what_is_asked_for_is_judged_within_the_budget(void **state)
{
    (void)state;
    struct ff_system *system = stiff_ring(3);
    struct ff_chain *chain = make_chain(system);
    int64_t n_events = 0;
    for (int exponent = 19; exponent <= 23; exponent += 2) {
        const struct ff_averages_task task = {.system = system,
                                              .chain = chain,
                                              .rates = system->process->rates,
                                              .n = FF_N_OBSERVABLES,
                                              .exact = (double[]){1e9, NAN},
                                              .budget = {.on_chain = INT64_C(1) << exponent},
                                              .key = key};
        struct ff_averages averages;
        assert_int_equal(ff_averages_measure(&task, &averages), FF_OK);
        assert_int_equal(averages.n, FF_N_OBSERVABLES);
        assert_false(averages.is_converged);
        assert_true(averages.is_finite);
        const int64_t n_simulated =
            averages.n_trajectories * (averages.horizon.events + averages.horizon.burn_in);
        assert_int_equal(averages.horizon.burn_in, averages.horizon.events / 3 + 200);
        assert_true(n_simulated > 3 * n_events);
        assert_true(n_simulated < (INT64_C(1) << exponent) * 51 / 50);
        n_events = n_simulated;
        ff_averages_free(&averages);
    }
    ff_chain_free(chain);
    ff_system_free(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(averages_of_networks_are_exact),
        cmocka_unit_test(wells_are_both_seen_or_missed_aloud),
        cmocka_unit_test(stiff_rings_are_right_or_it_is_said),
        cmocka_unit_test(slow_relaxation_is_said),
        cmocka_unit_test(given_horizons_are_obeyed_and_judged),
        cmocka_unit_test(only_what_is_asked_for_is_judged_within_the_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
