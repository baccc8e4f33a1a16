/* Weighted sum and smooth augmented Chebyshev.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/scalarization.h"

#include "model/observables.h"

#include <math.h>
#include <stddef.h>

/* Width of the rounded corner, and weight of the sum that keeps weakly dominated points out, both in
 * units of the scaled objectives. */
static const double smoothing = 0.01, augmentation = 0.01;

static double weighted_value(const void *data, const double *means, double *slopes)
{
    const struct ff_scalarization *s = data;
    const double by_current = -s->weight / s->current_scale;
    const double by_entropy = (1.0 - s->weight) / s->entropy_scale;
    if (slopes != NULL) {
        slopes[FF_J] = by_current;
        slopes[FF_SIGMA] = by_entropy;
    }
    return by_current * means[FF_J] + by_entropy * means[FF_SIGMA];
}

static double chebyshev_value(const void *data, const double *means, double *slopes)
{
    const struct ff_scalarization *s = data;
    const double by_current = -s->weight / s->current_scale;
    const double by_entropy = (1.0 - s->weight) / s->entropy_scale;
    const double t_j = by_current * (means[FF_J] - s->current_ideal);
    const double t_s = by_entropy * (means[FF_SIGMA] - s->entropy_ideal);
    const double share_j = 1.0 / (1.0 + exp((t_s - t_j) / smoothing));
    const double larger = fmax(t_j, t_s), smaller = fmin(t_j, t_s);
    if (slopes != NULL) {
        slopes[FF_J] = by_current * (share_j + augmentation);
        slopes[FF_SIGMA] = by_entropy * (1.0 - share_j + augmentation);
    }
    return larger + smoothing * log1p(exp((smaller - larger) / smoothing)) +
           augmentation * (t_j + t_s);
}

static const struct ff_scalarization_type weighted = {
    .loss = {.name = "weighted",
             .doc = "-w J/J_scale + (1-w) sigma/sigma_scale; reaches convex fronts",
             .value = weighted_value},
};

static const struct ff_scalarization_type chebyshev = {
    .loss =
        {.name = "chebyshev",
         .doc =
             "the larger of w (J_ideal - J)/J_scale and (1-w) (sigma - sigma_ideal)/sigma_scale, smoothed; also reaches straight and concave fronts",
         .value = chebyshev_value},
    .needs_ideal = true,
};

const struct ff_scalarization_type *const ff_scalarization_types[] = {
#define LISTED(kind, name) &(name),
    FF_SCALARIZATION_LIST(LISTED)
#undef LISTED
        NULL};

struct ff_loss ff_scalarization_loss(const struct ff_scalarization *scalarization)
{
    return (struct ff_loss){&ff_scalarization_types[scalarization->kind]->loss, scalarization};
}

double ff_scalarize(const struct ff_scalarization *scalarization, double current,
                    double entropy_production, double *by_current, double *by_entropy)
{
    const struct ff_loss loss = ff_scalarization_loss(scalarization);
    const double means[FF_N_OBSERVABLES] = {current, entropy_production};
    double slopes[FF_N_OBSERVABLES];
    const double value = loss.type->value(loss.data, means, slopes);
    if (by_current != NULL)
        *by_current = slopes[FF_J];
    if (by_entropy != NULL)
        *by_entropy = slopes[FF_SIGMA];
    return value;
}
