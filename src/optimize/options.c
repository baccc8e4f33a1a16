/* The section `optimizer`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/optimizer.h"

static struct ff_word optimizer_at(int index)
{
    const struct ff_optimizer_type *type = ff_optimizer_types[index];
    return type != NULL ? (struct ff_word){.name = type->name, .doc = type->doc, .value = type}
                        : (struct ff_word){.name = NULL};
}

static const struct ff_key rows[] = {
    {.name = "kind",
     FF_FILLS(struct ff_optimizer_options, type),
     .word = "trust",
     .word_at = optimizer_at,
     .doc = "How theta moves."},
    {.name = "learning_rate",
     FF_FILLS(struct ff_optimizer_options, learning_rate),
     .real = {.fallback = 0.05, .min = 0.0, .above_min = true, .max = 10.0},
     .unit = "1",
     .doc = "`adam` and `natural` only: first step in theta, hence relative change of a rate: 0.05 "
            "is 5 % per iteration (`natural`: factor on the preconditioned gradient)."},
    {.name = "decay",
     FF_FILLS(struct ff_optimizer_options, decay),
     .real = {.fallback = 0.01, .min = 0.0, .above_min = true, .max = 1.0},
     .unit = "1",
     .doc =
         "`adam` and `natural` only: learning rate of the last iteration over that of the first."},
    {.name = "average",
     FF_FILLS(struct ff_optimizer_options, average),
     .real = {.fallback = 0.25, .min = 0.0, .max = 1.0},
     .unit = "1",
     .doc =
         "`adam` and `natural` only: fraction of the iterations, the last ones, over which theta "
         "is averaged."},
    {.name = "tolerance",
     FF_FILLS(struct ff_optimizer_options, tolerance),
     .real = {.fallback = 0.002, .min = 0.0, .max = 1.0},
     .unit = "1",
     .doc =
         "`trust` and `bfgs`: a decrease of the scalarised objective that is not worth a step; they end when no more is to be had. A thousandth of it where the gradient is exact."},
    {.name = "iterations",
     FF_FILLS(struct ff_optimizer_options, iterations),
     .integer = {.fallback = 200, .min = 1, .max = 1000000},
     .unit = "iterations",
     .doc = "Most steps for one point."},
};

const struct ff_keys ff_keys_optimizer = {
    .doc = "How the design parameters theta of one point are optimised.",
    FF_ROWS(rows),
};
