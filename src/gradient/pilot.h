/* How long trajectories and windows must be at these rates, where nobody has said it.
 *
 * A block or two of short trajectories are cut into eight pieces. Let X be the particles on a site times dwell in a piece,
 * T its time, p = sum X/sum T and r = X - p T. Over independent trajectories
 *     sum (sum of r over the pieces)^2 / sum of r^2
 * is the integrated autocorrelation time in pieces, by batch means (Law, Oper. Res. 31:983, 1983): about 1
 * where pieces forget, 8 where nothing is forgotten along a trajectory. The second half less the first shows a drift that all
 * trajectories share. Trajectories become twice as long until no site shows either. A memory that fast changes hide in the
 * pieces is not seen. Beyond 32 sites nothing is tried: numbers are those of the size.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_GRADIENT_PILOT_H
#define FF_GRADIENT_PILOT_H

#include "gradient/estimator.h"

/** Whether some number of these options is left to a pilot: is `auto`, of an estimator with a window. */
bool ff_pilot_is_needed(const struct ff_gradient_options *options);

/** The longest trajectories that a pilot may find: the numbers left to it at their caps. */
void ff_pilot_extend(struct ff_gradient_options *options);

/** Room for the pilots of a process. */
void ff_pilot_create(const struct ff_process *process, struct ff_pilot **out);

/** NULL-safe. */
void ff_pilot_free(struct ff_pilot *pilot);

/** Set the numbers of the gradient's options that are left to a pilot, for the rates of its ensemble and a task: a function of
 * these and the seed alone.  Adds the events that it takes to `n_events`, and leaves the factor that numbers left to it have grown by in
 * *factor. FF_ERR_NUMERICAL as ff_walk_check. */
enum ff_status ff_pilot_run(struct ff_gradient *gradient, uint32_t task, uint32_t iteration,
                            int64_t *n_events, int *factor);

#endif
