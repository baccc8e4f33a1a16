/* A quadratic model of the objective about a point, from gradients at other points, and its minimum in a box.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_OPTIMIZE_QUADRATIC_H
#define FF_OPTIMIZE_QUADRATIC_H

#include "optimize/hessian.h"

/* The most parameters with a full matrix; beyond, the model is diagonal. */
enum { FF_MOST_DENSE = 300 };

/** a'b over n numbers. */
double ff_dot(const double *a, const double *b, int n);

/* Differences of gradients, over P parameters; arrays owned. */
struct ff_pairs {
    int n_parameters, n_pairs, capacity;
    double *step;   /* [n_pairs][P] s */
    double *change; /* [n_pairs][P] y: of the gradient along s */
    double *middle; /* [n_pairs][P] half way */
    double *error;  /* [n_pairs] standard error of s'y */
};

/** Room for `capacity` pairs. */
void ff_pairs_create(int n_parameters, int capacity, struct ff_pairs *out);
void ff_pairs_free(struct ff_pairs *pairs);

/** Add a pair; the oldest goes when there is no room.  Copies the arrays [P]. */
void ff_pairs_add(struct ff_pairs *pairs, const double *start, const double *step,
                  const double *change, double error);

/* m(d) = g'd + d'B d/2. */
struct ff_quadratic {
    int n_parameters;
    double *matrix;   /* [P][P], NULL where it is diagonal */
    double *diagonal; /* [P] of B */
    double *residual; /* [P] scratch, as the next four */
    double *image;
    double *factor; /* [P][P], NULL where the matrix is */
    int *chosen;    /* [P], likewise */
    int n_used;     /* pairs that the last fit used */
    int *order;     /* [capacity of pairs] */
};

void ff_quadratic_create(int n_parameters, int most_pairs, struct ff_quadratic *out);
void ff_quadratic_free(struct ff_quadratic *quadratic);

/** Curvature about theta [P]: a multiple of metric [P] (diagonal, the Fisher information), then BFGS updates (Nocedal and
 * Wright, Numerical Optimization, 2006, with Powell's damping) by the pairs near theta that stand out of their noise, the
 * nearest last.  Without such pairs the multiple makes the step of the steepest parameter, by gradient [P], one. */
void ff_quadratic_fit(struct ff_quadratic *quadratic, const struct ff_pairs *pairs,
                      const double *theta, const double *gradient, const double *metric);

/** The same from a Hessian that was measured near theta (ff_quadratic_trusts), and from the pairs that are nearer, by symmetric
 * rank-one updates: the curvature may be negative. */
void ff_quadratic_fit_hessian(struct ff_quadratic *quadratic, const struct ff_hessian *hessian,
                              const struct ff_pairs *pairs, const double *theta);

/** Whether a Hessian was measured near enough to theta [P] to be used there. */
bool ff_quadratic_trusts(const struct ff_hessian *hessian, const double *theta);

/** Minimise g'd + curvature d'B d/2 for low <= d <= high by coordinate descent into step [P]; returns minus the
 * minimum, never below 0; NaN where the gradient or the curvature is. */
double ff_quadratic_minimize(struct ff_quadratic *quadratic, const double *gradient,
                             double curvature, const double *low, const double *high, double *step);

#endif
