/* What states that a simulation missed would have held: on an enumerated chain the times in some states follow from those
 * in the others, as probabilities of a censored chain do (Grassmann, Taksar and Heyman, Oper. Res. 33:1107, 1985).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_UNSEEN_H
#define FF_SIMULATE_UNSEEN_H

#include "exact/chain.h"

/** Fill `time` [n_states] where not `is_known` [n_states] from where it is: expected, at these rates [R]; at least so much
 * where the unknown states are more than a few hundred, else infinite in states that are entered and never left for a known
 * one. */
void ff_unseen_times(const struct ff_chain *chain, const double *rates, const bool *is_known,
                     double *time);

#endif
