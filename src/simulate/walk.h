/* Gillespie's direct method (J. Phys. Chem. 81:2340, 1977), exact, one event at a time.
 *
 * Propensities are the leaves of a binary sum tree, so choosing a channel and updating after it fires cost
 * O(log R), and the totals are sums of current values: nothing drifts. Each node carries three sums,
 *     a_0 = sum a_r,   j = sum c~_r a_r,   s = sum s~_r a_r  (simulate/gauge.h),
 * which are what the conditional (Rao-Blackwell) estimators need at every event: the expected dwell
 * 1/a_0 and the conditional rates of current and entropy production.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_WALK_H
#define FF_SIMULATE_WALK_H

#include "base/stream.h"
#include "model/system.h"
#include "simulate/gauge.h"

enum { FF_NODE_WIDTH = 4 }; /* a, j, s and one of padding: one vector register */

/* The parts that follow from the process alone, shared by all walks on it. */
struct ff_engine {
    const struct ff_system *system;
    int n_leaves;       /* power of two, at least R */
    int *plain_site;    /* [R] the reactant of a channel with h = x_site, else -1 */
    int *refresh_start; /* [R+1] into `refresh` */
    int *refresh;       /* inner nodes above the leaves that r changes, lowest first */
};

/* Rate constants with the coefficients of the observables, per channel [R]. */
struct ff_kinetics {
    double *rates;                             /* k_r */
    double (*per_multiplicity)[FF_NODE_WIDTH]; /* k_r, c~_r k_r, s~_r k_r, 0 */
    double *current,
        *entropy; /* c~_r and s~_r: the coefficients in the gauge of simulate/gauge.h */
    struct ff_gauge gauge;
};

/* One trajectory. */
struct ff_walk {
    const struct ff_engine *engine;
    const struct ff_kinetics *kinetics;
    struct ff_stream stream;
    int *x;                        /* [I] occupations */
    double (*node)[FF_NODE_WIDTH]; /* [2 n_leaves]; root at 1, leaf of channel r at n_leaves + r */
};

/** Borrows the system. */
void ff_engine_create(const struct ff_system *system, struct ff_engine **out);
void ff_engine_free(struct ff_engine *engine);

/** Room for the rates of a system; fill it with ff_kinetics_set. */
void ff_kinetics_create(const struct ff_system *system, struct ff_kinetics **out);
void ff_kinetics_free(struct ff_kinetics *kinetics);

/** Take rates [R], copied. */
void ff_kinetics_set(struct ff_kinetics *kinetics, const struct ff_system *system,
                     const double *rates);

/** Room for one trajectory.  Borrows the engine. */
void ff_walk_create(const struct ff_engine *engine, struct ff_walk **out);
void ff_walk_free(struct ff_walk *walk);

/** Begin a trajectory: initial occupations from the stream.  Borrows the kinetics. */
void ff_walk_start(struct ff_walk *walk, const struct ff_kinetics *kinetics,
                   struct ff_stream stream);

/** h_r(x) of the engine's process. */
static inline double ff_engine_multiplicity(const struct ff_engine *engine, int channel,
                                            const int *x)
{
    const int site = engine->plain_site[channel];
    return site >= 0 ? (double)x[site]
                     : ff_process_multiplicity(engine->system->process, channel, x);
}

/** Apply the jump of a channel to occupations x [I]; `sign` -1 undoes it. */
static inline void ff_process_jump(const struct ff_process *process, int channel, int sign, int *x)
{
    for (int e = process->change_start[channel]; e < process->change_start[channel + 1]; e++)
        x[process->change_site[e]] += sign * process->change_amount[e];
}

/** The root's sums a_0, j, s in the present state, per unit time, all walkers together. */
static inline const double *ff_walk_totals(const struct ff_walk *walk)
{
    return walk->node[1];
}

/** Choose the next channel with probability a_r/a_0; one uniform number. */
static inline int ff_walk_choose(struct ff_walk *walk)
{
    const double(*node)[FF_NODE_WIDTH] = (const double(*)[FF_NODE_WIDTH])walk->node;
    const int n_leaves = walk->engine->n_leaves;
    double target = ff_stream_uniform(&walk->stream) * node[1][0];
    int i = 1;
    while (i < n_leaves) {
        i *= 2;
        /* An empty right branch is never entered, though rounding may leave target at the left's sum. The
         * choice is arithmetic: a branch would be mispredicted half of the time. */
        const int is_right = (target >= node[i][0]) & (node[i + 1][0] > 0.0);
        target -= is_right * node[i][0];
        i += is_right;
    }
    return i - n_leaves;
}

/** Fire a channel: move x and bring the tree up to date. */
void ff_walk_fire(struct ff_walk *walk, int channel);

/** One event: choose and fire; returns the channel. */
static inline int ff_walk_step(struct ff_walk *walk)
{
    const int channel = ff_walk_choose(walk);
    ff_walk_fire(walk, channel);
    return channel;
}

/** Leave the initial state behind: between half and three halves of `burn_in` events, drawn for each walk.
 * A chain that is nearly periodic in its events, as a driven cycle is, would keep its phase for
 * far longer than a fixed number of them; drawing the number spreads the phase. Returns the number. */
int64_t ff_walk_burn_in(struct ff_walk *walk, int64_t burn_in);

#endif
