/* Weighted least squares over potentials by conjugate gradients with Jacobi scaling
 * (Hestenes and Stiefel, J. Res. Natl. Bur. Stand. 49:409, 1952).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/gauge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ITERATIONS = 100 };
static const double tolerance =
    1e-20; /* of the squared residual, relative to the sum of w_r f_r^2 */
static const double largest_exponent = 12.0; /* of a weight: keeps the equations solvable */

void ff_gauge_create(const struct ff_process *process, struct ff_gauge *out)
{
    const int n = process->n_sites;
    *out = (struct ff_gauge){.weight = FF_RAW(double, process->n_channels),
                             .phi = FF_RAW(double, n),
                             .residual = FF_RAW(double, n),
                             .direction = FF_RAW(double, n),
                             .image = FF_RAW(double, n),
                             .diagonal = FF_RAW(double, n)};
}

void ff_gauge_free(struct ff_gauge *gauge)
{
    ff_poisson_free(gauge->poisson);
    free(gauge->weight);
    free(gauge->phi);
    free(gauge->residual);
    free(gauge->direction);
    free(gauge->image);
    free(gauge->diagonal);
}

void ff_gauge_use_poisson(struct ff_gauge *gauge, const struct ff_process *process)
{
    ff_poisson_create(process, &gauge->poisson);
}

bool ff_gauge_is_solved(const struct ff_gauge *gauge)
{
    return gauge->poisson != NULL && gauge->poisson->factors != NULL;
}

/* sum_i S_ri v_i */
static double along(const struct ff_process *process, int r, const double *v)
{
    double sum = 0.0;
    for (int e = process->change_start[r]; e < process->change_start[r + 1]; e++)
        sum += process->change_amount[e] * v[process->change_site[e]];
    return sum;
}

/* v_i += w S_ri */
static void scatter(const struct ff_process *process, int r, double w, double *v)
{
    for (int e = process->change_start[r]; e < process->change_start[r + 1]; e++)
        v[process->change_site[e]] += w * process->change_amount[e];
}

static void find_diagonal(struct ff_gauge *gauge, const struct ff_process *process)
{
    for (int i = 0; i < process->n_sites; i++)
        gauge->diagonal[i] = 0.0;
    for (int r = 0; r < process->n_channels; r++)
        for (int e = process->change_start[r]; e < process->change_start[r + 1]; e++)
            gauge->diagonal[process->change_site[e]] +=
                gauge->weight[r] * process->change_amount[e] * process->change_amount[e];
}

/* a' D^-1 a over sites that some channel changes. */
static double scaled_square(const struct ff_gauge *gauge, int n)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++)
        if (gauge->diagonal[i] > 0.0)
            sum += gauge->residual[i] * gauge->residual[i] / gauge->diagonal[i];
    return sum;
}

static void next_direction(struct ff_gauge *gauge, int n, double momentum)
{
    for (int i = 0; i < n; i++) {
        const double scaled =
            gauge->diagonal[i] > 0.0 ? gauge->residual[i] / gauge->diagonal[i] : 0.0;
        gauge->direction[i] = scaled + momentum * gauge->direction[i];
    }
}

/* phi that minimises sum_r w_r (f_r + S_r phi)^2. */
static void solve(struct ff_gauge *gauge, const struct ff_process *process, const double *f)
{
    const int n = process->n_sites, n_channels = process->n_channels;
    const size_t size = sizeof(double) * (size_t)n;
    double enough = 0.0;
    memset(gauge->phi, 0, size);
    memset(gauge->residual, 0, size);
    memset(gauge->direction, 0, size);
    find_diagonal(gauge, process);
    for (int r = 0; r < n_channels; r++) {
        scatter(process, r, -gauge->weight[r] * f[r], gauge->residual);
        enough += tolerance * gauge->weight[r] * f[r] * f[r];
    }
    double square = scaled_square(gauge, n), momentum = 0.0;
    for (int t = 0; t < MAX_ITERATIONS && square > enough; t++) {
        next_direction(gauge, n, momentum);
        memset(gauge->image, 0, size);
        for (int r = 0; r < n_channels; r++)
            scatter(process, r, gauge->weight[r] * along(process, r, gauge->direction),
                    gauge->image);
        double curvature = 0.0;
        for (int i = 0; i < n; i++)
            curvature += gauge->direction[i] * gauge->image[i];
        if (!(curvature > 0.0))
            return;
        for (int i = 0; i < n; i++) {
            gauge->phi[i] += square / curvature * gauge->direction[i];
            gauge->residual[i] -= square / curvature * gauge->image[i];
        }
        const double next = scaled_square(gauge, n);
        momentum = next / square;
        square = next;
    }
}

static void add_potential(const struct ff_gauge *gauge, const struct ff_process *process, double *f)
{
    for (int r = 0; r < process->n_channels; r++)
        f[r] += along(process, r, gauge->phi);
}

/* w_r = k_r prod_i exp(-order_ri phi_i), the same for a channel and its reverse, relative to the largest. */
static void estimate_traffic(struct ff_gauge *gauge, const struct ff_process *process,
                             const double *rates)
{
    double largest = -INFINITY;
    for (int r = 0; r < process->n_channels; r++) {
        gauge->weight[r] = log(rates[r]);
        for (int e = process->reactant_start[r]; e < process->reactant_start[r + 1]; e++)
            gauge->weight[r] -= process->reactant_order[e] * gauge->phi[process->reactant_site[e]];
        largest = fmax(largest, gauge->weight[r]);
    }
    for (int r = 0; r < process->n_channels; r++) {
        const int reverse = process->reverse[r];
        if (reverse > r)
            gauge->weight[r] = gauge->weight[reverse] =
                0.5 * (gauge->weight[r] + gauge->weight[reverse]);
    }
    for (int r = 0; r < process->n_channels; r++)
        gauge->weight[r] = exp(fmax(gauge->weight[r] - largest, -largest_exponent));
}

void ff_gauge_weigh(struct ff_gauge *gauge, const struct ff_process *process, const double *rates,
                    const double *forces)
{
    if (gauge->poisson != NULL && ff_poisson_set(gauge->poisson, rates))
        return;
    for (int r = 0; r < process->n_channels; r++)
        gauge->weight[r] = 1.0;
    solve(gauge, process, forces);
    estimate_traffic(gauge, process, rates);
}

void ff_gauge_apply(struct ff_gauge *gauge, const struct ff_process *process, const double *rates,
                    double *coefficient)
{
    if (ff_gauge_is_solved(gauge)) {
        ff_poisson_apply(gauge->poisson, rates, coefficient);
        return;
    }
    solve(gauge, process, coefficient);
    add_potential(gauge, process, coefficient);
}

bool ff_gauge_flux(const struct ff_gauge *gauge, const double *rates, double *flux)
{
    if (!ff_gauge_is_solved(gauge))
        return false;
    ff_poisson_flux(gauge->poisson, rates, flux);
    return true;
}
