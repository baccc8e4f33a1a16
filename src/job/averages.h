/* The averages of one design by plain simulation, each with a verdict; horizons find themselves where they are not given.
 *
 * Trajectories go on, and their length doubles, until no test speaks against any average (job/evidence.h) or the budget is
 * spent. J and sigma are reported through the gauge (simulate/gauge.h), which is true of steady states only, when they
 * have converged; else as they are.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_JOB_AVERAGES_H
#define FF_JOB_AVERAGES_H

#include "job/evaluator.h"
#include "job/evidence.h"
#include "simulate/survey.h"

/* J, sigma, activity and [I] occupations are numbered in this order. */
enum { FF_AVERAGE_ACTIVITY = FF_N_OBSERVABLES, FF_AVERAGE_SITES };

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
    int n_trajectories;
    struct ff_horizon horizon;
    int64_t n_events; /* all that were simulated */
};

/* What is measured; all borrowed. */
struct ff_averages_task {
    const struct ff_system *system;
    const struct ff_chain *chain; /* or NULL */
    const double *rates;          /* [R] */
    const double *exact;          /* [n] where they are known; or NULL */
    struct ff_evaluation_options options;
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
