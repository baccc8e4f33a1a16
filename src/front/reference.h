/* The exact front: what the run's points should have reached.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_FRONT_REFERENCE_H
#define FF_FRONT_REFERENCE_H

#include "front/archive.h"

enum { FF_BOUND_POINTS = 101 };

/* Exact optima of given scalarisations, and the analytic bound where there is one. */
struct ff_reference {
    int n_points, n_parameters;
    double *current,
        *entropy_production; /* [n_points] of the exact optimum; NaN if none was found */
    double *objective;       /* [n_points] its scalarised value */
    double *theta;           /* [n_points][P] */
    double *bound_slope;     /* [n_points][P] at theta, see front/bounds.h */
    int n_bound;             /* 0 or FF_BOUND_POINTS */
    double *bound_current, *bound_entropy_production; /* [n_bound], NULL without a bound */
};

/* Its field table: group /reference. */
extern const struct ff_record_type ff_reference_record;

/* Section `reference` of a configuration. */
struct ff_reference_options {
    bool is_wanted;
    int max_states, n_starts, iterations;
};

/** The section `reference`, which fills a struct ff_reference_options. */
extern const struct ff_keys ff_keys_reference;

/** Minimise each of n scalarisations exactly by quasi-Newton from options->n_starts starts, theta = 0 and random
 * ones, from the optimum before, and from `hints`, [n][P] or NULL; a row of hints that begins with NaN is
 * passed over. Points without any optimum are NaN.  Borrows the system and the chain.
 * FF_ERR_NUMERICAL when there are more than options->max_states states: no chain, or a larger one. */
enum ff_status ff_reference_create(const struct ff_system *system, const struct ff_chain *chain,
                                   const struct ff_reference_options *options, uint64_t seed,
                                   const struct ff_scalarization *scalarizations, int n,
                                   const double *hints, struct ff_reference **out);

/** NULL-safe. */
void ff_reference_free(struct ff_reference *reference);

#endif
