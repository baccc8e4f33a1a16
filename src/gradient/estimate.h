/* An estimate of means and gradients, the options that ask for one, and what it is made from.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_GRADIENT_ESTIMATE_H
#define FF_GRADIENT_ESTIMATE_H

#include "exact/exact.h"
#include "simulate/horizon.h"

struct ff_gradient;
struct ff_estimator_type;

/* Sections `gradient` and `simulation` of a configuration. */
struct ff_gradient_options {
    const struct ff_estimator_type *estimator;
    int window;         /* score, local: events of credit after each choice */
    int locality;       /* local: channels so near get full credit; 0 = all of them */
    double temperature; /* stgs: of the relaxed choice, in (0, 1] */
    int truncation; /* stgs, rbst: least number of events a choice is followed for; 0 = to the end */
    int tracked, baseline; /* trajectories of either kind per estimate */
    bool solves_gauge;     /* score, local: by Poisson's equation where that is to be had */
    struct ff_horizon horizon;
    bool is_auto_window, is_auto_events,
        is_auto_burn_in; /* what is given is the least (gradient/pilot.h) */
    uint64_t seed;
};

/* What the tracked trajectories of one block leave behind, summed over them. */
struct ff_track {
    double *sums; /* row: dwells, and functionals times dwells, over all events */
    double time;  /* dwells of the events with a gradient */
    double *
        rows; /* [R] rows: gradients of the sums by log k_r; [1 + Q] is sum h_r tau, of the events with one */
};

/* One estimate over Q functionals, R channels and B blocks; arrays are owned. Per walker, per unit time. */
struct ff_estimate {
    int n_functionals, n_channels;
    double *mean;     /* [Q] */
    double *gradient; /* [Q][R] dm/dlog k */
    double *flux;     /* [R] <a_r> */
    int64_t n_events; /* simulated, burn-in included */
    int length;       /* of its trajectories, relative to the options: what a pilot found */
    int n_blocks;     /* B, tracked ones first; 0 for an estimate without noise */
    int n_tracked;
    /* What deviations are made from. */
    const struct ff_gradient *source; /* borrowed */
    int capacity[2];                  /* blocks there is room for: tracked, baseline */
    struct ff_track *tracks;          /* [n_tracked] */
    double *baseline;                 /* [B - n_tracked] rows of sums */
    struct ff_track total;            /* of all tracked blocks; its sums are those of all blocks */
    double *centre;          /* [Q][R] what is taken for m beside grad T, all walkers together */
    double *centre_of_block; /* [Q][R] scratch */
    double *flux_of_block;   /* [R] scratch */
};

/** Gradient of functional q, [R]; borrowed. */
static inline const double *ff_estimate_gradient(const struct ff_estimate *estimate, int q)
{
    return estimate->gradient + (size_t)q * (size_t)estimate->n_channels;
}

#endif
