/* The section `timecourse`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/timecourse.h"

static const struct ff_key rows[] = {
    {.name = "end",
     FF_FILLS(struct ff_timecourse_options, end),
     .real = {.min = 0.0, .max = 1e300, .required = true, .above_min = true},
     .unit = "your unit of time",
     .doc = "Last time of the grid, which begins at 0."},
    {.name = "points",
     FF_FILLS(struct ff_timecourse_options, points),
     .integer = {.fallback = 51, .min = 1, .max = 1000000},
     .unit = "times",
     .doc = "Evenly spaced times from 0 to the end, both included; a single one is the end."},
    {.name = "trajectories",
     FF_FILLS(struct ff_timecourse_options, trajectories),
     .integer = {.fallback = 10000, .min = 2, .max = FF_TIMECOURSE_MAX_TRAJECTORIES},
     .unit = "trajectories",
     .doc = "Independent trajectories over which mean and standard deviation are taken."},
    {.name = "max_events",
     FF_FILLS(struct ff_timecourse_options, max_events),
     .integer = {.fallback = 1000000, .min = 1, .max = 1000000000000},
     .unit = "events",
     .doc = "Where a trajectory is given up; times that not all of them reached are NaN."},
};

const struct ff_keys ff_keys_timecourse = {
    .doc = "Makes `simulate` give the time course of every site or species, from the initial "
           "state, instead of averages.",
    FF_ROWS(rows),
};
