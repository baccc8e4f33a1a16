/* One-sided differences, made symmetric.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/hessian.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* In theta, whose unit is a factor of e: rounding of the gradient and its third derivative both leave five digits or more. */
static const double probe_length = 1e-5;

void ff_hessian_create(int n_parameters, struct ff_hessian *out)
{
    const size_t n = (size_t)n_parameters;
    *out = (struct ff_hessian){
        .n_parameters = n_parameters, .matrix = FF_NEW(double, n *n), .place = FF_NEW(double, n)};
}

void ff_hessian_free(struct ff_hessian *hessian)
{
    free(hessian->matrix);
    free(hessian->place);
}

double ff_hessian_distance(const struct ff_hessian *hessian, const double *theta)
{
    double largest = hessian->is_known ? 0.0 : INFINITY;
    for (int p = 0; p < hessian->n_parameters; p++)
        largest = fmax(largest, fabs(hessian->place[p] - theta[p]));
    return largest;
}

bool ff_hessian_is_at(const struct ff_hessian *hessian, const double *theta)
{
    return ff_hessian_distance(hessian, theta) == 0.0;
}

static void make_symmetric(double *matrix, int n)
{
    for (int p = 0; p < n; p++)
        for (int q = 0; q < p; q++) {
            double *one = &matrix[p * n + q], *other = &matrix[q * n + p];
            *one = *other = 0.5 * (*one + *other);
        }
}

enum ff_status ff_hessian_measure(struct ff_hessian *hessian, const struct ff_objective *objective,
                                  const double *theta, const double *gradient, int *iteration,
                                  struct ff_evaluation *probe)
{
    const int n = hessian->n_parameters;
    double *place = hessian->place;
    hessian->is_known = false;
    memcpy(place, theta, sizeof *theta * (size_t)n);
    for (int p = 0; p < n; p++) {
        const double length =
            theta[p] + probe_length <= objective->upper[p] ? probe_length : -probe_length;
        place[p] = theta[p] + length;
        const struct ff_request request = {(uint32_t)(*iteration)++, 1};
        TRY(objective->evaluate(objective->context, place, request, probe));
        for (int q = 0; q < n; q++)
            hessian->matrix[p * n + q] = (probe->gradient[q] - gradient[q]) / (place[p] - theta[p]);
        place[p] = theta[p];
    }
    make_symmetric(hessian->matrix, n);
    hessian->is_known = true;
    return FF_OK;
}
