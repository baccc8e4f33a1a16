/* Trajectories on the enumerated chain: visits are counted, and everything else follows from them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/survey_method.h"
#include "simulate/unseen.h"
#include "simulate/visits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_VISITS = 10 }; /* of a state, to speak for itself */
/* Sixteen lanes take as long as a few trajectories one by one. */
enum { LEAST_IN_LANES = 4 };
static const int64_t longest_count = INT64_C(1) << 31; /* events, that counters of 32 bits hold */

struct on_chain {
    struct ff_alias *alias; /* [n_transitions + n_states], the last of states without exits */
    uint64_t *exits;        /* [n_states], see simulate/visits.h */
    ff_visits_kernel *kernel;
    uint32_t (*count)[FF_N_LANES]; /* [n_states] by lanes, cleared between uses */
    double *value;                 /* [n_states][width] of one visit */
    int *place;                    /* [n_trajectories] states */
    int64_t *visits;               /* [FF_N_LANES][n_states] of one batch, cleared between uses */
    int64_t *all_visits;           /* [n_states] */
    double *time;                  /* [n_states] by the visits, or expected by those of others */
    bool *is_known;                /* [n_states] by enough visits */
    double longest_dwell;          /* expected, of a visited state */
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
        on_chain->exits[s] = (uint64_t)from << 32 | (uint64_t)width;
        if (width == 0) { /* it keeps the trajectory for ever */
            const int own = chain->n_transitions + s;
            on_chain->exits[s] = (uint64_t)own << 32 | 1;
            on_chain->alias[own] = (struct ff_alias){UINT64_MAX, (uint32_t)s, (uint32_t)s};
        }
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
    on_chain->alias = FF_RAW(struct ff_alias, chain->n_transitions + n_states);
    on_chain->exits = FF_RAW(uint64_t, n_states);
    on_chain->kernel = ff_visits_best_kernel();
    on_chain->count = ff_allocate((unsigned long)n_states, sizeof *on_chain->count);
    on_chain->value = FF_RAW(double, (size_t)n_states *(size_t)survey->width);
    on_chain->place = FF_RAW(int, survey->n_trajectories);
    on_chain->visits = FF_NEW(int64_t, FF_N_LANES * n_states);
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
    free(on_chain->exits);
    free(on_chain->count);
    free(on_chain->value);
    free(on_chain->place);
    free(on_chain->visits);
    free(on_chain->all_visits);
    free(on_chain->time);
    free(on_chain->is_known);
    free(on_chain);
}

/* ---- trajectories --------------------------------------------------------------------------- */

static struct ff_visits tables_of(const struct on_chain *on_chain)
{
    return (struct ff_visits){.alias = on_chain->alias, .exits = on_chain->exits};
}

/* One trajectory, counted like that of the first lane. */
static void walk(const struct ff_survey *survey, int k, int64_t events, struct ff_stream *stream)
{
    struct on_chain *on_chain = survey->state;
    const struct ff_visits tables = tables_of(on_chain);
    int64_t *visits = on_chain->visits;
    int x = on_chain->place[k];
    for (int64_t n = 0; n < events; n++) {
        visits[x]++;
        x = ff_visits_next(&tables, x, ff_stream_bits(stream));
    }
    on_chain->place[k] = x;
}

/* Trajectories from k on in lanes; those that are too many for the survey repeat the first, and nobody asks for them. */
static struct ff_bundle make_bundle(const struct ff_survey *survey, int k, int n)
{
    const struct on_chain *on_chain = survey->state;
    const struct ff_stream shared = ff_survey_stream(survey, k);
    struct ff_bundle bundle = {.purpose = shared.counter.v[2],
                               .task = shared.counter.v[3],
                               .key = {shared.key.v[0], shared.key.v[1]}};
    for (int i = 0; i < FF_N_LANES; i++) {
        const int trajectory = i < n ? k + i : k;
        bundle.trajectory[i] = ff_survey_stream(survey, trajectory).counter.v[1];
        bundle.state[i] = (uint64_t)on_chain->place[trajectory];
    }
    return bundle;
}

/* All lanes go on by draws from `first` on; returns the draw behind the last. */
static uint64_t walk_lanes(const struct ff_survey *survey, uint64_t first, int64_t events,
                           struct ff_bundle *bundle)
{
    struct on_chain *on_chain = survey->state;
    const struct ff_visits tables = tables_of(on_chain);
    const int n_states = survey->chain->n_states;
    while (events > 0) {
        const int64_t now = events < longest_count ? events : longest_count;
        on_chain->kernel(&tables, bundle, first, first + (uint64_t)now, on_chain->count);
        for (int i = 0; i < FF_N_LANES; i++)
            for (int x = 0; x < n_states; x++)
                on_chain->visits[(size_t)i * (size_t)n_states + (size_t)x] += on_chain->count[x][i];
        memset(on_chain->count, 0, sizeof *on_chain->count * (size_t)n_states);
        first += (uint64_t)now;
        events -= now;
    }
    return first;
}

static void clear_visits(const struct ff_survey *survey)
{
    const struct on_chain *on_chain = survey->state;
    memset(on_chain->visits, 0,
           sizeof *on_chain->visits * FF_N_LANES * (size_t)survey->chain->n_states);
}

/* Visits of a lane into a row, and into what was seen. */
static void reduce(const struct ff_survey *survey, int lane, double *row)
{
    struct on_chain *on_chain = survey->state;
    const int64_t *visits = on_chain->visits + (size_t)lane * (size_t)survey->chain->n_states;
    memset(row, 0, sizeof *row * (size_t)survey->width);
    for (int x = 0; x < survey->chain->n_states; x++) {
        const int64_t n = visits[x];
        if (n == 0)
            continue;
        const double *value = on_chain->value + (size_t)x * (size_t)survey->width;
        for (int i = 0; i < survey->width; i++)
            row[i] += (double)n * value[i];
        on_chain->longest_dwell = fmax(on_chain->longest_dwell, value[FF_SURVEY_TIME]);
        on_chain->all_visits[x] += n;
    }
}

static void skip(struct ff_survey *survey, int k, int64_t n_events)
{
    struct ff_stream stream = ff_survey_stream(survey, k);
    walk(survey, k, n_events, &stream);
    clear_visits(survey);
}

static void run_one(struct ff_survey *survey, int k, int64_t events, int n_batches, double *rows)
{
    struct ff_stream stream = ff_survey_stream(survey, k);
    for (int b = 0; b < n_batches; b++) {
        walk(survey, k, ff_survey_events_in(events, b, n_batches), &stream);
        reduce(survey, 0, rows + (size_t)b * (size_t)survey->width);
        clear_visits(survey);
    }
}

static int run(struct ff_survey *survey, int k, int64_t events, int n_batches, int n_batches_held,
               double *rows)
{
    const struct on_chain *on_chain = survey->state;
    const int left = survey->n_trajectories - k, n = left < FF_N_LANES ? left : FF_N_LANES;
    if (n < LEAST_IN_LANES) {
        run_one(survey, k, events, n_batches, rows);
        return 1;
    }
    struct ff_bundle bundle = make_bundle(survey, k, n);
    uint64_t draw = 0;
    for (int b = 0; b < n_batches; b++) {
        draw = walk_lanes(survey, draw, ff_survey_events_in(events, b, n_batches), &bundle);
        for (int i = 0; i < n; i++)
            reduce(survey, i,
                   rows + ((size_t)i * (size_t)n_batches_held + (size_t)b) * (size_t)survey->width);
        clear_visits(survey);
    }
    for (int i = 0; i < n; i++)
        on_chain->place[k + i] = (int)bundle.state[i];
    return n;
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
