/* Simple exclusion: at most one particle on a site, on a ring or between two reservoirs.
 *
 * The current is that of particles through a bond. On an open lattice the boundary edges `left` and `right`
 * count as bonds: `left+` injects on the first site, `right+` removes from the last.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/lattice.h"
#include "model/system.h"

#include <stdlib.h>

enum { MAX_SITES = 1000000 };
enum { LATTICE_RING, LATTICE_OPEN };

/* `left: {in, out}` or `right: {in, out}`. */
static enum ff_status read_boundary(struct ff_node *section, const char *key, double *in,
                                    double *out)
{
    static const char *const keys[] = {"in", "out", NULL};
    const struct ff_real_rule rule = {
        .required = true, .min = 0.0, .above_min = true, .max = 1e100};
    struct ff_node *boundary = ff_node_find(section, key);
    if (boundary == NULL)
        return ff_node_error(section, "an open lattice needs `%s: {in: rate, out: rate}`", key);
    TRY(ff_node_allow(boundary, keys));
    TRY(ff_node_real(boundary, "in", rule, in));
    return ff_node_real(boundary, "out", rule, out);
}

static enum ff_status build_open(struct ff_node *section, int n_sites, struct ff_process **out)
{
    const struct ff_node *particles = ff_node_find(section, "particles");
    if (particles != NULL)
        return ff_node_error(particles,
                             "belongs to `lattice: ring`; reservoirs set the number here");
    struct ff_edge *edges = FF_NEW(struct ff_edge, n_sites + 1);
    struct ff_edge *left = &edges[n_sites - 1], *right = &edges[n_sites];
    *left = (struct ff_edge){.name = "left", .from = FF_RESERVOIR, .to = 0};
    *right = (struct ff_edge){.name = "right", .from = n_sites - 1, .to = FF_RESERVOIR};
    enum ff_status status;
    TRY_OR_FAIL(ff_lattice_read_edges(section, n_sites, n_sites - 1, edges));
    TRY_OR_FAIL(read_boundary(section, "left", &left->forward, &left->backward));
    TRY_OR_FAIL(read_boundary(section, "right", &right->backward, &right->forward));
    const char **names = ff_lattice_names(n_sites);
    ff_process_from_edges(names, n_sites, edges, n_sites + 1, n_sites / 2, true, out);
    ff_lattice_free_names(names);
fail:
    free(edges);
    return status;
}

static enum ff_status build_ring(struct ff_node *section, int n_sites, struct ff_process **out)
{
    static const char *const ends[] = {"left", "right", NULL};
    for (int i = 0; ends[i] != NULL; i++)
        if (ff_node_find(section, ends[i]) != NULL)
            return ff_node_error(ff_node_find(section, ends[i]), "belongs to `lattice: open`");
    const struct ff_integer_rule rule = {.required = true, .min = 1, .max = n_sites - 1};
    int n_particles = 0;
    TRY(ff_node_int(section, "particles", rule, &n_particles));
    struct ff_edge *edges = FF_NEW(struct ff_edge, n_sites);
    const enum ff_status status = ff_lattice_read_edges(section, n_sites, n_sites, edges);
    if (status == FF_OK) {
        const char **names = ff_lattice_names(n_sites);
        ff_process_from_edges(names, n_sites, edges, n_sites, n_particles, true, out);
        ff_lattice_free_names(names);
    }
    free(edges);
    return status;
}

static enum ff_status exclusion_build(struct ff_node *section, struct ff_process **out)
{
    static const char *const keys[] = {"kind",     "lattice",  "sites", "particles", "forward",
                                       "backward", "disorder", "left",  "right",     NULL};
    static const char *const lattices[] = {"ring", "open", NULL};
    TRY(ff_node_allow(section, keys));
    int lattice = LATTICE_RING, n_sites = 0;
    TRY(ff_node_choice(section, "lattice", lattices, "ring", &lattice));
    const struct ff_integer_rule sites = {
        .required = true, .min = lattice == LATTICE_OPEN ? 2 : 3, .max = MAX_SITES};
    TRY(ff_node_int(section, "sites", sites, &n_sites));
    return lattice == LATTICE_OPEN ? build_open(section, n_sites, out)
                                   : build_ring(section, n_sites, out);
}

const struct ff_model_type ff_model_exclusion = {
    .name = "exclusion",
    .doc = "at most one particle on a site, on a ring or between two reservoirs",
    .build = exclusion_build,
};
