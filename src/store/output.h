/* Output files that are replaced whole or not at all.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_STORE_OUTPUT_H
#define FF_STORE_OUTPUT_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/** Whether a file can be written under this name; really creates and removes one beside it, because
 * permission bits do not tell the truth to root or on a read-only file system.  FF_ERR_CONFIG with what
 * to do about it if its folder is missing or not writable, if it is no regular file, or if it exists and
 * `may_replace` is false.  Rank 0 only. */
enum ff_status ff_output_check(const char *path, bool may_replace);

/** Write the bytes to a temporary file beside `path`, fsync, rename, fsync the folder: whoever looks sees
 * the previous file or the new one.  FF_ERR_RUNTIME leaves the previous file.  Rank 0 only. */
enum ff_status ff_output_replace(const char *path, const void *bytes, size_t size);

#endif
