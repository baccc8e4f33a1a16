/* GTH elimination for the steady state and, by the same factors, for the Poisson equation.
 *
 * Eliminating state n from the chain leaves the chain watched only while below n (censoring):
 *     s_n = sum_{j<n} q_nj,   u_in = q_in / s_n,   q_ij += u_in q_nj.
 * The steady state comes back as pi_n = sum_{i<n} pi_i u_in. In Q h = -g, equation n gives
 * h_n = (g_n + sum_{j<n} q_nj h_j) / s_n; put into equation i it adds u_in g_n to g_i.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "exact/solver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct gth {
    int n;
    double *q; /* [n*n] row-major: q_nj below the diagonal, u_in above, s_n on it */
};

static void gth_free(void *state)
{
    struct gth *gth = state;
    free(gth->q);
    free(gth);
}

static enum ff_status gth_factorise(const struct ff_chain *chain, const double *rates, void **state)
{
    struct gth *gth = FF_NEW(struct gth, 1);
    const int n = chain->n_states;
    gth->n = n;
    double *q = gth->q = FF_NEW(double, (size_t)n *(size_t)n);
    for (int x = 0; x < n; x++)
        for (int t = chain->start[x]; t < chain->start[x + 1]; t++)
            q[(size_t)x * (size_t)n + (size_t)chain->target[t]] += ff_chain_rate(chain, t, rates);
    for (int k = n - 1; k > 0; k--) {
        double *row = q + (size_t)k * (size_t)n;
        double sum = 0.0;
        for (int j = 0; j < k; j++)
            sum += row[j];
        if (!(sum > 0.0) || !isfinite(sum)) {
            gth_free(gth);
            return ff_status_raise(FF_ERR_NUMERICAL,
                                   "steady state: the chain is not irreducible at these rates");
        }
        row[k] = sum;
        for (int i = 0; i < k; i++) {
            double *other = q + (size_t)i * (size_t)n;
            other[k] /= sum;
            for (int j = 0; j < k; j++)
                other[j] += other[k] * row[j];
        }
    }
    *state = gth;
    return FF_OK;
}

static void gth_steady(const void *state, double *pi)
{
    const struct gth *gth = state;
    double total = pi[0] = 1.0;
    for (int k = 1; k < gth->n; k++) {
        pi[k] = 0.0;
        for (int i = 0; i < k; i++)
            pi[k] += pi[i] * gth->q[(size_t)i * (size_t)gth->n + (size_t)k];
        total += pi[k];
    }
    for (int k = 0; k < gth->n; k++)
        pi[k] /= total;
}

static void gth_poisson(const void *state, const double *g, double *h)
{
    const struct gth *gth = state;
    const size_t n = (size_t)gth->n;
    memcpy(h, g, sizeof *h * n);
    for (size_t k = n - 1; k > 0; k--)
        for (size_t i = 0; i < k; i++)
            h[i] += gth->q[i * n + k] * h[k];
    h[0] = 0.0;
    for (size_t k = 1; k < n; k++) {
        const double *row = gth->q + k * n;
        for (size_t j = 0; j < k; j++)
            h[k] += row[j] * h[j];
        h[k] /= row[k];
    }
}

const struct ff_solver_type ff_solver_gth = {
    .name = "gth",
    .factorise = gth_factorise,
    .steady = gth_steady,
    .poisson = gth_poisson,
    .free = gth_free,
};
