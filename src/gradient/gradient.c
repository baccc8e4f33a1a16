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

/* ---- options -------------------------------------------------------------------------------- */

static enum ff_status read_gradient(struct ff_node *section, struct ff_gradient_options *options)
{
    static const char *const keys[] = {"estimator",  "window",  "locality", "temperature",
                                       "truncation", "tracked", "baseline", NULL};
    TRY(ff_node_allow(section, keys));
    const char *names[sizeof ff_estimator_types / sizeof *ff_estimator_types] = {NULL};
    for (int i = 0; ff_estimator_types[i] != NULL; i++)
        names[i] = ff_estimator_types[i]->name;
    int index;
    TRY(ff_node_choice(section, "estimator", names, "score", &index));
    options->estimator = ff_estimator_types[index];
    const struct ff_integer_rule window = {.fallback = 60, .min = 0, .max = 1000000};
    const struct ff_real_rule temperature = {
        .fallback = 0.5, .min = 0.0, .above_min = true, .max = 1.0};
    const struct ff_integer_rule truncation = {.fallback = 0, .min = 0, .max = 100000000};
    const struct ff_integer_rule tracked = {.fallback = 64, .min = 1, .max = 1000000};
    const struct ff_integer_rule baseline = {.fallback = 0, .min = 0, .max = 1000000};
    TRY(ff_node_int(section, "window", window, &options->window));
    const struct ff_integer_rule locality = {.fallback = 8, .min = 0, .max = 1000000};
    TRY(ff_node_int(section, "locality", locality, &options->locality));
    TRY(ff_node_real(section, "temperature", temperature, &options->temperature));
    TRY(ff_node_int(section, "truncation", truncation, &options->truncation));
    TRY(ff_node_int(section, "tracked", tracked, &options->tracked));
    return ff_node_int(section, "baseline", baseline, &options->baseline);
}

enum ff_status ff_gradient_options_read(struct ff_node *root, struct ff_gradient_options *out)
{
    static const char *const keys[] = {"events", "burn_in", NULL};
    struct ff_node *gradient, *simulation;
    TRY(ff_node_section(root, "gradient", &gradient));
    TRY(read_gradient(gradient, out));
    TRY(ff_node_section(root, "simulation", &simulation));
    TRY(ff_node_allow(simulation, keys));
    const struct ff_integer_rule events = {.fallback = 200, .min = 1, .max = 1000000000};
    const struct ff_integer_rule burn_in = {.fallback = 50, .min = 0, .max = 1000000000};
    TRY(ff_node_integer(simulation, "events", events, &out->horizon.events));
    TRY(ff_node_integer(simulation, "burn_in", burn_in, &out->horizon.burn_in));
    int64_t seed;
    const struct ff_integer_rule seed_rule = {.fallback = 1, .min = 0, .max = INT64_MAX};
    TRY(ff_node_integer(root, "seed", seed_rule, &seed));
    out->seed = (uint64_t)seed;
    return FF_OK;
}

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
