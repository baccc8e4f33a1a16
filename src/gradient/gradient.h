/* Estimates of grad J and grad sigma with respect to log k, behind one descriptor per estimator.
 *
 * For an ensemble of trajectories with a fixed number of events, J = F/T with F = sum f(x_n) tau_n and
 * T = sum tau_n, hence grad J = (grad F - J grad T)/T. An estimator delivers, per tracked trajectory, the
 * sums whose expectations are grad F_J, grad F_sigma and grad T; the means J and sigma come from tracked
 * and baseline trajectories together.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_GRADIENT_GRADIENT_H
#define FF_GRADIENT_GRADIENT_H

#include "base/keys.h"
#include "exact/exact.h"
#include "simulate/ensemble.h"

/* The three functionals of a trajectory. */
enum { FF_F_CURRENT, FF_F_ENTROPY, FF_F_TIME, FF_N_FUNCTIONALS };

struct ff_estimator_type;

/* Sections `gradient` and `simulation` of a configuration. */
struct ff_gradient_options {
    const struct ff_estimator_type *estimator;
    int window;         /* score, local: events of credit after each choice */
    int locality;       /* local: channels so near get full credit; 0 = all of them */
    double temperature; /* stgs: of the relaxed choice, in (0, 1] */
    int truncation; /* stgs, rbst: least number of events a choice is followed for; 0 = to the end */
    int tracked, baseline; /* trajectories of either kind per estimate */
    struct ff_horizon horizon;
    uint64_t seed;
};

/* One estimate; arrays are owned by it and have shape [R]. Per walker, per unit time. */
struct ff_estimate {
    double current, entropy_production;
    double *current_gradient, *entropy_gradient; /* dJ/dlog k, dsigma/dlog k */
    double *flux;                                /* <a_r> */
    int64_t n_events;                            /* simulated, burn-in included */
};

/* What one tracked trajectory leaves behind, summed over trajectories. */
struct ff_track_sums {
    double time;                          /* sum tau_n over the events with a gradient */
    double (*gradient)[FF_N_FUNCTIONALS]; /* [R] of F_J, F_sigma and T with respect to log k */
    double *dwell;                        /* [R] sum h_r(x_n) tau_n */
};

/* Room for one trajectory's record. */
struct ff_tape {
    int64_t capacity;
    int *channel;                      /* [capacity] that fired */
    double (*totals)[FF_TOTALS_WIDTH]; /* [capacity] a_0, j, s before it fired */
    int *x;                            /* [I] state at the first event, for replay */
    int64_t n_events;                  /* recorded */
};

/* Workspace and private state of an estimator, bound to one system. */
struct ff_gradient {
    const struct ff_system *system;
    struct ff_gradient_options options;
    struct ff_ensemble ensemble;
    struct ff_engine *engine;      /* of the ensemble, */
    struct ff_walk *walk;          /* and its walk: that of tracked trajectories */
    struct ff_sums *baseline_sums; /* [baseline] */
    struct ff_kinetics *kinetics;
    struct ff_tape tape;
    struct ff_track_sums sums;
    struct ff_exact *exact; /* estimator `exact` only */
    void *scratch;          /* owned by the estimator */
};

/* An estimator. `track` and `estimate` exclude each other. */
struct ff_estimator_type {
    const char *name;
    const char *doc; /* one line for --help and the README */
    void *(*scratch_create)(const struct ff_gradient *gradient);
    void (*scratch_free)(void *scratch);
    /** Events to simulate after the burn-in. */
    int64_t (*n_events)(const struct ff_gradient_options *options);
    /** Run one trajectory and add to gradient->sums; its totals go to `means`.
     * FF_ERR_DIVERGED if the estimate overflows. */
    enum ff_status (*track)(struct ff_gradient *gradient, struct ff_stream stream,
                            struct ff_sums *means);
    /** Complete gradient->sums after the last trajectory; optional. */
    void (*finish)(struct ff_gradient *gradient, const struct ff_sums *means);
    /** The whole estimate without trajectories. */
    enum ff_status (*estimate)(struct ff_gradient *gradient, const double *rates,
                               struct ff_estimate *out);
};

/** All estimators, NULL-terminated. */
extern const struct ff_estimator_type *const ff_estimator_types[];
extern const struct ff_estimator_type ff_estimator_score, ff_estimator_stgs, ff_estimator_rbst,
    ff_estimator_local, ff_estimator_exact;

/** The section `gradient`, which fills a struct ff_gradient_options, and `simulation`, which fills its horizon. */
extern const struct ff_keys ff_keys_gradient, ff_keys_simulation;

/** Bind an estimator to a system.  Borrows the system.
 * FF_ERR_NUMERICAL when the exact estimator meets too many states. */
enum ff_status ff_gradient_create(const struct ff_system *system,
                                  const struct ff_gradient_options *options,
                                  struct ff_gradient **out);

/** NULL-safe. */
void ff_gradient_free(struct ff_gradient *gradient);

/** Estimate at these rates [R]; the result is a pure function of (seed, task, iteration).
 * No allocation.  FF_ERR_DIVERGED or FF_ERR_NUMERICAL leave `out` undefined. */
enum ff_status ff_gradient_estimate(struct ff_gradient *gradient, const double *rates,
                                    uint32_t task, uint32_t iteration, struct ff_estimate *out);

/** Room for an estimate over n_channels. */
void ff_estimate_create(int n_channels, struct ff_estimate *out);
void ff_estimate_free(struct ff_estimate *estimate);

/** Start a walk on the estimator's kinetics, burn it in, and record `n_events` events; adds the totals
 * of all of them to `means`. */
void ff_tape_record(struct ff_gradient *gradient, struct ff_stream stream, int64_t n_events,
                    struct ff_sums *means);

#endif
