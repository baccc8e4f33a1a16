/* Rounds of tasks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/scheduler.h"

#include "front/scout.h"
#include "front/spacing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RETRIES = 6, MAX_SWEEPS = 3 };
/* A point is solved again from another one's design that is better for it by this part of its objective, and by so many
 * standard errors. */
static const double worthwhile = 2e-3, significance = 3.0, least_objective = 1e-3;
/* All weights lead to one corner where the current of the least is this part of that of the largest. */
static const double corner_share = 0.9;
struct ff_scheduler {
    struct ff_front_options options;
    int n_parameters;
    double *start; /* [P] of tasks without neighbours, where the scouts found none */
    double *level; /* [P] see ff_scout_draw */
    struct ff_scout scout;
    double current_scale, entropy_scale; /* of weighted sums */
    bool is_scale_given;
    int n_scouts;                 /* tasks that are no points: the first ones */
    struct ff_scalarization base; /* scales, and after the first round the ideal point */
    struct ff_archive *archive;
    struct ff_task *tasks; /* [n_scouts + (1 + MAX_SWEEPS) n_points] in order of id */
    int n_planned, n_given, n_completed;
    int n_sweeps;               /* rounds in which points were solved again */
    uint32_t first_improvement; /* task from which on results improve points that exist */
    bool has_ideal;             /* where it is needed: the ideal point and the scales are set */
    bool has_all_points;        /* no more points will be planned */
    bool is_over;               /* no more rounds */
};

/* ---- planning ------------------------------------------------------------------------------- */

static bool needs_ideal(const struct ff_front_options *options)
{
    return ff_scalarization_types[options->kind]->needs_ideal;
}

/* How many of the tasks so far are of points. */
static int n_of_points(const struct ff_scheduler *scheduler)
{
    return scheduler->n_planned - scheduler->n_scouts;
}

/* Add a task with room for starts. */
static struct ff_task *add_task(struct ff_scheduler *scheduler,
                                const struct ff_scalarization *scalarization, int n_starts)
{
    struct ff_task *task = &scheduler->tasks[scheduler->n_planned];
    ff_task_create(scheduler->n_parameters, n_starts, task);
    task->id = (uint32_t)scheduler->n_planned++;
    task->scalarization = *scalarization;
    return task;
}

/* Add a task; its starts are the best design of the scouts, the two neighbours and their mean, or the scheduler's own
 * without either. */
static void plan_task(struct ff_scheduler *scheduler, enum ff_scalarization_kind kind,
                      double weight, const struct ff_result *low, const struct ff_result *high)
{
    const int n = scheduler->n_parameters;
    const size_t size = sizeof(double) * (size_t)n;
    struct ff_scalarization scalarization = scheduler->base;
    scalarization.kind = kind;
    scalarization.weight = weight;
    const struct ff_result *found = ff_archive_best(scheduler->scout.found, &scalarization);
    const bool has_first = found != NULL || low == NULL;
    struct ff_task *task = add_task(scheduler, &scalarization, has_first + (low != NULL ? 3 : 0));
    double *starts = task->starts;
    if (has_first) {
        memcpy(starts, found != NULL ? found->theta : scheduler->start, size);
        starts += n;
    }
    for (int p = 0; low != NULL && p < n; p++) {
        starts[p] = low->theta[p];
        starts[n + p] = high->theta[p];
        starts[2 * n + p] = 0.5 * (low->theta[p] + high->theta[p]);
    }
}

/* n evenly spaced weights strictly between the ends. */
static void plan_between_ends(struct ff_scheduler *scheduler, enum ff_scalarization_kind kind,
                              int n, const struct ff_result *low, const struct ff_result *high)
{
    const double *ends = scheduler->options.weights;
    for (int i = 1; i <= n; i++)
        plan_task(scheduler, kind, ends[0] + (ends[1] - ends[0]) * i / (n + 1), low, high);
}

/* The ends are weighted sums in either case: they define the ideal point of the Chebyshev distance. */
static void plan_first_round(struct ff_scheduler *scheduler)
{
    const struct ff_front_options *options = &scheduler->options;
    const bool is_whole = !options->is_adaptive && !needs_ideal(options);
    const int n = is_whole ? options->n_points : 2;
    const double step = (options->weights[1] - options->weights[0]) / (n - 1);
    for (int i = 0; i < n; i++) {
        const double weight = i == n - 1 ? options->weights[1] : options->weights[0] + i * step;
        plan_task(scheduler, FF_SCALARIZATION_WEIGHTED, weight, NULL, NULL);
    }
    scheduler->has_all_points = is_whole;
}

/* What has been solved and planned so far. */
static struct ff_spacing spacing_of(const struct ff_scheduler *scheduler)
{
    return (struct ff_spacing){.kind = scheduler->options.kind,
                               .base = &scheduler->base,
                               .archive = scheduler->archive,
                               .tasks = scheduler->tasks + scheduler->n_scouts,
                               .n_tasks = n_of_points(scheduler)};
}

static void plan_adaptive_round(struct ff_scheduler *scheduler)
{
    const struct ff_spacing before = spacing_of(scheduler);
    struct ff_interval *intervals = FF_RAW(struct ff_interval, before.archive->n_points);
    const int n_left = scheduler->options.n_points - before.n_tasks;
    const int n = ff_spacing_intervals(&before, intervals);
    for (int i = 0; i < n && i < n_left; i++) {
        const struct ff_spacing now = spacing_of(scheduler);
        if (ff_spacing_is_new(&now, intervals[i].weight))
            plan_task(scheduler, scheduler->options.kind, intervals[i].weight, intervals[i].low,
                      intervals[i].high);
    }
    scheduler->has_all_points = n_of_points(scheduler) == before.n_tasks;
    free(intervals);
}

/* Best J and best sigma of the ends, and their ranges as scales. */
static void find_ideal(struct ff_scheduler *scheduler, const struct ff_result **points,
                       int n_points)
{
    struct ff_scalarization *base = &scheduler->base;
    double nadir_current = INFINITY, nadir_entropy = -INFINITY;
    base->current_ideal = -INFINITY;
    base->entropy_ideal = INFINITY;
    for (int i = 0; i < n_points; i++) {
        const struct ff_values values = ff_result_values(points[i]);
        base->current_ideal = fmax(base->current_ideal, values.current);
        base->entropy_ideal = fmin(base->entropy_ideal, values.entropy_production);
        nadir_current = fmin(nadir_current, values.current);
        nadir_entropy = fmax(nadir_entropy, values.entropy_production);
    }
    base->current_scale = base->current_ideal - nadir_current;
    base->entropy_scale = nadir_entropy - base->entropy_ideal;
    scheduler->has_ideal = true;
}

/* ---- sweeps --------------------------------------------------------------------------------- */

/* Standard error of the objective of a point if it had the design of another; 0 by exact values. */
static double error_with(const struct ff_result *point, const struct ff_result *design)
{
    const struct ff_values values = ff_result_values(design);
    double by_current, by_entropy;
    if (design->exact_status == FF_EXACT_OK)
        return 0.0;
    ff_scalarize(&point->scalarization, values.current, values.entropy_production, &by_current,
                 &by_entropy);
    return hypot(by_current * design->means.current_stderr,
                 by_entropy * design->means.entropy_production_stderr);
}

/* Whether the design of another serves a point better by what is worth solving it again. */
static bool is_worthwhile(const struct ff_result *point, const struct ff_result *other)
{
    if (other == NULL || other == point)
        return false;
    const double own = ff_result_objective(point, &point->scalarization);
    const double gain = own - ff_result_objective(other, &point->scalarization);
    return gain > worthwhile * fmax(fabs(own), least_objective) &&
           gain > significance * hypot(error_with(point, point), error_with(point, other));
}

/* Every point that another design serves better starts again from the best such design; the run is over when there is
 * none. */
static void plan_sweep(struct ff_scheduler *scheduler)
{
    const struct ff_archive *archive = scheduler->archive;
    const int n_before = scheduler->n_planned;
    if (scheduler->n_sweeps == 0)
        scheduler->first_improvement = (uint32_t)n_before;
    for (int i = 0; i < archive->n_points && scheduler->n_sweeps < MAX_SWEEPS; i++) {
        const struct ff_result *point = &archive->points[i];
        const struct ff_result *better = ff_archive_best(archive, &point->scalarization);
        if (point->status != FF_OK || !is_worthwhile(point, better))
            continue;
        struct ff_task *task = add_task(scheduler, &point->scalarization, 1);
        memcpy(task->starts, better->theta, sizeof(double) * (size_t)scheduler->n_parameters);
    }
    scheduler->n_sweeps++;
    scheduler->is_over = scheduler->n_planned == n_before;
}

/* ---- rounds --------------------------------------------------------------------------------- */

static void plan_points(struct ff_scheduler *scheduler)
{
    const struct ff_front_options *options = &scheduler->options;
    const struct ff_result **points = FF_RAW(const struct ff_result *, options->n_points);
    const int n_points = ff_archive_good(scheduler->archive, points);
    if (needs_ideal(options) && n_points >= 2 && !scheduler->has_ideal)
        find_ideal(scheduler, points, n_points);
    const int n_left = options->n_points - n_of_points(scheduler);
    if (n_points < 2 && n_of_points(scheduler) == 2 && n_left > 0)
        plan_between_ends(scheduler, FF_SCALARIZATION_WEIGHTED,
                          n_left < MAX_RETRIES ? n_left : MAX_RETRIES, NULL, NULL);
    else if (n_points < 2 || n_left == 0)
        scheduler->has_all_points = true;
    else if (!options->is_adaptive) {
        plan_between_ends(scheduler, options->kind, n_left, points[0], points[1]);
        scheduler->has_all_points = true;
    } else
        plan_adaptive_round(scheduler);
    free(points);
}

/* Where the least weight leads to the same corner of the front as the largest, a scale was too small: that of the corner then
 * tells the weights apart. */
static bool rescale(struct ff_scheduler *scheduler)
{
    struct ff_scalarization low = scheduler->base, high = low;
    low.weight = scheduler->options.weights[0];
    high.weight = scheduler->options.weights[1];
    const struct ff_result *least = ff_archive_best(scheduler->scout.found, &low);
    const struct ff_result *largest = ff_archive_best(scheduler->scout.found, &high);
    if (scheduler->is_scale_given || least == NULL)
        return false;
    const struct ff_values corner = ff_result_values(largest);
    if (!(corner.current > 0.0 && corner.entropy_production > 0.0 &&
          ff_result_values(least).current > corner_share * corner.current))
        return false;
    scheduler->base.current_scale = scheduler->current_scale = corner.current;
    scheduler->base.entropy_scale = scheduler->entropy_scale = corner.entropy_production;
    ff_scout_repeat(&scheduler->scout);
    return true;
}

/* Another round of scouts; when they have ended, the first points. */
static void plan_scouts(struct ff_scheduler *scheduler)
{
    const int n = ff_scout_plan(&scheduler->scout, &scheduler->base, (uint32_t)scheduler->n_planned,
                                scheduler->tasks + scheduler->n_planned);
    scheduler->n_planned += n;
    scheduler->n_scouts += n;
    if (n > 0)
        return;
    if (!scheduler->scout.is_second && rescale(scheduler))
        plan_scouts(scheduler);
    else
        plan_first_round(scheduler);
}

/* More points, and when there are no more, better ones. */
static void plan_round(struct ff_scheduler *scheduler)
{
    if (n_of_points(scheduler) == 0) {
        plan_scouts(scheduler);
        return;
    }
    if (!scheduler->has_all_points)
        plan_points(scheduler);
    if (scheduler->has_all_points && scheduler->n_completed == scheduler->n_planned)
        plan_sweep(scheduler);
}

/* ---- the machine ---------------------------------------------------------------------------- */

void ff_scheduler_create(const struct ff_front_options *options,
                         const struct ff_front_problem *problem, struct ff_scheduler **out)
{
    struct ff_scheduler *scheduler = FF_NEW(struct ff_scheduler, 1);
    scheduler->options = *options;
    scheduler->n_parameters = problem->n_parameters;
    scheduler->start = FF_NEW(double, problem->n_parameters);
    scheduler->level = FF_NEW(double, problem->n_parameters);
    if (problem->start != NULL)
        memcpy(scheduler->start, problem->start,
               sizeof *scheduler->start * (size_t)problem->n_parameters);
    if (problem->level != NULL)
        memcpy(scheduler->level, problem->level,
               sizeof *scheduler->level * (size_t)problem->n_parameters);
    scheduler->base.current_scale = scheduler->current_scale = problem->current_scale;
    scheduler->base.entropy_scale = scheduler->entropy_scale = problem->entropy_scale;
    scheduler->is_scale_given = problem->is_scale_given;
    ff_archive_create(options->n_points, &scheduler->archive);
    const struct ff_scout_options scouts = {.n_random = problem->n_random,
                                            .seed = problem->seed,
                                            .weights = {options->weights[0], options->weights[1]},
                                            .n_parameters = problem->n_parameters,
                                            .start = scheduler->start,
                                            .level = scheduler->level};
    ff_scout_create(&scouts, &scheduler->scout);
    scheduler->tasks = FF_RAW(struct ff_task, (size_t)ff_scout_capacity(&scheduler->scout) +
                                                  (1 + MAX_SWEEPS) * (size_t)options->n_points);
    scheduler->first_improvement = UINT32_MAX;
    plan_scouts(scheduler);
    *out = scheduler;
}

void ff_scheduler_free(struct ff_scheduler *scheduler)
{
    if (scheduler == NULL)
        return;
    for (int i = 0; i < scheduler->n_planned; i++)
        ff_task_free(&scheduler->tasks[i]);
    free(scheduler->tasks);
    free(scheduler->start);
    free(scheduler->level);
    ff_scout_free(&scheduler->scout);
    ff_archive_free(scheduler->archive);
    free(scheduler);
}

bool ff_scheduler_next(struct ff_scheduler *scheduler, struct ff_task *out)
{
    if (scheduler->n_given == scheduler->n_planned)
        return false;
    ff_record_copy(&ff_task_record, &scheduler->tasks[scheduler->n_given++], out);
    return true;
}

void ff_scheduler_complete(struct ff_scheduler *scheduler, const struct ff_result *result)
{
    if (result->id < (uint32_t)scheduler->n_scouts)
        ff_scout_take(&scheduler->scout, result);
    else if (result->id < scheduler->first_improvement)
        ff_archive_insert(scheduler->archive, result);
    else
        ff_archive_improve(scheduler->archive, result);
    scheduler->n_completed++;
    if (scheduler->n_completed == scheduler->n_planned && !scheduler->is_over)
        plan_round(scheduler);
}

bool ff_scheduler_is_done(const struct ff_scheduler *scheduler)
{
    return scheduler->is_over && scheduler->n_completed == scheduler->n_planned;
}

static bool source_next(void *context, void *task)
{
    return ff_scheduler_next(context, task);
}

static void source_complete(void *context, const void *result)
{
    ff_scheduler_complete(context, result);
}

static bool source_is_done(void *context)
{
    return ff_scheduler_is_done(context);
}

struct ff_source ff_scheduler_source(struct ff_scheduler *scheduler)
{
    return (struct ff_source){scheduler, source_next, source_complete, source_is_done};
}

const struct ff_archive *ff_scheduler_archive(const struct ff_scheduler *scheduler)
{
    return scheduler->archive;
}

void ff_scheduler_scales(const struct ff_scheduler *scheduler, double *current_scale,
                         double *entropy_scale)
{
    *current_scale = scheduler->current_scale;
    *entropy_scale = scheduler->entropy_scale;
}

int64_t ff_scheduler_scout_events(const struct ff_scheduler *scheduler)
{
    const struct ff_archive *found = scheduler->scout.found;
    int64_t n_events = 0;
    for (int i = 0; i < found->n_points; i++)
        n_events += found->points[i].n_events;
    return n_events;
}

void ff_scheduler_progress(const struct ff_scheduler *scheduler, int *n_planned, int *n_completed)
{
    *n_planned = scheduler->n_planned;
    *n_completed = scheduler->n_completed;
}
