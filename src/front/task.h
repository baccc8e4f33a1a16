/* A task, its result, and how one becomes the other.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_FRONT_TASK_H
#define FF_FRONT_TASK_H

#include "front/scalarization.h"
#include "gradient/gradient.h"
#include "optimize/optimizer.h"

/* One scalarised optimisation from one or more candidate starts. */
struct ff_task {
    uint32_t id; /* also the coordinate of its random numbers */
    struct ff_scalarization scalarization;
    int n_parameters, n_starts;
    double *starts; /* [n_starts][P]; the best of them, by simulation, is where it begins */
};

/* What a task leaves: the point, re-evaluated with fresh random numbers, and its history. */
struct ff_result {
    uint32_t id;
    enum ff_status status;   /* other than FF_OK: a failed point, only `scalarization` is valid */
    enum ff_outcome outcome; /* of the optimiser */
    struct ff_scalarization scalarization;
    int n_parameters;
    double *theta;                                  /* [P] */
    struct ff_means means;                          /* re-evaluated */
    double exact_current, exact_entropy_production; /* at theta; NaN where not enumerable */
    int64_t n_events;                               /* simulated in all */
    struct ff_trace trace;
};

/* Section `evaluation`: how a finished point is measured again. */
struct ff_evaluation_options {
    int trajectories;
    struct ff_horizon horizon;
};

/* Everything that is the same for all tasks of a run. */
struct ff_plan {
    const struct ff_system *system; /* borrowed */
    struct ff_gradient_options gradient;
    struct ff_optimizer_options optimizer;
    struct ff_evaluation_options evaluation;
};

/* Workspace of one worker. */
struct ff_task_solver;

/** The section `evaluation`, which fills a struct ff_evaluation_options. */
extern const struct ff_keys ff_keys_evaluation;

/** Borrows the plan.  FF_ERR_NUMERICAL when the exact estimator meets too many states. */
enum ff_status ff_task_solver_create(const struct ff_plan *plan, struct ff_task_solver **out);

/** States of the exact solution, 0 where there is none. */
int ff_task_solver_n_states(const struct ff_task_solver *solver);

/** NULL-safe. */
void ff_task_solver_free(struct ff_task_solver *solver);

/** Solve a task; a pure function of plan and task.  Never fails: trouble is in result->status.
 * `result` comes from ff_result_create. */
void ff_task_solver_run(struct ff_task_solver *solver, const struct ff_task *task,
                        struct ff_result *result);

/** Only the optimisation: from theta to the optimiser's result, inside the bounds. */
enum ff_status ff_task_solver_optimize(struct ff_task_solver *solver,
                                       const struct ff_scalarization *scalarization, uint32_t task,
                                       double *theta, struct ff_trace *trace,
                                       enum ff_outcome *outcome);

/** Exact J and sigma at theta; NaN where the states are too many. */
enum ff_status ff_task_solver_exact(struct ff_task_solver *solver, const double *theta,
                                    double *current, double *entropy_production);

/** Estimate J and sigma at theta with the random numbers of (seed, task, purpose). */
enum ff_status ff_task_solver_measure(struct ff_task_solver *solver, const double *theta,
                                      uint32_t task, enum ff_purpose purpose, struct ff_means *out);

/** Room for results over n_parameters with traces of n_iterations. */
void ff_result_create(int n_parameters, int n_iterations, struct ff_result *out);
void ff_result_free(struct ff_result *result);

/** Room for a task with n_starts starts. */
void ff_task_create(int n_parameters, int n_starts, struct ff_task *out);
void ff_task_free(struct ff_task *task);

#endif
