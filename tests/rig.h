/* What tests of simulation share: random networks, and everything that a walk needs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_TESTS_RIG_H
#define FF_TESTS_RIG_H

#include "simulate/ensemble.h"
#include "support.h"

#include <math.h>
#include <stdio.h>

enum { MAX_STATES = 8, MAX_CHANNELS = 32 };

/* Three to eight states on a cycle, which makes the network strongly connected, with as many chords again,
 * some of them parallel to other edges. `spread` is the standard deviation of the forces on the edges;
 * without it the network is in equilibrium with random energies. */
static inline struct ff_system *random_network(uint32_t index, double spread, int n_walkers)
{
    struct ff_stream stream = ff_stream_at(1, index, FF_PURPOSE_DISORDER, 0, 0);
    const int n = 3 + (int)(index % (MAX_STATES - 2));
    char text[8192];
    double energy[MAX_STATES];
    int length =
        snprintf(text, sizeof text, "{model: {kind: network, walkers: %d, states: [s0", n_walkers);
    for (int i = 1; i < n; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, ", s%d", i);
    length += snprintf(text + length, sizeof text - (size_t)length, "], edges: [");
    for (int i = 0; i < n; i++)
        energy[i] = 0.7 * ff_stream_normal(&stream);
    for (int e = 0; e < 2 * n; e++) {
        const int from = e < n ? e : (int)(ff_stream_uniform(&stream) * n);
        const int step = e < n ? 1 : 1 + (int)(ff_stream_uniform(&stream) * (n - 1));
        const int to = (from + step) % n;
        const double barrier = 0.5 * ff_stream_normal(&stream);
        const double force = spread * ff_stream_normal(&stream);
        length +=
            snprintf(text + length, sizeof text - (size_t)length,
                     "%s{name: e%d, from: s%d, to: s%d, forward: %.17g, backward: %.17g}",
                     e > 0 ? ", " : "", e, from, to, exp(energy[from] - barrier + 0.5 * force),
                     exp(energy[to] - barrier - 0.5 * force));
    }
    snprintf(text + length, sizeof text - (size_t)length,
             "]}, objective: {current: {e0: 1, e1: 0.5}}}");
    return read_system(text);
}

/* Everything that a simulation of J and sigma needs. */
struct rig {
    const struct ff_system *system;
    struct ff_chain *chain; /* NULL where the states are too many */
    struct ff_ensemble ensemble;
    struct ff_kinetics *kinetics; /* of the ensemble, as is the walk */
    struct ff_walk *walk;
};

static inline struct rig make_rig(const struct ff_system *system, const double *rates)
{
    struct rig rig = {.system = system};
    if (ff_chain_create(system->process, FF_MAX_STATES, &rig.chain) != FF_OK)
        rig.chain = NULL;
    ff_ensemble_create(system, ff_system_functionals(system), rig.chain, &rig.ensemble);
    assert_int_equal(rig.ensemble.width, FF_NARROW_ROW);
    rig.kinetics = rig.ensemble.kinetics;
    rig.walk = rig.ensemble.walk;
    ff_ensemble_set(&rig.ensemble, rates);
    return rig;
}

static inline void free_rig(struct rig *rig)
{
    ff_ensemble_free(&rig->ensemble);
    ff_chain_free(rig->chain);
}

/** One event. */
static inline void step(struct ff_walk *walk)
{
    ff_walk_fire(walk, ff_walk_choose(walk));
}

#endif
