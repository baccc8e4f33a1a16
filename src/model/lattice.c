/* Rates of neighbouring sites.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/lattice.h"
#include "model/system.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAME_SIZE = 16 };

/* ---- keys ----------------------------------------------------------------------------------- */

/* Section `disorder`; all 0 without it. */
struct disorder {
    double barrier, energy; /* standard deviations, k_B T */
    uint64_t seed;
};

static const struct ff_key disorder_rows[] = {
    {.name = "barrier",
     FF_FILLS(struct disorder, barrier),
     .real = {.fallback = 0.0, .min = 0.0, .max = 20.0},
     .unit = "k_B T",
     .doc = "Standard deviation of the barriers of the edges, which slow both directions alike."},
    {.name = "energy",
     FF_FILLS(struct disorder, energy),
     .real = {.fallback = 0.0, .min = 0.0, .max = 20.0},
     .unit = "k_B T",
     .doc = "Standard deviation of the energies of the sites."},
    {.name = "seed",
     FF_FILLS(struct disorder, seed),
     .integer = {.fallback = 1, .min = 0, .max = INT64_MAX},
     .unit = "1",
     .doc = "Selects the energies and barriers; it has nothing to do with the seed of the run."},
};

static const struct ff_keys disorder_keys = {
    .doc = "Quenched random energies E of the sites and barriers B of the edges, normally "
           "distributed: a hop out of site i over edge b has its rate times exp(E_i - B_b).",
    FF_ROWS(disorder_rows),
};

enum { ROW_FORWARD, ROW_BACKWARD };

static const struct ff_key lattice_rows[] = {
    [ROW_FORWARD] = {.name = "forward",
                     .type = FF_KEY_REAL,
                     .is_special = true,
                     .real = {.fallback = 1.0, .min = 0.0, .above_min = true, .max = 1e100},
                     .form = "number, or a list with one for each edge",
                     .unit = "1/time",
                     .doc = "Rate constants of hops from site i to i+1."},
    [ROW_BACKWARD] = {.name = "backward",
                      .type = FF_KEY_REAL,
                      .is_special = true,
                      .real = {.fallback = 0.5, .min = 0.0, .above_min = true, .max = 1e100},
                      .form = "number, or a list with one for each edge",
                      .unit = "1/time",
                      .doc = "Rate constants of hops from site i+1 to i."},
    {.name = "disorder", .type = FF_KEY_SECTION, .is_optional = true, .keys = &disorder_keys},
};

const struct ff_keys ff_keys_lattice = {
    .doc = "Sites in a row.",
    FF_ROWS(lattice_rows),
    .base = &ff_keys_model,
};

/* ---- rates ---------------------------------------------------------------------------------- */

/* Per-edge rates from one number for all, or a list of one for each. */
static enum ff_status read_edge_rates(struct ff_node *section, const struct ff_key *key,
                                      int n_edges, double *rates)
{
    const struct ff_node *node = ff_node_find(section, key->name);
    if (node == NULL || node->kind == FF_NODE_SCALAR) {
        double rate;
        TRY(ff_node_real(section, key->name, key->real, &rate));
        for (int e = 0; e < n_edges; e++)
            rates[e] = rate;
        return FF_OK;
    }
    TRY(ff_node_expect(node, FF_NODE_SEQUENCE));
    if (node->n_items != n_edges)
        return ff_node_error(node, "must have one rate for each of the %d edges, got %d", n_edges,
                             node->n_items);
    for (int e = 0; e < n_edges; e++)
        TRY(ff_node_as_real(node->items[e], key->real, &rates[e]));
    return FF_OK;
}

static void apply_disorder(const struct disorder *disorder, int n_sites, int n_edges,
                           struct ff_edge *edges)
{
    struct ff_stream stream = ff_stream_at(disorder->seed, 0, FF_PURPOSE_DISORDER, 0, 0);
    double *energies = FF_RAW(double, n_sites);
    for (int i = 0; i < n_sites; i++)
        energies[i] = disorder->energy * ff_stream_normal(&stream);
    for (int e = 0; e < n_edges; e++) {
        const double height = disorder->barrier * ff_stream_normal(&stream);
        edges[e].forward *= exp(energies[edges[e].from] - height);
        edges[e].backward *= exp(energies[edges[e].to] - height);
    }
    free(energies);
}

enum ff_status ff_lattice_read_edges(struct ff_node *section, int n_sites, int n_edges,
                                     struct ff_edge *edges)
{
    struct disorder disorder = {0};
    double *rates = FF_RAW(double, n_edges);
    enum ff_status status;
    TRY_OR_FAIL(read_edge_rates(section, &lattice_rows[ROW_FORWARD], n_edges, rates));
    for (int e = 0; e < n_edges; e++)
        edges[e] = (struct ff_edge){.from = e, .to = (e + 1) % n_sites, .forward = rates[e]};
    TRY_OR_FAIL(read_edge_rates(section, &lattice_rows[ROW_BACKWARD], n_edges, rates));
    for (int e = 0; e < n_edges; e++)
        edges[e].backward = rates[e];
    TRY_OR_FAIL(ff_keys_fill(&ff_keys_lattice, section, &disorder));
    if (disorder.barrier > 0.0 || disorder.energy > 0.0)
        apply_disorder(&disorder, n_sites, n_edges, edges);
fail:
    free(rates);
    return status;
}

const char **ff_lattice_names(int n_sites)
{
    const size_t n = (size_t)n_sites;
    const char **names =
        ff_allocate_raw(1, n * (sizeof *names + NAME_SIZE)); /* pointers, then texts */
    char *text = (char *)(names + n);
    for (size_t i = 0; i < n; i++) {
        snprintf(text + i * NAME_SIZE, NAME_SIZE, "%d", (int)i);
        names[i] = text + i * NAME_SIZE;
    }
    return names;
}
