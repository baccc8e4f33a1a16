/* The scheduler as a state machine: simulated workers, known fronts, no simulation and no MPI.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/stream.h"
#include "front/scheduler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"

enum { N_POINTS = 24, MAX_OUT = 8 };

/* ---- known fronts --------------------------------------------------------------------------- */

/* sigma of the least dissipating system at current J, 0 <= J < largest_current. */
typedef double front_function(double current);

static const double n_sites = 6.0, total = 2.0; /* N and K of the ring with a budget */
static const double largest_current = 0.3333;   /* just below K/N */

static double ring_front(double current)
{
    return 2.0 * n_sites * current * atanh(n_sites * current / total);
}

static double straight_front(double current)
{
    return 4.0 * current;
}

/* The current that minimises L along the front, which is unimodal in both scalarisations, by golden
 * section; among equal values the ends win. */
static double best_current(front_function *front, const struct ff_scalarization *s)
{
    const double golden = 0.5 * (sqrt(5.0) - 1.0), tie = 1e-13;
    double low = 0.0, high = largest_current;
    for (int i = 0; i < 100; i++) {
        const double a = high - golden * (high - low), b = low + golden * (high - low);
        if (ff_scalarize(s, a, front(a), NULL, NULL) < ff_scalarize(s, b, front(b), NULL, NULL))
            high = b;
        else
            low = a;
    }
    const double inner = 0.5 * (low + high);
    const double least = ff_scalarize(s, inner, front(inner), NULL, NULL) + tie;
    if (ff_scalarize(s, 0.0, front(0.0), NULL, NULL) <= least)
        return 0.0;
    if (ff_scalarize(s, largest_current, front(largest_current), NULL, NULL) <= least)
        return largest_current;
    return inner;
}

/* ---- simulated workers ---------------------------------------------------------------------- */

/* Which tasks fail, and in which order they end. */
struct crew {
    front_function *front;
    int n_workers;
    uint64_t seed;
    int fails_every; /* of so many tasks the last fails; 0: none, 1: all */
};

/* What was handed out, by id. */
struct log {
    int n;
    struct ff_scalarization scalarization[N_POINTS];
    int n_starts[N_POINTS];
    double starts[N_POINTS][3];
};

static void solve(const struct crew *crew, struct ff_scheduler *scheduler,
                  const struct ff_task *task)
{
    struct ff_result result;
    ff_result_create(1, 1, &result);
    result.id = task->id;
    result.scalarization = task->scalarization;
    if (crew->fails_every > 0 && (task->id + 1) % (uint32_t)crew->fails_every == 0) {
        result.status = FF_ERR_DIVERGED;
        result.means.current = result.means.entropy_production = NAN;
    } else {
        result.theta[0] = best_current(crew->front, &task->scalarization);
        result.means.current = result.theta[0];
        result.means.entropy_production = crew->front(result.theta[0]);
    }
    ff_scheduler_complete(scheduler, &result);
}

static void log_task(struct log *log, const struct ff_task *task)
{
    assert_true(task->id < N_POINTS && task->n_parameters == 1 && task->n_starts <= 3);
    log->scalarization[task->id] = task->scalarization;
    log->n_starts[task->id] = task->n_starts;
    memcpy(log->starts[task->id], task->starts, sizeof(double) * (size_t)task->n_starts);
    log->n++;
}

/* Keep up to n_workers tasks out, ending one at random each time, until the run is over. */
static void work(const struct crew *crew, struct ff_scheduler *scheduler, struct log *log)
{
    struct ff_stream stream = ff_stream_at(crew->seed, 0, FF_PURPOSE_START, 0, 0);
    struct ff_task out[MAX_OUT];
    int n_out = 0;
    memset(log, 0, sizeof *log);
    while (!ff_scheduler_is_done(scheduler)) {
        while (n_out < crew->n_workers && ff_scheduler_next(scheduler, &out[n_out]))
            log_task(log, &out[n_out++]);
        assert_true(n_out > 0); /* else it waits for results that nobody owes */
        const int i = (int)(ff_stream_uniform(&stream) * n_out);
        solve(crew, scheduler, &out[i]);
        ff_task_free(&out[i]);
        out[i] = out[--n_out];
    }
    assert_int_equal(n_out, 0);
    assert_false(ff_scheduler_next(scheduler, &out[0]));
}

static struct ff_front_options make_options(enum ff_scalarization_kind kind, bool is_adaptive)
{
    return (struct ff_front_options){
        .n_points = N_POINTS, .kind = kind, .weights = {0.05, 0.95}, .is_adaptive = is_adaptive};
}

/* The scales are J and sigma of a ring with forward rates 4/3 and backward rates 2/3. */
static struct ff_scheduler *make_scheduler(enum ff_scalarization_kind kind, bool is_adaptive)
{
    const struct ff_front_options options = make_options(kind, is_adaptive);
    struct ff_scheduler *scheduler;
    const struct ff_front_problem problem = {
        .n_parameters = 1, .current_scale = 1.0 / 9.0, .entropy_scale = 6.0 / 9.0 * log(2.0)};
    ff_scheduler_create(&options, &problem, &scheduler);
    return scheduler;
}

/* ---- cases ---------------------------------------------------------------------------------- */

static const struct {
    enum ff_scalarization_kind kind;
    bool is_adaptive;
} modes[] = {{FF_SCALARIZATION_WEIGHTED, true},
             {FF_SCALARIZATION_WEIGHTED, false},
             {FF_SCALARIZATION_CHEBYSHEV, true},
             {FF_SCALARIZATION_CHEBYSHEV, false}};
enum { N_MODES = sizeof modes / sizeof *modes };

/* Both ends are solved from the start that is given; the start belongs to the scheduler. */
static void tasks_without_neighbours_begin_at_the_start(void **state)
{
    (void)state;
    for (int m = 0; m < N_MODES; m++) {
        const struct ff_front_options options = make_options(modes[m].kind, modes[m].is_adaptive);
        for (int has_start = 0; has_start < 2; has_start++) {
            struct ff_scheduler *scheduler;
            struct ff_task task;
            double start[] = {0.75};
            const struct ff_front_problem problem = {.n_parameters = 1,
                                                     .current_scale = 1.0,
                                                     .entropy_scale = 1.0,
                                                     .start = has_start ? start : NULL};
            ff_scheduler_create(&options, &problem, &scheduler);
            start[0] = NAN;
            while (ff_scheduler_next(scheduler, &task)) {
                assert_int_equal(task.n_starts, 1);
                assert_true(task.starts[0] == (has_start ? 0.75 : 0.0));
                ff_task_free(&task);
            }
            ff_scheduler_free(scheduler);
        }
    }
}

static void assert_same_archive(const struct ff_archive *a, const struct ff_archive *b)
{
    assert_int_equal(a->n_points, b->n_points);
    for (int i = 0; i < a->n_points; i++) {
        assert_int_equal(a->points[i].id, b->points[i].id);
        assert_memory_equal(&a->points[i].means, &b->points[i].means, sizeof a->points[i].means);
    }
}

static void tasks_do_not_depend_on_workers_or_order(void **state)
{
    (void)state;
    for (int m = 0; m < N_MODES; m++)
        for (int fails_every = 0; fails_every <= 7; fails_every += 7) {
            struct ff_scheduler *first = make_scheduler(modes[m].kind, modes[m].is_adaptive);
            struct log expected, log;
            work(&(struct crew){ring_front, 1, 0, fails_every}, first, &expected);
            for (uint64_t seed = 1; seed <= 20; seed++) {
                struct ff_scheduler *again = make_scheduler(modes[m].kind, modes[m].is_adaptive);
                const int n_workers = 1 + (int)(seed % MAX_OUT);
                work(&(struct crew){ring_front, n_workers, seed, fails_every}, again, &log);
                assert_memory_equal(&log, &expected, sizeof log);
                assert_same_archive(ff_scheduler_archive(again), ff_scheduler_archive(first));
                ff_scheduler_free(again);
            }
            ff_scheduler_free(first);
        }
}

static void all_points_are_planned_and_completed(void **state)
{
    (void)state;
    for (int m = 0; m < N_MODES; m++) {
        struct ff_scheduler *scheduler = make_scheduler(modes[m].kind, modes[m].is_adaptive);
        struct log log;
        int n_planned, n_completed;
        work(&(struct crew){ring_front, 3, 1, 0}, scheduler, &log);
        ff_scheduler_progress(scheduler, &n_planned, &n_completed);
        assert_int_equal(n_planned, N_POINTS);
        assert_int_equal(n_completed, N_POINTS);
        assert_int_equal(ff_scheduler_archive(scheduler)->n_points, N_POINTS);
        ff_scheduler_free(scheduler);
    }
}

static void assert_weights_differ(const struct log *log)
{
    for (int i = 0; i < log->n; i++)
        for (int j = 0; j < i; j++)
            assert_true(log->scalarization[i].kind != log->scalarization[j].kind ||
                        fabs(log->scalarization[i].weight - log->scalarization[j].weight) > 1e-5);
}

/* On a straight front every chord has the same normal, and a failed task leaves its interval as it was. */
static void no_weight_is_solved_twice(void **state)
{
    (void)state;
    front_function *const fronts[] = {ring_front, straight_front};
    for (int f = 0; f < 2; f++)
        for (int fails_every = 0; fails_every <= 7; fails_every += 7)
            for (int m = 0; m < N_MODES; m++) {
                struct ff_scheduler *scheduler =
                    make_scheduler(modes[m].kind, modes[m].is_adaptive);
                struct log log;
                work(&(struct crew){fronts[f], 3, 1, fails_every}, scheduler, &log);
                assert_weights_differ(&log);
                ff_scheduler_free(scheduler);
            }
}

static void the_next_round_waits_for_the_last_result(void **state)
{
    (void)state;
    const struct crew crew = {ring_front, 2, 1, 0};
    struct ff_scheduler *scheduler = make_scheduler(FF_SCALARIZATION_WEIGHTED, true);
    struct ff_task ends[2], third;
    assert_true(ff_scheduler_next(scheduler, &ends[0]) && ff_scheduler_next(scheduler, &ends[1]));
    assert_false(ff_scheduler_next(scheduler, &third));
    solve(&crew, scheduler, &ends[1]);
    assert_false(ff_scheduler_next(scheduler, &third));
    assert_false(ff_scheduler_is_done(scheduler));
    solve(&crew, scheduler, &ends[0]);
    assert_true(ff_scheduler_next(scheduler, &third));
    assert_int_equal(third.id, 2);
    for (int i = 0; i < 2; i++)
        ff_task_free(&ends[i]);
    ff_task_free(&third);
    ff_scheduler_free(scheduler);
}

/* The third task is the normal of the chord between the ends, started from both and their mean. */
static void the_third_weight_is_the_normal_of_the_chord(void **state)
{
    (void)state;
    struct ff_scheduler *scheduler = make_scheduler(FF_SCALARIZATION_WEIGHTED, true);
    struct log log;
    work(&(struct crew){ring_front, 1, 1, 0}, scheduler, &log);
    const double low = best_current(ring_front, &log.scalarization[0]);
    const double high = best_current(ring_front, &log.scalarization[1]);
    const double slope = (ring_front(high) - ring_front(low)) / (high - low);
    const struct ff_scalarization *third = &log.scalarization[2];
    const double ratio = slope * third->current_scale / third->entropy_scale;
    assert_near(third->weight, ratio / (1.0 + ratio), 1e-12);
    assert_int_equal(log.n_starts[2], 3);
    assert_near(log.starts[2][0], low, 0.0);
    assert_near(log.starts[2][1], high, 0.0);
    assert_near(log.starts[2][2], 0.5 * (low + high), 1e-15);
    ff_scheduler_free(scheduler);
}

static void uniform_weights_are_evenly_spaced(void **state)
{
    (void)state;
    struct ff_scheduler *scheduler = make_scheduler(FF_SCALARIZATION_WEIGHTED, false);
    struct log log;
    work(&(struct crew){ring_front, 3, 1, 0}, scheduler, &log);
    for (int i = 0; i < N_POINTS; i++)
        assert_near(log.scalarization[i].weight, 0.05 + 0.9 * i / (N_POINTS - 1), 1e-15);
    ff_scheduler_free(scheduler);
    scheduler = make_scheduler(FF_SCALARIZATION_CHEBYSHEV, false);
    work(&(struct crew){ring_front, 3, 1, 0}, scheduler, &log);
    for (int i = 2; i < N_POINTS; i++)
        assert_near(log.scalarization[i].weight, 0.05 + 0.9 * (i - 1) / (N_POINTS - 1), 1e-15);
    ff_scheduler_free(scheduler);
}

static struct ff_front_metrics run_metrics(enum ff_scalarization_kind kind, bool is_adaptive,
                                           front_function *front)
{
    struct ff_scheduler *scheduler = make_scheduler(kind, is_adaptive);
    struct log log;
    work(&(struct crew){front, 3, 1, 0}, scheduler, &log);
    const struct ff_front_metrics metrics =
        ff_archive_metrics(ff_scheduler_archive(scheduler), NULL);
    ff_scheduler_free(scheduler);
    return metrics;
}

/* Control: uniform weights leave gaps of more than a fifth. */
static void adaptive_weights_leave_no_gap_above_a_tenth(void **state)
{
    (void)state;
    assert_true(run_metrics(FF_SCALARIZATION_WEIGHTED, true, ring_front).largest_gap < 0.1);
    assert_true(run_metrics(FF_SCALARIZATION_WEIGHTED, false, ring_front).largest_gap > 0.2);
}

static void adaptive_chebyshev_has_smaller_gaps_than_uniform(void **state)
{
    (void)state;
    assert_true(run_metrics(FF_SCALARIZATION_CHEBYSHEV, true, ring_front).largest_gap <
                run_metrics(FF_SCALARIZATION_CHEBYSHEV, false, ring_front).largest_gap);
}

static void chebyshev_resolves_a_straight_front(void **state)
{
    (void)state;
    const struct ff_front_metrics metrics =
        run_metrics(FF_SCALARIZATION_CHEBYSHEV, true, straight_front);
    assert_int_equal(metrics.n_nondominated, N_POINTS);
    assert_true(metrics.largest_gap < 0.1);
}

/* Every weighted sum has its optimum at an end of a straight front; the run stops instead of repeating. */
static void weighted_sums_add_nothing_to_the_ends_of_a_straight_front(void **state)
{
    (void)state;
    struct ff_scheduler *scheduler = make_scheduler(FF_SCALARIZATION_WEIGHTED, true);
    struct log log;
    work(&(struct crew){straight_front, 3, 1, 0}, scheduler, &log);
    const struct ff_archive *archive = ff_scheduler_archive(scheduler);
    for (int i = 0; i < archive->n_points; i++) {
        const double current = archive->points[i].means.current;
        assert_true(current == 0.0 || current == largest_current);
    }
    assert_true(ff_archive_metrics(archive, NULL).largest_gap > 0.99);
    ff_scheduler_free(scheduler);
}

/* Runs in which the tasks of the given bit mask fail. */
static void run_with_failures(enum ff_scalarization_kind kind, bool is_adaptive, unsigned failing)
{
    struct ff_scheduler *scheduler = make_scheduler(kind, is_adaptive);
    const struct ff_archive *archive = ff_scheduler_archive(scheduler);
    struct ff_task task;
    int n_failed = 0;
    while (ff_scheduler_next(scheduler, &task)) {
        const bool has_failed = task.id < 32 && (failing >> task.id & 1u);
        solve(&(struct crew){ring_front, 1, 1, has_failed ? 1 : 0}, scheduler, &task);
        n_failed += has_failed;
        ff_task_free(&task);
    }
    assert_true(ff_scheduler_is_done(scheduler));
    const struct ff_front_metrics metrics = ff_archive_metrics(archive, NULL);
    assert_true(n_failed > 0);
    assert_int_equal(metrics.n_failed, n_failed);
    assert_int_equal(metrics.n_nondominated, archive->n_points - n_failed);
    assert_true(archive->n_points > 2 * N_POINTS / 3);
    ff_scheduler_free(scheduler);
}

static void a_run_goes_on_past_failed_tasks(void **state)
{
    (void)state;
    static const unsigned failing[] = {1u << 5 | 1u << 9, 1u << 2, 1u << 2 | 1u << 3, 1u, 2u, 3u};
    for (size_t i = 0; i < sizeof failing / sizeof *failing; i++)
        for (int m = 0; m < N_MODES; m++)
            run_with_failures(modes[m].kind, modes[m].is_adaptive, failing[i]);
}

static void a_run_whose_tasks_all_fail_ends(void **state)
{
    (void)state;
    for (int m = 0; m < N_MODES; m++) {
        struct ff_scheduler *scheduler = make_scheduler(modes[m].kind, modes[m].is_adaptive);
        struct log log;
        work(&(struct crew){ring_front, 3, 1, 1}, scheduler, &log);
        const struct ff_front_metrics metrics =
            ff_archive_metrics(ff_scheduler_archive(scheduler), NULL);
        assert_int_equal(metrics.n_failed, log.n);
        assert_int_equal(metrics.n_nondominated, 0);
        ff_scheduler_free(scheduler);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_without_neighbours_begin_at_the_start),
        cmocka_unit_test(tasks_do_not_depend_on_workers_or_order),
        cmocka_unit_test(all_points_are_planned_and_completed),
        cmocka_unit_test(no_weight_is_solved_twice),
        cmocka_unit_test(the_next_round_waits_for_the_last_result),
        cmocka_unit_test(the_third_weight_is_the_normal_of_the_chord),
        cmocka_unit_test(uniform_weights_are_evenly_spaced),
        cmocka_unit_test(adaptive_weights_leave_no_gap_above_a_tenth),
        cmocka_unit_test(adaptive_chebyshev_has_smaller_gaps_than_uniform),
        cmocka_unit_test(chebyshev_resolves_a_straight_front),
        cmocka_unit_test(weighted_sums_add_nothing_to_the_ends_of_a_straight_front),
        cmocka_unit_test(a_run_goes_on_past_failed_tasks),
        cmocka_unit_test(a_run_whose_tasks_all_fail_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
