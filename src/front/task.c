/* Solving a task: choose a start, optimise, measure again with fresh random numbers until they can be believed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Most events of a measurement on a chain, a third of a second; by walks, a part of those of the optimiser. */
static const int64_t budget_on_chain = INT64_C(1) << 24, least_by_walks = INT64_C(1) << 20;
enum { WALKS_PART = 4 };

/* ---- traces --------------------------------------------------------------------------------- */

static double *nan_array(int count)
{
    double *array = FF_RAW(double, count);
    for (int i = 0; i < count; i++)
        array[i] = NAN;
    return array;
}

void ff_trace_create(int capacity, struct ff_trace *out)
{
    *out = (struct ff_trace){
        .capacity = capacity,
        .value = nan_array(capacity),
        .current = nan_array(capacity),
        .entropy_production = nan_array(capacity),
        .gradient_norm = nan_array(capacity),
    };
}

void ff_trace_record(struct ff_trace *trace, const struct ff_evaluation *evaluation)
{
    if (trace->n_recorded == trace->capacity)
        return;
    double square = 0.0;
    for (int p = 0; p < evaluation->n_parameters; p++)
        square += evaluation->gradient[p] * evaluation->gradient[p];
    const int i = trace->n_recorded++;
    trace->value[i] = evaluation->value;
    trace->current[i] = evaluation->observed[FF_J];
    trace->entropy_production[i] = evaluation->observed[FF_SIGMA];
    trace->gradient_norm[i] = sqrt(square);
}

/* ---- solving -------------------------------------------------------------------------------- */

/* One worker. */
struct worker {
    const struct ff_plan *plan;
    struct ff_evaluator *evaluator;
    struct ff_result *result; /* of the task at hand */
};

/* The start with the least objective; where it is not exact, all are measured with the same random numbers. */
static void choose_start(struct ff_evaluator *evaluator, const struct ff_task *task, double *theta)
{
    const size_t n_starts = (size_t)task->n_starts, n_parameters = (size_t)task->n_parameters;
    size_t best = 0;
    double best_value = INFINITY;
    for (size_t i = 0; i < n_starts && n_starts > 1; i++) {
        double means[FF_N_OBSERVABLES];
        if (ff_evaluator_compare(evaluator, task->starts + i * n_parameters, task->id, means) !=
            FF_OK)
            continue;
        const double value =
            ff_scalarize(&task->scalarization, means[FF_J], means[FF_SIGMA], NULL, NULL);
        if (value < best_value) {
            best = i;
            best_value = value;
        }
    }
    memcpy(theta, task->starts + best * n_parameters, sizeof *theta * n_parameters);
}

static void note_step(void *context, int step, const struct ff_evaluation *evaluation)
{
    (void)step;
    struct worker *worker = context;
    ff_trace_record(&worker->result->trace, evaluation);
    worker->result->gap = evaluation->gap;
    ff_bounds_slope(evaluation, worker->result->bound_slope);
}

static enum ff_status optimize(struct worker *worker, const struct ff_task *task,
                               struct ff_result *result)
{
    const struct ff_minimize_hooks hooks = {.context = worker, .note = note_step};
    worker->result = result;
    TRY(ff_evaluator_minimize(worker->evaluator, ff_scalarization_loss(&task->scalarization),
                              task->id, &hooks, result->theta, &result->outcome));
    ff_bounds_keep(worker->plan->system->design, result->theta, result->bound_slope);
    return FF_OK;
}

static enum ff_status take_averages(const struct ff_process *process,
                                    const struct ff_averages *averages, struct ff_result *result)
{
    const struct ff_evidence *current = &averages->items[FF_J].evidence,
                             *entropy = &averages->items[FF_SIGMA].evidence;
    const struct ff_verdict verdict = ff_averages_verdict(averages, process);
    CHECK(averages->is_finite && isfinite(entropy->mean), FF_ERR_NUMERICAL,
          "simulation: the averages are not finite at these rates");
    result->means = (struct ff_means){current->mean, current->standard_error, entropy->mean,
                                      entropy->standard_error};
    result->measurement = (struct ff_measurement){.is_converged = verdict.is_converged,
                                                  .reason = ff_copy_text(verdict.reason),
                                                  .n_trajectories = averages->n_trajectories,
                                                  .horizon = averages->horizon};
    result->n_events +=
        averages->n_trajectories * (averages->horizon.events + averages->horizon.burn_in);
    return FF_OK;
}

/* A measurement may take as long as a fraction of what the optimiser took. */
static struct ff_budget budget_after(int64_t n_events)
{
    const int64_t share = n_events / WALKS_PART;
    struct ff_budget budget = {.on_chain = budget_on_chain, .by_walks = share};
    if (share < least_by_walks)
        budget.by_walks = least_by_walks;
    if (share > ff_budget_of_seconds.by_walks)
        budget.by_walks = ff_budget_of_seconds.by_walks;
    return budget;
}

static enum ff_status measure(struct worker *worker, struct ff_result *result)
{
    const struct ff_plan *plan = worker->plan;
    double exact[FF_N_OBSERVABLES], *rates = FF_RAW(double, plan->system->design->n_channels);
    ff_design_rates(plan->system->design, result->theta, rates);
    result->exact_status = ff_evaluator_exact(worker->evaluator, result->theta, exact);
    result->exact_current = exact[FF_J];
    result->exact_entropy_production = exact[FF_SIGMA];
    const struct ff_averages_task task = {
        .system = plan->system,
        .chain = plan->chain,
        .rates = rates,
        .n = FF_N_OBSERVABLES,
        .exact = exact,
        .options = plan->evaluation,
        .budget = budget_after(result->n_events),
        .key = {plan->gradient.seed, result->id, 0, FF_PURPOSE_EVALUATE}};
    struct ff_averages averages;
    enum ff_status status = ff_averages_measure(&task, &averages);
    if (status == FF_OK) {
        status = take_averages(plan->system->process, &averages, result);
        ff_averages_free(&averages);
    }
    free(rates);
    return status;
}

/* Means that are good enough to tell designs apart. */
static enum ff_status compare(struct ff_evaluator *evaluator, const struct ff_task *task,
                              struct ff_result *result)
{
    double means[FF_N_OBSERVABLES];
    TRY(ff_evaluator_compare(evaluator, result->theta, task->id, means));
    result->means = (struct ff_means){means[FF_J], NAN, means[FF_SIGMA], NAN};
    return FF_OK;
}

static enum ff_status solve(struct worker *worker, const struct ff_task *task,
                            struct ff_result *result)
{
    choose_start(worker->evaluator, task, result->theta);
    TRY(optimize(worker, task, result));
    if (task->is_rough)
        TRY(compare(worker->evaluator, task, result));
    result->n_events = ff_evaluator_take_events(worker->evaluator);
    return task->is_rough ? FF_OK : measure(worker, result);
}

/* ---- the kind of job ------------------------------------------------------------------------ */

static enum ff_status worker_create(const void *plan, void **out)
{
    struct ff_evaluator *evaluator;
    TRY(ff_evaluator_create(plan, &evaluator));
    struct worker *worker = FF_NEW(struct worker, 1);
    worker->plan = plan;
    worker->evaluator = evaluator;
    *out = worker;
    return FF_OK;
}

static void worker_free(void *context)
{
    struct worker *worker = context;
    ff_evaluator_free(worker->evaluator);
    free(worker);
}

static void worker_solve(void *context, const void *task_record, void *result_record)
{
    struct worker *worker = context;
    const struct ff_task *task = task_record;
    struct ff_result *result = result_record;
    ff_result_create(task->n_parameters, worker->plan->optimizer.iterations, result);
    result->id = task->id;
    result->scalarization = task->scalarization;
    ff_evaluator_take_events(worker->evaluator);
    const enum ff_status status = solve(worker, task, result);
    if (status != FF_OK)
        ff_result_fail(result, status);
}

const struct ff_job_kind ff_front_kind = {
    .task = &ff_task_record,
    .result = &ff_result_record,
    .worker_create = worker_create,
    .worker_free = worker_free,
    .solve = worker_solve,
};
