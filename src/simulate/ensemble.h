/* Many independent trajectories, and what is estimated from them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_ENSEMBLE_H
#define FF_SIMULATE_ENSEMBLE_H

#include "simulate/walk.h"

#include <stdint.h>

/* How long a trajectory is, in events. */
struct ff_horizon {
    int64_t events, burn_in;
};

/* Which random numbers: the coordinates that all trajectories of one ensemble share. */
struct ff_draw_key {
    uint64_t seed;
    uint32_t task, iteration;
    enum ff_purpose purpose;
};

/* Sums over the events of one trajectory: expected dwells, and conditional rates times dwells. */
struct ff_sums {
    double time, current, entropy;
};

/* Ratio estimates with standard errors, per walker. */
struct ff_means {
    double current, current_stderr;
    double entropy_production, entropy_production_stderr;
};

struct ff_lanes;

/* What runs trajectories of a system: in lanes when its states are few, else a walk. */
struct ff_ensemble {
    struct ff_engine *engine;
    struct ff_walk *walk;
    struct ff_lanes *lanes; /* or NULL */
};

/** Borrows the system. */
void ff_ensemble_create(const struct ff_system *system, struct ff_ensemble *out);
void ff_ensemble_free(struct ff_ensemble *ensemble);

/** Stream of one trajectory of an ensemble. */
struct ff_stream ff_draw_stream(struct ff_draw_key key, uint32_t trajectory);

/** Run one trajectory from its start, leaving the walk at its end. */
struct ff_sums ff_ensemble_trajectory(struct ff_walk *walk, const struct ff_kinetics *kinetics,
                                      struct ff_stream stream, struct ff_horizon horizon);

/** Run trajectories 0..n-1 into sums [n]. */
void ff_ensemble_run(struct ff_ensemble *ensemble, const struct ff_kinetics *kinetics,
                     struct ff_draw_key key, struct ff_horizon horizon, int n_trajectories,
                     struct ff_sums *sums);

/** J = sum current / sum time and likewise sigma, per walker; the standard error is that of a ratio of
 * means over n independent trajectories (n >= 2), residuals f_i - J t_i. */
struct ff_means ff_ensemble_means(const struct ff_sums *sums, int n_trajectories, int n_walkers);

#endif
