/* The kernel of simulate/lanes.h, written once for vectors of N_VECTOR lanes.
 *
 * An including file defines KERNEL, N_VECTOR, multiply_low (products of the low 32 bits of each lane) and gather (of
 * 64-bit words at word offsets); vectors are those of GCC and Clang.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/lanes.h"

enum { N_GROUPS = FF_N_LANES / N_VECTOR, N_ROUNDS = 10 };

/* Two 64-bit draws per lane: a block of Philox4x32-10, in the order of base/stream.h. The words of the
 * counter fill the low halves; what is left in the high halves does not matter. */
static inline void draw(const struct ff_bundle *bundle, lanes_t block, lanes_t trajectory,
                        lanes_t *first, lanes_t *second)
{
    lanes_t c0 = block, c1 = trajectory, c2 = (lanes_t){0} + bundle->purpose,
            c3 = (lanes_t){0} + bundle->task;
    uint32_t k0 = bundle->key[0], k1 = bundle->key[1];
    for (int round = 0; round < N_ROUNDS; round++) {
        const lanes_t p0 = multiply_low(c0, (lanes_t){0} + 0xD2511F53u),
                      p1 = multiply_low(c2, (lanes_t){0} + 0xCD9E8D57u);
        c0 = (p1 >> 32) ^ c1 ^ (uint64_t)k0;
        c2 = (p0 >> 32) ^ c3 ^ (uint64_t)k1;
        c1 = p1;
        c3 = p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    *first = (c3 << 32) | (c2 & 0xffffffffu);
    *second = (c1 << 32) | (c0 & 0xffffffffu);
}

/* The states that follow. */
static inline lanes_t next_states(const struct ff_lanes *lanes, lanes_t state, lanes_t bits)
{
    const uint64_t width = (uint64_t)lanes->log_width;
    const lanes_t column = (bits >> 1) >> (63 - width);
    const lanes_t slot = 2 * ((state << width) + column);
    const uint64_t *words = &lanes->alias[0].threshold;
    const lanes_t threshold = gather(words, slot), next = gather(words + 1, slot);
    const lanes_t is_first = (lanes_t)((bits << width) < threshold);
    return ((next & is_first) | ((next >> 32) & ~is_first)) & 0xffffffffu;
}

typedef double row_t __attribute__((vector_size(32)));

/* Add to each lane's sums the values of its state. */
static inline void add_values(const struct ff_lanes *lanes, lanes_t state,
                              double (*sum)[FF_LANES_ROW])
{
    uint64_t at[N_VECTOR];
    memcpy(at, &state, sizeof at);
    for (int i = 0; i < N_VECTOR; i++) {
        row_t row, total;
        memcpy(&row, lanes->value[at[i]], sizeof row);
        memcpy(&total, sum[i], sizeof total);
        total += row;
        memcpy(sum[i], &total, sizeof total);
    }
}

static inline lanes_t load(const uint64_t *from)
{
    lanes_t v;
    memcpy(&v, from, sizeof v);
    return v;
}

void KERNEL(const struct ff_lanes *lanes, struct ff_bundle *bundle, int64_t first, int64_t n_blocks,
            bool is_measured)
{
    lanes_t state[N_GROUPS], start[N_GROUPS], trajectory[N_GROUPS];
    double sum[FF_N_LANES][FF_LANES_ROW];
    memcpy(sum, bundle->sum, sizeof sum);
    for (size_t g = 0; g < N_GROUPS; g++) {
        state[g] = load(bundle->state + g * N_VECTOR);
        start[g] = load(bundle->start + g * N_VECTOR);
        trajectory[g] = load(bundle->trajectory + g * N_VECTOR);
    }
    for (int64_t b = first; b < first + n_blocks; b++) {
        const uint64_t half = 2 * (uint64_t)b;
        for (size_t g = 0; g < N_GROUPS; g++) {
            lanes_t bits[2];
            draw(bundle, (uint64_t)b + 1 - (start[g] >> 1), trajectory[g], &bits[0], &bits[1]);
            for (int i = 0; i < 2; i++) {
                const lanes_t next = next_states(lanes, state[g], bits[i]);
                if (is_measured) {
                    add_values(lanes, state[g], sum + g * N_VECTOR);
                    state[g] = next;
                } else {
                    const lanes_t moves = (lanes_t)(start[g] <= half + (uint64_t)i);
                    state[g] = (next & moves) | (state[g] & ~moves);
                }
            }
        }
    }
    memcpy(bundle->sum, sum, sizeof sum);
    for (size_t g = 0; g < N_GROUPS; g++)
        memcpy(bundle->state + g * N_VECTOR, &state[g], sizeof state[g]);
}
