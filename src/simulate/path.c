/* The beginning of a trajectory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/path.h"

void ff_path_begin(struct ff_walk *walk, const struct ff_kinetics *kinetics,
                   struct ff_stream stream, int64_t burn_in)
{
    ff_walk_start(walk, kinetics, stream);
    const int64_t n_events = ff_burn_in_events(burn_in, ff_stream_uniform(&walk->stream));
    ff_path_events(walk, n_events, (struct ff_visitor){0});
}
