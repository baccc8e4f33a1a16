/* What can be done with any record: one walk over its fields each.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- fields --------------------------------------------------------------------------------- */

int ff_field_n_axes(const struct ff_field *field)
{
    int n = 0;
    while (n < FF_MAX_AXES && field->axis[n] != NULL)
        n++;
    return n;
}

int ff_field_length(const struct ff_field *field, int axis, const void *record)
{
    int length;
    memcpy(&length, (const char *)record + field->length[axis], sizeof length);
    return length;
}

size_t ff_field_count(const struct ff_field *field, const void *record)
{
    size_t count = 1;
    for (int a = 0; a < ff_field_n_axes(field); a++)
        count *= (size_t)ff_field_length(field, a, record);
    return count;
}

const void *ff_field_values(const struct ff_field *field, const void *record)
{
    const void *at = (const char *)record + field->offset, *array;
    if (ff_field_n_axes(field) == 0)
        return at;
    memcpy(&array, at, sizeof array);
    return array;
}

static void *values_of(const struct ff_field *field, void *record)
{
    return (void *)ff_field_values(field, record);
}

size_t ff_field_value_size(const struct ff_field *field)
{
    static const size_t sizes[] = {
        [FF_FIELD_REAL] = sizeof(double),   [FF_FIELD_INT] = sizeof(int),
        [FF_FIELD_INT64] = sizeof(int64_t), [FF_FIELD_UINT32] = sizeof(uint32_t),
        [FF_FIELD_FLAG] = sizeof(int),      [FF_FIELD_TEXT] = sizeof(char *),
    };
    return sizes[field->type];
}

int ff_field_n_flags(const struct ff_field *field)
{
    int n = 1;
    for (const char *c = field->flags; *c != '\0'; c++)
        n += *c == ' ';
    return n;
}

static bool is_length(const struct ff_field *field, size_t offset)
{
    return field->type == FF_FIELD_INT && field->offset == offset && field->axis[0] == NULL;
}

static bool has_lengths(const struct ff_record_type *type, int f)
{
    const struct ff_field *field = &type->fields[f];
    for (int a = 0; a < ff_field_n_axes(field); a++) {
        int above = 0;
        while (above < f && !is_length(&type->fields[above], field->length[a]))
            above++;
        if (above == f)
            return false;
    }
    return true;
}

static bool has_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

enum ff_status ff_record_check_type(const struct ff_record_type *type)
{
    for (int f = 0; f < type->n_fields; f++) {
        const struct ff_field *field = &type->fields[f];
        CHECK(has_text(field->name), FF_ERR_RUNTIME, "%s: field %d has no name", type->name, f);
        CHECK(has_text(field->unit) && has_text(field->doc), FF_ERR_RUNTIME,
              "%s: %s has no unit or no doc", type->name, field->name);
        CHECK(has_text(field->flags) == (field->type == FF_FIELD_FLAG), FF_ERR_RUNTIME,
              "%s: %s has flags without names, or the reverse", type->name, field->name);
        CHECK(has_lengths(type, f), FF_ERR_RUNTIME,
              "%s: the lengths of %s are not single ints further up", type->name, field->name);
    }
    return FF_OK;
}

/* ---- packing -------------------------------------------------------------------------------- */

/* Where the next bytes go; with `at` NULL they are only counted. */
struct writer {
    unsigned char *at;
    size_t size;
};

static void put(struct writer *writer, const void *bytes, size_t size)
{
    if (writer->at != NULL && size > 0)
        memcpy(writer->at + writer->size, bytes, size);
    writer->size += size;
}

static void put_texts(struct writer *writer, char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = texts[i] != NULL ? texts[i] : "";
        const uint64_t length = strlen(text);
        put(writer, &length, sizeof length);
        put(writer, text, length);
    }
}

static void put_record(struct writer *writer, const struct ff_record_type *type, const void *record)
{
    for (int f = 0; f < type->n_fields; f++) {
        const struct ff_field *field = &type->fields[f];
        const void *values = ff_field_values(field, record);
        const size_t count = ff_field_count(field, record);
        if (field->type == FF_FIELD_TEXT)
            put_texts(writer, values, count);
        else
            put(writer, values, count * ff_field_value_size(field));
    }
}

size_t ff_record_size(const struct ff_record_type *type, const void *record)
{
    struct writer counter = {NULL, 0};
    put_record(&counter, type, record);
    return counter.size;
}

void ff_record_pack(const struct ff_record_type *type, const void *record, void *bytes)
{
    struct writer writer = {bytes, 0};
    put_record(&writer, type, record);
}

/* ---- unpacking ------------------------------------------------------------------------------ */

struct reader {
    const unsigned char *at;
    size_t left;
};

static bool get(struct reader *reader, void *out, size_t size)
{
    if (size > reader->left)
        return false;
    if (size > 0)
        memcpy(out, reader->at, size);
    reader->at += size;
    reader->left -= size;
    return true;
}

static bool get_texts(struct reader *reader, char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t length;
        if (!get(reader, &length, sizeof length) || length > reader->left ||
            memchr(reader->at, '\0', length) != NULL)
            return false;
        texts[i] = ff_allocate(length + 1, 1);
        get(reader, texts[i], length);
    }
    return true;
}

/* Lengths are checked before anything is allocated: a value of any type, text included, takes at least as many bytes
 * packed as is divided by here. */
static bool has_room(const struct reader *reader, const struct ff_field *field, const void *record)
{
    for (int a = 0; a < ff_field_n_axes(field); a++)
        if (ff_field_length(field, a, record) < 0)
            return false;
    return ff_field_count(field, record) <= reader->left / ff_field_value_size(field);
}

static bool are_flags(const struct ff_field *field, const int *values, size_t count)
{
    const int n = ff_field_n_flags(field);
    for (size_t i = 0; i < count; i++)
        if (values[i] < field->first_flag || values[i] >= field->first_flag + n)
            return false;
    return true;
}

static bool get_field(struct reader *reader, const struct ff_field *field, void *record)
{
    if (!has_room(reader, field, record))
        return false;
    const size_t count = ff_field_count(field, record), size = ff_field_value_size(field);
    if (ff_field_n_axes(field) > 0) {
        /* texts that are not reached stay NULL */
        void *array =
            field->type == FF_FIELD_TEXT ? ff_allocate(count, size) : ff_allocate_raw(count, size);
        memcpy((char *)record + field->offset, &array, sizeof array);
    }
    void *values = values_of(field, record);
    if (field->type == FF_FIELD_TEXT)
        return get_texts(reader, values, count);
    return get(reader, values, count * size) &&
           (field->type != FF_FIELD_FLAG || are_flags(field, values, count));
}

/* A failed length leaves arrays further down NULL, whatever their lengths say. */
enum ff_status ff_record_unpack(const struct ff_record_type *type, const void *bytes, size_t size,
                                void *record)
{
    struct reader reader = {bytes, size};
    memset(record, 0, type->size);
    const char *trouble = NULL;
    for (int f = 0; f < type->n_fields && trouble == NULL; f++)
        if (!get_field(&reader, &type->fields[f], record))
            trouble = type->fields[f].name;
    if (trouble == NULL && reader.left > 0)
        trouble = "its end";
    if (trouble == NULL)
        return FF_OK;
    ff_record_free(type, record);
    return ff_status_raise(FF_ERR_RUNTIME, "%s: %zu bytes are not a packed record, seen at %s",
                           type->name, size, trouble);
}

/* ---- owning --------------------------------------------------------------------------------- */

static bool is_owned(const struct ff_field *field)
{
    return field->type == FF_FIELD_TEXT || ff_field_n_axes(field) > 0;
}

static void free_field(const struct ff_field *field, void *record)
{
    char **texts = values_of(field, record);
    if (texts == NULL)
        return;
    if (field->type == FF_FIELD_TEXT)
        for (size_t i = 0; i < ff_field_count(field, record); i++)
            free(texts[i]);
    if (ff_field_n_axes(field) > 0)
        free(texts);
    memset((char *)record + field->offset, 0, sizeof texts);
}

void ff_record_free(const struct ff_record_type *type, void *record)
{
    for (int f = 0; f < type->n_fields; f++)
        if (is_owned(&type->fields[f]))
            free_field(&type->fields[f], record);
}

static void copy_field(const struct ff_field *field, const void *from, void *to)
{
    const size_t count = ff_field_count(field, from), size = ff_field_value_size(field);
    const void *values = ff_field_values(field, from);
    if (values != NULL && ff_field_n_axes(field) > 0) {
        void *array = ff_allocate_raw(count, size);
        memcpy(array, values, count * size);
        memcpy((char *)to + field->offset, &array, sizeof array);
    }
    char **texts = values_of(field, to);
    for (size_t i = 0; values != NULL && field->type == FF_FIELD_TEXT && i < count; i++)
        texts[i] = texts[i] != NULL ? ff_copy_text(texts[i]) : NULL;
}

void ff_record_copy(const struct ff_record_type *type, const void *from, void *to)
{
    memcpy(to, from, type->size);
    for (int f = 0; f < type->n_fields; f++)
        if (is_owned(&type->fields[f]))
            copy_field(&type->fields[f], from, to);
}

void ff_record_blank(const struct ff_record_type *type, void *record)
{
    for (int f = 0; f < type->n_fields; f++) {
        if (type->fields[f].type != FF_FIELD_REAL)
            continue;
        double *values = values_of(&type->fields[f], record);
        for (size_t i = 0; values != NULL && i < ff_field_count(&type->fields[f], record); i++)
            values[i] = NAN;
    }
}
