/* Rates of neighbouring sites.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/lattice.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAME_SIZE = 16 };

/* Per-edge rates from one number for all, or a list of one for each. */
static enum ff_status read_edge_rates(struct ff_node *section, const char *key, double fallback,
                                      int n_edges, double *rates)
{
    const struct ff_real_rule rule = {
        .fallback = fallback, .min = 0.0, .above_min = true, .max = 1e100};
    const struct ff_node *node = ff_node_find(section, key);
    if (node == NULL || node->kind == FF_NODE_SCALAR) {
        double rate;
        TRY(ff_node_real(section, key, rule, &rate));
        for (int e = 0; e < n_edges; e++)
            rates[e] = rate;
        return FF_OK;
    }
    TRY(ff_node_expect(node, FF_NODE_SEQUENCE));
    if (node->n_items != n_edges)
        return ff_node_error(node, "must have one rate for each of the %d edges, got %d", n_edges,
                             node->n_items);
    for (int e = 0; e < n_edges; e++)
        TRY(ff_node_as_real(node->items[e], rule, &rates[e]));
    return FF_OK;
}

static enum ff_status apply_disorder(struct ff_node *section, int n_sites, int n_edges,
                                     struct ff_edge *edges)
{
    struct ff_node *disorder = ff_node_find(section, "disorder");
    if (disorder == NULL)
        return FF_OK;
    static const char *const keys[] = {"barrier", "energy", "seed", NULL};
    TRY(ff_node_allow(disorder, keys));
    const struct ff_real_rule spread = {.fallback = 0.0, .min = 0.0, .max = 20.0};
    double barrier, energy;
    int64_t seed;
    TRY(ff_node_real(disorder, "barrier", spread, &barrier));
    TRY(ff_node_real(disorder, "energy", spread, &energy));
    TRY(ff_node_integer(disorder, "seed",
                        (struct ff_integer_rule){.fallback = 1, .min = 0, .max = INT64_MAX},
                        &seed));
    struct ff_stream stream = ff_stream_at((uint64_t)seed, 0, FF_PURPOSE_DISORDER, 0, 0);
    double *energies = FF_NEW(double, n_sites);
    for (int i = 0; i < n_sites; i++)
        energies[i] = energy * ff_stream_normal(&stream);
    for (int e = 0; e < n_edges; e++) {
        const double height = barrier * ff_stream_normal(&stream);
        edges[e].forward *= exp(energies[edges[e].from] - height);
        edges[e].backward *= exp(energies[edges[e].to] - height);
    }
    free(energies);
    return FF_OK;
}

enum ff_status ff_lattice_read_edges(struct ff_node *section, int n_sites, int n_edges,
                                     struct ff_edge *edges)
{
    double *rates = FF_NEW(double, n_edges);
    enum ff_status status;
    TRY_OR_FAIL(read_edge_rates(section, "forward", 1.0, n_edges, rates));
    for (int e = 0; e < n_edges; e++)
        edges[e] = (struct ff_edge){.from = e, .to = (e + 1) % n_sites, .forward = rates[e]};
    TRY_OR_FAIL(read_edge_rates(section, "backward", 0.5, n_edges, rates));
    for (int e = 0; e < n_edges; e++)
        edges[e].backward = rates[e];
    TRY_OR_FAIL(apply_disorder(section, n_sites, n_edges, edges));
fail:
    free(rates);
    return status;
}

const char **ff_lattice_names(int n_sites)
{
    const size_t n = (size_t)n_sites;
    const char **names = ff_allocate(1, n * (sizeof *names + NAME_SIZE)); /* pointers, then texts */
    char *text = (char *)(names + n);
    for (size_t i = 0; i < n; i++) {
        snprintf(text + i * NAME_SIZE, NAME_SIZE, "%d", (int)i);
        names[i] = text + i * NAME_SIZE;
    }
    return names;
}

void ff_lattice_free_names(const char **names)
{
    free(names);
}
