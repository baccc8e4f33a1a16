/* What a front file holds besides results, as records; private to this folder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_STORE_FRONT_PARTS_H
#define FF_STORE_FRONT_PARTS_H

#include "base/record.h"
#include "store/front_record.h"

/* The axes of all groups; names and numbers are borrowed, but for `index`. */
struct ff_front_axes {
    int n_points, n_iterations, n_parameters, n_channels, n_sites, n_edges, n_objectives, n_bound;
    int64_t *index;             /* 0, 1, ...: of points, of iterations */
    const int64_t *bound_index; /* of the bound; NULL without one */
    char *const *parameter_names, *const *channel_names, *const *site_names, *const *edge_names;
    const char *const *objective_names;
};

/* The model as it is configured. */
struct ff_front_model {
    int n_channels, n_parameters;
    const double *base_rate, *current_coefficient; /* [R] */
    const int *reverse;                            /* [R] */
    int *in_entropy;                               /* [R], owned */
    const double *lower, *upper;                   /* [P] */
};

/* struct ff_front_metrics with its pairs as arrays over the objectives. */
struct ff_front_quality {
    int n_objectives;
    const double *ideal, *nadir, *reference_point, *scale;
    double hypervolume, largest_gap;
    int64_t n_nondominated, n_failed, scout_events;
};

extern const struct ff_record_type ff_front_axes_record, ff_front_reference_axes_record,
    ff_front_model_record, ff_front_quality_record;

/* Everything together. */
struct ff_front_parts {
    struct ff_front_axes axes;
    struct ff_front_point *points; /* [n_points] */
    struct ff_front_model model;
    struct ff_front_quality quality;
    double scale[2];
};

/** Arrange what a front file holds; borrows the record. */
void ff_front_parts_create(const struct ff_front_record *record, struct ff_front_parts *out);
void ff_front_parts_free(struct ff_front_parts *parts);

#endif
