/* A Markov jump process: sites, channels, stoichiometry and base rates.
 *
 * The state x is a vector of occupations of sites, or counts of species. Channel r fires with propensity
 * a_r(x) = k_r h_r(x) and moves x to x + S_r. Its multiplicity h_r(x) is a product over reactants: binomial(x_i,
 * order) for a site that gives particles, 1 - x_i for a site that must be empty (order FF_VACANCY).
 * Channels are never pooled, even between the same two sites.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_MODEL_PROCESS_H
#define FF_MODEL_PROCESS_H

#include "base/status.h"
#include "base/stream.h"

#include <stdbool.h>

/* Plain data, read-only once built. R channels, I sites, E edges. */
struct ff_process {
    int n_sites, n_channels, n_edges;
    int n_walkers;        /* independent particles, per which observables are reported; else 1 */
    bool is_independent;  /* particles do not interact: one walker's chain says everything */
    char **site_names;    /* [I] */
    char **channel_names; /* [R] */
    char **edge_names;    /* [E] */
    double *rates;        /* [R] base rate constants k0, per unit time */
    double *log_symmetry; /* [R] sum_i ln(order'_i! / order_i!) against the reverse: part of s_r */
    int *initial;         /* [I] occupations at time 0, or NULL when they are drawn */
    int n_placed;         /* particles drawn at random when `initial` is NULL */
    bool is_exclusive;    /* at most one particle on a site */
    int *reverse;         /* [R] channel of the reverse jump, or -1 */
    int *edge_forward;    /* [E] forward channel; its reverse, if any, is the backward one */
    int *reactant_start;  /* [R+1] into the next two */
    int *reactant_site, *reactant_order;
    int *change_start; /* [R+1] into the next two: S_r */
    int *change_site, *change_amount;
    int *
        affected_start; /* [R+1] into `affected`: channels whose h depends on a site that r changes */
    int *affected;
};

enum { FF_VACANCY = -1 };

enum { FF_MAX_COUNT = 1 << 30 };                /* of a species, while it is simulated */
static const double ff_most_propensity = 1e250; /* of a channel, per unit time */

/* One reactant (count is its order) or one change (count is the amount) of a channel. */
struct ff_term {
    int site, count;
};

/* A channel to be built; names and terms are borrowed. */
struct ff_channel {
    const char *name;
    double rate; /* per unit time, above 0 */
    int reverse; /* channel of the reverse jump, or -1 */
    int n_reactants, n_changes;
    const struct ff_term *reactants, *changes;
};

/** Process from channels; an edge is a channel that is not the reverse of an earlier one. Copies everything;
 * edge_names [E] in order of their forward channels.  One walker, no initial state yet. */
void ff_process_create(const char *const *site_names, int n_sites,
                       const struct ff_channel *channels, int n_channels,
                       const char *const *edge_names, struct ff_process **out);

enum { FF_RESERVOIR = -1 };

/* An edge of hops between two sites, or a site and a reservoir: one channel, or two when backward > 0. */
struct ff_edge {
    const char *name; /* NULL: channels are `from->to` and `to->from`, else `name+` and `name-` */
    int from, to;     /* sites, or FF_RESERVOIR */
    double forward, backward; /* rate constants per unit time; forward > 0, backward >= 0 */
};

/** Process of particles hopping along edges, independent of each other or, if `is_exclusive`, at most one on
 * a site.  `n_particles` are placed at random at time 0.  Copies everything. */
void ff_process_from_edges(const char *const *site_names, int n_sites, const struct ff_edge *edges,
                           int n_edges, int n_particles, bool is_exclusive,
                           struct ff_process **out);

/** NULL-safe. */
void ff_process_free(struct ff_process *process);

/** binomial(n, order) for small orders; 1 - n for FF_VACANCY. */
double ff_binomial(int n, int order);

/** h_r(x) for occupations x [I]. */
double ff_process_multiplicity(const struct ff_process *process, int channel, const int *x);

/** dh_r/dx_i for the reactant at position `slot` of reactant_start[r]..; the polynomial's derivative. */
double ff_process_multiplicity_slope(const struct ff_process *process, int channel, int slot,
                                     const int *x);

/** Apply the jump of a channel to occupations x [I]; `sign` -1 undoes it. */
static inline void ff_process_jump(const struct ff_process *process, int channel, int sign, int *x)
{
    for (int e = process->change_start[channel]; e < process->change_start[channel + 1]; e++)
        x[process->change_site[e]] += sign * process->change_amount[e];
}

/** Initial occupations x [I]: as given, or each particle on a site of its own choice, uniformly. */
void ff_process_draw_initial(const struct ff_process *process, struct ff_stream *stream, int *x);

/** Index of the channel of that name, or -1. */
int ff_process_find_channel(const struct ff_process *process, const char *name);

/** Index of the edge of that name, or -1. */
int ff_process_find_edge(const struct ff_process *process, const char *name);

#endif
