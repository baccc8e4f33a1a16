/* The gauge of current and entropy production: the same means, far less noise near equilibrium.
 *
 * In a steady state sum_r <a_r> S_ri = 0 for every site i. So a coefficient vector may be replaced by
 *     f~_r = f_r + sum_i S_ri phi_i
 * with any potential phi on the sites: sum_r <a_r> f~_r is the same. Two choices are made from the rates alone.
 *  1. s_r = ln(k_r/k_r') holds the energy differences between sites. The phi that minimises
 *     sum_r s~_r^2 takes out what is a gradient and leaves what circulates (the Hodge decomposition of
 *     the forces; Jiang, Lim, Yao and Ye, Math. Program. 127:203, 2011).
 *  2. exp(-phi) estimates the occupations, so w_r = k_r prod_i exp(-order_ri phi_i) the traffic. The
 *     potential that minimises sum_r w_r f~_r^2, for the current and for the entropy production, spreads a
 *     current over edges as resistors in parallel and in series do. At equilibrium the conditional rate
 *     sum_r f~_r a_r(x) of independent particles is then zero in every state: an estimator without noise.
 * phi may depend on the rates: its derivative multiplies sum_r <a_r> S_ri = 0.
 *
 * Of particles that do not meet the potential that leaves no noise at all is the solution of Poisson's equation
 * (simulate/poisson.h). It is taken where it is asked for: whoever measures an error by the spread of trajectories has
 * nothing to go by then but rounding.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_GAUGE_H
#define FF_SIMULATE_GAUGE_H

#include "simulate/poisson.h"

/* Scratch of the solves. */
struct ff_gauge {
    struct ff_poisson *poisson; /* NULL: not asked for, or not to be had */
    double *weight;             /* [R] */
    double *phi, *residual, *direction, *image, *diagonal; /* [I] */
};

void ff_gauge_create(const struct ff_process *process, struct ff_gauge *out);
void ff_gauge_free(struct ff_gauge *gauge);

/** Solve Poisson's equation from now on, where the process has one of a single walker. */
void ff_gauge_use_poisson(struct ff_gauge *gauge, const struct ff_process *process);

/** Estimate the traffic at these rates [R] from the forces s_r [R]. */
void ff_gauge_weigh(struct ff_gauge *gauge, const struct ff_process *process, const double *rates,
                    const double *forces);

/** Replace the coefficients f_r [R] of a functional by f~_r, at the rates [R] that were weighed.  A solve that is cut
 * short by its limit of iterations still gives a valid gauge. */
void ff_gauge_apply(struct ff_gauge *gauge, const struct ff_process *process, const double *rates,
                    double *coefficient);

/** Whether the gauge that was weighed is that of Poisson's equation. */
bool ff_gauge_is_solved(const struct ff_gauge *gauge);

/** The steady fluxes <a_r> [R] per walker at the rates that were weighed, if the gauge knows them: false where they are left
 * to simulation. */
bool ff_gauge_flux(const struct ff_gauge *gauge, const double *rates, double *flux);

#endif
