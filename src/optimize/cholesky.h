/* Linear equations with a part of a symmetric matrix.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_OPTIMIZE_CHOLESKY_H
#define FF_OPTIMIZE_CHOLESKY_H

#include <stdbool.h>

/** Solve M x = b for b [n], M being the rows and columns chosen [n] of a symmetric matrix whose rows are `stride` long; factor [n][n]
 * is scratch.  True: b has become x.  False: M is not positive definite beyond rounding, and b has become a direction along
 * which it does not curve upwards. */
bool ff_cholesky_solve(const double *matrix, int stride, const int *chosen, int n, double *factor,
                       double *b);

#endif
