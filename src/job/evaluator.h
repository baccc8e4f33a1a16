/* Designs evaluated and optimised: from theta to means, losses and their gradients, with the noise of each.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_JOB_EVALUATOR_H
#define FF_JOB_EVALUATOR_H

#include "gradient/gradient.h"
#include "job/averages.h"
#include "job/loss.h"
#include "job/minimize.h"
#include "simulate/ensemble.h"

/* Everything that is the same for all tasks of a run; all pointers borrowed. */
struct ff_plan {
    const struct ff_system *system;
    struct ff_functionals functionals; /* Q */
    const struct ff_chain *chain;      /* NULL where the states are too many */
    struct ff_gradient_options gradient;
    struct ff_optimizer_options optimizer;
    struct ff_evaluation_options evaluation;
};

/* What became of an exact solution; NONE where nobody came to ask. */
enum ff_exact_status { FF_EXACT_NONE = -1, FF_EXACT_OK, FF_EXACT_NOT_ENUMERABLE, FF_EXACT_FAILED };

/* Workspace of one worker. */
struct ff_evaluator;

/** Borrows the plan.  FF_ERR_NUMERICAL when the estimator cannot serve it. */
enum ff_status ff_evaluator_create(const struct ff_plan *plan, struct ff_evaluator **out);

/** NULL-safe. */
void ff_evaluator_free(struct ff_evaluator *evaluator);

/** Minimise a loss from theta [P], clipped to the bounds, by the plan's optimiser and the random numbers of `task`.
 * Deviations in the evaluations that the optimiser sees are of blocks of trajectories, by the delta method; NaN for
 * a single block, none for an exact estimator; they carry the means [Q] as what was observed.  `hooks` may be NULL. */
enum ff_status ff_evaluator_minimize(struct ff_evaluator *evaluator, struct ff_loss loss,
                                     uint32_t task, const struct ff_minimize_hooks *hooks,
                                     double *theta, enum ff_outcome *outcome);

/** Means at theta [Q], for designs to be compared: exact where the estimator is, whose steps cost as much; else by a short
 * simulation with the random numbers of (seed, task, FF_PURPOSE_START).  FF_ERR_NUMERICAL when they are not finite. */
enum ff_status ff_evaluator_compare(struct ff_evaluator *evaluator, const double *theta,
                                    uint32_t task, double *means);

/** Exact means at theta into `means` [Q], NaN unless the status is FF_EXACT_OK. */
enum ff_exact_status ff_evaluator_exact(struct ff_evaluator *evaluator, const double *theta,
                                        double *means);

/** Events simulated since the last call. */
int64_t ff_evaluator_take_events(struct ff_evaluator *evaluator);

#endif
