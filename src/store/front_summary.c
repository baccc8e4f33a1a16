/* Reading a front file back for display.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/dataset.h"
#include "store/front_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

enum { FORMAT_MAJOR = 1 };

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
    CHECK(numbers[0] == FORMAT_MAJOR, FF_ERR_RUNTIME,
          "%s: has format %d.%d, this program reads %d.x; use a matching version of fluxfront",
          file->path, (int)numbers[0], (int)numbers[1], FORMAT_MAJOR);
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
    for (int i = 0; i < COUNT(attributes); i++)
        TRY(ff_hdf5_attribute_text(file, attributes[i].name, attributes[i].text));
    for (int i = 0; i < COUNT(datasets); i++)
        TRY(ff_hdf5_read_text(file, datasets[i].name, datasets[i].text));
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

/* The columns that are numbers in the file and in a row alike. */
static const struct {
    const char *name;
    size_t offset;
} columns[] = {
    {"front/weight", offsetof(struct ff_front_row, weight)},
    {"front/current", offsetof(struct ff_front_row, current)},
    {"front/current_stderr", offsetof(struct ff_front_row, current_stderr)},
    {"front/entropy_production", offsetof(struct ff_front_row, entropy_production)},
    {"front/entropy_production_stderr", offsetof(struct ff_front_row, entropy_production_stderr)},
    {"front/exact_current", offsetof(struct ff_front_row, exact_current)},
    {"front/exact_entropy_production", offsetof(struct ff_front_row, exact_entropy_production)},
    {"front/objective", offsetof(struct ff_front_row, objective)},
};

static enum ff_status read_columns(const struct ff_group *file, struct ff_front_summary *summary,
                                   double *values)
{
    const int n = summary->n_points;
    for (int c = 0; c < COUNT(columns); c++) {
        TRY(ff_hdf5_read(file, columns[c].name, n, values));
        for (int i = 0; i < n; i++)
            *(double *)((char *)&summary->rows[i] + columns[c].offset) = values[i];
    }
    TRY(ff_hdf5_read(file, "front/status", n, values));
    for (int i = 0; i < n; i++)
        summary->rows[i].status = (int)values[i];
    TRY(ff_hdf5_read(file, "front/nondominated", n, values));
    for (int i = 0; i < n; i++)
        summary->rows[i].is_nondominated = values[i] != 0.0;
    for (int i = 0; i < n; i++)
        values[i] = NAN;
    if (ff_hdf5_has(file, "reference/objective"))
        TRY(ff_hdf5_read(file, "reference/objective", n, values));
    for (int i = 0; i < n; i++)
        summary->rows[i].reference_objective = values[i];
    return FF_OK;
}

static enum ff_status read_rows(const struct ff_group *file, struct ff_front_summary *summary)
{
    summary->rows = FF_NEW(struct ff_front_row, summary->n_points);
    double *values = FF_NEW(double, summary->n_points);
    const enum ff_status status = read_columns(file, summary, values);
    free(values);
    return status;
}

static enum ff_status read_summary(const struct ff_group *file, struct ff_front_summary *summary)
{
    TRY(check_format(file, summary->format_version));
    TRY(read_texts(file, summary));
    TRY(read_numbers(file, summary));
    return read_rows(file, summary);
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

void ff_front_summary_free(struct ff_front_summary *summary)
{
    if (summary == NULL)
        return;
    free(summary->rows);
    free(summary->status);
    free(summary->message);
    free(summary->software_version);
    free(summary->git_sha1);
    free(summary->rng);
    free(summary->started);
    free(summary->hosts);
    free(summary->config_resolved);
    free(summary);
}
