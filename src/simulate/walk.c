/* The sum tree: set-up, and what changes in it when a channel fires.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/walk.h"

#include <stdlib.h>
#include <string.h>

/* ---- engine --------------------------------------------------------------------------------- */

static int plain_reactant(const struct ff_process *process, int channel)
{
    const int first = process->reactant_start[channel];
    const bool is_plain =
        process->reactant_start[channel + 1] == first + 1 && process->reactant_order[first] == 1;
    return is_plain ? process->reactant_site[first] : -1;
}

static int compare_downward(const void *a, const void *b)
{
    return *(const int *)b - *(const int *)a;
}

/* The distinct inner nodes above a channel's affected leaves. A child's number exceeds its parent's,
 * so descending order is lowest level first. */
static int ancestors(const struct ff_process *process, int n_leaves, int channel, int *nodes)
{
    int count = 0;
    for (int k = process->affected_start[channel]; k < process->affected_start[channel + 1]; k++)
        for (int i = (n_leaves + process->affected[k]) / 2; i >= 1; i /= 2)
            nodes[count++] = i;
    qsort(nodes, (size_t)count, sizeof *nodes, compare_downward);
    int n_distinct = 0;
    for (int i = 0; i < count; i++)
        if (n_distinct == 0 || nodes[n_distinct - 1] != nodes[i])
            nodes[n_distinct++] = nodes[i];
    return n_distinct;
}

void ff_engine_create(const struct ff_system *system, struct ff_engine **out)
{
    const struct ff_process *process = system->process;
    struct ff_engine *engine = FF_NEW(struct ff_engine, 1);
    engine->system = system;
    engine->n_leaves = 2;
    int n_levels = 1;
    while (engine->n_leaves < process->n_channels) {
        engine->n_leaves *= 2;
        n_levels++;
    }
    engine->plain_site = FF_NEW(int, process->n_channels);
    engine->refresh_start = FF_NEW(int, process->n_channels + 1);
    engine->refresh = FF_NEW(int, process->affected_start[process->n_channels] * n_levels);
    for (int r = 0; r < process->n_channels; r++) {
        engine->plain_site[r] = plain_reactant(process, r);
        int *nodes = engine->refresh + engine->refresh_start[r];
        engine->refresh_start[r + 1] =
            engine->refresh_start[r] + ancestors(process, engine->n_leaves, r, nodes);
    }
    *out = engine;
}

void ff_engine_free(struct ff_engine *engine)
{
    if (engine == NULL)
        return;
    free(engine->plain_site);
    free(engine->refresh_start);
    free(engine->refresh);
    free(engine);
}

/* ---- kinetics ------------------------------------------------------------------------------- */

void ff_kinetics_create(const struct ff_system *system, struct ff_kinetics **out)
{
    const int n = system->process->n_channels;
    struct ff_kinetics *kinetics = FF_NEW(struct ff_kinetics, 1);
    kinetics->rates = FF_NEW(double, n);
    kinetics->per_multiplicity = ff_allocate((unsigned long)n, sizeof *kinetics->per_multiplicity);
    kinetics->current = FF_NEW(double, n);
    kinetics->entropy = FF_NEW(double, n);
    ff_gauge_create(system->process, &kinetics->gauge);
    *out = kinetics;
}

void ff_kinetics_free(struct ff_kinetics *kinetics)
{
    if (kinetics == NULL)
        return;
    free(kinetics->rates);
    free(kinetics->per_multiplicity);
    free(kinetics->current);
    free(kinetics->entropy);
    ff_gauge_free(&kinetics->gauge);
    free(kinetics);
}

void ff_kinetics_set(struct ff_kinetics *kinetics, const struct ff_system *system,
                     const double *rates)
{
    const int n = system->process->n_channels;
    memcpy(kinetics->rates, rates, sizeof *rates * (size_t)n);
    ff_observables_entropy(system->observables, system->process, rates, kinetics->entropy);
    memcpy(kinetics->current, system->observables->current, sizeof *rates * (size_t)n);
    ff_gauge_apply(&kinetics->gauge, system->process, rates, kinetics->current, kinetics->entropy);
    for (int r = 0; r < n; r++) {
        kinetics->per_multiplicity[r][0] = rates[r];
        kinetics->per_multiplicity[r][1] = rates[r] * kinetics->current[r];
        kinetics->per_multiplicity[r][2] = rates[r] * kinetics->entropy[r];
    }
}

/* ---- walk ----------------------------------------------------------------------------------- */

void ff_walk_create(const struct ff_engine *engine, struct ff_walk **out)
{
    struct ff_walk *walk = FF_NEW(struct ff_walk, 1);
    walk->engine = engine;
    walk->x = FF_NEW(int, engine->system->process->n_sites);
    walk->node = ff_allocate(2 * (unsigned long)engine->n_leaves, sizeof *walk->node);
    *out = walk;
}

void ff_walk_free(struct ff_walk *walk)
{
    if (walk == NULL)
        return;
    free(walk->x);
    free(walk->node);
    free(walk);
}

static inline void set_leaf(struct ff_walk *walk, int channel)
{
    const double h = ff_engine_multiplicity(walk->engine, channel, walk->x);
    const double *unit = walk->kinetics->per_multiplicity[channel];
    double *leaf = walk->node[walk->engine->n_leaves + channel];
    for (int q = 0; q < FF_NODE_WIDTH; q++)
        leaf[q] = h * unit[q];
}

static inline void add_children(struct ff_walk *walk, int i)
{
    const double *left = walk->node[2 * i], *right = walk->node[2 * i + 1];
    double *sum = walk->node[i];
    for (int q = 0; q < FF_NODE_WIDTH; q++)
        sum[q] = left[q] + right[q];
}

void ff_walk_start(struct ff_walk *walk, const struct ff_kinetics *kinetics,
                   struct ff_stream stream)
{
    const struct ff_engine *engine = walk->engine;
    walk->kinetics = kinetics;
    walk->stream = stream;
    ff_process_draw_initial(engine->system->process, &walk->stream, walk->x);
    for (int r = 0; r < engine->system->process->n_channels; r++)
        set_leaf(walk, r);
    for (int i = engine->n_leaves - 1; i >= 1; i--)
        add_children(walk, i);
}

void ff_walk_fire(struct ff_walk *walk, int channel)
{
    const struct ff_engine *engine = walk->engine;
    const struct ff_process *process = engine->system->process;
    ff_process_jump(process, channel, 1, walk->x);
    for (int k = process->affected_start[channel]; k < process->affected_start[channel + 1]; k++)
        set_leaf(walk, process->affected[k]);
    for (int k = engine->refresh_start[channel]; k < engine->refresh_start[channel + 1]; k++)
        add_children(walk, engine->refresh[k]);
}

int64_t ff_walk_burn_in(struct ff_walk *walk, int64_t burn_in)
{
    const double place = ff_stream_uniform(&walk->stream);
    const int64_t n_events = burn_in / 2 + (int64_t)(place * (double)(burn_in + 1));
    for (int64_t n = 0; n < n_events; n++)
        ff_walk_step(walk);
    return n_events;
}
