/* The loop over the steps of an optimiser.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "job/minimize.h"

#include <stddef.h>

/* Tell the caller of a step; whether to stop here. */
static bool report(const struct ff_minimize_hooks *hooks, int step,
                   const struct ff_evaluation *evaluation)
{
    if (hooks != NULL && hooks->note != NULL)
        hooks->note(hooks->context, step, evaluation);
    return hooks != NULL && hooks->should_stop != NULL && hooks->should_stop(hooks->context);
}

enum ff_status ff_minimize(const struct ff_optimizer_options *options,
                           const struct ff_objective *objective,
                           const struct ff_minimize_hooks *hooks, double *theta,
                           enum ff_outcome *outcome)
{
    const struct ff_optimizer_type *type = options->type;
    struct ff_evaluation evaluation;
    void *state;
    *outcome = FF_OUTCOME_NONE;
    TRY(type->create(options, objective, &state));
    ff_evaluation_create(objective->n_parameters, &evaluation);
    enum ff_status status = FF_OK;
    bool is_stopped = false;
    int step = 0;
    while (step < options->iterations && *outcome == FF_OUTCOME_NONE && !is_stopped) {
        TRY_OR_FAIL(type->step(state, objective, theta, &evaluation, outcome));
        is_stopped = report(hooks, step++, &evaluation);
    }
    if (step == options->iterations && *outcome == FF_OUTCOME_NONE)
        *outcome = FF_OUTCOME_MAX_ITERATIONS;
fail:
    ff_evaluation_free(&evaluation);
    type->free(state);
    return status;
}
