/* What can be believed of a point.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_FRONT_VERDICT_H
#define FF_FRONT_VERDICT_H

#include "front/task.h"

/** Whether a point has converged: its task did not fail, its optimiser ended by a test of its own, J has not vanished (below
 * 1e-6 of its scale), and nothing speaks against the estimates of J and sigma. */
struct ff_verdict ff_verdict_of(const struct ff_result *result);

/** Points that have not failed and have not converged. */
int ff_verdict_count(const struct ff_result *results, int n);

#endif
