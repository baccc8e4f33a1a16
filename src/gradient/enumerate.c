/* The exact gradient as an estimator: no trajectories, no noise, enumerable systems only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gradient/gradient.h"

#include <string.h>

static enum ff_status exact_estimate(struct ff_gradient *gradient, const double *rates,
                                     struct ff_estimate *out)
{
    struct ff_exact *exact = gradient->exact;
    TRY(ff_exact_solve(exact, rates));
    ff_exact_means(exact, &out->current, &out->entropy_production);
    ff_exact_gradient(exact, out->current_gradient, out->entropy_gradient);
    memcpy(out->flux, ff_exact_flux(exact),
           sizeof *out->flux * (size_t)gradient->system->process->n_channels);
    return FF_OK;
}

const struct ff_estimator_type ff_estimator_exact = {
    .name = "exact",
    .doc = "steady state and Poisson equation of the enumerated states; deterministic",
    .is_exact = true,
    .estimate = exact_estimate,
};
