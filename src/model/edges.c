/* Channels from edges: hops of one particle, with or without exclusion.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *joined(const char *a, const char *between, const char *b)
{
    const size_t size = strlen(between) + strlen(a) + strlen(b) + 1;
    char *text = ff_allocate_raw(size, 1);
    snprintf(text, size, "%s%s%s", a, between, b);
    return text;
}

/* Terms of one hop: takes one particle at `from`, puts one at `to`, which must be empty under exclusion. */
static void set_hop(struct ff_channel *channel, struct ff_term *terms, int from, int to,
                    double rate, int reverse, bool is_exclusive)
{
    struct ff_term *reactants = terms, *changes = terms + 2;
    *channel = (struct ff_channel){
        .rate = rate, .reverse = reverse, .reactants = reactants, .changes = changes};
    if (from != FF_RESERVOIR) {
        reactants[channel->n_reactants++] = (struct ff_term){from, 1};
        changes[channel->n_changes++] = (struct ff_term){from, -1};
    }
    if (to != FF_RESERVOIR) {
        if (is_exclusive)
            reactants[channel->n_reactants++] = (struct ff_term){to, FF_VACANCY};
        changes[channel->n_changes++] = (struct ff_term){to, 1};
    }
}

enum { TERMS_PER_HOP = 4 };

void ff_process_from_edges(const char *const *site_names, int n_sites, const struct ff_edge *edges,
                           int n_edges, int n_particles, bool is_exclusive, struct ff_process **out)
{
    struct ff_channel *channels = FF_RAW(struct ff_channel, 2 * n_edges);
    struct ff_term(*terms)[TERMS_PER_HOP] = ff_allocate_raw(2 * (size_t)n_edges, sizeof *terms);
    char **names = FF_RAW(char *, 2 * n_edges), **edge_names = FF_RAW(char *, n_edges);
    int r = 0;
    for (int e = 0; e < n_edges; e++) {
        const struct ff_edge *edge = &edges[e];
        const bool has_name = edge->name != NULL, has_reverse = edge->backward > 0.0;
        const char *from = has_name ? edge->name : site_names[edge->from];
        const char *to = has_name ? "" : site_names[edge->to];
        edge_names[e] = has_name ? ff_copy_text(edge->name) : joined(from, "->", to);
        names[r] = has_name ? joined(from, "+", "") : joined(from, "->", to);
        set_hop(&channels[r], terms[r], edge->from, edge->to, edge->forward,
                has_reverse ? r + 1 : -1, is_exclusive);
        channels[r].name = names[r];
        r++;
        if (!has_reverse)
            continue;
        names[r] = has_name ? joined(from, "-", "") : joined(to, "->", from);
        set_hop(&channels[r], terms[r], edge->to, edge->from, edge->backward, r - 1, is_exclusive);
        channels[r].name = names[r];
        r++;
    }
    ff_process_create(site_names, n_sites, channels, r, (const char *const *)edge_names, out);
    (*out)->n_placed = n_particles;
    (*out)->is_exclusive = is_exclusive;
    (*out)->is_independent = !is_exclusive;
    (*out)->n_walkers = is_exclusive ? 1 : n_particles;
    for (int i = 0; i < r; i++)
        free(names[i]);
    for (int e = 0; e < n_edges; e++)
        free(edge_names[e]);
    free(names);
    free(edge_names);
    free(terms);
    free(channels);
}
