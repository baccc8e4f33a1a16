/* Writing the time-course file: the groups in the order of docs/format.md, then the bytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/timecourse_file.h"

#include "store/provenance.h"

#include <stdlib.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static enum ff_status write_axes(const struct ff_group *group,
                                 const struct ff_timecourse_record *record)
{
    const int n_points = record->options->points;
    double *times = FF_NEW(double, n_points);
    for (int t = 0; t < n_points; t++)
        times[t] = ff_timecourse_time(record->options, t);
    const struct ff_dataset axis = {"time", "time", "time since the start", FF_FLOAT64, times,
                                    NULL,   NULL};
    const enum ff_status status = ff_group_write_scale(group, &axis, n_points);
    free(times);
    TRY(status);
    return ff_group_write_names(group, "site", "site, or species, of the process",
                                record->process->site_names, record->process->n_sites);
}

static enum ff_status write_course(const struct ff_group *group,
                                   const struct ff_timecourse_record *record)
{
    const struct ff_timecourse *course = record->course;
    const int64_t n_trajectories = record->options->trajectories;
    const struct ff_dataset datasets[] = {
        {"mean", ff_unit_one, "mean count", FF_FLOAT64, course->mean, "time", "site"},
        {"mean_stderr", ff_unit_one, "standard error of the mean", FF_FLOAT64, course->mean_stderr,
         "time", "site"},
        {"std", ff_unit_one, "standard deviation of the count over trajectories", FF_FLOAT64,
         course->std, "time", "site"},
        {"std_stderr", ff_unit_one, "standard error of the standard deviation", FF_FLOAT64,
         course->std_stderr, "time", "site"},
        {"n_reached", ff_unit_one, "number of trajectories that reached the time", FF_INT64,
         record->sums->reached, "time", NULL},
        {"n_trajectories", ff_unit_one, "number of trajectories", FF_INT64, &n_trajectories, NULL,
         NULL},
        {"n_truncated", ff_unit_one, "number of trajectories that reached their cap on events",
         FF_INT64, &record->sums->n_truncated, NULL, NULL},
        {"n_events", ff_unit_one, "number of events", FF_INT64, &record->sums->n_events, NULL,
         NULL},
    };
    TRY(write_axes(group, record));
    return ff_group_write(group, datasets, COUNT(datasets));
}

static enum ff_status write_config(const struct ff_group *group,
                                   const struct ff_timecourse_record *record)
{
    return ff_provenance_write_config(group, record->config_given, record->config_resolved);
}

static enum ff_status write_code(const struct ff_group *group,
                                 const struct ff_timecourse_record *record)
{
    (void)record;
    return ff_provenance_write_code(group);
}

static enum ff_status write_runtime(const struct ff_group *group,
                                    const struct ff_timecourse_record *record)
{
    return ff_provenance_write_runtime(group, &record->info);
}

static const struct {
    const char *name;
    enum ff_status (*write)(const struct ff_group *group,
                            const struct ff_timecourse_record *record);
} groups[] = {
    {"/timecourse", write_course},
    {"/config", write_config},
    {"/code", write_code},
    {"/runtime", write_runtime},
};

static enum ff_status write_groups(const struct ff_group *file,
                                   const struct ff_timecourse_record *record)
{
    TRY(ff_provenance_write_attributes(file, "fluxfront-timecourse", record->seed));
    for (int g = 0; g < COUNT(groups); g++) {
        struct ff_group group;
        TRY(ff_group_create(file, groups[g].name, &group));
        const enum ff_status status = groups[g].write(&group, record);
        ff_group_close(&group);
        TRY(status);
    }
    return FF_OK;
}

enum ff_status ff_timecourse_file_write(const char *path, const struct ff_timecourse_record *record)
{
    struct ff_group file;
    TRY(ff_hdf5_create(path, &file));
    return ff_hdf5_finish(&file, write_groups(&file, record));
}
