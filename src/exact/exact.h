/* Exact steady-state means of functionals and their gradients, for systems whose states can be enumerated.
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
    double
        tur_ratio; /* (current_noise / J^2) sigma / 2, at least 1; NaN where J is zero or channels are excluded */
};

/* The oracle of one system: of Q functionals over R channels. */
struct ff_exact;

/** Whether the chain has one steady state, in which something happens: FF_ERR_NUMERICAL, naming states, when it has several
 * closed classes, or one of a single state that nothing leaves (exact/classes.h). */
enum ff_status ff_chain_check_steady(const struct ff_process *process,
                                     const struct ff_chain *chain);

/** Borrows the system, the functionals and the chain.  `solver` NULL chooses by size.
 * Solves on the closed class of the chain, of which there must be one (exact/classes.h): probabilities are zero
 * elsewhere.  FF_ERR_NUMERICAL without a chain, and for functionals that a chain does not give: samples, and state functions of
 * several independent walkers, of which it follows one. */
enum ff_status ff_exact_create(const struct ff_system *system, struct ff_functionals functionals,
                               const struct ff_chain *chain, const struct ff_solver_type *solver,
                               struct ff_exact **out);

/** NULL-safe. */
void ff_exact_free(struct ff_exact *exact);

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

/** Means [Q]. */
void ff_exact_means(struct ff_exact *exact, double *means);

/** Gradients by log k, [Q][R].  Source: with Q h = -(f - <f>),
 * d<f>/dlog k_s = sum_x pi(x) a_s(x) [c_s + h(x + S_s) - h(x)]; coefficients that depend on the rates add their
 * explicit part. */
void ff_exact_gradient(struct ff_exact *exact, double *gradients);

/** J, sigma, activity, noise and TUR ratio of an oracle whose functionals begin with J and sigma; one Poisson
 * solve. */
struct ff_exact_values ff_exact_observe(struct ff_exact *exact);

#endif
