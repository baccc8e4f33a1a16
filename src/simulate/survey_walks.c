/* Trajectories by the direct method, which are put down after each run and taken up again.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/path.h"
#include "simulate/survey_method.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WALK_ROW = 8 };
_Static_assert(FF_SURVEY_FUNCTIONALS + 2 <= WALK_ROW && (int)WALK_ROW <= (int)FF_WIDEST_ROW,
               "a row holds time, all functionals and a spare number, and a walk has as many");
enum { LEAST_TILTED = 2000, MOST_TILTED = 100000 }; /* events on the way elsewhere */
static const double largest_tilt = 3.0;             /* of log k */

struct by_walks {
    struct ff_engine *engine;
    struct ff_walk *walk;
    int *x;                   /* [n_trajectories][I] */
    int64_t *fired;           /* [R] */
    double *expected;         /* [R] events, by the propensities where runs end */
    double *occupied, *since; /* [I] of one batch */
    double longest_dwell;
    bool has_sink;
};

/* ---- where trajectories are ----------------------------------------------------------------- */

static int *place_of(const struct ff_survey *survey, int k)
{
    const struct by_walks *walks = survey->state;
    return walks->x + (size_t)k * (size_t)survey->system->process->n_sites;
}

/* Put the walk where trajectory k is. */
static void take_up(const struct ff_survey *survey, int k)
{
    const struct by_walks *walks = survey->state;
    ff_walk_place(walks->walk, survey->kinetics, ff_survey_stream(survey, k), place_of(survey, k));
}

static void put_down(const struct ff_survey *survey, int k)
{
    const struct by_walks *walks = survey->state;
    memcpy(place_of(survey, k), walks->walk->x,
           sizeof(int) * (size_t)survey->system->process->n_sites);
}

/* From the initial state by rates that are wrong by random factors; back to it where nothing leaves the end or
 * counts leave their range. */
static void go_elsewhere(const struct ff_survey *survey, int k, double *tilted)
{
    const struct ff_process *process = survey->system->process;
    struct by_walks *walks = survey->state;
    struct ff_stream stream = ff_survey_start_stream(survey, k);
    struct ff_kinetics kinetics = *survey->kinetics;
    int64_t n_events = 4 * (int64_t)process->n_sites;
    n_events = n_events < LEAST_TILTED ? LEAST_TILTED : n_events;
    n_events = n_events > MOST_TILTED ? MOST_TILTED : n_events;
    for (int r = 0; r < process->n_channels; r++)
        tilted[r] =
            kinetics.rates[r] * exp(largest_tilt * (2.0 * ff_stream_uniform(&stream) - 1.0));
    kinetics.rates = tilted;
    ff_walk_start(walks->walk, &kinetics, stream);
    ff_path_events(walks->walk, n_events, (struct ff_visitor){0});
    if (ff_walk_check(walks->walk) != FF_OK)
        return;
    if (ff_walk_totals(walks->walk)[0] > 0.0)
        put_down(survey, k);
    else
        walks->has_sink = true;
}

/* ---- life cycle ----------------------------------------------------------------------------- */

static void forget(struct ff_survey *survey)
{
    struct by_walks *walks = survey->state;
    const size_t n_channels = (size_t)survey->system->process->n_channels;
    walks->longest_dwell = 0.0;
    memset(walks->fired, 0, sizeof *walks->fired * n_channels);
    memset(walks->expected, 0, sizeof *walks->expected * n_channels);
}

static void create(struct ff_survey *survey)
{
    const struct ff_process *process = survey->system->process;
    const size_t n_sites = (size_t)process->n_sites;
    struct by_walks *walks = survey->state = FF_NEW(struct by_walks, 1);
    ff_engine_create(process, &walks->engine);
    ff_walk_create(walks->engine, &walks->walk);
    walks->x = FF_RAW(int, (size_t)survey->n_trajectories *n_sites);
    walks->fired = FF_RAW(int64_t, process->n_channels);
    walks->expected = FF_RAW(double, process->n_channels);
    walks->occupied = FF_RAW(double, n_sites);
    walks->since = FF_RAW(double, n_sites);
    forget(survey);
    double *tilted = FF_RAW(double, process->n_channels);
    for (int k = 0; k < survey->n_trajectories; k++) {
        struct ff_stream stream = ff_survey_stream(survey, k);
        ff_process_draw_initial(process, &stream, place_of(survey, k));
        if (k >= survey->n_given)
            go_elsewhere(survey, k, tilted);
    }
    free(tilted);
}

static void destroy(struct ff_survey *survey)
{
    struct by_walks *walks = survey->state;
    ff_walk_free(walks->walk);
    ff_engine_free(walks->engine);
    free(walks->x);
    free(walks->fired);
    free(walks->expected);
    free(walks->occupied);
    free(walks->since);
    free(walks);
}

/* ---- trajectories --------------------------------------------------------------------------- */

/* The sums of one batch; a site is charged only when its occupation changes. */
struct charges {
    const struct ff_process *process;
    struct by_walks *walks;
    double row[WALK_ROW];
};

FF_INLINE bool add_stay(void *context, const struct ff_walk *walk, double from, double dwell)
{
    (void)from;
    struct charges *charges = context;
    ff_row_add(charges->row, ff_walk_totals(walk), dwell, WALK_ROW);
    if (dwell > charges->walks->longest_dwell)
        charges->walks->longest_dwell = dwell;
    return true;
}

static void charge(struct charges *charges, const struct ff_walk *walk, int site)
{
    struct by_walks *walks = charges->walks;
    walks->occupied[site] += walk->x[site] * (charges->row[0] - walks->since[site]);
    walks->since[site] = charges->row[0];
}

FF_INLINE void charge_changes(void *context, const struct ff_walk *walk, int channel)
{
    struct charges *charges = context;
    const struct ff_process *process = charges->process;
    charges->walks->fired[channel]++;
    for (int e = process->change_start[channel]; e < process->change_start[channel + 1]; e++)
        charge(charges, walk, process->change_site[e]);
}

static void run_batch(const struct ff_survey *survey, int64_t events, double *row)
{
    struct by_walks *walks = survey->state;
    const int n_sites = survey->system->process->n_sites;
    struct charges charges = {.process = survey->system->process, .walks = walks};
    memset(walks->occupied, 0, sizeof(double) * (size_t)n_sites);
    memset(walks->since, 0, sizeof(double) * (size_t)n_sites);
    ff_path_events(
        walks->walk, events,
        (struct ff_visitor){.context = &charges, .stay = add_stay, .leave = charge_changes});
    for (int i = 0; i < n_sites; i++)
        charge(&charges, walks->walk, i);
    memcpy(row, charges.row, sizeof *row * (1 + FF_SURVEY_FUNCTIONALS));
    row[FF_SURVEY_EVENTS] = (double)events;
    memcpy(row + FF_SURVEY_SITES, walks->occupied, sizeof *row * (size_t)n_sites);
}

static void skip(struct ff_survey *survey, int k, int64_t n_events)
{
    const struct by_walks *walks = survey->state;
    take_up(survey, k);
    ff_path_events(walks->walk, n_events, (struct ff_visitor){0});
    put_down(survey, k);
}

static void note_propensities(const struct ff_survey *survey, double time)
{
    struct by_walks *walks = survey->state;
    for (int r = 0; r < survey->system->process->n_channels; r++)
        if (walks->fired[r] == 0)
            walks->expected[r] += time * survey->kinetics->rates[r] *
                                  ff_engine_multiplicity(walks->engine, r, walks->walk->x);
}

static int run(struct ff_survey *survey, int k, int64_t events, int n_batches, int n_batches_held,
               double *rows)
{
    double time = 0.0;
    (void)n_batches_held;
    take_up(survey, k);
    for (int b = 0; b < n_batches; b++) {
        double *row = rows + (size_t)b * (size_t)survey->width;
        run_batch(survey, ff_survey_events_in(events, b, n_batches), row);
        time += row[FF_SURVEY_TIME];
    }
    note_propensities(survey, time);
    put_down(survey, k);
    return 1;
}

static void conclude(struct ff_survey *survey)
{
    (void)survey;
}

static enum ff_status check(const struct ff_survey *survey)
{
    const struct by_walks *walks = survey->state;
    return ff_walk_check(walks->walk);
}

/* ---- what was not seen ---------------------------------------------------------------------- */

/* Where its reverse has fired, states that a channel leads to have been seen. */
static struct ff_sight sight(const struct ff_survey *survey)
{
    const struct by_walks *walks = survey->state;
    const struct ff_process *process = survey->system->process;
    struct ff_sight sight = {.longest_dwell = walks->longest_dwell,
                             .unseen_share = NAN,
                             .unfired = -1,
                             .has_sink = walks->has_sink};
    for (int r = 0; r < process->n_channels; r++) {
        const int reverse = process->reverse[r];
        const bool is_known = walks->fired[r] > 0 || (reverse >= 0 && walks->fired[reverse] > 0);
        if (is_known || !(walks->expected[r] > sight.unfired_events))
            continue;
        sight.unfired = r;
        sight.unfired_events = walks->expected[r];
    }
    return sight;
}

static double rare_error(const struct ff_survey *survey, int column, double mean)
{
    (void)survey, (void)column, (void)mean;
    return NAN;
}

const struct ff_survey_method ff_survey_by_walks = {
    .create = create,
    .free = destroy,
    .skip = skip,
    .run = run,
    .conclude = conclude,
    .forget = forget,
    .check = check,
    .sight = sight,
    .rare_error = rare_error,
};
