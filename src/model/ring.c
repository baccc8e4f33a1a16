/* Ring of N sites with independent walkers: edges i -> i+1, uniform or per-edge rates, optional disorder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/lattice.h"
#include "model/system.h"

#include <stdlib.h>

struct ring_options {
    int n_sites, n_walkers;
};

static const struct ff_key rows[] = {
    {.name = "sites",
     FF_FILLS(struct ring_options, n_sites),
     .integer = {.required = true, .min = 3, .max = 1000000},
     .unit = "sites",
     .doc = "Length of the ring; site i is joined to site i+1, and the last to the first."},
    {.name = "walkers",
     FF_FILLS(struct ring_options, n_walkers),
     .integer = {.fallback = 1, .min = 1, .max = 1000000},
     .unit = "walkers",
     .doc = "Independent walkers simulated at once; everything is reported per walker, so exact "
            "values do not depend on it."},
};

static const struct ff_keys ring_keys = {
    .doc = "Independent walkers on a ring of sites, named 0, 1, 2, ...; the edge from site 0 to 1 "
           "is `0->1`, its channels are `0->1` and `1->0`.",
    FF_ROWS(rows),
    .base = &ff_keys_lattice,
};

static enum ff_status ring_build(struct ff_node *section, struct ff_process **out)
{
    struct ring_options options;
    TRY(ff_keys_read(&ring_keys, section, &options));
    const int n_sites = options.n_sites, n_walkers = options.n_walkers;
    struct ff_edge *edges = FF_RAW(struct ff_edge, n_sites);
    const enum ff_status status = ff_lattice_read_edges(section, n_sites, n_sites, edges);
    if (status == FF_OK) {
        const char **names = ff_lattice_names(n_sites);
        ff_process_from_edges(names, n_sites, edges, n_sites, n_walkers, false, out);
        free(names);
    }
    free(edges);
    return status;
}

const struct ff_model_type ff_model_ring = {
    .name = "ring",
    .is_ring = true,
    .doc = "independent walkers on a ring of sites, uniform, per-edge or disordered rates",
    .keys = &ring_keys,
    .build = ring_build,
};
