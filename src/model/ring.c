/* Ring of N sites with independent walkers: edges i -> i+1, uniform or per-edge rates, optional disorder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/lattice.h"
#include "model/system.h"

#include <stdlib.h>

enum { MAX_SITES = 1000000, MAX_WALKERS = 1000000 };

static enum ff_status ring_build(struct ff_node *section, struct ff_process **out)
{
    static const char *const keys[] = {"kind",     "sites",    "walkers", "forward",
                                       "backward", "disorder", NULL};
    TRY(ff_node_allow(section, keys));
    const struct ff_integer_rule sites = {.required = true, .min = 3, .max = MAX_SITES};
    const struct ff_integer_rule walkers = {.fallback = 1, .min = 1, .max = MAX_WALKERS};
    int n_sites = 0, n_walkers = 0;
    TRY(ff_node_int(section, "sites", sites, &n_sites));
    TRY(ff_node_int(section, "walkers", walkers, &n_walkers));
    struct ff_edge *edges = FF_NEW(struct ff_edge, n_sites);
    const enum ff_status status = ff_lattice_read_edges(section, n_sites, n_sites, edges);
    if (status == FF_OK) {
        const char **names = ff_lattice_names(n_sites);
        ff_process_from_edges(names, n_sites, edges, n_sites, n_walkers, false, out);
        ff_lattice_free_names(names);
    }
    free(edges);
    return status;
}

const struct ff_model_type ff_model_ring = {
    .name = "ring",
    .doc = "independent walkers on a ring of sites, uniform, per-edge or disordered rates",
    .build = ring_build,
};
