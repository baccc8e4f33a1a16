/* Network of named states, each edge with a forward and, if reversible, a backward rate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/system.h"

#include <stdlib.h>
#include <string.h>

/* ---- keys ----------------------------------------------------------------------------------- */

/* An item of `edges`; texts are borrowed from the document. */
struct edge_options {
    const char *name; /* NULL unless given */
    const char *from, *to;
    double forward, backward; /* per unit time */
};

static const struct ff_key edge_rows[] = {
    {.name = "name",
     FF_FILLS(struct edge_options, name),
     .is_optional = true,
     .doc = "Calls the edge x and its channels x+ and x-, instead of `from->to` and `to->from`; "
            "parallel edges need it."},
    {.name = "from",
     FF_FILLS(struct edge_options, from),
     .doc = "The state a forward jump leaves."},
    {.name = "to", FF_FILLS(struct edge_options, to), .doc = "The state a forward jump reaches."},
    {.name = "forward",
     FF_FILLS(struct edge_options, forward),
     .real = {.required = true, .min = 0.0, .above_min = true, .max = 1e100},
     .unit = "1/time",
     .doc = "Rate constant of the jump from `from` to `to`."},
    {.name = "backward",
     FF_FILLS(struct edge_options, backward),
     .real = {.required = true, .min = 0.0, .max = 1e100},
     .unit = "1/time",
     .doc = "Rate constant of the jump back; 0 makes the edge irreversible, which has no finite "
            "entropy production."},
};

static const struct ff_keys edge_keys = {
    .doc = "The edges of the network, each a channel and, if it is reversible, its reverse.",
    FF_ROWS(edge_rows),
};

struct network_options {
    int n_walkers;
};

static const struct ff_key rows[] = {
    {.name = "states",
     .type = FF_KEY_OTHER,
     .is_special = true,
     .form = "list of names, at least two",
     .doc = "The states of a walker; each must be reachable from every other."},
    {.name = "edges", .type = FF_KEY_LIST, .is_special = true, .keys = &edge_keys},
    {.name = "walkers",
     FF_FILLS(struct network_options, n_walkers),
     .integer = {.fallback = 1, .min = 1, .max = 1000000},
     .unit = "walkers",
     .doc = "Independent walkers simulated at once; everything is reported per walker, so exact "
            "values do not depend on it."},
};

static const struct ff_keys network_keys = {
    .doc = "Independent walkers on named states joined by edges.",
    FF_ROWS(rows),
    .base = &ff_keys_model,
};

/* ---- names ---------------------------------------------------------------------------------- */

struct name {
    const char *text;
    int index;
};

static int compare_names(const void *a, const void *b)
{
    const struct name *left = a, *right = b;
    const int order = strcmp(left->text, right->text);
    return order != 0 ? order : left->index - right->index;
}

static int find_name(const struct name *sorted, int count, const char *text)
{
    int low = 0, high = count;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (strcmp(sorted[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && strcmp(sorted[low].text, text) == 0 ? sorted[low].index : -1;
}

static enum ff_status read_states(struct ff_node *section, const char ***out_names,
                                  struct name **out_sorted, int *n_states)
{
    const struct ff_node *states = ff_node_find(section, "states");
    if (states == NULL)
        return ff_node_error(section, "the key `states` is missing");
    TRY(ff_node_expect(states, FF_NODE_SEQUENCE));
    if (states->n_items < 2)
        return ff_node_error(states, "a network needs at least two states, got %d",
                             states->n_items);
    for (int i = 0; i < states->n_items; i++)
        TRY(ff_node_expect(states->items[i], FF_NODE_SCALAR));
    const char **names = FF_RAW(const char *, states->n_items);
    struct name *sorted = FF_RAW(struct name, states->n_items);
    for (int i = 0; i < states->n_items; i++) {
        names[i] = states->items[i]->text;
        sorted[i] = (struct name){names[i], i};
    }
    qsort(sorted, (size_t)states->n_items, sizeof *sorted, compare_names);
    for (int i = 1; i < states->n_items; i++) {
        if (strcmp(sorted[i - 1].text, sorted[i].text) != 0)
            continue;
        const enum ff_status status = ff_node_error(states->items[sorted[i].index],
                                                    "state `%s` is listed twice", sorted[i].text);
        free(names);
        free(sorted);
        return status;
    }
    *out_names = names;
    *out_sorted = sorted;
    *n_states = states->n_items;
    return FF_OK;
}

/* ---- edges ---------------------------------------------------------------------------------- */

static enum ff_status find_state(const struct ff_node *node, const char *text,
                                 const char *const *names, const struct name *sorted, int n_states,
                                 int *out)
{
    *out = find_name(sorted, n_states, text);
    return *out >= 0 ? FF_OK : ff_node_unknown(node, "state", text, names, n_states);
}

static enum ff_status read_edge(struct ff_node *node, const char *const *names,
                                const struct name *sorted, int n_states, struct ff_edge *edge)
{
    struct edge_options options = {.name = NULL};
    TRY(ff_keys_read(&edge_keys, node, &options));
    *edge = (struct ff_edge){
        .name = options.name, .forward = options.forward, .backward = options.backward};
    const struct ff_node *from = ff_node_find(node, "from"), *to = ff_node_find(node, "to");
    TRY(find_state(from, options.from, names, sorted, n_states, &edge->from));
    TRY(find_state(to, options.to, names, sorted, n_states, &edge->to));
    if (edge->from == edge->to)
        return ff_node_error(node, "an edge must join two different states, got `%s` twice",
                             names[edge->from]);
    return FF_OK;
}

/* Names must tell channels apart, and a named edge may not carry the name of a channel or another edge. */
static enum ff_status check_names(const struct ff_node *edges_node,
                                  const struct ff_process *process)
{
    struct name *sorted = FF_RAW(struct name, process->n_channels + process->n_edges);
    int n = 0;
    for (int e = 0; e < process->n_edges; e++) {
        const int forward = process->edge_forward[e], backward = process->reverse[forward];
        sorted[n++] = (struct name){process->channel_names[forward], e};
        if (backward >= 0)
            sorted[n++] = (struct name){process->channel_names[backward], e};
        if (strcmp(process->edge_names[e], process->channel_names[forward]) != 0)
            sorted[n++] = (struct name){process->edge_names[e], e};
    }
    qsort(sorted, (size_t)n, sizeof *sorted, compare_names);
    enum ff_status status = FF_OK;
    for (int i = 1; i < n && status == FF_OK; i++)
        if (strcmp(sorted[i - 1].text, sorted[i].text) == 0)
            status = ff_node_error(
                edges_node->items[sorted[i].index],
                "the name `%s` exists already; give parallel edges a `name` each", sorted[i].text);
    free(sorted);
    return status;
}

/* ---- connectivity --------------------------------------------------------------------------- */

/* Mark what can be reached from state 0 along the channels, or against them. Sweeps alternate in
 * direction, so that a chain of states in either order takes two. */
static void mark_reachable(const struct ff_process *process, bool is_backward, bool *is_reached)
{
    const int n = process->n_channels;
    is_reached[0] = true;
    for (bool has_grown = true, is_downward = false; has_grown; is_downward = !is_downward) {
        has_grown = false;
        for (int i = 0; i < n; i++) {
            const int r = is_downward ? n - 1 - i : i;
            const int *ends = process->change_site + process->change_start[r];
            const int from = ends[is_backward ? 1 : 0], to = ends[is_backward ? 0 : 1];
            if (is_reached[from] && !is_reached[to]) {
                is_reached[to] = true;
                has_grown = true;
            }
        }
    }
}

static enum ff_status check_connected(const struct ff_node *states,
                                      const struct ff_process *process)
{
    const int n = process->n_sites;
    bool *has_exit = FF_NEW(bool, n), *from_first = FF_NEW(bool, n), *to_first = FF_NEW(bool, n);
    for (int r = 0; r < process->n_channels; r++)
        has_exit[process->change_site[process->change_start[r]]] = true;
    mark_reachable(process, false, from_first);
    mark_reachable(process, true, to_first);
    enum ff_status status = FF_OK;
    for (int i = 0; i < n && status == FF_OK; i++) {
        const char *name = process->site_names[i], *first = process->site_names[0];
        if (!has_exit[i])
            status = ff_node_error(states, "state `%s` is absorbing: no channel leaves it", name);
        else if (!from_first[i])
            status = ff_node_error(states,
                                   "the network is disconnected: `%s` cannot be reached "
                                   "from `%s`",
                                   name, first);
        else if (!to_first[i])
            status = ff_node_error(
                states, "the network has a trap: `%s` cannot be reached from `%s`", first, name);
    }
    free(has_exit);
    free(from_first);
    free(to_first);
    return status;
}

/* ---- the model kind ------------------------------------------------------------------------- */

static enum ff_status build_from(struct ff_node *section, const char *const *names,
                                 const struct name *sorted, int n_states, int n_walkers,
                                 struct ff_process **out)
{
    const struct ff_node *node = ff_node_find(section, "edges");
    if (node == NULL)
        return ff_node_error(section, "the key `edges` is missing");
    TRY(ff_node_expect(node, FF_NODE_SEQUENCE));
    if (node->n_items == 0)
        return ff_node_error(node, "the network is empty: it has no edges");
    struct ff_edge *edges = FF_RAW(struct ff_edge, node->n_items);
    struct ff_process *process = NULL;
    enum ff_status status = FF_OK;
    for (int e = 0; e < node->n_items; e++)
        TRY_OR_FAIL(read_edge(node->items[e], names, sorted, n_states, &edges[e]));
    ff_process_from_edges(names, n_states, edges, node->n_items, n_walkers, false, &process);
    TRY_OR_FAIL(check_names(node, process));
    TRY_OR_FAIL(check_connected(ff_node_find(section, "states"), process));
    *out = process;
    process = NULL;
fail:
    ff_process_free(process);
    free(edges);
    return status;
}

static enum ff_status network_build(struct ff_node *section, struct ff_process **out)
{
    struct network_options options;
    TRY(ff_keys_read(&network_keys, section, &options));
    const char **names = NULL;
    struct name *sorted = NULL;
    int n_states = 0;
    TRY(read_states(section, &names, &sorted, &n_states));
    const enum ff_status status =
        build_from(section, names, sorted, n_states, options.n_walkers, out);
    free(names);
    free(sorted);
    return status;
}

const struct ff_model_type ff_model_network = {
    .name = "network",
    .doc = "independent walkers on named states joined by edges; parallel edges stay separate",
    .keys = &network_keys,
    .build = network_build,
};
