/* The sections `front` and `reference`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/reference.h"
#include "front/scheduler.h"

#include <string.h>

/* ---- front ---------------------------------------------------------------------------------- */

static struct ff_word scalarization_at(int index)
{
    const struct ff_scalarization_type *type = ff_scalarization_types[index];
    return type != NULL ? (struct ff_word){.name = type->loss.name, .doc = type->loss.doc}
                        : (struct ff_word){.name = NULL};
}

/* No, yes: of `is_adaptive`. */
static const struct ff_word spacings[] = {
    {.name = "uniform", .doc = "weights evenly spaced"},
    {.name = "adaptive",
     .doc = "the two end weights, then again and again one inside the widest gap between "
            "neighbouring points, started from both of them"},
    {.name = NULL}};

static const struct ff_key weights_rows[] = {
    {.name = "min",
     FF_FILLS(struct ff_front_options, weights[0]),
     .real = {.fallback = 0.05, .min = 1e-6, .max = 1.0 - 1e-6},
     .unit = "1",
     .doc = "Weight of the current at the end of the front with little dissipation."},
    {.name = "max",
     FF_FILLS(struct ff_front_options, weights[1]),
     .real = {.fallback = 0.95, .min = 1e-6, .max = 1.0 - 1e-6},
     .unit = "1",
     .doc = "Weight of the current at the end of the front with a large current."},
};

static enum ff_status weights_check(struct ff_node *section, void *options)
{
    const struct ff_front_options *front = options;
    if (!(front->weights[0] < front->weights[1]))
        return ff_node_error(section, "`min` must be below `max`");
    return FF_OK;
}

static const struct ff_keys weights_keys = {
    .doc = "The range of w, the weight of the current against the entropy production.",
    FF_ROWS(weights_rows),
    .check = weights_check,
};

static const struct ff_key front_rows[] = {
    {.name = "points",
     FF_FILLS(struct ff_front_options, n_points),
     .integer = {.fallback = 24, .min = 2, .max = 1000000},
     .unit = "points",
     .doc = "Points of the front, at least one optimisation each."},
    {.name = "scalarization",
     FF_FILLS(struct ff_front_options, kind),
     .word = "weighted",
     .word_at = scalarization_at,
     .doc = "How current and entropy production become the one number L that is minimised."},
    {.name = "spacing",
     FF_FILLS(struct ff_front_options, is_adaptive),
     .word = "adaptive",
     .words = spacings,
     .doc = "Which weights are solved."},
    {.name = "weights", .type = FF_KEY_SECTION, .keys = &weights_keys},
    {.name = "starts",
     FF_FILLS(struct ff_front_options, n_starts),
     .integer = {.fallback = 40, .min = 0, .max = 10000},
     .word = "auto",
     .unit = "designs",
     .doc = "Random designs besides theta = 0 from which the middle and the top of the front are "
            "solved, and then its ends in steps, before its points; all points begin from the best "
            "designs found. 0: none of that; `auto` is 40 with the exact gradient, 6 with others "
            "where the states can be enumerated, else 0."},
    {.name = "reference_point",
     .type = FF_KEY_OTHER,
     .is_special = true,
     .is_optional = true,
     .form = "[current, entropy_production]",
     .unit = "1/time and k_B/time",
     .doc = "Corner against which the hypervolume is measured; without it the worst current and "
            "the worst entropy production among the non-dominated points."},
};

static enum ff_status front_check(struct ff_node *section, void *options)
{
    struct ff_front_options *front = options;
    const struct ff_node *point = ff_node_find(section, "reference_point");
    const struct ff_node *starts = ff_node_find(section, "starts");
    front->has_starts = starts != NULL && strcmp(starts->text, "auto") != 0;
    front->has_reference_point = point != NULL;
    if (point == NULL)
        return FF_OK;
    TRY(ff_node_expect(point, FF_NODE_SEQUENCE));
    if (point->n_items != 2)
        return ff_node_error(point, "must be [current, entropy_production]");
    const struct ff_real_rule any = {.min = -1e300, .max = 1e300};
    TRY(ff_node_as_real(point->items[0], any, &front->reference_point[0]));
    return ff_node_as_real(point->items[1], any, &front->reference_point[1]);
}

const struct ff_keys ff_keys_front = {
    .doc = "Which points of the front `run` looks for.",
    FF_ROWS(front_rows),
    .check = front_check,
};

/* ---- reference ------------------------------------------------------------------------------ */

static const struct ff_key reference_rows[] = {
    {.name = "exact",
     FF_FILLS(struct ff_reference_options, is_wanted),
     .word = "true",
     .doc = "Whether `run` also looks for the best optimum at every weight, by exact values from "
            "several starts, from which `info` tells the excess."},
    {.name = "max_states",
     FF_FILLS(struct ff_reference_options, max_states),
     .integer = {.fallback = 200, .min = 2, .max = 1000000},
     .unit = "states",
     .doc = "Systems with more states go without an exact reference."},
    {.name = "starts",
     FF_FILLS(struct ff_reference_options, n_starts),
     .integer = {.fallback = 8, .min = 1, .max = 1000000},
     .unit = "starts",
     .doc = "Quasi-Newton searches per weight, from theta = 0 and from random designs, besides "
            "those from the optima of other weights and from the point of the front."},
    {.name = "iterations",
     FF_FILLS(struct ff_reference_options, iterations),
     .integer = {.fallback = 1000, .min = 1, .max = 1000000},
     .unit = "iterations",
     .doc = "Most iterations of one search."},
};

const struct ff_keys ff_keys_reference = {
    .doc = "The best known front, by exact values, where the states can be enumerated.",
    FF_ROWS(reference_rows),
};
