/* A trust region that knows its noise: quasi-Newton steps in a box, and samples that grow as the noise takes over.
 *
 * A step minimises a quadratic model in the box and within the radius. What a trial gains is the difference of the two
 * values, or where these are too noisy the trapezoid of the two gradients along the step; the smaller of both samples is
 * doubled until its error is small beside what was predicted or beside the tolerance. The method ends when the decrease
 * still predicted is below the tolerance, also with a twentieth of the curvature, and what could hide in the noise is small too.
 * Without noise a Hessian by differences has the last word: pairs of gradients know nothing of directions not yet taken, and
 * call a valley flat where it is only long.
 * Adaptive sampling: Bollapragada, Byrd and Nocedal, SIAM J. Optim. 28:3312 (2018); trust regions: Conn, Gould and
 * Toint, Trust Region Methods (2000).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "optimize/optimizer.h"
#include "optimize/quadratic.h"

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_SAMPLES = 256,
    MOST_PAIRS = 60,
    MOST_REFUSALS = 4,
    SAMPLES_PER_STEP = 4,
    MOST_PROBED = 100 /* parameters, for a Hessian */
};
static const double largest_radius = 8.0, first_radius = 1.0, least_radius = 1e-10;
static const double doubted_radius = 2.0, doubted_curvature = 0.05, noise_curvature = 0.1;
static const double gap_curvature = 0.3;
static const double least_gain = 0.05, good_gain = 0.6, poor_gain = 0.25; /* of the prediction */
static const double least_size = 1e-3;
static const double exact_share =
    0.1; /* of what is enough: cheap, since the Hessian takes the last steps */
static const double rounding = 1e-13; /* of the value: no decrease below it can be seen */

/* What steps change, and its lengths. */
struct trust_memory {
    int iteration;                        /* of the next random numbers */
    int centre_iteration, centre_samples; /* of the evaluation at theta */
    int samples_left;                     /* of all evaluations to come, in the same units */
    int n_refusals; /* since a trial was accepted; a doubt of the centre counts as one */
    double radius;
    struct ff_pairs pairs;
    struct ff_hessian hessian; /* without noise: measured where the method would have ended */
};

struct trust {
    struct trust_memory memory; /* first, as ff_optimizer_type asks */
    double tolerance;
    struct ff_quadratic model;
    struct ff_evaluation trial;
    int trial_iteration, trial_samples;
    double *low, *high; /* [P] of a step */
    double *step;       /* [P] */
    double *place;      /* [P] theta of the trial */
    double *scratch;    /* [P] */
};

#define PAIRS                                                                                      \
    FF_AXIS(trust_memory, pairs.capacity, "pair"),                                                 \
        FF_SECOND_AXIS(trust_memory, pairs.n_parameters, "parameter")

#define PROBED(axis) axis(trust_memory, hessian.n_parameters, "parameter")

static const struct ff_field fields[] = {
    FF_FIELD(trust_memory, pairs.n_parameters, INT, "n_parameters", FF_UNIT_ONE,
             "number of parameters"),
    FF_FIELD(trust_memory, iteration, INT, "iteration", FF_UNIT_ONE,
             "evaluations made; selects the random numbers of the next"),
    FF_FIELD(trust_memory, centre_iteration, INT, "centre_iteration", FF_UNIT_ONE,
             "random numbers of the evaluation at theta"),
    FF_FIELD(trust_memory, centre_samples, INT, "centre_samples", FF_UNIT_ONE,
             "its samples, in units of those configured"),
    FF_FIELD(trust_memory, samples_left, INT, "samples_left", FF_UNIT_ONE,
             "samples that evaluations to come may take, likewise"),
    FF_FIELD(trust_memory, n_refusals, INT, "n_refusals", FF_UNIT_ONE,
             "trials refused since the last that was accepted, and one for a doubt of the centre"),
    FF_FIELD(trust_memory, radius, REAL, "radius", FF_UNIT_ONE, "of the trust region, in theta"),
    FF_FIELD(trust_memory, pairs.capacity, INT, "capacity", FF_UNIT_ONE, "room for pairs"),
    FF_FIELD(trust_memory, pairs.n_pairs, INT, "n_pairs", FF_UNIT_ONE, "pairs so far"),
    FF_FIELD(trust_memory, pairs.step, REAL, "step", FF_UNIT_ONE, "step between two evaluations",
             NULL, PAIRS),
    FF_FIELD(trust_memory, pairs.change, REAL, "change", FF_UNIT_ONE,
             "change of the gradient along the step", NULL, PAIRS),
    FF_FIELD(trust_memory, pairs.middle, REAL, "middle", FF_UNIT_ONE, "theta half way", NULL,
             PAIRS),
    FF_FIELD(trust_memory, pairs.error, REAL, "error", FF_UNIT_ONE,
             "standard error of the curvature along the step", NULL,
             FF_AXIS(trust_memory, pairs.capacity, "pair")),
    FF_FIELD(trust_memory, hessian.n_parameters, INT, "n_probed", FF_UNIT_ONE,
             "parameters of the Hessian, or 0 where there is none"),
    FF_FIELD(trust_memory, hessian.is_known, INT, "hessian_is_known", FF_UNIT_ONE,
             "whether it has been measured"),
    FF_FIELD(trust_memory, hessian.place, REAL, "hessian_place", FF_UNIT_ONE,
             "theta at which it was measured", NULL, PROBED(FF_AXIS)),
    FF_FIELD(trust_memory, hessian.matrix, REAL, "hessian", FF_UNIT_ONE, "second derivatives", NULL,
             PROBED(FF_AXIS), PROBED(FF_SECOND_AXIS)),
};

static const struct ff_record_type trust_record = FF_RECORD_TYPE(trust_memory, fields);

/* ---- life cycle ----------------------------------------------------------------------------- */

static int most_pairs(int n_parameters)
{
    if (n_parameters > FF_MOST_DENSE)
        return 0;
    return 3 * n_parameters < MOST_PAIRS ? 3 * n_parameters : MOST_PAIRS;
}

static enum ff_status trust_create(const struct ff_optimizer_options *options,
                                   const struct ff_objective *objective, void **out)
{
    const int n = objective->n_parameters;
    struct trust *trust = FF_NEW(struct trust, 1);
    trust->memory =
        (struct trust_memory){.centre_samples = 1,
                              .centre_iteration = -1,
                              .samples_left = options->iterations > INT_MAX / SAMPLES_PER_STEP
                                                  ? INT_MAX
                                                  : SAMPLES_PER_STEP * options->iterations,
                              .radius = first_radius};
    ff_pairs_create(n, most_pairs(n), &trust->memory.pairs);
    ff_quadratic_create(n, most_pairs(n), &trust->model);
    ff_hessian_create(n <= MOST_PROBED ? n : 0, &trust->memory.hessian);
    ff_evaluation_create(n, &trust->trial);
    trust->tolerance = options->tolerance;
    trust->low = FF_RAW(double, n);
    trust->high = FF_RAW(double, n);
    trust->step = FF_RAW(double, n);
    trust->place = FF_RAW(double, n);
    trust->scratch = FF_RAW(double, n);
    *out = trust;
    return FF_OK;
}

static void trust_free(void *state)
{
    struct trust *trust = state;
    if (trust == NULL)
        return;
    ff_pairs_free(&trust->memory.pairs);
    ff_hessian_free(&trust->memory.hessian);
    ff_quadratic_free(&trust->model);
    ff_evaluation_free(&trust->trial);
    free(trust->low);
    free(trust->high);
    free(trust->step);
    free(trust->place);
    free(trust->scratch);
    free(trust);
}

/* ---- evaluations ---------------------------------------------------------------------------- */

/* Evaluate with new random numbers, of which the iteration goes to *iteration. */
static enum ff_status sample(struct trust *trust, const struct ff_objective *objective,
                             const double *theta, int samples, struct ff_evaluation *out,
                             int *iteration)
{
    const struct ff_request request = {(uint32_t)trust->memory.iteration, samples};
    TRY(objective->evaluate(objective->context, theta, request, out));
    *iteration = trust->memory.iteration++;
    if (!ff_evaluation_is_exact(out))
        trust->memory.samples_left -= samples * out->price < trust->memory.samples_left
                                          ? samples * out->price
                                          : trust->memory.samples_left;
    return FF_OK;
}

/* Evaluate theta, or evaluate it again, with so many samples. */
static enum ff_status sample_centre(struct trust *trust, const struct ff_objective *objective,
                                    const double *theta, int samples, struct ff_evaluation *centre)
{
    TRY(sample(trust, objective, theta, samples, centre, &trust->memory.centre_iteration));
    trust->memory.centre_samples = samples;
    return FF_OK;
}

/* With so many samples, at the price that they have at the centre: what is left must last for a few such evaluations. */
static bool can_afford(const struct trust *trust, const struct ff_evaluation *centre, int samples)
{
    return samples <= MOST_SAMPLES && samples * centre->price <= trust->memory.samples_left / 3;
}

/* With twice the samples that it has. */
static bool may_sample(const struct trust *trust, const struct ff_evaluation *centre)
{
    return !ff_evaluation_is_exact(centre) &&
           can_afford(trust, centre, 2 * trust->memory.centre_samples);
}

/* The evaluation at theta, repeated if the one that the step before left is not at hand. */
static enum ff_status ensure_centre(struct trust *trust, const struct ff_objective *objective,
                                    const double *theta, struct ff_evaluation *centre)
{
    const struct trust_memory *memory = &trust->memory;
    if (!isnan(centre->value))
        return FF_OK;
    if (memory->centre_iteration < 0)
        return sample_centre(trust, objective, theta, memory->centre_samples, centre);
    const struct ff_request request = {(uint32_t)memory->centre_iteration, memory->centre_samples};
    return objective->evaluate(objective->context, theta, request, centre);
}

static double norm(const double *step, int n)
{
    double largest = 0.0;
    for (int p = 0; p < n; p++)
        largest = fmax(largest, fabs(step[p]));
    return largest;
}

/* ---- predictions ---------------------------------------------------------------------------- */

/* The decrease that the model promises within a radius about theta, with its step. */
static double predict(struct trust *trust, const struct ff_objective *objective,
                      const double *theta, const double *gradient, double curvature, double radius,
                      double *step)
{
    for (int p = 0; p < trust->memory.pairs.n_parameters; p++) {
        trust->low[p] = fmax(objective->lower[p] - theta[p], -radius);
        trust->high[p] = fmin(objective->upper[p] - theta[p], radius);
    }
    return ff_quadratic_minimize(&trust->model, gradient, curvature, trust->low, trust->high, step);
}

/* The same with a twentieth of the curvature, for what of the gradient stands out of its error. */
static double predict_doubted(struct trust *trust, const struct ff_objective *objective,
                              const double *theta, const struct ff_evaluation *centre, double *step)
{
    for (int p = 0; p < trust->memory.pairs.n_parameters; p++) {
        const double g = centre->gradient[p], error = ff_evaluation_error(centre, p);
        trust->scratch[p] = copysign(fmax(fabs(g) - error, 0.0), g);
    }
    return predict(trust, objective, theta, trust->scratch, doubted_curvature, doubted_radius,
                   step);
}

/* What a gradient of pure noise would promise. */
static double predict_noise(struct trust *trust, const struct ff_objective *objective,
                            const double *theta, const struct ff_evaluation *centre,
                            double curvature, double radius)
{
    for (int p = 0; p < trust->memory.pairs.n_parameters; p++)
        trust->scratch[p] = ff_evaluation_error(centre, p);
    return predict(trust, objective, theta, trust->scratch, curvature, radius, trust->place);
}

/* What may be left to gain if the curvature is less than a third of what is known of it, with the share of the noise. */
static double predict_gap(struct trust *trust, const struct ff_objective *objective,
                          const double *theta, const struct ff_evaluation *centre)
{
    return predict(trust, objective, theta, centre->gradient, gap_curvature, largest_radius,
                   trust->place) +
           predict_noise(trust, objective, theta, centre, gap_curvature, largest_radius);
}

/* What to do at theta. */
enum verdict { GO, SAMPLE, PROBE, CONVERGED, STALLED };

/* A decrease that is not worth a step: relative to the objective, which near the equilibrium end of a front is as small as
 * what there is to gain. Exact evaluations are cheap. */
static double enough_at(const struct trust *trust, const struct ff_evaluation *centre)
{
    const double size = fabs(centre->value);
    if (ff_evaluation_is_exact(centre))
        return ff_optimizer_enough(exact_share * trust->tolerance, centre->value);
    return fmax(trust->tolerance * fmax(size, least_size), rounding * size);
}

/* Whether the model rests on more than a guess, or the slope is nothing but rounding. */
static bool knows_curvature(const struct trust *trust, double far,
                            const struct ff_evaluation *centre)
{
    return trust->model.n_used > 0 || trust->memory.pairs.capacity == 0 ||
           far <= rounding * fabs(centre->value);
}

/* The test by a model that pairs have made, against doubts and noise. */
static enum verdict consider_model(struct trust *trust, const struct ff_objective *objective,
                                   const double *theta, struct ff_evaluation *centre,
                                   double *promise)
{
    struct trust_memory *memory = &trust->memory;
    const double enough = enough_at(trust, centre);
    const double far =
        predict(trust, objective, theta, centre->gradient, 1.0, largest_radius, trust->step);
    if (knows_curvature(trust, far, centre) && far <= enough) {
        const double noise =
            predict_noise(trust, objective, theta, centre, noise_curvature, doubted_radius);
        if (!(noise <= 2.0 * enough))
            return may_sample(trust, centre) ? SAMPLE : STALLED;
        *promise = predict_doubted(trust, objective, theta, centre, trust->step);
        return *promise <= 2.0 * enough || memory->n_refusals >= MOST_REFUSALS ? CONVERGED : GO;
    }
    *promise = predict(trust, objective, theta, centre->gradient, 1.0, memory->radius, trust->step);
    const double noise = predict_noise(trust, objective, theta, centre, 1.0, memory->radius);
    if (!(noise <= 0.5 * *promise))
        return may_sample(trust, centre) ? SAMPLE : STALLED;
    return *promise > 0.0 && memory->radius > least_radius ? GO : STALLED;
}

/* The test by the Hessian, of which the model of pairs says when: where it has nothing more to offer, or has failed. */
static enum verdict consider_hessian(struct trust *trust, const struct ff_objective *objective,
                                     const double *theta, struct ff_evaluation *centre,
                                     double *promise)
{
    struct trust_memory *memory = &trust->memory;
    const double enough = enough_at(trust, centre);
    *promise = predict(trust, objective, theta, centre->gradient, 1.0, memory->radius, trust->step);
    if (ff_hessian_is_at(&memory->hessian, theta)) {
        centre->gap = *promise / gap_curvature; /* as far as no trial has refuted the model */
        if (*promise <= enough)
            return CONVERGED;
        return *promise > enough && memory->radius > least_radius ? GO : STALLED;
    }
    const double far =
        predict(trust, objective, theta, centre->gradient, 1.0, largest_radius, trust->place);
    const bool has_ended = knows_curvature(trust, far, centre) && far <= enough;
    const bool has_failed = !(*promise > 0.0) || memory->n_refusals >= MOST_REFUSALS;
    return has_ended || has_failed ? PROBE : GO;
}

/* Leaves the step to be tried in trust->step, and what it promises in *promise. */
static enum verdict consider(struct trust *trust, const struct ff_objective *objective,
                             const double *theta, struct ff_evaluation *centre, double *promise)
{
    const struct trust_memory *memory = &trust->memory;
    const bool may_probe = ff_evaluation_is_exact(centre) && memory->hessian.n_parameters > 0;
    if (may_probe && ff_quadratic_trusts(&memory->hessian, theta))
        ff_quadratic_fit_hessian(&trust->model, &memory->hessian, &memory->pairs, theta);
    else
        ff_quadratic_fit(&trust->model, &memory->pairs, theta, centre->gradient, centre->metric);
    centre->gap = predict_gap(trust, objective, theta, centre);
    return may_probe ? consider_hessian(trust, objective, theta, centre, promise)
                     : consider_model(trust, objective, theta, centre, promise);
}

/* ---- trials --------------------------------------------------------------------------------- */

/* What the trial gains, with its error: by the values, or by the gradients where the values are too noisy. */
static double gain_of(const struct trust *trust, const struct ff_evaluation *centre, double promise,
                      double *error)
{
    const struct ff_evaluation *trial = &trust->trial;
    const int n = trust->memory.pairs.n_parameters;
    const double direct =
        sqrt(ff_evaluation_variance(centre, 1.0, NULL) + ff_evaluation_variance(trial, 1.0, NULL));
    *error = direct;
    if (direct <= 0.25 * promise)
        return centre->value - trial->value;
    *error = 0.5 * sqrt(ff_evaluation_variance(centre, 0.0, trust->step) +
                        ff_evaluation_variance(trial, 0.0, trust->step));
    return -0.5 *
           (ff_dot(centre->gradient, trust->step, n) + ff_dot(trial->gradient, trust->step, n));
}

static enum ff_status sample_trial(struct trust *trust, const struct ff_objective *objective,
                                   int samples)
{
    trust->trial_samples = samples;
    return sample(trust, objective, trust->place, samples, &trust->trial, &trust->trial_iteration);
}

/* Evaluate the trial, and both it and the centre with more samples until the gain is known well enough. */
static enum ff_status try_step(struct trust *trust, const struct ff_objective *objective,
                               const double *theta, double promise, struct ff_evaluation *centre,
                               double *gain)
{
    struct trust_memory *memory = &trust->memory;
    int samples = memory->centre_samples > 1 ? memory->centre_samples / 2 : 1;
    TRY(sample_trial(trust, objective, samples));
    for (;;) {
        double error;
        *gain = gain_of(trust, centre, promise, &error);
        const int more = 2 * (samples < memory->centre_samples ? samples : memory->centre_samples);
        if (error <= fmax(0.5 * promise, 0.25 * enough_at(trust, centre)) ||
            !can_afford(trust, centre, more))
            return FF_OK;
        if (samples <= memory->centre_samples)
            TRY(sample_trial(trust, objective, samples = more));
        else
            TRY(sample_centre(trust, objective, theta, more, centre));
    }
}

static void remember(struct trust *trust, const double *theta, const struct ff_evaluation *centre)
{
    const int n = trust->memory.pairs.n_parameters;
    if (trust->memory.pairs.capacity == 0)
        return;
    for (int p = 0; p < n; p++)
        trust->scratch[p] = trust->trial.gradient[p] - centre->gradient[p];
    const double error = sqrt(ff_evaluation_variance(centre, 0.0, trust->step) +
                              ff_evaluation_variance(&trust->trial, 0.0, trust->step));
    ff_pairs_add(&trust->memory.pairs, theta, trust->step, trust->scratch, error);
}

/* The Hessian at theta. What was refused was refused to another model: its steps may be as long as any. */
static enum ff_status probe(struct trust *trust, const struct ff_objective *objective,
                            const double *theta, const struct ff_evaluation *centre)
{
    struct trust_memory *memory = &trust->memory;
    TRY(ff_hessian_measure(&memory->hessian, objective, theta, centre->gradient, &memory->iteration,
                           &trust->trial));
    memory->n_refusals = 0;
    memory->radius = largest_radius;
    return FF_OK;
}

/* Take the trial for the centre, or refuse it; the radius follows. */
static void decide(struct trust *trust, double *theta, double promise, double gain,
                   struct ff_evaluation *centre)
{
    struct trust_memory *memory = &trust->memory;
    const double length = norm(trust->step, memory->pairs.n_parameters);
    remember(trust, theta, centre);
    if (!(gain > least_gain * promise)) {
        memory->radius = 0.3 * length;
        memory->n_refusals++;
        return;
    }
    memcpy(theta, trust->place, sizeof *theta * (size_t)memory->pairs.n_parameters);
    const struct ff_evaluation before = *centre;
    *centre = trust->trial;
    trust->trial = before;
    memory->centre_samples = trust->trial_samples;
    memory->centre_iteration = trust->trial_iteration;
    memory->n_refusals = 0;
    if (gain > good_gain * promise)
        memory->radius = fmin(fmax(memory->radius, 2.5 * length), largest_radius);
    else if (gain < poor_gain * promise)
        memory->radius = 0.5 * length;
}

static enum ff_status trust_step(void *state, const struct ff_objective *objective, double *theta,
                                 struct ff_evaluation *evaluation, enum ff_outcome *outcome)
{
    struct trust *trust = state;
    struct trust_memory *memory = &trust->memory;
    double promise = 0.0, gain;
    enum verdict verdict;
    TRY(ensure_centre(trust, objective, theta, evaluation));
    if (memory->n_refusals == 2) { /* is it the centre that is wrong? */
        memory->n_refusals++;
        if (may_sample(trust, evaluation))
            TRY(sample_centre(trust, objective, theta, 2 * memory->centre_samples, evaluation));
    }
    while ((verdict = consider(trust, objective, theta, evaluation, &promise)) == SAMPLE ||
           verdict == PROBE)
        TRY(verdict == SAMPLE
                ? sample_centre(trust, objective, theta, 2 * memory->centre_samples, evaluation)
                : probe(trust, objective, theta, evaluation));
    const bool is_spent =
        memory->samples_left < evaluation->price && !ff_evaluation_is_exact(evaluation);
    if (verdict != GO || is_spent) {
        *outcome = verdict == CONVERGED ? FF_OUTCOME_CONVERGED : FF_OUTCOME_STALLED;
        return FF_OK;
    }
    for (int p = 0; p < memory->pairs.n_parameters; p++) {
        trust->place[p] =
            fmin(fmax(theta[p] + trust->step[p], objective->lower[p]), objective->upper[p]);
    }
    TRY(try_step(trust, objective, theta, promise, evaluation, &gain));
    decide(trust, theta, promise, gain, evaluation);
    return FF_OK;
}

const struct ff_optimizer_type ff_optimizer_trust = {
    .name = "trust",
    .doc =
        "quasi-Newton trust region that knows the noise of its gradient, draws more samples as it needs "
        "them, and ends when the decrease still to be had is below `tolerance`",
    .create = trust_create,
    .step = trust_step,
    .free = trust_free,
    .state = &trust_record,
};
