/* By elimination without subtractions, and refinement: the solution h is a sum of large numbers that cancel in the
 * difference along a fast channel, where f~_r is small. Solving anew for f~ brings its digits back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/poisson.h"

#include "exact/classes.h"
#include "model/hops.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_SITES = 256, N_ROUNDS = 3 };

static bool fits(const struct ff_process *process)
{
    return process->is_independent && process->n_sites <= MOST_SITES &&
           ff_hops_are_independent(process);
}

/* The chain of one walker, or NULL where it is not irreducible. */
static struct ff_chain *make_chain(const struct ff_process *process)
{
    struct ff_chain *chain;
    if (ff_chain_create(process, MOST_SITES, &chain) != FF_OK)
        return NULL;
    int *component = FF_RAW(int, chain->n_states);
    if (ff_classes_find(chain, component) > 1) {
        ff_chain_free(chain);
        chain = NULL;
    }
    free(component);
    return chain;
}

void ff_poisson_create(const struct ff_process *process, struct ff_poisson **out)
{
    struct ff_chain *chain = fits(process) ? make_chain(process) : NULL;
    *out = NULL;
    if (chain == NULL)
        return;
    struct ff_poisson *poisson = FF_NEW(struct ff_poisson, 1);
    poisson->chain = chain;
    poisson->pi = FF_RAW(double, chain->n_states);
    poisson->g = FF_RAW(double, chain->n_states);
    poisson->h = FF_RAW(double, chain->n_states);
    *out = poisson;
}

static void forget(struct ff_poisson *poisson)
{
    if (poisson->factors != NULL)
        ff_solver_gth.free(poisson->factors);
    poisson->factors = NULL;
}

void ff_poisson_free(struct ff_poisson *poisson)
{
    if (poisson == NULL)
        return;
    forget(poisson);
    ff_chain_free(poisson->chain);
    free(poisson->pi);
    free(poisson->g);
    free(poisson->h);
    free(poisson);
}

static bool are_finite(const double *v, int n)
{
    for (int i = 0; i < n; i++)
        if (!isfinite(v[i]))
            return false;
    return true;
}

bool ff_poisson_set(struct ff_poisson *poisson, const double *rates)
{
    forget(poisson);
    if (ff_solver_gth.factorise(poisson->chain, rates, &poisson->factors) != FF_OK)
        return false;
    ff_solver_gth.steady(poisson->factors, poisson->pi);
    if (!are_finite(poisson->pi, poisson->chain->n_states))
        forget(poisson);
    return poisson->factors != NULL;
}

/* g_i = sum_r k_r f_r over channels that leave site i, less its mean. */
static void find_source(struct ff_poisson *poisson, const double *rates, const double *f)
{
    const struct ff_chain *chain = poisson->chain;
    double mean = 0.0;
    for (int i = 0; i < chain->n_states; i++) {
        poisson->g[i] = 0.0;
        for (int t = chain->start[i]; t < chain->start[i + 1]; t++)
            poisson->g[i] += rates[chain->channel[t]] * f[chain->channel[t]];
        mean += poisson->pi[i] * poisson->g[i];
    }
    for (int i = 0; i < chain->n_states; i++)
        poisson->g[i] -= mean;
}

void ff_poisson_apply(struct ff_poisson *poisson, const double *rates, double *coefficient)
{
    const struct ff_chain *chain = poisson->chain;
    const double *h = poisson->h;
    for (int round = 0; round < N_ROUNDS; round++) {
        find_source(poisson, rates, coefficient);
        ff_solver_gth.poisson(poisson->factors, poisson->g, poisson->h);
        if (!are_finite(h, chain->n_states))
            return;
        for (int i = 0; i < chain->n_states; i++)
            for (int t = chain->start[i]; t < chain->start[i + 1]; t++)
                coefficient[chain->channel[t]] += h[chain->target[t]] - h[i];
    }
}

void ff_poisson_flux(const struct ff_poisson *poisson, const double *rates, double *flux)
{
    const struct ff_chain *chain = poisson->chain;
    for (int i = 0; i < chain->n_states; i++)
        for (int t = chain->start[i]; t < chain->start[i + 1]; t++)
            flux[chain->channel[t]] = rates[chain->channel[t]] * poisson->pi[i];
}
