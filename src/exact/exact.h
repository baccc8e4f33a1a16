/* Exact steady-state observables and their gradients, for systems whose states can be enumerated.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_EXACT_EXACT_H
#define FF_EXACT_EXACT_H

#include "exact/chain.h"
#include "exact/solver.h"
#include "model/system.h"

/* Values per walker. `current_noise` is the long-time variance rate of the integrated current. */
struct ff_exact_values {
    double current;            /* J */
    double entropy_production; /* sigma, k_B per unit time */
    double activity;           /* events per unit time */
    double current_noise;      /* Var(int J dt) / t */
    double tur_ratio; /* (current_noise / J^2) sigma / 2, at least 1 when nothing is excluded */
};

/* The oracle of one system. */
struct ff_exact;

/** Enumerate.  Borrows the system.  `solver` NULL chooses by size.
 * FF_ERR_NUMERICAL when there are more than FF_MAX_STATES states. */
enum ff_status ff_exact_create(const struct ff_system *system, const struct ff_solver_type *solver,
                               struct ff_exact **out);

/** NULL-safe. */
void ff_exact_free(struct ff_exact *exact);

/** States enumerated. */
int ff_exact_n_states(const struct ff_exact *exact);

/** The solver in use. */
const char *ff_exact_solver_name(const struct ff_exact *exact);

/** Solve at these rates [R].  Everything below is valid until the next call.
 * FF_ERR_NUMERICAL when the chain falls apart at these rates. */
enum ff_status ff_exact_solve(struct ff_exact *exact, const double *rates);

/** Steady-state probabilities [n_states]; borrowed. */
const double *ff_exact_probability(const struct ff_exact *exact);

/** Mean occupations [I] per walker; borrowed. */
const double *ff_exact_occupancy(const struct ff_exact *exact);

/** <a_r> per walker [R]; borrowed. */
const double *ff_exact_flux(const struct ff_exact *exact);

/** J, sigma, activity, noise and TUR ratio; the last two cost one Poisson solve. */
struct ff_exact_values ff_exact_observe(struct ff_exact *exact);

/** J and sigma only, no Poisson solve. */
void ff_exact_means(const struct ff_exact *exact, double *current, double *entropy_production);

/** dJ/dlog k and dsigma/dlog k, [R] each.  Source: with Q h = -(f - <f>),
 * d<f>/dlog k_s = sum_x pi(x) a_s(x) [c_s + h(x + S_s) - h(x)]; sigma has in addition the explicit
 * dependence of ln(k_s/k_s') on the rates, <a_s> - <a_s'>. */
void ff_exact_gradient(struct ff_exact *exact, double *current_gradient, double *entropy_gradient);

#endif
