/* Trajectories on the enumerated chain: visits are counted, and everything else follows from them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/wide.h"
#include "simulate/alias.h"
#include "simulate/survey_method.h"
#include "simulate/unseen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_VISITS = 10 }; /* of a state, to speak for itself */

struct on_chain {
    struct ff_alias *alias; /* [n_transitions] */
    double *value;          /* [n_states][width] of one visit */
    int *place;             /* [n_trajectories] states */
    int64_t *visits;        /* [n_states] of one batch */
    int64_t *all_visits;    /* [n_states] */
    double *time;           /* [n_states] by the visits, or expected by those of others */
    bool *is_known;         /* [n_states] by enough visits */
    double longest_dwell;   /* expected, of a visited state */
};

/* ---- tables --------------------------------------------------------------------------------- */

/* What one visit adds to a row; returns a_0. */
static double fill_value(const struct ff_survey *survey, int state, int *x)
{
    const struct ff_chain *chain = survey->chain;
    const struct on_chain *on_chain = survey->state;
    double *value = on_chain->value + (size_t)state * (size_t)survey->width, total = 0.0;
    memset(value, 0, sizeof *value * (size_t)survey->width);
    for (int t = chain->start[state]; t < chain->start[state + 1]; t++) {
        const double a = ff_chain_rate(chain, t, survey->kinetics->rates);
        total += a;
        for (int q = 0; q < FF_SURVEY_FUNCTIONALS; q++)
            value[FF_SURVEY_GAUGED + q] +=
                a * ff_kinetics_coefficient(survey->kinetics, q)[chain->channel[t]];
    }
    for (int q = 0; q < FF_SURVEY_FUNCTIONALS; q++)
        value[FF_SURVEY_GAUGED + q] /= total;
    value[FF_SURVEY_TIME] = 1.0 / total;
    value[FF_SURVEY_EVENTS] = 1.0;
    ff_chain_state(chain, state, x);
    for (int i = 0; i < chain->n_sites; i++)
        value[FF_SURVEY_SITES + i] = x[i] / total;
    return total;
}

static void fill_tables(const struct ff_survey *survey)
{
    const struct ff_chain *chain = survey->chain;
    const struct on_chain *on_chain = survey->state;
    const int most = ff_chain_most_transitions(chain);
    int *x = FF_RAW(int, chain->n_sites), *pending = FF_RAW(int, 2 * most);
    double *share = FF_RAW(double, most);
    uint32_t *target = FF_RAW(uint32_t, most);
    for (int s = 0; s < chain->n_states; s++) {
        const double total = fill_value(survey, s, x);
        const int from = chain->start[s], width = chain->start[s + 1] - from;
        for (int i = 0; i < width; i++) {
            share[i] = width * ff_chain_rate(chain, from + i, survey->kinetics->rates) / total;
            target[i] = (uint32_t)chain->target[from + i];
        }
        ff_alias_fill(width, target, share, pending, on_chain->alias + from);
    }
    free(target);
    free(share);
    free(pending);
    free(x);
}

/* ---- life cycle ----------------------------------------------------------------------------- */

static void forget(struct ff_survey *survey)
{
    struct on_chain *on_chain = survey->state;
    on_chain->longest_dwell = 0.0;
    memset(on_chain->all_visits, 0, sizeof *on_chain->all_visits * (size_t)survey->chain->n_states);
}

/* Those not given start in any state. */
static void create(struct ff_survey *survey)
{
    const struct ff_chain *chain = survey->chain;
    const int n_states = chain->n_states;
    struct on_chain *on_chain = survey->state = FF_NEW(struct on_chain, 1);
    on_chain->alias = FF_RAW(struct ff_alias, chain->n_transitions);
    on_chain->value = FF_RAW(double, (size_t)n_states *(size_t)survey->width);
    on_chain->place = FF_RAW(int, survey->n_trajectories);
    on_chain->visits = FF_NEW(int64_t, n_states);
    on_chain->all_visits = FF_RAW(int64_t, n_states);
    on_chain->time = FF_RAW(double, n_states);
    on_chain->is_known = FF_RAW(bool, n_states);
    fill_tables(survey);
    forget(survey);
    int *starts = FF_RAW(int, n_states);
    const int n_starts = ff_chain_starts(survey->system->process, chain, starts);
    for (int k = 0; k < survey->n_trajectories; k++) {
        struct ff_stream stream = ff_survey_start_stream(survey, k);
        const double place = ff_stream_uniform(&stream);
        on_chain->place[k] =
            k < survey->n_given ? starts[(int)(place * n_starts)] : (int)(place * n_states);
    }
    free(starts);
}

static void destroy(struct ff_survey *survey)
{
    struct on_chain *on_chain = survey->state;
    free(on_chain->alias);
    free(on_chain->value);
    free(on_chain->place);
    free(on_chain->visits);
    free(on_chain->all_visits);
    free(on_chain->time);
    free(on_chain->is_known);
    free(on_chain);
}

/* ---- trajectories --------------------------------------------------------------------------- */

/* A state without exits keeps the trajectory for ever. */
static void walk(const struct ff_survey *survey, int k, int64_t events, struct ff_stream *stream)
{
    struct on_chain *on_chain = survey->state;
    const int *start = survey->chain->start;
    const struct ff_alias *alias = on_chain->alias;
    int64_t *visits = on_chain->visits;
    int x = on_chain->place[k];
    for (int64_t n = 0; n < events; n++) {
        const int from = start[x], width = start[x + 1] - from;
        visits[x]++;
        if (width == 0)
            continue;
        const ff_wide product = (ff_wide)ff_stream_bits(stream) * (unsigned)width;
        const struct ff_alias slot = alias[from + (int)(product >> 64)];
        x = (int)((uint64_t)product < slot.threshold ? slot.first : slot.second);
    }
    on_chain->place[k] = x;
}

/* Visits into a row, and into what was seen. */
static void reduce(const struct ff_survey *survey, double *row)
{
    struct on_chain *on_chain = survey->state;
    memset(row, 0, sizeof *row * (size_t)survey->width);
    for (int x = 0; x < survey->chain->n_states; x++) {
        const int64_t n = on_chain->visits[x];
        if (n == 0)
            continue;
        const double *value = on_chain->value + (size_t)x * (size_t)survey->width;
        for (int i = 0; i < survey->width; i++)
            row[i] += (double)n * value[i];
        on_chain->longest_dwell = fmax(on_chain->longest_dwell, value[FF_SURVEY_TIME]);
        on_chain->all_visits[x] += n;
        on_chain->visits[x] = 0;
    }
}

static void skip(struct ff_survey *survey, int k, int64_t n_events)
{
    struct on_chain *on_chain = survey->state;
    struct ff_stream stream = ff_survey_stream(survey, k);
    walk(survey, k, n_events, &stream);
    memset(on_chain->visits, 0, sizeof *on_chain->visits * (size_t)survey->chain->n_states);
}

static void run(struct ff_survey *survey, int k, int64_t events, int n_batches, double *rows)
{
    struct ff_stream stream = ff_survey_stream(survey, k);
    for (int b = 0; b < n_batches; b++) {
        walk(survey, k, ff_survey_events_in(events, b, n_batches), &stream);
        reduce(survey, rows + (size_t)b * (size_t)survey->width);
    }
}

static enum ff_status check(const struct ff_survey *survey)
{
    (void)survey;
    return FF_OK;
}

/* ---- what was not seen ---------------------------------------------------------------------- */

/* Times in all states since; where visits are few or none, as the others let expect. */
static void find_times(struct ff_survey *survey)
{
    struct on_chain *on_chain = survey->state;
    for (int x = 0; x < survey->chain->n_states; x++) {
        on_chain->is_known[x] = on_chain->all_visits[x] >= LEAST_VISITS;
        on_chain->time[x] = (double)on_chain->all_visits[x] *
                            on_chain->value[(size_t)x * (size_t)survey->width + FF_SURVEY_TIME];
    }
    ff_unseen_times(survey->chain, survey->kinetics->rates, on_chain->is_known, on_chain->time);
}

static struct ff_sight sight(const struct ff_survey *survey)
{
    const struct on_chain *on_chain = survey->state;
    double all = 0.0, unseen = 0.0;
    for (int x = 0; x < survey->chain->n_states; x++) {
        all += on_chain->time[x];
        unseen += on_chain->all_visits[x] == 0 ? on_chain->time[x] : 0.0;
    }
    return (struct ff_sight){.longest_dwell = on_chain->longest_dwell,
                             .unseen_share = isfinite(all) ? unseen / all : 1.0,
                             .unfired = -1};
}

/* Visits are Poissonian, of which each adds its own part. */
static double rare_error(const struct ff_survey *survey, int column, double mean)
{
    const struct on_chain *on_chain = survey->state;
    double all = 0.0, variance = 0.0;
    for (int x = 0; x < survey->chain->n_states; x++) {
        const double *value = on_chain->value + (size_t)x * (size_t)survey->width;
        const double part = value[column] - mean * value[FF_SURVEY_TIME];
        all += on_chain->time[x];
        if (!on_chain->is_known[x])
            variance += on_chain->time[x] / value[FF_SURVEY_TIME] * part * part;
    }
    return sqrt(variance) / all;
}

const struct ff_survey_method ff_survey_on_chain = {
    .create = create,
    .free = destroy,
    .skip = skip,
    .run = run,
    .conclude = find_times,
    .forget = forget,
    .check = check,
    .sight = sight,
    .rare_error = rare_error,
};
