/* A point of a front file as the initial design of a configuration: what --from and --point ask for.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_COMMAND_START_H
#define FF_COMMAND_START_H

#include "command/command.h"
#include "store/front_file.h"

/** The theta of the point the arguments name, [P], and where it is from; the caller frees both.  FF_ERR_CONFIG if the file
 * has no such point or it failed, or if the file's parameters or channels are not the system's, or theta is out of bounds. */
enum ff_status ff_start_take(const struct ff_arguments *arguments,
                             const struct ff_front_summary *front, const struct ff_system *system,
                             double **theta, char **from);

#endif
