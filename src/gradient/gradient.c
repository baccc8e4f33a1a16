/* From tracked and baseline trajectories to one gradient estimate; the list of estimators.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gradient/gradient.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct ff_estimator_type *const ff_estimator_types[] = {
    &ff_estimator_score, &ff_estimator_local, &ff_estimator_rbst,
    &ff_estimator_stgs,  &ff_estimator_exact, NULL};

/* ---- life cycle ----------------------------------------------------------------------------- */

static void tape_create(const struct ff_process *process, int64_t capacity, struct ff_tape *tape)
{
    tape->capacity = capacity;
    tape->channel = FF_NEW(int, capacity);
    tape->totals = ff_allocate((unsigned long)capacity, sizeof *tape->totals);
    tape->x = FF_NEW(int, process->n_sites);
}

enum ff_status ff_gradient_create(const struct ff_system *system,
                                  const struct ff_gradient_options *options,
                                  struct ff_gradient **out)
{
    struct ff_gradient *gradient = FF_NEW(struct ff_gradient, 1);
    const struct ff_estimator_type *type = options->estimator;
    const int n_channels = system->process->n_channels;
    gradient->system = system;
    gradient->options = *options;
    if (type->track == NULL) {
        const enum ff_status status = ff_exact_create(system, NULL, &gradient->exact);
        if (status != FF_OK) {
            ff_gradient_free(gradient);
            return status;
        }
        *out = gradient;
        return FF_OK;
    }
    ff_ensemble_create(system, &gradient->ensemble);
    gradient->engine = gradient->ensemble.engine;
    gradient->walk = gradient->ensemble.walk;
    gradient->baseline_sums = FF_NEW(struct ff_sums, options->baseline);
    ff_kinetics_create(system, &gradient->kinetics);
    tape_create(system->process, type->n_events(options), &gradient->tape);
    gradient->sums.gradient =
        ff_allocate((unsigned long)n_channels, sizeof *gradient->sums.gradient);
    gradient->sums.dwell = FF_NEW(double, n_channels);
    gradient->scratch = type->scratch_create(gradient);
    *out = gradient;
    return FF_OK;
}

void ff_gradient_free(struct ff_gradient *gradient)
{
    if (gradient == NULL)
        return;
    if (gradient->scratch != NULL)
        gradient->options.estimator->scratch_free(gradient->scratch);
    ff_exact_free(gradient->exact);
    free(gradient->sums.gradient);
    free(gradient->sums.dwell);
    free(gradient->tape.channel);
    free(gradient->tape.totals);
    free(gradient->tape.x);
    ff_ensemble_free(&gradient->ensemble);
    free(gradient->baseline_sums);
    ff_kinetics_free(gradient->kinetics);
    free(gradient);
}

void ff_estimate_create(int n_channels, struct ff_estimate *out)
{
    *out = (struct ff_estimate){.current_gradient = FF_NEW(double, n_channels),
                                .entropy_gradient = FF_NEW(double, n_channels),
                                .flux = FF_NEW(double, n_channels)};
}

void ff_estimate_free(struct ff_estimate *estimate)
{
    free(estimate->current_gradient);
    free(estimate->entropy_gradient);
    free(estimate->flux);
}

/* ---- estimation ----------------------------------------------------------------------------- */

void ff_tape_record(struct ff_gradient *gradient, struct ff_stream stream, int64_t n_events,
                    struct ff_sums *means)
{
    struct ff_walk *walk = gradient->walk;
    struct ff_tape *tape = &gradient->tape;
    ff_walk_start(walk, gradient->kinetics, stream);
    ff_walk_burn_in(walk, gradient->options.horizon.burn_in);
    memcpy(tape->x, walk->x, sizeof *tape->x * (size_t)gradient->system->process->n_sites);
    tape->n_events = n_events;
    for (int64_t n = 0; n < n_events; n++) {
        memcpy(tape->totals[n], ff_walk_totals(walk), sizeof tape->totals[n]);
        const double dwell = 1.0 / tape->totals[n][0];
        means->time += dwell;
        means->current += tape->totals[n][1] * dwell;
        means->entropy += tape->totals[n][2] * dwell;
        tape->channel[n] = ff_walk_step(walk);
    }
}

static void add_baseline(struct ff_gradient *gradient, uint32_t task, uint32_t iteration,
                         struct ff_sums *means)
{
    const struct ff_draw_key key = {gradient->options.seed, task, iteration, FF_PURPOSE_BASELINE};
    const int n = gradient->options.baseline;
    if (n == 0)
        return;
    ff_ensemble_run(&gradient->ensemble, gradient->kinetics, key, gradient->options.horizon, n,
                    gradient->baseline_sums);
    for (int i = 0; i < n; i++) {
        means->time += gradient->baseline_sums[i].time;
        means->current += gradient->baseline_sums[i].current;
        means->entropy += gradient->baseline_sums[i].entropy;
    }
}

static enum ff_status track_all(struct ff_gradient *gradient, uint32_t task, uint32_t iteration,
                                struct ff_sums *means)
{
    const struct ff_draw_key key = {gradient->options.seed, task, iteration, FF_PURPOSE_TRACKED};
    const size_t n_channels = (size_t)gradient->system->process->n_channels;
    gradient->sums.time = 0.0;
    memset(gradient->sums.gradient, 0, sizeof *gradient->sums.gradient * n_channels);
    memset(gradient->sums.dwell, 0, sizeof *gradient->sums.dwell * n_channels);
    for (int i = 0; i < gradient->options.tracked; i++)
        TRY(gradient->options.estimator->track(gradient, ff_draw_stream(key, (uint32_t)i), means));
    return FF_OK;
}

/* grad J = (grad F - J grad T)/T, per walker; sigma has its explicit part in addition. */
static void combine(const struct ff_gradient *gradient, const struct ff_sums *means,
                    struct ff_estimate *out)
{
    const struct ff_process *process = gradient->system->process;
    const struct ff_track_sums *sums = &gradient->sums;
    const double current = means->current / means->time, entropy = means->entropy / means->time;
    const double scale = 1.0 / (process->n_walkers * sums->time);
    for (int r = 0; r < process->n_channels; r++) {
        const double *g = sums->gradient[r];
        out->current_gradient[r] = scale * (g[FF_F_CURRENT] - current * g[FF_F_TIME]);
        out->entropy_gradient[r] = scale * (g[FF_F_ENTROPY] - entropy * g[FF_F_TIME]);
        out->flux[r] = scale * gradient->kinetics->rates[r] * sums->dwell[r];
    }
    ff_observables_add_explicit(gradient->system->observables, process, out->flux,
                                out->entropy_gradient);
    out->current = current / process->n_walkers;
    out->entropy_production = entropy / process->n_walkers;
}

enum ff_status ff_gradient_estimate(struct ff_gradient *gradient, const double *rates,
                                    uint32_t task, uint32_t iteration, struct ff_estimate *out)
{
    const struct ff_gradient_options *options = &gradient->options;
    out->n_events = 0;
    if (options->estimator->estimate != NULL)
        return options->estimator->estimate(gradient, rates, out);
    ff_kinetics_set(gradient->kinetics, gradient->system, rates);
    struct ff_sums means = {0};
    TRY(track_all(gradient, task, iteration, &means));
    add_baseline(gradient, task, iteration, &means);
    if (options->estimator->finish != NULL)
        options->estimator->finish(gradient, &means);
    combine(gradient, &means, out);
    out->n_events =
        options->tracked * (options->horizon.burn_in + options->estimator->n_events(options)) +
        options->baseline * (options->horizon.burn_in + options->horizon.events);
    for (int r = 0; r < gradient->system->process->n_channels; r++)
        CHECK(isfinite(out->current_gradient[r]) && isfinite(out->entropy_gradient[r]),
              FF_ERR_DIVERGED, "%s: the estimate is not finite", options->estimator->name);
    return FF_OK;
}
