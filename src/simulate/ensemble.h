/* Many independent trajectories, and what is estimated from them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_ENSEMBLE_H
#define FF_SIMULATE_ENSEMBLE_H

#include "exact/chain.h"
#include "simulate/horizon.h"
#include "simulate/walk.h"

/* A ratio estimate and its standard error. */
struct ff_average {
    double mean, standard_error;
};

struct ff_lanes;

/* What runs trajectories of a system: in lanes when its states are few, else a walk. */
struct ff_ensemble {
    struct ff_kinetics *kinetics;
    struct ff_engine *engine;
    struct ff_walk *walk;
    struct ff_lanes *lanes; /* or NULL */
    int width;              /* of a row of sums */
};

/** Borrows the system, the functionals and the chain, which is NULL for a system without one. */
void ff_ensemble_create(const struct ff_system *system, struct ff_functionals functionals,
                        const struct ff_chain *chain, struct ff_ensemble *out);
void ff_ensemble_free(struct ff_ensemble *ensemble);

/** Take the rates [R] of the trajectories to come. */
void ff_ensemble_set(struct ff_ensemble *ensemble, const double *rates);

/** Run one trajectory of the walk, from its start, into a row of sums: of expected dwells, and of functionals times
 * dwells. */
void ff_ensemble_trajectory(const struct ff_ensemble *ensemble, struct ff_stream stream,
                            struct ff_horizon horizon, double *sums);

/** Run a block into rows of sums [block.n][width]. */
void ff_ensemble_run(const struct ff_ensemble *ensemble, const struct ff_block *block,
                     struct ff_horizon horizon, double *sums);

/** Run trajectories 0..n-1, block by block, into rows of sums [n][width]. */
void ff_ensemble_run_all(const struct ff_ensemble *ensemble, struct ff_draw_key key,
                         struct ff_horizon horizon, int n_trajectories, double *sums);

/** Estimate, per functional, sum of functional times dwell over sum of dwells, per walker, into `out` [Q]. */
void ff_ensemble_averages(const struct ff_ensemble *ensemble, const double *sums,
                          int n_trajectories, struct ff_average *out);

/** `scale` times the ratio of two sums over n independent trajectories (n >= 2), of strided values; the standard error
 * is that of a ratio of means, from residuals a_i - (sum a/sum b) b_i. */
struct ff_average ff_average_ratio(const double *numerator, int stride, const double *denominator,
                                   int denominator_stride, int n_trajectories, double scale);

#endif
