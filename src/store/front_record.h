/* What a front file is made from.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_STORE_FRONT_RECORD_H
#define FF_STORE_FRONT_RECORD_H

#include "front/archive.h"
#include "front/reference.h"
#include "store/run_info.h"

/* How far a run has come. */
enum ff_run_status { FF_RUN_RUNNING, FF_RUN_COMPLETE, FF_RUN_STOPPED_EARLY, FF_RUN_FAILED };

/* What became of a point: stored in /front/status. */
enum ff_point_status { FF_POINT_OK, FF_POINT_FAILED };

/* Everything a front file holds; all borrowed. */
struct ff_front_record {
    const struct ff_system *system;
    const struct ff_archive *archive;
    const struct ff_reference *reference; /* NULL when not computed */
    struct ff_front_metrics metrics;
    double current_scale, entropy_scale; /* of the scalarisations */
    int64_t scout_events;                /* simulated before the points */
    const char *config_given, *config_resolved;
    const char *config_from; /* where the initial design came from, "" if it is theta = 0 */
    uint64_t seed;
    enum ff_run_status status;
    const char *message;
    struct ff_run_info info;
};

/* What a file says of a point besides its result. */
struct ff_front_point {
    enum ff_point_status status;
    int is_nondominated, is_converged;
    char *verdict;    /* owned */
    double objective; /* scalarised, at the exact values where they are known */
    int n_channels;
    double *rates; /* [R] */
};

/* Its field table: group /front, with that of the result. */
extern const struct ff_record_type ff_front_point_record;

#endif
