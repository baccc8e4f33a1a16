/* Weighted sum and smooth augmented Chebyshev.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/scalarization.h"

#include <math.h>
#include <stddef.h>

/* Width of the rounded corner, and weight of the sum that keeps weakly dominated points out, both in
 * units of the scaled objectives. */
static const double smoothing = 0.01, augmentation = 0.01;

static double weighted(const struct ff_scalarization *s, double current, double entropy,
                       double slopes[2])
{
    slopes[0] = -s->weight / s->current_scale;
    slopes[1] = (1.0 - s->weight) / s->entropy_scale;
    return slopes[0] * current + slopes[1] * entropy;
}

static double chebyshev(const struct ff_scalarization *s, double current, double entropy,
                        double slopes[2])
{
    const double slope_j = -s->weight / s->current_scale;
    const double slope_s = (1.0 - s->weight) / s->entropy_scale;
    const double t_j = slope_j * (current - s->current_ideal);
    const double t_s = slope_s * (entropy - s->entropy_ideal);
    const double share_j = 1.0 / (1.0 + exp((t_s - t_j) / smoothing));
    const double larger = fmax(t_j, t_s), smaller = fmin(t_j, t_s);
    slopes[0] = slope_j * (share_j + augmentation);
    slopes[1] = slope_s * (1.0 - share_j + augmentation);
    return larger + smoothing * log1p(exp((smaller - larger) / smoothing)) +
           augmentation * (t_j + t_s);
}

double ff_scalarize(const struct ff_scalarization *scalarization, double current,
                    double entropy_production, double *by_current, double *by_entropy)
{
    double slopes[2];
    const double value = scalarization->kind == FF_SCALARIZATION_WEIGHTED
                             ? weighted(scalarization, current, entropy_production, slopes)
                             : chebyshev(scalarization, current, entropy_production, slopes);
    if (by_current != NULL)
        *by_current = slopes[0];
    if (by_entropy != NULL)
        *by_entropy = slopes[1];
    return value;
}
