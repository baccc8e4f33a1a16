/* Designs to begin from, looked for before any point of the front is solved.
 *
 * A descent from one start ends where it began: at low weights it kills the entropy production first and rests at
 * J = sigma = 0, and of two branches it knows one. So weighted sums at the middle and at the top of the weights are solved
 * from theta = 0 and from random designs; then further out, in steps, each from the design that is best for it so far. All
 * designs found are kept: each is a candidate at every weight, for nothing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_FRONT_SCOUT_H
#define FF_FRONT_SCOUT_H

#include "front/archive.h"

/* Where to look. */
struct ff_scout_options {
    int n_random;      /* designs besides the start; without any nothing is looked for */
    uint64_t seed;     /* of these */
    double weights[2]; /* ends of the front */
    int n_parameters;
    const double *start; /* [P], borrowed, as the next */
    const double *level; /* [P] design whose rates are most nearly all alike */
};

/** Random design number i, from 1: odd ones anywhere within 8 of theta = 0, even ones within 2 of the level design, from which
 * branches far from theta = 0 are more often reached. Not clipped. */
void ff_scout_draw(struct ff_stream *stream, int i, const double *level, int n_parameters,
                   double *theta);

struct ff_scout {
    struct ff_scout_options options;
    struct ff_archive *found;
    int n_steps, round; /* rounds after the first; the next one */
    bool is_second;     /* time through the rounds */
};

void ff_scout_create(const struct ff_scout_options *options, struct ff_scout *out);
void ff_scout_free(struct ff_scout *scout);

/** Begin again, in other scales; what has been found is kept.  Once only. */
void ff_scout_repeat(struct ff_scout *scout);

/** The most tasks of all rounds together, repeated ones too. */
int ff_scout_capacity(const struct ff_scout *scout);

/** Plan the next round, when all results of the one before have been taken: tasks of scalarisations like `base` into
 * `tasks`, the caller's to free, with ids from first_id on. Returns how many; 0: there are no more rounds. */
int ff_scout_plan(struct ff_scout *scout, const struct ff_scalarization *base, uint32_t first_id,
                  struct ff_task *tasks);

/** Hand in a result; takes what it owns. */
void ff_scout_take(struct ff_scout *scout, const struct ff_result *result);

#endif
