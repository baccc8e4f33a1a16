/* Which scalarisations to solve: a state machine without MPI, files or clock.
 *
 * Tasks come in rounds. A round is planned when the one before it has been completed, from results alone,
 * so the weights do not depend on the number of workers or on who finishes first; inside a round every task
 * is independent. With adaptive spacing the first round solves the two end weights; each later one
 * splits the widest intervals between neighbouring points (front/spacing.h). Starts are the designs of both
 * neighbours and their mean.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_FRONT_SCHEDULER_H
#define FF_FRONT_SCHEDULER_H

#include "front/archive.h"

/* Section `front` of a configuration. */
struct ff_front_options {
    int n_points;
    enum ff_scalarization_kind kind;
    double weights[2];
    bool is_adaptive;
    int n_starts;    /* random designs besides theta = 0 */
    bool has_starts; /* given by hand, else where the states can be enumerated */
    bool has_reference_point;
    double reference_point[2]; /* of the hypervolume: J, sigma */
};

struct ff_scheduler;

/** The section `front`, which fills a struct ff_front_options. */
extern const struct ff_keys ff_keys_front;

/* What a front is of. */
struct ff_front_problem {
    int n_parameters;
    double current_scale, entropy_scale;
    bool is_scale_given; /* else the scheduler may find better ones */
    const double *start; /* [P] where tasks begin that have nothing better; NULL: theta = 0 */
    const double *level; /* [P] where half of the random designs are; NULL: theta = 0 */
    int n_random;        /* random designs to begin from besides, see front/scout.h */
    uint64_t seed;       /* of these */
};

/** A scheduler.  Copies the options and the problem. */
void ff_scheduler_create(const struct ff_front_options *options,
                         const struct ff_front_problem *problem, struct ff_scheduler **out);

/** NULL-safe. */
void ff_scheduler_free(struct ff_scheduler *scheduler);

/** The next task, if one is ready: true, and `out` is the caller's to free.  False: wait for results, or
 * the run is over. */
bool ff_scheduler_next(struct ff_scheduler *scheduler, struct ff_task *out);

/** Hand in a result, failed or not, for a task that was given out; takes what the result owns. */
void ff_scheduler_complete(struct ff_scheduler *scheduler, const struct ff_result *result);

/** No task is out and none will come. */
bool ff_scheduler_is_done(const struct ff_scheduler *scheduler);

/** The scheduler as a source of ff_front_kind; borrows it. */
struct ff_source ff_scheduler_source(struct ff_scheduler *scheduler);

/** The results so far; borrowed. */
const struct ff_archive *ff_scheduler_archive(const struct ff_scheduler *scheduler);

/** Scales of J and sigma in weighted sums: those given, or, where with these all weights lead to one corner of the front,
 * J and sigma of that corner. */
void ff_scheduler_scales(const struct ff_scheduler *scheduler, double *current_scale,
                         double *entropy_scale);

/** Events simulated so far to find designs to begin from, which are of no point. */
int64_t ff_scheduler_scout_events(const struct ff_scheduler *scheduler);

/** Tasks planned and completed so far. */
void ff_scheduler_progress(const struct ff_scheduler *scheduler, int *n_planned, int *n_completed);

#endif
