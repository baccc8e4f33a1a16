/* The enumerated state space of a process: a Markov chain whose transitions remember their channels.
 *
 * Independent walkers are enumerated as one: observables are per walker, so the chain of a single walker
 * gives them exactly, whatever their number. Other processes are enumerated by all states that can be
 * reached from an initial one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_EXACT_CHAIN_H
#define FF_EXACT_CHAIN_H

#include "model/process.h"

enum { FF_MAX_STATES = 200000 }; /* of a chain that a run enumerates */

/* Transitions t of state x are [start[x], start[x+1]); the rate of t is rates[channel[t]] times
 * multiplicity[t]. */
struct ff_chain {
    int n_states, n_transitions;
    int *start; /* [n_states + 1] */
    int *target, *channel;
    double *multiplicity;
    int n_sites;
    /* [n_states][I] occupations; NULL for a single walker, which in state i is on site i */
    int *state;
};

/** Enumerate, once per system: whoever needs the chain borrows it, and takes NULL for a system without one.
 * FF_ERR_NUMERICAL when there are more than max_states states, too many transitions, or a multiplicity above
 * ff_most_propensity. */
enum ff_status ff_chain_create(const struct ff_process *process, int max_states,
                               struct ff_chain **out);

/** Rate of transition t at these rate constants [R]. */
static inline double ff_chain_rate(const struct ff_chain *chain, int t, const double *rates)
{
    return rates[chain->channel[t]] * chain->multiplicity[t];
}

/** Occupations x [I] of a state. */
void ff_chain_state(const struct ff_chain *chain, int state, int *x);

/** The initial states of the chain of a process, all equally likely, into `starts`, which has room for all states; returns
 * how many. Not of several independent walkers, whose chain is that of one. */
int ff_chain_starts(const struct ff_process *process, const struct ff_chain *chain, int *starts);

/** NULL-safe. */
void ff_chain_free(struct ff_chain *chain);

/** Of the state with most; at least 1. */
int ff_chain_most_transitions(const struct ff_chain *chain);

/** Mean occupations [I], per walker, under probabilities pi [n_states]. */
void ff_chain_occupancy(const struct ff_chain *chain, const double *pi, double *occupancy);

#endif
