/* Time averages of the state itself, which fronts do not need: occupations and activity.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_OCCUPANCY_H
#define FF_SIMULATE_OCCUPANCY_H

#include "simulate/ensemble.h"

/* Per walker. Array [I], owned. */
struct ff_occupancy {
    struct ff_average observables[FF_N_OBSERVABLES]; /* J, sigma */
    struct ff_average activity;                      /* events per unit time */
    struct ff_average *sites;                        /* mean occupations */
};

/** Simulate n_trajectories (at least 2) at these rates [R].  FF_ERR_NUMERICAL, with nothing to free, as ff_walk_check. */
enum ff_status ff_occupancy_measure(const struct ff_system *system, const double *rates,
                                    struct ff_draw_key key, struct ff_horizon horizon,
                                    int n_trajectories, struct ff_occupancy *out);
void ff_occupancy_free(struct ff_occupancy *occupancy);

#endif
