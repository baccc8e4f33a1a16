/* Random streams: every draw is a pure function of (seed, task, purpose, iteration, trajectory, counter).
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011) in counter mode. The 64-bit key is the seed; the
 * 128-bit counter holds the other five coordinates, so streams never overlap and any draw can be
 * repeated without the ones before it, on any rank.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_BASE_STREAM_H
#define FF_BASE_STREAM_H

#include <Random123/philox.h>
#include <stdint.h>

/* What the numbers are for. Two purposes never share numbers. Values are part of the run's identity. */
enum ff_purpose {
    FF_PURPOSE_DISORDER = 1,   /* random energies and barriers of a model */
    FF_PURPOSE_TRACKED = 2,    /* gradient-tracked trajectories */
    FF_PURPOSE_BASELINE = 3,   /* trajectories that only estimate means */
    FF_PURPOSE_EVALUATE = 4,   /* re-evaluation of a finished design */
    FF_PURPOSE_START = 5,      /* starting points of optimisers, and the choice between them */
    FF_PURPOSE_GUMBEL = 6,     /* Gumbel noise of the straight-through estimator */
    FF_PURPOSE_DWELL = 7,      /* coins of the dwells of the localised score */
    FF_PURPOSE_TIMECOURSE = 8, /* trajectories of a time course */
    FF_PURPOSE_PILOT = 9,      /* trajectories that tell how long others must be */
    FF_PURPOSE_CORE = 10       /* trajectories that tell which states a projection holds */
};

#define FF_MAX_ITERATION ((1u << 24) - 1u)

struct ff_stream {
    philox4x32_key_t key;
    philox4x32_ctr_t
        counter; /* [0] block of draws, [1] trajectory, [2] purpose and iteration, [3] task */
    philox4x32_ctr_t block;
    int n_left; /* unused 64-bit words in `block`: 0, 1 or 2 */
};

/** Stream at its first draw. `iteration` is below 2^24. */
static inline struct ff_stream ff_stream_at(uint64_t seed, uint32_t task, enum ff_purpose purpose,
                                            uint32_t iteration, uint32_t trajectory)
{
    struct ff_stream stream = {
        .key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}},
        .counter = {{0, trajectory, ((uint32_t)purpose << 24) | (iteration & FF_MAX_ITERATION),
                     task}},
        .n_left = 0};
    return stream;
}

/** The same stream for another purpose, at its first draw. */
static inline struct ff_stream ff_stream_with_purpose(const struct ff_stream *stream,
                                                      enum ff_purpose purpose)
{
    struct ff_stream other = *stream;
    other.counter.v[0] = 0;
    other.counter.v[2] = ((uint32_t)purpose << 24) | (stream->counter.v[2] & FF_MAX_ITERATION);
    other.n_left = 0;
    return other;
}

/** Go to the start of a block; blocks hold two 64-bit draws each. */
static inline void ff_stream_seek(struct ff_stream *stream, uint32_t block)
{
    stream->counter.v[0] = block;
    stream->n_left = 0;
}

/** Next 64 random bits. A stream holds 2^33 of them. */
static inline uint64_t ff_stream_bits(struct ff_stream *stream)
{
    if (stream->n_left == 0) {
        stream->block = philox4x32(stream->counter, stream->key);
        stream->counter.v[0]++;
        stream->n_left = 2;
    }
    stream->n_left--;
    const int half = 2 * stream->n_left;
    return ((uint64_t)stream->block.v[half + 1] << 32) | stream->block.v[half];
}

/** Next uniform number in [0, 1), a multiple of 2^-53. */
static inline double ff_stream_uniform(struct ff_stream *stream)
{
    return (double)(ff_stream_bits(stream) >> 11) * 0x1p-53;
}

/** Next uniform number in (0, 1): safe to take the logarithm of, at both ends. */
static inline double ff_stream_uniform_open(struct ff_stream *stream)
{
    return ((double)(ff_stream_bits(stream) >> 12) + 0.5) * 0x1p-52;
}

/** Next standard normal number (Box-Muller, one of the pair; for set-up, not for hot loops). */
double ff_stream_normal(struct ff_stream *stream);

#endif
