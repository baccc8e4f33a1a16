/* Estimates of the means of functionals and of their gradients with respect to log k.
 *
 * For an ensemble of trajectories with a fixed number of events, a mean is m = F/T with F = sum f(x_n) tau_n and
 * T = sum tau_n, hence grad m = (grad F - m grad T)/T. An estimator (gradient/estimator.h) delivers, per block of
 * tracked trajectories, the sums whose expectations are grad F and grad T; means come from tracked and baseline
 * trajectories together. For samples at a time, T is the number of trajectories.
 *
 * Estimates keep what each block has contributed: the spread of blocks is the covariance of everything here.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_GRADIENT_GRADIENT_H
#define FF_GRADIENT_GRADIENT_H

#include "base/keys.h"
#include "exact/exact.h"
#include "simulate/horizon.h"

struct ff_estimator_type;

/* Sections `gradient` and `simulation` of a configuration. */
struct ff_gradient_options {
    const struct ff_estimator_type *estimator;
    int window;         /* score, local: events of credit after each choice */
    int locality;       /* local: channels so near get full credit; 0 = all of them */
    double temperature; /* stgs: of the relaxed choice, in (0, 1] */
    int truncation; /* stgs, rbst: least number of events a choice is followed for; 0 = to the end */
    int tracked, baseline; /* trajectories of either kind per estimate */
    struct ff_horizon horizon;
    uint64_t seed;
};

/* What the tracked trajectories of one block leave behind, summed over them. */
struct ff_track {
    double *sums; /* row: dwells, and functionals times dwells, over all events */
    double time;  /* dwells of the events with a gradient */
    double *
        rows; /* [R] rows: gradients of the sums by log k_r; [1 + Q] is sum h_r tau, of the events with one */
};

/* One estimate over Q functionals, R channels and B blocks; arrays are owned. Per walker, per unit time. */
struct ff_estimate {
    int n_functionals, n_channels;
    double *mean;     /* [Q] */
    double *gradient; /* [Q][R] dm/dlog k */
    double *flux;     /* [R] <a_r> */
    int64_t n_events; /* simulated, burn-in included */
    int n_blocks;     /* B, tracked ones first; 0 for an exact estimate */
    int n_tracked;
    /* What deviations are made from. */
    const struct ff_gradient *source; /* borrowed */
    int capacity[2];                  /* blocks there is room for: tracked, baseline */
    struct ff_track *tracks;          /* [n_tracked] */
    double *baseline;                 /* [B - n_tracked] rows of sums */
    struct ff_track total;            /* of all tracked blocks; its sums are those of all blocks */
    double *centre;          /* [Q][R] what is taken for m beside grad T, all walkers together */
    double *centre_of_block; /* [Q][R] scratch */
    double *flux_of_block;   /* [R] scratch */
};

/** All estimators, NULL-terminated. */
extern const struct ff_estimator_type *const ff_estimator_types[];
extern const struct ff_estimator_type ff_estimator_score, ff_estimator_stgs, ff_estimator_rbst,
    ff_estimator_local, ff_estimator_exact;

/** The section `gradient`, which fills a struct ff_gradient_options, and `simulation`, which fills its horizon. */
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

/** Gradient of functional q, [R]; borrowed. */
static inline const double *ff_estimate_gradient(const struct ff_estimate *estimate, int q)
{
    return estimate->gradient + (size_t)q * (size_t)estimate->n_channels;
}

/** How far block b has pulled the means, into `out` [Q]: the covariance of two linear combinations of estimates is the sum
 * over blocks of the products of their deviations. To first order in the spread (delta method), for B independent
 * blocks, B/(B-1) included; NaN if there are not two blocks. */
void ff_estimate_mean_deviation(const struct ff_estimate *estimate, int block, double *out);

/** The same for the gradient of functional q, into `out` [R]; NaN if there are not two tracked blocks.  Uses scratch of the
 * estimate. */
void ff_estimate_gradient_deviation(struct ff_estimate *estimate, int block, int q, double *out);

#endif
