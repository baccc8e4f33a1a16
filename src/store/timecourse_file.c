/* Writing the time-course file: its parts, laid out as docs/format.md says, then the bytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/timecourse_file.h"

#include "store/layout.h"
#include "store/provenance.h"

#include <stdlib.h>

/* The time course with its axes; all borrowed but `time`. */
struct course {
    int n_times, n_sites;
    double *time;
    char *const *site_names;
    const double *mean, *mean_stderr, *std, *std_stderr; /* [time][site] */
    const int64_t *n_reached;                            /* [time] */
    int64_t n_trajectories, n_truncated, n_events;
};

#define TIMES FF_AXIS(course, n_times, "time")
#define TIMES_AND_SITES TIMES, FF_SECOND_AXIS(course, n_sites, "site")
#define TABLE(member, doc)                                                                         \
    FF_FIELD(course, member, REAL, #member, FF_UNIT_ONE, doc, "timecourse", TIMES_AND_SITES)
#define COUNT_OF(member, doc)                                                                      \
    FF_FIELD(course, member, INT64, #member, FF_UNIT_ONE, doc, "timecourse")

static const struct ff_field course_fields[] = {
    FF_FIELD(course, n_times, INT, "n_times", FF_UNIT_ONE, "number of times", NULL),
    FF_FIELD(course, n_sites, INT, "n_sites", FF_UNIT_ONE, "number of sites", NULL),
    FF_FIELD(course, time, REAL, "time", "time",
             "time since the start, from 0 to the end; a single one is the end", "timecourse",
             TIMES),
    FF_FIELD(course, site_names, TEXT, "site", FF_UNIT_ONE, "site, or species, of the process",
             "timecourse", FF_AXIS(course, n_sites, "site")),
    TABLE(mean, "mean count over trajectories"),
    TABLE(mean_stderr, "standard error of the mean"),
    TABLE(std, "standard deviation (n - 1) of the count over trajectories"),
    TABLE(std_stderr, "standard error of the standard deviation"),
    FF_FIELD(course, n_reached, INT64, "n_reached", FF_UNIT_ONE,
             "number of trajectories that reached the time", "timecourse", TIMES),
    COUNT_OF(n_trajectories, "number of trajectories"),
    COUNT_OF(n_truncated, "number of trajectories that reached max_events"),
    COUNT_OF(n_events, "number of events of all trajectories"),
};

static const struct ff_record_type course_record = FF_RECORD_TYPE(course, course_fields);

const struct ff_part ff_timecourse_layout[FF_N_COURSE_PARTS] = {
    [FF_PART_COURSE] = {.type = &course_record},
    [FF_PART_COURSE_CONFIG] = {.type = &ff_config_texts_record},
    [FF_PART_COURSE_CODE] = {.type = &ff_code_info_record},
    [FF_PART_COURSE_RUNTIME] = {.type = &ff_run_info_record},
};

static struct course make_course(const struct ff_timecourse_record *record)
{
    struct course course = {
        .n_times = record->options->points,
        .n_sites = record->process->n_sites,
        .time = FF_RAW(double, record->options->points),
        .site_names = record->process->site_names,
        .mean = record->course->mean,
        .mean_stderr = record->course->mean_stderr,
        .std = record->course->std,
        .std_stderr = record->course->std_stderr,
        .n_reached = record->sums->reached,
        .n_trajectories = record->options->trajectories,
        .n_truncated = record->sums->n_truncated,
        .n_events = record->sums->n_events,
    };
    for (int t = 0; t < course.n_times; t++)
        course.time[t] = ff_timecourse_time(record->options, t);
    return course;
}

static enum ff_status write_parts(const struct ff_group *file,
                                  const struct ff_timecourse_record *record,
                                  const struct course *course)
{
    static const int32_t version[] = {FF_COURSE_FORMAT_MAJOR, FF_COURSE_FORMAT_MINOR};
    const struct ff_config_texts config = {record->config_given, record->config_resolved,
                                           record->config_from};
    const void *const records[FF_N_COURSE_PARTS] = {
        [FF_PART_COURSE] = course,
        [FF_PART_COURSE_CONFIG] = &config,
        [FF_PART_COURSE_CODE] = &ff_this_code,
        [FF_PART_COURSE_RUNTIME] = &record->info,
    };
    struct ff_part parts[FF_N_COURSE_PARTS];
    for (int p = 0; p < FF_N_COURSE_PARTS; p++) {
        parts[p] = ff_timecourse_layout[p];
        parts[p].records = records[p];
        parts[p].n_records = 1;
    }
    TRY(ff_provenance_write_attributes(file, "fluxfront-timecourse", version, record->seed));
    return ff_table_write(file, parts, FF_N_COURSE_PARTS);
}

enum ff_status ff_timecourse_file_write(const char *path, const struct ff_timecourse_record *record)
{
    struct ff_group file;
    TRY(ff_hdf5_create(path, &file));
    struct course course = make_course(record);
    const enum ff_status status = write_parts(&file, record, &course);
    free(course.time);
    return ff_hdf5_finish(&file, status);
}
