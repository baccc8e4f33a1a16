/* Minimising a function of theta inside a box, from noisy or exact gradients.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_OPTIMIZE_OPTIMIZER_H
#define FF_OPTIMIZE_OPTIMIZER_H

#include "base/keys.h"

#include <stdint.h>

/* One evaluation. The arrays [P] belong to the optimiser and are filled by the objective. */
struct ff_evaluation {
    double value;              /* the scalarised objective, dimensionless */
    double current;            /* J, per unit time */
    double entropy_production; /* sigma, k_B per unit time */
    double *gradient;          /* d value / d theta */
    double *metric;            /* diagonal of the Fisher information in theta, fraction of events */
};

/* What is minimised. `iteration` selects the random numbers of a stochastic evaluation. */
struct ff_objective {
    int n_parameters;
    const double *lower, *upper; /* [P], borrowed */
    void *context;
    enum ff_status (*evaluate)(void *context, const double *theta, uint32_t iteration,
                               struct ff_evaluation *out);
};

struct ff_optimizer_type;

/* Section `optimizer` of a configuration. */
struct ff_optimizer_options {
    const struct ff_optimizer_type *type;
    double learning_rate; /* adam: step in theta; natural: step of the preconditioned gradient */
    double decay;         /* learning rate of the last iteration over that of the first */
    double average;       /* fraction of iterations, the last ones, whose iterates are averaged */
    int iterations;
};

/* Why an optimiser stopped; none of these is an error. */
enum ff_outcome { FF_OUTCOME_CONVERGED, FF_OUTCOME_MAX_ITERATIONS, FF_OUTCOME_STALLED };

/* Convergence history, arrays of shape [capacity]; entries from n_recorded on are NaN. */
struct ff_trace {
    int capacity, n_recorded;
    double *value, *current, *entropy_production, *gradient_norm;
};

/* An optimiser. theta [P] is the start on entry and the result on exit, both inside the box. */
struct ff_optimizer_type {
    const char *name;
    const char *doc;
    enum ff_status (*minimize)(const struct ff_objective *objective,
                               const struct ff_optimizer_options *options, double *theta,
                               struct ff_trace *trace, enum ff_outcome *outcome);
};

/** All optimisers, NULL-terminated. */
extern const struct ff_optimizer_type *const ff_optimizer_types[];
extern const struct ff_optimizer_type ff_optimizer_adam, ff_optimizer_natural, ff_optimizer_bfgs;

/** The section `optimizer`, which fills a struct ff_optimizer_options. */
extern const struct ff_keys ff_keys_optimizer;

/** A trace of `capacity` entries, all NaN. */
void ff_trace_create(int capacity, struct ff_trace *out);
void ff_trace_free(struct ff_trace *trace);

/** Append an evaluation over n_parameters; ignored when the trace is full. */
void ff_trace_record(struct ff_trace *trace, const struct ff_evaluation *evaluation,
                     int n_parameters);

/** The direction of one descent step, [P]: theta moves by minus learning_rate times it.
 * `state` has shape [2][P] and is zero before iteration 0. */
typedef void ff_direction(const struct ff_evaluation *evaluation, int n_parameters, int iteration,
                          double *state, double *direction);

/** Projected descent with an exponentially decaying learning rate and averaging of the last iterates. */
enum ff_status ff_descend(const struct ff_objective *objective,
                          const struct ff_optimizer_options *options, ff_direction *direction,
                          double *theta, struct ff_trace *trace, enum ff_outcome *outcome);

#endif
