/* Trajectories in a row, their sums, and ratio estimates.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/ensemble.h"

#include "simulate/lanes.h"

#include <math.h>

struct ff_stream ff_draw_stream(struct ff_draw_key key, uint32_t trajectory)
{
    return ff_stream_at(key.seed, key.task, key.purpose, key.iteration, trajectory);
}

struct ff_sums ff_ensemble_trajectory(struct ff_walk *walk, const struct ff_kinetics *kinetics,
                                      struct ff_stream stream, struct ff_horizon horizon)
{
    ff_walk_start(walk, kinetics, stream);
    ff_walk_burn_in(walk, horizon.burn_in);
    struct ff_sums sums = {0};
    for (int64_t n = 0; n < horizon.events; n++) {
        const double *totals = ff_walk_totals(walk);
        const double dwell = 1.0 / totals[0];
        sums.time += dwell;
        sums.current += totals[1] * dwell;
        sums.entropy += totals[2] * dwell;
        ff_walk_step(walk);
    }
    return sums;
}

void ff_ensemble_create(const struct ff_system *system, struct ff_ensemble *out)
{
    ff_engine_create(system, &out->engine);
    ff_walk_create(out->engine, &out->walk);
    ff_lanes_create(system->process, &out->lanes);
}

void ff_ensemble_free(struct ff_ensemble *ensemble)
{
    ff_lanes_free(ensemble->lanes);
    ff_walk_free(ensemble->walk);
    ff_engine_free(ensemble->engine);
}

void ff_ensemble_run(struct ff_ensemble *ensemble, const struct ff_kinetics *kinetics,
                     struct ff_draw_key key, struct ff_horizon horizon, int n_trajectories,
                     struct ff_sums *sums)
{
    if (ensemble->lanes != NULL) {
        ff_lanes_set(ensemble->lanes, kinetics);
        ff_lanes_run(ensemble->lanes, ff_lanes_best_kernel(), key, horizon, n_trajectories, sums);
        return;
    }
    for (int i = 0; i < n_trajectories; i++)
        sums[i] = ff_ensemble_trajectory(ensemble->walk, kinetics, ff_draw_stream(key, (uint32_t)i),
                                         horizon);
}

struct ff_means ff_ensemble_means(const struct ff_sums *sums, int n_trajectories, int n_walkers)
{
    const double n = n_trajectories;
    struct ff_sums total = {0};
    for (int i = 0; i < n_trajectories; i++) {
        total.time += sums[i].time;
        total.current += sums[i].current;
        total.entropy += sums[i].entropy;
    }
    const double current = total.current / total.time, entropy = total.entropy / total.time;
    double current_square = 0.0, entropy_square = 0.0;
    for (int i = 0; i < n_trajectories; i++) {
        const double dj = sums[i].current - current * sums[i].time;
        const double ds = sums[i].entropy - entropy * sums[i].time;
        current_square += dj * dj;
        entropy_square += ds * ds;
    }
    const double scale = 1.0 / n_walkers;
    const double unit = scale * sqrt(n / (n - 1.0)) / total.time;
    return (struct ff_means){
        .current = scale * current,
        .current_stderr = unit * sqrt(current_square),
        .entropy_production = scale * entropy,
        .entropy_production_stderr = unit * sqrt(entropy_square),
    };
}
