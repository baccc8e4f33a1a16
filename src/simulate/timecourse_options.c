/* Reading the section `timecourse`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/timecourse.h"

enum ff_status ff_timecourse_options_read(struct ff_node *root, struct ff_timecourse_options *out)
{
    static const char *const keys[] = {"end", "points", "trajectories", "max_events", NULL};
    struct ff_node *section;
    *out = (struct ff_timecourse_options){0};
    if (ff_node_find(root, "timecourse") == NULL)
        return FF_OK;
    TRY(ff_node_section(root, "timecourse", &section));
    TRY(ff_node_allow(section, keys));
    const struct ff_real_rule end = {.min = 0.0, .max = 1e300, .required = true, .above_min = true};
    const struct ff_integer_rule points = {.fallback = 51, .min = 1, .max = 1000000};
    const struct ff_integer_rule trajectories = {
        .fallback = 10000, .min = 2, .max = FF_TIMECOURSE_MAX_TRAJECTORIES};
    const struct ff_integer_rule max_events = {.fallback = 1000000, .min = 1, .max = 1000000000000};
    TRY(ff_node_real(section, "end", end, &out->end));
    TRY(ff_node_int(section, "points", points, &out->points));
    TRY(ff_node_int(section, "trajectories", trajectories, &out->trajectories));
    return ff_node_integer(section, "max_events", max_events, &out->max_events);
}
