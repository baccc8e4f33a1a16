/* One JSON document on standard output. Numbers that are not finite become null.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_COMMAND_JSON_H
#define FF_COMMAND_JSON_H

#include "base/record.h"

#include <jansson.h>

json_t *ff_json_number(double value);
json_t *ff_json_numbers(const double *values, int count);
json_t *ff_json_texts(char *const *texts, int count);

/** Set a key to a number. */
void ff_json_put(json_t *object, const char *key, double value);

/** Set the name of a field that is a single value to this value; a flag is a number. */
void ff_json_put_field(json_t *object, const struct ff_field *field, const void *record);

/** Print with all digits, and release. */
void ff_json_print(json_t *document);

#endif
