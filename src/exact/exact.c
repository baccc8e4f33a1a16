/* Observables of the enumerated chain.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "exact/exact.h"

#include "exact/classes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DENSE_LIMIT = 200 };

/* A current this small against its traffic is rounding. */
static const double rounding = 1e-13;

struct ff_exact {
    const struct ff_system *system;
    struct ff_functionals functionals;
    const struct ff_chain *whole; /* borrowed */
    const struct ff_chain *chain; /* its closed class: the whole, or `part` */
    struct ff_chain *part;        /* owned; NULL where the whole is closed */
    int *states;                  /* [chain->n_states] of the whole */
    const struct ff_solver_type *solver;
    void *factors;
    double *rates;       /* [R] */
    double *coefficient; /* [Q][R] of channel functionals */
    double *pi;          /* [n_states] of the closed class, as all below */
    double *probability; /* [whole->n_states] */
    double *occupancy;   /* [I] */
    double *flux;        /* [R] <a_r> */
    double *g, *h;       /* [n_states] right-hand side and solution of the Poisson equation */
    double *value;       /* [n_states] f of one functional */
    int *x;              /* [I] scratch */
};

const struct ff_solver_type *ff_solver_for(int n_states)
{
    return n_states <= DENSE_LIMIT ? &ff_solver_gth : &ff_solver_klu;
}

enum ff_status ff_chain_check_steady(const struct ff_process *process, const struct ff_chain *chain)
{
    int *states, n_states;
    TRY(ff_classes_closed(process, chain, &states, &n_states));
    free(states);
    return FF_OK;
}

static enum ff_status check_functionals(const struct ff_process *process,
                                        struct ff_functionals functionals)
{
    for (int q = 0; q < functionals.count; q++) {
        const struct ff_functional *functional = &functionals.items[q];
        CHECK(functional->kind != FF_SAMPLE, FF_ERR_NUMERICAL,
              "%s: a sample at one time has no steady state", functional->name);
        CHECK(functional->kind != FF_STATE || process->n_walkers == 1, FF_ERR_NUMERICAL,
              "%s: a function of the state of several walkers has no exact mean here",
              functional->name);
    }
    return FF_OK;
}

enum ff_status ff_exact_create(const struct ff_system *system, struct ff_functionals functionals,
                               const struct ff_chain *chain, const struct ff_solver_type *solver,
                               struct ff_exact **out)
{
    const int n_channels = system->process->n_channels;
    CHECK(chain != NULL, FF_ERR_NUMERICAL, "the process has too many states: no exact solution");
    TRY(check_functionals(system->process, functionals));
    int *states, n_states;
    TRY(ff_classes_closed(system->process, chain, &states, &n_states));
    struct ff_exact *exact = FF_NEW(struct ff_exact, 1);
    exact->whole = chain;
    exact->states = states;
    if (n_states < chain->n_states)
        chain = exact->part = ff_classes_restrict(exact->whole, states, n_states);
    exact->system = system;
    exact->functionals = functionals;
    exact->chain = chain;
    exact->solver = solver != NULL ? solver : ff_solver_for(chain->n_states);
    exact->rates = FF_RAW(double, n_channels);
    exact->coefficient = FF_NEW(double, functionals.count *n_channels);
    exact->flux = FF_RAW(double, n_channels);
    exact->pi = FF_RAW(double, chain->n_states);
    exact->probability = FF_NEW(double, exact->whole->n_states);
    exact->g = FF_RAW(double, chain->n_states);
    exact->h = FF_RAW(double, chain->n_states);
    exact->value = FF_RAW(double, chain->n_states);
    exact->occupancy = FF_RAW(double, system->process->n_sites);
    exact->x = FF_RAW(int, system->process->n_sites);
    *out = exact;
    return FF_OK;
}

void ff_exact_free(struct ff_exact *exact)
{
    if (exact == NULL)
        return;
    if (exact->factors != NULL)
        exact->solver->free(exact->factors);
    free(exact->rates);
    free(exact->coefficient);
    free(exact->flux);
    ff_chain_free(exact->part);
    free(exact->states);
    free(exact->pi);
    free(exact->probability);
    free(exact->occupancy);
    free(exact->g);
    free(exact->h);
    free(exact->value);
    free(exact->x);
    free(exact);
}

const char *ff_exact_solver_name(const struct ff_exact *exact)
{
    return exact->solver->name;
}

static double *coefficient_of(const struct ff_exact *exact, int q)
{
    return exact->coefficient + (size_t)q * (size_t)exact->system->process->n_channels;
}

enum ff_status ff_exact_solve(struct ff_exact *exact, const double *rates)
{
    const struct ff_chain *chain = exact->chain;
    const struct ff_process *process = exact->system->process;
    const size_t size = sizeof *rates * (size_t)process->n_channels;
    if (exact->factors != NULL)
        exact->solver->free(exact->factors);
    exact->factors = NULL;
    TRY(exact->solver->factorise(chain, rates, &exact->factors));
    exact->solver->steady(exact->factors, exact->pi);
    for (int x = 0; x < chain->n_states; x++)
        exact->probability[exact->states[x]] = exact->pi[x];
    memcpy(exact->rates, rates, size);
    for (int q = 0; q < exact->functionals.count; q++) {
        const struct ff_functional *functional = &exact->functionals.items[q];
        if (functional->kind == FF_CHANNEL)
            functional->coefficients(functional, process, rates, coefficient_of(exact, q));
    }
    ff_chain_occupancy(chain, exact->pi, exact->occupancy);
    memset(exact->flux, 0, size);
    for (int x = 0; x < chain->n_states; x++)
        for (int t = chain->start[x]; t < chain->start[x + 1]; t++)
            exact->flux[chain->channel[t]] += exact->pi[x] * ff_chain_rate(chain, t, rates);
    return FF_OK;
}

const double *ff_exact_probability(const struct ff_exact *exact)
{
    return exact->probability;
}

const double *ff_exact_occupancy(const struct ff_exact *exact)
{
    return exact->occupancy;
}

const double *ff_exact_flux(const struct ff_exact *exact)
{
    return exact->flux;
}

/* Summed over channels, where terms of both signs cancel exactly. */
static double channel_mean(const struct ff_exact *exact, int q)
{
    const double *c = coefficient_of(exact, q);
    double mean = 0.0;
    for (int r = 0; r < exact->system->process->n_channels; r++)
        mean += c[r] * exact->flux[r];
    return mean;
}

/* f of functional q in every state, into exact->value; returns its mean. */
static double evaluate(struct ff_exact *exact, int q)
{
    const struct ff_functional *functional = &exact->functionals.items[q];
    const struct ff_chain *chain = exact->chain;
    const double *c = coefficient_of(exact, q);
    double mean = 0.0;
    for (int x = 0; x < chain->n_states; x++) {
        double value = 0.0;
        if (functional->kind == FF_STATE) {
            ff_chain_state(chain, x, exact->x);
            value = functional->value(functional, exact->x);
        }
        for (int t = chain->start[x]; t < chain->start[x + 1]; t++)
            value += c[chain->channel[t]] * ff_chain_rate(chain, t, exact->rates);
        exact->value[x] = value;
        mean += exact->pi[x] * value;
    }
    return functional->kind == FF_STATE ? mean : channel_mean(exact, q);
}

static double mean_of(struct ff_exact *exact, int q)
{
    return exact->functionals.items[q].kind == FF_STATE ? evaluate(exact, q)
                                                        : channel_mean(exact, q);
}

void ff_exact_means(struct ff_exact *exact, double *means)
{
    for (int q = 0; q < exact->functionals.count; q++)
        means[q] = mean_of(exact, q);
}

/* h of the Poisson equation for functional q. */
static void solve_poisson(struct ff_exact *exact, int q)
{
    const double mean = evaluate(exact, q);
    for (int x = 0; x < exact->chain->n_states; x++)
        exact->g[x] = exact->value[x] - mean;
    exact->solver->poisson(exact->factors, exact->g, exact->h);
}

struct ff_exact_values ff_exact_observe(struct ff_exact *exact)
{
    const struct ff_chain *chain = exact->chain;
    const double *c = coefficient_of(exact, FF_J);
    struct ff_exact_values values = {.current = mean_of(exact, FF_J),
                                     .entropy_production = mean_of(exact, FF_SIGMA)};
    double traffic = 0.0;
    for (int r = 0; r < exact->system->process->n_channels; r++) {
        values.activity += exact->flux[r];
        traffic += fabs(c[r]) * exact->flux[r];
    }
    /* The integrated current is J t plus a martingale with jumps c_r + h(x') - h(x), plus a bounded term. */
    solve_poisson(exact, FF_J);
    for (int x = 0; x < chain->n_states; x++)
        for (int t = chain->start[x]; t < chain->start[x + 1]; t++) {
            const double jump = c[chain->channel[t]] + exact->h[chain->target[t]] - exact->h[x];
            values.current_noise +=
                exact->pi[x] * ff_chain_rate(chain, t, exact->rates) * jump * jump;
        }
    const bool has_ratio =
        !exact->system->observables->has_excluded && fabs(values.current) > rounding * traffic;
    values.tur_ratio = has_ratio ? 0.5 * values.current_noise * values.entropy_production /
                                       (values.current * values.current)
                                 : NAN;
    return values;
}

static void gradient_of(struct ff_exact *exact, int q, double *gradient)
{
    const struct ff_functional *functional = &exact->functionals.items[q];
    const struct ff_process *process = exact->system->process;
    const struct ff_chain *chain = exact->chain;
    const double *c = coefficient_of(exact, q);
    solve_poisson(exact, q);
    memset(gradient, 0, sizeof *gradient * (size_t)process->n_channels);
    for (int x = 0; x < chain->n_states; x++)
        for (int t = chain->start[x]; t < chain->start[x + 1]; t++) {
            const int s = chain->channel[t];
            gradient[s] += exact->pi[x] * ff_chain_rate(chain, t, exact->rates) *
                           (c[s] + exact->h[chain->target[t]] - exact->h[x]);
        }
    if (functional->add_explicit != NULL)
        functional->add_explicit(functional, process, exact->flux, gradient);
}

void ff_exact_gradient(struct ff_exact *exact, double *gradients)
{
    const size_t n_channels = (size_t)exact->system->process->n_channels;
    for (int q = 0; q < exact->functionals.count; q++)
        gradient_of(exact, q, gradients + (size_t)q * n_channels);
}
