/* What is averaged over trajectories, and differentiated: functionals of a process as data.
 *
 *     channel   sum_r c_r a_r(x)     a current, the entropy production rate; c may depend on the rates
 *     state     g(x)                 any function of the state
 *     sample    g(x at time t)       the same at one time after the start, not a time average
 *
 * Channel and state functionals are averages over time in the steady state, samples averages over trajectories.
 *
 * All estimators of gradients take channel functionals. State functionals are for `score`, `rbst`, `stgs` and `exact`,
 * the last with a single walker only; samples are for `score`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_MODEL_FUNCTIONAL_H
#define FF_MODEL_FUNCTIONAL_H

#include "model/process.h"

enum ff_functional_kind { FF_CHANNEL, FF_STATE, FF_SAMPLE, FF_N_FUNCTIONAL_KINDS };

/* Of one estimate. What needs many, a histogram say, tracks their one contraction with the slopes of its loss. */
enum { FF_MAX_FUNCTIONALS = 14 };

struct ff_functional {
    const char *name, *unit, *doc;
    enum ff_functional_kind kind;
    const void *context; /* borrowed: of the functions below */
    /** channel: c_r at these rates, [R] */
    void (*coefficients)(const struct ff_functional *functional, const struct ff_process *process,
                         const double *rates, double *coefficients);
    /** channel: add sum_r <a_r> dc_r/dlog k_s to the gradient [R], from the fluxes <a_r> [R], linearly; NULL
     * where c does not depend on the rates */
    void (*add_explicit)(const struct ff_functional *functional, const struct ff_process *process,
                         const double *flux, double *gradient);
    /** state, sample: g(x) for occupations x [I] */
    double (*value)(const struct ff_functional *functional, const int *x);
    double time; /* sample: when, above 0 */
};

/* A list; borrowed by whoever gets it. Samples do not mix with the other kinds. */
struct ff_functionals {
    int count; /* Q, at most FF_MAX_FUNCTIONALS */
    const struct ff_functional *items;
};

/** 1 over the number of walkers for a channel functional, which is reported per walker; else 1. */
double ff_functional_scale(const struct ff_functional *functional,
                           const struct ff_process *process);

/** Whether the list is one of samples. */
bool ff_functionals_are_samples(struct ff_functionals functionals);

/* Rows of numbers about a list of Q functionals: [0] is about time, [1 + q] about functional q, [1 + Q] is spare; padded
 * with zeros to whole vector registers. */
enum { FF_NARROW_ROW = 4, FF_WIDEST_ROW = 16 };

/** Numbers in a row. */
static inline int ff_row_width(int n_functionals)
{
    return (n_functionals + 2 + FF_NARROW_ROW - 1) / FF_NARROW_ROW * FF_NARROW_ROW;
}

#endif
