/* From field tables to datasets and back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const ff_table_groups[] = {"front",     "history", "timecourse", "model",   "metrics",
                                       "reference", "config",  "code",       "runtime", NULL};

bool ff_table_is_in(const struct ff_field *field, const char *group)
{
    return field->group != NULL && strcmp(field->group, group) == 0;
}

bool ff_table_is_scale(const struct ff_part *part, const struct ff_field *field)
{
    return part->axis == NULL && ff_field_n_axes(field) == 1 &&
           strcmp(field->name, field->axis[0]) == 0;
}

enum ff_element ff_table_element(const struct ff_field *field)
{
    static const enum ff_element elements[] = {
        [FF_FIELD_REAL] = FF_FLOAT64, [FF_FIELD_INT] = FF_INT32, [FF_FIELD_INT64] = FF_INT64,
        [FF_FIELD_UINT32] = FF_INT64, [FF_FIELD_FLAG] = FF_INT8, [FF_FIELD_TEXT] = FF_TEXT,
    };
    return elements[field->type];
}

/* ---- columns -------------------------------------------------------------------------------- */

/* All values of a field, [record][axis][axis], as they are stored. */
struct column {
    int n_axes; /* that of the records included */
    int shape[FF_DATASET_AXES];
    const char *axis[FF_DATASET_AXES];
    size_t count;
    void *values;
};

/* Value i of a column becomes value k of a field; without a field, what stands where there is none. */
static void put_value(const struct ff_field *field, struct column *column, size_t i,
                      const void *from, size_t k)
{
    switch (field->type) {
    case FF_FIELD_REAL:
        ((double *)column->values)[i] = from != NULL ? ((const double *)from)[k] : NAN;
        break;
    case FF_FIELD_INT:
        ((int32_t *)column->values)[i] = from != NULL ? ((const int *)from)[k] : 0;
        break;
    case FF_FIELD_INT64:
        ((int64_t *)column->values)[i] = from != NULL ? ((const int64_t *)from)[k] : 0;
        break;
    case FF_FIELD_UINT32:
        ((int64_t *)column->values)[i] = from != NULL ? ((const uint32_t *)from)[k] : 0;
        break;
    case FF_FIELD_FLAG:
        ((int8_t *)column->values)[i] =
            (int8_t)(from != NULL ? ((const int *)from)[k] : field->first_flag);
        break;
    case FF_FIELD_TEXT: {
        const char *text = from != NULL ? ((char *const *)from)[k] : NULL;
        ((const char **)column->values)[i] = text != NULL ? text : "";
        break;
    }
    }
}

/* The lengths are those of the dimension scales, which stand in the group already; a scale's own is the record's. */
static enum ff_status find_shape(const struct ff_group *group, const struct ff_part *part,
                                 const struct ff_field *field, struct column *out)
{
    *out = (struct column){.count = 1};
    if (part->axis != NULL)
        out->axis[out->n_axes++] = part->axis;
    for (int a = 0; a < ff_field_n_axes(field); a++)
        out->axis[out->n_axes++] = field->axis[a];
    for (int a = 0; a < out->n_axes; a++) {
        if (ff_table_is_scale(part, field))
            out->shape[a] = ff_field_length(field, 0, part->records);
        else
            TRY(ff_hdf5_length(group, out->axis[a], &out->shape[a]));
        out->count *= (size_t)out->shape[a];
    }
    return FF_OK;
}

/* Values of one record, [length][length], at the place of record r in the column. */
static enum ff_status put_record(const struct ff_field *field, const void *record, int r,
                                 struct column *column)
{
    const int n_axes = ff_field_n_axes(field), *shape = column->shape + column->n_axes - n_axes;
    const void *values = ff_field_values(field, record);
    int length[FF_MAX_AXES] = {1, 1}, room[FF_MAX_AXES] = {1, 1};
    for (int a = 0; a < n_axes; a++) {
        length[a] = ff_field_length(field, a, record);
        room[a] = shape[a];
        CHECK(values == NULL || length[a] <= room[a], FF_ERR_RUNTIME,
              "%s is longer than its axis %s", field->name, field->axis[a]);
    }
    for (int i = 0; i < length[0] && values != NULL; i++)
        for (int j = 0; j < length[1]; j++) {
            const size_t row = (size_t)r * (size_t)room[0] + (size_t)i;
            put_value(field, column, row * (size_t)room[1] + (size_t)j, values,
                      (size_t)i * (size_t)length[1] + (size_t)j);
        }
    return FF_OK;
}

static enum ff_status fill_column(const struct ff_part *part, const struct ff_field *field,
                                  struct column *column)
{
    for (size_t i = 0; i < column->count; i++)
        put_value(field, column, i, NULL, 0);
    for (int r = 0; r < part->n_records; r++)
        TRY(put_record(field, (const char *)part->records + (size_t)r * part->type->size, r,
                       column));
    return FF_OK;
}

/* ---- writing -------------------------------------------------------------------------------- */

static enum ff_status write_column(const struct ff_group *group, const struct ff_part *part,
                                   const struct ff_field *field, const struct column *column)
{
    const struct ff_dataset dataset = {
        .name = field->name,
        .units = field->unit,
        .long_name = field->doc,
        .element = ff_table_element(field),
        .data = column->values,
        .axis = {column->axis[0], column->axis[1], column->axis[2]},
        .flags = field->flags,
        .first_flag = field->first_flag,
        .n_flags = field->flags != NULL ? ff_field_n_flags(field) : 0,
    };
    if (ff_table_is_scale(part, field))
        return ff_group_write_scale(group, &dataset, column->shape[0]);
    return ff_group_write(group, &dataset);
}

static enum ff_status write_field(const struct ff_group *group, const struct ff_part *part,
                                  const struct ff_field *field)
{
    struct column column;
    if (part->axis == NULL && ff_field_values(field, part->records) == NULL)
        return FF_OK;
    TRY(find_shape(group, part, field, &column));
    column.values = ff_allocate_raw(column.count, sizeof(int64_t)); /* the largest element */
    enum ff_status status = fill_column(part, field, &column);
    if (status == FF_OK)
        status = write_column(group, part, field, &column);
    free(column.values);
    return status;
}

static bool has_fields(const struct ff_part *part, const char *name)
{
    for (int f = 0; part->records != NULL && f < part->type->n_fields; f++)
        if (ff_table_is_in(&part->type->fields[f], name))
            return true;
    return false;
}

static enum ff_status write_fields(const struct ff_group *group, const char *name,
                                   const struct ff_part *parts, int n_parts)
{
    for (int p = 0; p < n_parts; p++)
        for (int f = 0; parts[p].records != NULL && f < parts[p].type->n_fields; f++)
            if (ff_table_is_in(&parts[p].type->fields[f], name))
                TRY(write_field(group, &parts[p], &parts[p].type->fields[f]));
    return FF_OK;
}

enum ff_status ff_table_write(const struct ff_group *file, const struct ff_part *parts, int n_parts)
{
    for (int g = 0; ff_table_groups[g] != NULL; g++) {
        int p = 0;
        while (p < n_parts && !has_fields(&parts[p], ff_table_groups[g]))
            p++;
        if (p == n_parts)
            continue;
        struct ff_group group;
        TRY(ff_group_create(file, ff_table_groups[g], &group));
        const enum ff_status status = write_fields(&group, ff_table_groups[g], parts, n_parts);
        ff_group_close(&group);
        TRY(status);
    }
    return FF_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* What the file has as a double, which is exact for all but the largest int64. */
static void set_number(const struct ff_field *field, void *at, double value)
{
    switch (field->type) {
    case FF_FIELD_REAL:
        *(double *)at = value;
        break;
    case FF_FIELD_INT64:
        *(int64_t *)at = (int64_t)value;
        break;
    case FF_FIELD_UINT32:
        *(uint32_t *)at = (uint32_t)value;
        break;
    case FF_FIELD_INT:
    case FF_FIELD_FLAG:
        *(int *)at = (int)value;
        break;
    case FF_FIELD_TEXT:
        break;
    }
}

/* An array of each record, of the length that the axes of the group have. */
static enum ff_status read_arrays(const struct ff_group *file, const char *group, const char *name,
                                  const struct ff_record_type *type, const struct ff_field *field,
                                  char *records, int n)
{
    int length[FF_MAX_AXES] = {1, 1};
    for (int a = 0; a < ff_field_n_axes(field); a++) {
        char axis[64];
        snprintf(axis, sizeof axis, "%s/%s", group, field->axis[a]);
        TRY(ff_hdf5_length(file, axis, &length[a]));
    }
    const size_t count = (size_t)length[0] * (size_t)length[1], size = ff_field_value_size(field);
    double *values;
    TRY(ff_hdf5_read_all(file, name, (size_t)n * count, &values));
    for (int r = 0; r < n; r++) {
        char *record = records + (size_t)r * type->size, *array = ff_allocate_raw(count, size);
        for (size_t i = 0; i < count; i++)
            set_number(field, array + i * size, values[(size_t)r * count + i]);
        for (int a = 0; a < ff_field_n_axes(field); a++)
            memcpy(record + field->length[a], &length[a], sizeof length[a]);
        free(*(char **)(record + field->offset));
        memcpy(record + field->offset, &array, sizeof array);
    }
    free(values);
    return FF_OK;
}

static enum ff_status read_numbers(const struct ff_group *file, const char *name,
                                   const struct ff_field *field, size_t stride, char *at, int n)
{
    double *values = FF_RAW(double, n);
    const enum ff_status status = ff_hdf5_read(file, name, n, values);
    for (int i = 0; i < n && status == FF_OK; i++)
        set_number(field, at + (size_t)i * stride, values[i]);
    free(values);
    return status;
}

static enum ff_status read_texts(const struct ff_group *file, const char *name, size_t stride,
                                 char *at, int n)
{
    char **texts = FF_RAW(char *, n);
    const enum ff_status status = ff_hdf5_read_texts(file, name, n, texts);
    for (int i = 0; i < n && status == FF_OK; i++) {
        char **text = (char **)(at + (size_t)i * stride);
        free(*text);
        *text = texts[i];
    }
    free(texts);
    return status;
}

enum ff_status ff_table_read(const struct ff_group *file, const char *group,
                             const struct ff_record_type *type, bool may_lack, void *records, int n)
{
    for (int f = 0; f < type->n_fields; f++) {
        const struct ff_field *field = &type->fields[f];
        char name[64], *at = (char *)records + field->offset;
        snprintf(name, sizeof name, "%s/%s", group, field->name);
        const bool is_array = ff_field_n_axes(field) > 0;
        if (!ff_table_is_in(field, group) || (may_lack && !ff_hdf5_has(file, name)) ||
            (is_array && field->type == FF_FIELD_TEXT))
            continue;
        if (is_array)
            TRY(read_arrays(file, group, name, type, field, records, n));
        else if (field->type == FF_FIELD_TEXT)
            TRY(read_texts(file, name, type->size, at, n));
        else
            TRY(read_numbers(file, name, field, type->size, at, n));
    }
    return FF_OK;
}
