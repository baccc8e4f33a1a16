/* What can be believed of a point.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_FRONT_VERDICT_H
#define FF_FRONT_VERDICT_H

#include "front/task.h"

/** Whether a point has converged: its optimiser ended by a test of its own, J has not vanished (below 1e-6 of its scale),
 * nothing speaks against its estimates, and the best known optimum of its scalarisation, NaN where it is not known, is not
 * better by more than 0.5 % of itself.  A failed point has not. */
struct ff_verdict ff_verdict_of(const struct ff_result *result, double optimum);

/** Points that have not failed and have not converged; optima [n], or NULL. */
int ff_verdict_count(const struct ff_result *results, int n, const double *optima);

#endif
