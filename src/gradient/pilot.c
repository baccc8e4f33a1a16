/* Short trajectories, judged site by site.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gradient/pilot.h"

#include "simulate/path.h"

#include <stdlib.h>
#include <string.h>

enum {
    N_PIECES = 8,
    N_TRAJECTORIES = 2 * FF_BLOCK_SIZE,
    EVENTS = 200,          /* of each at first, */
    BURN_IN = 50,          /* and before it */
    MOST_SITES = 32,       /* that are tried */
    SITES_PER_FACTOR = 10, /* of those that are not */
    MOST_FACTOR = 64       /* of the numbers that the options come with */
};

/* A well-mixed site is beyond either once in about 10^4 pilots: chi-square with 32 degrees of freedom over 32, and with one. */
static const double most_correlation = 2.2, most_drift = 15.0;

/* What is below this part of the squares of X is rounding: a site that never changes. */
static const double rounding = 1e-24;

struct ff_pilot {
    int n_sites;
    double *row;   /* [N_TRAJECTORIES][N_PIECES][I + 1] X of every site, then T */
    double *since; /* [I] the time up to which a site has been charged */
    double *piece; /* the row at hand */
    double clock;  /* since the start of the piece */
};

/* ---- life cycle ----------------------------------------------------------------------------- */

bool ff_pilot_is_needed(const struct ff_gradient_options *options)
{
    return options->estimator->has_window &&
           (options->is_auto_window || options->is_auto_events || options->is_auto_burn_in);
}

/* The numbers left to a pilot, times a factor. */
static void lengthen(const struct ff_gradient_options *from, int factor,
                     struct ff_gradient_options *out)
{
    if (from->is_auto_window)
        out->window = from->window * factor;
    if (from->is_auto_events)
        out->horizon.events = from->horizon.events * factor;
    if (from->is_auto_burn_in)
        out->horizon.burn_in = from->horizon.burn_in * factor;
}

void ff_pilot_extend(struct ff_gradient_options *options)
{
    lengthen(options, MOST_FACTOR, options);
}

void ff_pilot_create(const struct ff_process *process, struct ff_pilot **out)
{
    const int n = process->n_sites;
    struct ff_pilot *pilot = FF_NEW(struct ff_pilot, 1);
    pilot->n_sites = n;
    if (n <= MOST_SITES) {
        pilot->row = FF_RAW(double, N_TRAJECTORIES *N_PIECES *(n + 1));
        pilot->since = FF_RAW(double, n);
    }
    *out = pilot;
}

void ff_pilot_free(struct ff_pilot *pilot)
{
    if (pilot == NULL)
        return;
    free(pilot->row);
    free(pilot->since);
    free(pilot);
}

/* ---- trajectories --------------------------------------------------------------------------- */

static double *row_of(const struct ff_pilot *pilot, int trajectory, int piece)
{
    return pilot->row + (size_t)(trajectory * N_PIECES + piece) * ((size_t)pilot->n_sites + 1);
}

static inline void charge(struct ff_pilot *pilot, const int *x, int site)
{
    pilot->piece[site] += x[site] * (pilot->clock - pilot->since[site]);
    pilot->since[site] = pilot->clock;
}

FF_INLINE bool add_stay(void *context, const struct ff_walk *walk, double from, double dwell)
{
    (void)walk;
    (void)from;
    ((struct ff_pilot *)context)->clock += dwell;
    return true;
}

FF_INLINE void charge_changes(void *context, const struct ff_walk *walk, int channel)
{
    const struct ff_process *process = walk->engine->process;
    for (int e = process->change_start[channel]; e < process->change_start[channel + 1]; e++)
        charge(context, walk->x, process->change_site[e]);
}

static void run_piece(struct ff_pilot *pilot, struct ff_walk *walk, int64_t n_events, double *row)
{
    const size_t n = (size_t)pilot->n_sites;
    memset(row, 0, sizeof *row * n);
    memset(pilot->since, 0, sizeof *pilot->since * n);
    pilot->piece = row;
    pilot->clock = 0.0;
    ff_path_events(
        walk, n_events,
        (struct ff_visitor){.context = pilot, .stay = add_stay, .leave = charge_changes});
    for (int i = 0; i < pilot->n_sites; i++)
        charge(pilot, walk->x, i);
    row[n] = pilot->clock;
}

static enum ff_status run(struct ff_gradient *gradient, struct ff_draw_key key,
                          struct ff_horizon horizon)
{
    struct ff_walk *walk = gradient->ensemble.walk;
    for (int k = 0; k < N_TRAJECTORIES; k++) {
        ff_path_begin(walk, gradient->ensemble.kinetics, ff_draw_stream(key, (uint32_t)k),
                      horizon.burn_in);
        for (int m = 0; m < N_PIECES; m++)
            run_piece(gradient->pilot, walk, (horizon.events + N_PIECES - 1) / N_PIECES,
                      row_of(gradient->pilot, k, m));
    }
    return ff_walk_check(walk);
}

/* ---- judgement ------------------------------------------------------------------------------ */

/* Whether a site forgets from piece to piece, and shows no drift. */
static bool is_mixed(const struct ff_pilot *pilot, int site)
{
    const int n = pilot->n_sites;
    double particles = 0.0, time = 0.0, size = 0.0;
    double squares = 0.0, whole = 0.0, drift = 0.0, drift_square = 0.0;
    for (int i = 0; i < N_TRAJECTORIES * N_PIECES; i++) {
        const double *row = row_of(pilot, 0, i);
        particles += row[site];
        time += row[n];
        size += row[site] * row[site];
    }
    for (int k = 0; k < N_TRAJECTORIES; k++) {
        double half[2] = {0.0, 0.0};
        for (int m = 0; m < N_PIECES; m++) {
            const double *row = row_of(pilot, k, m);
            const double residual = row[site] - particles / time * row[n];
            squares += residual * residual;
            half[m / (N_PIECES / 2)] += residual;
        }
        whole += (half[0] + half[1]) * (half[0] + half[1]);
        drift += half[1] - half[0];
        drift_square += (half[1] - half[0]) * (half[1] - half[0]);
    }
    return squares <= rounding * size ||
           (whole <= most_correlation * squares && drift * drift <= most_drift * drift_square);
}

static bool all_mixed(const struct ff_pilot *pilot)
{
    for (int i = 0; i < pilot->n_sites; i++)
        if (!is_mixed(pilot, i))
            return false;
    return true;
}

/* Of a large lattice: its density forgets in a time like the square of its size, which no budget allows, its current long
 * before. */
static int factor_of_size(int n_sites)
{
    int factor = 1;
    while (factor < MOST_FACTOR && factor * SITES_PER_FACTOR < n_sites)
        factor *= 2;
    return factor;
}

enum ff_status ff_pilot_run(struct ff_gradient *gradient, uint32_t task, uint32_t iteration,
                            int64_t *n_events, int *factor)
{
    const struct ff_gradient_options *base = &gradient->base;
    const struct ff_draw_key key = {base->seed, task, iteration, FF_PURPOSE_PILOT};
    const bool is_tried = gradient->pilot->row != NULL && !ff_gradient_is_solved(gradient) &&
                          !ff_projection_is_tight(gradient->projection);
    *factor = gradient->pilot->row != NULL ? 1 : factor_of_size(gradient->pilot->n_sites);
    for (; is_tried; *factor *= 2) {
        const struct ff_horizon horizon = {.events = (int64_t)EVENTS * *factor,
                                           .burn_in = (int64_t)BURN_IN * *factor};
        TRY(run(gradient, key, horizon));
        *n_events += N_TRAJECTORIES * (horizon.events + horizon.burn_in);
        if (*factor == MOST_FACTOR || all_mixed(gradient->pilot))
            break;
    }
    lengthen(base, *factor, &gradient->options);
    return FF_OK;
}
