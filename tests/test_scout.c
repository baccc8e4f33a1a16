/* Scouts: which designs are looked for, in which order, and what points make of them; no simulation.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: unit */
#include "front/scheduler.h"
#include "front/scout.h"

#include <math.h>
#include <stdlib.h>

#include "near.h"

enum { N_RANDOM = 3, MAX_TASKS = 2 * (1 + N_RANDOM), N_POINTS = 6 };

static const double start[] = {0.0}, level[] = {3.0}, largest_current = 30.0;
static const struct ff_scalarization base = {.current_scale = 1.0, .entropy_scale = 1.0};

static struct ff_scout make_scout(int n_random)
{
    const struct ff_scout_options options = {.n_random = n_random,
                                             .seed = 5,
                                             .weights = {0.02, 0.98},
                                             .n_parameters = 1,
                                             .start = start,
                                             .level = level};
    struct ff_scout scout;
    ff_scout_create(&options, &scout);
    return scout;
}

/* Two branches of designs: what begins below 1/2 ends at rest, the others on sigma = J^2 up to the largest current. */
static struct ff_result solve(const struct ff_task *task)
{
    const struct ff_scalarization *s = &task->scalarization;
    const double best = 0.5 * s->weight / (1.0 - s->weight) * s->entropy_scale / s->current_scale;
    const bool is_at_rest = task->starts[0] < 0.5;
    struct ff_result result;
    ff_result_create(1, 1, &result);
    result.id = task->id;
    result.scalarization = task->scalarization;
    result.means.current = is_at_rest ? 0.0 : fmin(best, largest_current);
    result.means.entropy_production = result.means.current * result.means.current;
    result.theta[0] = is_at_rest ? 0.0 : 1.0;
    return result;
}

static void take(struct ff_scout *scout, struct ff_task *tasks, int n)
{
    for (int i = 0; i < n; i++) {
        const struct ff_result result = solve(&tasks[i]);
        ff_scout_take(scout, &result);
        ff_task_free(&tasks[i]);
    }
}

static void without_random_designs_nothing_is_looked_for(void **state)
{
    (void)state;
    struct ff_scout scout = make_scout(0);
    struct ff_task tasks[MAX_TASKS];
    assert_int_equal(ff_scout_capacity(&scout), 0);
    assert_int_equal(ff_scout_plan(&scout, &base, 0, tasks), 0);
    assert_null(ff_archive_best(scout.found, &base));
    ff_scout_free(&scout);
}

/* Both kinds fill what they may: the farthest of many are near its edges. */
static void designs_are_drawn_widely_about_0_and_narrowly_about_the_level_one(void **state)
{
    (void)state;
    enum { N_PARAMETERS = 2, N_DRAWS = 2000 };
    const double centre[] = {3.0, -7.0};
    double farthest[2] = {0.0, 0.0};
    struct ff_stream stream = ff_stream_at(5, 0, FF_PURPOSE_START, 0, 0);
    for (int i = 1; i <= N_DRAWS; i++) {
        double theta[N_PARAMETERS];
        ff_scout_draw(&stream, i, centre, N_PARAMETERS, theta);
        for (int p = 0; p < N_PARAMETERS; p++) {
            const double distance = fabs(theta[p] - (i % 2 == 1 ? 0.0 : centre[p]));
            farthest[i % 2] = fmax(farthest[i % 2], distance);
        }
    }
    assert_true(farthest[1] <= 8.0 && farthest[1] > 7.96);
    assert_true(farthest[0] <= 2.0 && farthest[0] > 1.99);
}

static void the_middle_and_the_top_begin_from_the_start_and_from_random_designs(void **state)
{
    (void)state;
    struct ff_scout scout = make_scout(N_RANDOM);
    struct ff_task tasks[MAX_TASKS];
    assert_int_equal(ff_scout_plan(&scout, &base, 7, tasks), MAX_TASKS);
    for (int i = 0; i < MAX_TASKS; i++) {
        assert_int_equal(tasks[i].id, 7 + i);
        assert_true(tasks[i].is_rough);
        assert_int_equal(tasks[i].n_starts, 1);
        assert_near(tasks[i].scalarization.weight, i % 2 == 0 ? 0.5 : 0.98, 1e-12);
        assert_true((i < 2) == (tasks[i].starts[0] == start[0]));
        assert_true(i % 2 == 0 || tasks[i].starts[0] == tasks[i - 1].starts[0]);
    }
    assert_true(tasks[2].starts[0] != tasks[4].starts[0]);
    take(&scout, tasks, MAX_TASKS);
    ff_scout_free(&scout);
}

/* Six steps of at most 0.7 in ln(w/(1-w)) from 0 to 3.89. */
static void steps_lead_to_both_ends_from_the_best_designs_so_far(void **state)
{
    (void)state;
    struct ff_scout scout = make_scout(N_RANDOM);
    struct ff_task tasks[MAX_TASKS];
    take(&scout, tasks, ff_scout_plan(&scout, &base, 0, tasks));
    int n_rounds = 0, n;
    double low = 0.5, high = 0.5;
    while ((n = ff_scout_plan(&scout, &base, 100, tasks)) > 0) {
        assert_int_equal(n, 2);
        const double lower = tasks[0].scalarization.weight, higher = tasks[1].scalarization.weight;
        assert_near(log(low / (1.0 - low)) - log(lower / (1.0 - lower)), 3.8918 / 6.0, 1e-4);
        assert_near(lower + higher, 1.0, 1e-12);
        for (int k = 0; k < 2; k++)
            assert_true(tasks[k].starts[0] == 1.0);
        low = lower;
        high = higher;
        take(&scout, tasks, n);
        n_rounds++;
    }
    assert_int_equal(n_rounds, 6);
    assert_near(low, 0.02, 1e-12);
    assert_near(high, 0.98, 1e-12);
    assert_int_equal(2 * scout.found->n_points, ff_scout_capacity(&scout));
    ff_scout_free(&scout);
}

/* A front by the scheduler, to be freed. */
static struct ff_scheduler *solve_front(const struct ff_front_problem *problem)
{
    const struct ff_front_options options = {
        .n_points = N_POINTS, .weights = {0.02, 0.98}, .is_adaptive = true};
    struct ff_scheduler *scheduler;
    struct ff_task task;
    ff_scheduler_create(&options, problem, &scheduler);
    while (ff_scheduler_next(scheduler, &task)) {
        const struct ff_result result = solve(&task);
        ff_scheduler_complete(scheduler, &result);
        ff_task_free(&task);
    }
    assert_true(ff_scheduler_is_done(scheduler));
    return scheduler;
}

/* The points that ended on the branch with a current. */
static int count_on_branch(int n_random, int *n_points)
{
    const struct ff_front_problem problem = {.n_parameters = 1,
                                             .current_scale = 1.0,
                                             .entropy_scale = 1.0,
                                             .n_random = n_random,
                                             .seed = 5};
    struct ff_scheduler *scheduler = solve_front(&problem);
    const struct ff_archive *archive = ff_scheduler_archive(scheduler);
    int n = 0;
    for (int i = 0; i < archive->n_points; i++)
        n += archive->points[i].means.current > 0.0;
    *n_points = archive->n_points;
    ff_scheduler_free(scheduler);
    return n;
}

/* Control: without scouts every point rests where theta = 0 leads. */
static void points_begin_from_what_scouts_found(void **state)
{
    (void)state;
    int n_points;
    assert_int_equal(count_on_branch(0, &n_points), 0);
    assert_int_equal(count_on_branch(N_RANDOM, &n_points), N_POINTS);
    assert_int_equal(n_points, N_POINTS);
}

/* A scale of J so small that every weight leads to the largest current: it is replaced, unless it was given. */
static void a_scale_that_leads_to_one_corner_is_replaced(void **state)
{
    (void)state;
    for (int is_given = 0; is_given < 2; is_given++) {
        const struct ff_front_problem problem = {.n_parameters = 1,
                                                 .current_scale = 1e-9,
                                                 .entropy_scale = 1.0,
                                                 .is_scale_given = is_given,
                                                 .n_random = N_RANDOM,
                                                 .seed = 5};
        struct ff_scheduler *scheduler = solve_front(&problem);
        const struct ff_archive *archive = ff_scheduler_archive(scheduler);
        double current_scale, entropy_scale;
        ff_scheduler_scales(scheduler, &current_scale, &entropy_scale);
        assert_near(current_scale, is_given ? 1e-9 : 30.0, 1e-12);
        assert_near(entropy_scale, is_given ? 1.0 : 900.0, 1e-12);
        assert_near(archive->points[0].means.current, is_given ? 30.0 : 15.0 * 0.02 / 0.98, 1e-9);
        assert_true(is_given ? archive->n_points == 2 : archive->n_points == N_POINTS);
        ff_scheduler_free(scheduler);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_random_designs_nothing_is_looked_for),
        cmocka_unit_test(designs_are_drawn_widely_about_0_and_narrowly_about_the_level_one),
        cmocka_unit_test(the_middle_and_the_top_begin_from_the_start_and_from_random_designs),
        cmocka_unit_test(steps_lead_to_both_ends_from_the_best_designs_so_far),
        cmocka_unit_test(points_begin_from_what_scouts_found),
        cmocka_unit_test(a_scale_that_leads_to_one_corner_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
