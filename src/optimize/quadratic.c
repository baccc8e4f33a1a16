/* Curvature from pairs, and coordinate descent.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/quadratic.h"

#include "base/status.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SWEEPS = 200 };
static const double near_enough = 1.0;    /* of the middle of a pair, in every parameter */
static const double significance = 2.0;   /* standard errors that a curvature must stand out by */
static const double ridge = 1e-3;         /* of the mean metric, added to all */
static const double damping = 0.1;        /* least s'y over s'Bs */
static const double sweep_change = 1e-10; /* of the largest step: enough */

/* fmin and fmax keep an eye on NaN and are calls, of which a sweep has many. */
static double clip(double value, double low, double high)
{
    const double above = value > low ? value : low;
    return above < high ? above : high;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* ---- pairs ---------------------------------------------------------------------------------- */

void ff_pairs_create(int n_parameters, int capacity, struct ff_pairs *out)
{
    const size_t size = (size_t)n_parameters * (size_t)capacity;
    *out = (struct ff_pairs){.n_parameters = n_parameters,
                             .capacity = capacity,
                             .step = FF_NEW(double, size),
                             .change = FF_NEW(double, size),
                             .middle = FF_NEW(double, size),
                             .error = FF_NEW(double, capacity)};
}

void ff_pairs_free(struct ff_pairs *pairs)
{
    free(pairs->step);
    free(pairs->change);
    free(pairs->middle);
    free(pairs->error);
}

/* Row i of an array over pairs. */
static double *row(const struct ff_pairs *pairs, double *array, int i)
{
    return array + (size_t)i * (size_t)pairs->n_parameters;
}

static void forget_oldest(struct ff_pairs *pairs)
{
    const size_t n = (size_t)pairs->n_parameters, kept = (size_t)pairs->n_pairs - 1;
    double *const arrays[] = {pairs->step, pairs->change, pairs->middle};
    for (int k = 0; k < 3; k++)
        memmove(arrays[k], arrays[k] + n, sizeof(double) * n * kept);
    memmove(pairs->error, pairs->error + 1, sizeof(double) * kept);
    pairs->n_pairs--;
}

void ff_pairs_add(struct ff_pairs *pairs, const double *start, const double *step,
                  const double *change, double error)
{
    const size_t size = sizeof(double) * (size_t)pairs->n_parameters;
    if (pairs->n_pairs == pairs->capacity)
        forget_oldest(pairs);
    const int i = pairs->n_pairs++;
    memcpy(row(pairs, pairs->step, i), step, size);
    memcpy(row(pairs, pairs->change, i), change, size);
    for (int p = 0; p < pairs->n_parameters; p++)
        row(pairs, pairs->middle, i)[p] = start[p] + 0.5 * step[p];
    pairs->error[i] = error;
}

/* ---- curvature ------------------------------------------------------------------------------ */

void ff_quadratic_create(int n_parameters, int most_pairs, struct ff_quadratic *out)
{
    const size_t n = (size_t)n_parameters;
    *out = (struct ff_quadratic){.n_parameters = n_parameters,
                                 .diagonal = FF_RAW(double, n),
                                 .residual = FF_RAW(double, n),
                                 .image = FF_RAW(double, n),
                                 .order = FF_RAW(int, most_pairs)};
    if (n_parameters <= FF_MOST_DENSE)
        out->matrix = FF_RAW(double, n *n);
}

void ff_quadratic_free(struct ff_quadratic *quadratic)
{
    free(quadratic->matrix);
    free(quadratic->diagonal);
    free(quadratic->residual);
    free(quadratic->image);
    free(quadratic->order);
}

double ff_dot(const double *a, const double *b, int n)
{
    double sum = 0.0;
    for (int p = 0; p < n; p++)
        sum += a[p] * b[p];
    return sum;
}

/* Largest distance in one parameter from theta to the middle of a pair. */
static double distance(const struct ff_pairs *pairs, int i, const double *theta)
{
    double largest = 0.0;
    for (int p = 0; p < pairs->n_parameters; p++)
        largest = larger(largest, fabs(row(pairs, pairs->middle, i)[p] - theta[p]));
    return largest;
}

/* The pairs to be used, from the farthest to the nearest, by insertion; returns their number. */
static int choose_pairs(const struct ff_pairs *pairs, const double *theta, int *order)
{
    int n = 0;
    for (int i = 0; i < pairs->n_pairs; i++) {
        const double far = distance(pairs, i, theta);
        const double curvature =
            ff_dot(row(pairs, pairs->step, i), row(pairs, pairs->change, i), pairs->n_parameters);
        if (far > near_enough || !(fabs(curvature) > significance * pairs->error[i]))
            continue;
        int at = n++;
        for (; at > 0 && distance(pairs, order[at - 1], theta) < far; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return n;
}

/* What the metric is multiplied by: the least positive curvature of the chosen pairs over that of the metric. */
static double metric_factor(const struct ff_pairs *pairs, const int *order, int n,
                            const double *metric, const double *gradient)
{
    double least = INFINITY, steepest = 0.0;
    for (int k = 0; k < n; k++) {
        const double *s = row(pairs, pairs->step, order[k]);
        const double *y = row(pairs, pairs->change, order[k]);
        double size = 0.0;
        for (int p = 0; p < pairs->n_parameters; p++)
            size += s[p] * s[p] * metric[p];
        if (ff_dot(s, y, pairs->n_parameters) > 0.0)
            least = fmin(least, ff_dot(s, y, pairs->n_parameters) / size);
    }
    for (int p = 0; p < pairs->n_parameters; p++)
        steepest = fmax(steepest, fabs(gradient[p]) / metric[p]);
    if (isfinite(least))
        return least;
    return steepest > 0.0 ? steepest : 1.0;
}

/* B += y y'/s'y - B s s'B/s'Bs, y damped towards B s. */
static void update(struct ff_quadratic *quadratic, const double *s, const double *y)
{
    const int n = quadratic->n_parameters;
    double *image = quadratic->image, *damped = quadratic->residual;
    for (int p = 0; p < n; p++)
        image[p] = ff_dot(quadratic->matrix + (size_t)p * (size_t)n, s, n);
    const double along = ff_dot(s, image, n), given = ff_dot(s, y, n);
    if (!(along > 0.0))
        return;
    const double share = given < damping * along ? (1.0 - damping) * along / (along - given) : 1.0;
    for (int p = 0; p < n; p++)
        damped[p] = share * y[p] + (1.0 - share) * image[p];
    const double product = ff_dot(s, damped, n);
    for (int p = 0; p < n; p++)
        for (int q = 0; q < n; q++)
            quadratic->matrix[(size_t)p * (size_t)n + (size_t)q] +=
                damped[p] * damped[q] / product - image[p] * image[q] / along;
}

void ff_quadratic_fit(struct ff_quadratic *quadratic, const struct ff_pairs *pairs,
                      const double *theta, const double *gradient, const double *metric)
{
    const int n = quadratic->n_parameters;
    double mean = 0.0, *diagonal = quadratic->diagonal;
    for (int p = 0; p < n; p++)
        mean += metric[p] / n;
    for (int p = 0; p < n; p++)
        diagonal[p] = metric[p] + ridge * mean + 1e-300;
    const int n_chosen = quadratic->n_used = choose_pairs(pairs, theta, quadratic->order);
    const double factor = metric_factor(pairs, quadratic->order, n_chosen, diagonal, gradient);
    for (int p = 0; p < n; p++)
        diagonal[p] *= factor;
    if (quadratic->matrix == NULL)
        return;
    memset(quadratic->matrix, 0, sizeof(double) * (size_t)n * (size_t)n);
    for (int p = 0; p < n; p++)
        quadratic->matrix[(size_t)p * (size_t)n + (size_t)p] = diagonal[p];
    for (int k = 0; k < n_chosen; k++)
        update(quadratic, row(pairs, pairs->step, quadratic->order[k]),
               row(pairs, pairs->change, quadratic->order[k]));
    for (int p = 0; p < n; p++)
        diagonal[p] = quadratic->matrix[(size_t)p * (size_t)n + (size_t)p];
}

/* ---- minimum -------------------------------------------------------------------------------- */

/* The best d_p with the others held, and what follows for the residual g + B d; returns how far it moved. */
static double move(struct ff_quadratic *quadratic, int p, double curvature, double low, double high,
                   double *step)
{
    const int n = quadratic->n_parameters;
    const double before = step[p], bend = curvature * quadratic->diagonal[p];
    if (!(bend > 0.0))
        return 0.0;
    step[p] = clip(before - quadratic->residual[p] / bend, low, high);
    const double moved = step[p] - before;
    if (moved == 0.0)
        return 0.0;
    if (quadratic->matrix == NULL) {
        quadratic->residual[p] += bend * moved;
    } else {
        const double *restrict column = quadratic->matrix + (size_t)p * (size_t)n;
        double *restrict residual = quadratic->residual;
        for (int q = 0; q < n; q++)
            residual[q] += curvature * column[q] * moved;
    }
    return fabs(moved);
}

double ff_quadratic_minimize(struct ff_quadratic *quadratic, const double *gradient,
                             double curvature, const double *low, const double *high, double *step)
{
    const int n = quadratic->n_parameters;
    memset(step, 0, sizeof *step * (size_t)n);
    memcpy(quadratic->residual, gradient, sizeof *gradient * (size_t)n);
    double largest = 0.0;
    for (int sweep = 0; sweep < MAX_SWEEPS; sweep++) {
        double moved = 0.0;
        for (int p = 0; p < n; p++) {
            moved = larger(moved, move(quadratic, p, curvature, low[p], high[p], step));
            largest = larger(largest, fabs(step[p]));
        }
        if (!(moved > sweep_change * largest))
            break;
    }
    /* m = (g + r)'d/2 with r = g + B d */
    const double decrease =
        -0.5 * (ff_dot(gradient, step, n) + ff_dot(quadratic->residual, step, n));
    return decrease < 0.0 ? 0.0 : decrease;
}
