/* The kernel of simulate/visits.h, written once for vectors of N_VECTOR lanes; included behind lanes_kernel.h, whose draws
 * it makes.
 *
 * An including file defines VISITS_KERNEL.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/visits.h"

/* ff_visits_next, lane by lane. */
static inline lanes_t next_visited(const struct ff_visits *visits, lanes_t state, lanes_t bits)
{
    const lanes_t exits = gather(visits->exits, state);
    const lanes_t low = multiply_low(bits, exits),
                  high = multiply_low(bits >> 32, exits) + (low >> 32);
    const lanes_t slot = 2 * ((exits >> 32) + (high >> 32));
    const uint64_t *words = &visits->alias[0].threshold;
    const lanes_t threshold = gather(words, slot), next = gather(words + 1, slot);
    const lanes_t is_first = (lanes_t)((high << 32 | (low & 0xffffffffu)) < threshold);
    return ((next & is_first) | ((next >> 32) & ~is_first)) & 0xffffffffu;
}

/* Lanes have counters of their own, so that none waits for another. */
static inline void count_states(lanes_t state, size_t first_lane, uint32_t (*count)[FF_N_LANES])
{
    uint64_t at[N_VECTOR];
    memcpy(at, &state, sizeof at);
    for (size_t i = 0; i < N_VECTOR; i++)
        count[at[i]][first_lane + i]++;
}

void VISITS_KERNEL(const struct ff_visits *visits, struct ff_bundle *bundle, uint64_t first,
                   uint64_t end, uint32_t (*count)[FF_N_LANES])
{
    lanes_t state[N_GROUPS], trajectory[N_GROUPS];
    for (size_t g = 0; g < N_GROUPS; g++) {
        state[g] = load(bundle->state + g * N_VECTOR);
        trajectory[g] = load(bundle->trajectory + g * N_VECTOR);
    }
    for (uint64_t b = first / 2; 2 * b < end; b++) {
        for (size_t g = 0; g < N_GROUPS; g++) {
            lanes_t bits[2];
            draw(bundle, (lanes_t){0} + b, trajectory[g], &bits[0], &bits[1]);
            for (uint64_t i = 0; i < 2; i++) {
                if (2 * b + i < first || 2 * b + i >= end)
                    continue; /* half a block, at an end */
                count_states(state[g], g * N_VECTOR, count);
                state[g] = next_visited(visits, state[g], bits[i]);
            }
        }
    }
    for (size_t g = 0; g < N_GROUPS; g++)
        memcpy(bundle->state + g * N_VECTOR, &state[g], sizeof state[g]);
}
