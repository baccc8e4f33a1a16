/* The list of optimisers, evaluations, and the return to a saved state.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/optimizer.h"

#include <math.h>
#include <stdlib.h>

const struct ff_optimizer_type *const ff_optimizer_types[] = {
    &ff_optimizer_adam, &ff_optimizer_natural, &ff_optimizer_bfgs, NULL};

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
        .value = NAN,
        .gradient = nan_array(n_parameters),
        .metric = nan_array(n_parameters),
        .value_variance = NAN,
        .gradient_variance = nan_array(n_parameters),
    };
}

void ff_evaluation_free(struct ff_evaluation *evaluation)
{
    free(evaluation->gradient);
    free(evaluation->metric);
    free(evaluation->gradient_variance);
    *evaluation = (struct ff_evaluation){0};
}

enum ff_status ff_optimizer_restore(const struct ff_optimizer_type *type, void *state,
                                    const void *bytes, size_t size)
{
    CHECK(size == ff_record_size(type->state, state), FF_ERR_RUNTIME,
          "the saved state of the optimiser `%s` is of another problem", type->name);
    ff_record_free(type->state, state); /* unpacking allocates the arrays again */
    return ff_record_unpack(type->state, bytes, size, state);
}
