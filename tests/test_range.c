/* Counts and propensities that leave their range are errors that name the channel.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: unit */
#include "gradient/gradient.h"
#include "simulate/ensemble.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static struct ff_system *reactions(int count, const char *list)
{
    char text[512];
    snprintf(
        text, sizeof text,
        "{model: {kind: reactions, species: {X: %d}, reactions: [%s]}, objective: {exclude: all}}",
        count, list);
    return read_system(text);
}

/* Follow one trajectory; `phrase` NULL expects all to be well. */
static void follow(int count, const char *list, int64_t n_events, const char *phrase)
{
    struct ff_system *system = reactions(count, list);
    const struct ff_draw_key key = {1, 0, 0, FF_PURPOSE_EVALUATE};
    const struct ff_horizon horizon = {.events = n_events};
    struct ff_ensemble ensemble;
    double sums[FF_NARROW_ROW];
    ff_ensemble_create(system, ff_system_functionals(system), NULL, &ensemble);
    ff_ensemble_set(&ensemble, system->process->rates);
    ff_ensemble_trajectory(&ensemble, ff_draw_stream(key, 0), horizon, sums);
    const enum ff_status status = ff_walk_check(ensemble.walk);
    if (phrase == NULL) {
        assert_int_equal(status, FF_OK);
        assert_true(isfinite(sums[0]) && sums[0] > 0.0);
    } else {
        assert_int_equal(status, FF_ERR_NUMERICAL);
        if (strstr(ff_status_message(), phrase) == NULL)
            fail_msg("said: %s", ff_status_message());
        assert_true(isnan(sums[0]));
        assert_int_equal(ff_walk_check(ensemble.walk), FF_OK); /* told once */
    }
    ff_ensemble_free(&ensemble);
    ff_system_free(system);
}

static void counts_beyond_their_range_name_what_makes_them(void **state)
{
    (void)state;
    const char *source = "\"0 -> 1000 X @ 1\", \"0 -> X @ 0.5\", \"X -> 0 @ 1e-12\"";
    const char *phrase = "the count of `X` grows beyond 1073741824, most of it by `0 -> 1000 X`";
    follow(1000000000, source, 150000, phrase);
    follow(1000000000, source, 50000, NULL);
    follow(1000000000, "\"X -> 1000 X @ 1\", \"3 X -> 0 @ 1e-30\"", 150000,
           "`X -> 1000 X`"); /* not bilinear */
}

static void propensities_beyond_their_range_are_named(void **state)
{
    (void)state;
    const char *phrase = "the propensity of `2 X -> 999 X` leaves the range";
    follow(1000, "\"X -> 0 @ 1\", \"2 X -> 999 X @ 1e240\"", 3000, phrase);
    follow(1000, "\"X -> 0 @ 1\", \"2 X -> 999 X @ 1e230\"", 3000, NULL);
    follow(1000, "\"X -> 0 @ 1\", \"3 X -> 999 X @ 1e235\"", 30000,
           "`3 X -> 999 X` leaves the range");
    follow(1000, "\"0 -> 1000 X @ 1\", \"1000 X -> 0 @ 1\"", 100, "`1000 X -> 0` leaves the range");
    follow(5, "\"X -> 0 @ 1e-300\", \"0 -> X @ 1e-300\"", 10, "leaves the range");
}

/* Many molecules and high orders within the range: a birth-death process about its mean of 1e9. */
static void large_numbers_within_the_range_are_served(void **state)
{
    (void)state;
    follow(1000000000, "\"0 -> X @ 1e209\", \"X -> 0 @ 1e200\"", 100000, NULL);
    follow(1000000000, "\"0 -> 3 X @ 1e200\", \"3 X -> 0 @ 6e173\"", 100000, NULL);
}

static void gradients_say_so_too(void **state)
{
    (void)state;
    struct ff_system *system = reactions(1000000000, "\"0 -> 1000 X @ 1\", \"X -> 0 @ 1e-12\"");
    const struct ff_gradient_options options = {.estimator = ff_estimator_types[0],
                                                .horizon = {.events = 150000},
                                                .window = 10,
                                                .tracked = 1,
                                                .baseline = 1,
                                                .seed = 1};
    struct ff_gradient *gradient;
    struct ff_estimate estimate;
    assert_int_equal(
        ff_gradient_create(system, ff_system_functionals(system), NULL, &options, &gradient),
        FF_OK);
    ff_estimate_create(gradient, &estimate);
    assert_int_equal(ff_gradient_estimate(gradient, system->process->rates, 0, 0, 1, &estimate),
                     FF_ERR_NUMERICAL);
    assert_non_null(strstr(ff_status_message(), "`0 -> 1000 X`"));
    ff_estimate_free(&estimate);
    ff_gradient_free(gradient);
    ff_system_free(system);
}

static void refuse_to_enumerate(const char *list, const char *message)
{
    struct ff_system *system = reactions(0, list);
    struct ff_chain *chain;
    assert_int_equal(ff_chain_create(system->process, 50, &chain), FF_ERR_NUMERICAL);
    assert_string_equal(ff_status_message(), message);
    ff_system_free(system);
}

static void enumeration_says_what_there_is_too_much_of(void **state)
{
    (void)state;
    refuse_to_enumerate("\"0 -> 1000 X @ 1\", \"1000 X -> 0 @ 1\"",
                        "the multiplicity of `1000 X -> 0` exceeds 1e+250 in some state: no exact "
                        "solution");
    refuse_to_enumerate("\"0 -> 1000 X @ 1\", \"X -> 0 @ 1\"",
                        "the process has more than 50 states: no exact solution");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_beyond_their_range_name_what_makes_them),
        cmocka_unit_test(propensities_beyond_their_range_are_named),
        cmocka_unit_test(large_numbers_within_the_range_are_served),
        cmocka_unit_test(gradients_say_so_too),
        cmocka_unit_test(enumeration_says_what_there_is_too_much_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
