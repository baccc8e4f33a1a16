/* Options, traces, the list of optimisers, and the descent loop that stochastic ones share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/optimizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct ff_optimizer_type *const ff_optimizer_types[] = {
    &ff_optimizer_adam, &ff_optimizer_natural, &ff_optimizer_bfgs, NULL};

/* ---- traces --------------------------------------------------------------------------------- */

static double *nan_array(int count)
{
    double *array = FF_NEW(double, count);
    for (int i = 0; i < count; i++)
        array[i] = NAN;
    return array;
}

void ff_trace_create(int capacity, struct ff_trace *out)
{
    *out = (struct ff_trace){
        .capacity = capacity,
        .value = nan_array(capacity),
        .current = nan_array(capacity),
        .entropy_production = nan_array(capacity),
        .gradient_norm = nan_array(capacity),
    };
}

void ff_trace_free(struct ff_trace *trace)
{
    free(trace->value);
    free(trace->current);
    free(trace->entropy_production);
    free(trace->gradient_norm);
}

void ff_trace_record(struct ff_trace *trace, const struct ff_evaluation *evaluation,
                     int n_parameters)
{
    if (trace->n_recorded == trace->capacity)
        return;
    double square = 0.0;
    for (int p = 0; p < n_parameters; p++)
        square += evaluation->gradient[p] * evaluation->gradient[p];
    const int i = trace->n_recorded++;
    trace->value[i] = evaluation->value;
    trace->current[i] = evaluation->current;
    trace->entropy_production[i] = evaluation->entropy_production;
    trace->gradient_norm[i] = sqrt(square);
}

/* ---- descent -------------------------------------------------------------------------------- */

static void move(const struct ff_objective *objective, double rate, const double *direction,
                 double *theta)
{
    for (int p = 0; p < objective->n_parameters; p++)
        theta[p] =
            fmin(fmax(theta[p] - rate * direction[p], objective->lower[p]), objective->upper[p]);
}

enum ff_status ff_descend(const struct ff_objective *objective,
                          const struct ff_optimizer_options *options, ff_direction *direction,
                          double *theta, struct ff_trace *trace, enum ff_outcome *outcome)
{
    const int n = objective->n_parameters;
    const int n_averaged = (int)ceil(options->average * options->iterations);
    double *gradient = FF_NEW(double, n), *metric = FF_NEW(double, n);
    double *state = FF_NEW(double, 2 * n), *step = FF_NEW(double, n), *mean = FF_NEW(double, n);
    struct ff_evaluation evaluation = {.gradient = gradient, .metric = metric};
    enum ff_status status = FF_OK;
    for (int t = 0; t < options->iterations; t++) {
        TRY_OR_FAIL(objective->evaluate(objective->context, theta, (uint32_t)t, &evaluation));
        ff_trace_record(trace, &evaluation, n);
        direction(&evaluation, n, t, state, step);
        const double progress = (double)t / options->iterations;
        move(objective, options->learning_rate * pow(options->decay, progress), step, theta);
        if (t >= options->iterations - n_averaged)
            for (int p = 0; p < n; p++)
                mean[p] += theta[p] / n_averaged;
    }
    if (n_averaged > 0) {
        memset(step, 0, sizeof *step * (size_t)n);
        memcpy(theta, mean, sizeof *theta * (size_t)n);
        move(objective, 0.0, step, theta); /* rounding may have left the box */
    }
    *outcome = FF_OUTCOME_MAX_ITERATIONS;
fail:
    free(gradient);
    free(metric);
    free(state);
    free(step);
    free(mean);
    return status;
}
