/* From a run to the records of its file, with the field tables of those that the file alone needs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/front_parts.h"

#include "front/verdict.h"

#include <math.h>
#include <stdlib.h>

/* ---- tables --------------------------------------------------------------------------------- */

#define LENGTH(member, doc) FF_FIELD(ff_front_axes, member, INT, #member, FF_UNIT_ONE, doc, NULL)
#define INDEX(group, array, count, axis, doc)                                                      \
    FF_FIELD(ff_front_axes, array, INT64, axis, FF_UNIT_ONE, doc, group,                           \
             FF_AXIS(ff_front_axes, count, axis))
#define NAMES(group, array, count, axis, doc)                                                      \
    FF_FIELD(ff_front_axes, array, TEXT, axis, FF_UNIT_ONE, doc, group,                            \
             FF_AXIS(ff_front_axes, count, axis))

static const char point_doc[] = "point, in order of weight", parameter_doc[] = "design parameter",
                  channel_doc[] = "channel of the process";

static const struct ff_field axes_fields[] = {
    LENGTH(n_points, "number of points"),
    LENGTH(n_iterations, "number of iterations"),
    LENGTH(n_parameters, "number of parameters"),
    LENGTH(n_channels, "number of channels"),
    LENGTH(n_sites, "number of sites"),
    LENGTH(n_edges, "number of edges"),
    LENGTH(n_objectives, "number of objectives"),
    INDEX("front", index, n_points, "point", point_doc),
    NAMES("front", parameter_names, n_parameters, "parameter", parameter_doc),
    NAMES("front", channel_names, n_channels, "channel", channel_doc),
    INDEX("history", index, n_points, "point", point_doc),
    INDEX("history", index, n_iterations, "iteration", "iteration of the optimiser"),
    NAMES("model", site_names, n_sites, "site", "site of the process"),
    NAMES("model", channel_names, n_channels, "channel", channel_doc),
    NAMES("model", edge_names, n_edges, "edge", "edge of the process"),
    NAMES("model", parameter_names, n_parameters, "parameter", parameter_doc),
    NAMES("metrics", objective_names, n_objectives, "objective", "what the front trades"),
};

/* Apart, because a file may be without /reference. */
static const struct ff_field reference_axes_fields[] = {
    LENGTH(n_points, "number of points"),
    LENGTH(n_parameters, "number of parameters"),
    LENGTH(n_bound, "number of points of the bound"),
    INDEX("reference", index, n_points, "point", point_doc),
    NAMES("reference", parameter_names, n_parameters, "parameter", parameter_doc),
    INDEX("reference", bound_index, n_bound, "bound", "point of the analytic bound"),
};

#define CHANNELS FF_AXIS(ff_front_model, n_channels, "channel")
#define PARAMETERS FF_AXIS(ff_front_model, n_parameters, "parameter")

static const struct ff_field model_fields[] = {
    FF_FIELD(ff_front_model, n_channels, INT, "n_channels", FF_UNIT_ONE, "channels", NULL),
    FF_FIELD(ff_front_model, n_parameters, INT, "n_parameters", FF_UNIT_ONE, "parameters", NULL),
    FF_FIELD(ff_front_model, base_rate, REAL, "base_rate", FF_UNIT_RATE,
             "rate constant k0 before the design acts", "model", CHANNELS),
    FF_FIELD(ff_front_model, current_coefficient, REAL, "current_coefficient", FF_UNIT_ONE,
             "coefficient c_r of the channel's flux in the current, J = sum c_r <a_r>", "model",
             CHANNELS),
    FF_FIELD(ff_front_model, reverse, INT, "reverse", FF_UNIT_ONE,
             "index of the reverse channel, -1 without one", "model", CHANNELS),
    FF_FIELD(ff_front_model, in_entropy, FLAG, "in_entropy", FF_UNIT_ONE,
             "whether the channel counts in the entropy production", "model", CHANNELS,
             FF_FLAGS(0, "excluded counted")),
    FF_FIELD(ff_front_model, lower, REAL, "lower", FF_UNIT_ONE, "lower bound on the parameter",
             "model", PARAMETERS),
    FF_FIELD(ff_front_model, upper, REAL, "upper", FF_UNIT_ONE, "upper bound on the parameter",
             "model", PARAMETERS),
};

#define BOTH_UNITS FF_UNIT_RATE ", " FF_UNIT_ENTROPY_RATE
#define OBJECTIVES FF_AXIS(ff_front_quality, n_objectives, "objective")

static const struct ff_field quality_fields[] = {
    FF_FIELD(ff_front_quality, n_objectives, INT, "n_objectives", FF_UNIT_ONE, "objectives", NULL),
    FF_FIELD(ff_front_quality, ideal, REAL, "ideal", BOTH_UNITS,
             "best of each objective in the non-dominated set", "metrics", OBJECTIVES),
    FF_FIELD(ff_front_quality, nadir, REAL, "nadir", BOTH_UNITS,
             "worst of each objective in the non-dominated set", "metrics", OBJECTIVES),
    FF_FIELD(ff_front_quality, reference_point, REAL, "reference_point", BOTH_UNITS,
             "corner of the hypervolume", "metrics", OBJECTIVES),
    FF_FIELD(ff_front_quality, scale, REAL, "scale", BOTH_UNITS,
             "scale of each objective in weighted sums", "metrics", OBJECTIVES),
    FF_FIELD(ff_front_quality, hypervolume, REAL, "hypervolume", "k_B/time^2",
             "area dominated within the reference point", "metrics"),
    FF_FIELD(ff_front_quality, largest_gap, REAL, "largest_gap", FF_UNIT_ONE,
             "largest distance of neighbours, in units of the ranges", "metrics"),
    FF_FIELD(ff_front_quality, n_nondominated, INT64, "n_nondominated", FF_UNIT_ONE,
             "number of non-dominated points", "metrics"),
    FF_FIELD(ff_front_quality, n_failed, INT64, "n_failed", FF_UNIT_ONE, "number of failed points",
             "metrics"),
    FF_FIELD(ff_front_quality, scout_events, INT64, "scout_events", FF_UNIT_ONE,
             "events simulated to find designs to begin from, before those of the points, which "
             "/front/events has",
             "metrics"),
};

static const struct ff_field point_fields[] = {
    FF_FIELD(ff_front_point, status, FLAG, "status", FF_UNIT_ONE, "whether the task succeeded",
             "front", FF_FLAGS(0, "ok failed")),
    FF_FIELD(ff_front_point, is_nondominated, FLAG, "nondominated", FF_UNIT_ONE,
             "whether no other point is as good in both J and sigma and better in one", "front",
             FF_FLAGS(0, "dominated nondominated")),
    FF_FIELD(
        ff_front_point, is_converged, FLAG, "converged", FF_UNIT_ONE,
        "whether the optimiser ended by its own test, J has not vanished, and nothing speaks against the estimates",
        "front", FF_FLAGS(0, "not_converged converged")),
    FF_FIELD(ff_front_point, verdict, TEXT, "verdict", FF_UNIT_ONE,
             "converged, or why the point is not", "front"),
    FF_FIELD(ff_front_point, objective, REAL, "objective", FF_UNIT_ONE,
             "scalarised objective at the exact values, at the estimates where there are none",
             "front"),
    FF_FIELD(ff_front_point, n_channels, INT, "n_channels", FF_UNIT_ONE, "channels", NULL),
    FF_FIELD(ff_front_point, rates, REAL, "rates", FF_UNIT_RATE, "rate constants", "front",
             FF_AXIS(ff_front_point, n_channels, "channel")),
};

const struct ff_record_type ff_front_axes_record = FF_RECORD_TYPE(ff_front_axes, axes_fields);
const struct ff_record_type ff_front_reference_axes_record =
    FF_RECORD_TYPE(ff_front_axes, reference_axes_fields);
const struct ff_record_type ff_front_model_record = FF_RECORD_TYPE(ff_front_model, model_fields);
const struct ff_record_type ff_front_quality_record =
    FF_RECORD_TYPE(ff_front_quality, quality_fields);
const struct ff_record_type ff_front_point_record = FF_RECORD_TYPE(ff_front_point, point_fields);

/* ---- records -------------------------------------------------------------------------------- */

static int largest(int a, int b)
{
    return a > b ? a : b;
}

static struct ff_front_axes make_axes(const struct ff_front_record *record)
{
    static const char *const objectives[] = {"current", "entropy_production"};
    const struct ff_process *process = record->system->process;
    const struct ff_design *design = record->system->design;
    struct ff_front_axes axes = {
        .n_points = record->archive->n_points,
        .n_parameters = design->n_parameters,
        .n_channels = process->n_channels,
        .n_sites = process->n_sites,
        .n_edges = process->n_edges,
        .n_objectives = 2,
        .n_bound = record->reference != NULL ? record->reference->n_bound : 0,
        .parameter_names = design->parameter_names,
        .channel_names = process->channel_names,
        .site_names = process->site_names,
        .edge_names = process->edge_names,
        .objective_names = objectives,
    };
    for (int i = 0; i < axes.n_points; i++)
        axes.n_iterations = largest(axes.n_iterations, record->archive->points[i].trace.capacity);
    const int n = largest(largest(axes.n_points, axes.n_iterations), axes.n_bound);
    axes.index = FF_RAW(int64_t, n);
    for (int i = 0; i < n; i++)
        axes.index[i] = i;
    axes.bound_index = axes.n_bound > 0 ? axes.index : NULL;
    return axes;
}

static struct ff_front_model make_model(const struct ff_system *system)
{
    const struct ff_process *process = system->process;
    struct ff_front_model model = {
        .n_channels = process->n_channels,
        .n_parameters = system->design->n_parameters,
        .base_rate = process->rates,
        .current_coefficient = system->observables->current,
        .reverse = process->reverse,
        .in_entropy = FF_RAW(int, process->n_channels),
        .lower = system->design->lower,
        .upper = system->design->upper,
    };
    for (int r = 0; r < process->n_channels; r++)
        model.in_entropy[r] = system->observables->in_entropy[r];
    return model;
}

static struct ff_front_quality make_quality(const struct ff_front_record *record,
                                            const double *scale)
{
    const struct ff_front_metrics *metrics = &record->metrics;
    return (struct ff_front_quality){
        .n_objectives = 2,
        .ideal = metrics->ideal,
        .nadir = metrics->nadir,
        .reference_point = metrics->reference,
        .scale = scale,
        .hypervolume = metrics->hypervolume,
        .largest_gap = metrics->largest_gap,
        .n_nondominated = metrics->n_nondominated,
        .n_failed = metrics->n_failed,
        .scout_events = record->scout_events,
    };
}

static struct ff_front_point make_point(const struct ff_front_record *record, int i)
{
    const struct ff_archive *archive = record->archive;
    const struct ff_design *design = record->system->design;
    const struct ff_result *result = &archive->points[i];
    const struct ff_verdict verdict =
        ff_verdict_of(result, record->reference != NULL ? record->reference->objective[i] : NAN);
    if (result->status != FF_OK)
        return (struct ff_front_point){
            .status = FF_POINT_FAILED, .objective = NAN, .verdict = ff_verdict_text(&verdict)};
    struct ff_front_point point = {
        .status = FF_POINT_OK,
        .is_nondominated = archive->is_nondominated[i],
        .is_converged = verdict.is_converged,
        .verdict = ff_verdict_text(&verdict),
        .objective = ff_result_objective(result, &result->scalarization),
        .n_channels = design->n_channels,
        .rates = FF_RAW(double, design->n_channels),
    };
    ff_design_rates(design, result->theta, point.rates);
    return point;
}

void ff_front_parts_create(const struct ff_front_record *record, struct ff_front_parts *out)
{
    const struct ff_archive *archive = record->archive;
    *out = (struct ff_front_parts){.axes = make_axes(record),
                                   .points = FF_RAW(struct ff_front_point, archive->n_points),
                                   .model = make_model(record->system),
                                   .scale = {record->current_scale, record->entropy_scale}};
    out->quality = make_quality(record, out->scale);
    for (int i = 0; i < archive->n_points; i++)
        out->points[i] = make_point(record, i);
}

void ff_front_parts_free(struct ff_front_parts *parts)
{
    for (int i = 0; i < parts->axes.n_points; i++)
        ff_record_free(&ff_front_point_record, &parts->points[i]);
    free(parts->points);
    free(parts->axes.index);
    free(parts->model.in_entropy);
}
