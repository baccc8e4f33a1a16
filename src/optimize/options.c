/* Reading the section `optimizer`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/optimizer.h"

#include <stddef.h>

enum ff_status ff_optimizer_options_read(struct ff_node *section, struct ff_optimizer_options *out)
{
    static const char *const keys[] = {"kind",    "learning_rate", "decay",
                                       "average", "iterations",    NULL};
    TRY(ff_node_allow(section, keys));
    const char *names[FF_MAX_CHOICES + 1] = {NULL};
    for (int i = 0; ff_optimizer_types[i] != NULL; i++)
        names[i] = ff_optimizer_types[i]->name;
    int index;
    TRY(ff_node_choice(section, "kind", names, "adam", &index));
    out->type = ff_optimizer_types[index];
    const struct ff_real_rule rate = {.fallback = 0.05, .min = 0.0, .above_min = true, .max = 10.0};
    const struct ff_real_rule decay = {.fallback = 0.01, .min = 0.0, .above_min = true, .max = 1.0};
    const struct ff_real_rule average = {.fallback = 0.25, .min = 0.0, .max = 1.0};
    const struct ff_integer_rule iterations = {.fallback = 200, .min = 1, .max = 1000000};
    TRY(ff_node_real(section, "learning_rate", rate, &out->learning_rate));
    TRY(ff_node_real(section, "decay", decay, &out->decay));
    TRY(ff_node_real(section, "average", average, &out->average));
    return ff_node_int(section, "iterations", iterations, &out->iterations);
}
