/* The time-course file: one HDF5 file, laid out as docs/format.md says.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_STORE_TIMECOURSE_FILE_H
#define FF_STORE_TIMECOURSE_FILE_H

#include "simulate/timecourse.h"
#include "store/run_info.h"

/* Everything a time-course file holds; all borrowed. */
struct ff_timecourse_record {
    const struct ff_process *process;
    const struct ff_timecourse_options *options;
    const struct ff_timecourse_sums *sums;
    const struct ff_timecourse *course;
    const char *config_given, *config_resolved;
    const char *config_from; /* where the initial design came from, "" if it is theta = 0 */
    uint64_t seed;
    struct ff_run_info info;
};

/** Write the whole file or, on FF_ERR_RUNTIME, leave the previous one.  Rank 0 only. */
enum ff_status ff_timecourse_file_write(const char *path,
                                        const struct ff_timecourse_record *record);

#endif
