/* Horizons that find themselves: short where that is enough, long where particles are slow, given where they are given.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: stat */
#include "gradient/pilot.h"

#include "gradient/gradient.h"

#include <stdio.h>

#include "oracle.h"

enum { N_ITERATIONS = 40 };

/* Five events per unit time among B and C, and the exchange of A with B at a rate of its own, driven around. */
static struct ff_system *slow_exchange(double rate)
{
    char text[512];
    snprintf(text, sizeof text,
             "{model: {kind: reactions, species: {A: 2, B: 2, C: 2}, reactions: ["
             "{name: slow, reaction: \"A <-> B @ %g, %g\"},"
             "{name: pair, reaction: \"2 A <-> 2 B @ %g, %g\"},"
             "{name: fast, reaction: \"B <-> C @ 2, 1\"}]}, objective: {current: {slow: 1}}}",
             rate, rate, rate, 0.5 * rate);
    return read_system(text);
}

static struct ff_gradient_options make_options(bool is_auto)
{
    return (struct ff_gradient_options){.estimator = &ff_estimator_score,
                                        .window = 60,
                                        .tracked = 16,
                                        .horizon = {.events = 200, .burn_in = 50},
                                        .is_auto_window = is_auto,
                                        .is_auto_events = is_auto,
                                        .is_auto_burn_in = is_auto,
                                        .seed = 3};
}

struct made {
    struct ff_gradient *gradient;
    struct ff_estimate estimate;
};

static struct made make(const struct ff_system *system, struct ff_gradient_options options)
{
    struct made made;
    assert_int_equal(
        ff_gradient_create(system, ff_system_functionals(system), NULL, &options, &made.gradient),
        FF_OK);
    ff_estimate_create(made.gradient, &made.estimate);
    return made;
}

/* Estimate, and return the number of events of a trajectory. */
static int64_t estimate(struct made *made, const double *rates, uint32_t iteration)
{
    assert_int_equal(ff_gradient_estimate(made->gradient, rates, 1, iteration, 1, &made->estimate),
                     FF_OK);
    return made->gradient->options.horizon.events;
}

static void free_made(struct made *made)
{
    ff_estimate_free(&made->estimate);
    ff_gradient_free(made->gradient);
}

/* How many of the pilots of a system go beyond the numbers that they start from. */
static int count_longer(struct ff_system *system, bool solves_gauge)
{
    struct ff_gradient_options options = make_options(true);
    options.solves_gauge = solves_gauge;
    struct made made = make(system, options);
    int n_longer = 0;
    for (uint32_t i = 0; i < N_ITERATIONS; i++)
        n_longer += estimate(&made, system->process->rates, i) > 200;
    free_made(&made);
    ff_system_free(system);
    return n_longer;
}

static void well_mixed_molecules_need_no_more(void **state)
{
    (void)state;
    assert_true(count_longer(slow_exchange(1.0), false) <= 1);
}

/* One in hundreds of events. */
static void a_slow_exchange_behind_a_fast_one_needs_more(void **state)
{
    (void)state;
    assert_int_equal(count_longer(slow_exchange(0.01), false), N_ITERATIONS);
}

static void molecules_that_meet_need_no_more_where_a_projection_holds_them(void **state)
{
    (void)state;
    assert_int_equal(count_longer(slow_exchange(0.01), true), 0);
}

/* All of them wait for the same slow decay, which no spread between trajectories shows. */
static void a_drift_that_all_share_is_seen(void **state)
{
    (void)state;
    assert_int_equal(
        count_longer(
            read_system(
                "{model: {kind: reactions, species: {A: 100000, B: 0}, reactions: ["
                "{name: turn, reaction: \"A <-> B @ 1, 2\"},"
                "{name: back, reaction: \"A <-> B @ 2, 1\"}]}, objective: {current: {turn: 1}}}"),
            true),
        N_ITERATIONS);
}

static void walkers_that_do_not_meet_need_no_more_where_they_are_solved(void **state)
{
    (void)state;
    const char *ring = "{model: {kind: ring, sites: 4, forward: [1e-3, 1, 1e-3, 1],"
                       " backward: [5e-4, 1, 5e-4, 1]}}";
    assert_int_equal(count_longer(read_system(ring), true), 0);
    assert_int_equal(count_longer(read_system(ring), false), N_ITERATIONS);
}

static void all_numbers_grow_together_up_to_their_caps(void **state)
{
    (void)state;
    struct ff_system *system =
        read_system("{model: {kind: exclusion, lattice: ring, sites: 6, particles: 3,"
                    " forward: [1e-6, 1, 1, 1e-6, 1, 1],"
                    " backward: [5e-7, 0.5, 0.5, 5e-7, 0.5, 0.5]}}");
    struct made made = make(system, make_options(true));
    assert_int_equal(estimate(&made, system->process->rates, 0), 64 * 200);
    assert_int_equal(made.gradient->options.horizon.burn_in, 64 * 50);
    assert_int_equal(made.gradient->options.window, 64 * 60);
    free_made(&made);
    ff_system_free(system);
}

static void numbers_given_by_hand_are_obeyed(void **state)
{
    (void)state;
    struct ff_system *system = slow_exchange(0.01);
    struct ff_gradient_options options = make_options(false);
    struct made given = make(system, options);
    assert_int_equal(estimate(&given, system->process->rates, 0), 200);
    assert_int_equal(given.estimate.n_events, 16 * (200 + 50 + 60));
    options.is_auto_events = true;
    struct made some = make(system, options);
    assert_true(estimate(&some, system->process->rates, 0) > 200);
    assert_int_equal(some.gradient->options.horizon.burn_in, 50);
    assert_int_equal(some.gradient->options.window, 60);
    free_made(&given);
    free_made(&some);
    ff_system_free(system);
}

/* What it costs does not follow what was given. */
static void a_pilot_is_short_where_trajectories_given_are_long(void **state)
{
    (void)state;
    struct ff_system *system = slow_exchange(1.0);
    struct ff_gradient_options options = make_options(false);
    options.is_auto_window = true;
    options.horizon.events = 20000;
    struct made made = make(system, options);
    assert_int_equal(estimate(&made, system->process->rates, 0), 20000);
    assert_true(made.estimate.n_events - 16 * (20000 + 50 + 60) < 64 * 1000);
    free_made(&made);
    ff_system_free(system);
}

/* 64 sites: nothing is tried, and all numbers are eight times as large. */
static void large_lattices_have_the_numbers_of_their_size(void **state)
{
    (void)state;
    struct ff_system *system = read_system("{model: {kind: exclusion, lattice: ring, sites: 64,"
                                           " particles: 32, forward: 1.0, backward: 0.5}}");
    struct made made = make(system, make_options(true));
    assert_int_equal(estimate(&made, system->process->rates, 0), 8 * 200);
    assert_int_equal(made.estimate.n_events, 16 * 8 * (200 + 50 + 60));
    assert_int_equal(made.estimate.length, 8);
    free_made(&made);
    ff_system_free(system);
}

/* Whatever was estimated before, at whatever rates. */
static void a_pilot_is_a_function_of_its_rates_and_its_numbers(void **state)
{
    (void)state;
    struct ff_system *slow = slow_exchange(0.01), *fast = slow_exchange(1.0);
    struct made one = make(slow, make_options(true)), two = make(slow, make_options(true));
    estimate(&two, fast->process->rates, 1);
    estimate(&two, slow->process->rates, 2);
    estimate(&two, fast->process->rates, 5);
    estimate(&one, slow->process->rates, 5);
    estimate(&two, slow->process->rates, 5);
    assert_int_equal(one.estimate.n_events, two.estimate.n_events);
    assert_memory_equal(one.estimate.gradient, two.estimate.gradient,
                        2 * (size_t)one.estimate.n_channels * sizeof(double));
    free_made(&one);
    free_made(&two);
    ff_system_free(slow);
    ff_system_free(fast);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_mixed_molecules_need_no_more),
        cmocka_unit_test(a_slow_exchange_behind_a_fast_one_needs_more),
        cmocka_unit_test(molecules_that_meet_need_no_more_where_a_projection_holds_them),
        cmocka_unit_test(a_drift_that_all_share_is_seen),
        cmocka_unit_test(walkers_that_do_not_meet_need_no_more_where_they_are_solved),
        cmocka_unit_test(all_numbers_grow_together_up_to_their_caps),
        cmocka_unit_test(numbers_given_by_hand_are_obeyed),
        cmocka_unit_test(a_pilot_is_short_where_trajectories_given_are_long),
        cmocka_unit_test(large_lattices_have_the_numbers_of_their_size),
        cmocka_unit_test(a_pilot_is_a_function_of_its_rates_and_its_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
