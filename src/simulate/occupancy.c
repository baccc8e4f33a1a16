/* Occupations weighted by expected dwells; a site is charged only when its occupation changes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/occupancy.h"

#include <math.h>
#include <stdlib.h>

/* Sum over events of occupation times dwell, per site; `since` [I] is scratch. */
static struct ff_sums run_one(struct ff_walk *walk, const struct ff_kinetics *kinetics,
                              struct ff_stream stream, struct ff_horizon horizon, double *occupied,
                              double *since)
{
    const struct ff_process *process = walk->engine->system->process;
    struct ff_sums sums = {0};
    ff_walk_start(walk, kinetics, stream);
    ff_walk_burn_in(walk, horizon.burn_in);
    for (int i = 0; i < process->n_sites; i++)
        occupied[i] = since[i] = 0.0;
    for (int64_t n = 0; n < horizon.events; n++) {
        const double *totals = ff_walk_totals(walk);
        const double dwell = 1.0 / totals[0];
        sums.time += dwell;
        sums.current += totals[1] * dwell;
        sums.entropy += totals[2] * dwell;
        const int r = ff_walk_choose(walk);
        for (int e = process->change_start[r]; e < process->change_start[r + 1]; e++) {
            const int i = process->change_site[e];
            occupied[i] += walk->x[i] * (sums.time - since[i]);
            since[i] = sums.time;
        }
        ff_walk_fire(walk, r);
    }
    for (int i = 0; i < process->n_sites; i++)
        occupied[i] += walk->x[i] * (sums.time - since[i]);
    return sums;
}

/* Ratio of sums over trajectories and its standard error; values are strided. */
static void ratio(const double *values, int stride, const struct ff_sums *sums, int n, double scale,
                  double *mean, double *standard_error)
{
    double total = 0.0, time = 0.0, square = 0.0;
    for (int k = 0; k < n; k++) {
        total += values[(size_t)k * (size_t)stride];
        time += sums[k].time;
    }
    for (int k = 0; k < n; k++) {
        const double residual = values[(size_t)k * (size_t)stride] - total / time * sums[k].time;
        square += residual * residual;
    }
    *mean = scale * total / time;
    *standard_error = scale * sqrt(square * n / (n - 1.0)) / time;
}

void ff_averages_measure(const struct ff_system *system, const double *rates,
                         struct ff_draw_key key, struct ff_horizon horizon, int n_trajectories,
                         struct ff_averages *out)
{
    const struct ff_process *process = system->process;
    const int n_sites = process->n_sites;
    struct ff_engine *engine;
    struct ff_kinetics *kinetics;
    struct ff_walk *walk;
    ff_engine_create(system, &engine);
    ff_kinetics_create(system, &kinetics);
    ff_walk_create(engine, &walk);
    ff_kinetics_set(kinetics, system, rates);
    struct ff_sums *sums = FF_NEW(struct ff_sums, n_trajectories);
    double *occupied =
        ff_allocate((unsigned long)n_trajectories * (unsigned long)n_sites, sizeof *occupied);
    double *since = FF_NEW(double, n_sites), *events = FF_NEW(double, n_trajectories);
    for (int k = 0; k < n_trajectories; k++) {
        sums[k] = run_one(walk, kinetics, ff_draw_stream(key, (uint32_t)k), horizon,
                          occupied + (size_t)k * (size_t)n_sites, since);
        events[k] = (double)horizon.events;
    }

    const double per_walker = 1.0 / process->n_walkers;
    out->means = ff_ensemble_means(sums, n_trajectories, process->n_walkers);
    ratio(events, 1, sums, n_trajectories, per_walker, &out->activity, &out->activity_stderr);
    out->occupancy = FF_NEW(double, n_sites);
    out->occupancy_stderr = FF_NEW(double, n_sites);
    for (int i = 0; i < n_sites; i++)
        ratio(occupied + i, n_sites, sums, n_trajectories, per_walker, &out->occupancy[i],
              &out->occupancy_stderr[i]);
    free(events);
    free(since);
    free(occupied);
    free(sums);
    ff_walk_free(walk);
    ff_kinetics_free(kinetics);
    ff_engine_free(engine);
}

void ff_averages_free(struct ff_averages *averages)
{
    free(averages->occupancy);
    free(averages->occupancy_stderr);
}
