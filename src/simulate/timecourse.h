/* Time courses: mean and spread of every site on a grid of times, over trajectories from time 0.
 *
 * The direct method with sampled dwells. Occupations are integers, so the sums of their first four powers are
 * exact: they do not depend on the order of trajectories, and central moments lose no digits.
 *
 * A trajectory that reaches its event cap before the end is truncated. Those are the busiest ones, so leaving
 * them out would bias what remains: grid points that any trajectory did not reach are not estimated (NaN).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_TIMECOURSE_H
#define FF_SIMULATE_TIMECOURSE_H

#include "base/keys.h"
#include "base/wide.h"
#include "simulate/walk.h"

/* Bounds under which the sums of fourth powers fit 127 bits. */
enum { FF_TIMECOURSE_MAX_COUNT = 1 << 26, FF_TIMECOURSE_MAX_TRAJECTORIES = 1 << 23 };

struct ff_timecourse_options {
    double end; /* above 0 */
    int points; /* T: times 0 to end, evenly spaced, both included; a single one is at the end */
    int trajectories;   /* n, from 2 to FF_TIMECOURSE_MAX_TRAJECTORIES */
    int64_t max_events; /* of one trajectory, at least 1 */
};

/** The section `timecourse`, which fills a struct ff_timecourse_options. */
extern const struct ff_keys ff_keys_timecourse;

/* Exact sums over trajectories; arrays owned. */
struct ff_timecourse_sums {
    int n_points, n_sites;
    int64_t n_events, n_truncated;
    int64_t *reached;    /* [T] trajectories that got there */
    ff_wide (*power)[4]; /* [T][I] sums of x, x^2, x^3, x^4 */
};

/* Estimates [T][I], NaN at times that some trajectory did not reach; owned. */
struct ff_timecourse {
    double *mean, *mean_stderr, *std, *std_stderr;
};

/** Time of a grid point. */
double ff_timecourse_time(const struct ff_timecourse_options *options, int point);

void ff_timecourse_sums_create(int n_points, int n_sites, struct ff_timecourse_sums *out);
void ff_timecourse_sums_free(struct ff_timecourse_sums *sums);

/** Add one trajectory: at each grid time the state after all events up to and including it. No event past the
 * end is fired.  FF_ERR_NUMERICAL when an occupation exceeds FF_TIMECOURSE_MAX_COUNT. */
enum ff_status ff_timecourse_add(struct ff_walk *walk, const struct ff_kinetics *kinetics,
                                 struct ff_stream stream,
                                 const struct ff_timecourse_options *options,
                                 struct ff_timecourse_sums *sums);

/** Mean and standard deviation (n - 1) with standard errors; that of the deviation s is
 * sqrt((m4 - m2^2 (n-3)/(n-1)) / n) / (2 s), 0 where s = 0. */
void ff_timecourse_estimate(const struct ff_timecourse_sums *sums, int n_trajectories,
                            struct ff_timecourse *out);
void ff_timecourse_free(struct ff_timecourse *course);

#endif
