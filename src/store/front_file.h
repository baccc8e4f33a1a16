/* The front file: one HDF5 file per run, laid out as docs/format.md says.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_STORE_FRONT_FILE_H
#define FF_STORE_FRONT_FILE_H

#include "store/front_record.h"

/** Write the whole file beside its final name, close, fsync, rename: a kill at any moment leaves the
 * previous file or the new one.  FF_ERR_RUNTIME if the file system refuses.  Rank 0 only. */
enum ff_status ff_front_file_write(const char *path, const struct ff_front_record *record);

/* What is read of a file; owned by ff_front_summary_free. */
struct ff_front_summary {
    int n_points, n_parameters, n_channels;
    struct ff_result *results;     /* [n_points], what /front holds */
    struct ff_front_point *points; /* [n_points], likewise */
    double *reference_objective;   /* [n_points] of the best known optimum; NaN where unknown */
    char **parameter_names, **channel_names;
    char *status, *message, *software_version, *git_sha1, *rng, *started, *hosts, *config_resolved;
    char *config_from; /* "" in files of older formats too */
    int format_version[2];
    uint64_t seed;
    int n_ranks;
    double wall_seconds, hypervolume, reference_point[2];
};

/** Read a file back.  FF_ERR_RUNTIME when it is missing, not HDF5, or not a front file. */
enum ff_status ff_front_file_read(const char *path, struct ff_front_summary **out);

/** NULL-safe. */
void ff_front_summary_free(struct ff_front_summary *summary);

#endif
