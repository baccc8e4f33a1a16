/* Enumeration: one walker's sites, or the states found by following every channel.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "exact/chain.h"

#include "exact/states.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void chain_of_one_walker(const struct ff_process *process, struct ff_chain *chain)
{
    chain->n_sites = process->n_sites;
    chain->n_states = process->n_sites;
    chain->n_transitions = process->n_channels;
    chain->start = FF_NEW(int, chain->n_states + 1);
    chain->target = FF_RAW(int, chain->n_transitions);
    chain->channel = FF_RAW(int, chain->n_transitions);
    chain->multiplicity = FF_RAW(double, chain->n_transitions);
    for (int r = 0; r < process->n_channels; r++)
        chain->start[process->reactant_site[r] + 1]++;
    for (int i = 0; i < chain->n_states; i++)
        chain->start[i + 1] += chain->start[i];
    int *next = FF_NEW(int, chain->n_states);
    for (int r = 0; r < process->n_channels; r++) {
        const int from = process->reactant_site[r];
        const int t = chain->start[from] + next[from]++;
        chain->channel[t] = r;
        chain->target[t] = process->change_site[process->change_start[r] + 1];
        chain->multiplicity[t] = 1.0;
    }
    free(next);
}

/* ---- states found by search ----------------------------------------------------------------- */

enum { MAX_TRANSITIONS = 1 << 30 }; /* counted in an int, as KLU does */

static void grow(struct ff_chain *chain, int *capacity)
{
    if (chain->n_transitions < *capacity)
        return;
    *capacity *= 2;
    const size_t count = (size_t)*capacity;
    chain->target = ff_grow(chain->target, count, sizeof *chain->target);
    chain->channel = ff_grow(chain->channel, count, sizeof *chain->channel);
    chain->multiplicity = ff_grow(chain->multiplicity, count, sizeof *chain->multiplicity);
}

/* Follow every channel out of state number `from`. */
static enum ff_status expand(const struct ff_process *process, struct ff_chain *chain,
                             struct ff_states *states, int from, int *x, int *capacity)
{
    for (int r = 0; r < process->n_channels; r++) {
        memcpy(x, ff_states_at(states, from), sizeof *x * (size_t)states->n_sites);
        const double h = ff_process_multiplicity(process, r, x);
        if (h == 0.0)
            continue;
        CHECK(h <= ff_most_propensity, FF_ERR_NUMERICAL,
              "the multiplicity of `%s` exceeds %g in some state: no exact solution",
              process->channel_names[r], ff_most_propensity);
        ff_process_jump(process, r, 1, x);
        const int to = ff_states_add(states, x);
        CHECK(to >= 0, FF_ERR_NUMERICAL, "the process has more than %d states: no exact solution",
              states->capacity);
        CHECK(chain->n_transitions < MAX_TRANSITIONS, FF_ERR_NUMERICAL,
              "the process has more than %d transitions: no exact solution", MAX_TRANSITIONS);
        grow(chain, capacity);
        chain->target[chain->n_transitions] = to;
        chain->channel[chain->n_transitions] = r;
        chain->multiplicity[chain->n_transitions++] = h;
    }
    chain->start[from + 1] = chain->n_transitions;
    return FF_OK;
}

/* Whether an exclusion process is too large to be searched: binomial(I, N) states on a closed lattice; an
 * open one, which no channel conserves, has 2^I. */
static bool is_hopeless(const struct ff_process *process, int max_states)
{
    if (!process->is_exclusive)
        return false;
    const double n = process->n_sites, k = process->n_placed;
    bool is_open = false;
    for (int r = 0; r < process->n_channels; r++)
        is_open = is_open || process->change_start[r + 1] - process->change_start[r] == 1;
    const double log_states =
        is_open ? n * log(2.0) : lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0);
    return log_states > log(max_states) + 1e-9;
}

static enum ff_status search_states(const struct ff_process *process, int max_states,
                                    struct ff_chain *chain)
{
    CHECK(!is_hopeless(process, max_states), FF_ERR_NUMERICAL,
          "the process has more than %d states: no exact solution", max_states);
    int capacity = 1024;
    struct ff_states states;
    ff_states_create(process->n_sites, max_states, &states);
    int *x = FF_RAW(int, process->n_sites);
    chain->n_sites = process->n_sites;
    chain->start = FF_RAW(int, max_states + 1);
    chain->start[0] = 0;
    chain->target = FF_RAW(int, capacity);
    chain->channel = FF_RAW(int, capacity);
    chain->multiplicity = FF_RAW(double, capacity);
    for (int i = 0; i < process->n_sites; i++)
        x[i] = process->initial != NULL ? process->initial[i] : i < process->n_placed;
    ff_states_add(&states, x);
    enum ff_status status = FF_OK;
    for (int from = 0; from < states.n_states && status == FF_OK; from++)
        status = expand(process, chain, &states, from, x, &capacity);
    chain->n_states = states.n_states;
    chain->state = states.state;
    states.state = NULL;
    ff_states_free(&states);
    free(x);
    return status;
}

enum ff_status ff_chain_create(const struct ff_process *process, int max_states,
                               struct ff_chain **out)
{
    struct ff_chain *chain = FF_NEW(struct ff_chain, 1);
    enum ff_status status = FF_OK;
    if (process->is_independent)
        chain_of_one_walker(process, chain);
    else
        status = search_states(process, max_states, chain);
    if (status == FF_OK)
        *out = chain;
    else
        ff_chain_free(chain);
    return status;
}

void ff_chain_free(struct ff_chain *chain)
{
    if (chain == NULL)
        return;
    free(chain->start);
    free(chain->target);
    free(chain->channel);
    free(chain->multiplicity);
    free(chain->state);
    free(chain);
}

void ff_chain_state(const struct ff_chain *chain, int state, int *x)
{
    const size_t n_sites = (size_t)chain->n_sites;
    if (chain->state != NULL) {
        memcpy(x, chain->state + (size_t)state * n_sites, sizeof *x * n_sites);
        return;
    }
    memset(x, 0, sizeof *x * n_sites);
    x[state] = 1;
}

static int n_particles(const struct ff_chain *chain, int state)
{
    int n = 0;
    for (int i = 0; chain->state != NULL && i < chain->n_sites; i++)
        n += chain->state[(size_t)state * (size_t)chain->n_sites + (size_t)i];
    return chain->state != NULL ? n : 1;
}

/* State 0 if it is given, else those with as many particles, at most one on a site, as are placed. */
int ff_chain_starts(const struct ff_process *process, const struct ff_chain *chain, int *starts)
{
    int n = 0;
    if (process->initial != NULL)
        starts[n++] = 0;
    for (int x = 0; process->initial == NULL && x < chain->n_states; x++)
        if (n_particles(chain, x) == process->n_placed)
            starts[n++] = x;
    return n;
}

int ff_chain_most_transitions(const struct ff_chain *chain)
{
    int most = 1;
    for (int x = 0; x < chain->n_states; x++)
        most = chain->start[x + 1] - chain->start[x] > most ? chain->start[x + 1] - chain->start[x]
                                                            : most;
    return most;
}

void ff_chain_occupancy(const struct ff_chain *chain, const double *pi, double *occupancy)
{
    if (chain->state == NULL) {
        memcpy(occupancy, pi, sizeof *pi * (size_t)chain->n_states);
        return;
    }
    memset(occupancy, 0, sizeof *occupancy * (size_t)chain->n_sites);
    for (int x = 0; x < chain->n_states; x++)
        for (int i = 0; i < chain->n_sites; i++)
            occupancy[i] += pi[x] * chain->state[(size_t)x * (size_t)chain->n_sites + (size_t)i];
}
