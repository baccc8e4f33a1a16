/* Records: plain structs that a table of fields describes, so that one function sends, copies, frees or stores
 * any of them. A field is named once, in its table, with its unit and its meaning.
 *
 * Packed bytes are in the machine's own order and hold the fields in the order of the table: what one program
 * packs, the same program on the same kind of machine unpacks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_BASE_RECORD_H
#define FF_BASE_RECORD_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a field is in the struct: a value of the type, or a pointer to an array of such values. */
enum ff_field_type {
    FF_FIELD_REAL,   /* double */
    FF_FIELD_INT,    /* int */
    FF_FIELD_INT64,  /* int64_t */
    FF_FIELD_UINT32, /* uint32_t */
    FF_FIELD_FLAG,   /* int or enum whose values have names; int8 in a file */
    FF_FIELD_TEXT    /* char *, owned; NULL is "" */
};

enum { FF_MAX_AXES = 2 };

struct ff_field {
    const char *name, *unit, *doc; /* doc: what it is, in a few words */
    const char *group; /* where a file keeps it, "front"; NULL: it travels and is not stored */
    size_t offset;     /* of the value, or of the pointer to an array [axis[0]][axis[1]] */
    const char
        *axis[FF_MAX_AXES]; /* names of its axes, NULL after the last: none for a single value */
    size_t length
        [FF_MAX_AXES]; /* offsets of the lengths of the axes, fields FF_FIELD_INT further up */
    const char *flags; /* names of the values first_flag, first_flag + 1, ..., one space between */
    enum ff_field_type type;
    int first_flag;
};

struct ff_record_type {
    const char *name;
    size_t size; /* of the struct */
    const struct ff_field *fields;
    int n_fields;
};

/* Units of the observables, and of what has none. */
#define FF_UNIT_ONE "1"
#define FF_UNIT_RATE "1/time"
#define FF_UNIT_ENTROPY_RATE "k_B/time"

/* A row of a table: struct, member, type without its prefix, then name, unit, doc, group, and what else there is to
 * say, e.g. FF_FIELD(ff_result, theta, REAL, "theta", FF_UNIT_ONE, "design parameters", "front",
 *                    FF_AXIS(ff_result, n_parameters, "parameter")). */
#define FF_FIELD(record, member, kind, ...)                                                        \
    {                                                                                              \
        .type = FF_FIELD_##kind, .offset = offsetof(struct record, member), .name = __VA_ARGS__    \
    }
#define FF_AXIS(record, member, axis_name)                                                         \
    .axis[0] = (axis_name), .length[0] = offsetof(struct record, member)
#define FF_SECOND_AXIS(record, member, axis_name)                                                  \
    .axis[1] = (axis_name), .length[1] = offsetof(struct record, member)
#define FF_FLAGS(first, names) .first_flag = (first), .flags = (names)

/* The type of `struct tag` with the rows of an array. */
#define FF_RECORD_TYPE(tag, rows)                                                                  \
    {                                                                                              \
        .name = #tag, .size = sizeof(struct tag), .fields = (rows),                                \
        .n_fields = (int)(sizeof(rows) / sizeof *(rows))                                           \
    }

/* ---- fields --------------------------------------------------------------------------------- */

/** Number of axes, 0 for a single value. */
int ff_field_n_axes(const struct ff_field *field);

/** Length of an axis in this record. */
int ff_field_length(const struct ff_field *field, int axis, const void *record);

/** Number of values in this record: 1, or the product of the lengths. */
size_t ff_field_count(const struct ff_field *field, const void *record);

/** Address of the first value; NULL for an array that is not there. */
const void *ff_field_values(const struct ff_field *field, const void *record);

/** Bytes of one value in memory. */
size_t ff_field_value_size(const struct ff_field *field);

/** Number of names that the values of a flag have. */
int ff_field_n_flags(const struct ff_field *field);

/** Whether a table is what the functions here rely on: every field has name, unit and doc, flags have names, and
 * lengths are single ints further up in the table.  Raises FF_ERR_RUNTIME with the name of the first that is not. */
enum ff_status ff_record_check_type(const struct ff_record_type *type);

/* ---- records -------------------------------------------------------------------------------- */

/** Bytes of the packed record.  Arrays must be there unless they are empty. */
size_t ff_record_size(const struct ff_record_type *type, const void *record);

/** Pack into ff_record_size bytes. */
void ff_record_pack(const struct ff_record_type *type, const void *record, void *bytes);

/** Unpack, allocating arrays and texts, to be freed by ff_record_free; members in no table are zeroed. Texts are
 * never NULL.  FF_ERR_RUNTIME, and a record without arrays, when the bytes are not exactly one packed record. */
enum ff_status ff_record_unpack(const struct ff_record_type *type, const void *bytes, size_t size,
                                void *record);

/** Free arrays and texts and set their pointers to NULL, so that a second call does nothing. */
void ff_record_free(const struct ff_record_type *type, void *record);

/** Copy with arrays and texts of its own; members in no table are copied as they are. */
void ff_record_copy(const struct ff_record_type *type, const void *from, void *to);

/** Set every real to NaN, in arrays too: the result of what failed. */
void ff_record_blank(const struct ff_record_type *type, void *record);

#endif
