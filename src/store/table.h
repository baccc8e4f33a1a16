/* Any record in a file: each field that belongs to a group is one dataset, described by its row in the field table.
 *
 * Reals are doubles, flags int8 with `flag_values` and `flag_meanings`, task numbers int64, texts of variable length. A
 * field with the name of its only axis is that axis' dimension scale, and comes before the fields along it. Rank 0 only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_STORE_TABLE_H
#define FF_STORE_TABLE_H

#include "base/record.h"
#include "store/dataset.h"

/* Part of what a file holds: one record, or many along an axis. Its type says which groups it goes to. */
struct ff_part {
    const struct ff_record_type *type;
    const char *axis;    /* of many records; NULL: a single one */
    const void *records; /* borrowed; NULL: not there */
    int n_records;
};

/** The groups of all files, in the order in which they are written; NULL-terminated. */
extern const char *const ff_table_groups[];

/** Whether a field goes to this group. */
bool ff_table_is_in(const struct ff_field *field, const char *group);

/** Whether a field is a dimension scale in its part. */
bool ff_table_is_scale(const struct ff_part *part, const struct ff_field *field);

/** Element in which a field is stored. */
enum ff_element ff_table_element(const struct ff_field *field);

/** Write every group that some part has fields in, part by part.  Arrays shorter than their axes are filled with NaN, 0
 * or ""; a single record's array that is NULL is left out. */
enum ff_status ff_table_write(const struct ff_group *file, const struct ff_part *parts,
                              int n_parts);

/** Read one group back into n records of a type, one after another: single values, and arrays of numbers as long as the
 * axes of the group, which the lengths in the records then say; texts and arrays become the records'.
 * With `may_lack`, fields that the file does not have stay as they are, else that is FF_ERR_RUNTIME. */
enum ff_status ff_table_read(const struct ff_group *file, const char *group,
                             const struct ff_record_type *type, bool may_lack, void *records,
                             int n);

#endif
