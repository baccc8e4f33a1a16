/* Gillespie's direct method (J. Phys. Chem. 81:2340, 1977), exact, one event at a time.
 *
 * Propensities are integers, multiples of a quantum: 2^-38 of the largest among them in a system of 10^5 channels,
 * less in smaller ones (a power of two, chosen anew when one has grown, or a_0 fallen, 64-fold), so their sums
 * never drift; a tree of prefix sums chooses the channel (simulate/tree.h). What an
 * event touches is read from a stencil (simulate/stencil.h). Besides a_0 = sum a_r a walk holds the value of every
 * functional in its state, sum c~_r a_r (simulate/gauge.h) or g(x): what the conditional (Rao-Blackwell) estimators
 * need at every event, besides the expected dwell 1/a_0.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_WALK_H
#define FF_SIMULATE_WALK_H

#include "base/stream.h"
#include "base/wide.h"
#include "simulate/kinetics.h"
#include "simulate/stencil.h"
#include "simulate/tree.h"

/* The parts that follow from the process alone, shared by all walks on it. */
struct ff_engine {
    const struct ff_process *process;
    int events_between_sums; /* in which no count grows by more than FF_MAX_COUNT */
    struct ff_stencils stencils;
};

/* What an event needs of a channel, together. */
struct ff_load {
    double quanta;         /* per h/symmetry */
    double coefficient[2]; /* c~_r of the first two functionals */
    int64_t weight;        /* a_r in quanta */
};

/* One trajectory. */
struct ff_walk {
    const struct ff_engine *engine;
    const struct ff_kinetics *kinetics;
    struct ff_stream stream;
    int *x;                          /* [I] occupations */
    double totals[FF_WIDEST_ROW];    /* a row: a_0, then the value of each functional, then zeros */
    struct ff_tree tree;             /* of a_r in quanta */
    double quanta;                   /* per unit of propensity */
    double most_quanta;              /* that one channel may have: a power of two */
    struct ff_load *load;            /* [R] */
    int64_t *weight;                 /* [R] scratch */
    double sums[FF_MAX_FUNCTIONALS]; /* of channel functionals, in quanta */
    int64_t least_total;             /* below it the quantum is chosen anew */
    int until_sums; /* events until the sums are summed anew, and counts are checked */
    bool
        is_plain; /* bilinear multiplicities, at most two functionals, all of channels: the fast case */
    int failed_channel; /* that took a count or a propensity out of its range, or -1 */
    int failed_site;    /* whose count it was, or -1 */
};

/** Borrows the process. */
void ff_engine_create(const struct ff_process *process, struct ff_engine **out);
void ff_engine_free(struct ff_engine *engine);

/** Room for one trajectory.  Borrows the engine. */
void ff_walk_create(const struct ff_engine *engine, struct ff_walk **out);
void ff_walk_free(struct ff_walk *walk);

/** Begin a trajectory: initial occupations from the stream.  Borrows the kinetics. */
void ff_walk_start(struct ff_walk *walk, const struct ff_kinetics *kinetics,
                   struct ff_stream stream);

/** The same from occupations x [I]. */
void ff_walk_place(struct ff_walk *walk, const struct ff_kinetics *kinetics,
                   struct ff_stream stream, const int *x);

/** h_r(x) of the engine's process. */
static inline double ff_engine_multiplicity(const struct ff_engine *engine, int channel,
                                            const int *x)
{
    const struct ff_stencils *stencils = &engine->stencils;
    return stencils->is_bilinear
               ? stencils->symmetry[channel] * ff_form_value(&stencils->form[channel], x)
               : ff_process_multiplicity(engine->process, channel, x);
}

/** a_0 and the functionals in the present state, per unit time, all walkers together: a row. */
static inline const double *ff_walk_totals(const struct ff_walk *walk)
{
    return walk->totals;
}

/** Choose the next channel with probability a_r/a_0; one draw of 64 bits.  In an absorbing state, a_0 = 0, where dwells
 * and all sums over them are infinite, it is channel 0, and firing it changes nothing. */
static inline int ff_walk_choose(struct ff_walk *walk)
{
    if (walk->tree.total == 0)
        return 0;
    const ff_wide product = (ff_wide)ff_stream_bits(&walk->stream) * (uint64_t)walk->tree.total;
    return ff_tree_find(&walk->tree, (int64_t)(product >> 64));
}

/** Whether all trajectories since the last call kept counts up to FF_MAX_COUNT and propensities up to ff_most_propensity:
 * FF_ERR_NUMERICAL naming the channel.  A trajectory that leaves the range stands still from there on, and its totals are
 * NaN. */
enum ff_status ff_walk_check(struct ff_walk *walk);

/** Fire a channel: move x and bring the totals up to date. */
void ff_walk_fire(struct ff_walk *walk, int channel);

#endif
