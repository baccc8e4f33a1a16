/* The graph of a process whose channels are hops: each takes one particle from one place to another.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_MODEL_HOPS_H
#define FF_MODEL_HOPS_H

#include "model/process.h"

/* Ends of every edge: sites, and the reservoir as one more vertex. */
struct ff_hops {
    int n_vertices, n_edges;
    int *from, *to; /* [E] */
};

/** False, and nothing to free, where some channel is no hop. */
bool ff_hops_find(const struct ff_process *process, struct ff_hops *graph);
void ff_hops_free(struct ff_hops *graph);

/** Whether all channels are hops of particles that do not meet. */
bool ff_hops_are_independent(const struct ff_process *process);

/** Whether weights [E] are the differences of a potential of the vertices, that is, add up to zero around every
 * cycle. */
bool ff_hops_have_potential(const struct ff_hops *graph, const double *weight, double tolerance);

/** The two-connected block of every edge, [E]; returns their number.  An edge on no cycle is a block of its own. */
int ff_hops_blocks(const struct ff_hops *graph, int *block);

#endif
