/* Trajectories in a row, their sums, and ratio estimates.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/ensemble.h"

#include "simulate/lanes.h"
#include "simulate/path.h"

#include <math.h>
#include <string.h>

/* ---- one trajectory ------------------------------------------------------------------------- */

struct row {
    double sums[FF_WIDEST_ROW];
    int width;
};

FF_INLINE bool add_stay(void *context, const struct ff_walk *walk, double from, double dwell)
{
    (void)from;
    struct row *row = context;
    ff_row_add(row->sums, ff_walk_totals(walk), dwell, row->width);
    return true;
}

/* With a width that the compiler knows. */
FF_INLINE void sum_events(struct ff_walk *walk, int64_t n_events, int width, double *sums)
{
    struct row row = {.sums = {0}, .width = width};
    ff_path_events(walk, n_events, (struct ff_visitor){.context = &row, .stay = add_stay});
    memcpy(sums, row.sums, sizeof *sums * (size_t)width);
}

void ff_ensemble_trajectory(const struct ff_ensemble *ensemble, struct ff_stream stream,
                            struct ff_horizon horizon, double *sums)
{
    ff_path_begin(ensemble->walk, ensemble->kinetics, stream, horizon.burn_in);
    if (ensemble->width == FF_NARROW_ROW)
        sum_events(ensemble->walk, horizon.events, FF_NARROW_ROW, sums);
    else
        sum_events(ensemble->walk, horizon.events, ensemble->width, sums);
}

/* ---- ensembles ------------------------------------------------------------------------------ */

void ff_ensemble_create(const struct ff_system *system, struct ff_functionals functionals,
                        const struct ff_chain *chain, struct ff_ensemble *out)
{
    ff_kinetics_create(system, functionals, &out->kinetics);
    ff_engine_create(system->process, &out->engine);
    ff_walk_create(out->engine, &out->walk);
    ff_lanes_create(system->process, functionals, chain, &out->lanes);
    out->width = ff_row_width(functionals.count);
}

void ff_ensemble_free(struct ff_ensemble *ensemble)
{
    ff_lanes_free(ensemble->lanes);
    ff_walk_free(ensemble->walk);
    ff_engine_free(ensemble->engine);
    ff_kinetics_free(ensemble->kinetics);
}

void ff_ensemble_set(struct ff_ensemble *ensemble, const double *rates)
{
    ff_kinetics_set(ensemble->kinetics, rates);
    if (ensemble->lanes != NULL)
        ff_lanes_set(ensemble->lanes, ensemble->kinetics);
}

void ff_ensemble_run(const struct ff_ensemble *ensemble, const struct ff_block *block,
                     struct ff_horizon horizon, double *sums)
{
    if (ensemble->lanes != NULL) {
        ff_lanes_run(ensemble->lanes, ff_lanes_best_kernel(), block, horizon, ensemble->width,
                     sums);
        return;
    }
    for (int i = 0; i < block->n; i++)
        ff_ensemble_trajectory(ensemble, ff_draw_stream(block->key, (uint32_t)(block->first + i)),
                               horizon, sums + (size_t)i * (size_t)ensemble->width);
}

void ff_ensemble_run_all(const struct ff_ensemble *ensemble, struct ff_draw_key key,
                         struct ff_horizon horizon, int n_trajectories, double *sums)
{
    for (int b = 0; b < ff_n_blocks(n_trajectories); b++) {
        const struct ff_block block = ff_block_at(key, n_trajectories, b);
        ff_ensemble_run(ensemble, &block, horizon,
                        sums + (size_t)block.first * (size_t)ensemble->width);
    }
}

/* ---- estimates ------------------------------------------------------------------------------ */

struct ff_average ff_average_ratio(const double *numerator, int stride, const double *denominator,
                                   int denominator_stride, int n_trajectories, double scale)
{
    const double n = n_trajectories;
    double total = 0.0, time = 0.0, square = 0.0;
    for (int i = 0; i < n_trajectories; i++) {
        total += numerator[(size_t)i * (size_t)stride];
        time += denominator[(size_t)i * (size_t)denominator_stride];
    }
    const double ratio = total / time;
    for (int i = 0; i < n_trajectories; i++) {
        const double residual = numerator[(size_t)i * (size_t)stride] -
                                ratio * denominator[(size_t)i * (size_t)denominator_stride];
        square += residual * residual;
    }
    return (struct ff_average){.mean = scale * ratio,
                               .standard_error = scale * sqrt(n / (n - 1.0)) / time * sqrt(square)};
}

void ff_ensemble_averages(const struct ff_ensemble *ensemble, const double *sums,
                          int n_trajectories, struct ff_average *out)
{
    const struct ff_kinetics *kinetics = ensemble->kinetics;
    for (int q = 0; q < kinetics->functionals.count; q++)
        out[q] = ff_average_ratio(
            sums + 1 + q, ensemble->width, sums, ensemble->width, n_trajectories,
            ff_functional_scale(&kinetics->functionals.items[q], kinetics->system->process));
}
