/* Estimates of the means of functionals and of their gradients with respect to log k.
 *
 * For an ensemble of trajectories with a fixed number of events, a mean is m = F/T with F = sum f(x_n) tau_n and
 * T = sum tau_n, hence grad m = (grad F - m grad T)/T. An estimator (gradient/estimator.h) delivers, per block of
 * tracked trajectories, the sums whose expectations are grad F and grad T; means come from tracked and baseline
 * trajectories together. For samples at a time, T is the number of trajectories.
 *
 * Of particles that do not meet the gauge knows means and fluxes (simulate/poisson.h). All terms are taken at these: every
 * estimate is the exact gradient then, from one trajectory. Of particles that meet, a projection on the states that
 * trajectories meet (simulate/projection.h) takes out the noise, all of it where these are all there are.
 *
 * Estimates keep what each block has contributed: the spread of blocks is the covariance of everything here.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_GRADIENT_GRADIENT_H
#define FF_GRADIENT_GRADIENT_H

#include "base/keys.h"
#include "gradient/estimate.h"

/** All estimators, NULL-terminated. */
extern const struct ff_estimator_type *const ff_estimator_types[];
extern const struct ff_estimator_type ff_estimator_score, ff_estimator_stgs, ff_estimator_rbst,
    ff_estimator_local, ff_estimator_exact;

/** A word for the estimator that suits a system best. */
extern const struct ff_estimator_type ff_estimator_auto;

/** The estimator itself, or the one that it stands for. */
const struct ff_estimator_type *ff_estimator_choose(const struct ff_estimator_type *type,
                                                    const struct ff_process *process,
                                                    const struct ff_chain *chain);

/** The section `gradient`, which fills a struct ff_gradient_options, and `simulation`, which fills its horizon, both of them one. */
extern const struct ff_keys ff_keys_gradient, ff_keys_simulation;

/** Bind an estimator to a system and functionals.  Borrows them, and the chain, which is NULL for a system without one.
 * FF_ERR_NUMERICAL when the estimator cannot differentiate one of the functionals, or needs a chain and has none. */
enum ff_status ff_gradient_create(const struct ff_system *system, struct ff_functionals functionals,
                                  const struct ff_chain *chain,
                                  const struct ff_gradient_options *options,
                                  struct ff_gradient **out);

/** NULL-safe. */
void ff_gradient_free(struct ff_gradient *gradient);

/** Estimate at these rates [R] from `samples` times the trajectories of the options (at least 1); the result is a pure
 * function of (seed, task, iteration, samples).  Allocates only when asked for more samples than ever before.
 * FF_ERR_DIVERGED or FF_ERR_NUMERICAL leave `out` undefined. */
enum ff_status ff_gradient_estimate(struct ff_gradient *gradient, const double *rates,
                                    uint32_t task, uint32_t iteration, int samples,
                                    struct ff_estimate *out);

/** Room for estimates by this gradient, which is borrowed. */
void ff_estimate_create(const struct ff_gradient *gradient, struct ff_estimate *out);
void ff_estimate_free(struct ff_estimate *estimate);

#endif
