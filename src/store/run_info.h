/* What a file says of the run that wrote it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_STORE_RUN_INFO_H
#define FF_STORE_RUN_INFO_H

#include "base/record.h"

/* What may differ between equal runs. */
struct ff_run_info {
    int n_ranks;
    double wall_seconds;
    const char *started; /* ISO 8601, UTC */
    const char *hosts;   /* comma-separated */
    const char *command_line;
};

/* Its field table: group /runtime. */
extern const struct ff_record_type ff_run_info_record;

#endif
