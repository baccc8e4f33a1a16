/* The list of optimisers, evaluations, and the return to a saved state.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/optimizer.h"

#include <math.h>
#include <stdlib.h>

static const double exact_share = 1e-3, least_exact_size = 1e-8;
static const double rounding = 1e-13; /* of the value: no decrease below it can be seen */

const struct ff_optimizer_type *const ff_optimizer_types[] = {
    &ff_optimizer_adam, &ff_optimizer_natural, &ff_optimizer_bfgs, &ff_optimizer_trust, NULL};

static double *nan_array(int count)
{
    double *array = FF_RAW(double, count);
    for (int i = 0; i < count; i++)
        array[i] = NAN;
    return array;
}

void ff_evaluation_create(int n_parameters, struct ff_evaluation *out)
{
    *out = (struct ff_evaluation){
        .n_parameters = n_parameters,
        .value = NAN,
        .gap = NAN,
        .gradient = nan_array(n_parameters),
        .metric = nan_array(n_parameters),
    };
}

void ff_evaluation_free(struct ff_evaluation *evaluation)
{
    free(evaluation->gradient);
    free(evaluation->metric);
    free(evaluation->deviations);
    *evaluation = (struct ff_evaluation){0};
}

double *ff_evaluation_reserve(struct ff_evaluation *evaluation, int n)
{
    const size_t width = (size_t)evaluation->n_parameters + 1;
    evaluation->n_deviations = n;
    if (n > evaluation->capacity) {
        evaluation->deviations =
            ff_grow(evaluation->deviations, (unsigned long)n, width * sizeof(double));
        evaluation->capacity = n;
    }
    return evaluation->deviations;
}

bool ff_evaluation_is_exact(const struct ff_evaluation *evaluation)
{
    return evaluation->n_deviations == 0;
}

double ff_evaluation_variance(const struct ff_evaluation *evaluation, double by_value,
                              const double *step)
{
    const size_t width = (size_t)evaluation->n_parameters + 1;
    double variance = 0.0;
    for (int b = 0; b < evaluation->n_deviations; b++) {
        const double *row = evaluation->deviations + (size_t)b * width;
        double deviation = by_value * row[0];
        for (int p = 0; step != NULL && p < evaluation->n_parameters; p++)
            deviation += row[1 + p] * step[p];
        variance += deviation * deviation;
    }
    return variance;
}

double ff_evaluation_error(const struct ff_evaluation *evaluation, int parameter)
{
    const size_t width = (size_t)evaluation->n_parameters + 1;
    double variance = 0.0;
    for (int b = 0; b < evaluation->n_deviations; b++) {
        const double deviation = evaluation->deviations[(size_t)b * width + 1 + (size_t)parameter];
        variance += deviation * deviation;
    }
    return sqrt(variance);
}

double ff_optimizer_enough(double tolerance, double value)
{
    const double size = fabs(value);
    return fmax(exact_share * tolerance * fmax(size, least_exact_size), rounding * size);
}

enum ff_status ff_optimizer_restore(const struct ff_optimizer_type *type, void *state,
                                    const void *bytes, size_t size)
{
    CHECK(size == ff_record_size(type->state, state), FF_ERR_RUNTIME,
          "the saved state of the optimiser `%s` is of another problem", type->name);
    ff_record_free(type->state, state); /* unpacking allocates the arrays again */
    return ff_record_unpack(type->state, bytes, size, state);
}
