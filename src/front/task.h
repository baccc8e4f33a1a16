/* A task, its result, and how one becomes the other.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_FRONT_TASK_H
#define FF_FRONT_TASK_H

#include "front/bounds.h"
#include "front/scalarization.h"
#include "job/evaluator.h"
#include "job/job.h"
#include "model/observables.h"

/* Convergence history, arrays of shape [capacity]; entries from n_recorded on are NaN. */
struct ff_trace {
    int capacity, n_recorded;
    double *value;              /* the scalarised objective, dimensionless */
    double *current;            /* J, per unit time */
    double *entropy_production; /* sigma, k_B per unit time */
    double *gradient_norm;      /* of d value / d theta */
};

/* One scalarised optimisation from one or more candidate starts. */
struct ff_task {
    uint32_t id; /* also the coordinate of its random numbers */
    struct ff_scalarization scalarization;
    bool is_rough; /* its design is only to begin from: compared with others, not measured */
    int n_parameters, n_starts;
    double *starts; /* [n_starts][P]; the best of them is where it begins */
};

/* J and sigma with standard errors, per walker. */
struct ff_means {
    double current, current_stderr;
    double entropy_production, entropy_production_stderr;
};

/* How the means were measured, and whether they can be believed. */
struct ff_measurement {
    int is_converged; /* nothing speaks against them */
    char *reason;     /* what does; owned, NULL is "" */
    int n_trajectories;
    struct ff_horizon horizon; /* of each */
};

/* What a task leaves: the point, re-evaluated with fresh random numbers, and its history. */
struct ff_result {
    uint32_t id;
    enum ff_status status;   /* other than FF_OK: a failed point, see ff_result_fail */
    char *reason, *place;    /* of the failure: message, and where it was raised; NULL is "" */
    enum ff_outcome outcome; /* of the optimiser */
    double gap; /* by how much it expects the objective still to fall at most; or NaN */
    struct ff_scalarization scalarization;
    int n_parameters;
    double *theta;         /* [P] */
    double *bound_slope;   /* [P] see front/bounds.h */
    struct ff_means means; /* re-evaluated */
    struct ff_measurement measurement;
    enum ff_exact_status exact_status;
    double exact_current, exact_entropy_production; /* at theta; NaN unless exact_status is OK */
    int64_t n_events;                               /* simulated in all */
    struct ff_trace trace;
};

/* Their field tables: what travels, and what files keep. */
extern const struct ff_record_type ff_task_record, ff_result_record;

/* Tasks of a front: the plan is a struct ff_plan. */
extern const struct ff_job_kind ff_front_kind;

/** A trace of `capacity` entries, all NaN. */
void ff_trace_create(int capacity, struct ff_trace *out);

/** Append an evaluation that observed J and sigma; ignored when the trace is full. */
void ff_trace_record(struct ff_trace *trace, const struct ff_evaluation *evaluation);

/** Room for results over n_parameters with traces of n_iterations. */
void ff_result_create(int n_parameters, int n_iterations, struct ff_result *out);
void ff_result_free(struct ff_result *result);

/* J and sigma. */
struct ff_values {
    double current, entropy_production;
};

/** The exact J and sigma where they are known, else the estimates: by these points are compared. */
struct ff_values ff_result_values(const struct ff_result *result);

/** What a scalarisation, its own or that of another point, makes of these values. */
double ff_result_objective(const struct ff_result *result,
                           const struct ff_scalarization *scalarization);

/** What is known of it at its bounds; nothing if it failed.  Borrowed. */
struct ff_bounds_point ff_result_bounds(const struct ff_result *result);

/** Make it the result of a task that failed with this status: id and scalarisation stay, every other real is NaN, there
 * are no events and no outcome, and the reason is the message of the last error. */
void ff_result_fail(struct ff_result *result, enum ff_status status);

/** Room for a task with n_starts starts. */
void ff_task_create(int n_parameters, int n_starts, struct ff_task *out);
void ff_task_free(struct ff_task *task);

#endif
