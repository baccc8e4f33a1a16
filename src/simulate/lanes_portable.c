/* The kernel in plain C, and the reference for the others.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>
#include <string.h>

enum { N_VECTOR = 1 };
typedef uint64_t lanes_t __attribute__((vector_size(8)));

static inline lanes_t multiply_low(lanes_t a, lanes_t b)
{
    return (lanes_t){(uint64_t)(uint32_t)a[0] * (uint32_t)b[0]};
}

static inline lanes_t gather(const uint64_t *words, lanes_t at)
{
    return (lanes_t){words[at[0]]};
}

#define KERNEL ff_lanes_portable
#include "simulate/lanes_kernel.h"

#define VISITS_KERNEL ff_visits_portable
#include "simulate/visits_kernel.h"
