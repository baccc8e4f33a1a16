/* Poisson's equation of a single walker: the potential with which a functional has no noise.
 *
 * Particles that hop from site to site without meeting have propensities a_r(x) = k_r x_i, i the site that channel r
 * leaves. With m the mean per particle and phi the solution of
 *     sum_{r leaving i} k_r (f_r + phi_to(r) - phi_i) = m    for every site i
 * the coefficients f~_r = f_r + phi_to(r) - phi_i give sum_r f~_r a_r(x) = m times the number of particles in every
 * state: an estimator without variance (Henderson and Glynn, Math. Oper. Res. 27:253, 2002).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_POISSON_H
#define FF_SIMULATE_POISSON_H

#include "exact/solver.h"

/* Workspace over I sites. */
struct ff_poisson {
    struct ff_chain *chain; /* of one walker, who is on site i in state i */
    void *factors;          /* at the rates that were set; NULL where they have no solution */
    double *pi, *g, *h;     /* [I] of exact/solver.h */
};

/** *out = NULL for a process that is not of this kind, has more than 256 sites, or sites that do not all lead to each
 * other. */
void ff_poisson_create(const struct ff_process *process, struct ff_poisson **out);

/** NULL-safe. */
void ff_poisson_free(struct ff_poisson *poisson);

/** Take rates [R].  False where they are so far apart that there is no solution in floating point. */
bool ff_poisson_set(struct ff_poisson *poisson, const double *rates);

/** Replace the coefficients f_r [R] by f~_r, at the rates [R] that were set. */
void ff_poisson_apply(struct ff_poisson *poisson, const double *rates, double *coefficient);

/** Steady fluxes <a_r> [R] per walker at the rates [R] that were set. */
void ff_poisson_flux(const struct ff_poisson *poisson, const double *rates, double *flux);

#endif
