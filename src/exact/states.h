/* Numbers for the states of a process that have been met: an open-addressing table of occupations.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_EXACT_STATES_H
#define FF_EXACT_STATES_H

struct ff_states {
    int n_sites, n_states, capacity;
    int *state;       /* [capacity][I] occupations, in the order in which they were added */
    int *slot;        /* [n_slots] number of a state plus one, or 0 */
    unsigned n_slots; /* power of two */
};

/** No states, and room for `capacity` of them. */
void ff_states_create(int n_sites, int capacity, struct ff_states *out);
void ff_states_free(struct ff_states *states);

/** Forget all states. */
void ff_states_clear(struct ff_states *states);

/** Number of the state x [I], or -1. */
int ff_states_find(const struct ff_states *states, const int *x);

/** The same, added if it is new; -1 when there is no room. */
int ff_states_add(struct ff_states *states, const int *x);

/** Occupations [I] of a state. */
static inline const int *ff_states_at(const struct ff_states *states, int state)
{
    return states->state + (long)state * states->n_sites;
}

#endif
