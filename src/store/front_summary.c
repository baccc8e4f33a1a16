/* Reading a front file back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/front_file.h"
#include "store/layout.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

/* Refuses everything but front files of this format before the rest is looked at. */
static enum ff_status check_format(const struct ff_group *file, int version[2])
{
    char *filetype;
    int32_t numbers[2];
    const bool is_front = ff_hdf5_attribute_text(file, "filetype", &filetype) == FF_OK;
    const bool is_ours = is_front && strcmp(filetype, "fluxfront-front") == 0;
    if (is_front)
        free(filetype);
    CHECK(is_ours, FF_ERR_RUNTIME, "%s: is an HDF5 file, but not a front file of fluxfront",
          file->path);
    TRY(ff_hdf5_attribute(file, "format_version", FF_INT32, 2, numbers));
    CHECK(numbers[0] == FF_FRONT_FORMAT_MAJOR, FF_ERR_RUNTIME,
          "%s: has format %d.%d, this program reads %d.x; use a matching version of fluxfront",
          file->path, (int)numbers[0], (int)numbers[1], FF_FRONT_FORMAT_MAJOR);
    version[0] = numbers[0];
    version[1] = numbers[1];
    return FF_OK;
}

static enum ff_status read_texts(const struct ff_group *file, struct ff_front_summary *summary)
{
    const struct {
        const char *name;
        char **text;
    } attributes[] = {{"status", &summary->status},
                      {"message", &summary->message},
                      {"software_version", &summary->software_version},
                      {"git_sha1", &summary->git_sha1},
                      {"rng", &summary->rng}},
      datasets[] = {{"runtime/started", &summary->started},
                    {"runtime/hosts", &summary->hosts},
                    {"config/resolved", &summary->config_resolved}};
    const bool has_from =
        summary->format_version[1] >= FF_FRONT_FORMAT_MINOR || ff_hdf5_has(file, "config/from");
    for (int i = 0; i < COUNT(attributes); i++)
        TRY(ff_hdf5_attribute_text(file, attributes[i].name, attributes[i].text));
    for (int i = 0; i < COUNT(datasets); i++)
        TRY(ff_hdf5_read_text(file, datasets[i].name, datasets[i].text));
    if (has_from)
        return ff_hdf5_read_text(file, "config/from", &summary->config_from);
    summary->config_from = ff_copy_text("");
    return FF_OK;
}

static enum ff_status read_numbers(const struct ff_group *file, struct ff_front_summary *summary)
{
    int64_t seed;
    double n_ranks;
    TRY(ff_hdf5_attribute(file, "seed", FF_INT64, 1, &seed));
    TRY(ff_hdf5_read(file, "runtime/ranks", 1, &n_ranks));
    TRY(ff_hdf5_read(file, "runtime/wall_seconds", 1, &summary->wall_seconds));
    TRY(ff_hdf5_read(file, "metrics/hypervolume", 1, &summary->hypervolume));
    TRY(ff_hdf5_read(file, "metrics/reference_point", 2, summary->reference_point));
    TRY(ff_hdf5_length(file, "front/point", &summary->n_points));
    TRY(ff_hdf5_length(file, "front/parameter", &summary->n_parameters));
    TRY(ff_hdf5_length(file, "front/channel", &summary->n_channels));
    summary->seed = (uint64_t)seed;
    summary->n_ranks = (int)n_ranks;
    return FF_OK;
}

static enum ff_status read_names(const struct ff_group *file, struct ff_front_summary *summary)
{
    summary->parameter_names = FF_NEW(char *, summary->n_parameters);
    summary->channel_names = FF_NEW(char *, summary->n_channels);
    TRY(ff_hdf5_read_texts(file, "front/parameter", summary->n_parameters,
                           summary->parameter_names));
    return ff_hdf5_read_texts(file, "front/channel", summary->n_channels, summary->channel_names);
}

/* A file of an older format may lack what was added since, which is then NaN, 0 or "". */
static enum ff_status read_points(const struct ff_group *file, struct ff_front_summary *summary)
{
    const int n = summary->n_points;
    const bool may_lack = summary->format_version[1] < FF_FRONT_FORMAT_MINOR;
    summary->results = FF_NEW(struct ff_result, n);
    summary->points = FF_NEW(struct ff_front_point, n);
    summary->reference_objective = FF_RAW(double, n);
    for (int i = 0; i < n; i++) {
        ff_record_blank(&ff_result_record, &summary->results[i]);
        ff_record_blank(&ff_front_point_record, &summary->points[i]);
        summary->results[i].exact_status = FF_EXACT_NONE;
        summary->reference_objective[i] = NAN;
    }
    TRY(ff_table_read(file, "front", &ff_result_record, may_lack, summary->results, n));
    TRY(ff_table_read(file, "front", &ff_front_point_record, may_lack, summary->points, n));
    if (ff_hdf5_has(file, "reference/objective"))
        TRY(ff_hdf5_read(file, "reference/objective", n, summary->reference_objective));
    return FF_OK;
}

static enum ff_status read_summary(const struct ff_group *file, struct ff_front_summary *summary)
{
    TRY(check_format(file, summary->format_version));
    TRY(read_texts(file, summary));
    TRY(read_numbers(file, summary));
    TRY(read_names(file, summary));
    return read_points(file, summary);
}

enum ff_status ff_front_file_read(const char *path, struct ff_front_summary **out)
{
    struct stat found;
    CHECK(stat(path, &found) == 0, FF_ERR_RUNTIME, "%s: cannot be read: %s", path, strerror(errno));
    struct ff_group file;
    TRY(ff_hdf5_open(path, &file));
    struct ff_front_summary *summary = FF_NEW(struct ff_front_summary, 1);
    const enum ff_status status = read_summary(&file, summary);
    ff_group_close(&file);
    if (status == FF_OK)
        *out = summary;
    else
        ff_front_summary_free(summary);
    return status;
}

static void free_names(char **names, int n)
{
    for (int i = 0; i < n && names != NULL; i++)
        free(names[i]);
    free(names);
}

static void free_points(struct ff_front_summary *summary)
{
    for (int i = 0; i < summary->n_points && summary->results != NULL; i++) {
        ff_result_free(&summary->results[i]);
        ff_record_free(&ff_front_point_record, &summary->points[i]);
    }
    free(summary->results);
    free(summary->points);
}

void ff_front_summary_free(struct ff_front_summary *summary)
{
    if (summary == NULL)
        return;
    free_points(summary);
    free_names(summary->parameter_names, summary->n_parameters);
    free_names(summary->channel_names, summary->n_channels);
    free(summary->reference_objective);
    free(summary->status);
    free(summary->message);
    free(summary->software_version);
    free(summary->git_sha1);
    free(summary->rng);
    free(summary->started);
    free(summary->hosts);
    free(summary->config_resolved);
    free(summary->config_from);
    free(summary);
}
