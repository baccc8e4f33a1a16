/* Projected descent with an exponentially decaying learning rate and averaging of the last iterates.
 *
 * An optimiser that is a direction and this loop fills its descriptor with the functions below and writes
 * `create` alone.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_OPTIMIZE_DESCENT_H
#define FF_OPTIMIZE_DESCENT_H

#include "optimize/optimizer.h"

/** The direction of one step, [P]: theta moves by minus the learning rate times it.
 * `moments` is what the direction remembers: rows of length P, zero before iteration 0. */
typedef void ff_direction(const struct ff_evaluation *evaluation, int n_parameters, int iteration,
                          double *moments, double *direction);

/** State of a descent whose direction remembers n_moments rows. */
enum ff_status ff_descent_create(const struct ff_optimizer_options *options,
                                 const struct ff_objective *objective, ff_direction *direction,
                                 int n_moments, void **out);

/** One evaluation and one move.  At the last iteration theta becomes the average. */
enum ff_status ff_descent_step(void *state, const struct ff_objective *objective, double *theta,
                               struct ff_evaluation *evaluation, enum ff_outcome *outcome);

/** NULL-safe. */
void ff_descent_free(void *state);

/* What a descent must keep to go on. */
extern const struct ff_record_type ff_descent_record;

#endif
