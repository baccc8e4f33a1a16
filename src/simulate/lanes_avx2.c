/* The kernel for processors with AVX2; elsewhere an empty name that is never called.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef __AVX2__

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

enum { N_VECTOR = 4 };
typedef uint64_t lanes_t __attribute__((vector_size(32)));

static inline lanes_t multiply_low(lanes_t a, lanes_t b)
{
    return (lanes_t)_mm256_mul_epu32((__m256i)a, (__m256i)b);
}

static inline lanes_t gather(const uint64_t *words, lanes_t at)
{
    return (lanes_t)_mm256_i64gather_epi64((const long long *)words, (__m256i)at, 8);
}

#define KERNEL ff_lanes_avx2
#include "simulate/lanes_kernel.h"

#define VISITS_KERNEL ff_visits_avx2
#include "simulate/visits_kernel.h"

#else

#include "simulate/visits.h"

void ff_lanes_avx2(const struct ff_lanes *lanes, struct ff_bundle *bundle, int64_t first,
                   int64_t n_blocks, bool is_measured)
{
    ff_lanes_portable(lanes, bundle, first, n_blocks, is_measured);
}

void ff_visits_avx2(const struct ff_visits *visits, struct ff_bundle *bundle, uint64_t first,
                    uint64_t end, uint32_t (*count)[FF_N_LANES])
{
    ff_visits_portable(visits, bundle, first, end, count);
}

#endif
