/* Quasi-Newton minimisation by GSL's vector_bfgs2, for noise-free gradients.
 *
 * The box enters by theta = middle + half sin(z / half), free in z: an optimum on a face of the box with a
 * nonzero multiplier becomes an ordinary quadratic minimum.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/optimizer.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const double first_step = 0.1, line_tolerance = 0.1, gradient_tolerance = 1e-10;
/* Starts on a face are moved inside, where the map to z has a slope. */
static const double face_margin = 0.02;

struct bfgs {
    gsl_multimin_function_fdf function; /* GSL keeps its address */
    gsl_multimin_fdfminimizer *minimizer;
    bool has_begun;
    /* The step at hand. */
    const struct ff_objective *objective;
    struct ff_evaluation *evaluation; /* the last one */
    double *trial;                    /* [P], its theta */
    enum ff_status status;            /* of it; a trial that fails is a NaN to GSL */
};

static double half_width(const struct ff_objective *objective, int p)
{
    return 0.5 * (objective->upper[p] - objective->lower[p]);
}

static void theta_from_z(const struct ff_objective *objective, const gsl_vector *z, double *theta)
{
    for (int p = 0; p < objective->n_parameters; p++) {
        const double half = half_width(objective, p);
        theta[p] = objective->lower[p] + half + half * sin(gsl_vector_get(z, (size_t)p) / half);
    }
}

static void z_from_theta(const struct ff_objective *objective, const double *theta, gsl_vector *z)
{
    for (int p = 0; p < objective->n_parameters; p++) {
        const double half = half_width(objective, p);
        const double place = (theta[p] - objective->lower[p] - half) / half;
        const double inside = fmin(fmax(place, face_margin - 1.0), 1.0 - face_margin);
        gsl_vector_set(z, (size_t)p, half * asin(inside));
    }
}

static void evaluate(const gsl_vector *z, void *context, double *value, gsl_vector *gradient)
{
    struct bfgs *bfgs = context;
    const struct ff_objective *objective = bfgs->objective;
    const struct ff_request request = {.iteration = 0, .samples = 1};
    theta_from_z(objective, z, bfgs->trial);
    bfgs->status = objective->evaluate(objective->context, bfgs->trial, request, bfgs->evaluation);
    *value = bfgs->status == FF_OK ? bfgs->evaluation->value : GSL_NAN;
    for (int p = 0; gradient != NULL && p < objective->n_parameters; p++) {
        const double slope = cos(gsl_vector_get(z, (size_t)p) / half_width(objective, p));
        gsl_vector_set(gradient, (size_t)p,
                       bfgs->status == FF_OK ? bfgs->evaluation->gradient[p] * slope : GSL_NAN);
    }
}

static double value_only(const gsl_vector *z, void *context)
{
    double value;
    evaluate(z, context, &value, NULL);
    return value;
}

static void gradient_only(const gsl_vector *z, void *context, gsl_vector *gradient)
{
    double value;
    evaluate(z, context, &value, gradient);
}

static enum ff_status bfgs_create(const struct ff_optimizer_options *options,
                                  const struct ff_objective *objective, void **out)
{
    const size_t n = (size_t)objective->n_parameters;
    struct bfgs *bfgs = FF_NEW(struct bfgs, 1);
    (void)options; /* steps are as long as the line searches find */
    bfgs->function = (gsl_multimin_function_fdf){
        .f = value_only, .df = gradient_only, .fdf = evaluate, .n = n, .params = bfgs};
    bfgs->minimizer = gsl_multimin_fdfminimizer_alloc(gsl_multimin_fdfminimizer_vector_bfgs2, n);
    if (bfgs->minimizer == NULL)
        ff_status_abort(__FILE__, __LINE__, "out of memory");
    bfgs->trial = FF_RAW(double, n);
    *out = bfgs;
    return FF_OK;
}

static void bfgs_free(void *state)
{
    struct bfgs *bfgs = state;
    if (bfgs == NULL)
        return;
    gsl_multimin_fdfminimizer_free(bfgs->minimizer);
    free(bfgs->trial);
    free(bfgs);
}

/* Evaluate the start; only here does an error of the objective end the optimisation. */
static enum ff_status begin(struct bfgs *bfgs, const double *theta)
{
    gsl_vector *z = gsl_vector_alloc((size_t)bfgs->objective->n_parameters);
    if (z == NULL)
        ff_status_abort(__FILE__, __LINE__, "out of memory");
    z_from_theta(bfgs->objective, theta, z);
    gsl_multimin_fdfminimizer_set(bfgs->minimizer, &bfgs->function, z, first_step, line_tolerance);
    gsl_vector_free(z);
    bfgs->has_begun = bfgs->status == FF_OK;
    return bfgs->status;
}

static enum ff_status bfgs_step(void *state, const struct ff_objective *objective, double *theta,
                                struct ff_evaluation *evaluation, enum ff_outcome *outcome)
{
    struct bfgs *bfgs = state;
    bfgs->objective = objective;
    bfgs->evaluation = evaluation;
    if (!bfgs->has_begun)
        TRY(begin(bfgs, theta));
    const int failure = gsl_multimin_fdfminimizer_iterate(bfgs->minimizer);
    theta_from_z(objective, bfgs->minimizer->x, theta);
    if (gsl_multimin_test_gradient(bfgs->minimizer->gradient, gradient_tolerance) == GSL_SUCCESS)
        *outcome = FF_OUTCOME_CONVERGED;
    else if (failure)
        *outcome = FF_OUTCOME_STALLED;
    return FF_OK;
}

/* GSL shows nothing of its line searches and its last two points, so no state is saved. */
const struct ff_optimizer_type ff_optimizer_bfgs = {
    .name = "bfgs",
    .doc = "quasi-Newton (GSL), for the exact gradient",
    .needs_exact = true,
    .create = bfgs_create,
    .step = bfgs_step,
    .free = bfgs_free,
};
