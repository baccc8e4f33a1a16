/* Small steps on top of jansson.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "command/json.h"

#include <math.h>
#include <stdio.h>

json_t *ff_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *ff_json_numbers(const double *values, int count)
{
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(array, ff_json_number(values[i]));
    return array;
}

json_t *ff_json_texts(char *const *texts, int count)
{
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(array, json_string(texts[i]));
    return array;
}

void ff_json_put(json_t *object, const char *key, double value)
{
    json_object_set_new(object, key, ff_json_number(value));
}

static json_t *field_value(const struct ff_field *field, const void *record)
{
    const void *value = ff_field_values(field, record);
    const char *text;
    switch (field->type) {
    case FF_FIELD_REAL:
        return ff_json_number(*(const double *)value);
    case FF_FIELD_INT64:
        return json_integer(*(const int64_t *)value);
    case FF_FIELD_UINT32:
        return json_integer(*(const uint32_t *)value);
    case FF_FIELD_TEXT:
        text = *(char *const *)value;
        return json_string(text != NULL ? text : "");
    case FF_FIELD_INT:
    case FF_FIELD_FLAG:
        break;
    }
    return json_integer(*(const int *)value);
}

void ff_json_put_field(json_t *object, const struct ff_field *field, const void *record)
{
    json_object_set_new(object, field->name, field_value(field, record));
}

void ff_json_print(json_t *document)
{
    json_dumpf(document, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(17));
    putchar('\n');
    json_decref(document);
}
