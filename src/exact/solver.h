/* Linear algebra of an irreducible Markov chain: the steady state and the Poisson equation.
 *
 * With Q the generator (rows sum to zero), a solver factorises once and answers
 *     steady:   pi Q = 0, sum pi = 1
 *     poisson:  Q h = -g   for g with pi g = 0; h is fixed up to a constant, chosen arbitrarily
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_EXACT_SOLVER_H
#define FF_EXACT_SOLVER_H

#include "exact/chain.h"

/* A way to solve; `state` is private to it. */
struct ff_solver_type {
    const char *name;
    enum ff_status (*factorise)(const struct ff_chain *chain, const double *rates, void **state);
    void (*steady)(const void *state, double *pi);
    void (*poisson)(const void *state, const double *g, double *h);
    void (*free)(void *state);
};

/** Dense elimination without subtractions (Grassmann, Taksar, Heyman, Oper. Res. 33:1107, 1985): every
 * entry of pi is accurate to a few units of the last place, however stiff the chain. O(n^3). */
extern const struct ff_solver_type ff_solver_gth;

/** Sparse LU by SuiteSparse KLU (Davis, Palamadai Natarajan, ACM TOMS 37:36, 2010). */
extern const struct ff_solver_type ff_solver_klu;

/** The solver for a chain of this many states: GTH up to 200, KLU above. */
const struct ff_solver_type *ff_solver_for(int n_states);

#endif
