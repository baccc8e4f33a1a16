/* The driver of an optimiser: it counts the steps and may stop after any of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_JOB_MINIMIZE_H
#define FF_JOB_MINIMIZE_H

#include "optimize/optimizer.h"

/* What the caller sees and says between steps; each function may be NULL. */
struct ff_minimize_hooks {
    void *context;
    /** After step `step`, counted from 0, with the evaluation that it leaves to be recorded. */
    void (*note)(void *context, int step, const struct ff_evaluation *evaluation);
    /** After `note`: whether to stop here. */
    bool (*should_stop)(void *context);
};

/** Minimise from theta [P], inside the box, to where the last step led, in at most options->iterations steps.
 * Not collective.  `hooks` may be NULL.
 * *outcome is FF_OUTCOME_NONE when should_stop or an error, whose status is returned, ended it. */
enum ff_status ff_minimize(const struct ff_optimizer_options *options,
                           const struct ff_objective *objective,
                           const struct ff_minimize_hooks *hooks, double *theta,
                           enum ff_outcome *outcome);

#endif
