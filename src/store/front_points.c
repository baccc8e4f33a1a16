/* Writing /front and /history: what is known of each point.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/front_groups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static bool is_failed(const struct ff_result *point)
{
    return point->status != FF_OK;
}

static double *nan_table(int n_rows, int width)
{
    const size_t size = (size_t)n_rows * (size_t)width;
    double *table = FF_NEW(double, size);
    for (size_t i = 0; i < size; i++)
        table[i] = NAN;
    return table;
}

/* ---- /front --------------------------------------------------------------------------------- */

/* The numbers of a result that are stored as they are. */
static const struct {
    const char *name, *units, *long_name;
    size_t offset;
} columns[] = {
    {"current", ff_unit_rate, "current, re-evaluated", offsetof(struct ff_result, means.current)},
    {"current_stderr", ff_unit_rate, "standard error of the current",
     offsetof(struct ff_result, means.current_stderr)},
    {"entropy_production", ff_unit_entropy_rate, "entropy production rate, re-evaluated",
     offsetof(struct ff_result, means.entropy_production)},
    {"entropy_production_stderr", ff_unit_entropy_rate,
     "standard error of the entropy production rate",
     offsetof(struct ff_result, means.entropy_production_stderr)},
    {"exact_current", ff_unit_rate, "exact current at the rates found",
     offsetof(struct ff_result, exact_current)},
    {"exact_entropy_production", ff_unit_entropy_rate,
     "exact entropy production rate at the rates found",
     offsetof(struct ff_result, exact_entropy_production)},
    {"current_scale", ff_unit_rate, "scale of the current in the scalarisation",
     offsetof(struct ff_result, scalarization.current_scale)},
    {"entropy_scale", ff_unit_entropy_rate, "scale of the entropy production rate",
     offsetof(struct ff_result, scalarization.entropy_scale)},
    {"current_ideal", ff_unit_rate, "ideal current of a chebyshev point, else 0",
     offsetof(struct ff_result, scalarization.current_ideal)},
    {"entropy_ideal", ff_unit_entropy_rate, "ideal entropy production rate, likewise",
     offsetof(struct ff_result, scalarization.entropy_ideal)},
};

static enum ff_status write_columns(const struct ff_group *group, const struct ff_archive *archive)
{
    enum ff_status status = FF_OK;
    for (int c = 0; c < COUNT(columns) && status == FF_OK; c++) {
        double *values = nan_table(archive->n_points, 1);
        for (int i = 0; i < archive->n_points; i++) {
            const char *point = (const char *)&archive->points[i];
            if (!is_failed(&archive->points[i]))
                memcpy(&values[i], point + columns[c].offset, sizeof *values);
        }
        const struct ff_dataset column = {columns[c].name,
                                          columns[c].units,
                                          columns[c].long_name,
                                          FF_FLOAT64,
                                          values,
                                          "point",
                                          NULL};
        status = ff_group_write(group, &column, 1);
        free(values);
    }
    return status;
}

static double objective(const struct ff_result *point)
{
    const bool is_exact =
        isfinite(point->exact_current) && isfinite(point->exact_entropy_production);
    const double current = is_exact ? point->exact_current : point->means.current;
    const double entropy_production =
        is_exact ? point->exact_entropy_production : point->means.entropy_production;
    return ff_scalarize(&point->scalarization, current, entropy_production, NULL, NULL);
}

/* The tables that are computed from a point: its objective, parameters and rates. */
static enum ff_status write_designs(const struct ff_group *group, const struct ff_archive *archive,
                                    const struct ff_design *design)
{
    const size_t n_parameters = (size_t)design->n_parameters;
    const size_t n_channels = (size_t)design->n_channels;
    double *objectives = nan_table(archive->n_points, 1);
    double *theta = nan_table(archive->n_points, design->n_parameters);
    double *rates = nan_table(archive->n_points, design->n_channels);
    for (int i = 0; i < archive->n_points; i++) {
        const struct ff_result *point = &archive->points[i];
        if (is_failed(point))
            continue;
        objectives[i] = objective(point);
        memcpy(theta + (size_t)i * n_parameters, point->theta, n_parameters * sizeof *theta);
        ff_design_rates(design, point->theta, rates + (size_t)i * n_channels);
    }
    const struct ff_dataset datasets[] = {
        {"objective", ff_unit_one,
         "scalarised objective at the exact values, at the estimates where there are none",
         FF_FLOAT64, objectives, "point", NULL},
        {"theta", ff_unit_one, "design parameters", FF_FLOAT64, theta, "point", "parameter"},
        {"rates", ff_unit_rate, "rate constants", FF_FLOAT64, rates, "point", "channel"},
    };
    const enum ff_status status = ff_group_write(group, datasets, COUNT(datasets));
    free(objectives);
    free(theta);
    free(rates);
    return status;
}

/* What is known of a failed point too. */
static enum ff_status write_tasks(const struct ff_group *group, const struct ff_archive *archive)
{
    int64_t *task = FF_NEW(int64_t, archive->n_points);
    int64_t *events = FF_NEW(int64_t, archive->n_points);
    double *weight = FF_NEW(double, archive->n_points);
    for (int i = 0; i < archive->n_points; i++) {
        const struct ff_result *point = &archive->points[i];
        task[i] = point->id;
        weight[i] = point->scalarization.weight;
        events[i] = is_failed(point) ? 0 : point->n_events;
    }
    const struct ff_dataset datasets[] = {
        {"task", ff_unit_one, "task, the coordinate of its random numbers", FF_INT64, task, "point",
         NULL},
        {"weight", ff_unit_one, "weight of the current in the scalarisation", FF_FLOAT64, weight,
         "point", NULL},
        {"events", ff_unit_one, "events simulated", FF_INT64, events, "point", NULL},
    };
    const enum ff_status status = ff_group_write(group, datasets, COUNT(datasets));
    free(task);
    free(events);
    free(weight);
    return status;
}

static int nondominated_flag(const struct ff_archive *archive, int i)
{
    return !is_failed(&archive->points[i]) && archive->is_nondominated[i];
}

static int status_flag(const struct ff_archive *archive, int i)
{
    return is_failed(&archive->points[i]) ? FF_POINT_FAILED : FF_POINT_OK;
}

static int outcome_flag(const struct ff_archive *archive, int i)
{
    return is_failed(&archive->points[i]) ? -1 : (int)archive->points[i].outcome;
}

static int scalarization_flag(const struct ff_archive *archive, int i)
{
    return (int)archive->points[i].scalarization.kind;
}

static const struct {
    const char *name, *long_name;
    int (*value)(const struct ff_archive *archive, int i);
    int first;
    const char *meanings;
} flags[] = {
    {"nondominated", "whether no other point is as good in both objectives", nondominated_flag, 0,
     "dominated nondominated"},
    {"status", "whether the task succeeded", status_flag, 0, "ok failed"},
    {"outcome", "why the optimiser stopped", outcome_flag, -1,
     "none converged max_iterations stalled"},
    {"scalarization", "how the two objectives became one", scalarization_flag, 0,
     "weighted chebyshev"},
};

static enum ff_status write_flags(const struct ff_group *group, const struct ff_archive *archive)
{
    enum ff_status status = FF_OK;
    for (int f = 0; f < COUNT(flags) && status == FF_OK; f++) {
        int8_t *values = FF_NEW(int8_t, archive->n_points);
        for (int i = 0; i < archive->n_points; i++)
            values[i] = (int8_t)flags[f].value(archive, i);
        const struct ff_dataset dataset = {
            flags[f].name, ff_unit_one, flags[f].long_name, FF_INT8, values, "point", NULL};
        status = ff_group_write_flags(group, &dataset, flags[f].first, flags[f].meanings);
        free(values);
    }
    return status;
}

enum ff_status ff_front_write_points(const struct ff_group *group,
                                     const struct ff_front_record *record)
{
    const struct ff_archive *archive = record->archive;
    const struct ff_design *design = record->system->design;
    const struct ff_process *process = record->system->process;
    TRY(ff_group_write_index(group, "point", "point, in order of weight", archive->n_points));
    TRY(ff_group_write_names(group, "parameter", "design parameter", design->parameter_names,
                             design->n_parameters));
    TRY(ff_group_write_names(group, "channel", "channel of the process", process->channel_names,
                             process->n_channels));
    TRY(write_tasks(group, archive));
    TRY(write_columns(group, archive));
    TRY(write_designs(group, archive, design));
    return write_flags(group, archive);
}

/* ---- /history ------------------------------------------------------------------------------- */

static const struct {
    const char *name, *units, *long_name;
    size_t offset; /* of the pointer in struct ff_trace */
} traces[] = {
    {"objective", ff_unit_one, "scalarised objective, as estimated",
     offsetof(struct ff_trace, value)},
    {"current", ff_unit_rate, "current, as estimated", offsetof(struct ff_trace, current)},
    {"entropy_production", ff_unit_entropy_rate, "entropy production rate, as estimated",
     offsetof(struct ff_trace, entropy_production)},
    {"gradient_norm", ff_unit_one, "Euclidean norm of the gradient by the design parameters",
     offsetof(struct ff_trace, gradient_norm)},
};

static void copy_trace(const struct ff_trace *trace, size_t offset, double *row)
{
    const double *values;
    memcpy(&values, (const char *)trace + offset, sizeof values);
    for (int k = 0; k < trace->n_recorded; k++)
        row[k] = values[k];
}

enum ff_status ff_front_write_history(const struct ff_group *group,
                                      const struct ff_front_record *record)
{
    const struct ff_archive *archive = record->archive;
    int width = 0;
    for (int i = 0; i < archive->n_points; i++)
        if (archive->points[i].trace.capacity > width)
            width = archive->points[i].trace.capacity;
    TRY(ff_group_write_index(group, "point", "point, in order of weight", archive->n_points));
    TRY(ff_group_write_index(group, "iteration", "iteration of the optimiser", width));
    enum ff_status status = FF_OK;
    for (int t = 0; t < COUNT(traces) && status == FF_OK; t++) {
        double *table = nan_table(archive->n_points, width);
        for (int i = 0; i < archive->n_points; i++)
            if (!is_failed(&archive->points[i]))
                copy_trace(&archive->points[i].trace, traces[t].offset,
                           table + (size_t)i * (size_t)width);
        const struct ff_dataset dataset = {traces[t].name, traces[t].units, traces[t].long_name,
                                           FF_FLOAT64,     table,           "point",
                                           "iteration"};
        status = ff_group_write(group, &dataset, 1);
        free(table);
    }
    return status;
}
