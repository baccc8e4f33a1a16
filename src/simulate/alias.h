/* Choice of one of n by one draw of 64 bits (Walker, ACM Trans. Math. Softw. 3:253, 1977).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_ALIAS_H
#define FF_SIMULATE_ALIAS_H

#include <stdint.h>

/* One of n equally likely slots: the choice is the first if the draw is below the threshold. */
struct ff_alias {
    uint64_t threshold;
    uint32_t first, second;
};

/** Fill slots [n] so that target i [n] is chosen with probability share[i]/n; the shares [n], whose sum is n, are used up.
 * `pending` [2 n] is scratch. */
void ff_alias_fill(int n, const uint32_t *target, double *share, int *pending,
                   struct ff_alias *slots);

#endif
