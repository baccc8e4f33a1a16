/* The exact gradient as an estimator: no trajectories, no noise, enumerable systems only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gradient/estimator.h"
#include "gradient/gradient.h"

#include <string.h>

static enum ff_status exact_estimate(struct ff_gradient *gradient, const double *rates,
                                     struct ff_estimate *out)
{
    struct ff_exact *exact = gradient->exact;
    TRY(ff_exact_solve(exact, rates));
    ff_exact_means(exact, out->mean);
    ff_exact_gradient(exact, out->gradient);
    memcpy(out->flux, ff_exact_flux(exact), sizeof *out->flux * (size_t)out->n_channels);
    return FF_OK;
}

const struct ff_estimator_type ff_estimator_exact = {
    .name = "exact",
    .doc = "steady state and Poisson equation of the enumerated states; deterministic",
    .kinds = 1u << FF_CHANNEL | 1u << FF_STATE,
    .is_exact = true,
    .estimate = exact_estimate,
};
