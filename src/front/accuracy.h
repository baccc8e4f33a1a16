/* How good a gradient estimator is: many independent estimates against the exact gradient.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_FRONT_ACCURACY_H
#define FF_FRONT_ACCURACY_H

#include "front/scalarization.h"
#include "gradient/gradient.h"

/* Gradients in theta that are judged. The Chebyshev scalarisation is taken at its corner, where it is
 * least linear: t_J = t_sigma at the exact values. */
enum ff_target {
    FF_TARGET_CURRENT,
    FF_TARGET_ENTROPY,
    FF_TARGET_WEIGHTED,
    FF_TARGET_CHEBYSHEV,
    FF_N_TARGETS
};

extern const char *const ff_target_names[FF_N_TARGETS];

/* Moments over repeats. Arrays [FF_N_TARGETS][P]. */
struct ff_accuracy {
    enum ff_status status; /* FF_ERR_DIVERGED: no figures */
    char *failure;         /* why, if it failed */
    int n_parameters, n_repeats;
    double *mean, *variance; /* variance of one estimate */
    double seconds;          /* processor time of all repeats */
    int64_t n_events;
};

/* Summary of one target. */
struct ff_accuracy_summary {
    double relative_error; /* |mean - exact| / |exact| */
    double resolution;     /* standard error of the mean / |exact| */
    double cosine;         /* of mean and exact */
    double snr;            /* |exact| / root of the summed variance of one estimate */
    double largest_z;      /* over parameters, |mean - exact| / standard error */
};

/** The two scalarisations at exact values J and sigma, scales |J| and sigma: weighted with w = 3/4 (at 1/2 the noise
 * of J and sigma cancels in a single cycle, where one is a multiple of the other), Chebyshev with 1/2. */
void ff_accuracy_scalarizations(double current, double entropy_production,
                                struct ff_scalarization out[2]);

/** The exact gradients of all targets at these rates, into [FF_N_TARGETS][P].  FF_ERR_NUMERICAL without a chain. */
enum ff_status ff_accuracy_exact(const struct ff_system *system, const struct ff_chain *chain,
                                 const double *rates, struct ff_scalarization scalarizations[2],
                                 double *out);

/** Repeat estimates with the random numbers of `task` and iterations 0..n_repeats-1. */
void ff_accuracy_measure(const struct ff_system *system, const struct ff_chain *chain,
                         const struct ff_gradient_options *options, const double *rates,
                         const struct ff_scalarization scalarizations[2], uint32_t task,
                         int n_repeats, struct ff_accuracy *out);
void ff_accuracy_free(struct ff_accuracy *accuracy);

/** Compare one target with its exact gradient [P]. */
struct ff_accuracy_summary ff_accuracy_summarize(const struct ff_accuracy *accuracy,
                                                 enum ff_target target, const double *exact);

/** Summed variance of one estimate of a target over parameters. */
double ff_accuracy_total_variance(const struct ff_accuracy *accuracy, enum ff_target target);

#endif
