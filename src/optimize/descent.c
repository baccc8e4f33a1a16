/* The loop that the stochastic optimisers share, one turn at a time.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/descent.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What steps change, and its lengths. */
struct descent_memory {
    int n_parameters, n_moments, iteration;
    double *moments; /* [n_moments][P] */
    double *average; /* [P] */
};

struct descent {
    struct descent_memory memory; /* first, as ff_optimizer_type asks */
    struct ff_optimizer_options options;
    ff_direction *direction;
    double *step; /* [P] */
};

static const struct ff_field fields[] = {
    FF_FIELD(descent_memory, n_parameters, INT, "n_parameters", FF_UNIT_ONE,
             "number of parameters"),
    FF_FIELD(descent_memory, n_moments, INT, "n_moments", FF_UNIT_ONE,
             "number of running means per parameter"),
    FF_FIELD(descent_memory, iteration, INT, "iteration", FF_UNIT_ONE,
             "steps made; sets the learning rate and selects the random numbers"),
    FF_FIELD(descent_memory, moments, REAL, "moments", FF_UNIT_ONE,
             "running means of functions of the gradient, which began at 0", NULL,
             FF_AXIS(descent_memory, n_moments, "moment"),
             FF_SECOND_AXIS(descent_memory, n_parameters, "parameter")),
    FF_FIELD(descent_memory, average, REAL, "average", FF_UNIT_ONE,
             "sum of the last iterates so far, over their number at the end", NULL,
             FF_AXIS(descent_memory, n_parameters, "parameter")),
};

const struct ff_record_type ff_descent_record = FF_RECORD_TYPE(descent_memory, fields);

enum ff_status ff_descent_create(const struct ff_optimizer_options *options,
                                 const struct ff_objective *objective, ff_direction *direction,
                                 int n_moments, void **out)
{
    const int n = objective->n_parameters;
    struct descent *descent = FF_NEW(struct descent, 1);
    *descent = (struct descent){
        .memory = {.n_parameters = n,
                   .n_moments = n_moments,
                   .moments = FF_NEW(double, (size_t)n_moments *(size_t)n),
                   .average = FF_NEW(double, n)},
        .options = *options,
        .direction = direction,
        .step = FF_RAW(double, n),
    };
    *out = descent;
    return FF_OK;
}

void ff_descent_free(void *state)
{
    struct descent *descent = state;
    if (descent == NULL)
        return;
    free(descent->step);
    free(descent->memory.moments);
    free(descent->memory.average);
    free(descent);
}

static void clip(const struct ff_objective *objective, double *theta)
{
    for (int p = 0; p < objective->n_parameters; p++)
        theta[p] = fmin(fmax(theta[p], objective->lower[p]), objective->upper[p]);
}

static void move(const struct descent *descent, const struct ff_objective *objective, double *theta)
{
    const struct ff_optimizer_options *options = &descent->options;
    const double progress = (double)descent->memory.iteration / options->iterations;
    const double rate = options->learning_rate * pow(options->decay, progress);
    for (int p = 0; p < descent->memory.n_parameters; p++)
        theta[p] -= rate * descent->step[p];
    clip(objective, theta);
}

/* Take an iterate into the average, which replaces the last one. */
static void average(struct descent *descent, const struct ff_objective *objective, double *theta)
{
    const int n_iterations = descent->options.iterations;
    const int n_averaged = (int)ceil(descent->options.average * n_iterations);
    if (descent->memory.iteration < n_iterations - n_averaged)
        return;
    for (int p = 0; p < descent->memory.n_parameters; p++)
        descent->memory.average[p] += theta[p] / n_averaged;
    if (descent->memory.iteration < n_iterations - 1)
        return;
    memcpy(theta, descent->memory.average, sizeof *theta * (size_t)descent->memory.n_parameters);
    clip(objective, theta); /* rounding may have left the box */
}

enum ff_status ff_descent_step(void *state, const struct ff_objective *objective, double *theta,
                               struct ff_evaluation *evaluation, enum ff_outcome *outcome)
{
    struct descent *descent = state;
    const struct ff_request request = {.iteration = (uint32_t)descent->memory.iteration,
                                       .samples = 1};
    (void)outcome; /* only the driver's number of iterations ends a descent */
    TRY(objective->evaluate(objective->context, theta, request, evaluation));
    descent->direction(evaluation, descent->memory.n_parameters, descent->memory.iteration,
                       descent->memory.moments, descent->step);
    move(descent, objective, theta);
    average(descent, objective, theta);
    descent->memory.iteration++;
    return FF_OK;
}
