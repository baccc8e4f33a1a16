/* Breadth-first growth of the core, and one factorisation for all potentials.
 *
 * A solution h is a sum of large numbers that cancel in the change along a fast channel. Solving anew for what is left
 * brings the digits of the changes back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/projection.h"

#include "simulate/path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_SITES = 32,
    MOST_CHANNELS = 64,
    MOST_CORE = 1536,
    EASY_CORE = 200,          /* states that are solved for in no time */
    CAPACITY = 3 * MOST_CORE, /* core and rim */
    N_ROUNDS = 3 /* of solving for what is left, of functionals; of the rest where that is easy */
};
static const double tight = 1e-6; /* probability outside */

/* ---- life cycle ----------------------------------------------------------------------------- */

void ff_projection_create(const struct ff_process *process, int n_functionals,
                          struct ff_projection **out)
{
    const int n_channels = process->n_channels;
    *out = NULL;
    if (process->n_sites > MOST_SITES || n_channels > MOST_CHANNELS)
        return;
    struct ff_projection *projection = FF_NEW(struct ff_projection, 1);
    projection->process = process;
    projection->n_functionals = n_functionals;
    projection->stride = n_functionals + n_channels * (1 + n_functionals);
    ff_states_create(process->n_sites, CAPACITY, &projection->states);
    projection->next = FF_RAW(int, CAPACITY *n_channels);
    projection->multiplicity = FF_RAW(double, CAPACITY *n_channels);
    projection->propensity = FF_RAW(double, CAPACITY *n_channels);
    projection->row = FF_RAW(double, CAPACITY * projection->stride);
    projection->change = FF_NEW(double *, n_functionals + 1);
    for (int q = 0; q <= n_functionals; q++)
        projection->change[q] = FF_RAW(double, CAPACITY *n_channels);
    projection->source = FF_RAW(double, CAPACITY);
    projection->g = FF_RAW(double, MOST_CORE + 1);
    projection->h = FF_RAW(double, MOST_CORE + 1);
    projection->pi = FF_RAW(double, MOST_CORE + 1);
    *out = projection;
}

void ff_projection_free(struct ff_projection *projection)
{
    if (projection == NULL)
        return;
    ff_states_free(&projection->states);
    free(projection->next);
    free(projection->multiplicity);
    free(projection->propensity);
    free(projection->row);
    for (int q = 0; q <= projection->n_functionals; q++)
        free(projection->change[q]);
    free(projection->change);
    free(projection->source);
    free(projection->g);
    free(projection->h);
    free(projection->pi);
    free(projection);
}

bool ff_projection_is_closed(const struct ff_projection *projection)
{
    return projection != NULL && projection->n_core > 0 &&
           projection->n_core == projection->states.n_states;
}

bool ff_projection_is_tight(const struct ff_projection *projection)
{
    return projection != NULL && projection->n_core > 0 && projection->outside <= tight;
}

/* ---- states --------------------------------------------------------------------------------- */

FF_INLINE bool meet(void *context, const struct ff_walk *walk, double from, double dwell)
{
    (void)from;
    (void)dwell;
    struct ff_projection *projection = context;
    ff_states_add(&projection->states, walk->x);
    return projection->states.n_states <= MOST_CORE;
}

/* The states that trajectories meet; false where they are too many. */
static bool meet_states(struct ff_projection *projection, struct ff_walk *walk,
                        const struct ff_kinetics *kinetics, struct ff_draw_key key,
                        struct ff_horizon horizon, int64_t *n_events)
{
    ff_states_clear(&projection->states);
    for (int i = 0; i < FF_BLOCK_SIZE && projection->states.n_states <= MOST_CORE; i++) {
        ff_path_begin(walk, kinetics, ff_draw_stream(key, (uint32_t)i), horizon.burn_in);
        ff_path_events(walk, horizon.events,
                       (struct ff_visitor){.context = projection, .stay = meet});
        *n_events += horizon.burn_in + horizon.events;
    }
    return projection->states.n_states <= MOST_CORE;
}

/* Follow all channels out of a state, to states that are known or, if it `adds`, to all. False where there is no room. */
static bool follow(struct ff_projection *projection, int from, bool adds)
{
    const struct ff_process *process = projection->process;
    const size_t first = (size_t)from * (size_t)process->n_channels;
    int x[MOST_SITES];
    for (int r = 0; r < process->n_channels; r++) {
        memcpy(x, ff_states_at(&projection->states, from), sizeof *x * (size_t)process->n_sites);
        const double h = ff_process_multiplicity(process, r, x);
        int to = -1;
        if (h > 0.0) {
            ff_process_jump(process, r, 1, x);
            to = adds ? ff_states_add(&projection->states, x)
                      : ff_states_find(&projection->states, x);
            if (adds && to < 0)
                return false;
        }
        projection->multiplicity[first + (size_t)r] = h;
        projection->next[first + (size_t)r] = to;
    }
    return true;
}

/* Make a core of all states so far, and find its rim; false where there is no room for them. */
static bool enlarge(struct ff_projection *projection)
{
    const struct ff_states *states = &projection->states;
    const int n_core = states->n_states;
    int from = 0;
    for (; from < n_core; from++)
        if (!follow(projection, from, true))
            return false;
    for (; from < states->n_states; from++)
        follow(projection, from, false);
    projection->n_core = n_core;
    return true;
}

static bool can_grow(const struct ff_projection *projection)
{
    return projection->n_core < projection->states.n_states &&
           projection->states.n_states <= MOST_CORE;
}

/* ---- equations ------------------------------------------------------------------------------ */

/* The state of the projected chain: the state outside is the last. */
static int place_of(const struct ff_projection *projection, int state)
{
    return state < 0 || state >= projection->n_core ? projection->n_core : state;
}

/* The chain of the core and, where it is not closed, the state outside, left as the rim is on average. */
static struct ff_chain *make_chain(const struct ff_projection *projection)
{
    const int n_channels = projection->process->n_channels, n_core = projection->n_core;
    const int n_states = projection->states.n_states, most = n_states * n_channels;
    struct ff_chain *chain = FF_NEW(struct ff_chain, 1);
    chain->n_states = n_core + (n_states > n_core);
    chain->start = FF_NEW(int, chain->n_states + 1);
    chain->target = FF_RAW(int, most);
    chain->channel = FF_RAW(int, most);
    chain->multiplicity = FF_RAW(double, most);
    for (int x = 0; x < n_states; x++) {
        const double share = x < n_core ? 1.0 : 1.0 / (n_states - n_core);
        for (int r = 0; r < n_channels; r++) {
            const size_t at = (size_t)x * (size_t)n_channels + (size_t)r;
            const int to = place_of(projection, projection->next[at]);
            if (!(projection->multiplicity[at] > 0.0) || to == place_of(projection, x))
                continue;
            chain->target[chain->n_transitions] = to;
            chain->channel[chain->n_transitions] = r;
            chain->multiplicity[chain->n_transitions++] = share * projection->multiplicity[at];
        }
        chain->start[place_of(projection, x) + 1] = chain->n_transitions;
    }
    return chain;
}

/* What the source and the changes make in every state of the projected chain, less its mean. */
static void find_residual(struct ff_projection *projection, int n_chain, const double *change)
{
    const int n_channels = projection->process->n_channels, n_core = projection->n_core;
    const int n_states = projection->states.n_states;
    double mean = 0.0;
    memset(projection->g, 0, sizeof(double) * (size_t)n_chain);
    for (int x = 0; x < n_states; x++) {
        const size_t first = (size_t)x * (size_t)n_channels;
        double sum = projection->source[x];
        for (int r = 0; r < n_channels; r++)
            sum += projection->propensity[first + (size_t)r] * change[first + (size_t)r];
        projection->g[place_of(projection, x)] += x < n_core ? sum : sum / (n_states - n_core);
    }
    for (int i = 0; i < n_chain; i++)
        mean += projection->pi[i] * projection->g[i];
    for (int i = 0; i < n_chain; i++)
        projection->g[i] -= mean;
}

static void add_changes(const struct ff_projection *projection, double *change)
{
    const int n_channels = projection->process->n_channels;
    for (int x = 0; x < projection->states.n_states; x++)
        for (int r = 0; r < n_channels; r++) {
            const size_t at = (size_t)x * (size_t)n_channels + (size_t)r;
            if (projection->multiplicity[at] > 0.0)
                change[at] += projection->h[place_of(projection, projection->next[at])] -
                              projection->h[place_of(projection, x)];
        }
}

/* How the potential changes in every jump that takes the noise out of the source. */
static void find_changes(struct ff_projection *projection, const struct ff_solver_type *solver,
                         const void *factors, int n_chain, int n_rounds, double *change)
{
    memset(change, 0,
           sizeof *change * (size_t)projection->states.n_states *
               (size_t)projection->process->n_channels);
    for (int round = 0; round < n_rounds; round++) {
        find_residual(projection, n_chain, change);
        solver->poisson(factors, projection->g, projection->h);
        add_changes(projection, change);
    }
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* Write sum_r a_r times the changes, times a factor, into a column of the rows. */
static void fill_column(struct ff_projection *projection, const double *change, double factor,
                        int column)
{
    const int n_channels = projection->process->n_channels;
    for (int x = 0; x < projection->states.n_states; x++) {
        const size_t first = (size_t)x * (size_t)n_channels;
        double sum = 0.0;
        for (int r = 0; r < n_channels; r++)
            sum += projection->propensity[first + (size_t)r] * change[first + (size_t)r];
        projection->row[(size_t)x * (size_t)projection->stride + (size_t)column] = factor * sum;
    }
}

/* What is solved for, with all that it takes. */
struct equations {
    struct ff_projection *projection;
    const struct ff_solver_type *solver;
    void *factors; /* or NULL */
    const struct ff_kinetics *kinetics;
    int n_chain;
};

static void release(struct equations *equations)
{
    if (equations->factors != NULL)
        equations->solver->free(equations->factors);
    equations->factors = NULL;
}

static void solve_into(const struct equations *equations, int n_rounds, double *change)
{
    find_changes(equations->projection, equations->solver, equations->factors, equations->n_chain,
                 n_rounds, change);
}

/* Of potentials whose changes nothing else is made from. */
static int rounds_of_the_rest(const struct equations *equations)
{
    return equations->n_chain <= EASY_CORE ? N_ROUNDS : 1;
}

/* The potential of a functional, and what it adds to its values. */
static void fill_functional(const struct equations *equations, int q)
{
    struct ff_projection *projection = equations->projection;
    const double *coefficient = ff_kinetics_coefficient(equations->kinetics, q);
    const int n_channels = projection->process->n_channels;
    for (int x = 0; x < projection->states.n_states; x++) {
        projection->source[x] = 0.0;
        for (int r = 0; r < n_channels; r++)
            projection->source[x] +=
                coefficient[r] * projection->propensity[(size_t)x * (size_t)n_channels + (size_t)r];
    }
    solve_into(equations, N_ROUNDS, projection->change[q]);
    fill_column(projection, projection->change[q], 1.0, q);
}

/* The direct part of the gradient of a functional by log k_s. */
static void fill_direct(const struct equations *equations, int s, int q)
{
    struct ff_projection *projection = equations->projection;
    const double coefficient = ff_kinetics_coefficient(equations->kinetics, q)[s];
    const int n_channels = projection->process->n_channels;
    const int column = projection->n_functionals * (s + 1) + s + q;
    double *scratch = projection->change[projection->n_functionals];
    for (int x = 0; x < projection->states.n_states; x++) {
        const size_t at = (size_t)x * (size_t)n_channels + (size_t)s;
        projection->source[x] =
            projection->propensity[at] * (coefficient + projection->change[q][at]);
    }
    solve_into(equations, rounds_of_the_rest(equations), scratch);
    fill_column(projection, scratch, 1.0, column);
    for (int x = 0; x < projection->states.n_states; x++) {
        const size_t at = (size_t)x * (size_t)n_channels + (size_t)s;
        projection->row[(size_t)x * (size_t)projection->stride + (size_t)column] +=
            projection->propensity[at] * projection->change[q][at];
    }
}

/* The flux of channel s. */
static void fill_flux(const struct equations *equations, int s)
{
    struct ff_projection *projection = equations->projection;
    const int n_channels = projection->process->n_channels;
    double *scratch = projection->change[projection->n_functionals];
    for (int x = 0; x < projection->states.n_states; x++)
        projection->source[x] = projection->propensity[(size_t)x * (size_t)n_channels + (size_t)s];
    solve_into(equations, rounds_of_the_rest(equations), scratch);
    fill_column(projection, scratch, 1.0 / equations->kinetics->rates[s],
                projection->n_functionals * (s + 2) + s);
}

static void fill_rows(const struct equations *equations)
{
    struct ff_projection *projection = equations->projection;
    for (int q = 0; q < projection->n_functionals; q++)
        fill_functional(equations, q);
    for (int s = 0; s < projection->process->n_channels; s++) {
        for (int q = 0; q < projection->n_functionals; q++)
            fill_direct(equations, s, q);
        fill_flux(equations, s);
    }
}

static bool are_finite(const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i]))
            return false;
    return true;
}

/* Factorise for the core as it is; false where that cannot be done. */
static bool factorise(struct equations *equations)
{
    struct ff_projection *projection = equations->projection;
    struct ff_chain *chain = make_chain(projection);
    release(equations);
    equations->n_chain = chain->n_states;
    equations->solver = ff_solver_for(chain->n_states);
    const enum ff_status status =
        equations->solver->factorise(chain, equations->kinetics->rates, &equations->factors);
    ff_chain_free(chain);
    if (status != FF_OK)
        return false;
    equations->solver->steady(equations->factors, projection->pi);
    projection->outside =
        equations->n_chain > projection->n_core ? projection->pi[projection->n_core] : 0.0;
    return true;
}

/* Let the core grow to so many states, or as far as it can; false where there is no room for its rim. */
static bool enlarge_to(struct ff_projection *projection, int n_wanted)
{
    do {
        if (!enlarge(projection))
            return false;
    } while (projection->n_core < n_wanted && can_grow(projection));
    return true;
}

/* From the states met to a core with next to nothing outside, as far as it can grow; false where there is none. */
static bool find_core(struct equations *equations)
{
    struct ff_projection *projection = equations->projection;
    bool is_solved = enlarge_to(projection, EASY_CORE) && factorise(equations);
    while (is_solved && projection->outside > tight && can_grow(projection))
        is_solved = enlarge_to(projection, projection->n_core * 5 / 4) && factorise(equations);
    return is_solved;
}

static void fill_propensities(struct ff_projection *projection, const double *rates)
{
    const size_t n_channels = (size_t)projection->process->n_channels;
    for (size_t at = 0; at < (size_t)projection->states.n_states * n_channels; at++)
        projection->propensity[at] = rates[at % n_channels] * projection->multiplicity[at];
}

/* From the states met to rows; false where there are none. */
static bool solve(struct ff_projection *projection, const struct ff_kinetics *kinetics)
{
    struct equations equations = {.projection = projection, .kinetics = kinetics};
    bool is_solved = find_core(&equations);
    if (is_solved) {
        fill_propensities(projection, kinetics->rates);
        fill_rows(&equations);
        is_solved = are_finite(projection->row,
                               (size_t)projection->states.n_states * (size_t)projection->stride);
    }
    release(&equations);
    return is_solved;
}

enum ff_status ff_projection_solve(struct ff_projection *projection, struct ff_walk *walk,
                                   const struct ff_kinetics *kinetics, struct ff_draw_key key,
                                   struct ff_horizon horizon, int64_t *n_events)
{
    projection->n_core = 0;
    const bool are_few = meet_states(projection, walk, kinetics, key, horizon, n_events);
    TRY(ff_walk_check(walk));
    if (!are_few || !solve(projection, kinetics)) {
        ff_states_clear(&projection->states);
        projection->n_core = 0;
    }
    return FF_OK;
}
