/* Strongly connected components without recursion, and the closed one among them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "exact/classes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- components ----------------------------------------------------------------------------- */

struct search {
    const struct ff_chain *chain;
    int *order, *low; /* of the visit, from 1; 0 before it */
    int *next;        /* transition to follow next */
    int *path;        /* states from the root to here */
    int *pending;     /* states without a component yet */
    int n_path, n_pending, n_visited, n_components;
    int *component;
};

static void enter(struct search *search, int state)
{
    search->order[state] = search->low[state] = ++search->n_visited;
    search->next[state] = search->chain->start[state];
    search->path[search->n_path++] = state;
    search->pending[search->n_pending++] = state;
}

static void leave(struct search *search)
{
    const int state = search->path[--search->n_path];
    if (search->n_path > 0) {
        const int parent = search->path[search->n_path - 1];
        if (search->low[state] < search->low[parent])
            search->low[parent] = search->low[state];
    }
    if (search->low[state] < search->order[state])
        return;
    int member;
    do {
        member = search->pending[--search->n_pending];
        search->component[member] = search->n_components;
    } while (member != state);
    search->n_components++;
}

static void visit_from(struct search *search, int root)
{
    const struct ff_chain *chain = search->chain;
    enter(search, root);
    while (search->n_path > 0) {
        const int state = search->path[search->n_path - 1];
        if (search->next[state] == chain->start[state + 1]) {
            leave(search);
            continue;
        }
        const int to = chain->target[search->next[state]++];
        if (search->order[to] == 0)
            enter(search, to);
        else if (search->component[to] < 0 && search->order[to] < search->low[state])
            search->low[state] = search->order[to];
    }
}

int ff_classes_find(const struct ff_chain *chain, int *component)
{
    const int n = chain->n_states;
    struct search search = {.chain = chain,
                            .order = FF_NEW(int, n),
                            .low = FF_RAW(int, n),
                            .next = FF_RAW(int, n),
                            .path = FF_RAW(int, n),
                            .pending = FF_RAW(int, n),
                            .component = component};
    for (int x = 0; x < n; x++)
        component[x] = -1;
    for (int x = 0; x < n; x++)
        if (search.order[x] == 0)
            visit_from(&search, x);
    free(search.order);
    free(search.low);
    free(search.next);
    free(search.path);
    free(search.pending);
    return search.n_components;
}

/* ---- the closed class ----------------------------------------------------------------------- */

/* A state as a user knows it: `X = 3, Y = 0`; of hopping particles, the sites that are occupied. */
static void name_state(const struct ff_process *process, const struct ff_chain *chain, int state,
                       char *text, size_t size)
{
    int *x = FF_RAW(int, chain->n_sites);
    size_t used = 0;
    bool is_first = true;
    ff_chain_state(chain, state, x);
    text[0] = '\0';
    for (int i = 0; i < chain->n_sites && used < size; i++) {
        if (x[i] == 0 && process->initial == NULL)
            continue;
        used += (size_t)snprintf(text + used, size - used, "%s%s", is_first ? "" : ", ",
                                 process->site_names[i]);
        if (process->initial != NULL && used < size)
            used += (size_t)snprintf(text + used, size - used, " = %d", x[i]);
        is_first = false;
    }
    if (used >= size)
        memcpy(text + size - 4, "...", 4);
    free(x);
}

static enum ff_status refuse_two(const struct ff_process *process, const struct ff_chain *chain,
                                 int first, int second)
{
    char here[120], there[120];
    name_state(process, chain, first, here, sizeof here);
    name_state(process, chain, second, there, sizeof there);
    return ff_status_raise(FF_ERR_NUMERICAL,
                           "the process ends in one of several classes of states that it never "
                           "leaves, such as those of (%s) and of (%s): no single steady state",
                           here, there);
}

static enum ff_status refuse_end(const struct ff_process *process, const struct ff_chain *chain,
                                 int state)
{
    char here[120];
    name_state(process, chain, state, here, sizeof here);
    return ff_status_raise(FF_ERR_NUMERICAL,
                           "the process ends in the state (%s), which nothing leaves: there are "
                           "no steady-state averages",
                           here);
}

/* The first state of each of the first two closed components, or -1; returns the component of the first. */
static int find_closed(const struct ff_chain *chain, const int *component, int n_components,
                       int found[2])
{
    bool *is_open = FF_NEW(bool, n_components);
    for (int x = 0; x < chain->n_states; x++)
        for (int t = chain->start[x]; t < chain->start[x + 1]; t++)
            if (component[chain->target[t]] != component[x])
                is_open[component[x]] = true;
    found[0] = found[1] = -1;
    for (int x = 0; x < chain->n_states && found[1] < 0; x++) {
        if (is_open[component[x]])
            continue;
        if (found[0] < 0)
            found[0] = x;
        else if (component[x] != component[found[0]])
            found[1] = x;
    }
    free(is_open);
    return component[found[0]];
}

enum ff_status ff_classes_closed(const struct ff_process *process, const struct ff_chain *chain,
                                 int **states, int *n_closed)
{
    int *component = FF_RAW(int, chain->n_states);
    int found[2], *members = FF_RAW(int, chain->n_states), n = 0;
    const int n_components = ff_classes_find(chain, component);
    const int closed = find_closed(chain, component, n_components, found);
    for (int x = 0; x < chain->n_states; x++)
        if (component[x] == closed)
            members[n++] = x;
    free(component);
    enum ff_status status = FF_OK;
    if (found[1] >= 0)
        status = refuse_two(process, chain, found[0], found[1]);
    else if (n == 1)
        status = refuse_end(process, chain, found[0]);
    if (status != FF_OK) {
        free(members);
        return status;
    }
    *states = members;
    *n_closed = n;
    return FF_OK;
}

struct ff_chain *ff_classes_restrict(const struct ff_chain *whole, const int *states, int n_states)
{
    const size_t n_sites = (size_t)whole->n_sites;
    struct ff_chain *part = FF_NEW(struct ff_chain, 1);
    int *number = FF_RAW(int, whole->n_states); /* in the part; read for states of it only */
    part->n_sites = whole->n_sites;
    part->n_states = n_states;
    part->start = FF_RAW(int, n_states + 1);
    part->start[0] = 0;
    part->state = FF_RAW(int, (size_t)n_states *n_sites);
    for (int i = 0; i < n_states; i++) {
        const int x = states[i];
        number[x] = i;
        part->start[i + 1] = part->start[i] + whole->start[x + 1] - whole->start[x];
        ff_chain_state(whole, x, part->state + (size_t)i * n_sites);
    }
    part->n_transitions = part->start[n_states];
    part->target = FF_RAW(int, part->n_transitions);
    part->channel = FF_RAW(int, part->n_transitions);
    part->multiplicity = FF_RAW(double, part->n_transitions);
    for (int i = 0, t = 0; i < n_states; i++)
        for (int from = whole->start[states[i]]; from < whole->start[states[i] + 1]; from++, t++) {
            part->target[t] = number[whole->target[from]];
            part->channel[t] = whole->channel[from];
            part->multiplicity[t] = whole->multiplicity[from];
        }
    free(number);
    return part;
}
