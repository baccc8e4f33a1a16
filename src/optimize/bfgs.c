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

struct problem {
    const struct ff_objective *objective;
    double *theta;
    struct ff_evaluation evaluation; /* at theta */
    enum ff_status status; /* of the first evaluation; a failing trial step is a NaN to GSL */
    bool has_begun;
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
    struct problem *problem = context;
    const struct ff_objective *objective = problem->objective;
    theta_from_z(objective, z, problem->theta);
    const enum ff_status status =
        objective->evaluate(objective->context, problem->theta, 0, &problem->evaluation);
    if (!problem->has_begun)
        problem->status = status;
    problem->has_begun = true;
    *value = status == FF_OK ? problem->evaluation.value : GSL_NAN;
    for (int p = 0; gradient != NULL && p < objective->n_parameters; p++) {
        const double slope = cos(gsl_vector_get(z, (size_t)p) / half_width(objective, p));
        gsl_vector_set(gradient, (size_t)p,
                       status == FF_OK ? problem->evaluation.gradient[p] * slope : GSL_NAN);
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

static enum ff_outcome iterate(gsl_multimin_fdfminimizer *minimizer, struct problem *problem,
                               int max_iterations, struct ff_trace *trace)
{
    const int n = problem->objective->n_parameters;
    for (int t = 0; t < max_iterations; t++) {
        const int failure = gsl_multimin_fdfminimizer_iterate(minimizer);
        ff_trace_record(trace, &problem->evaluation, n);
        if (gsl_multimin_test_gradient(minimizer->gradient, gradient_tolerance) == GSL_SUCCESS)
            return FF_OUTCOME_CONVERGED;
        if (failure)
            return FF_OUTCOME_STALLED;
    }
    return FF_OUTCOME_MAX_ITERATIONS;
}

static enum ff_status bfgs_minimize(const struct ff_objective *objective,
                                    const struct ff_optimizer_options *options, double *theta,
                                    struct ff_trace *trace, enum ff_outcome *outcome)
{
    const int n = objective->n_parameters;
    struct problem problem = {
        .objective = objective,
        .theta = FF_NEW(double, n),
        .evaluation = {.gradient = FF_NEW(double, n), .metric = FF_NEW(double, n)}};
    gsl_multimin_function_fdf function = {
        .f = value_only, .df = gradient_only, .fdf = evaluate, .n = (size_t)n, .params = &problem};
    gsl_vector *z = gsl_vector_alloc((size_t)n);
    gsl_multimin_fdfminimizer *minimizer =
        gsl_multimin_fdfminimizer_alloc(gsl_multimin_fdfminimizer_vector_bfgs2, (size_t)n);
    if (z == NULL || minimizer == NULL)
        ff_status_abort(__FILE__, __LINE__, "out of memory");
    z_from_theta(objective, theta, z);
    gsl_multimin_fdfminimizer_set(minimizer, &function, z, first_step, line_tolerance);
    if (problem.status == FF_OK) {
        *outcome = iterate(minimizer, &problem, options->iterations, trace);
        theta_from_z(objective, minimizer->x, theta);
    }
    gsl_multimin_fdfminimizer_free(minimizer);
    gsl_vector_free(z);
    free(problem.theta);
    free(problem.evaluation.gradient);
    free(problem.evaluation.metric);
    return problem.status;
}

const struct ff_optimizer_type ff_optimizer_bfgs = {
    .name = "bfgs",
    .doc = "quasi-Newton (GSL), for the exact gradient",
    .minimize = bfgs_minimize,
};
