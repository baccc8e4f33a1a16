/* What can be believed of a point.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_FRONT_VERDICT_H
#define FF_FRONT_VERDICT_H

#include "front/task.h"

/** Whether a point has converged: its optimiser ended by a test of its own, J has not vanished (below 1e-6 of its
 * scale), and its estimates of J and sigma agree with the exact values where these are known. The reason goes to `verdict`, a text of at most `size` characters: "converged", or
 * "not converged: " and why. A failed point has not converged. */
bool ff_verdict_of(const struct ff_result *result, char *verdict, size_t size);

/** Points that have not failed and have not converged; without `ends_itself` the optimiser has no test of its own, and
 * running to its last iteration does not count. */
int ff_verdict_count(const struct ff_result *results, int n, bool ends_itself);

#endif
