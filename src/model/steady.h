/* What the stoichiometry alone says of steady states: which currents vanish, and which sums over some of the channels
 * are an entropy production.
 *
 * In a steady state sum_r <a_r> S_ri = 0 for every site i, so a current of coefficients c_r = sum_i S_ri phi_i is zero,
 * whatever the rates. Along hops, which take a particle from one place to another, that is the case when c adds up to
 * zero around every cycle.
 *
 * The sum over some channels, sum_r <a_r> s_r with s_r = ln(k_r/k_r') + ..., is a bilinear form of currents and forces. It
 * is the entropy production of a part, and so never negative, where the part is closed:
 *  - particles that do not interact: no two-connected block of the graph of hops holds both counted and excluded
 *    channels, for the net current out of a block is zero at each of its sites;
 *  - any process: the excluded channels come in pairs without net current; or they leave alone the sites that counted
 *    channels read or change, which are then a process of their own.
 * Elsewhere an excluded channel can drive a counted one against its force, and the sum has no lower bound.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_MODEL_STEADY_H
#define FF_MODEL_STEADY_H

#include "model/process.h"

/** Whether the current sum_e weight_e (<a_e> - <a_e'>) over edges, weights [E], is zero in every steady state.  False where
 * the system is too large to tell (more than about a thousand species). */
bool ff_steady_is_zero(const struct ff_process *process, const double *weight);

/* What a sum over some of the channels is. */
enum ff_partial {
    FF_PARTIAL_ENTROPY,  /* an entropy production rate: never negative */
    FF_PARTIAL_ZERO,     /* zero in every steady state */
    FF_PARTIAL_UNBOUNDED /* a bilinear form, of either sign */
};

/** The sum over channels [R]; `culprit` is a counted channel that excluded ones may drive, where it is unbounded. */
enum ff_partial ff_steady_partial(const struct ff_process *process, const bool *is_counted,
                                  int *culprit);

#endif
