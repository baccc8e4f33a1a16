/* Described datasets in HDF5 files, after the netCDF conventions: every dataset has `units` and
 * `long_name`, every axis a dimension scale in the same group, strings are variable-length UTF-8.
 *
 * Scales are not shared between groups: netCDF-C finds a dimension only in a dataset's own group and
 * those above it.  Failures are FF_ERR_RUNTIME with the names of file and dataset.  Rank 0 only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_STORE_DATASET_H
#define FF_STORE_DATASET_H

#include "base/status.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

/* Element types; the data are double, int8_t, int32_t, int64_t and const char *. */
enum ff_element { FF_FLOAT64, FF_INT8, FF_INT32, FF_INT64, FF_TEXT };

/* An open group, or file. */
struct ff_group {
    hid_t id;
    const char *path; /* of the file, for messages; borrowed */
    const char *name; /* of the group, "" for the file; borrowed */
};

enum { FF_DATASET_AXES = 3 };

/* One dataset. Without axes it is a scalar; the axes are dimension scales in the same group. */
struct ff_dataset {
    const char *name, *units, *long_name;
    enum ff_element element;
    const void *data;                  /* [axis[0]][axis[1]][axis[2]] */
    const char *axis[FF_DATASET_AXES]; /* NULL after the last */
    const char *flags;                 /* NULL, or of FF_INT8: space-separated meanings of */
    int first_flag, n_flags;           /* first_flag, first_flag + 1, ... */
};

/** A file in memory, empty, without time stamps.  Close with ff_group_close. */
enum ff_status ff_hdf5_create(const char *path, struct ff_group *out);

/** The bytes of a file, to be freed by the caller. */
enum ff_status ff_hdf5_image(const struct ff_group *file, void **bytes, size_t *size);

/** Open a file for reading.  Close with ff_group_close. */
enum ff_status ff_hdf5_open(const char *path, struct ff_group *out);

/** A new group of a file; borrows `name`.  Close with ff_group_close. */
enum ff_status ff_group_create(const struct ff_group *file, const char *name, struct ff_group *out);

/** Close a group or file, once. */
void ff_group_close(struct ff_group *group);

/** Write a dataset with its attributes and axes. */
enum ff_status ff_group_write(const struct ff_group *group, const struct ff_dataset *dataset);

/** Write the dimension scale of an axis; its own axes are ignored. */
enum ff_status ff_group_write_scale(const struct ff_group *group, const struct ff_dataset *scale,
                                    int length);

/** Write an attribute of the group itself: a text, or numbers ([length]; 0 for one number). */
enum ff_status ff_group_set_text(const struct ff_group *group, const char *name, const char *text);
enum ff_status ff_group_set_numbers(const struct ff_group *group, const char *name,
                                    enum ff_element element, const void *values, int length);

/** Whether the file has a dataset of this name, `front/weight`. */
bool ff_hdf5_has(const struct ff_group *file, const char *name);

/** Length of the only axis of a dataset, of a group or a file. */
enum ff_status ff_hdf5_length(const struct ff_group *file, const char *name, int *out);

/** Read all of a dataset of any number type, which must have `count` entries. */
enum ff_status ff_hdf5_read(const struct ff_group *file, const char *name, int count, double *out);

/** The same into memory of its own, which the caller frees; it is taken once the file is known to have as many. */
enum ff_status ff_hdf5_read_all(const struct ff_group *file, const char *name, size_t count,
                                double **out);

/** Read all of a dataset of texts, which must have `count` entries; the caller frees each. */
enum ff_status ff_hdf5_read_texts(const struct ff_group *file, const char *name, int count,
                                  char **out);

/** Read a scalar text; the caller frees it. */
enum ff_status ff_hdf5_read_text(const struct ff_group *file, const char *name, char **out);

/** Read attributes of the file itself; a text is freed by the caller. */
enum ff_status ff_hdf5_attribute_text(const struct ff_group *file, const char *name, char **out);
enum ff_status ff_hdf5_attribute(const struct ff_group *file, const char *name,
                                 enum ff_element element, int count, void *out);

#endif
