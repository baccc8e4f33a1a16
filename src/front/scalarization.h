/* One number from two objectives: maximise J, minimise sigma.
 *
 *     weighted    L = -w J/J_scale + (1-w) sigma/sigma_scale
 *     chebyshev   L = smooth max(t_J, t_sigma) + rho (t_J + t_sigma),
 *                 t_J = w (J_ideal - J)/J_scale,  t_sigma = (1-w) (sigma - sigma_ideal)/sigma_scale,
 *                 smooth max(a, b) = eps ln(exp(a/eps) + exp(b/eps))
 * A weighted sum reaches only the convex part of a front; augmented Chebyshev reaches all of it
 * (Steuer and Choo, Math. Program. 26:326, 1983).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_FRONT_SCALARIZATION_H
#define FF_FRONT_SCALARIZATION_H

#include "job/loss.h"

#include <math.h>
#include <stdbool.h>

/* Every kind: its place in lists and files, its name. A new one goes to the end. */
#define FF_SCALARIZATION_LIST(X)                                                                   \
    X(FF_SCALARIZATION_WEIGHTED, weighted)                                                         \
    X(FF_SCALARIZATION_CHEBYSHEV, chebyshev)

enum ff_scalarization_kind {
#define FF_SCALARIZATION_ENUM(kind, name) kind,
    FF_SCALARIZATION_LIST(FF_SCALARIZATION_ENUM)
#undef FF_SCALARIZATION_ENUM
};

struct ff_scalarization {
    enum ff_scalarization_kind kind;
    double weight;                       /* w of the current, in (0, 1) */
    double current_scale, entropy_scale; /* per unit time; k_B per unit time */
    double current_ideal, entropy_ideal; /* where the kind needs an ideal point */
};

/* A kind: a loss of (J, sigma), whose data are a struct ff_scalarization. */
struct ff_scalarization_type {
    struct ff_loss_type loss;
    bool
        needs_ideal; /* measured from the ideal point, in units of the ranges between the ends of the front */
};

/** ln(w/(1-w)), the measure of a weight in which neither end is special. */
static inline double ff_logit(double weight)
{
    return log(weight / (1.0 - weight));
}

/** All kinds in the order of the list, NULL-terminated. */
extern const struct ff_scalarization_type *const ff_scalarization_types[];

/** The loss of a scalarisation, which is borrowed. */
struct ff_loss ff_scalarization_loss(const struct ff_scalarization *scalarization);

/** L; its partial derivatives by J and sigma go to the pointers, which may be NULL. */
double ff_scalarize(const struct ff_scalarization *scalarization, double current,
                    double entropy_production, double *by_current, double *by_entropy);

#endif
