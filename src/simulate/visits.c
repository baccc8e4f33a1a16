/* Which kernel counts visits: that of the lanes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/visits.h"

ff_visits_kernel *ff_visits_best_kernel(void)
{
    ff_lanes_kernel *const best = ff_lanes_best_kernel();
    if (best == ff_lanes_avx512)
        return ff_visits_avx512;
    return best == ff_lanes_avx2 ? ff_visits_avx2 : ff_visits_portable;
}
