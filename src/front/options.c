/* Reading the sections `front`, `reference` and `evaluation`, and what they make together.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/reference.h"
#include "front/scheduler.h"
#include "gradient/estimator.h"

enum ff_status ff_front_options_read(struct ff_node *section, struct ff_front_options *out)
{
    static const char *const keys[] = {"points",  "scalarization",   "weights",
                                       "spacing", "reference_point", NULL};
    static const char *const kinds[] = {"weighted", "chebyshev", NULL};
    static const char *const spacings[] = {"uniform", "adaptive", NULL};
    static const char *const ends[] = {"min", "max", NULL};
    TRY(ff_node_allow(section, keys));
    TRY(ff_node_int(section, "points",
                    (struct ff_integer_rule){.fallback = 24, .min = 2, .max = 1000000},
                    &out->n_points));
    int kind, spacing;
    TRY(ff_node_choice(section, "scalarization", kinds, "weighted", &kind));
    TRY(ff_node_choice(section, "spacing", spacings, "adaptive", &spacing));
    out->kind = kind == 1 ? FF_SCALARIZATION_CHEBYSHEV : FF_SCALARIZATION_WEIGHTED;
    out->is_adaptive = spacing == 1;
    struct ff_node *weights;
    TRY(ff_node_section(section, "weights", &weights));
    TRY(ff_node_allow(weights, ends));
    const struct ff_real_rule low = {.fallback = 0.05, .min = 1e-6, .max = 1.0 - 1e-6};
    const struct ff_real_rule high = {.fallback = 0.95, .min = 1e-6, .max = 1.0 - 1e-6};
    TRY(ff_node_real(weights, "min", low, &out->weights[0]));
    TRY(ff_node_real(weights, "max", high, &out->weights[1]));
    if (!(out->weights[0] < out->weights[1]))
        return ff_node_error(weights, "`min` must be below `max`");
    const struct ff_node *point = ff_node_find(section, "reference_point");
    out->has_reference_point = point != NULL;
    if (point == NULL)
        return FF_OK;
    TRY(ff_node_expect(point, FF_NODE_SEQUENCE));
    if (point->n_items != 2)
        return ff_node_error(point, "must be [current, entropy_production]");
    const struct ff_real_rule any = {.min = -1e300, .max = 1e300};
    TRY(ff_node_as_real(point->items[0], any, &out->reference_point[0]));
    return ff_node_as_real(point->items[1], any, &out->reference_point[1]);
}

enum ff_status ff_reference_options_read(struct ff_node *section, struct ff_reference_options *out)
{
    static const char *const keys[] = {"exact", "max_states", "starts", "iterations", NULL};
    TRY(ff_node_allow(section, keys));
    TRY(ff_node_bool(section, "exact", true, &out->is_wanted));
    TRY(ff_node_int(section, "max_states",
                    (struct ff_integer_rule){.fallback = 200, .min = 2, .max = 1000000},
                    &out->max_states));
    TRY(ff_node_int(section, "starts",
                    (struct ff_integer_rule){.fallback = 4, .min = 1, .max = 1000000},
                    &out->n_starts));
    return ff_node_int(section, "iterations",
                       (struct ff_integer_rule){.fallback = 1000, .min = 1, .max = 1000000},
                       &out->iterations);
}

static enum ff_status read_evaluation(struct ff_node *section, struct ff_evaluation_options *out)
{
    static const char *const keys[] = {"trajectories", "events", "burn_in", NULL};
    TRY(ff_node_allow(section, keys));
    const struct ff_integer_rule trajectories = {.fallback = 256, .min = 2, .max = 10000000};
    const struct ff_integer_rule events = {.fallback = 2000, .min = 1, .max = 1000000000};
    const struct ff_integer_rule burn_in = {.fallback = 200, .min = 0, .max = 1000000000};
    TRY(ff_node_int(section, "trajectories", trajectories, &out->trajectories));
    TRY(ff_node_integer(section, "events", events, &out->horizon.events));
    return ff_node_integer(section, "burn_in", burn_in, &out->horizon.burn_in);
}

enum ff_status ff_plan_read(struct ff_node *root, const struct ff_system *system,
                            struct ff_plan *out)
{
    struct ff_node *section;
    *out = (struct ff_plan){.system = system, .functionals = ff_system_functionals(system)};
    TRY(ff_gradient_options_read(root, &out->gradient));
    TRY(ff_node_section(root, "optimizer", &section));
    TRY(ff_optimizer_options_read(section, &out->optimizer));
    if (out->optimizer.type->needs_exact && !out->gradient.estimator->is_exact)
        return ff_node_error(section,
                             "`%s` needs a gradient without noise; set gradient.estimator "
                             "to `exact`, or use `adam` or `natural`",
                             out->optimizer.type->name);
    TRY(ff_node_section(root, "evaluation", &section));
    return read_evaluation(section, &out->evaluation);
}
