/* Quasi-Newton minimisation by NLopt's L-BFGS, for noise-free gradients.
 *
 * NLopt gives control back at its end only: the first step runs it whole and keeps its path, and every step hands out one
 * point of this path. A small last decrease is no proof of an optimum, for a line search may have ended early. So NLopt is
 * run again from near the best point, with nothing remembered, and the method has converged when such a run comes by itself
 * to the same value, to the tolerance, on either side.
 * Luksan's code, in Nocedal, Math. Comput. 35:773 (1980); Johnson, The NLopt nonlinear-optimization package.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/optimizer.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <nlopt.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RUNS = 10, EVALUATIONS_PER_STEP = 4 };
static const double last_decrease = 0.01; /* at which a run ends, of what two runs may differ by */
static const double first_shake = 0.01,
                    next_shake = 0.3; /* in theta, and its factor from run to run */

struct point {
    double *theta; /* [P] */
    struct ff_evaluation evaluation;
};

struct bfgs {
    double tolerance;
    int most_steps, most_evaluations;
    /* The path: the start, then every trial that was better than all before. */
    struct point *path; /* [n_points] */
    int n_points, capacity, n_given;
    enum ff_outcome outcome; /* of its last point */
    /* The run at hand. */
    const struct ff_objective *objective;
    nlopt_opt nlopt;
    struct ff_evaluation trial;
    int n_evaluations;
    double scale;          /* of the objective that NLopt sees; 0: not yet known */
    enum ff_status status; /* of the start */
};

/* ---- life cycle ----------------------------------------------------------------------------- */

static enum ff_status bfgs_create(const struct ff_optimizer_options *options,
                                  const struct ff_objective *objective, void **out)
{
    const int most = options->iterations;
    struct bfgs *bfgs = FF_NEW(struct bfgs, 1);
    bfgs->tolerance = options->tolerance;
    bfgs->most_steps = most;
    bfgs->most_evaluations =
        most > INT_MAX / EVALUATIONS_PER_STEP ? INT_MAX : EVALUATIONS_PER_STEP * most;
    bfgs->outcome = FF_OUTCOME_NONE;
    ff_evaluation_create(objective->n_parameters, &bfgs->trial);
    *out = bfgs;
    return FF_OK;
}

static void bfgs_free(void *state)
{
    struct bfgs *bfgs = state;
    if (bfgs == NULL)
        return;
    for (int i = 0; i < bfgs->n_points; i++) {
        free(bfgs->path[i].theta);
        ff_evaluation_free(&bfgs->path[i].evaluation);
    }
    free(bfgs->path);
    ff_evaluation_free(&bfgs->trial);
    free(bfgs);
}

/* ---- what NLopt sees ------------------------------------------------------------------------ */

static const struct point *best_of(const struct bfgs *bfgs)
{
    return bfgs->n_points > 0 ? &bfgs->path[bfgs->n_points - 1] : NULL;
}

/* The trial becomes the last point of the path. */
static void keep(struct bfgs *bfgs, const double *theta)
{
    const int n = bfgs->objective->n_parameters;
    if (bfgs->n_points == bfgs->capacity) {
        bfgs->capacity = 2 * bfgs->capacity + 8;
        bfgs->path = ff_grow(bfgs->path, (unsigned long)bfgs->capacity, sizeof *bfgs->path);
    }
    assert(bfgs->path != NULL);
    struct point *point = &bfgs->path[bfgs->n_points++];
    point->theta = FF_RAW(double, n);
    memcpy(point->theta, theta, sizeof *theta * (size_t)n);
    point->evaluation = bfgs->trial;
    ff_evaluation_create(n, &bfgs->trial);
}

/* One over the largest slope that does not press against the box. NLopt's first step is as long as the gradient, and it takes a
 * gradient below 1e-8 for zero, whatever the unit of the objective. */
static double scale_at(const struct ff_objective *objective, const double *theta,
                       const double *gradient)
{
    double largest = 0.0;
    for (int p = 0; p < objective->n_parameters; p++) {
        const bool is_pressed =
            gradient[p] > 0.0 ? theta[p] <= objective->lower[p] : theta[p] >= objective->upper[p];
        if (!is_pressed)
            largest = fmax(largest, fabs(gradient[p]));
    }
    return largest > 0.0 ? 1.0 / largest : 1.0;
}

/* A trial that fails is infinitely bad; only at the start does that end the optimisation. */
static double evaluate(unsigned n, const double *theta, double *gradient, void *context)
{
    struct bfgs *bfgs = context;
    struct ff_evaluation *trial = &bfgs->trial;
    const struct ff_request request = {.iteration = (uint32_t)bfgs->n_evaluations++, .samples = 1};
    const enum ff_status status =
        bfgs->objective->evaluate(bfgs->objective->context, theta, request, trial);
    const struct point *best = best_of(bfgs);
    if (status != FF_OK || !isfinite(trial->value)) {
        memset(gradient, 0, sizeof *gradient * n);
        if (best == NULL) {
            bfgs->status = status;
            nlopt_force_stop(bfgs->nlopt);
        }
        return HUGE_VAL;
    }
    if (!(bfgs->scale > 0.0))
        bfgs->scale = scale_at(bfgs->objective, theta, trial->gradient);
    for (unsigned p = 0; p < n; p++)
        gradient[p] = bfgs->scale * trial->gradient[p];
    const double value = bfgs->scale * trial->value;
    if (best == NULL || trial->value < best->evaluation.value)
        keep(bfgs, theta);
    if (bfgs->n_points > bfgs->most_steps)
        nlopt_force_stop(bfgs->nlopt);
    return value;
}

/* ---- runs ----------------------------------------------------------------------------------- */

static nlopt_opt new_nlopt(struct bfgs *bfgs)
{
    const struct ff_objective *objective = bfgs->objective;
    nlopt_opt nlopt = nlopt_create(NLOPT_LD_LBFGS, (unsigned)objective->n_parameters);
    if (nlopt == NULL || nlopt_set_lower_bounds(nlopt, objective->lower) < 0 ||
        nlopt_set_upper_bounds(nlopt, objective->upper) < 0 ||
        nlopt_set_min_objective(nlopt, evaluate, bfgs) < 0)
        ff_status_abort(__FILE__, __LINE__, "NLopt cannot be set up");
    nlopt_set_ftol_rel(nlopt, last_decrease * ff_optimizer_enough(bfgs->tolerance, 1.0));
    return nlopt;
}

/* One run of NLopt from theta [P], with nothing remembered: the value at which it came to its own end, else infinity. */
static double run(struct bfgs *bfgs, double *theta)
{
    double value;
    bfgs->scale = 0.0;
    nlopt_set_maxeval(bfgs->nlopt, bfgs->most_evaluations - bfgs->n_evaluations);
    const nlopt_result result = nlopt_optimize(bfgs->nlopt, theta, &value);
    if (result == NLOPT_OUT_OF_MEMORY || result == NLOPT_INVALID_ARGS)
        ff_status_abort(__FILE__, __LINE__, "NLopt ran out of memory or was called wrongly");
    const bool is_ended = result == NLOPT_FTOL_REACHED || result == NLOPT_SUCCESS;
    return is_ended && bfgs->scale > 0.0 ? value / bfgs->scale : INFINITY;
}

static bool is_out_of_steps(const struct bfgs *bfgs)
{
    return bfgs->n_points > bfgs->most_steps || bfgs->n_evaluations >= bfgs->most_evaluations;
}

/* A place beside the best point, further from the nearer bounds: a run that began at the point itself would find nothing but
 * rounding, and take a saddle for an optimum. */
static void shake(const struct bfgs *bfgs, double size, double *theta)
{
    const struct ff_objective *objective = bfgs->objective;
    memcpy(theta, best_of(bfgs)->theta, sizeof *theta * (size_t)objective->n_parameters);
    for (int p = 0; p < objective->n_parameters; p++) {
        const double low = objective->lower[p], high = objective->upper[p];
        const double move = fmin(size, 0.25 * (high - low));
        theta[p] += theta[p] <= 0.5 * (low + high) ? move : -move;
    }
}

/* Runs from near the best point so far, until one ends at the same value. */
static enum ff_outcome run_again(struct bfgs *bfgs, double *theta)
{
    double size = first_shake;
    for (int i = 1; i < MOST_RUNS && !is_out_of_steps(bfgs); i++, size *= next_shake) {
        const double before = best_of(bfgs)->evaluation.value;
        shake(bfgs, size, theta);
        const double end = run(bfgs, theta);
        struct ff_evaluation *best = &bfgs->path[bfgs->n_points - 1].evaluation;
        best->gap = before - best->value;
        if (fabs(end - before) <= ff_optimizer_enough(bfgs->tolerance, before))
            return FF_OUTCOME_CONVERGED;
    }
    return is_out_of_steps(bfgs) ? FF_OUTCOME_MAX_ITERATIONS : FF_OUTCOME_STALLED;
}

/* Find the whole path from theta [P]. */
static enum ff_status find_path(struct bfgs *bfgs, const struct ff_objective *objective,
                                const double *start)
{
    const size_t n = (size_t)objective->n_parameters;
    double *theta = FF_RAW(double, n);
    memcpy(theta, start, sizeof *theta * n);
    bfgs->objective = objective;
    bfgs->nlopt = new_nlopt(bfgs);
    run(bfgs, theta);
    if (bfgs->n_points > 0)
        bfgs->outcome = run_again(bfgs, theta);
    nlopt_destroy(bfgs->nlopt);
    free(theta);
    if (bfgs->status == FF_OK)
        CHECK(bfgs->n_points > 0, FF_ERR_NUMERICAL, "the objective is not finite at the start");
    return bfgs->status;
}

/* ---- steps ---------------------------------------------------------------------------------- */

static enum ff_status bfgs_step(void *state, const struct ff_objective *objective, double *theta,
                                struct ff_evaluation *evaluation, enum ff_outcome *outcome)
{
    struct bfgs *bfgs = state;
    if (bfgs->n_points == 0) {
        TRY(find_path(bfgs, objective, theta));
        bfgs->n_given = bfgs->n_points > 1 ? 1 : 0; /* a step begins at the start */
    }
    assert(bfgs->n_given < bfgs->n_points);
    struct point *point = &bfgs->path[bfgs->n_given++];
    const struct ff_evaluation before = *evaluation;
    memcpy(theta, point->theta, sizeof *theta * (size_t)objective->n_parameters);
    *evaluation = point->evaluation;
    point->evaluation = before;
    if (bfgs->n_given == bfgs->n_points)
        *outcome = bfgs->outcome;
    return FF_OK;
}

/* A path would be long to save, and NLopt shows no more, so no state is saved. */
const struct ff_optimizer_type ff_optimizer_bfgs = {
    .name = "bfgs",
    .doc =
        "quasi-Newton (L-BFGS of NLopt), for the exact gradient; ends when a second run, begun nearby, comes to the same "
        "value within `tolerance`",
    .needs_exact = true,
    .create = bfgs_create,
    .step = bfgs_step,
    .free = bfgs_free,
};
