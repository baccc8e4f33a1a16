/* Slots with less than their share are topped up by those with more.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/alias.h"

/* A probability as a threshold for draws of 64 bits. */
static uint64_t threshold(double probability)
{
    return probability < 1.0 ? (uint64_t)(probability * 0x1p64) : UINT64_MAX;
}

void ff_alias_fill(int n, const uint32_t *target, double *share, int *pending,
                   struct ff_alias *slots)
{
    int *small = pending, *large = pending + n, n_small = 0, n_large = 0;
    for (int i = 0; i < n; i++) {
        slots[i] = (struct ff_alias){UINT64_MAX, target[i], target[i]};
        if (share[i] < 1.0)
            small[n_small++] = i;
        else
            large[n_large++] = i;
    }
    while (n_small > 0 && n_large > 0) {
        const int i = small[--n_small], k = large[n_large - 1];
        slots[i].threshold = threshold(share[i]);
        slots[i].second = target[k];
        share[k] -= 1.0 - share[i];
        if (share[k] < 1.0) {
            n_large--;
            small[n_small++] = k;
        }
    }
}
