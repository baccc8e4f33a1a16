/* Curvature from pairs, and coordinate descent.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/quadratic.h"

#include "base/status.h"
#include "optimize/cholesky.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROUNDS = 200 };
static const double near_enough = 1.0;     /* of the middle of a pair, in every parameter */
static const double significance = 2.0;    /* standard errors that a curvature must stand out by */
static const double ridge = 1e-3;          /* of the mean metric, added to all */
static const double damping = 0.1;         /* least s'y over s'Bs */
static const double least_product = 1e-16; /* (r's)^2 over r'r s's */
static const double least_change = 1e-10;  /* of the largest step: enough */

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
    if (n_parameters > FF_MOST_DENSE)
        return;
    out->matrix = FF_RAW(double, n *n);
    out->factor = FF_RAW(double, n *n);
    out->chosen = FF_RAW(int, n);
}

void ff_quadratic_free(struct ff_quadratic *quadratic)
{
    free(quadratic->matrix);
    free(quadratic->diagonal);
    free(quadratic->residual);
    free(quadratic->image);
    free(quadratic->factor);
    free(quadratic->chosen);
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
        largest = fmax(largest, fabs(row(pairs, pairs->middle, i)[p] - theta[p]));
    return largest;
}

/* The pairs within reach to be used, from the farthest to the nearest, by insertion; returns their number. */
static int choose_pairs(const struct ff_pairs *pairs, const double *theta, double reach, int *order)
{
    int n = 0;
    for (int i = 0; i < pairs->n_pairs; i++) {
        const double far = distance(pairs, i, theta);
        const double curvature =
            ff_dot(row(pairs, pairs->step, i), row(pairs, pairs->change, i), pairs->n_parameters);
        if (far > reach || !(fabs(curvature) > significance * pairs->error[i]))
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
    const int n_chosen = quadratic->n_used =
        choose_pairs(pairs, theta, near_enough, quadratic->order);
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

bool ff_quadratic_trusts(const struct ff_hessian *hessian, const double *theta)
{
    return ff_hessian_distance(hessian, theta) < near_enough;
}

/* B += r r'/r's with r = y - B s, unless r's is lost in rounding. */
static void update_either_way(struct ff_quadratic *quadratic, const double *s, const double *y)
{
    const int n = quadratic->n_parameters;
    double *rest = quadratic->image;
    for (int p = 0; p < n; p++)
        rest[p] = y[p] - ff_dot(quadratic->matrix + (size_t)p * (size_t)n, s, n);
    const double product = ff_dot(rest, s, n);
    if (!(product * product > least_product * ff_dot(rest, rest, n) * ff_dot(s, s, n)))
        return;
    for (int p = 0; p < n; p++)
        for (int q = 0; q < n; q++)
            quadratic->matrix[(size_t)p * (size_t)n + (size_t)q] += rest[p] * rest[q] / product;
}

void ff_quadratic_fit_hessian(struct ff_quadratic *quadratic, const struct ff_hessian *hessian,
                              const struct ff_pairs *pairs, const double *theta)
{
    const int n = quadratic->n_parameters;
    memcpy(quadratic->matrix, hessian->matrix, sizeof(double) * (size_t)n * (size_t)n);
    const double nearer = nextafter(ff_hessian_distance(hessian, theta), -1.0);
    const int n_chosen = choose_pairs(pairs, theta, nearer, quadratic->order);
    for (int k = 0; k < n_chosen; k++)
        update_either_way(quadratic, row(pairs, pairs->step, quadratic->order[k]),
                          row(pairs, pairs->change, quadratic->order[k]));
    for (int p = 0; p < n; p++)
        quadratic->diagonal[p] = quadratic->matrix[(size_t)p * (size_t)n + (size_t)p];
    quadratic->n_used = n + n_chosen;
}

/* ---- minimum -------------------------------------------------------------------------------- */

/* d_p moves, and the residual g + B d follows; returns how far. */
static double shift(struct ff_quadratic *quadratic, int p, double curvature, double moved,
                    double *step)
{
    const int n = quadratic->n_parameters;
    if (moved == 0.0)
        return 0.0;
    step[p] += moved;
    if (quadratic->matrix == NULL) {
        quadratic->residual[p] += curvature * quadratic->diagonal[p] * moved;
    } else {
        const double *restrict column = quadratic->matrix + (size_t)p * (size_t)n;
        double *restrict residual = quadratic->residual;
        for (int q = 0; q < n; q++)
            residual[q] += curvature * column[q] * moved;
    }
    return fabs(moved);
}

/* The best d_p with the others held: an end where the model does not curve upwards. */
static double move(struct ff_quadratic *quadratic, int p, double curvature, double low, double high,
                   double *step)
{
    const double slope = quadratic->residual[p], bend = curvature * quadratic->diagonal[p];
    const double down = low - step[p], up = high - step[p];
    if (bend > 0.0)
        return shift(quadratic, p, curvature, fmin(fmax(-slope / bend, down), up), step);
    if (!(bend <= 0.0))
        return 0.0;
    const double by_down = (slope + 0.5 * bend * down) * down,
                 by_up = (slope + 0.5 * bend * up) * up;
    return shift(quadratic, p, curvature,
                 fmin(by_down, by_up) < 0.0 ? (by_down < by_up ? down : up) : 0.0, step);
}

/* All that touch no limit go together to where the model is least, or as far as it does not curve upwards, or to the first limit
 * on the way: sweeps alone crawl where parameters depend on each other. */
static double move_free(struct ff_quadratic *quadratic, double curvature, const double *low,
                        const double *high, double *step)
{
    double *along = quadratic->image, slope = 0.0, share = 1.0, moved = 0.0;
    int *chosen = quadratic->chosen, n = 0;
    for (int p = 0; p < quadratic->n_parameters; p++)
        if (step[p] > low[p] && step[p] < high[p])
            chosen[n++] = p;
    for (int i = 0; i < n; i++)
        along[i] = -quadratic->residual[chosen[i]] / curvature;
    if (!ff_cholesky_solve(quadratic->matrix, quadratic->n_parameters, chosen, n, quadratic->factor,
                           along))
        share = INFINITY;
    for (int i = 0; i < n; i++)
        slope += along[i] * quadratic->residual[chosen[i]];
    for (int i = 0; i < n; i++) {
        along[i] = slope > 0.0 ? -along[i] : along[i];
        const double room = (along[i] > 0.0 ? high : low)[chosen[i]] - step[chosen[i]];
        if (along[i] != 0.0)
            share = fmin(share, room / along[i]);
    }
    for (int i = 0; i < n && isfinite(share); i++) {
        const int p = chosen[i];
        const double to = fmin(fmax(step[p] + share * along[i], low[p]), high[p]);
        moved = fmax(moved, shift(quadratic, p, curvature, to - step[p], step));
    }
    return moved;
}

double ff_quadratic_minimize(struct ff_quadratic *quadratic, const double *gradient,
                             double curvature, const double *low, const double *high, double *step)
{
    const int n = quadratic->n_parameters;
    memset(step, 0, sizeof *step * (size_t)n);
    memcpy(quadratic->residual, gradient, sizeof *gradient * (size_t)n);
    double largest = 0.0;
    for (int round = 0; round < MAX_ROUNDS; round++) {
        double moved = 0.0;
        for (int p = 0; p < n; p++)
            moved = fmax(moved, move(quadratic, p, curvature, low[p], high[p], step));
        if (quadratic->matrix != NULL)
            moved = fmax(moved, move_free(quadratic, curvature, low, high, step));
        for (int p = 0; p < n; p++)
            largest = fmax(largest, fabs(step[p]));
        if (!(moved > least_change * largest))
            break;
    }
    /* m = (g + r)'d/2 with r = g + B d */
    const double decrease =
        -0.5 * (ff_dot(gradient, step, n) + ff_dot(quadratic->residual, step, n));
    return decrease < 0.0 ? 0.0 : decrease;
}
