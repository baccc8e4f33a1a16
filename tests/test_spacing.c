/* Which intervals of a front are split, and by which weights.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: unit */
#include "front/spacing.h"

#include <math.h>
#include <stdlib.h>

#include "near.h"

enum { N_POINTS = 4 };

/* Points on sigma = J^2, where w/(1-w) = 2 J for scales of 1, in no order. The gaps of J are 6, 3 and 1 of 10, those of sigma
 * 60, 57 and 23 of 140. */
static const double currents[N_POINTS] = {8.0, 2.0, 11.0, 12.0};

static double weight_of(double ratio)
{
    return ratio / (1.0 + ratio);
}

/* The archive of these points, of which one may have failed. */
static struct ff_archive *make_archive(int failed)
{
    struct ff_archive *archive;
    ff_archive_create(N_POINTS, &archive);
    for (int i = 0; i < N_POINTS; i++) {
        struct ff_result result;
        ff_result_create(1, 1, &result);
        result.id = (uint32_t)i;
        result.scalarization.weight = weight_of(2.0 * currents[i]);
        result.means.current = currents[i];
        result.means.entropy_production = currents[i] * currents[i];
        if (i == failed)
            ff_result_fail(&result, FF_ERR_NUMERICAL);
        ff_archive_insert(archive, &result);
    }
    return archive;
}

static const struct ff_scalarization base = {.current_scale = 1.0, .entropy_scale = 1.0};

static int find(const struct ff_archive *archive, const struct ff_task *tasks, int n_tasks,
                struct ff_interval *intervals)
{
    const struct ff_spacing spacing = {
        .kind = base.kind, .base = &base, .archive = archive, .tasks = tasks, .n_tasks = n_tasks};
    return ff_spacing_intervals(&spacing, intervals);
}

/* Widths are 0.6, 0.41 and 0.16. */
static void intervals_at_least_half_as_wide_are_split_by_their_chords(void **state)
{
    (void)state;
    struct ff_archive *archive = make_archive(-1);
    struct ff_interval intervals[N_POINTS];
    assert_int_equal(find(archive, NULL, 0, intervals), 2);
    assert_near(intervals[0].width, 6.0 / 10.0, 1e-15);
    assert_near(intervals[1].width, 57.0 / 140.0, 1e-15);
    assert_near(intervals[0].weight, weight_of(60.0 / 6.0), 1e-15);
    assert_near(intervals[1].weight, weight_of(57.0 / 3.0), 1e-15);
    ff_archive_free(archive);
}

static void a_weight_that_a_task_has_is_not_split_by_again(void **state)
{
    (void)state;
    struct ff_archive *archive = make_archive(-1);
    struct ff_interval intervals[N_POINTS];
    const struct ff_task task = {.scalarization = {.weight = weight_of(10.0 * (1.0 + 1e-6))}};
    assert_int_equal(find(archive, &task, 1, intervals), 1);
    assert_near(intervals[0].weight, weight_of(57.0 / 3.0), 1e-15);
    ff_archive_free(archive);
}

static void failed_points_are_no_neighbours(void **state)
{
    (void)state;
    struct ff_archive *archive = make_archive(2);
    struct ff_interval intervals[N_POINTS];
    assert_int_equal(find(archive, NULL, 0, intervals), 2);
    assert_near(intervals[1].weight, weight_of(80.0 / 4.0), 1e-15);
    ff_archive_free(archive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_at_least_half_as_wide_are_split_by_their_chords),
        cmocka_unit_test(a_weight_that_a_task_has_is_not_split_by_again),
        cmocka_unit_test(failed_points_are_no_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
