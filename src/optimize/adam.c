/* Adam (Kingma and Ba, ICLR 2015), with the descent's decay and averaging.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/descent.h"

#include <math.h>

static const double beta_mean = 0.9, beta_square = 0.95;

/* moments: [0] running mean of the gradient, [1] of its square. */
static void adam_direction(const struct ff_evaluation *evaluation, int n_parameters, int iteration,
                           double *moments, double *direction)
{
    double *mean = moments, *square = moments + n_parameters;
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

static enum ff_status adam_create(const struct ff_optimizer_options *options,
                                  const struct ff_objective *objective, void **out)
{
    return ff_descent_create(options, objective, adam_direction, 2, out);
}

const struct ff_optimizer_type ff_optimizer_adam = {
    .name = "adam",
    .doc = "Adam with learning-rate decay and averaging of the last iterates",
    .create = adam_create,
    .step = ff_descent_step,
    .free = ff_descent_free,
    .state = &ff_descent_record,
};
