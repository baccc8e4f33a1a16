/* Described datasets through the HDF5 C API.
 *
 * A file is built in memory (the core driver) and handed out as bytes, so that a file system that
 * fails can never leave the library with an open file that it cannot close.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/dataset.h"

#include <hdf5_hl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_STEP = 1 << 16 };

/* Closes any kind of identifier; those of calls that failed are negative. */
static void release(hid_t id)
{
    if (id >= 0)
        H5Idec_ref(id);
}

/* The library prints its error stack unless told not to; messages are made here instead. */
static void be_quiet(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

static hid_t text_type(void)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

/* Little-endian in files, whatever the machine. */
static hid_t file_type(enum ff_element element)
{
    switch (element) {
    case FF_FLOAT64:
        return H5Tcopy(H5T_IEEE_F64LE);
    case FF_INT8:
        return H5Tcopy(H5T_STD_I8LE);
    case FF_INT32:
        return H5Tcopy(H5T_STD_I32LE);
    case FF_INT64:
        return H5Tcopy(H5T_STD_I64LE);
    case FF_TEXT:
        break;
    }
    return text_type();
}

static hid_t memory_type(enum ff_element element)
{
    switch (element) {
    case FF_FLOAT64:
        return H5Tcopy(H5T_NATIVE_DOUBLE);
    case FF_INT8:
        return H5Tcopy(H5T_NATIVE_INT8);
    case FF_INT32:
        return H5Tcopy(H5T_NATIVE_INT32);
    case FF_INT64:
        return H5Tcopy(H5T_NATIVE_INT64);
    case FF_TEXT:
        break;
    }
    return text_type();
}

/* ---- files and groups ----------------------------------------------------------------------- */

enum ff_status ff_hdf5_create(const char *path, struct ff_group *out)
{
    be_quiet();
    const hid_t creation = H5Pcreate(H5P_FILE_CREATE), access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_obj_track_times(creation, false);
    H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_fapl_core(access, MEMORY_STEP, false);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    *out = (struct ff_group){H5Fcreate("memory", H5F_ACC_TRUNC, creation, access), path, ""};
    release(creation);
    release(access);
    CHECK(out->id >= 0, FF_ERR_RUNTIME, "%s: HDF5 cannot begin a file", path);
    return FF_OK;
}

enum ff_status ff_hdf5_image(const struct ff_group *file, void **bytes, size_t *size)
{
    const ssize_t length =
        H5Fflush(file->id, H5F_SCOPE_GLOBAL) < 0 ? -1 : H5Fget_file_image(file->id, NULL, 0);
    CHECK(length > 0, FF_ERR_RUNTIME, "%s: HDF5 cannot finish the file", file->path);
    void *image = ff_allocate_raw((unsigned long)length, 1);
    if (H5Fget_file_image(file->id, image, (size_t)length) != length) {
        free(image);
        return ff_status_raise(FF_ERR_RUNTIME, "%s: HDF5 cannot hand out the file", file->path);
    }
    *bytes = image;
    *size = (size_t)length;
    return FF_OK;
}

enum ff_status ff_hdf5_open(const char *path, struct ff_group *out)
{
    be_quiet();
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    *out = (struct ff_group){H5Fopen(path, H5F_ACC_RDONLY, access), path, ""};
    release(access);
    CHECK(out->id >= 0, FF_ERR_RUNTIME, "%s: is not an HDF5 file, or is truncated or locked", path);
    return FF_OK;
}

enum ff_status ff_group_create(const struct ff_group *file, const char *name, struct ff_group *out)
{
    const hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(creation, false);
    H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    *out = (struct ff_group){H5Gcreate2(file->id, name, H5P_DEFAULT, creation, H5P_DEFAULT),
                             file->path, name};
    release(creation);
    CHECK(out->id >= 0, FF_ERR_RUNTIME, "%s: cannot create the group %s", file->path, name);
    return FF_OK;
}

void ff_group_close(struct ff_group *group)
{
    release(group->id);
    group->id = H5I_INVALID_HID;
}

/* ---- writing -------------------------------------------------------------------------------- */

static bool write_attribute(hid_t object, const char *name, enum ff_element element,
                            const void *values, int length)
{
    const hsize_t size = (hsize_t)length;
    const hid_t space = length > 0 ? H5Screate_simple(1, &size, NULL) : H5Screate(H5S_SCALAR);
    const hid_t stored = file_type(element), given = memory_type(element);
    const hid_t attribute = H5Acreate2(object, name, stored, space, H5P_DEFAULT, H5P_DEFAULT);
    const bool is_written = attribute >= 0 && H5Awrite(attribute, given, values) >= 0;
    release(attribute);
    release(given);
    release(stored);
    release(space);
    return is_written;
}

/* An axis of a dataset about to be created: its scale and its length. */
struct axis {
    hid_t scale; /* negative for a dimension scale's own */
    hsize_t length;
};

static int open_axes(const struct ff_group *group, const struct ff_dataset *dataset,
                     struct axis axes[FF_DATASET_AXES])
{
    int n = 0;
    for (; n < FF_DATASET_AXES && dataset->axis[n] != NULL; n++) {
        axes[n].scale = H5Dopen2(group->id, dataset->axis[n], H5P_DEFAULT);
        const hid_t space = H5Dget_space(axes[n].scale);
        const hssize_t length = H5Sget_simple_extent_npoints(space);
        axes[n].length = length < 0 ? 0 : (hsize_t)length;
        release(space);
    }
    return n;
}

static bool write_values(hid_t id, const struct ff_dataset *dataset)
{
    const hid_t type = memory_type(dataset->element);
    const bool is_written = H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, dataset->data) >= 0;
    release(type);
    return is_written && write_attribute(id, "units", FF_TEXT, &dataset->units, 0) &&
           write_attribute(id, "long_name", FF_TEXT, &dataset->long_name, 0);
}

/* The new dataset, or a negative number; closed by the caller. */
static hid_t create_dataset(const struct ff_group *group, const struct ff_dataset *dataset,
                            const struct axis *axes, int n_axes)
{
    hsize_t shape[FF_DATASET_AXES];
    for (int i = 0; i < n_axes; i++)
        shape[i] = axes[i].length;
    const hid_t space = n_axes > 0 ? H5Screate_simple(n_axes, shape, NULL) : H5Screate(H5S_SCALAR);
    const hid_t type = file_type(dataset->element), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(creation, false);
    hid_t id =
        H5Dcreate2(group->id, dataset->name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    release(creation);
    release(type);
    release(space);
    if (id >= 0 && !write_values(id, dataset)) {
        release(id);
        id = H5I_INVALID_HID;
    }
    return id;
}

static enum ff_status write_failure(const struct ff_group *group, const char *name)
{
    return ff_status_raise(FF_ERR_RUNTIME, "%s: cannot write /%s/%s", group->path, group->name,
                           name);
}

static bool write_flags(hid_t id, const struct ff_dataset *dataset)
{
    int8_t values[INT8_MAX];
    for (int i = 0; i < dataset->n_flags; i++)
        values[i] = (int8_t)(dataset->first_flag + i);
    return write_attribute(id, "flag_values", FF_INT8, values, dataset->n_flags) &&
           write_attribute(id, "flag_meanings", FF_TEXT, &dataset->flags, 0);
}

enum ff_status ff_group_write(const struct ff_group *group, const struct ff_dataset *dataset)
{
    struct axis axes[FF_DATASET_AXES];
    const int n_axes = open_axes(group, dataset, axes);
    const hid_t id = create_dataset(group, dataset, axes, n_axes);
    bool is_written = id >= 0 && (dataset->flags == NULL || write_flags(id, dataset));
    for (int i = 0; i < n_axes; i++) {
        is_written = is_written && H5DSattach_scale(id, axes[i].scale, (unsigned)i) >= 0;
        release(axes[i].scale);
    }
    release(id);
    return is_written ? FF_OK : write_failure(group, dataset->name);
}

enum ff_status ff_group_write_scale(const struct ff_group *group, const struct ff_dataset *scale,
                                    int length)
{
    const struct axis own = {H5I_INVALID_HID, (hsize_t)length};
    const hid_t id = create_dataset(group, scale, &own, 1);
    const bool is_written = id >= 0 && H5DSset_scale(id, scale->name) >= 0;
    release(id);
    return is_written ? FF_OK : write_failure(group, scale->name);
}

enum ff_status ff_group_set_text(const struct ff_group *group, const char *name, const char *text)
{
    return ff_group_set_numbers(group, name, FF_TEXT, &text, 0);
}

enum ff_status ff_group_set_numbers(const struct ff_group *group, const char *name,
                                    enum ff_element element, const void *values, int length)
{
    CHECK(write_attribute(group->id, name, element, values, length), FF_ERR_RUNTIME,
          "%s: cannot write the attribute %s", group->path, name);
    return FF_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

bool ff_hdf5_has(const struct ff_group *file, const char *name)
{
    return H5LTpath_valid(file->id, name, true) > 0;
}

/* Number of entries, or -1 if there is no such dataset; its number of axes may be asked for. */
static hssize_t count_entries(const struct ff_group *file, const char *name, int *n_axes)
{
    const hid_t dataset = H5Dopen2(file->id, name, H5P_DEFAULT);
    const hid_t space = dataset < 0 ? H5I_INVALID_HID : H5Dget_space(dataset);
    const hssize_t count = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    if (n_axes != NULL)
        *n_axes = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    release(space);
    release(dataset);
    return count;
}

enum ff_status ff_hdf5_length(const struct ff_group *file, const char *name, int *out)
{
    int n_axes;
    const hssize_t count = count_entries(file, name, &n_axes);
    CHECK(n_axes == 1 && count >= 0 && count <= INT32_MAX, FF_ERR_RUNTIME,
          "%s: /%s is missing or not a list", file->path, name);
    *out = (int)count;
    return FF_OK;
}

static enum ff_status check_count(const struct ff_group *file, const char *name, size_t count)
{
    CHECK(count_entries(file, name, NULL) == (hssize_t)count, FF_ERR_RUNTIME,
          "%s: /%s is missing or does not have %zu entries", file->path, name, count);
    return FF_OK;
}

enum ff_status ff_hdf5_read(const struct ff_group *file, const char *name, int count, double *out)
{
    TRY(check_count(file, name, (size_t)count));
    CHECK(H5LTread_dataset_double(file->id, name, out) >= 0, FF_ERR_RUNTIME, "%s: cannot read /%s",
          file->path, name);
    return FF_OK;
}

enum ff_status ff_hdf5_read_all(const struct ff_group *file, const char *name, size_t count,
                                double **out)
{
    TRY(check_count(file, name, count));
    double *values = FF_RAW(double, count);
    if (H5LTread_dataset_double(file->id, name, values) < 0) {
        free(values);
        return ff_status_raise(FF_ERR_RUNTIME, "%s: cannot read /%s", file->path, name);
    }
    *out = values;
    return FF_OK;
}

/* Takes a text that HDF5 allocated; it has no other form for an empty one than NULL. */
static char *take_text(char *text)
{
    char *copy = ff_copy_text(text != NULL ? text : "");
    H5free_memory(text);
    return copy;
}

enum ff_status ff_hdf5_read_texts(const struct ff_group *file, const char *name, int count,
                                  char **out)
{
    TRY(check_count(file, name, (size_t)count));
    char **texts = FF_RAW(char *, count);
    const hid_t type = text_type();
    const bool is_read = count == 0 || H5LTread_dataset(file->id, name, type, texts) >= 0;
    release(type);
    for (int i = 0; i < count && is_read; i++)
        out[i] = take_text(texts[i]);
    free(texts);
    CHECK(is_read, FF_ERR_RUNTIME, "%s: /%s is not a list of texts", file->path, name);
    return FF_OK;
}

enum ff_status ff_hdf5_read_text(const struct ff_group *file, const char *name, char **out)
{
    return ff_hdf5_read_texts(file, name, 1, out);
}

enum ff_status ff_hdf5_attribute(const struct ff_group *file, const char *name,
                                 enum ff_element element, int count, void *out)
{
    const hid_t attribute = H5Aopen(file->id, name, H5P_DEFAULT);
    const hid_t space = attribute < 0 ? H5I_INVALID_HID : H5Aget_space(attribute);
    const hid_t type = memory_type(element);
    const bool is_read = space >= 0 && H5Sget_simple_extent_npoints(space) == count &&
                         H5Aread(attribute, type, out) >= 0;
    release(type);
    release(space);
    release(attribute);
    CHECK(is_read, FF_ERR_RUNTIME, "%s: the attribute %s is missing or of another type", file->path,
          name);
    return FF_OK;
}

enum ff_status ff_hdf5_attribute_text(const struct ff_group *file, const char *name, char **out)
{
    char *text = NULL;
    TRY(ff_hdf5_attribute(file, name, FF_TEXT, 1, &text));
    *out = take_text(text);
    return FF_OK;
}
