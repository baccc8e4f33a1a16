/* The section `evaluation`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "job/evaluator.h"

static const struct ff_key evaluation_rows[] = {
    {.name = "trajectories",
     FF_FILLS(struct ff_evaluation_options, trajectories),
     .integer = {.fallback = 256, .min = 2, .max = 10000000},
     .unit = "trajectories",
     .doc = "Independent trajectories, whose spread gives the standard errors."},
    {.name = "events",
     FF_FILLS(struct ff_evaluation_options, horizon.events),
     .integer = {.fallback = 2000, .min = 1, .max = 1000000000},
     .unit = "events",
     .doc = "Length of each, after its burn-in."},
    {.name = "burn_in",
     FF_FILLS(struct ff_evaluation_options, horizon.burn_in),
     .integer = {.fallback = 200, .min = 0, .max = 1000000000},
     .unit = "events",
     .doc = "Events at the start of each that are thrown away, for it to relax."},
};

const struct ff_keys ff_keys_evaluation = {
    .doc =
        "How a finished point is measured again, with fresh random numbers; also what `simulate` "
        "averages over.",
    FF_ROWS(evaluation_rows),
};
