/* Building a process from edges, and its propensities.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/process.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *joined(const char *a, const char *between, const char *b)
{
    const size_t size = strlen(between) + strlen(a) + strlen(b) + 1;
    char *text = ff_allocate(size, 1);
    snprintf(text, size, "%s%s%s", a, between, b);
    return text;
}

/* One hop of one particle: consumes one at `from`, makes one at `to`. */
static void set_hop(struct ff_process *process, int channel, int from, int to, double rate,
                    int reverse, char *name)
{
    process->channel_names[channel] = name;
    process->rates[channel] = rate;
    process->reverse[channel] = reverse;
    process->reactant_start[channel + 1] = channel + 1;
    process->reactant_site[channel] = from;
    process->reactant_order[channel] = 1;
    process->change_start[channel + 1] = 2 * (channel + 1);
    process->change_site[2 * channel] = from;
    process->change_amount[2 * channel] = -1;
    process->change_site[2 * channel + 1] = to;
    process->change_amount[2 * channel + 1] = 1;
}

/* Channels that read each site, as lists; list [site_start[i], site_start[i+1]). */
static int *readers_of_sites(const struct ff_process *process, int *site_start)
{
    const int n_entries = process->reactant_start[process->n_channels];
    for (int e = 0; e < n_entries; e++)
        site_start[process->reactant_site[e] + 1]++;
    for (int i = 0; i < process->n_sites; i++)
        site_start[i + 1] += site_start[i];
    int *readers = FF_NEW(int, n_entries);
    int *next = FF_NEW(int, process->n_sites);
    for (int r = 0; r < process->n_channels; r++)
        for (int e = process->reactant_start[r]; e < process->reactant_start[r + 1]; e++) {
            const int site = process->reactant_site[e];
            readers[site_start[site] + next[site]++] = r;
        }
    free(next);
    return readers;
}

static void find_affected(struct ff_process *process)
{
    int *site_start = FF_NEW(int, process->n_sites + 1);
    int *readers = readers_of_sites(process, site_start);
    int *seen_by = FF_NEW(int, process->n_channels);
    for (int pass = 0; pass < 2; pass++) {
        int n_affected = 0;
        for (int r = 0; r < process->n_channels; r++) {
            const int mark = r + 1 + pass * process->n_channels;
            for (int e = process->change_start[r]; e < process->change_start[r + 1]; e++) {
                const int site = process->change_site[e];
                for (int k = site_start[site]; k < site_start[site + 1]; k++) {
                    if (seen_by[readers[k]] == mark)
                        continue;
                    seen_by[readers[k]] = mark;
                    if (pass == 1)
                        process->affected[n_affected] = readers[k];
                    n_affected++;
                }
            }
            process->affected_start[r + 1] = n_affected;
        }
        if (pass == 0)
            process->affected = FF_NEW(int, n_affected);
    }
    free(seen_by);
    free(readers);
    free(site_start);
}

void ff_process_from_edges(const char *const *site_names, int n_sites, const struct ff_edge *edges,
                           int n_edges, int n_walkers, struct ff_process **out)
{
    struct ff_process *process = FF_NEW(struct ff_process, 1);
    int n_channels = n_edges;
    for (int e = 0; e < n_edges; e++)
        n_channels += edges[e].backward > 0.0;
    process->n_sites = n_sites;
    process->n_channels = n_channels;
    process->n_edges = n_edges;
    process->n_walkers = n_walkers;
    process->site_names = FF_NEW(char *, n_sites);
    for (int i = 0; i < n_sites; i++)
        process->site_names[i] = ff_copy_text(site_names[i]);
    process->channel_names = FF_NEW(char *, n_channels);
    process->edge_names = FF_NEW(char *, n_edges);
    process->rates = FF_NEW(double, n_channels);
    process->reverse = FF_NEW(int, n_channels);
    process->edge_forward = FF_NEW(int, n_edges);
    process->reactant_start = FF_NEW(int, n_channels + 1);
    process->reactant_site = FF_NEW(int, n_channels);
    process->reactant_order = FF_NEW(int, n_channels);
    process->change_start = FF_NEW(int, n_channels + 1);
    process->change_site = FF_NEW(int, 2 * n_channels);
    process->change_amount = FF_NEW(int, 2 * n_channels);
    process->affected_start = FF_NEW(int, n_channels + 1);

    int r = 0;
    for (int e = 0; e < n_edges; e++) {
        const struct ff_edge *edge = &edges[e];
        const char *from = site_names[edge->from], *to = site_names[edge->to];
        const bool has_name = edge->name != NULL, has_reverse = edge->backward > 0.0;
        process->edge_forward[e] = r;
        process->edge_names[e] = has_name ? ff_copy_text(edge->name) : joined(from, "->", to);
        set_hop(process, r, edge->from, edge->to, edge->forward, has_reverse ? r + 1 : -1,
                has_name ? joined(edge->name, "", "+") : joined(from, "->", to));
        r++;
        if (!has_reverse)
            continue;
        set_hop(process, r, edge->to, edge->from, edge->backward, r - 1,
                has_name ? joined(edge->name, "", "-") : joined(to, "->", from));
        r++;
    }
    find_affected(process);
    *out = process;
}

static void free_texts(char **texts, int count)
{
    for (int i = 0; texts != NULL && i < count; i++)
        free(texts[i]);
    free(texts);
}

void ff_process_free(struct ff_process *process)
{
    if (process == NULL)
        return;
    free_texts(process->site_names, process->n_sites);
    free_texts(process->channel_names, process->n_channels);
    free_texts(process->edge_names, process->n_edges);
    free(process->rates);
    free(process->reverse);
    free(process->edge_forward);
    free(process->reactant_start);
    free(process->reactant_site);
    free(process->reactant_order);
    free(process->change_start);
    free(process->change_site);
    free(process->change_amount);
    free(process->affected_start);
    free(process->affected);
    free(process);
}

/* binomial(n, order) for small orders. */
static double binomial(int n, int order)
{
    double value = 1.0;
    for (int i = 0; i < order; i++)
        value *= (double)(n - i) / (double)(i + 1);
    return value;
}

/* d binomial(n, order) / dn of the polynomial: the sum over the factor that is differentiated. */
static double binomial_slope(int n, int order)
{
    double sum = 0.0;
    for (int skip = 0; skip < order; skip++) {
        double product = 1.0 / (double)(skip + 1);
        for (int i = 0; i < order; i++)
            if (i != skip)
                product *= (double)(n - i) / (double)(i + 1);
        sum += product;
    }
    return sum;
}

double ff_process_multiplicity(const struct ff_process *process, int channel, const int *x)
{
    double h = 1.0;
    for (int e = process->reactant_start[channel]; e < process->reactant_start[channel + 1]; e++)
        h *= binomial(x[process->reactant_site[e]], process->reactant_order[e]);
    return h;
}

double ff_process_multiplicity_slope(const struct ff_process *process, int channel, int slot,
                                     const int *x)
{
    double slope = 1.0;
    for (int e = process->reactant_start[channel]; e < process->reactant_start[channel + 1]; e++) {
        const int n = x[process->reactant_site[e]], order = process->reactant_order[e];
        slope *= e == slot ? binomial_slope(n, order) : binomial(n, order);
    }
    return slope;
}

void ff_process_draw_initial(const struct ff_process *process, struct ff_stream *stream, int *x)
{
    memset(x, 0, sizeof *x * (size_t)process->n_sites);
    for (int w = 0; w < process->n_walkers; w++)
        x[(int)(ff_stream_uniform(stream) * process->n_sites)]++;
}

static int find_text(char *const *texts, int count, const char *text)
{
    for (int i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0)
            return i;
    return -1;
}

int ff_process_find_channel(const struct ff_process *process, const char *name)
{
    return find_text(process->channel_names, process->n_channels, name);
}

int ff_process_find_edge(const struct ff_process *process, const char *name)
{
    return find_text(process->edge_names, process->n_edges, name);
}
