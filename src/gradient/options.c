/* The sections `gradient` and `simulation`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gradient/estimator.h"
#include "gradient/gradient.h"

#include <string.h>

/* Those of the list, then the word for the best of them. */
static struct ff_word estimator_at(int index)
{
    int n = 0;
    while (ff_estimator_types[n] != NULL)
        n++;
    if (index > n)
        return (struct ff_word){.name = NULL};
    const struct ff_estimator_type *type =
        index < n ? ff_estimator_types[index] : &ff_estimator_auto;
    return (struct ff_word){.name = type->name, .doc = type->doc, .value = type};
}

/* No, yes: of `solves_gauge`. */
static const struct ff_word gauges[] = {
    {.name = "sites", .doc = "least squares over potentials on the sites, from the rates alone"},
    {.name = "poisson",
     .doc =
         "by `score` and `local`, where particles hop without meeting over at most 256 sites: the "
         "solution of Poisson's equation of one walker, with its steady fluxes, which leaves no "
         "noise; by `score` elsewhere, with at most 32 sites, 64 channels and 1536 states met by a "
         "few trajectories: its solution on these states and what surrounds them, which leaves "
         "only what happens outside; else as `sites`"},
    {.name = NULL}};

static const struct ff_key gradient_rows[] = {
    {.name = "estimator",
     FF_FILLS(struct ff_gradient_options, estimator),
     .word = "auto",
     .word_at = estimator_at,
     .doc = "How the gradients of the current and of the entropy production are estimated; "
            "`gradcheck` compares all of them with the exact gradient."},
    {.name = "window",
     FF_FILLS(struct ff_gradient_options, window),
     .integer = {.fallback = 60, .min = 0, .max = 1000000},
     .word = "auto",
     .unit = "events",
     .doc = "`score` and `local` credit a choice with what happens in so many events after it: a "
            "few relaxation times, shorter is biased, longer is noisy; `auto` is 60, and grows "
            "with `simulation.events`."},
    {.name = "gauge",
     FF_FILLS(struct ff_gradient_options, solves_gauge),
     .word = "poisson",
     .words = gauges,
     .doc =
         "The control variates of trajectories, which keep the means and take noise away. With "
         "`poisson` a network of independent walkers, or a process of few states, is solved, not "
         "sampled; `sites` shows what "
         "simulation alone does, as `gradcheck` always does."},
    {.name = "locality",
     FF_FILLS(struct ff_gradient_options, locality),
     .integer = {.fallback = 8, .min = 0, .max = 1000000},
     .unit = "steps",
     .doc =
         "`local` credits a choice in full with the contributions of channels so near in the graph "
         "of channels that affect each other, tapered to nothing at twice that; 0 means all."},
    {.name = "temperature",
     FF_FILLS(struct ff_gradient_options, temperature),
     .real = {.fallback = 0.5, .min = 0.0, .above_min = true, .max = 1.0},
     .unit = "1",
     .doc = "Of the relaxed choice of `stgs`: smaller is closer to the real choice and noisier."},
    {.name = "truncation",
     FF_FILLS(struct ff_gradient_options, truncation),
     .integer = {.fallback = 0, .min = 0, .max = 100000000},
     .unit = "events",
     .doc = "`stgs` and `rbst` follow the effect of a choice for at least so many events, which "
            "tames them at the price of bias; 0 means to the end."},
    {.name = "tracked",
     FF_FILLS(struct ff_gradient_options, tracked),
     .integer = {.fallback = 64, .min = 1, .max = 1000000},
     .unit = "trajectories",
     .doc = "Per estimate, those that carry the gradient."},
    {.name = "baseline",
     FF_FILLS(struct ff_gradient_options, baseline),
     .integer = {.fallback = 0, .min = 0, .max = 1000000},
     .unit = "trajectories",
     .doc = "Per estimate, further ones without a gradient, which make the means better; worth "
            "their time for `chebyshev` fronts of few states."},
};

static bool is_auto(const struct ff_node *section, const char *key)
{
    const struct ff_node *node = ff_node_find(section, key);
    return node == NULL || strcmp(node->text, "auto") == 0;
}

static enum ff_status gradient_check(struct ff_node *section, void *options)
{
    ((struct ff_gradient_options *)options)->is_auto_window = is_auto(section, "window");
    return FF_OK;
}

const struct ff_keys ff_keys_gradient = {
    .doc = "How gradients are estimated while a point is optimised.",
    FF_ROWS(gradient_rows),
    .check = gradient_check,
};

static const struct ff_key simulation_rows[] = {
    {.name = "events",
     FF_FILLS(struct ff_gradient_options, horizon.events),
     .integer = {.fallback = 200, .min = 1, .max = 1000000000},
     .word = "auto",
     .unit = "events",
     .doc = "Length of a trajectory, after the burn-in; `score` and `local` simulate a window "
            "more. `auto` is 200; for `score` and `local` on at most 32 sites it doubles until a "
            "pilot sees all of them relax, up to 12800, unless `gradient.gauge` leaves no noise; "
            "on more it grows with their number."},
    {.name = "burn_in",
     FF_FILLS(struct ff_gradient_options, horizon.burn_in),
     .integer = {.fallback = 50, .min = 0, .max = 1000000000},
     .word = "auto",
     .unit = "events",
     .doc = "Events at the start of a trajectory that are thrown away, for it to relax; `auto` is "
            "50, and grows with `events`."},
};

static enum ff_status simulation_check(struct ff_node *section, void *options)
{
    struct ff_gradient_options *gradient = options;
    gradient->is_auto_events = is_auto(section, "events");
    gradient->is_auto_burn_in = is_auto(section, "burn_in");
    return FF_OK;
}

const struct ff_keys ff_keys_simulation = {
    .doc = "The trajectories behind an estimate of the gradient.",
    FF_ROWS(simulation_rows),
    .check = simulation_check,
};
