/* The two ways of a survey: on the chain, where visits are counted, and by the direct method. For survey*.c only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_SURVEY_METHOD_H
#define FF_SIMULATE_SURVEY_METHOD_H

#include "simulate/ensemble.h"

/* Columns of a row: sums over one batch of one trajectory. */
enum {
    FF_SURVEY_TIME,   /* expected dwells */
    FF_SURVEY_GAUGED, /* J and sigma times dwell, in the gauge of simulate/gauge.h */
    FF_SURVEY_PLAIN = FF_SURVEY_GAUGED + FF_N_OBSERVABLES, /* the same as they are */
    FF_SURVEY_EVENTS = FF_SURVEY_PLAIN + FF_N_OBSERVABLES,
    FF_SURVEY_SITES /* [I] occupations times dwell */
};

/* J and sigma twice: the second pair without the gauge. */
enum { FF_SURVEY_FUNCTIONALS = 2 * FF_N_OBSERVABLES };

/* What trajectories have seen in the runs since they last forgot. */
struct ff_sight {
    double longest_dwell; /* expected, of a visited state */
    /* On a chain, the least part of all time that states never visited would hold; NaN by the direct method. */
    double unseen_share;
    /* By the direct method, of the channels that may lead to states not seen, for neither they nor their reverses have
     * fired, the one that should have fired most often, and how often; -1 and 0 if there is none, and on a chain. */
    int unfired;
    double unfired_events;
    bool has_sink; /* a state that nothing leaves was reached on the way to a start elsewhere */
};

struct ff_survey;

struct ff_survey_method {
    /* All trajectories where they start; `state` of the survey is made. */
    void (*create)(struct ff_survey *survey);
    void (*free)(struct ff_survey *survey);
    /* Trajectory k leaves its present state behind. */
    void (*skip)(struct ff_survey *survey, int k, int64_t n_events);
    /* Trajectory k, and as many of those behind it as are moved together with it, go on by `events` events in n batches, into
     * rows [n_batches][width] that lie n_batches_held rows apart; returns how many. */
    int (*run)(struct ff_survey *survey, int k, int64_t events, int n_batches, int n_batches_held,
               double *rows);
    /* All trajectories have run: what `sight` and `rare_error` need of them together. */
    void (*conclude)(struct ff_survey *survey);
    void (*forget)(struct ff_survey *survey);
    enum ff_status (*check)(const struct ff_survey *survey);
    struct ff_sight (*sight)(const struct ff_survey *survey);
    double (*rare_error)(const struct ff_survey *survey, int column, double mean);
};

extern const struct ff_survey_method ff_survey_on_chain, ff_survey_by_walks;

struct ff_survey {
    const struct ff_survey_method *method;
    void *state; /* of the method */
    const struct ff_system *system;
    const struct ff_chain *chain; /* NULL by the direct method */
    struct ff_draw_key key;
    int n_trajectories, n_given, width;
    uint32_t run; /* runs so far: every one has random numbers of its own */
    struct ff_functional functionals[FF_SURVEY_FUNCTIONALS];
    struct ff_kinetics *kinetics;
};

/** Random numbers of a trajectory in this run. */
static inline struct ff_stream ff_survey_stream(const struct ff_survey *survey, int trajectory)
{
    struct ff_draw_key key = survey->key;
    key.iteration += survey->run;
    return ff_draw_stream(key, (uint32_t)trajectory);
}

/** Random numbers of what only starts it. */
static inline struct ff_stream ff_survey_start_stream(const struct ff_survey *survey,
                                                      int trajectory)
{
    const struct ff_stream stream = ff_survey_stream(survey, trajectory);
    return ff_stream_with_purpose(&stream, FF_PURPOSE_START);
}

/** Events of batch b of n. */
static inline int64_t ff_survey_events_in(int64_t events, int b, int n)
{
    return events / n + (b < events % n);
}

#endif
