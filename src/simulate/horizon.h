/* Which trajectories: how long they are, what random numbers they use, and the blocks they come in.
 *
 * Trajectories are run, summed and reduced in blocks of sixteen: what a vector register holds, what shows the
 * spread that error bars need, and the unit of which a result is a sum in fixed order.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_HORIZON_H
#define FF_SIMULATE_HORIZON_H

#include "base/stream.h"

#include <stdint.h>

enum { FF_BLOCK_SIZE = 16 };

/* How long a trajectory is, in events. */
struct ff_horizon {
    int64_t events, burn_in;
};

/** Events that leave an initial state behind, by a uniform number below 1: between half and three halves of `burn_in`. A
 * chain that is nearly periodic in its events, as a driven cycle is, would keep its phase for far longer than a fixed
 * number of them; drawing the number spreads the phase. */
static inline int64_t ff_burn_in_events(int64_t burn_in, double uniform)
{
    return burn_in / 2 + (int64_t)(uniform * (double)(burn_in + 1));
}

/* Which random numbers: the coordinates that all trajectories of one ensemble share. */
struct ff_draw_key {
    uint64_t seed;
    uint32_t task, iteration;
    enum ff_purpose purpose;
};

/** Stream of one trajectory of an ensemble. */
static inline struct ff_stream ff_draw_stream(struct ff_draw_key key, uint32_t trajectory)
{
    return ff_stream_at(key.seed, key.task, key.purpose, key.iteration, trajectory);
}

/* Trajectories first..first+n-1 of an ensemble. */
struct ff_block {
    struct ff_draw_key key;
    int first, n;
};

/** Blocks of an ensemble. */
static inline int ff_n_blocks(int n_trajectories)
{
    return (n_trajectories + FF_BLOCK_SIZE - 1) / FF_BLOCK_SIZE;
}

/** Block number `index` of an ensemble; the last may be shorter. */
static inline struct ff_block ff_block_at(struct ff_draw_key key, int n_trajectories, int index)
{
    const int first = index * FF_BLOCK_SIZE, left = n_trajectories - first;
    return (struct ff_block){key, first, left < FF_BLOCK_SIZE ? left : FF_BLOCK_SIZE};
}

#endif
