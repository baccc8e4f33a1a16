/* Which parameters are held, at how many points, and the sentence about it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/bounds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NAMED = 3 };
static const double significance = 3.0;  /* standard errors */
static const double at_the_bound = 1e-3; /* of the interval */
/* A fall by a unit of theta, a factor of e on a rate, relative to the objective: below it a rate that the optimum wants to
 * vanish is as good as gone. */
static const double least_fall = 0.01;

void ff_bounds_slope(const struct ff_evaluation *evaluation, double *slope)
{
    for (int p = 0; p < evaluation->n_parameters; p++) {
        const double g = evaluation->gradient[p];
        slope[p] = fabs(g) > significance * ff_evaluation_error(evaluation, p) ? g : 0.0;
    }
}

void ff_bounds_keep(const struct ff_design *design, const double *theta, double *slope)
{
    for (int p = 0; p < design->n_parameters; p++) {
        const double near = at_the_bound * (design->upper[p] - design->lower[p]);
        const bool falls_above = slope[p] < 0.0 && design->upper[p] - theta[p] <= near;
        const bool falls_below = slope[p] > 0.0 && theta[p] - design->lower[p] <= near;
        if (!falls_above && !falls_below)
            slope[p] = 0.0;
    }
}

/* ---- the sentence --------------------------------------------------------------------------- */

/* One bound of a parameter. */
struct held {
    int parameter, is_upper, n_points;
    double fall; /* the largest, relative to the objective */
};

static void count(const struct ff_bounds_point *point, int n_parameters, struct held *held,
                  bool *is_any)
{
    for (int p = 0; p < n_parameters && point->slope != NULL; p++) {
        const double fall = fabs(point->slope[p] / point->objective);
        if (!(fall >= least_fall))
            continue;
        struct held *one = &held[2 * p + (point->slope[p] < 0.0)];
        one->n_points++;
        one->fall = fmax(one->fall, fall);
        *is_any = true;
    }
}

/* Most points first, then the largest fall. */
static int compare(const void *a, const void *b)
{
    const struct held *left = a, *right = b;
    if (left->n_points != right->n_points)
        return right->n_points - left->n_points;
    if (left->fall != right->fall)
        return left->fall > right->fall ? -1 : 1;
    return left->parameter - right->parameter;
}

static void append(char *text, size_t size, const char *more)
{
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s", more);
}

void ff_bounds_say(const struct ff_bounds_point *points, int n, const struct ff_design *design,
                   char *text, size_t size)
{
    const int n_bounds = 2 * design->n_parameters;
    struct held *held = FF_NEW(struct held, n_bounds);
    char part[160];
    int n_points = 0, n_held = 0;
    for (int b = 0; b < n_bounds; b++)
        held[b] = (struct held){.parameter = b / 2, .is_upper = b % 2};
    for (int i = 0; i < n; i++) {
        bool is_any = false;
        count(&points[i], design->n_parameters, held, &is_any);
        n_points += is_any;
    }
    qsort(held, (size_t)n_bounds, sizeof *held, compare);
    while (n_held < n_bounds && held[n_held].n_points > 0)
        n_held++;
    text[0] = '\0';
    for (int b = 0; b < n_held && b < MOST_NAMED; b++) {
        if (b == 0) {
            snprintf(part, sizeof part, "bounds limit %d of %d points: ", n_points, n);
            append(text, size, part);
        }
        snprintf(part, sizeof part, "%s`%.60s` is at its %s bound in %d%s", b > 0 ? ", " : "",
                 design->parameter_names[held[b].parameter], held[b].is_upper ? "upper" : "lower",
                 held[b].n_points, b == 0 ? " of them" : "");
        append(text, size, part);
    }
    if (n_held > MOST_NAMED) {
        snprintf(part, sizeof part, " and %d more likewise", n_held - MOST_NAMED);
        append(text, size, part);
    }
    if (n_held > 0)
        append(text, size, "; the objective falls on beyond");
    free(held);
}
