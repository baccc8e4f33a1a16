/* The parts that all files share, which say where they come from; private to this folder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_STORE_PROVENANCE_H
#define FF_STORE_PROVENANCE_H

#include "store/dataset.h"
#include "store/run_info.h"

#include <stdint.h>

/** Write the root attributes that identify a file: kind, version of the format, program, seed. */
enum ff_status ff_provenance_write_attributes(const struct ff_group *file, const char *filetype,
                                              uint64_t seed);

/** Write the datasets of /config: YAML as given, and with every default. */
enum ff_status ff_provenance_write_config(const struct ff_group *group, const char *given,
                                          const char *resolved);

/** Write the datasets of /code. */
enum ff_status ff_provenance_write_code(const struct ff_group *group);

/** Write the datasets of /runtime. */
enum ff_status ff_provenance_write_runtime(const struct ff_group *group,
                                           const struct ff_run_info *info);

/** Put a file that was built in memory in its place, if it was built without failure; close it in any case. */
enum ff_status ff_hdf5_finish(struct ff_group *file, enum ff_status status);

#endif
