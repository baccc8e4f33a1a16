/* Sparse solver. One state, the reference, is removed; what is left of -Q is a nonsingular M-matrix.
 *
 * The columns given to KLU are the rows of -Q, that is, KLU factorises A = (-Q)^T. With pi_ref = 1 the
 * steady state solves A pi = (rates out of the reference); with h_ref = 0 the Poisson equation is
 * A^T h = g. The reference is moved to the most probable state when the first choice is a rare one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "exact/solver.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <suitesparse/klu.h>

struct klu_state {
    int n, reference;
    double *pi; /* [n] */
    klu_common common;
    klu_symbolic *symbolic;
    klu_numeric *numeric;
};

/* A reference this much rarer than the most probable state is replaced. */
static const double rare = 1e-3;

static void drop_factors(struct klu_state *klu)
{
    klu_free_numeric(&klu->numeric, &klu->common);
    klu_free_symbolic(&klu->symbolic, &klu->common);
}

static void klu_state_free(void *state)
{
    struct klu_state *klu = state;
    drop_factors(klu);
    free(klu->pi);
    free(klu);
}

/* Index of a state with the reference taken out. */
static int reduced(const struct klu_state *klu, int x)
{
    return x < klu->reference ? x : x - 1;
}

/* Columns of A in compressed form; transitions between the same two states are added up. */
static void assemble(const struct klu_state *klu, const struct ff_chain *chain, const double *rates,
                     int *start, int *row, double *value)
{
    int *position = FF_NEW(int, chain->n_states); /* where this column holds the row, plus one */
    int n_entries = 0;
    for (int x = 0; x < chain->n_states; x++) {
        if (x == klu->reference)
            continue;
        const int column = reduced(klu, x), first = n_entries;
        start[column] = first;
        row[n_entries] = column;
        value[n_entries++] = 0.0;
        for (int t = chain->start[x]; t < chain->start[x + 1]; t++) {
            const int y = chain->target[t];
            const double rate = ff_chain_rate(chain, t, rates);
            value[first] += rate;
            if (y == klu->reference)
                continue;
            if (position[y] <= first) {
                position[y] = n_entries + 1;
                row[n_entries] = reduced(klu, y);
                value[n_entries++] = 0.0;
            }
            value[position[y] - 1] -= rate;
        }
    }
    start[chain->n_states - 1] = n_entries;
    free(position);
}

static bool factorise_columns(struct klu_state *klu, int *start, int *row, double *value)
{
    const int n = klu->n - 1;
    klu->symbolic = klu_analyze(n, start, row, &klu->common);
    if (klu->symbolic != NULL)
        klu->numeric = klu_factor(start, row, value, klu->symbolic, &klu->common);
    return klu->numeric != NULL && klu->common.status == KLU_OK;
}

static bool solve_steady(struct klu_state *klu, const struct ff_chain *chain, const double *rates)
{
    double *reduced_pi = FF_NEW(double, klu->n);
    for (int t = chain->start[klu->reference]; t < chain->start[klu->reference + 1]; t++)
        reduced_pi[reduced(klu, chain->target[t])] += ff_chain_rate(chain, t, rates);
    klu_solve(klu->symbolic, klu->numeric, klu->n - 1, 1, reduced_pi, &klu->common);
    double total = 1.0;
    for (int x = 0; x < klu->n - 1; x++)
        total += reduced_pi[x];
    bool is_irreducible = isfinite(total);
    for (int x = 0; x < klu->n; x++) {
        klu->pi[x] = (x == klu->reference ? 1.0 : reduced_pi[reduced(klu, x)]) / total;
        is_irreducible = is_irreducible && klu->pi[x] > 0.0;
    }
    free(reduced_pi);
    return is_irreducible;
}

static enum ff_status factorise_with_reference(struct klu_state *klu, const struct ff_chain *chain,
                                               const double *rates, int reference)
{
    klu->reference = reference;
    int *start = FF_RAW(int, klu->n);
    int *row = FF_RAW(int, chain->n_transitions + klu->n);
    double *value = FF_RAW(double, chain->n_transitions + klu->n);
    assemble(klu, chain, rates, start, row, value);
    const bool is_solved =
        factorise_columns(klu, start, row, value) && solve_steady(klu, chain, rates);
    free(start);
    free(row);
    free(value);
    CHECK(is_solved, FF_ERR_NUMERICAL,
          "steady state: the chain is not irreducible at these rates (KLU status %d)",
          klu->common.status);
    return FF_OK;
}

static enum ff_status klu_factorise(const struct ff_chain *chain, const double *rates, void **state)
{
    struct klu_state *klu = FF_NEW(struct klu_state, 1);
    klu->n = chain->n_states;
    klu->pi = FF_RAW(double, klu->n);
    klu_defaults(&klu->common);
    enum ff_status status;
    TRY_OR_FAIL(factorise_with_reference(klu, chain, rates, 0));
    int likeliest = 0;
    for (int x = 1; x < klu->n; x++)
        if (klu->pi[x] > klu->pi[likeliest])
            likeliest = x;
    if (klu->pi[0] < rare * klu->pi[likeliest]) {
        drop_factors(klu);
        TRY_OR_FAIL(factorise_with_reference(klu, chain, rates, likeliest));
    }
    *state = klu;
    return FF_OK;
fail:
    klu_state_free(klu);
    return status;
}

static void klu_steady(const void *state, double *pi)
{
    const struct klu_state *klu = state;
    memcpy(pi, klu->pi, sizeof *pi * (size_t)klu->n);
}

static void klu_poisson(const void *state, const double *g, double *h)
{
    const struct klu_state *klu = state;
    klu_common common = klu->common;
    double *reduced_h = FF_RAW(double, klu->n);
    for (int x = 0; x < klu->n; x++)
        if (x != klu->reference)
            reduced_h[reduced(klu, x)] = g[x];
    klu_tsolve(klu->symbolic, klu->numeric, klu->n - 1, 1, reduced_h, &common);
    for (int x = 0; x < klu->n; x++)
        h[x] = x == klu->reference ? 0.0 : reduced_h[reduced(klu, x)];
    free(reduced_h);
}

const struct ff_solver_type ff_solver_klu = {
    .name = "klu",
    .factorise = klu_factorise,
    .steady = klu_steady,
    .poisson = klu_poisson,
    .free = klu_state_free,
};
