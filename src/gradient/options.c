/* Reading the sections `gradient` and `simulation`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gradient/estimator.h"

static enum ff_status read_gradient(struct ff_node *section, struct ff_gradient_options *options)
{
    static const char *const keys[] = {"estimator",  "window",  "locality", "temperature",
                                       "truncation", "tracked", "baseline", NULL};
    TRY(ff_node_allow(section, keys));
    const char *names[FF_MAX_CHOICES + 1] = {NULL};
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
