/* From tracked and baseline trajectories to one gradient estimate; the list of estimators.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gradient/gradient.h"

#include "gradient/estimator.h"
#include "gradient/pilot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct ff_estimator_type *const ff_estimator_types[] = {
    &ff_estimator_score, &ff_estimator_local, &ff_estimator_rbst,
    &ff_estimator_stgs,  &ff_estimator_exact, NULL};

/* ---- life cycle ----------------------------------------------------------------------------- */

static enum ff_status check_functionals(const struct ff_estimator_type *type,
                                        struct ff_functionals functionals)
{
    static const char *const kinds[FF_N_FUNCTIONAL_KINDS] = {
        "sums over channels", "functions of the state", "samples at a time"};
    for (int q = 0; q < functionals.count; q++)
        CHECK(type->kinds & 1u << functionals.items[q].kind, FF_ERR_NUMERICAL,
              "%s: the estimator `%s` does not differentiate %s", functionals.items[q].name,
              type->name, kinds[functionals.items[q].kind]);
    return FF_OK;
}

static void tape_create(const struct ff_process *process, int64_t capacity, int width,
                        struct ff_tape *tape)
{
    tape->capacity = capacity;
    tape->channel = FF_RAW(int, capacity);
    tape->totals = FF_RAW(double, capacity *width);
    tape->x = FF_RAW(int, process->n_sites);
}

/* Poisson's equation leaves no noise in sums over channels; beside other functionals it would not leave any out. */
static bool may_solve(const struct ff_gradient_options *options, struct ff_functionals functionals)
{
    for (int q = 0; q < functionals.count; q++)
        if (functionals.items[q].kind != FF_CHANNEL)
            return false;
    return options->solves_gauge && options->estimator->has_window;
}

/* Leaves the options at the most that a pilot may find, which is what room is made for. */
static void make_pilot(struct ff_gradient *gradient)
{
    if (!ff_pilot_is_needed(&gradient->base) || ff_functionals_are_samples(gradient->functionals))
        return;
    ff_pilot_create(gradient->system->process, &gradient->pilot);
    ff_pilot_extend(&gradient->options);
}

enum ff_status ff_gradient_create(const struct ff_system *system, struct ff_functionals functionals,
                                  const struct ff_chain *chain,
                                  const struct ff_gradient_options *options,
                                  struct ff_gradient **out)
{
    const struct ff_estimator_type *type = options->estimator;
    TRY(check_functionals(type, functionals));
    struct ff_exact *exact = NULL;
    if (type->is_exact)
        TRY(ff_exact_create(system, functionals, chain, NULL, &exact));
    struct ff_gradient *gradient = FF_NEW(struct ff_gradient, 1);
    gradient->system = system;
    gradient->functionals = functionals;
    gradient->base = gradient->options = *options;
    gradient->width = ff_row_width(functionals.count);
    gradient->exact = exact;
    *out = gradient;
    if (type->track == NULL)
        return FF_OK;
    ff_ensemble_create(system, functionals, chain, &gradient->ensemble);
    if (may_solve(options, functionals)) {
        ff_gauge_use_poisson(&gradient->ensemble.kinetics->gauge, system->process);
        if (type->is_projected && gradient->ensemble.kinetics->gauge.poisson == NULL)
            ff_projection_create(system->process, functionals.count, &gradient->projection);
    }
    gradient->baseline = FF_RAW(double, FF_BLOCK_SIZE * gradient->width);
    make_pilot(gradient);
    tape_create(system->process, type->n_events(&gradient->options), gradient->width,
                &gradient->tape);
    gradient->scratch = type->scratch_create(gradient);
    return FF_OK;
}

void ff_gradient_free(struct ff_gradient *gradient)
{
    if (gradient == NULL)
        return;
    ff_exact_free(gradient->exact);
    if (gradient->options.estimator->track != NULL) {
        gradient->options.estimator->scratch_free(gradient->scratch);
        ff_pilot_free(gradient->pilot);
        ff_projection_free(gradient->projection);
        free(gradient->tape.channel);
        free(gradient->tape.totals);
        free(gradient->tape.x);
        free(gradient->baseline);
        ff_ensemble_free(&gradient->ensemble);
    }
    free(gradient);
}

/* ---- trajectories --------------------------------------------------------------------------- */

enum ff_status ff_track_each(struct ff_gradient *gradient, const struct ff_block *block,
                             ff_track_one *track_one, struct ff_track *out)
{
    for (int i = 0; i < block->n; i++)
        TRY(track_one(gradient, ff_draw_stream(block->key, (uint32_t)(block->first + i)), out));
    return FF_OK;
}

static void add_rows(double *to, const double *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += from[i];
}

static void clear_track(struct ff_track *track, size_t n_channels, size_t width)
{
    track->time = 0.0;
    memset(track->sums, 0, sizeof(double) * width);
    memset(track->rows, 0, sizeof(double) * width * n_channels);
}

static enum ff_status track_blocks(struct ff_gradient *gradient, struct ff_draw_key key,
                                   int n_trajectories, struct ff_estimate *out)
{
    const size_t width = (size_t)gradient->width, n_channels = (size_t)out->n_channels;
    clear_track(&out->total, n_channels, width);
    for (int b = 0; b < out->n_tracked; b++) {
        const struct ff_block block = ff_block_at(key, n_trajectories, b);
        struct ff_track *track = &out->tracks[b];
        clear_track(track, n_channels, width);
        TRY(gradient->options.estimator->track(gradient, &block, track));
        out->total.time += track->time;
        add_rows(out->total.sums, track->sums, width);
        add_rows(out->total.rows, track->rows, width * n_channels);
    }
    return FF_OK;
}

static enum ff_status run_baseline(struct ff_gradient *gradient, struct ff_draw_key key,
                                   int n_trajectories, struct ff_estimate *out)
{
    const size_t width = (size_t)gradient->width;
    for (int b = 0; b < out->n_blocks - out->n_tracked; b++) {
        const struct ff_block block = ff_block_at(key, n_trajectories, b);
        double *sums = out->baseline + (size_t)b * width;
        memset(sums, 0, sizeof *sums * width);
        if (ff_functionals_are_samples(gradient->functionals)) {
            TRY(ff_sum_samples(gradient, &block, sums));
        } else {
            ff_ensemble_run(&gradient->ensemble, &block, gradient->options.horizon,
                            gradient->baseline);
            TRY(ff_walk_check(gradient->ensemble.walk));
            for (int i = 0; i < block.n; i++)
                add_rows(sums, gradient->baseline + (size_t)i * width, width);
        }
        add_rows(out->total.sums, sums, width);
    }
    return FF_OK;
}

/* ---- one estimate --------------------------------------------------------------------------- */

bool ff_gradient_is_solved(const struct ff_gradient *gradient)
{
    return ff_gauge_is_solved(&gradient->ensemble.kinetics->gauge) ||
           ff_projection_is_closed(gradient->projection);
}

/* A projection at the rates of the ensemble, of the states that trajectories of this length meet. */
static enum ff_status project(struct ff_gradient *gradient, struct ff_draw_key key,
                              struct ff_horizon horizon, int64_t *n_events)
{
    if (gradient->projection == NULL)
        return FF_OK;
    return ff_projection_solve(gradient->projection, gradient->ensemble.walk,
                               gradient->ensemble.kinetics, key, horizon, n_events);
}

/* How long trajectories must be, and a projection of what they meet. */
static enum ff_status prepare(struct ff_gradient *gradient, uint32_t task, uint32_t iteration,
                              struct ff_estimate *out)
{
    const struct ff_draw_key key = {gradient->base.seed, task, iteration, FF_PURPOSE_CORE};
    TRY(project(gradient, key, gradient->base.horizon, &out->n_events));
    if (gradient->pilot != NULL)
        TRY(ff_pilot_run(gradient, task, iteration, &out->n_events, &out->length));
    return out->length == 1 ? FF_OK
                            : project(gradient, key, gradient->options.horizon, &out->n_events);
}

/* The direct terms c~_r <a_r> at the fluxes that the gauge knows instead of those simulated. */
static void replace_direct(const struct ff_gradient *gradient, int q, const double *simulated,
                           const double *flux, double *slopes)
{
    const double *coefficient = ff_kinetics_coefficient(gradient->ensemble.kinetics, q);
    for (int r = 0; r < gradient->system->process->n_channels; r++)
        slopes[r] += coefficient[r] * (flux[r] - simulated[r]);
}

/* Means, fluxes and gradients from the totals. */
static void combine(const struct ff_gradient *gradient, struct ff_estimate *out)
{
    const struct ff_process *process = gradient->system->process;
    const struct ff_estimator_type *type = gradient->options.estimator;
    const double *sums = out->total.sums, *rates = gradient->ensemble.kinetics->rates;
    const int n_channels = process->n_channels, width = gradient->width;
    const double per_time = 1.0 / out->total.time;
    double *simulated = out->flux_of_block;
    for (int r = 0; r < n_channels; r++)
        simulated[r] = per_time / process->n_walkers * rates[r] *
                       out->total.rows[(size_t)r * (size_t)width + 1 + (size_t)out->n_functionals];
    const bool is_solved = ff_gauge_flux(&gradient->ensemble.kinetics->gauge, rates, out->flux);
    if (!is_solved)
        memcpy(out->flux, simulated, sizeof *out->flux * (size_t)n_channels);
    if (type->centre != NULL)
        type->centre(gradient, out->total.rows, out->total.time, out->centre);
    for (int q = 0; q < out->n_functionals; q++) {
        const struct ff_functional *functional = &gradient->functionals.items[q];
        const double scale = ff_functional_scale(functional, process);
        double *centre = out->centre + (size_t)q * (size_t)n_channels;
        double *slopes = out->gradient + (size_t)q * (size_t)n_channels;
        const double mean = sums[1 + q] / sums[0];
        for (int r = 0; r < n_channels; r++) {
            const double *row = out->total.rows + (size_t)r * (size_t)width;
            if (type->centre == NULL)
                centre[r] = mean;
            slopes[r] = scale * per_time * (row[1 + q] - centre[r] * row[0]);
        }
        if (is_solved)
            replace_direct(gradient, q, simulated, out->flux, slopes);
        if (functional->add_explicit != NULL)
            functional->add_explicit(functional, process, out->flux, slopes);
        out->mean[q] = scale * mean;
    }
}

static enum ff_status check_finite(const struct ff_gradient *gradient,
                                   const struct ff_estimate *estimate)
{
    const size_t count = (size_t)estimate->n_functionals * (size_t)estimate->n_channels;
    for (size_t i = 0; i < count; i++)
        CHECK(isfinite(estimate->gradient[i]), FF_ERR_DIVERGED, "%s: the estimate is not finite",
              gradient->options.estimator->name);
    return FF_OK;
}

static void make_room(const struct ff_gradient *gradient, int n_tracked, int n_baseline,
                      struct ff_estimate *out);

enum ff_status ff_gradient_estimate(struct ff_gradient *gradient, const double *rates,
                                    uint32_t task, uint32_t iteration, int samples,
                                    struct ff_estimate *out)
{
    const struct ff_gradient_options *options = &gradient->options;
    const struct ff_draw_key tracked = {options->seed, task, iteration, FF_PURPOSE_TRACKED};
    const struct ff_draw_key baseline = {options->seed, task, iteration, FF_PURPOSE_BASELINE};
    out->n_events = 0;
    out->length = 1;
    if (options->estimator->estimate != NULL)
        return options->estimator->estimate(gradient, rates, out);
    ff_ensemble_set(&gradient->ensemble, rates);
    TRY(prepare(gradient, task, iteration, out));
    const bool is_noisy = !ff_gradient_is_solved(gradient);
    const int n_tracked = is_noisy ? options->tracked * samples : 1;
    const int n_baseline = is_noisy ? options->baseline * samples : 0;
    make_room(gradient, ff_n_blocks(n_tracked), ff_n_blocks(n_baseline), out);
    TRY(track_blocks(gradient, tracked, n_tracked, out));
    TRY(run_baseline(gradient, baseline, n_baseline, out));
    combine(gradient, out);
    if (!is_noisy)
        out->n_blocks = out->n_tracked = 0;
    out->n_events +=
        n_tracked * (options->horizon.burn_in + options->estimator->n_events(options)) +
        n_baseline * (options->horizon.burn_in + options->horizon.events);
    return check_finite(gradient, out);
}

/* ---- estimates ------------------------------------------------------------------------------ */

static void track_create(size_t n_channels, size_t width, struct ff_track *out)
{
    out->sums = FF_RAW(double, width);
    out->rows = FF_RAW(double, width *n_channels);
}

static void track_free(struct ff_track *track)
{
    free(track->sums);
    free(track->rows);
}

static void make_room(const struct ff_gradient *gradient, int n_tracked, int n_baseline,
                      struct ff_estimate *out)
{
    const size_t width = (size_t)gradient->width;
    out->n_tracked = n_tracked;
    out->n_blocks = n_tracked + n_baseline;
    if (n_tracked > out->capacity[0]) {
        out->tracks = ff_grow(out->tracks, (unsigned long)n_tracked, sizeof *out->tracks);
        for (; out->capacity[0] < n_tracked; out->capacity[0]++)
            track_create((size_t)out->n_channels, width, &out->tracks[out->capacity[0]]);
    }
    if (n_baseline > out->capacity[1]) {
        out->baseline = ff_grow(out->baseline, (unsigned long)n_baseline, sizeof(double) * width);
        out->capacity[1] = n_baseline;
    }
}

void ff_estimate_create(const struct ff_gradient *gradient, struct ff_estimate *out)
{
    const struct ff_gradient_options *options = &gradient->options;
    const int n_functionals = gradient->functionals.count;
    const int n_channels = gradient->system->process->n_channels;
    *out = (struct ff_estimate){.n_functionals = n_functionals,
                                .n_channels = n_channels,
                                .source = gradient,
                                .mean = FF_RAW(double, n_functionals),
                                .gradient = FF_RAW(double, n_functionals *n_channels),
                                .flux = FF_RAW(double, n_channels),
                                .centre = FF_RAW(double, n_functionals *n_channels),
                                .centre_of_block = FF_RAW(double, n_functionals *n_channels),
                                .flux_of_block = FF_RAW(double, n_channels)};
    if (options->estimator->track == NULL)
        return;
    track_create((size_t)n_channels, (size_t)gradient->width, &out->total);
    make_room(gradient, ff_n_blocks(options->tracked), ff_n_blocks(options->baseline), out);
}

void ff_estimate_free(struct ff_estimate *estimate)
{
    for (int b = 0; b < estimate->capacity[0]; b++)
        track_free(&estimate->tracks[b]);
    track_free(&estimate->total);
    free(estimate->tracks);
    free(estimate->baseline);
    free(estimate->mean);
    free(estimate->gradient);
    free(estimate->flux);
    free(estimate->centre);
    free(estimate->centre_of_block);
    free(estimate->flux_of_block);
}
