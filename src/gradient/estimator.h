/* What an estimator is made of; for estimators and their tests.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_GRADIENT_ESTIMATOR_H
#define FF_GRADIENT_ESTIMATOR_H

#include "gradient/estimate.h"
#include "simulate/ensemble.h"
#include "simulate/projection.h"

/* Room for one trajectory's record. */
struct ff_tape {
    int64_t capacity;
    int *channel;     /* [capacity] that fired */
    double *totals;   /* [capacity] rows: a_0 and the functionals before it fired */
    int *x;           /* [I] state at the first event, for replay */
    int64_t n_events; /* recorded */
};

struct ff_pilot;

/* Workspace and private state of an estimator, bound to one system. */
struct ff_gradient {
    const struct ff_system *system;
    struct ff_functionals functionals;
    struct ff_gradient_options base, options; /* as given; and with the numbers found by a pilot */
    struct ff_pilot *pilot;                   /* NULL where none is needed */
    int width;                                /* of a row */
    struct ff_ensemble ensemble;
    struct ff_tape tape;
    struct ff_exact *exact;           /* of an exact estimator only */
    struct ff_projection *projection; /* NULL: not asked for, or not to be had */
    double *baseline;                 /* [FF_BLOCK_SIZE] rows of sums: scratch */
    void *scratch;                    /* owned by the estimator */
};

/* An estimator: either `track`, with what it needs, or `estimate`. */
struct ff_estimator_type {
    const char *name;
    const char *doc;   /* one line for --help and the README */
    unsigned kinds;    /* of functionals that it differentiates: bits 1 << kind */
    bool is_exact;     /* no noise; needs a chain */
    bool has_window;   /* credits a choice over a window: longer trajectories are better ones */
    bool is_projected; /* adds the rows of a projection to what it records */
    /** Of a word that stands for another estimator: which, for this process and its chain (NULL without one); the rest
     * is empty. */
    const struct ff_estimator_type *(*choose)(const struct ff_process *process,
                                              const struct ff_chain *chain);
    void *(*scratch_create)(const struct ff_gradient *gradient);
    void (*scratch_free)(void *scratch);
    /** Events to simulate after the burn-in, and to record. */
    int64_t (*n_events)(const struct ff_gradient_options *options);
    /** Run the trajectories of a block and fill its record, which comes cleared.
     * FF_ERR_DIVERGED if the estimate overflows. */
    enum ff_status (*track)(struct ff_gradient *gradient, const struct ff_block *block,
                            struct ff_track *out);
    /** What stands for the mean beside the gradient of T, by channel, [Q][R], linear in rows [R] over time; NULL for the
     * means themselves. */
    void (*centre)(const struct ff_gradient *gradient, const double *rows, double time,
                   double *out);
    /** The whole estimate without trajectories: mean, gradient and flux. */
    enum ff_status (*estimate)(struct ff_gradient *gradient, const double *rates,
                               struct ff_estimate *out);
};

/* Of one trajectory of a block, added to the block's record. */
typedef enum ff_status ff_track_one(struct ff_gradient *gradient, struct ff_stream stream,
                                    struct ff_track *out);

/** Track the trajectories of a block one by one. */
enum ff_status ff_track_each(struct ff_gradient *gradient, const struct ff_block *block,
                             ff_track_one *track_one, struct ff_track *out);

/** `track` for lists of samples, which any likelihood-ratio estimator may use (gradient/sample.c). */
enum ff_status ff_track_samples(struct ff_gradient *gradient, const struct ff_block *block,
                                struct ff_track *out);

/** Run a block without gradients, adding to a row of sums: 1 per trajectory, and the samples. */
enum ff_status ff_sum_samples(struct ff_gradient *gradient, const struct ff_block *block,
                              double *sums);

/** Whether an estimate at the rates of the ensemble has no noise: the gauge or a closed projection leaves none. */
bool ff_gradient_is_solved(const struct ff_gradient *gradient);

/** Start a walk on the estimator's kinetics, burn it in, and record `n_events` events; adds their totals times dwells to
 * a row of sums.  FF_ERR_NUMERICAL as ff_walk_check. */
enum ff_status ff_tape_record(struct ff_gradient *gradient, struct ff_stream stream,
                              int64_t n_events, double *sums);

/** The totals before event n, a row. */
static inline const double *ff_tape_totals(const struct ff_gradient *gradient, int64_t n)
{
    return gradient->tape.totals + n * gradient->width;
}

#endif
