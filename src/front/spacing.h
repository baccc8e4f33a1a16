/* Where the next weights of an adaptive front go: into the widest intervals between neighbouring points.
 *
 * A weighted sum splits an interval by the normal of its chord (dichotomic search, Aneja and Nair, Manage. Sci. 25:73, 1979),
 * a Chebyshev distance by the ray from the ideal point through the middle of the chord.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_FRONT_SPACING_H
#define FF_FRONT_SPACING_H

#include "front/archive.h"

/* What it goes by; all borrowed. */
struct ff_spacing {
    enum ff_scalarization_kind kind;     /* of the points to come */
    const struct ff_scalarization *base; /* their scales and ideal point */
    const struct ff_archive *archive;    /* points so far */
    const struct ff_task *tasks;         /* [n_tasks] of all points so far, solved or not */
    int n_tasks;
};

/* Two neighbours in J, and the weight to be solved between them. */
struct ff_interval {
    const struct ff_result *low, *high; /* borrowed */
    double width;                       /* of J or sigma in units of their ranges, the larger */
    double weight;
};

/** The intervals to be split in this round, widest first, into [archive->n_points]: those at least half as wide as the
 * widest whose weight is new.  Returns how many. */
int ff_spacing_intervals(const struct ff_spacing *spacing, struct ff_interval *intervals);

/** Whether no task has this weight, within what makes a difference. */
bool ff_spacing_is_new(const struct ff_spacing *spacing, double weight);

#endif
