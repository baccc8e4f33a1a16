/* Resumable trajectories on a chain or by the direct method, and their sums.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/survey.h"

#include "simulate/lanes.h"
#include "simulate/path.h"
#include "simulate/unseen.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_VISITS = 10 }; /* of a state, to speak for itself */
enum { MAX_CHAIN = 4096, MAX_COLUMNS_ON_CHAIN = 1 << 22 };
enum { LEAST_TILTED = 2000, MOST_TILTED = 100000 }; /* events on the way elsewhere */
static const double largest_tilt = 3.0;             /* of log k */

/* J and sigma twice: the second pair without the gauge. */
enum { N_FUNCTIONALS = 2 * FF_N_OBSERVABLES, WALK_ROW = 8 };

struct ff_survey {
    const struct ff_system *system;
    struct ff_draw_key key;
    int n_trajectories, n_given, width;
    uint32_t run; /* runs so far: every one has random numbers of its own */
    struct ff_functional functionals[N_FUNCTIONALS];
    struct ff_kinetics *kinetics;
    struct ff_sight sight;
    /* By the direct method. */
    struct ff_engine *engine;
    struct ff_walk *walk;
    int *x;                   /* [n_trajectories][I] */
    int64_t *fired;           /* [R] */
    double *expected;         /* [R] events, by propensities at the ends of runs */
    double *occupied, *since; /* [I] of one batch */
    /* On a chain. */
    const struct ff_chain *chain; /* NULL by the direct method */
    struct ff_alias *alias;       /* [n_transitions] */
    double *value;                /* [n_states][width] of one visit */
    int *state;                   /* [n_trajectories] */
    int64_t *visits;              /* [n_states] of one batch */
    int64_t *all_visits;          /* [n_states] */
    double *time;                 /* [n_states] after a run */
    bool *is_known;               /* [n_states] by enough visits */
};

/* ---- life cycle ----------------------------------------------------------------------------- */

/* The gauge is taken from the second pair. */
static void set_kinetics(struct ff_survey *survey, const double *rates)
{
    struct ff_kinetics *kinetics = survey->kinetics;
    ff_kinetics_set(kinetics, rates);
    for (int q = FF_N_OBSERVABLES; q < N_FUNCTIONALS; q++) {
        const struct ff_functional *functional = &survey->functionals[q];
        functional->coefficients(functional, survey->system->process, rates,
                                 ff_kinetics_coefficient(kinetics, q));
    }
}

static bool fits(const struct ff_process *process, const struct ff_chain *chain, int width)
{
    return chain != NULL && chain->n_states <= MAX_CHAIN &&
           (int64_t)chain->n_states * width <= MAX_COLUMNS_ON_CHAIN &&
           !(process->is_independent && process->n_walkers > 1);
}

static void start_on_chain(struct ff_survey *survey);
static void start_walks(struct ff_survey *survey);

void ff_survey_create(const struct ff_system *system, const double *rates,
                      const struct ff_chain *chain, struct ff_draw_key key, int n_trajectories,
                      int n_given, struct ff_survey **out)
{
    struct ff_survey *survey = FF_NEW(struct ff_survey, 1);
    const struct ff_functionals list = ff_system_functionals(system);
    survey->system = system;
    survey->key = key;
    survey->n_trajectories = n_trajectories;
    survey->n_given = n_given;
    survey->width = FF_SURVEY_SITES + system->process->n_sites;
    for (int q = 0; q < N_FUNCTIONALS; q++)
        survey->functionals[q] = list.items[q % FF_N_OBSERVABLES];
    ff_kinetics_create(
        system, (struct ff_functionals){.count = N_FUNCTIONALS, .items = survey->functionals},
        &survey->kinetics);
    set_kinetics(survey, rates);
    if (fits(system->process, chain, survey->width)) {
        survey->chain = chain;
        start_on_chain(survey);
    } else
        start_walks(survey);
    ff_survey_forget(survey);
    *out = survey;
}

void ff_survey_free(struct ff_survey *survey)
{
    if (survey == NULL)
        return;
    ff_walk_free(survey->walk);
    ff_engine_free(survey->engine);
    ff_kinetics_free(survey->kinetics);
    free(survey->x);
    free(survey->fired);
    free(survey->expected);
    free(survey->occupied);
    free(survey->since);
    free(survey->alias);
    free(survey->value);
    free(survey->state);
    free(survey->visits);
    free(survey->all_visits);
    free(survey->time);
    free(survey->is_known);
    free(survey);
}

int ff_survey_width(const struct ff_survey *survey)
{
    return survey->width;
}

bool ff_survey_is_on_chain(const struct ff_survey *survey)
{
    return survey->chain != NULL;
}

void ff_survey_forget(struct ff_survey *survey)
{
    const size_t n_channels = (size_t)survey->system->process->n_channels;
    survey->sight.longest_dwell = 0.0;
    if (survey->chain != NULL) {
        memset(survey->all_visits, 0, sizeof *survey->all_visits * (size_t)survey->chain->n_states);
        return;
    }
    memset(survey->fired, 0, sizeof *survey->fired * n_channels);
    memset(survey->expected, 0, sizeof *survey->expected * n_channels);
}

static struct ff_stream stream_of(const struct ff_survey *survey, int trajectory)
{
    struct ff_draw_key key = survey->key;
    key.iteration += survey->run;
    return ff_draw_stream(key, (uint32_t)trajectory);
}

static struct ff_stream start_stream(const struct ff_survey *survey, int trajectory)
{
    const struct ff_stream stream = stream_of(survey, trajectory);
    return ff_stream_with_purpose(&stream, FF_PURPOSE_START);
}

/* Events of batch b of n. */
static int64_t events_in(int64_t events, int b, int n)
{
    return events / n + (b < events % n);
}

/* ---- on a chain ----------------------------------------------------------------------------- */

/* Slots of a state, one for each transition, by Walker's alias method (simulate/lanes.h): those with less than their share
 * are topped up by those with more. */
static void fill_alias(struct ff_survey *survey, int x, double total, double *share, int *pending)
{
    const struct ff_chain *chain = survey->chain;
    const int from = chain->start[x], width = chain->start[x + 1] - from;
    int n_small = 0, n_large = 0;
    for (int i = 0; i < width; i++) {
        const uint32_t target = (uint32_t)chain->target[from + i];
        survey->alias[from + i] = (struct ff_alias){UINT64_MAX, target, target};
        share[i] = width * ff_chain_rate(chain, from + i, survey->kinetics->rates) / total;
        if (share[i] < 1.0)
            pending[n_small++] = i;
        else
            pending[width - ++n_large] = i;
    }
    while (n_small > 0 && n_large > 0) {
        const int i = pending[--n_small], k = pending[width - n_large];
        survey->alias[from + i].threshold = (uint64_t)(share[i] * 0x1p64);
        survey->alias[from + i].second = (uint32_t)chain->target[from + k];
        share[k] -= 1.0 - share[i];
        if (share[k] < 1.0) {
            n_large--;
            pending[n_small++] = k;
        }
    }
}

/* What one visit adds to a row; returns a_0. */
static double fill_value(struct ff_survey *survey, int state, int *x)
{
    const struct ff_chain *chain = survey->chain;
    double *value = survey->value + (size_t)state * (size_t)survey->width, total = 0.0;
    memset(value, 0, sizeof *value * (size_t)survey->width);
    for (int t = chain->start[state]; t < chain->start[state + 1]; t++) {
        const double a = ff_chain_rate(chain, t, survey->kinetics->rates);
        total += a;
        for (int q = 0; q < N_FUNCTIONALS; q++)
            value[FF_SURVEY_GAUGED + q] +=
                a * ff_kinetics_coefficient(survey->kinetics, q)[chain->channel[t]];
    }
    for (int q = 0; q < N_FUNCTIONALS; q++)
        value[FF_SURVEY_GAUGED + q] /= total;
    value[FF_SURVEY_TIME] = 1.0 / total;
    value[FF_SURVEY_EVENTS] = 1.0;
    ff_chain_state(chain, state, x);
    for (int i = 0; i < chain->n_sites; i++)
        value[FF_SURVEY_SITES + i] = x[i] / total;
    return total;
}

static void fill_tables(struct ff_survey *survey)
{
    const struct ff_chain *chain = survey->chain;
    int most = 1;
    for (int s = 0; s < chain->n_states; s++)
        if (chain->start[s + 1] - chain->start[s] > most)
            most = chain->start[s + 1] - chain->start[s];
    int *x = FF_RAW(int, chain->n_sites), *pending = FF_RAW(int, most);
    double *share = FF_RAW(double, most);
    for (int s = 0; s < chain->n_states; s++)
        fill_alias(survey, s, fill_value(survey, s, x), share, pending);
    free(share);
    free(pending);
    free(x);
}

static void start_on_chain(struct ff_survey *survey)
{
    const struct ff_chain *chain = survey->chain;
    const int n_states = chain->n_states;
    int *starts = FF_RAW(int, n_states);
    const int n_starts = ff_lanes_find_starts(survey->system->process, chain, starts);
    survey->alias = FF_RAW(struct ff_alias, chain->n_transitions);
    survey->value = FF_RAW(double, (size_t)n_states *(size_t)survey->width);
    survey->state = FF_RAW(int, survey->n_trajectories);
    survey->visits = FF_NEW(int64_t, n_states);
    survey->all_visits = FF_RAW(int64_t, n_states);
    survey->time = FF_RAW(double, n_states);
    survey->is_known = FF_RAW(bool, n_states);
    survey->sight.unfired = -1;
    fill_tables(survey);
    for (int k = 0; k < survey->n_trajectories; k++) {
        struct ff_stream stream = start_stream(survey, k);
        const double place = ff_stream_uniform(&stream);
        survey->state[k] =
            k < survey->n_given ? starts[(int)(place * n_starts)] : (int)(place * n_states);
    }
    free(starts);
}

/* A state without exits keeps the trajectory for ever. */
static void walk_chain(struct ff_survey *survey, int k, int64_t events, struct ff_stream *stream)
{
    const int *start = survey->chain->start;
    const struct ff_alias *alias = survey->alias;
    int64_t *visits = survey->visits;
    int x = survey->state[k];
    for (int64_t n = 0; n < events; n++) {
        const int from = start[x], width = start[x + 1] - from;
        visits[x]++;
        if (width == 0)
            continue;
        const unsigned __int128 product =
            (unsigned __int128)ff_stream_bits(stream) * (unsigned)width;
        const struct ff_alias slot = alias[from + (int)(product >> 64)];
        x = (int)((uint64_t)product < slot.threshold ? slot.first : slot.second);
    }
    survey->state[k] = x;
}

/* Visits into a row, and into what was seen. */
static void reduce(struct ff_survey *survey, double *row)
{
    memset(row, 0, sizeof *row * (size_t)survey->width);
    for (int x = 0; x < survey->chain->n_states; x++) {
        const int64_t n = survey->visits[x];
        if (n == 0)
            continue;
        const double *value = survey->value + (size_t)x * (size_t)survey->width;
        for (int i = 0; i < survey->width; i++)
            row[i] += (double)n * value[i];
        if (value[FF_SURVEY_TIME] > survey->sight.longest_dwell)
            survey->sight.longest_dwell = value[FF_SURVEY_TIME];
        survey->all_visits[x] += n;
        survey->visits[x] = 0;
    }
}

/* ---- by the direct method ------------------------------------------------------------------- */

/* The sums of one batch; a site is charged only when its occupation changes. */
struct charges {
    struct ff_survey *survey;
    double row[WALK_ROW];
    double longest;
};

FF_INLINE bool add_stay(void *context, const struct ff_walk *walk, double from, double dwell)
{
    (void)from;
    struct charges *charges = context;
    ff_row_add(charges->row, ff_walk_totals(walk), dwell, WALK_ROW);
    charges->longest = dwell > charges->longest ? dwell : charges->longest;
    return true;
}

static void charge(struct charges *charges, const struct ff_walk *walk, int site)
{
    struct ff_survey *survey = charges->survey;
    survey->occupied[site] += walk->x[site] * (charges->row[0] - survey->since[site]);
    survey->since[site] = charges->row[0];
}

FF_INLINE void charge_changes(void *context, const struct ff_walk *walk, int channel)
{
    struct charges *charges = context;
    const struct ff_process *process = charges->survey->system->process;
    charges->survey->fired[channel]++;
    for (int e = process->change_start[channel]; e < process->change_start[channel + 1]; e++)
        charge(charges, walk, process->change_site[e]);
}

static double run_batch(struct ff_survey *survey, int64_t events, double *row)
{
    const int n_sites = survey->system->process->n_sites;
    struct charges charges = {.survey = survey};
    memset(survey->occupied, 0, sizeof(double) * (size_t)n_sites);
    memset(survey->since, 0, sizeof(double) * (size_t)n_sites);
    ff_path_events(
        survey->walk, events,
        (struct ff_visitor){.context = &charges, .stay = add_stay, .leave = charge_changes});
    for (int i = 0; i < n_sites; i++)
        charge(&charges, survey->walk, i);
    memcpy(row, charges.row, sizeof *row * (1 + N_FUNCTIONALS));
    row[FF_SURVEY_EVENTS] = (double)events;
    memcpy(row + FF_SURVEY_SITES, survey->occupied, sizeof *row * (size_t)n_sites);
    if (charges.longest > survey->sight.longest_dwell)
        survey->sight.longest_dwell = charges.longest;
    return charges.row[0];
}

static int *place_of(const struct ff_survey *survey, int k)
{
    const size_t n_sites = (size_t)survey->system->process->n_sites;
    return survey->x + (size_t)k * n_sites;
}

/* Put the walk where trajectory k is. */
static void take_up(struct ff_survey *survey, int k)
{
    ff_walk_place(survey->walk, survey->kinetics, stream_of(survey, k), place_of(survey, k));
}

static void put_down(struct ff_survey *survey, int k)
{
    memcpy(place_of(survey, k), survey->walk->x,
           sizeof(int) * (size_t)survey->system->process->n_sites);
}

static void note_propensities(struct ff_survey *survey, double time)
{
    for (int r = 0; r < survey->system->process->n_channels; r++)
        if (survey->fired[r] == 0)
            survey->expected[r] += time * survey->kinetics->rates[r] *
                                   ff_engine_multiplicity(survey->engine, r, survey->walk->x);
}

static void walk_batches(struct ff_survey *survey, int k, int64_t events, int first, int last,
                         double *rows)
{
    double time = 0.0;
    take_up(survey, k);
    for (int b = first; b < last; b++)
        time += run_batch(survey, events_in(events, b - first, last - first),
                          rows + (size_t)b * (size_t)survey->width);
    note_propensities(survey, time);
    put_down(survey, k);
}

/* From the initial state by rates that are wrong by random factors; back to it where nothing leaves the end or
 * counts leave their range. */
static void go_elsewhere(struct ff_survey *survey, int k, double *tilted)
{
    const struct ff_process *process = survey->system->process;
    struct ff_stream stream = start_stream(survey, k);
    struct ff_kinetics kinetics = *survey->kinetics;
    int64_t n_events = 4 * (int64_t)process->n_sites;
    n_events = n_events < LEAST_TILTED ? LEAST_TILTED : n_events;
    n_events = n_events > MOST_TILTED ? MOST_TILTED : n_events;
    for (int r = 0; r < process->n_channels; r++)
        tilted[r] =
            kinetics.rates[r] * exp(largest_tilt * (2.0 * ff_stream_uniform(&stream) - 1.0));
    kinetics.rates = tilted;
    ff_walk_start(survey->walk, &kinetics, stream);
    ff_path_events(survey->walk, n_events, (struct ff_visitor){0});
    if (ff_walk_check(survey->walk) != FF_OK)
        return;
    if (ff_walk_totals(survey->walk)[0] > 0.0)
        put_down(survey, k);
    else
        survey->sight.has_sink = true;
}

static void start_walks(struct ff_survey *survey)
{
    const struct ff_process *process = survey->system->process;
    const size_t n_sites = (size_t)process->n_sites;
    ff_engine_create(process, &survey->engine);
    ff_walk_create(survey->engine, &survey->walk);
    survey->x = FF_RAW(int, (size_t)survey->n_trajectories *n_sites);
    survey->fired = FF_RAW(int64_t, process->n_channels);
    survey->expected = FF_RAW(double, process->n_channels);
    survey->occupied = FF_RAW(double, n_sites);
    survey->since = FF_RAW(double, n_sites);
    double *tilted = FF_RAW(double, process->n_channels);
    for (int k = 0; k < survey->n_trajectories; k++) {
        struct ff_stream stream = stream_of(survey, k);
        ff_process_draw_initial(process, &stream, place_of(survey, k));
        if (k >= survey->n_given)
            go_elsewhere(survey, k, tilted);
    }
    free(tilted);
}

/* ---- what was not seen ---------------------------------------------------------------------- */

/* Times in all states since; where visits are few or none, as the others let expect. */
static void find_times(struct ff_survey *survey)
{
    const struct ff_chain *chain = survey->chain;
    for (int x = 0; x < chain->n_states; x++) {
        survey->is_known[x] = survey->all_visits[x] >= LEAST_VISITS;
        survey->time[x] = (double)survey->all_visits[x] *
                          survey->value[(size_t)x * (size_t)survey->width + FF_SURVEY_TIME];
    }
    ff_unseen_times(chain, survey->kinetics->rates, survey->is_known, survey->time);
}

static double unseen_share(const struct ff_survey *survey)
{
    double all = 0.0, unseen = 0.0;
    for (int x = 0; x < survey->chain->n_states; x++) {
        all += survey->time[x];
        unseen += survey->all_visits[x] == 0 ? survey->time[x] : 0.0;
    }
    return isfinite(all) ? unseen / all : 1.0;
}

/* Visits are Poissonian, of which each adds its own part. */
double ff_survey_rare_error(const struct ff_survey *survey, int column, double mean)
{
    double all = 0.0, variance = 0.0;
    if (survey->chain == NULL)
        return NAN;
    for (int x = 0; x < survey->chain->n_states; x++) {
        const double *value = survey->value + (size_t)x * (size_t)survey->width;
        const double part = value[column] - mean * value[FF_SURVEY_TIME];
        all += survey->time[x];
        if (!survey->is_known[x])
            variance += survey->time[x] / value[FF_SURVEY_TIME] * part * part;
    }
    return sqrt(variance) / all;
}

/* Where its reverse has fired, states that a channel leads to have been seen. */
static void find_unfired(const struct ff_survey *survey, struct ff_sight *sight)
{
    const struct ff_process *process = survey->system->process;
    sight->unfired = -1;
    sight->unfired_events = 0.0;
    for (int r = 0; r < process->n_channels; r++) {
        const int reverse = process->reverse[r];
        const bool is_known = survey->fired[r] > 0 || (reverse >= 0 && survey->fired[reverse] > 0);
        if (is_known || !(survey->expected[r] > sight->unfired_events))
            continue;
        sight->unfired = r;
        sight->unfired_events = survey->expected[r];
    }
}

struct ff_sight ff_survey_sight(const struct ff_survey *survey)
{
    struct ff_sight sight = survey->sight;
    sight.unseen_share = survey->chain != NULL ? unseen_share(survey) : NAN;
    if (survey->chain == NULL)
        find_unfired(survey, &sight);
    return sight;
}

/* ---- runs ----------------------------------------------------------------------------------- */

void ff_survey_burn_in(struct ff_survey *survey, int64_t burn_in)
{
    survey->run++;
    for (int k = 0; k < survey->n_trajectories; k++) {
        struct ff_stream stream = start_stream(survey, k);
        const double place = ff_stream_uniform(&stream);
        const int64_t n_events = burn_in / 2 + (int64_t)(place * (double)(burn_in + 1));
        if (survey->chain != NULL) {
            stream = stream_of(survey, k);
            walk_chain(survey, k, n_events, &stream);
            memset(survey->visits, 0, sizeof *survey->visits * (size_t)survey->chain->n_states);
            continue;
        }
        take_up(survey, k);
        ff_path_events(survey->walk, n_events, (struct ff_visitor){0});
        put_down(survey, k);
    }
}

void ff_survey_run(struct ff_survey *survey, int64_t events, int first, int last,
                   int n_batches_held, double *rows)
{
    survey->run++;
    for (int k = 0; k < survey->n_trajectories; k++) {
        double *own = rows + (size_t)k * (size_t)n_batches_held * (size_t)survey->width;
        if (survey->chain == NULL) {
            walk_batches(survey, k, events, first, last, own);
            continue;
        }
        struct ff_stream stream = stream_of(survey, k);
        for (int b = first; b < last; b++) {
            walk_chain(survey, k, events_in(events, b - first, last - first), &stream);
            reduce(survey, own + (size_t)b * (size_t)survey->width);
        }
    }
    if (survey->chain != NULL)
        find_times(survey);
}

enum ff_status ff_survey_check(const struct ff_survey *survey)
{
    return survey->walk == NULL ? FF_OK : ff_walk_check(survey->walk);
}
