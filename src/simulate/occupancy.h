/* Time averages of the state itself, which fronts do not need: occupations and activity.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_OCCUPANCY_H
#define FF_SIMULATE_OCCUPANCY_H

#include "simulate/ensemble.h"

/* Per walker. Arrays [I], owned. */
struct ff_averages {
    struct ff_means means;
    double activity, activity_stderr; /* events per unit time */
    double *occupancy, *occupancy_stderr;
};

/** Simulate n_trajectories (at least 2) at these rates [R]. */
void ff_averages_measure(const struct ff_system *system, const double *rates,
                         struct ff_draw_key key, struct ff_horizon horizon, int n_trajectories,
                         struct ff_averages *out);
void ff_averages_free(struct ff_averages *averages);

#endif
