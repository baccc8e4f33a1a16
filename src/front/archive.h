/* All points of a run, with the non-dominated ones marked, and the metrics of the front.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_FRONT_ARCHIVE_H
#define FF_FRONT_ARCHIVE_H

#include "front/task.h"

#include <stdbool.h>

/* Points in order of weight, then of task id: the order does not depend on when they came in. */
struct ff_archive {
    int n_points, capacity;
    struct ff_result *points; /* owned */
    bool *is_nondominated;    /* [n_points]; failed points are not */
};

/* Quality of the non-dominated set. A pair is (J, sigma). */
struct ff_front_metrics {
    double ideal[2];     /* best J and best sigma of the set */
    double nadir[2];     /* worst of each */
    double reference[2]; /* corner against which the hypervolume is measured */
    double hypervolume;  /* area dominated within the reference; k_B per unit time squared */
    double largest_gap; /* between neighbours, in units of the ranges of J and sigma (the larger) */
    int n_nondominated, n_failed;
};

/** Room for `capacity` points. */
void ff_archive_create(int capacity, struct ff_archive **out);
/** NULL-safe. */
void ff_archive_free(struct ff_archive *archive);

/** Add a result, taking what it owns, and mark the non-dominated points anew. */
void ff_archive_insert(struct ff_archive *archive, const struct ff_result *result);

/** A result for the scalarisation of a point that is there: it takes the point's place if it serves it better, and is freed
 * if not.  The events of both are the point's. */
void ff_archive_improve(struct ff_archive *archive, const struct ff_result *result);

/** The points that have not failed, in order of weight, into [n_points]; returns how many.  Borrowed. */
int ff_archive_good(const struct ff_archive *archive, const struct ff_result **points);

/** The point whose design has the least objective in a scalarisation; NULL if all have failed.  Borrowed. */
const struct ff_result *ff_archive_best(const struct ff_archive *archive,
                                        const struct ff_scalarization *scalarization);

/** Metrics; the reference is `reference` if not NULL, else the nadir of the set. */
struct ff_front_metrics ff_archive_metrics(const struct ff_archive *archive,
                                           const double *reference);

/** Area between the points (J, sigma) and the corner: J above reference[0], sigma below reference[1].
 * Points outside the corner and dominated ones add nothing; order does not matter. */
double ff_hypervolume(const double (*points)[2], int n_points, const double reference[2]);

#endif
