/* One JSON document on standard output. Numbers that are not finite become null.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_COMMAND_JSON_H
#define FF_COMMAND_JSON_H

#include <jansson.h>

json_t *ff_json_number(double value);
json_t *ff_json_numbers(const double *values, int count);
json_t *ff_json_texts(char *const *texts, int count);

/** Set a key to a number. */
void ff_json_put(json_t *object, const char *key, double value);

/** Print with all digits, and release. */
void ff_json_print(json_t *document);

#endif
