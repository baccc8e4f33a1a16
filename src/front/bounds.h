/* Parameters that run into their bounds.
 *
 * Bounds are finite, so every front has an end; but where the objective falls on beyond a bound, as it does when all rates
 * may grow and no budget holds them, the front is that of the bound and not of the system. The slope there is the
 * multiplier of the bound.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_FRONT_BOUNDS_H
#define FF_FRONT_BOUNDS_H

#include "job/evaluator.h"
#include "model/design.h"

/** The slope of the objective [P] that an evaluation shows beyond its noise, else 0. */
void ff_bounds_slope(const struct ff_evaluation *evaluation, double *slope);

/** Of slopes [P], keep those by which the objective would fall beyond the bound at which the parameter lies; the others
 * become 0. */
void ff_bounds_keep(const struct ff_design *design, const double *theta, double *slope);

/* A point as far as its bounds go; borrowed. */
struct ff_bounds_point {
    const double *slope; /* [P] as kept; NULL where nothing is known */
    double objective;
};

/** What the bounds hold, as one sentence for the user with the names of the design's parameters, those first that hold most
 * points; empty where a unit of theta beyond any bound would bring less than a hundredth of the objective. */
void ff_bounds_say(const struct ff_bounds_point *points, int n, const struct ff_design *design,
                   char *text, size_t size);

#endif
