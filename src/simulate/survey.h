/* Trajectories that go on from where they are, cut into batches: J, sigma, activity and occupations, with and without
 * the gauge, and what was not seen.
 *
 * A process of few states is walked on its enumerated chain, where visits are counted and everything else follows; any
 * other by the direct method. Half of the trajectories may start elsewhere: in any state of the chain, else where rates
 * that are wrong by random factors lead from the initial state, which can therefore be reached.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_SURVEY_H
#define FF_SIMULATE_SURVEY_H

#include "simulate/survey_method.h"

/** Borrows the system, the rates [R] and the chain, which is NULL for a system without one. The first n_given
 * trajectories start in the initial state as given, the others elsewhere. */
void ff_survey_create(const struct ff_system *system, const double *rates,
                      const struct ff_chain *chain, struct ff_draw_key key, int n_trajectories,
                      int n_given, struct ff_survey **out);

/** NULL-safe. */
void ff_survey_free(struct ff_survey *survey);

/** Numbers in a row. */
int ff_survey_width(const struct ff_survey *survey);

/** Whether trajectories are walked on the chain, which is ten times as fast. */
bool ff_survey_is_on_chain(const struct ff_survey *survey);

/** All trajectories leave their present states behind, each by a number of events drawn with ff_burn_in_events. */
void ff_survey_burn_in(struct ff_survey *survey, int64_t burn_in);

/** All trajectories go on by `events` events, in batches first..last-1 of nearly equal length, of rows
 * [n_trajectories][n_batches_held][width]. */
void ff_survey_run(struct ff_survey *survey, int64_t events, int first, int last,
                   int n_batches_held, double *rows);

/** FF_ERR_NUMERICAL if a count or a propensity has left its range since the last call (see ff_walk_check). */
enum ff_status ff_survey_check(const struct ff_survey *survey);

/** Forget what was seen so far; trajectories stay where they are. */
void ff_survey_forget(struct ff_survey *survey);

/** What was seen in the runs since, of which there must be one. */
struct ff_sight ff_survey_sight(const struct ff_survey *survey);

/** On a chain, the standard error of the average of a column, with this mean, that states visited less than ten times, or
 * never, are expected to bring, by the runs since, of which there must be one; NaN by the direct method. */
double ff_survey_rare_error(const struct ff_survey *survey, int column, double mean);

#endif
