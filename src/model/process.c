/* Building a process from channels, and its propensities.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/process.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Channels that read each site, as lists; list [site_start[i], site_start[i+1]). */
static int *readers_of_sites(const struct ff_process *process, int *site_start)
{
    const int n_entries = process->reactant_start[process->n_channels];
    for (int e = 0; e < n_entries; e++)
        site_start[process->reactant_site[e] + 1]++;
    for (int i = 0; i < process->n_sites; i++)
        site_start[i + 1] += site_start[i];
    int *readers = FF_RAW(int, n_entries);
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
        int64_t n_affected =
            0; /* about the square of the channels at a site that all of them read */
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
            if (n_affected > INT_MAX)
                ff_status_abort(__FILE__, __LINE__, "out of memory: too many channels at one site");
            process->affected_start[r + 1] = (int)n_affected;
        }
        if (pass == 0)
            process->affected = FF_RAW(int, n_affected);
    }
    free(seen_by);
    free(readers);
    free(site_start);
}

static char **copy_texts(const char *const *texts, int count)
{
    char **copies = FF_RAW(char *, count);
    for (int i = 0; i < count; i++)
        copies[i] = ff_copy_text(texts[i]);
    return copies;
}

static int count_terms(const struct ff_channel *channels, int n_channels, bool is_change)
{
    int count = 0;
    for (int r = 0; r < n_channels; r++)
        count += is_change ? channels[r].n_changes : channels[r].n_reactants;
    return count;
}

static double log_factorials(const struct ff_channel *channel)
{
    double sum = 0.0;
    for (int e = 0; e < channel->n_reactants; e++)
        sum += channel->reactants[e].count > 0 ? lgamma(channel->reactants[e].count + 1.0) : 0.0;
    return sum;
}

static void copy_channel(struct ff_process *process, int r, const struct ff_channel *channel)
{
    process->channel_names[r] = ff_copy_text(channel->name);
    process->rates[r] = channel->rate;
    process->reverse[r] = channel->reverse;
    int at = process->reactant_start[r];
    for (int e = 0; e < channel->n_reactants; e++, at++) {
        process->reactant_site[at] = channel->reactants[e].site;
        process->reactant_order[at] = channel->reactants[e].count;
    }
    process->reactant_start[r + 1] = at;
    at = process->change_start[r];
    for (int e = 0; e < channel->n_changes; e++, at++) {
        process->change_site[at] = channel->changes[e].site;
        process->change_amount[at] = channel->changes[e].count;
    }
    process->change_start[r + 1] = at;
}

void ff_process_create(const char *const *site_names, int n_sites,
                       const struct ff_channel *channels, int n_channels,
                       const char *const *edge_names, struct ff_process **out)
{
    struct ff_process *process = FF_NEW(struct ff_process, 1);
    const int n_reactants = count_terms(channels, n_channels, false);
    const int n_changes = count_terms(channels, n_channels, true);
    process->n_sites = n_sites;
    process->n_channels = n_channels;
    process->n_walkers = 1;
    process->site_names = copy_texts(site_names, n_sites);
    process->channel_names = FF_RAW(char *, n_channels);
    process->rates = FF_RAW(double, n_channels);
    process->log_symmetry = FF_NEW(double, n_channels);
    process->reverse = FF_RAW(int, n_channels);
    process->edge_forward = FF_RAW(int, n_channels);
    process->reactant_start = FF_RAW(int, n_channels + 1);
    process->reactant_site = FF_RAW(int, n_reactants);
    process->reactant_order = FF_RAW(int, n_reactants);
    process->change_start = FF_RAW(int, n_channels + 1);
    process->change_site = FF_RAW(int, n_changes);
    process->change_amount = FF_RAW(int, n_changes);
    process->affected_start = FF_RAW(int, n_channels + 1);
    process->reactant_start[0] = process->change_start[0] = process->affected_start[0] = 0;
    for (int r = 0; r < n_channels; r++) {
        const int reverse = channels[r].reverse;
        copy_channel(process, r, &channels[r]);
        if (reverse >= 0)
            process->log_symmetry[r] =
                log_factorials(&channels[reverse]) - log_factorials(&channels[r]);
        if (reverse < 0 || reverse > r)
            process->edge_forward[process->n_edges++] = r;
    }
    process->edge_names = copy_texts(edge_names, process->n_edges);
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
    free(process->log_symmetry);
    free(process->initial);
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

double ff_binomial(int n, int order)
{
    if (order == FF_VACANCY)
        return 1.0 - n;
    double value = 1.0;
    for (int i = 0; i < order; i++)
        value *= (double)(n - i) / (double)(i + 1);
    return value;
}

/* d binomial(n, order) / dn of the polynomial: the sum over the factor that is differentiated. */
static double binomial_slope(int n, int order)
{
    if (order == FF_VACANCY)
        return -1.0;
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
        h *= ff_binomial(x[process->reactant_site[e]], process->reactant_order[e]);
    return h;
}

double ff_process_multiplicity_slope(const struct ff_process *process, int channel, int slot,
                                     const int *x)
{
    double slope = 1.0;
    for (int e = process->reactant_start[channel]; e < process->reactant_start[channel + 1]; e++) {
        const int n = x[process->reactant_site[e]], order = process->reactant_order[e];
        slope *= e == slot ? binomial_slope(n, order) : ff_binomial(n, order);
    }
    return slope;
}

void ff_process_draw_initial(const struct ff_process *process, struct ff_stream *stream, int *x)
{
    const int n = process->n_sites;
    if (process->initial != NULL) {
        memcpy(x, process->initial, sizeof *x * (size_t)n);
        return;
    }
    memset(x, 0, sizeof *x * (size_t)n);
    for (int placed = 0; placed < process->n_placed;) {
        const int site = (int)(ff_stream_uniform(stream) * n);
        if (process->is_exclusive && x[site] > 0)
            continue;
        x[site]++;
        placed++;
    }
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
