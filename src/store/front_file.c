/* Writing the front file: the groups in the order of docs/format.md, then the bytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/front_file.h"

#include "store/front_groups.h"
#include "store/output.h"
#include "store/provenance.h"

#include <stdlib.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static enum ff_status write_model_axes(const struct ff_group *group, const struct ff_system *system)
{
    const struct ff_process *process = system->process;
    const struct ff_design *design = system->design;
    const struct {
        const char *axis, *long_name;
        char *const *names;
        int length;
    } axes[] = {
        {"site", "site of the process", process->site_names, process->n_sites},
        {"channel", "channel of the process", process->channel_names, process->n_channels},
        {"edge", "edge of the process", process->edge_names, process->n_edges},
        {"parameter", "design parameter", design->parameter_names, design->n_parameters},
    };
    for (int i = 0; i < COUNT(axes); i++)
        TRY(ff_group_write_names(group, axes[i].axis, axes[i].long_name, axes[i].names,
                                 axes[i].length));
    return FF_OK;
}

static enum ff_status write_model(const struct ff_group *group,
                                  const struct ff_front_record *record)
{
    const struct ff_process *process = record->system->process;
    const struct ff_design *design = record->system->design;
    const struct ff_observables *observables = record->system->observables;
    TRY(write_model_axes(group, record->system));
    const struct ff_dataset datasets[] = {
        {"base_rate", ff_unit_rate, "rate constant before the design acts", FF_FLOAT64,
         process->rates, "channel", NULL},
        {"current_coefficient", ff_unit_one, "coefficient of the channel's flux in the current",
         FF_FLOAT64, observables->current, "channel", NULL},
        {"reverse", ff_unit_one, "index of the reverse channel, -1 without one", FF_INT32,
         process->reverse, "channel", NULL},
        {"lower", ff_unit_one, "lower bound on the parameter", FF_FLOAT64, design->lower,
         "parameter", NULL},
        {"upper", ff_unit_one, "upper bound on the parameter", FF_FLOAT64, design->upper,
         "parameter", NULL},
    };
    TRY(ff_group_write(group, datasets, COUNT(datasets)));
    int8_t *in_entropy = FF_NEW(int8_t, process->n_channels);
    for (int r = 0; r < process->n_channels; r++)
        in_entropy[r] = observables->in_entropy[r];
    const struct ff_dataset counted = {
        "in_entropy", ff_unit_one, "whether the channel counts in the entropy production",
        FF_INT8,      in_entropy,  "channel",
        NULL};
    const enum ff_status status = ff_group_write_flags(group, &counted, 0, "excluded counted");
    free(in_entropy);
    return status;
}

static enum ff_status write_metrics(const struct ff_group *group,
                                    const struct ff_front_record *record)
{
    static const char both[] = "1/time, k_B/time", axis[] = "objective";
    static char current[] = "current", entropy_production[] = "entropy_production";
    static char *const names[] = {current, entropy_production};
    const struct ff_front_metrics *metrics = &record->metrics;
    const double scale[] = {record->current_scale, record->entropy_scale};
    const int64_t n_nondominated = metrics->n_nondominated, n_failed = metrics->n_failed;
    const struct ff_dataset datasets[] = {
        {"ideal", both, "best of each objective on the front", FF_FLOAT64, metrics->ideal, axis,
         NULL},
        {"nadir", both, "worst of each objective on the front", FF_FLOAT64, metrics->nadir, axis,
         NULL},
        {"reference_point", both, "corner of the hypervolume", FF_FLOAT64, metrics->reference, axis,
         NULL},
        {"scale", both, "scale of each objective in the scalarisation", FF_FLOAT64, scale, axis,
         NULL},
        {"hypervolume", "k_B/time^2", "area dominated within the reference point", FF_FLOAT64,
         &metrics->hypervolume, NULL, NULL},
        {"largest_gap", ff_unit_one, "largest distance of neighbours, in units of the ranges",
         FF_FLOAT64, &metrics->largest_gap, NULL, NULL},
        {"n_nondominated", ff_unit_one, "number of non-dominated points", FF_INT64, &n_nondominated,
         NULL, NULL},
        {"n_failed", ff_unit_one, "number of failed points", FF_INT64, &n_failed, NULL, NULL},
    };
    TRY(ff_group_write_names(group, axis, "what the front trades", names, COUNT(names)));
    return ff_group_write(group, datasets, COUNT(datasets));
}

static enum ff_status write_reference(const struct ff_group *group,
                                      const struct ff_front_record *record)
{
    const struct ff_reference *reference = record->reference;
    const struct ff_design *design = record->system->design;
    const struct ff_dataset optimum[] = {
        {"current", ff_unit_rate, "current of the exact optimum", FF_FLOAT64, reference->current,
         "point", NULL},
        {"entropy_production", ff_unit_entropy_rate, "entropy production rate of the exact optimum",
         FF_FLOAT64, reference->entropy_production, "point", NULL},
        {"objective", ff_unit_one, "scalarised objective of the exact optimum", FF_FLOAT64,
         reference->objective, "point", NULL},
        {"theta", ff_unit_one, "design parameters of the exact optimum", FF_FLOAT64,
         reference->theta, "point", "parameter"},
    };
    TRY(ff_group_write_index(group, "point", "point, in order of weight", reference->n_points));
    TRY(ff_group_write_names(group, "parameter", "design parameter", design->parameter_names,
                             design->n_parameters));
    TRY(ff_group_write(group, optimum, COUNT(optimum)));
    if (reference->n_bound == 0)
        return FF_OK;
    const struct ff_dataset bound[] = {
        {"bound_current", ff_unit_rate, "current on the analytic bound", FF_FLOAT64,
         reference->bound_current, "bound", NULL},
        {"bound_entropy_production", ff_unit_entropy_rate,
         "least entropy production rate at this current", FF_FLOAT64,
         reference->bound_entropy_production, "bound", NULL},
    };
    TRY(ff_group_write_index(group, "bound", "point of the analytic bound", reference->n_bound));
    return ff_group_write(group, bound, COUNT(bound));
}

static enum ff_status write_config(const struct ff_group *group,
                                   const struct ff_front_record *record)
{
    return ff_provenance_write_config(group, record->config_given, record->config_resolved);
}

static enum ff_status write_code(const struct ff_group *group, const struct ff_front_record *record)
{
    (void)record;
    return ff_provenance_write_code(group);
}

static enum ff_status write_runtime(const struct ff_group *group,
                                    const struct ff_front_record *record)
{
    return ff_provenance_write_runtime(group, &record->info);
}

static enum ff_status write_attributes(const struct ff_group *file,
                                       const struct ff_front_record *record)
{
    static const char *const statuses[] = {
        [FF_RUN_RUNNING] = "running",
        [FF_RUN_COMPLETE] = "complete",
        [FF_RUN_STOPPED_EARLY] = "stopped-early",
        [FF_RUN_FAILED] = "failed",
    };
    TRY(ff_provenance_write_attributes(file, "fluxfront-front", record->seed));
    TRY(ff_group_set_text(file, "status", statuses[record->status]));
    return ff_group_set_text(file, "message", record->message);
}

static const struct {
    const char *name;
    enum ff_status (*write)(const struct ff_group *group, const struct ff_front_record *record);
} groups[] = {
    {"/front", ff_front_write_points},
    {"/history", ff_front_write_history},
    {"/model", write_model},
    {"/metrics", write_metrics},
    {"/reference", write_reference},
    {"/config", write_config},
    {"/code", write_code},
    {"/runtime", write_runtime},
};

static enum ff_status write_groups(const struct ff_group *file,
                                   const struct ff_front_record *record)
{
    TRY(write_attributes(file, record));
    for (int g = 0; g < COUNT(groups); g++) {
        if (groups[g].write == write_reference && record->reference == NULL)
            continue;
        struct ff_group group;
        TRY(ff_group_create(file, groups[g].name, &group));
        const enum ff_status status = groups[g].write(&group, record);
        ff_group_close(&group);
        TRY(status);
    }
    return FF_OK;
}

enum ff_status ff_front_file_check(const char *path, bool may_replace)
{
    return ff_output_check(path, may_replace);
}

enum ff_status ff_front_file_write(const char *path, const struct ff_front_record *record)
{
    struct ff_group file;
    TRY(ff_hdf5_create(path, &file));
    return ff_hdf5_finish(&file, write_groups(&file, record));
}
