/* Occupations weighted by expected dwells; a site is charged only when its occupation changes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/occupancy.h"

#include "simulate/path.h"

#include <stdlib.h>
#include <string.h>

/* The sums of one trajectory, and per site [I] that of occupation times dwell and the time of its last charge. */
struct charges {
    const struct ff_process *process;
    double row[FF_NARROW_ROW];
    double *occupied, *since;
};

FF_INLINE bool add_stay(void *context, const struct ff_walk *walk, double from, double dwell)
{
    (void)from;
    struct charges *charges = context;
    ff_row_add(charges->row, ff_walk_totals(walk), dwell, FF_NARROW_ROW);
    return true;
}

static void charge(struct charges *charges, const struct ff_walk *walk, int site)
{
    charges->occupied[site] += walk->x[site] * (charges->row[0] - charges->since[site]);
    charges->since[site] = charges->row[0];
}

FF_INLINE void charge_changes(void *context, const struct ff_walk *walk, int channel)
{
    struct charges *charges = context;
    const struct ff_process *process = charges->process;
    for (int e = process->change_start[channel]; e < process->change_start[channel + 1]; e++)
        charge(charges, walk, process->change_site[e]);
}

static void run_one(struct ff_walk *walk, int64_t n_events, struct charges *charges)
{
    const int n_sites = charges->process->n_sites;
    memset(charges->row, 0, sizeof charges->row);
    memset(charges->occupied, 0, sizeof(double) * (size_t)n_sites);
    memset(charges->since, 0, sizeof(double) * (size_t)n_sites);
    ff_path_events(
        walk, n_events,
        (struct ff_visitor){.context = charges, .stay = add_stay, .leave = charge_changes});
    for (int i = 0; i < n_sites; i++)
        charge(charges, walk, i);
}

/* What the sums of all trajectories, rows [n][FF_NARROW_ROW] and occupied [n][I], say. */
static void estimate(const struct ff_ensemble *ensemble, const double *rows, const double *occupied,
                     double events, int n, struct ff_occupancy *out)
{
    const struct ff_process *process = ensemble->engine->process;
    const double per_walker = 1.0 / process->n_walkers;
    ff_ensemble_averages(ensemble, rows, n, out->observables);
    out->activity = ff_average_ratio(&events, 0, rows, FF_NARROW_ROW, n, per_walker);
    out->sites = FF_RAW(struct ff_average, process->n_sites);
    for (int i = 0; i < process->n_sites; i++)
        out->sites[i] =
            ff_average_ratio(occupied + i, process->n_sites, rows, FF_NARROW_ROW, n, per_walker);
}

enum ff_status ff_occupancy_measure(const struct ff_system *system, const double *rates,
                                    struct ff_draw_key key, struct ff_horizon horizon,
                                    int n_trajectories, struct ff_occupancy *out)
{
    const size_t n = (size_t)n_trajectories, n_sites = (size_t)system->process->n_sites;
    struct ff_ensemble ensemble;
    ff_ensemble_create(system, ff_system_functionals(system), NULL, &ensemble);
    ff_ensemble_set(&ensemble, rates);
    double *rows = FF_RAW(double, n *FF_NARROW_ROW), *occupied = FF_RAW(double, n *n_sites);
    struct charges charges = {.process = system->process, .since = FF_RAW(double, n_sites)};
    for (size_t k = 0; k < n; k++) {
        charges.occupied = occupied + k * n_sites;
        ff_path_begin(ensemble.walk, ensemble.kinetics, ff_draw_stream(key, (uint32_t)k),
                      horizon.burn_in);
        run_one(ensemble.walk, horizon.events, &charges);
        memcpy(rows + k * FF_NARROW_ROW, charges.row, sizeof charges.row);
    }
    const enum ff_status status = ff_walk_check(ensemble.walk);
    if (status == FF_OK)
        estimate(&ensemble, rows, occupied, (double)horizon.events, n_trajectories, out);
    free(charges.since);
    free(occupied);
    free(rows);
    ff_ensemble_free(&ensemble);
    return status;
}

void ff_occupancy_free(struct ff_occupancy *occupancy)
{
    free(occupancy->sites);
}
