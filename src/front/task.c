/* Solving a task: choose a start, optimise, measure again with fresh random numbers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- solver --------------------------------------------------------------------------------- */

struct ff_task_solver {
    const struct ff_plan *plan;
    struct ff_gradient *gradient;
    struct ff_estimate estimate;
    struct ff_ensemble ensemble;
    struct ff_kinetics *kinetics;
    struct ff_sums *sums;                       /* [evaluation.trajectories] */
    struct ff_exact *exact;                     /* NULL where the states are too many */
    double *rates, *log_rate_gradient, *metric; /* [R] */
    /* The task at hand. */
    const struct ff_scalarization *scalarization;
    uint32_t task;
    int64_t n_events;
};

enum ff_status ff_task_solver_create(const struct ff_plan *plan, struct ff_task_solver **out)
{
    struct ff_task_solver *solver = FF_NEW(struct ff_task_solver, 1);
    const int n_channels = plan->system->process->n_channels;
    solver->plan = plan;
    const enum ff_status status =
        ff_gradient_create(plan->system, &plan->gradient, &solver->gradient);
    if (status != FF_OK) {
        free(solver);
        return status;
    }
    ff_estimate_create(n_channels, &solver->estimate);
    ff_ensemble_create(plan->system, &solver->ensemble);
    ff_kinetics_create(plan->system, &solver->kinetics);
    solver->sums = FF_NEW(struct ff_sums, plan->evaluation.trajectories);
    if (ff_exact_create(plan->system, NULL, &solver->exact) != FF_OK)
        solver->exact = NULL;
    solver->rates = FF_NEW(double, n_channels);
    solver->log_rate_gradient = FF_NEW(double, n_channels);
    solver->metric = FF_NEW(double, n_channels);
    *out = solver;
    return FF_OK;
}

int ff_task_solver_n_states(const struct ff_task_solver *solver)
{
    return solver->exact != NULL ? ff_exact_n_states(solver->exact) : 0;
}

void ff_task_solver_free(struct ff_task_solver *solver)
{
    if (solver == NULL)
        return;
    ff_gradient_free(solver->gradient);
    ff_estimate_free(&solver->estimate);
    ff_kinetics_free(solver->kinetics);
    ff_ensemble_free(&solver->ensemble);
    ff_exact_free(solver->exact);
    free(solver->sums);
    free(solver->rates);
    free(solver->log_rate_gradient);
    free(solver->metric);
    free(solver);
}

enum ff_status ff_task_solver_measure(struct ff_task_solver *solver, const double *theta,
                                      uint32_t task, enum ff_purpose purpose, struct ff_means *out)
{
    const struct ff_plan *plan = solver->plan;
    const struct ff_draw_key key = {plan->gradient.seed, task, 0, purpose};
    ff_design_rates(plan->system->design, theta, solver->rates);
    ff_kinetics_set(solver->kinetics, plan->system, solver->rates);
    ff_ensemble_run(&solver->ensemble, solver->kinetics, key, plan->evaluation.horizon,
                    plan->evaluation.trajectories, solver->sums);
    *out = ff_ensemble_means(solver->sums, plan->evaluation.trajectories,
                             plan->system->process->n_walkers);
    solver->n_events += plan->evaluation.trajectories *
                        (plan->evaluation.horizon.events + plan->evaluation.horizon.burn_in);
    CHECK(isfinite(out->current) && isfinite(out->entropy_production), FF_ERR_NUMERICAL,
          "simulation: the averages are not finite at these rates");
    return FF_OK;
}

/* grad L in theta by the chain rule, from grad J and grad sigma in log k. */
static void pull_back(struct ff_task_solver *solver, double by_current, double by_entropy,
                      struct ff_evaluation *out)
{
    const struct ff_system *system = solver->plan->system;
    const struct ff_estimate *estimate = &solver->estimate;
    double activity = 0.0;
    for (int r = 0; r < system->process->n_channels; r++) {
        solver->log_rate_gradient[r] =
            by_current * estimate->current_gradient[r] + by_entropy * estimate->entropy_gradient[r];
        activity += estimate->flux[r];
    }
    for (int r = 0; r < system->process->n_channels; r++)
        solver->metric[r] = estimate->flux[r] / activity;
    ff_design_pull_back(system->design, solver->rates, solver->log_rate_gradient, out->gradient);
    ff_design_metric(system->design, solver->metric, out->metric);
}

static enum ff_status evaluate(void *context, const double *theta, uint32_t iteration,
                               struct ff_evaluation *out)
{
    struct ff_task_solver *solver = context;
    struct ff_estimate *estimate = &solver->estimate;
    ff_design_rates(solver->plan->system->design, theta, solver->rates);
    TRY(ff_gradient_estimate(solver->gradient, solver->rates, solver->task, iteration, estimate));
    solver->n_events += estimate->n_events;
    double by_current, by_entropy;
    out->current = estimate->current;
    out->entropy_production = estimate->entropy_production;
    out->value = ff_scalarize(solver->scalarization, estimate->current,
                              estimate->entropy_production, &by_current, &by_entropy);
    pull_back(solver, by_current, by_entropy, out);
    return FF_OK;
}

/* The start with the least objective, all measured with the same random numbers. */
static void choose_start(struct ff_task_solver *solver, const struct ff_task *task, double *theta)
{
    int best = 0;
    double best_value = INFINITY;
    for (int i = 0; i < task->n_starts && task->n_starts > 1; i++) {
        struct ff_means means;
        if (ff_task_solver_measure(solver, task->starts + i * task->n_parameters, task->id,
                                   FF_PURPOSE_START, &means) != FF_OK)
            continue;
        const double value =
            ff_scalarize(&task->scalarization, means.current, means.entropy_production, NULL, NULL);
        if (value < best_value) {
            best = i;
            best_value = value;
        }
    }
    memcpy(theta, task->starts + best * task->n_parameters,
           sizeof *theta * (size_t)task->n_parameters);
}

enum ff_status ff_task_solver_optimize(struct ff_task_solver *solver,
                                       const struct ff_scalarization *scalarization, uint32_t task,
                                       double *theta, struct ff_trace *trace,
                                       enum ff_outcome *outcome)
{
    const struct ff_plan *plan = solver->plan;
    const struct ff_design *design = plan->system->design;
    const struct ff_objective objective = {.n_parameters = design->n_parameters,
                                           .lower = design->lower,
                                           .upper = design->upper,
                                           .context = solver,
                                           .evaluate = evaluate};
    solver->scalarization = scalarization;
    solver->task = task;
    ff_design_clip(design, theta);
    return plan->optimizer.type->minimize(&objective, &plan->optimizer, theta, trace, outcome);
}

enum ff_status ff_task_solver_exact(struct ff_task_solver *solver, const double *theta,
                                    double *current, double *entropy_production)
{
    *current = *entropy_production = NAN;
    if (solver->exact == NULL)
        return FF_OK;
    ff_design_rates(solver->plan->system->design, theta, solver->rates);
    TRY(ff_exact_solve(solver->exact, solver->rates));
    ff_exact_means(solver->exact, current, entropy_production);
    return FF_OK;
}

static enum ff_exact_status exact_values(struct ff_task_solver *solver, struct ff_result *result)
{
    if (ff_task_solver_exact(solver, result->theta, &result->exact_current,
                             &result->exact_entropy_production) != FF_OK) {
        result->exact_current = result->exact_entropy_production = NAN;
        return FF_EXACT_FAILED;
    }
    return ff_task_solver_n_states(solver) > 0 ? FF_EXACT_OK : FF_EXACT_NOT_ENUMERABLE;
}

static enum ff_status solve(struct ff_task_solver *solver, const struct ff_task *task,
                            struct ff_result *result)
{
    choose_start(solver, task, result->theta);
    TRY(ff_task_solver_optimize(solver, &task->scalarization, task->id, result->theta,
                                &result->trace, &result->outcome));
    TRY(ff_task_solver_measure(solver, result->theta, task->id, FF_PURPOSE_EVALUATE,
                               &result->means));
    result->exact_status = exact_values(solver, result);
    return FF_OK;
}

void ff_task_solver_run(struct ff_task_solver *solver, const struct ff_task *task,
                        struct ff_result *result)
{
    solver->n_events = 0;
    ff_result_create(task->n_parameters, solver->plan->optimizer.iterations, result);
    result->id = task->id;
    result->scalarization = task->scalarization;
    const enum ff_status status = solve(solver, task, result);
    result->n_events = solver->n_events;
    if (status != FF_OK)
        ff_result_fail(result, status);
}

/* ---- the kind of job ------------------------------------------------------------------------ */

static enum ff_status worker_create(const void *plan, void **worker)
{
    struct ff_task_solver *solver;
    TRY(ff_task_solver_create(plan, &solver));
    *worker = solver;
    return FF_OK;
}

static void worker_free(void *worker)
{
    ff_task_solver_free(worker);
}

static void worker_solve(void *worker, const void *task, void *result)
{
    ff_task_solver_run(worker, task, result);
}

const struct ff_job_kind ff_front_kind = {
    .name = "front",
    .task = &ff_task_record,
    .result = &ff_result_record,
    .worker_create = worker_create,
    .worker_free = worker_free,
    .solve = worker_solve,
};
