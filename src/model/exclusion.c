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

/* ---- keys ----------------------------------------------------------------------------------- */

enum lattice { LATTICE_RING, LATTICE_OPEN };

/* Section `left` or `right`: rates per unit time. */
struct boundary {
    double in, out;
};

struct exclusion_options {
    enum lattice lattice;
    struct boundary left, right;
};

static const struct ff_key boundary_rows[] = {
    {.name = "in",
     FF_FILLS(struct boundary, in),
     .real = {.required = true, .min = 0.0, .above_min = true, .max = 1e100},
     .unit = "1/time",
     .doc = "Rate constant at which the reservoir fills the empty end site."},
    {.name = "out",
     FF_FILLS(struct boundary, out),
     .real = {.required = true, .min = 0.0, .above_min = true, .max = 1e100},
     .unit = "1/time",
     .doc = "Rate constant at which a particle on the end site leaves to the reservoir."},
};

static const struct ff_keys left_keys = {
    .doc =
        "The reservoir at the first site, for `lattice: open`: edge `left`, whose channel `left+` "
        "injects and `left-` removes.",
    FF_ROWS(boundary_rows),
};

static const struct ff_keys right_keys = {
    .doc =
        "The reservoir at the last site, for `lattice: open`: edge `right`, whose channel `right+` "
        "removes and `right-` injects.",
    FF_ROWS(boundary_rows),
};

static const struct ff_word lattices[] = {
    {.name = "ring", .doc = "the last site is joined to the first; the particles stay"},
    {.name = "open", .doc = "a row of sites between two reservoirs"},
    {.name = NULL}};

enum { ROW_LATTICE, ROW_SITES, ROW_PARTICLES };

static const struct ff_key rows[] = {
    [ROW_LATTICE] = {.name = "lattice",
                     FF_FILLS(struct exclusion_options, lattice),
                     .word = "ring",
                     .words = lattices,
                     .doc = "How the sites are joined."},
    [ROW_SITES] = {.name = "sites",
                   .type = FF_KEY_INT,
                   .is_special = true,
                   .integer = {.required = true, .min = 2, .max = MAX_SITES},
                   .unit = "sites",
                   .doc = "Length of the lattice, at least 3 on a ring."},
    [ROW_PARTICLES] = {.name = "particles",
                       .type = FF_KEY_INT,
                       .is_special = true,
                       .is_optional = true,
                       .integer = {.required = true, .min = 1, .max = MAX_SITES - 1},
                       .unit = "particles",
                       .doc =
                           "Required on a ring, where it is below the number of sites; reservoirs "
                           "set it on an open lattice."},
    {.name = "left",
     .type = FF_KEY_SECTION,
     .offset = offsetof(struct exclusion_options, left),
     .is_optional = true,
     .keys = &left_keys},
    {.name = "right",
     .type = FF_KEY_SECTION,
     .offset = offsetof(struct exclusion_options, right),
     .is_optional = true,
     .keys = &right_keys},
};

static const struct ff_keys exclusion_keys = {
    .doc =
        "Particles that hop to a neighbouring site if it is empty; the current is that through a "
        "bond, the entropy production that of the whole system.",
    FF_ROWS(rows),
    .base = &ff_keys_lattice,
};

/* ---- building ------------------------------------------------------------------------------- */

static enum ff_status build_open(struct ff_node *section, const struct exclusion_options *options,
                                 int n_sites, struct ff_process **out)
{
    static const char *const ends[] = {"left", "right", NULL};
    for (int i = 0; ends[i] != NULL; i++)
        if (ff_node_find(section, ends[i]) == NULL)
            return ff_node_error(section, "an open lattice needs `%s: {in: rate, out: rate}`",
                                 ends[i]);
    const struct ff_node *particles = ff_node_find(section, "particles");
    if (particles != NULL)
        return ff_node_error(particles,
                             "belongs to `lattice: ring`; reservoirs set the number here");
    struct ff_edge *edges = FF_RAW(struct ff_edge, n_sites + 1);
    struct ff_edge *left = &edges[n_sites - 1], *right = &edges[n_sites];
    *left = (struct ff_edge){.name = "left",
                             .from = FF_RESERVOIR,
                             .to = 0,
                             .forward = options->left.in,
                             .backward = options->left.out};
    *right = (struct ff_edge){.name = "right",
                              .from = n_sites - 1,
                              .to = FF_RESERVOIR,
                              .forward = options->right.out,
                              .backward = options->right.in};
    enum ff_status status;
    TRY_OR_FAIL(ff_lattice_read_edges(section, n_sites, n_sites - 1, edges));
    const char **names = ff_lattice_names(n_sites);
    ff_process_from_edges(names, n_sites, edges, n_sites + 1, n_sites / 2, true, out);
    free(names);
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
    struct ff_integer_rule rule = rows[ROW_PARTICLES].integer;
    int n_particles = 0;
    rule.max = n_sites - 1;
    TRY(ff_node_int(section, "particles", rule, &n_particles));
    struct ff_edge *edges = FF_RAW(struct ff_edge, n_sites);
    const enum ff_status status = ff_lattice_read_edges(section, n_sites, n_sites, edges);
    if (status == FF_OK) {
        const char **names = ff_lattice_names(n_sites);
        ff_process_from_edges(names, n_sites, edges, n_sites, n_particles, true, out);
        free(names);
    }
    free(edges);
    return status;
}

static enum ff_status exclusion_build(struct ff_node *section, struct ff_process **out)
{
    struct exclusion_options options;
    TRY(ff_keys_read(&exclusion_keys, section, &options));
    struct ff_integer_rule sites = rows[ROW_SITES].integer;
    int n_sites = 0;
    if (options.lattice == LATTICE_RING)
        sites.min = 3;
    TRY(ff_node_int(section, "sites", sites, &n_sites));
    return options.lattice == LATTICE_OPEN ? build_open(section, &options, n_sites, out)
                                           : build_ring(section, n_sites, out);
}

const struct ff_model_type ff_model_exclusion = {
    .name = "exclusion",
    .doc = "at most one particle on a site, on a ring or between two reservoirs",
    .keys = &exclusion_keys,
    .build = exclusion_build,
};
