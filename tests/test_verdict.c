/* The verdict on a point: every test that it may fail, and the count of those that do.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/verdict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static char doubt[] = "current: different starts differ by 7.0 standard errors";

/* A point that nothing speaks against. */
static struct ff_result good_point(void)
{
    return (struct ff_result){.status = FF_OK,
                              .outcome = FF_OUTCOME_CONVERGED,
                              .scalarization = {.current_scale = 2.0, .entropy_scale = 1.0},
                              .means = {.current = 1.0, .entropy_production = 3.0},
                              .measurement = {.is_converged = 1, .reason = NULL},
                              .exact_status = FF_EXACT_NOT_ENUMERABLE};
}

static void assert_refused(const struct ff_result *result, const char *words)
{
    const struct ff_verdict verdict = ff_verdict_of(result, NAN);
    assert_false(verdict.is_converged);
    if (strstr(verdict.reason, words) == NULL)
        fail_msg("`%s` does not say `%s`", verdict.reason, words);
    assert_true(strlen(verdict.reason) < sizeof verdict.reason - 1);
}

static void a_good_point_has_converged(void **state)
{
    (void)state;
    const struct ff_result result = good_point();
    const struct ff_verdict verdict = ff_verdict_of(&result, NAN);
    assert_true(verdict.is_converged);
    assert_string_equal(verdict.reason, "");
}

static void a_failed_task_has_not(void **state)
{
    (void)state;
    struct ff_result result = good_point();
    result.status = FF_ERR_DIVERGED;
    assert_refused(&result, "failed");
}

static void neither_has_an_optimiser_without_a_test_nor_one_that_stalled(void **state)
{
    (void)state;
    struct ff_result result = good_point();
    result.outcome = FF_OUTCOME_MAX_ITERATIONS;
    assert_refused(&result, "last iteration");
    result.outcome = FF_OUTCOME_STALLED;
    assert_refused(&result, "stalled");
    result.outcome = FF_OUTCOME_NONE;
    assert_refused(&result, "stalled");
}

/* By the exact current where it is known, relative to the scale. */
static void a_current_that_vanishes_is_refused(void **state)
{
    (void)state;
    struct ff_result result = good_point();
    result.means.current = -1.9e-6;
    assert_refused(&result, "vanish");
    result.means.current = -2.1e-6;
    assert_true(ff_verdict_of(&result, NAN).is_converged);
    result.exact_status = FF_EXACT_OK;
    result.exact_current = 1e-9;
    assert_refused(&result, "vanish");
}

static void the_averages_are_believed_or_say_why_not(void **state)
{
    (void)state;
    struct ff_result result = good_point();
    result.measurement = (struct ff_measurement){.is_converged = 0, .reason = doubt};
    assert_refused(&result, doubt);
}

/* With w = 1/2 the objective of the good point is -1/4 + 3/2 = 5/4. Only exact values are judged so. */
static void a_known_optimum_that_is_better_is_told(void **state)
{
    (void)state;
    struct ff_result result = good_point();
    result.scalarization.weight = 0.5;
    assert_true(ff_verdict_of(&result, 1.0).is_converged);
    result.exact_status = FF_EXACT_OK;
    result.exact_current = 1.0;
    result.exact_entropy_production = 3.0;
    assert_true(ff_verdict_of(&result, 1.25 / 1.0049).is_converged);
    const struct ff_verdict verdict = ff_verdict_of(&result, 1.25 / 1.0051);
    assert_false(verdict.is_converged);
    assert_non_null(strstr(verdict.reason, "best known optimum"));
    const double optima[] = {1.25 / 1.0051};
    assert_int_equal(ff_verdict_count(&result, 1, optima), 1);
    assert_int_equal(ff_verdict_count(&result, 1, NULL), 0);
}

/* Whatever the reason; failed points are counted elsewhere. */
static void points_that_have_not_converged_are_counted(void **state)
{
    (void)state;
    enum { N = 6 };
    struct ff_result results[N];
    for (int i = 0; i < N; i++)
        results[i] = good_point();
    assert_int_equal(ff_verdict_count(results, N, NULL), 0);
    results[0].outcome = FF_OUTCOME_MAX_ITERATIONS;
    results[1].measurement = (struct ff_measurement){.is_converged = 0, .reason = doubt};
    results[2].status = FF_ERR_NUMERICAL;
    results[4].outcome = FF_OUTCOME_STALLED;
    assert_int_equal(ff_verdict_count(results, N, NULL), 3);
    assert_int_equal(ff_verdict_count(results, 0, NULL), 0);
}

static void verdicts_are_text(void **state)
{
    (void)state;
    const struct ff_verdict good = {.is_converged = true};
    const struct ff_verdict bad = ff_verdict_refuse("%d of %s", 3, "four");
    char long_reason[3 * FF_REASON_SIZE];
    memset(long_reason, 'x', sizeof long_reason);
    long_reason[sizeof long_reason - 1] = '\0';
    const struct ff_verdict cut = ff_verdict_refuse("%s", long_reason);
    char *texts[] = {ff_verdict_text(&good), ff_verdict_text(&bad), ff_verdict_text(&cut)};
    assert_string_equal(texts[0], "converged");
    assert_string_equal(texts[1], "not converged: 3 of four");
    assert_int_equal(strlen(texts[2]), strlen("not converged: ") + FF_REASON_SIZE - 1);
    for (int i = 0; i < 3; i++)
        free(texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_point_has_converged),
        cmocka_unit_test(a_failed_task_has_not),
        cmocka_unit_test(neither_has_an_optimiser_without_a_test_nor_one_that_stalled),
        cmocka_unit_test(a_current_that_vanishes_is_refused),
        cmocka_unit_test(the_averages_are_believed_or_say_why_not),
        cmocka_unit_test(a_known_optimum_that_is_better_is_told),
        cmocka_unit_test(points_that_have_not_converged_are_counted),
        cmocka_unit_test(verdicts_are_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
