/* Observables of the enumerated chain.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "exact/exact.h"

#include <stdlib.h>
#include <string.h>

enum { DENSE_LIMIT = 200 };

struct ff_exact {
    const struct ff_system *system;
    struct ff_chain *chain;
    const struct ff_solver_type *solver;
    void *factors;
    double *rates;     /* [R] */
    double *entropy;   /* [R] s_r = ln(k_r/k_r') */
    double *pi;        /* [n_states] */
    double *occupancy; /* [I] */
    double *flux;      /* [R] <a_r> */
    double *g, *h;     /* [n_states] right-hand side and solution of the Poisson equation */
};

const struct ff_solver_type *ff_solver_for(int n_states)
{
    return n_states <= DENSE_LIMIT ? &ff_solver_gth : &ff_solver_klu;
}

enum ff_status ff_exact_create(const struct ff_system *system, const struct ff_solver_type *solver,
                               struct ff_exact **out)
{
    struct ff_exact *exact = FF_NEW(struct ff_exact, 1);
    const int n_channels = system->process->n_channels;
    exact->system = system;
    const enum ff_status status = ff_chain_create(system->process, FF_MAX_STATES, &exact->chain);
    if (status != FF_OK) {
        free(exact);
        return status;
    }
    exact->solver = solver != NULL ? solver : ff_solver_for(exact->chain->n_states);
    exact->rates = FF_NEW(double, n_channels);
    exact->entropy = FF_NEW(double, n_channels);
    exact->flux = FF_NEW(double, n_channels);
    exact->pi = FF_NEW(double, exact->chain->n_states);
    exact->g = FF_NEW(double, exact->chain->n_states);
    exact->h = FF_NEW(double, exact->chain->n_states);
    exact->occupancy = FF_NEW(double, system->process->n_sites);
    *out = exact;
    return FF_OK;
}

void ff_exact_free(struct ff_exact *exact)
{
    if (exact == NULL)
        return;
    if (exact->factors != NULL)
        exact->solver->free(exact->factors);
    ff_chain_free(exact->chain);
    free(exact->rates);
    free(exact->entropy);
    free(exact->flux);
    free(exact->pi);
    free(exact->occupancy);
    free(exact->g);
    free(exact->h);
    free(exact);
}

int ff_exact_n_states(const struct ff_exact *exact)
{
    return exact->chain->n_states;
}

const char *ff_exact_solver_name(const struct ff_exact *exact)
{
    return exact->solver->name;
}

enum ff_status ff_exact_solve(struct ff_exact *exact, const double *rates)
{
    const struct ff_chain *chain = exact->chain;
    const int n_channels = exact->system->process->n_channels;
    if (exact->factors != NULL)
        exact->solver->free(exact->factors);
    exact->factors = NULL;
    TRY(exact->solver->factorise(chain, rates, &exact->factors));
    exact->solver->steady(exact->factors, exact->pi);
    memcpy(exact->rates, rates, sizeof *rates * (size_t)n_channels);
    ff_observables_entropy(exact->system->observables, exact->system->process, rates,
                           exact->entropy);
    ff_chain_occupancy(chain, exact->pi, exact->occupancy);
    memset(exact->flux, 0, sizeof *exact->flux * (size_t)n_channels);
    for (int x = 0; x < chain->n_states; x++)
        for (int t = chain->start[x]; t < chain->start[x + 1]; t++)
            exact->flux[chain->channel[t]] += exact->pi[x] * ff_chain_rate(chain, t, rates);
    return FF_OK;
}

const double *ff_exact_probability(const struct ff_exact *exact)
{
    return exact->pi;
}

const double *ff_exact_occupancy(const struct ff_exact *exact)
{
    return exact->occupancy;
}

const double *ff_exact_flux(const struct ff_exact *exact)
{
    return exact->flux;
}

static double mean_of(const struct ff_exact *exact, const double *coefficient)
{
    double mean = 0.0;
    for (int r = 0; r < exact->system->process->n_channels; r++)
        mean += coefficient[r] * exact->flux[r];
    return mean;
}

void ff_exact_means(const struct ff_exact *exact, double *current, double *entropy_production)
{
    *current = mean_of(exact, exact->system->observables->current);
    *entropy_production = mean_of(exact, exact->entropy);
}

/* h of the Poisson equation for f(x) = sum_r c_r a_r(x). */
static void solve_poisson(struct ff_exact *exact, const double *coefficient)
{
    const struct ff_chain *chain = exact->chain;
    const double mean = mean_of(exact, coefficient);
    for (int x = 0; x < chain->n_states; x++) {
        exact->g[x] = -mean;
        for (int t = chain->start[x]; t < chain->start[x + 1]; t++)
            exact->g[x] += coefficient[chain->channel[t]] * ff_chain_rate(chain, t, exact->rates);
    }
    exact->solver->poisson(exact->factors, exact->g, exact->h);
}

struct ff_exact_values ff_exact_observe(struct ff_exact *exact)
{
    const struct ff_chain *chain = exact->chain;
    const double *c = exact->system->observables->current;
    struct ff_exact_values values = {0};
    ff_exact_means(exact, &values.current, &values.entropy_production);
    for (int r = 0; r < exact->system->process->n_channels; r++)
        values.activity += exact->flux[r];
    /* The integrated current is J t plus a martingale with jumps c_r + h(x') - h(x), plus a bounded term. */
    solve_poisson(exact, c);
    for (int x = 0; x < chain->n_states; x++)
        for (int t = chain->start[x]; t < chain->start[x + 1]; t++) {
            const int r = chain->channel[t];
            const double jump = c[r] + exact->h[chain->target[t]] - exact->h[x];
            values.current_noise +=
                exact->pi[x] * ff_chain_rate(chain, t, exact->rates) * jump * jump;
        }
    values.tur_ratio =
        0.5 * values.current_noise * values.entropy_production / (values.current * values.current);
    return values;
}

static void gradient_of(struct ff_exact *exact, const double *coefficient, double *gradient)
{
    const struct ff_chain *chain = exact->chain;
    solve_poisson(exact, coefficient);
    memset(gradient, 0, sizeof *gradient * (size_t)exact->system->process->n_channels);
    for (int x = 0; x < chain->n_states; x++)
        for (int t = chain->start[x]; t < chain->start[x + 1]; t++) {
            const int s = chain->channel[t];
            gradient[s] += exact->pi[x] * ff_chain_rate(chain, t, exact->rates) *
                           (coefficient[s] + exact->h[chain->target[t]] - exact->h[x]);
        }
}

void ff_exact_gradient(struct ff_exact *exact, double *current_gradient, double *entropy_gradient)
{
    gradient_of(exact, exact->system->observables->current, current_gradient);
    gradient_of(exact, exact->entropy, entropy_gradient);
    ff_observables_add_explicit(exact->system->observables, exact->system->process, exact->flux,
                                entropy_gradient);
}
