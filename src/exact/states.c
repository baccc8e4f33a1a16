/* Linear probing; at most half of the slots are taken.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "exact/states.h"

#include "model/process.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void ff_states_create(int n_sites, int capacity, struct ff_states *out)
{
    *out = (struct ff_states){.n_sites = n_sites, .capacity = capacity, .n_slots = 2};
    while (out->n_slots < 2 * (unsigned)capacity)
        out->n_slots *= 2;
    out->state = FF_RAW(int, (size_t)capacity *(size_t)n_sites);
    out->slot = FF_NEW(int, out->n_slots);
}

void ff_states_free(struct ff_states *states)
{
    free(states->state);
    free(states->slot);
}

void ff_states_clear(struct ff_states *states)
{
    states->n_states = 0;
    memset(states->slot, 0, sizeof *states->slot * states->n_slots);
}

static unsigned hash_state(const int *x, int n_sites)
{
    uint64_t hash = 1469598103934665603u; /* FNV-1a over the occupations */
    for (int i = 0; i < n_sites; i++)
        hash = (hash ^ (uint64_t)(unsigned)x[i]) * 1099511628211u;
    return (unsigned)(hash ^ (hash >> 32));
}

/* The slot that holds the state x, or would. */
static unsigned find_slot(const struct ff_states *states, const int *x)
{
    const size_t size = sizeof *x * (size_t)states->n_sites;
    unsigned at = hash_state(x, states->n_sites) & (states->n_slots - 1);
    while (states->slot[at] != 0 &&
           memcmp(ff_states_at(states, states->slot[at] - 1), x, size) != 0)
        at = (at + 1) & (states->n_slots - 1);
    return at;
}

int ff_states_find(const struct ff_states *states, const int *x)
{
    return states->slot[find_slot(states, x)] - 1;
}

int ff_states_add(struct ff_states *states, const int *x)
{
    const unsigned at = find_slot(states, x);
    if (states->slot[at] != 0 || states->n_states == states->capacity)
        return states->slot[at] - 1;
    memcpy(states->state + (size_t)states->n_states * (size_t)states->n_sites, x,
           sizeof *x * (size_t)states->n_sites);
    states->slot[at] = ++states->n_states;
    return states->n_states - 1;
}
