/* The section `evaluation`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "job/averages.h"

#include <string.h>

/* What `auto` fills in is not read: is_given says that it stands there. */
static const struct ff_key evaluation_rows[] = {
    {.name = "trajectories",
     FF_FILLS(struct ff_evaluation_options, trajectories),
     .integer = {.fallback = 2, .min = 2, .max = 10000000},
     .word = "auto",
     .unit = "trajectories",
     .doc = "Independent trajectories, whose spread gives the standard errors; `auto` is 32."},
    {.name = "events",
     FF_FILLS(struct ff_evaluation_options, horizon.events),
     .integer = {.fallback = 1, .min = 1, .max = 1000000000},
     .word = "auto",
     .unit = "events",
     .doc =
         "Length of each, after its burn-in; `auto` doubles until the averages have converged or "
         "a budget is spent: in `simulate` a few seconds, in `run` 2^24 events of all together "
         "where states are few, else a quarter of those of the point's optimiser, at least 2^20."},
    {.name = "burn_in",
     FF_FILLS(struct ff_evaluation_options, horizon.burn_in),
     .integer = {.fallback = 0, .min = 0, .max = 1000000000},
     .word = "auto",
     .unit = "events",
     .doc = "Events at the start of each that are thrown away, for it to relax; `auto` is a third "
            "of what is measured, and 200."},
};

static bool is_given(const struct ff_node *section, const char *key)
{
    const struct ff_node *node = ff_node_find(section, key);
    return node != NULL && strcmp(node->text, "auto") != 0;
}

/* Which numbers were set by hand. */
static enum ff_status evaluation_check(struct ff_node *section, void *options)
{
    struct ff_evaluation_options *evaluation = options;
    evaluation->has_trajectories = is_given(section, "trajectories");
    evaluation->has_events = is_given(section, "events");
    evaluation->has_burn_in = is_given(section, "burn_in");
    return FF_OK;
}

const struct ff_keys ff_keys_evaluation = {
    .doc = "How a finished point is measured again, with fresh random numbers, and what `simulate` "
           "averages over. What is not given finds itself.",
    FF_ROWS(evaluation_rows),
    .check = evaluation_check,
};
