/* The chain rule from means to a loss of theta, and the spread of blocks along it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "job/evaluator.h"

#include "gradient/deviation.h"
#include "gradient/estimator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What designs are compared by where the gradient is not exact. */
enum { COMPARED_TRAJECTORIES = 64 };
static const struct ff_horizon compared_horizon = {.events = 2000, .burn_in = 200};

/* Trajectories that a pilot has made up to so many times as long cost no more than others. */
enum { FREE_LENGTH = 4 };

_Static_assert((int)FF_MAX_FUNCTIONALS <= (int)FF_MOST_OBSERVED,
               "an evaluation carries the means of all functionals");

struct ff_evaluator {
    const struct ff_plan *plan;
    struct ff_gradient *gradient;
    struct ff_estimate estimate;
    struct ff_ensemble ensemble; /* made when it is first asked for */
    double *sums;                /* [COMPARED_TRAJECTORIES] rows; NULL before */
    struct ff_exact *exact;      /* NULL where the states are too many */
    double *rates;               /* [R] */
    double *log_rate_gradient;   /* [R] scratch, as the next */
    double *deviation;           /* [R] */
    int64_t n_events;
    /* The loss at hand. */
    struct ff_loss loss;
    uint32_t task;
};

enum ff_status ff_evaluator_create(const struct ff_plan *plan, struct ff_evaluator **out)
{
    const int n_channels = plan->system->process->n_channels;
    struct ff_gradient *gradient;
    TRY(ff_gradient_create(plan->system, plan->functionals, plan->chain, &plan->gradient,
                           &gradient));
    struct ff_evaluator *evaluator = FF_NEW(struct ff_evaluator, 1);
    evaluator->plan = plan;
    evaluator->gradient = gradient;
    ff_estimate_create(gradient, &evaluator->estimate);
    if (plan->chain != NULL && ff_exact_create(plan->system, plan->functionals, plan->chain, NULL,
                                               &evaluator->exact) != FF_OK)
        evaluator->exact = NULL; /* a functional that a chain does not give */
    evaluator->rates = FF_RAW(double, n_channels);
    evaluator->log_rate_gradient = FF_RAW(double, n_channels);
    evaluator->deviation = FF_RAW(double, n_channels);
    *out = evaluator;
    return FF_OK;
}

void ff_evaluator_free(struct ff_evaluator *evaluator)
{
    if (evaluator == NULL)
        return;
    ff_estimate_free(&evaluator->estimate);
    ff_gradient_free(evaluator->gradient);
    if (evaluator->sums != NULL)
        ff_ensemble_free(&evaluator->ensemble);
    ff_exact_free(evaluator->exact);
    free(evaluator->sums);
    free(evaluator->rates);
    free(evaluator->log_rate_gradient);
    free(evaluator->deviation);
    free(evaluator);
}

/* ---- the loss as a function of theta -------------------------------------------------------- */

/* Add a multiple of numbers over channels. */
static void add_multiple(double *to, double factor, const double *from, int n_channels)
{
    for (int r = 0; r < n_channels; r++)
        to[r] += factor * from[r];
}

static void find_gradient(struct ff_evaluator *evaluator, const double *slopes,
                          struct ff_evaluation *out)
{
    const struct ff_design *design = evaluator->plan->system->design;
    const struct ff_estimate *estimate = &evaluator->estimate;
    const int n_channels = estimate->n_channels;
    memset(evaluator->log_rate_gradient, 0, sizeof(double) * (size_t)n_channels);
    for (int q = 0; q < estimate->n_functionals; q++)
        add_multiple(evaluator->log_rate_gradient, slopes[q], ff_estimate_gradient(estimate, q),
                     n_channels);
    ff_design_pull_back(design, evaluator->rates, evaluator->log_rate_gradient, out->gradient);
}

/* Fisher information of the process in theta, by the fraction of events that each channel has. */
static void find_metric(struct ff_evaluator *evaluator, struct ff_evaluation *out)
{
    const struct ff_estimate *estimate = &evaluator->estimate;
    double activity = 0.0, *share = evaluator->deviation;
    for (int r = 0; r < estimate->n_channels; r++)
        activity += estimate->flux[r];
    for (int r = 0; r < estimate->n_channels; r++)
        share[r] = estimate->flux[r] / activity;
    ff_design_metric(evaluator->plan->system->design, share, out->metric);
}

/* How far block b has pulled the loss, and its gradient by log k: the gradients of the means at the slopes of the loss, and
 * the slopes, which move with the means. */
static double find_deviation(struct ff_evaluator *evaluator, int block, const double *slopes)
{
    struct ff_estimate *estimate = &evaluator->estimate;
    const struct ff_loss loss = evaluator->loss;
    const int n_functionals = estimate->n_functionals, n_channels = estimate->n_channels;
    double pulled[FF_MAX_FUNCTIONALS], moved[FF_MAX_FUNCTIONALS], value = 0.0;
    ff_estimate_mean_deviation(estimate, block, pulled);
    for (int q = 0; q < n_functionals; q++) {
        value += slopes[q] * pulled[q];
        pulled[q] += estimate->mean[q];
    }
    loss.type->value(loss.data, pulled, moved);
    memset(evaluator->log_rate_gradient, 0, sizeof(double) * (size_t)n_channels);
    for (int q = 0; q < n_functionals; q++) {
        ff_estimate_gradient_deviation(estimate, block, q, evaluator->deviation);
        add_multiple(evaluator->log_rate_gradient, slopes[q], evaluator->deviation, n_channels);
        add_multiple(evaluator->log_rate_gradient, moved[q] - slopes[q],
                     ff_estimate_gradient(estimate, q), n_channels);
    }
    return value;
}

static void find_deviations(struct ff_evaluator *evaluator, const double *slopes,
                            struct ff_evaluation *out)
{
    const struct ff_design *design = evaluator->plan->system->design;
    const int n_blocks = evaluator->estimate.n_blocks;
    double *row = ff_evaluation_reserve(out, n_blocks);
    for (int b = 0; b < n_blocks; b++, row += 1 + design->n_parameters) {
        row[0] = find_deviation(evaluator, b, slopes);
        ff_design_pull_back(design, evaluator->rates, evaluator->log_rate_gradient, row + 1);
    }
}

static enum ff_status evaluate(void *context, const double *theta, struct ff_request request,
                               struct ff_evaluation *out)
{
    struct ff_evaluator *evaluator = context;
    const struct ff_loss loss = evaluator->loss;
    struct ff_estimate *estimate = &evaluator->estimate;
    double slopes[FF_MAX_FUNCTIONALS];
    ff_design_rates(evaluator->plan->system->design, theta, evaluator->rates);
    TRY(ff_gradient_estimate(evaluator->gradient, evaluator->rates, evaluator->task,
                             request.iteration, request.samples, estimate));
    evaluator->n_events += estimate->n_events;
    out->price = 1 + (estimate->length - 1) / FREE_LENGTH;
    out->value = loss.type->value(loss.data, estimate->mean, slopes);
    memcpy(out->observed, estimate->mean, sizeof(double) * (size_t)estimate->n_functionals);
    find_gradient(evaluator, slopes, out);
    find_metric(evaluator, out);
    find_deviations(evaluator, slopes, out);
    return FF_OK;
}

enum ff_status ff_evaluator_minimize(struct ff_evaluator *evaluator, struct ff_loss loss,
                                     uint32_t task, const struct ff_minimize_hooks *hooks,
                                     double *theta, enum ff_outcome *outcome)
{
    const struct ff_design *design = evaluator->plan->system->design;
    const struct ff_objective objective = {.n_parameters = design->n_parameters,
                                           .lower = design->lower,
                                           .upper = design->upper,
                                           .context = evaluator,
                                           .evaluate = evaluate};
    evaluator->loss = loss;
    evaluator->task = task;
    ff_design_clip(design, theta);
    return ff_minimize(&evaluator->plan->optimizer, &objective, hooks, theta, outcome);
}

/* ---- means at theta ------------------------------------------------------------------------- */

enum ff_exact_status ff_evaluator_exact(struct ff_evaluator *evaluator, const double *theta,
                                        double *means)
{
    for (int q = 0; q < evaluator->plan->functionals.count; q++)
        means[q] = NAN;
    if (evaluator->exact == NULL)
        return FF_EXACT_NOT_ENUMERABLE;
    ff_design_rates(evaluator->plan->system->design, theta, evaluator->rates);
    if (ff_exact_solve(evaluator->exact, evaluator->rates) != FF_OK)
        return FF_EXACT_FAILED;
    ff_exact_means(evaluator->exact, means);
    return FF_EXACT_OK;
}

static void make_ensemble(struct ff_evaluator *evaluator)
{
    const struct ff_plan *plan = evaluator->plan;
    if (evaluator->sums != NULL)
        return;
    ff_ensemble_create(plan->system, plan->functionals, plan->chain, &evaluator->ensemble);
    evaluator->sums = FF_RAW(double, COMPARED_TRAJECTORIES *(size_t)evaluator->ensemble.width);
}

static enum ff_status measure_briefly(struct ff_evaluator *evaluator, const double *theta,
                                      uint32_t task, double *means)
{
    const struct ff_plan *plan = evaluator->plan;
    const struct ff_draw_key key = {plan->gradient.seed, task, 0, FF_PURPOSE_START};
    struct ff_average averages[FF_MAX_FUNCTIONALS];
    make_ensemble(evaluator);
    ff_design_rates(plan->system->design, theta, evaluator->rates);
    ff_ensemble_set(&evaluator->ensemble, evaluator->rates);
    ff_ensemble_run_all(&evaluator->ensemble, key, compared_horizon, COMPARED_TRAJECTORIES,
                        evaluator->sums);
    TRY(ff_walk_check(evaluator->ensemble.walk));
    ff_ensemble_averages(&evaluator->ensemble, evaluator->sums, COMPARED_TRAJECTORIES, averages);
    evaluator->n_events +=
        COMPARED_TRAJECTORIES * (compared_horizon.events + compared_horizon.burn_in);
    for (int q = 0; q < plan->functionals.count; q++) {
        means[q] = averages[q].mean;
        CHECK(isfinite(means[q]), FF_ERR_NUMERICAL,
              "simulation: the averages are not finite at these rates");
    }
    return FF_OK;
}

enum ff_status ff_evaluator_compare(struct ff_evaluator *evaluator, const double *theta,
                                    uint32_t task, double *means)
{
    if (evaluator->plan->gradient.estimator->is_exact &&
        ff_evaluator_exact(evaluator, theta, means) == FF_EXACT_OK)
        return FF_OK;
    return measure_briefly(evaluator, theta, task, means);
}

int64_t ff_evaluator_take_events(struct ff_evaluator *evaluator)
{
    const int64_t n_events = evaluator->n_events;
    evaluator->n_events = 0;
    return n_events;
}
