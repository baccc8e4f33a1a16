/* How often trajectories on an enumerated chain visit each state, sixteen at a time in the lanes of vector registers.
 *
 * A draw of 64 bits chooses one of the slots of a state by its upper, and the target in the slot by its lower part (alias.h),
 * exactly as one trajectory does by itself with the stream of base/stream.h: draw n of a lane is draw n of its stream.
 * The kernel is compiled like that of lanes.h, whose bundle it shares; all give the same counts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_VISITS_H
#define FF_SIMULATE_VISITS_H

#include "simulate/lanes.h"

/* Plain data. */
struct ff_visits {
    const struct ff_alias *alias; /* the slots of all states */
    const uint64_t *
        exits; /* [n_states] place of the first slot in the upper half, number of slots, at least one, in the lower */
};

/** Lanes, from bundle->state on, make draws first..end-1 of their streams, an event each, and add what they leave to
 * count [n_states].  Fewer than 2^32 events. */
typedef void ff_visits_kernel(const struct ff_visits *visits, struct ff_bundle *bundle,
                              uint64_t first, uint64_t end, uint32_t (*count)[FF_N_LANES]);

extern ff_visits_kernel ff_visits_portable, ff_visits_avx2, ff_visits_avx512;

/** The best kernel for this processor. */
ff_visits_kernel *ff_visits_best_kernel(void);

/** The state after `state`, by one draw. */
static inline int ff_visits_next(const struct ff_visits *visits, int state, uint64_t bits)
{
    const uint64_t exits = visits->exits[state];
    const uint64_t width = exits & 0xffffffffu, low = (bits & 0xffffffffu) * width,
                   high = (bits >> 32) * width + (low >> 32); /* the product in words of 32 bits */
    const struct ff_alias slot = visits->alias[(exits >> 32) + (high >> 32)];
    return (int)((high << 32 | (low & 0xffffffffu)) < slot.threshold ? slot.first : slot.second);
}

#endif
