/* The parts that all files share, which say where they come from; private to this folder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_STORE_PROVENANCE_H
#define FF_STORE_PROVENANCE_H

#include "store/dataset.h"
#include "store/run_info.h"

#include <stdint.h>

/* The configuration: group /config; borrowed. */
struct ff_config_texts {
    const char *given, *resolved, *from;
};

/* The program: group /code. */
struct ff_code_info {
    const char *version, *git_sha1, *compiler, *flags, *build_type;
};

extern const struct ff_record_type ff_config_texts_record, ff_code_info_record;

/* This program. */
extern const struct ff_code_info ff_this_code;

/** Write the root attributes that identify a file: kind, version of the format [2], program, seed. */
enum ff_status ff_provenance_write_attributes(const struct ff_group *file, const char *filetype,
                                              const int32_t *version, uint64_t seed);

/** Put a file that was built in memory in its place, if it was built without failure; close it in any case. */
enum ff_status ff_hdf5_finish(struct ff_group *file, enum ff_status status);

#endif
