/* Ring of N sites: edges i -> i+1, uniform or per-edge rates, optional quenched disorder.
 *
 * Disorder is of Arrhenius form: a hop out of site i over barrier b of its edge has the rate
 * k exp(E_i - B_b), energies and barriers in units of k_B T, normally distributed with the given
 * standard deviations. It leaves the ring's affinity as it is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/system.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_SITES = 1000000, NAME_SIZE = 16 };

/* Per-edge rates from one number for all, or a list of one for each. */
static enum ff_status read_edge_rates(struct ff_node *section, const char *key, double fallback,
                                      double min, int n_edges, double *rates)
{
    const struct ff_real_rule rule = {
        .fallback = fallback, .min = min, .above_min = min == 0.0, .max = 1e100};
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

static enum ff_status apply_disorder(struct ff_node *section, int n_sites, struct ff_edge *edges)
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
    for (int e = 0; e < n_sites; e++) {
        const double height = barrier * ff_stream_normal(&stream);
        edges[e].forward *= exp(energies[edges[e].from] - height);
        edges[e].backward *= exp(energies[edges[e].to] - height);
    }
    free(energies);
    return FF_OK;
}

static enum ff_status read_edges(struct ff_node *section, int n_sites, struct ff_edge *edges)
{
    double *rates = FF_NEW(double, n_sites);
    enum ff_status status;
    TRY_OR_FAIL(read_edge_rates(section, "forward", 1.0, 0.0, n_sites, rates));
    for (int e = 0; e < n_sites; e++)
        edges[e] = (struct ff_edge){.from = e, .to = (e + 1) % n_sites, .forward = rates[e]};
    TRY_OR_FAIL(read_edge_rates(section, "backward", 0.5, 0.0, n_sites, rates));
    for (int e = 0; e < n_sites; e++)
        edges[e].backward = rates[e];
    TRY_OR_FAIL(apply_disorder(section, n_sites, edges));
fail:
    free(rates);
    return status;
}

static enum ff_status ring_build(struct ff_node *section, struct ff_process **out)
{
    static const char *const keys[] = {"kind",     "sites",    "walkers", "forward",
                                       "backward", "disorder", NULL};
    TRY(ff_node_allow(section, keys));
    int n_sites, n_walkers;
    TRY(ff_node_int(section, "sites",
                    (struct ff_integer_rule){.required = true, .min = 3, .max = MAX_SITES},
                    &n_sites));
    TRY(ff_node_int(section, "walkers",
                    (struct ff_integer_rule){.fallback = 1, .min = 1, .max = 1000000}, &n_walkers));
    struct ff_edge *edges = FF_NEW(struct ff_edge, n_sites);
    const enum ff_status status = read_edges(section, n_sites, edges);
    if (status == FF_OK) {
        char(*text)[NAME_SIZE] = ff_allocate((unsigned long)n_sites, NAME_SIZE);
        const char **names = FF_NEW(const char *, n_sites);
        for (int i = 0; i < n_sites; i++) {
            snprintf(text[i], NAME_SIZE, "%d", i);
            names[i] = text[i];
        }
        ff_process_from_edges(names, n_sites, edges, n_sites, n_walkers, out);
        free(names);
        free(text);
    }
    free(edges);
    return status;
}

const struct ff_model_type ff_model_ring = {
    .name = "ring",
    .doc = "independent walkers on a ring of sites, uniform, per-edge or disordered rates",
    .build = ring_build,
};
