/* A Markov jump process: sites, channels, stoichiometry and base rates.
 *
 * The state x is a vector of site occupations. Channel r fires with propensity a_r(x) = k_r h_r(x) and
 * moves x to x + S_r, where h_r(x) = prod_i binomial(x_i, order_ri) over the reactants of r. Channels
 * are never pooled, even between the same two sites.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_MODEL_PROCESS_H
#define FF_MODEL_PROCESS_H

#include "base/status.h"
#include "base/stream.h"

/* Plain data, read-only once built. R channels, I sites, E edges. */
struct ff_process {
    int n_sites, n_channels, n_edges;
    int n_walkers;        /* independent particles; observables are reported per walker */
    char **site_names;    /* [I] */
    char **channel_names; /* [R] */
    char **edge_names;    /* [E] */
    double *rates;        /* [R] base rate constants k0, per unit time */
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

/* An edge of hops between two sites: one channel, or two when backward > 0. */
struct ff_edge {
    const char *name; /* NULL: channels are `from->to` and `to->from`, else `name+` and `name-` */
    int from, to;
    double forward, backward; /* rate constants per unit time; forward > 0, backward >= 0 */
};

/** Process of `n_walkers` independent particles hopping on a network.  Copies everything. */
void ff_process_from_edges(const char *const *site_names, int n_sites, const struct ff_edge *edges,
                           int n_edges, int n_walkers, struct ff_process **out);

/** NULL-safe. */
void ff_process_free(struct ff_process *process);

/** h_r(x) for occupations x [I]. */
double ff_process_multiplicity(const struct ff_process *process, int channel, const int *x);

/** dh_r/dx_i for the reactant at position `slot` of reactant_start[r]..; the polynomial's derivative. */
double ff_process_multiplicity_slope(const struct ff_process *process, int channel, int slot,
                                     const int *x);

/** Random initial occupations x [I]: each walker on a site of its own choice, uniformly. */
void ff_process_draw_initial(const struct ff_process *process, struct ff_stream *stream, int *x);

/** Index of the channel of that name, or -1. */
int ff_process_find_channel(const struct ff_process *process, const char *name);

/** Index of the edge of that name, or -1. */
int ff_process_find_edge(const struct ff_process *process, const char *name);

#endif
