/* What bounds hold: slopes that stand out of their noise, kept where the objective falls on beyond a bound, and the words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/task.h"

#include <math.h>
#include <string.h>

#include "support.h"

enum { P = 3 };

static void noise_is_no_slope(void **state)
{
    (void)state;
    struct ff_evaluation evaluation;
    double slope[P];
    ff_evaluation_create(P, &evaluation);
    for (int p = 0; p < P; p++)
        evaluation.gradient[p] = p + 2.0;
    ff_bounds_slope(&evaluation, slope); /* exact */
    assert_memory_equal(slope, evaluation.gradient, sizeof slope);
    double *row = ff_evaluation_reserve(&evaluation, 1);
    for (int i = 0; i <= P; i++)
        row[i] = 1.0; /* an error of one */
    ff_bounds_slope(&evaluation, slope);
    assert_true(slope[0] == 0.0 && slope[1] == 0.0 && slope[2] == 4.0);
    ff_evaluation_free(&evaluation);
}

static void only_what_falls_beyond_a_bound_is_kept(void **state)
{
    (void)state;
    double lower[P] = {-8, -8, -8}, upper[P] = {8, 8, 8};
    const struct ff_design design = {.n_parameters = P, .lower = lower, .upper = upper};
    const double at_upper[P] = {8, 7.99, 7.9}, at_lower[P] = {-8, -7.99, -7.9};
    double falls[P] = {-1, -1, -1}, rises[P] = {1, 1, 1};
    ff_bounds_keep(&design, at_upper, falls);
    assert_true(falls[0] == -1.0 && falls[1] == -1.0 && falls[2] == 0.0);
    ff_bounds_keep(&design, at_upper, rises);
    assert_true(rises[0] == 0.0 && rises[1] == 0.0 && rises[2] == 0.0);
    for (int p = 0; p < P; p++)
        rises[p] = 1.0;
    ff_bounds_keep(&design, at_lower, rises);
    assert_true(rises[0] == 1.0 && rises[1] == 1.0 && rises[2] == 0.0);
}

/* J = 2 and sigma = 1 at equal weights. */
static void a_failed_result_has_no_slopes(void **state)
{
    (void)state;
    double slope[P] = {0};
    struct ff_result result = {
        .status = FF_OK,
        .scalarization = {.weight = 0.5, .current_scale = 1.0, .entropy_scale = 1.0},
        .means = {.current = 2.0, .entropy_production = 1.0},
        .exact_status = FF_EXACT_NOT_ENUMERABLE,
        .n_parameters = P,
        .bound_slope = slope};
    assert_ptr_equal(ff_result_bounds(&result).slope, slope);
    assert_true(ff_result_bounds(&result).objective == -0.5);
    result.status = FF_ERR_NUMERICAL;
    assert_null(ff_result_bounds(&result).slope);
}

static void the_words_name_what_holds_most_points_first(void **state)
{
    (void)state;
    static char a[] = "a", b[] = "b", c[] = "c";
    char *names[P] = {a, b, c};
    const struct ff_design design = {.n_parameters = P, .parameter_names = names};
    const double first[P] = {0.0, -0.4, 0.1}, second[P] = {0.0, -0.1, 0.0},
                 weak[P] = {0.004, 0.0, 0.0}, all[P] = {-0.1, -0.2, -0.3};
    const struct ff_bounds_point points[5] = {
        {first, -0.5}, {second, -0.5}, {weak, -0.5}, {NULL, NAN}, {all, 0.5}};
    char text[600];
    ff_bounds_say(points, 4, &design, text, sizeof text);
    assert_string_equal(
        text, "bounds limit 2 of 4 points: `b` is at its upper bound in 2 of them, `c` is "
              "at its lower bound in 1; the objective falls on beyond");
    ff_bounds_say(points, 5, &design, text, sizeof text);
    assert_string_equal(
        text, "bounds limit 3 of 5 points: `b` is at its upper bound in 3 of them, `c` is "
              "at its upper bound in 1, `a` is at its upper bound in 1 and 1 more likewise; "
              "the objective falls on beyond");
    ff_bounds_say(points + 2, 2, &design, text, sizeof text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_is_no_slope),
        cmocka_unit_test(only_what_falls_beyond_a_bound_is_kept),
        cmocka_unit_test(a_failed_result_has_no_slopes),
        cmocka_unit_test(the_words_name_what_holds_most_points_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
