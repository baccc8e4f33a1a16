/* The second derivatives of an objective without noise, by differences of its gradient.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_OPTIMIZE_HESSIAN_H
#define FF_OPTIMIZE_HESSIAN_H

#include "optimize/optimizer.h"

/* Arrays owned. */
struct ff_hessian {
    int n_parameters; /* P, or 0: there is no room for one */
    int is_known;     /* whether the next two mean anything */
    double *matrix;   /* [P][P] */
    double *place;    /* [P] theta at which it was measured */
};

void ff_hessian_create(int n_parameters, struct ff_hessian *out);
void ff_hessian_free(struct ff_hessian *hessian);

/** Whether it was measured exactly at theta [P]. */
bool ff_hessian_is_at(const struct ff_hessian *hessian, const double *theta);

/** Largest distance in one parameter from theta [P] to where it was measured; infinite where it is not known. */
double ff_hessian_distance(const struct ff_hessian *hessian, const double *theta);

/** Measure it at theta, where the gradient [P] is known, by P evaluations inside the box. These count on in *iteration; `probe`
 * is scratch.  After an error of the objective nothing is known. */
enum ff_status ff_hessian_measure(struct ff_hessian *hessian, const struct ff_objective *objective,
                                  const double *theta, const double *gradient, int *iteration,
                                  struct ff_evaluation *probe);

#endif
