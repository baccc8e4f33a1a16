/* What there is to know of tasks and results, a row for each field.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/task.h"

#include <math.h>
#include <stdlib.h>

/* " FF_OK FF_ERR_RUNTIME ...": the flags begin behind the first space. */
#define STATUS_NAME(name, exit_code, text) " " #name
static const char status_names[] = FF_STATUS_LIST(STATUS_NAME);

#define SCALARIZATION_NAME(kind, name) " " #name
static const char scalarization_names[] = FF_SCALARIZATION_LIST(SCALARIZATION_NAME);

/* The same in a task and in its result; `where` is the group of a file, or NULL. */
#define SCALARIZATION_FIELDS(record, where)                                                        \
    FF_FIELD(record, scalarization.kind, FLAG, "scalarization", FF_UNIT_ONE,                       \
             "how the two objectives became one", where, FF_FLAGS(0, scalarization_names + 1)),    \
        FF_FIELD(record, scalarization.weight, REAL, "weight", FF_UNIT_ONE,                        \
                 "weight w of the current in the scalarisation", where),                           \
        FF_FIELD(record, scalarization.current_scale, REAL, "current_scale", FF_UNIT_RATE,         \
                 "scale of the current in the scalarisation", where),                              \
        FF_FIELD(record, scalarization.entropy_scale, REAL, "entropy_scale", FF_UNIT_ENTROPY_RATE, \
                 "scale of the entropy production rate in the scalarisation", where),              \
        FF_FIELD(record, scalarization.current_ideal, REAL, "current_ideal", FF_UNIT_RATE,         \
                 "ideal current of a chebyshev point, else 0", where),                             \
        FF_FIELD(record, scalarization.entropy_ideal, REAL, "entropy_ideal", FF_UNIT_ENTROPY_RATE, \
                 "ideal entropy production rate of a chebyshev point, else 0", where)

#define STARTS                                                                                     \
    FF_AXIS(ff_task, n_starts, "start"), FF_SECOND_AXIS(ff_task, n_parameters, "parameter")

static const struct ff_field task_fields[] = {
    FF_FIELD(ff_task, id, UINT32, "task", FF_UNIT_ONE,
             "task number, the coordinate of its random numbers", NULL),
    SCALARIZATION_FIELDS(ff_task, NULL),
    FF_FIELD(ff_task, is_rough, FLAG, "is_rough", FF_UNIT_ONE,
             "whether the design is only to begin from", NULL, FF_FLAGS(0, "measured rough")),
    FF_FIELD(ff_task, n_parameters, INT, "n_parameters", FF_UNIT_ONE, "design parameters", NULL),
    FF_FIELD(ff_task, n_starts, INT, "n_starts", FF_UNIT_ONE, "candidate starts", NULL),
    FF_FIELD(ff_task, starts, REAL, "starts", FF_UNIT_ONE, "design parameters to start from", NULL,
             STARTS),
};

#define PARAMETERS FF_AXIS(ff_result, n_parameters, "parameter")
#define ITERATIONS FF_AXIS(ff_result, trace.capacity, "iteration")

static const struct ff_field result_fields[] = {
    FF_FIELD(ff_result, id, UINT32, "task", FF_UNIT_ONE,
             "task number, the coordinate of its random numbers", "front"),
    SCALARIZATION_FIELDS(ff_result, "front"),
    FF_FIELD(ff_result, status, FLAG, "code", FF_UNIT_ONE, "status of the task", NULL,
             FF_FLAGS(0, status_names + 1)),
    FF_FIELD(ff_result, reason, TEXT, "reason", FF_UNIT_ONE,
             "why the task failed, empty if it did not", "front"),
    FF_FIELD(ff_result, place, TEXT, "place", FF_UNIT_ONE, "where the failure was raised", NULL),
    FF_FIELD(ff_result, outcome, FLAG, "outcome", FF_UNIT_ONE,
             "why the optimiser stopped, none if the task failed", "front",
             FF_FLAGS(-1, "none converged max_iterations stalled")),
    FF_FIELD(ff_result, gap, REAL, "gap", FF_UNIT_ONE,
             "what the optimiser's model says the objective may still fall by, noise included; NaN "
             "if it has no model or the task failed",
             "front"),
    FF_FIELD(ff_result, means.current, REAL, "current", FF_UNIT_RATE,
             "current J, re-evaluated with fresh random numbers", "front"),
    FF_FIELD(ff_result, means.current_stderr, REAL, "current_stderr", FF_UNIT_RATE,
             "standard error of the current", "front"),
    FF_FIELD(ff_result, means.entropy_production, REAL, "entropy_production", FF_UNIT_ENTROPY_RATE,
             "entropy production rate sigma, re-evaluated with fresh random numbers", "front"),
    FF_FIELD(ff_result, means.entropy_production_stderr, REAL, "entropy_production_stderr",
             FF_UNIT_ENTROPY_RATE, "standard error of the entropy production rate", "front"),
    FF_FIELD(ff_result, measurement.is_converged, FLAG, "evaluation_converged", FF_UNIT_ONE,
             "whether nothing speaks against the estimates of J and sigma", "front",
             FF_FLAGS(0, "not_converged converged")),
    FF_FIELD(ff_result, measurement.reason, TEXT, "evaluation_reason", FF_UNIT_ONE,
             "what speaks against them, empty if nothing does or the task failed", "front"),
    FF_FIELD(ff_result, measurement.n_trajectories, INT, "evaluation_trajectories", FF_UNIT_ONE,
             "trajectories that they were measured by, 0 if the task failed", "front"),
    FF_FIELD(ff_result, measurement.horizon.events, INT64, "evaluation_events", FF_UNIT_ONE,
             "events of each trajectory that were measured, 0 if the task failed", "front"),
    FF_FIELD(ff_result, measurement.horizon.burn_in, INT64, "evaluation_burn_in", FF_UNIT_ONE,
             "events of each trajectory before these, 0 if the task failed", "front"),
    FF_FIELD(ff_result, exact_status, FLAG, "exact_status", FF_UNIT_ONE,
             "what became of the exact solution at the rates found, none if the task failed",
             "front", FF_FLAGS(-1, "none ok not_enumerable failed")),
    FF_FIELD(ff_result, exact_current, REAL, "exact_current", FF_UNIT_RATE,
             "exact current at the rates found, NaN unless exact_status is ok", "front"),
    FF_FIELD(
        ff_result, exact_entropy_production, REAL, "exact_entropy_production", FF_UNIT_ENTROPY_RATE,
        "exact entropy production rate at the rates found, NaN unless exact_status is ok", "front"),
    FF_FIELD(ff_result, n_events, INT64, "events", FF_UNIT_ONE,
             "events simulated for the point, 0 if the task failed", "front"),
    FF_FIELD(ff_result, n_parameters, INT, "n_parameters", FF_UNIT_ONE, "design parameters", NULL),
    FF_FIELD(ff_result, theta, REAL, "theta", FF_UNIT_ONE, "design parameters", "front",
             PARAMETERS),
    FF_FIELD(
        ff_result, bound_slope, REAL, "bound_slope", FF_UNIT_ONE,
        "slope of the objective by a parameter that lies at a bound beyond which the objective "
        "would fall, else 0",
        "front", PARAMETERS),
    FF_FIELD(ff_result, trace.capacity, INT, "capacity", FF_UNIT_ONE, "room in the history", NULL),
    FF_FIELD(ff_result, trace.n_recorded, INT, "n_recorded", FF_UNIT_ONE,
             "iterations in the history", NULL),
    FF_FIELD(ff_result, trace.value, REAL, "objective", FF_UNIT_ONE,
             "scalarised objective as estimated during optimisation", "history", ITERATIONS),
    FF_FIELD(ff_result, trace.current, REAL, "current", FF_UNIT_RATE,
             "current as estimated during optimisation", "history", ITERATIONS),
    FF_FIELD(ff_result, trace.entropy_production, REAL, "entropy_production", FF_UNIT_ENTROPY_RATE,
             "entropy production rate as estimated during optimisation", "history", ITERATIONS),
    FF_FIELD(ff_result, trace.gradient_norm, REAL, "gradient_norm", FF_UNIT_ONE,
             "Euclidean norm of the gradient by the design parameters", "history", ITERATIONS),
};

const struct ff_record_type ff_task_record = FF_RECORD_TYPE(ff_task, task_fields);
const struct ff_record_type ff_result_record = FF_RECORD_TYPE(ff_result, result_fields);

void ff_task_create(int n_parameters, int n_starts, struct ff_task *out)
{
    *out = (struct ff_task){.n_parameters = n_parameters,
                            .n_starts = n_starts,
                            .starts = FF_NEW(double, n_parameters *n_starts)};
}

void ff_task_free(struct ff_task *task)
{
    ff_record_free(&ff_task_record, task);
}

void ff_result_create(int n_parameters, int n_iterations, struct ff_result *out)
{
    *out = (struct ff_result){.n_parameters = n_parameters,
                              .gap = NAN,
                              .theta = FF_RAW(double, n_parameters),
                              .bound_slope = FF_NEW(double, n_parameters),
                              .exact_status = FF_EXACT_NONE,
                              .exact_current = NAN,
                              .exact_entropy_production = NAN};
    ff_trace_create(n_iterations, &out->trace);
}

void ff_result_free(struct ff_result *result)
{
    ff_record_free(&ff_result_record, result);
}

struct ff_values ff_result_values(const struct ff_result *result)
{
    if (result->exact_status == FF_EXACT_OK)
        return (struct ff_values){result->exact_current, result->exact_entropy_production};
    return (struct ff_values){result->means.current, result->means.entropy_production};
}

double ff_result_objective(const struct ff_result *result,
                           const struct ff_scalarization *scalarization)
{
    const struct ff_values values = ff_result_values(result);
    return ff_scalarize(scalarization, values.current, values.entropy_production, NULL, NULL);
}

struct ff_bounds_point ff_result_bounds(const struct ff_result *result)
{
    return (struct ff_bounds_point){.slope = result->status == FF_OK ? result->bound_slope : NULL,
                                    .objective =
                                        ff_result_objective(result, &result->scalarization)};
}

void ff_result_fail(struct ff_result *result, enum ff_status status)
{
    const struct ff_scalarization scalarization = result->scalarization;
    ff_record_blank(&ff_result_record, result);
    result->scalarization = scalarization;
    result->status = status;
    result->outcome = FF_OUTCOME_NONE;
    result->exact_status = FF_EXACT_NONE;
    result->n_events = 0;
    free(result->measurement.reason);
    result->measurement = (struct ff_measurement){.is_converged = false};
    free(result->reason);
    free(result->place);
    result->reason = ff_copy_text(ff_status_message());
    result->place = ff_copy_text(ff_status_place());
}
