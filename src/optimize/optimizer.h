/* Minimising a function of theta inside a box, step by step, from noisy or exact gradients.
 *
 * An optimiser keeps what it has learnt between steps. Its driver (job/minimize.h) owns theta, the number of
 * steps and the history, and may stop after any step.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_OPTIMIZE_OPTIMIZER_H
#define FF_OPTIMIZE_OPTIMIZER_H

#include "base/keys.h"
#include "base/record.h"

#include <stdbool.h>
#include <stdint.h>

enum { FF_MOST_OBSERVED = 16 };

/* One evaluation at a theta. The arrays [P] belong to whoever created it. */
struct ff_evaluation {
    int n_parameters; /* P */
    double value;     /* the objective, dimensionless */
    double
        observed[FF_MOST_OBSERVED]; /* what else the objective saw; carried along for the record */
    double
        gap; /* what an optimiser with a model expects the value still to fall by, noise included; or NaN */
    double *gradient; /* d value / d theta */
    double *metric;   /* diagonal of the Fisher information in theta, fraction of events */
    int n_deviations; /* independent parts that the estimates are sums of; 0 where unknown, or exact */
    int capacity;     /* of the next */
    double *
        deviations; /* [n_deviations][1 + P] how far each has pulled value and gradient: covariances are sums of
                                  products over the parts */
};

/** Room for an evaluation over n_parameters; every number is NaN, and none has a deviation. */
void ff_evaluation_create(int n_parameters, struct ff_evaluation *out);
void ff_evaluation_free(struct ff_evaluation *evaluation);

/** Room for n deviations; returns that of the first. */
double *ff_evaluation_reserve(struct ff_evaluation *evaluation, int n);

/** Whether there is no noise, or none that anybody knows of. */
bool ff_evaluation_is_exact(const struct ff_evaluation *evaluation);

/** Variance of by_value times the value plus the gradient along a step [P] (NULL: without), 0 where none is known. */
double ff_evaluation_variance(const struct ff_evaluation *evaluation, double by_value,
                              const double *step);

/** Standard error of one component of the gradient, 0 where none is known. */
double ff_evaluation_error(const struct ff_evaluation *evaluation, int parameter);

/** The decrease that is not worth a step where values are exact and cheap: a small part of option `tolerance`, relative to
 * the value, and never less than rounding lets be seen. */
double ff_optimizer_enough(double tolerance, double value);

/* What an optimiser asks for beside theta. */
struct ff_request {
    uint32_t iteration; /* selects the random numbers of a stochastic evaluation */
    int samples;        /* times the configured number of trajectories, at least 1 */
};

/* What is minimised. An objective that knows no deviations leaves those of `out` alone. */
struct ff_objective {
    int n_parameters;
    const double *lower, *upper; /* [P], borrowed */
    void *context;
    enum ff_status (*evaluate)(void *context, const double *theta, struct ff_request request,
                               struct ff_evaluation *out);
};

struct ff_optimizer_type;

/* Section `optimizer` of a configuration. */
struct ff_optimizer_options {
    const struct ff_optimizer_type *type;
    double learning_rate; /* adam: step in theta; natural: step of the preconditioned gradient */
    double decay;         /* learning rate of the last iteration over that of the first */
    double tolerance;     /* trust, bfgs: decrease of the objective that is not worth a step */
    double average;       /* fraction of iterations, the last ones, whose iterates are averaged */
    int iterations;
};

/* Why an optimiser stopped, or that it did not; none of these is an error. */
enum ff_outcome {
    FF_OUTCOME_NONE = -1,
    FF_OUTCOME_CONVERGED,
    FF_OUTCOME_MAX_ITERATIONS,
    FF_OUTCOME_STALLED
};

/* An optimiser. */
struct ff_optimizer_type {
    const char *name;
    const char *doc;
    bool needs_exact; /* a gradient without noise */

    /** The state before the first step.  Copies the options; borrows the objective for this call only and
     * does not evaluate it. */
    enum ff_status (*create)(const struct ff_optimizer_options *options,
                             const struct ff_objective *objective, void **out);

    /** One step from theta [P], inside the box, to the next; at most options->iterations of them.
     * The objective may be evaluated more than once. `theta` and `evaluation` are those that the step before
     * left; `evaluation` is left at the one to be recorded: where the step began (adam, natural) or that
     * at the theta left (trust, bfgs). *outcome, FF_OUTCOME_NONE on entry, says when there is
     * nothing left to do. After an error of the objective, which is passed on, theta is as it was. */
    enum ff_status (*step)(void *state, const struct ff_objective *objective, double *theta,
                           struct ff_evaluation *evaluation, enum ff_outcome *outcome);

    /** NULL-safe. */
    void (*free)(void *state);

    /* The struct that a state begins with: all that steps change, and the lengths of its arrays, which no
     * step changes. NULL: nothing can be saved, and a resumed run begins again from its theta. */
    const struct ff_record_type *state;
};

/** All optimisers, NULL-terminated. */
extern const struct ff_optimizer_type *const ff_optimizer_types[];
extern const struct ff_optimizer_type ff_optimizer_adam, ff_optimizer_natural, ff_optimizer_bfgs,
    ff_optimizer_trust;

/** The section `optimizer`, which fills a struct ff_optimizer_options. */
extern const struct ff_keys ff_keys_optimizer;

/** Continue a saved run: `state` comes from type->create with the options and the number of parameters of
 * that run, `bytes` from ff_record_pack with type->state, which is not NULL.  The next step from the saved
 * theta is then the one that the saved state would have made.
 * FF_ERR_RUNTIME, and a state fit only to be freed, when the bytes are not of such a state. */
enum ff_status ff_optimizer_restore(const struct ff_optimizer_type *type, void *state,
                                    const void *bytes, size_t size);

#endif
