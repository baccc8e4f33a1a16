/* Adam (Kingma and Ba, ICLR 2015), with the driver's decay and averaging.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/optimizer.h"

#include <math.h>

static const double beta_mean = 0.9, beta_square = 0.95;

/* state: [0] running mean of the gradient, [1] of its square. */
static void adam_direction(const struct ff_evaluation *evaluation, int n_parameters, int iteration,
                           double *state, double *direction)
{
    double *mean = state, *square = state + n_parameters;
    const double mean_weight = 1.0 - pow(beta_mean, iteration + 1);
    const double square_weight = 1.0 - pow(beta_square, iteration + 1);
    for (int p = 0; p < n_parameters; p++) {
        const double g = evaluation->gradient[p];
        mean[p] = beta_mean * mean[p] + (1.0 - beta_mean) * g;
        square[p] = beta_square * square[p] + (1.0 - beta_square) * g * g;
        const double size = sqrt(square[p] / square_weight);
        direction[p] = size > 0.0 ? mean[p] / mean_weight / size : 0.0;
    }
}

static enum ff_status adam_minimize(const struct ff_objective *objective,
                                    const struct ff_optimizer_options *options, double *theta,
                                    struct ff_trace *trace, enum ff_outcome *outcome)
{
    return ff_descend(objective, options, adam_direction, theta, trace, outcome);
}

const struct ff_optimizer_type ff_optimizer_adam = {
    .name = "adam",
    .doc = "Adam with learning-rate decay and averaging of the last iterates",
    .minimize = adam_minimize,
};
