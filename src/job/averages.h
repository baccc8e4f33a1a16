/* The averages of one design by plain simulation, each with a verdict; horizons find themselves where they are not given.
 *
 * Trajectories go on, and their length doubles, until no test speaks against any average (job/evidence.h) or the budget is
 * spent. J and sigma are reported through the gauge (simulate/gauge.h), which is true of steady states only, when they
 * have converged; else as they are.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_JOB_AVERAGES_H
#define FF_JOB_AVERAGES_H

#include "base/keys.h"
#include "job/evidence.h"
#include "simulate/survey.h"

/* J, sigma, activity and [I] occupations are numbered in this order. */
enum { FF_AVERAGE_ACTIVITY = FF_N_OBSERVABLES, FF_AVERAGE_SITES };

/* Section `evaluation`: how a design is measured; what was not set by hand finds itself. */
struct ff_evaluation_options {
    int trajectories;
    struct ff_horizon horizon;
    bool has_trajectories, has_events, has_burn_in; /* set by hand */
};

/** The section `evaluation`, which fills a struct ff_evaluation_options. */
extern const struct ff_keys ff_keys_evaluation;

/* Most events of all trajectories together, where their number is not set by hand. */
struct ff_budget {
    int64_t on_chain, by_walks;
};
extern const struct ff_budget ff_budget_of_seconds; /* a few */

struct ff_judged {
    struct ff_evidence evidence;
    struct ff_verdict verdict;
};

struct ff_averages {
    int n;                      /* averages */
    struct ff_judged *items;    /* [n], owned */
    struct ff_verdict coverage; /* what the states seen say of all of them */
    int worst; /* of the averages; -1 when the coverage is what speaks against them, or nothing */
    bool is_converged;
    bool
        is_finite; /* J, and the activity above zero; else trajectories end in a state that nothing leaves */
    int n_trajectories;
    struct ff_horizon horizon; /* of each */
};

/* What is measured; all borrowed. */
struct ff_averages_task {
    const struct ff_system *system;
    const struct ff_chain *chain; /* or NULL */
    const double *rates;          /* [R] */
    int n;                        /* averages, the first ones: FF_N_OBSERVABLES, or up to all */
    const double *exact;          /* [n] where they are known, NaN where not; or NULL */
    struct ff_evaluation_options options;
    struct ff_budget budget;
    struct ff_draw_key key;
};

/** Per walker. FF_ERR_NUMERICAL if a count or a propensity leaves its range; there is then nothing to free. */
enum ff_status ff_averages_measure(const struct ff_averages_task *task, struct ff_averages *out);
void ff_averages_free(struct ff_averages *averages);

/** The verdict on all together, with the name of the average that is worst. */
struct ff_verdict ff_averages_verdict(const struct ff_averages *averages,
                                      const struct ff_process *process);

/** Name of an average: `current`, `entropy_production`, `activity`, or that of a site. */
const char *ff_averages_name(const struct ff_process *process, int index);

#endif
