/* The two groups of a front file that hold the points; private to this folder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_STORE_FRONT_GROUPS_H
#define FF_STORE_FRONT_GROUPS_H

#include "store/dataset.h"
#include "store/front_file.h"

/** Write /front. */
enum ff_status ff_front_write_points(const struct ff_group *group,
                                     const struct ff_front_record *record);

/** Write /history; shorter traces and failed points are filled with NaN. */
enum ff_status ff_front_write_history(const struct ff_group *group,
                                      const struct ff_front_record *record);

#endif
