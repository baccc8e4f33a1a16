/* The page that describes the files, from the tables that write them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_STORE_FORMAT_H
#define FF_STORE_FORMAT_H

#include <stdio.h>

/** Print docs/format.md. */
void ff_format_print(FILE *out);

#endif
