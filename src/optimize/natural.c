/* Natural gradient: the gradient divided by the Fisher information of the trajectory.
 *
 * In log k the information of a jump process is diagonal, <a_r> per unit time, because the likelihood of
 * a trajectory is a product over channels; `metric` is its diagonal in theta, as a fraction of all events.
 * Amari, Neural Comput. 10:251 (1998).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/descent.h"

#include <math.h>

/* Added to the metric in units of its mean: parameters of channels that hardly fire move no faster than
 * this allows. */
static const double damping = 0.1;
static const double largest_component = 10.0; /* of a step, in learning rates */
static const double momentum = 0.9;

/* moments: [0] running mean of the gradient. */
static void natural_direction(const struct ff_evaluation *evaluation, int n_parameters,
                              int iteration, double *moments, double *direction)
{
    double mean_metric = 0.0;
    for (int p = 0; p < n_parameters; p++)
        mean_metric += evaluation->metric[p] / n_parameters;
    const double weight = 1.0 - pow(momentum, iteration + 1);
    for (int p = 0; p < n_parameters; p++) {
        moments[p] = momentum * moments[p] + (1.0 - momentum) * evaluation->gradient[p];
        const double step = moments[p] / weight / (evaluation->metric[p] + damping * mean_metric);
        direction[p] = fmin(fmax(step, -largest_component), largest_component);
    }
}

static enum ff_status natural_create(const struct ff_optimizer_options *options,
                                     const struct ff_objective *objective, void **out)
{
    return ff_descent_create(options, objective, natural_direction, 1, out);
}

const struct ff_optimizer_type ff_optimizer_natural = {
    .name = "natural",
    .doc = "natural gradient with the diagonal Fisher information of the jump process",
    .create = natural_create,
    .step = ff_descent_step,
    .free = ff_descent_free,
    .state = &ff_descent_record,
};
