/* The enumerated state space of a process: a Markov chain whose transitions remember their channels.
 *
 * Independent walkers are enumerated as one: observables are per walker, so the chain of a single walker
 * gives them exactly, whatever their number.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_EXACT_CHAIN_H
#define FF_EXACT_CHAIN_H

#include "model/process.h"

/* Transitions t of state x are [start[x], start[x+1]); the rate of t is rates[channel[t]]. */
struct ff_chain {
    int n_states, n_transitions;
    int *start; /* [n_states + 1] */
    int *target, *channel;
};

/** Enumerate; state i is "the walker is on site i". */
void ff_chain_create(const struct ff_process *process, struct ff_chain **out);

/** NULL-safe. */
void ff_chain_free(struct ff_chain *chain);

#endif
