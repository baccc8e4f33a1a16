/* Cholesky's factorisation, row by row.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/cholesky.h"

#include <math.h>
#include <stddef.h>

static const double least_pivot = 1e-13; /* of the diagonal element that it comes from */

/* L with L L' = M, lower triangle; returns the rows done before a pivot is lost, n if none is. */
static int factorize(const double *matrix, int stride, const int *chosen, int n, double *factor)
{
    for (int i = 0; i < n; i++) {
        double *row = factor + (size_t)i * (size_t)n;
        const double *given = matrix + (size_t)chosen[i] * (size_t)stride;
        for (int j = 0; j <= i; j++) {
            const double *other = factor + (size_t)j * (size_t)n;
            double rest = given[chosen[j]];
            for (int k = 0; k < j; k++)
                rest -= row[k] * other[k];
            if (j < i)
                row[j] = rest / other[j];
            else if (rest > least_pivot * given[chosen[i]])
                row[i] = sqrt(rest);
            else
                return i;
        }
    }
    return n;
}

/* b becomes the solution of L' x = b over the first m rows. */
static void substitute_back(const double *factor, int n, int m, double *b)
{
    for (int i = m - 1; i >= 0; i--) {
        for (int k = i + 1; k < m; k++)
            b[i] -= factor[(size_t)k * (size_t)n + (size_t)i] * b[k];
        b[i] /= factor[(size_t)i * (size_t)n + (size_t)i];
    }
}

bool ff_cholesky_solve(const double *matrix, int stride, const int *chosen, int n, double *factor,
                       double *b)
{
    const int m = factorize(matrix, stride, chosen, n, factor);
    if (m < n) { /* with M x = -(column m) above it, a one in place m curves by the lost pivot */
        const double *row = factor + (size_t)m * (size_t)n;
        for (int i = 0; i < n; i++)
            b[i] = i < m ? -row[i] : i == m;
        substitute_back(factor, n, m, b);
        return false;
    }
    for (int i = 0; i < n; i++) {
        const double *row = factor + (size_t)i * (size_t)n;
        for (int k = 0; k < i; k++)
            b[i] -= row[k] * b[k];
        b[i] /= row[i];
    }
    substitute_back(factor, n, n, b);
    return true;
}
