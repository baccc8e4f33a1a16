/* Optimisers on problems with known minima, in a box, with and without noise.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/stream.h"
#include "job/minimize.h"
#include "optimize/quadratic.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"

enum { MAX_PARAMETERS = 3, NEVER = -1, MAX_STEPS = 20 };

/* A function with its box, and what the optimiser asked for and left to be recorded. */
struct problem {
    int n;
    double lower[MAX_PARAMETERS], upper[MAX_PARAMETERS];
    double minimum[MAX_PARAMETERS]; /* inside the box */
    double centre[MAX_PARAMETERS], curvature[MAX_PARAMETERS];
    bool is_rosenbrock;
    double offset; /* added to the value, of which the tolerance is a part */
    double noise;  /* standard deviation of each component of the gradient */
    uint64_t seed;
    int fails_at; /* iteration, or NEVER */
    int n_evaluations, n_outside, n_out_of_turn;
    int samples[MAX_STEPS]; /* asked for at each of the first evaluations */
    int n_steps;
    double value[MAX_STEPS], gradient_norm[MAX_STEPS]; /* after each of the first steps */
};

/* Half the sum of curvature (theta - centre)^2; the metric is proportional to the Hessian. */
static void quadratic(const struct problem *problem, const double *theta, struct ff_evaluation *out)
{
    out->value = 0.0;
    for (int p = 0; p < problem->n; p++) {
        const double offset = theta[p] - problem->centre[p];
        out->value += 0.5 * problem->curvature[p] * offset * offset;
        out->gradient[p] = problem->curvature[p] * offset;
        out->metric[p] = problem->curvature[p];
    }
}

/* (1-x)^2 + 100 (y - x^2)^2, with the diagonal of its Gauss-Newton matrix as the metric. */
static void rosenbrock(const double *theta, struct ff_evaluation *out)
{
    const double x = theta[0], y = theta[1];
    out->value = (1.0 - x) * (1.0 - x) + 100.0 * (y - x * x) * (y - x * x);
    out->gradient[0] = -2.0 * (1.0 - x) - 400.0 * x * (y - x * x);
    out->gradient[1] = 200.0 * (y - x * x);
    out->metric[0] = 2.0 + 800.0 * x * x;
    out->metric[1] = 200.0;
}

/* Normal noise on every component, less with more samples, whose size the evaluation knows. */
static void add_noise(const struct problem *problem, struct ff_request request,
                      struct ff_evaluation *out)
{
    struct ff_stream stream =
        ff_stream_at(problem->seed, 0, FF_PURPOSE_TRACKED, request.iteration, 0);
    const double size = problem->noise / sqrt(request.samples);
    if (!(size > 0.0))
        return;
    double *rows = ff_evaluation_reserve(out, problem->n);
    memset(rows, 0, sizeof *rows * (size_t)(problem->n * (problem->n + 1)));
    for (int p = 0; p < problem->n; p++) {
        out->gradient[p] += size * ff_stream_normal(&stream);
        rows[p * (problem->n + 1) + 1 + p] = size;
    }
}

static enum ff_status evaluate(void *context, const double *theta, struct ff_request request,
                               struct ff_evaluation *out)
{
    struct problem *problem = context;
    const uint32_t iteration = request.iteration;
    if (problem->n_evaluations < MAX_STEPS)
        problem->samples[problem->n_evaluations] = request.samples;
    problem->n_out_of_turn += iteration != (uint32_t)problem->n_evaluations;
    problem->n_evaluations++;
    for (int p = 0; p < problem->n; p++)
        problem->n_outside +=
            !(theta[p] >= problem->lower[p] - 1e-12 && theta[p] <= problem->upper[p] + 1e-12);
    CHECK((int)iteration != problem->fails_at, FF_ERR_DIVERGED, "as asked");
    if (problem->is_rosenbrock)
        rosenbrock(theta, out);
    else
        quadratic(problem, theta, out);
    out->value += problem->offset;
    add_noise(problem, request, out);
    return FF_OK;
}

static struct ff_objective objective_of(struct problem *problem)
{
    return (struct ff_objective){.n_parameters = problem->n,
                                 .lower = problem->lower,
                                 .upper = problem->upper,
                                 .context = problem,
                                 .evaluate = evaluate};
}

static void note(void *context, int step, const struct ff_evaluation *evaluation)
{
    struct problem *problem = context;
    assert_int_equal(step, problem->n_steps++);
    if (step >= MAX_STEPS)
        return;
    double square = 0.0;
    for (int p = 0; p < problem->n; p++)
        square += evaluation->gradient[p] * evaluation->gradient[p];
    problem->value[step] = evaluation->value;
    problem->gradient_norm[step] = sqrt(square);
}

static enum ff_status minimize(struct problem *problem, const struct ff_optimizer_options *options,
                               double *theta, enum ff_outcome *outcome)
{
    const struct ff_objective objective = objective_of(problem);
    const struct ff_minimize_hooks hooks = {.context = problem, .note = note};
    return ff_minimize(options, &objective, &hooks, theta, outcome);
}

/* Slow enough a decay that what remains at the end is far below the tolerances of the tests. */
static struct ff_optimizer_options careful_options(const struct ff_optimizer_type *type)
{
    return (struct ff_optimizer_options){
        .type = type, .learning_rate = 0.4, .decay = 1e-4, .average = 0.05, .iterations = 200000};
}

static const struct problem bowl = {.n = 3,
                                    .lower = {-4.0, -4.0, -4.0},
                                    .upper = {4.0, 4.0, 4.0},
                                    .centre = {1.0, -2.0, 0.5},
                                    .minimum = {1.0, -2.0, 0.5},
                                    .curvature = {1.0, 3.0, 0.2},
                                    .fails_at = NEVER};
static const struct problem valley = {.n = 2,
                                      .lower = {-2.0, -1.0},
                                      .upper = {2.0, 3.0},
                                      .minimum = {1.0, 1.0},
                                      .is_rosenbrock = true,
                                      .fails_at = NEVER};

/* Every optimiser takes the problem from `start` to its minimum, without leaving the box. */
static void check_all_reach_minimum(const struct problem *problem, const double *start,
                                    double tolerance)
{
    for (int i = 0; ff_optimizer_types[i] != NULL; i++) {
        const struct ff_optimizer_options options = careful_options(ff_optimizer_types[i]);
        struct problem run = *problem;
        enum ff_outcome outcome;
        double theta[MAX_PARAMETERS];
        memcpy(theta, start, sizeof *theta * (size_t)run.n);
        assert_int_equal(minimize(&run, &options, theta, &outcome), FF_OK);
        for (int p = 0; p < run.n; p++)
            if (!(fabs(theta[p] - run.minimum[p]) <= tolerance))
                fail_msg("%s: theta[%d] = %.12g, not %.12g", options.type->name, p, theta[p],
                         run.minimum[p]);
        assert_int_equal(run.n_outside, 0);
    }
}

static void all_reach_the_minimum_of_a_quadratic(void **state)
{
    (void)state;
    check_all_reach_minimum(&bowl, (double[]){-3.0, 3.0, -3.5}, 1e-5);
}

static void all_reach_a_minimum_on_a_face_of_the_box(void **state)
{
    (void)state;
    struct problem problem = bowl;
    problem.centre[0] = 9.0;
    problem.minimum[0] = problem.upper[0];
    check_all_reach_minimum(&problem, (double[]){-3.0, 3.0, -3.5}, 1e-5);
}

static void all_reach_a_minimum_in_a_corner_of_the_box(void **state)
{
    (void)state;
    struct problem problem = bowl;
    problem.centre[0] = 9.0;
    problem.centre[1] = -5.0;
    problem.minimum[0] = problem.upper[0];
    problem.minimum[1] = problem.lower[1];
    check_all_reach_minimum(&problem, (double[]){-3.0, 3.0, -3.5}, 1e-5);
}

static void all_leave_the_wrong_face_of_the_box(void **state)
{
    (void)state;
    check_all_reach_minimum(&bowl, (double[]){4.0, 4.0, -4.0}, 1e-5);
}

static void all_follow_a_curved_valley(void **state)
{
    (void)state;
    check_all_reach_minimum(&valley, (double[]){-1.2, 1.0}, 1e-3);
}

/* At an active bound x <= 1/2 the constrained minimum of the valley is (1/2, 1/4). */
static void all_follow_a_curved_valley_up_to_a_bound(void **state)
{
    (void)state;
    struct problem problem = valley;
    problem.upper[0] = problem.minimum[0] = 0.5;
    problem.minimum[1] = 0.25;
    check_all_reach_minimum(&problem, (double[]){-1.2, 1.0}, 1e-3);
}

/* ---- quasi-Newton --------------------------------------------------------------------------- */

static void bfgs_converges_in_few_iterations_to_twelve_digits_of_the_value(void **state)
{
    (void)state;
    const struct ff_optimizer_options options = {
        .type = &ff_optimizer_bfgs, .tolerance = 0.002, .iterations = 200};
    struct problem problem = valley;
    enum ff_outcome outcome;
    double theta[2] = {-1.2, 1.0};
    assert_int_equal(minimize(&problem, &options, theta, &outcome), FF_OK);
    assert_int_equal(outcome, FF_OUTCOME_CONVERGED);
    struct ff_evaluation end = {.gradient = (double[2]){0}, .metric = (double[2]){0}};
    rosenbrock(theta, &end);
    assert_true(end.value < 1e-12);
    assert_true(problem.n_steps < 100);
}

static void bfgs_stays_at_an_optimum(void **state)
{
    (void)state;
    const struct ff_optimizer_options options = {.type = &ff_optimizer_bfgs, .iterations = 50};
    struct problem problem = bowl;
    enum ff_outcome outcome;
    double theta[3] = {1.0, -2.0, 0.5};
    assert_int_equal(minimize(&problem, &options, theta, &outcome), FF_OK);
    for (int p = 0; p < 3; p++)
        assert_true(fabs(theta[p] - bowl.minimum[p]) < 1e-12);
}

/* d'H d / 2 about a centre, H of condition 1e6 and turned by 0.5 rad, in the box [-1, 1]^2; with gradients of the wrong
 * sign if asked for. */
struct slanted {
    double centre[2];
    double sign;
    int n_evaluations, fails_at;
};
static const double slanted_lower[2] = {-1.0, -1.0}, slanted_upper[2] = {1.0, 1.0};

static void slanted_matrix(double *xx, double *xy, double *yy)
{
    const double c = cos(0.5), s = sin(0.5), stiff = 1e6;
    *xx = c * c + stiff * s * s;
    *xy = (1.0 - stiff) * c * s;
    *yy = s * s + stiff * c * c;
}

static enum ff_status slanted_evaluate(void *context, const double *theta,
                                       struct ff_request request, struct ff_evaluation *out)
{
    struct slanted *slanted = context;
    double xx, xy, yy;
    (void)request;
    CHECK(slanted->n_evaluations++ != slanted->fails_at, FF_ERR_DIVERGED, "as asked");
    slanted_matrix(&xx, &xy, &yy);
    const double x = theta[0] - slanted->centre[0], y = theta[1] - slanted->centre[1];
    out->value = 0.5 * (xx * x * x + yy * y * y) + xy * x * y + 1.0;
    out->gradient[0] = slanted->sign * (xx * x + xy * y);
    out->gradient[1] = slanted->sign * (xy * x + yy * y);
    return FF_OK;
}

static enum ff_outcome slanted_minimize(struct slanted *slanted, int iterations, double *theta)
{
    const struct ff_optimizer_options options = {
        .type = &ff_optimizer_bfgs, .tolerance = 0.002, .iterations = iterations};
    const struct ff_objective objective = {.n_parameters = 2,
                                           .lower = slanted_lower,
                                           .upper = slanted_upper,
                                           .context = slanted,
                                           .evaluate = slanted_evaluate};
    enum ff_outcome outcome;
    assert_int_equal(ff_minimize(&options, &objective, NULL, theta, &outcome), FF_OK);
    return outcome;
}

/* Where x is held at its upper bound the slope along y vanishes at y = c_y - (1 - c_x) H_xy / H_yy. */
static void bfgs_solves_a_rotated_and_badly_conditioned_quadratic_in_a_box(void **state)
{
    (void)state;
    double xx, xy, yy;
    slanted_matrix(&xx, &xy, &yy);
    for (int is_outside = 0; is_outside < 2; is_outside++) {
        struct slanted slanted = {{is_outside ? 1.5 : 0.3, 0.7}, .sign = 1.0, .fails_at = NEVER};
        const double x = is_outside ? 1.0 : 0.3;
        const double y = 0.7 - (x - slanted.centre[0]) * xy / yy;
        double theta[2] = {-1.0, 1.0}; /* a corner, to be left */
        assert_true(fabs(y) < 1.0);
        assert_true(xx * (x - slanted.centre[0]) + xy * (y - 0.7) <= 0.0); /* it presses */
        assert_int_equal(slanted_minimize(&slanted, 200, theta), FF_OUTCOME_CONVERGED);
        assert_near(theta[0], x, 2e-3);
        assert_near(theta[1], y, 2e-3);
        assert_true(slanted.n_evaluations < 200);
    }
}

static void bfgs_passes_over_a_trial_that_fails(void **state)
{
    (void)state;
    for (int fails_at = 1; fails_at < 8; fails_at++) {
        struct slanted slanted = {{0.3, 0.7}, .sign = 1.0, .fails_at = fails_at};
        double theta[2] = {-1.0, 1.0};
        assert_int_equal(slanted_minimize(&slanted, 200, theta), FF_OUTCOME_CONVERGED);
        assert_near(theta[0], 0.3, 2e-3);
    }
}

/* Controls: neither a gradient that points uphill nor a limit that is too low is called an end. */
static void bfgs_does_not_say_converged_where_it_cannot_know(void **state)
{
    (void)state;
    struct slanted uphill = {{0.3, 0.7}, .sign = -1.0, .fails_at = NEVER};
    struct slanted short_of = {{0.3, 0.7}, .sign = 1.0, .fails_at = NEVER};
    double theta[2] = {-0.5, 0.5};
    assert_int_equal(slanted_minimize(&uphill, 200, theta), FF_OUTCOME_STALLED);
    assert_int_equal(slanted_minimize(&short_of, 3, theta), FF_OUTCOME_MAX_ITERATIONS);
}

static void bfgs_leaves_a_place_where_the_gradient_vanishes(void **state)
{
    (void)state;
    const struct ff_optimizer_options options = {
        .type = &ff_optimizer_bfgs, .tolerance = 0.002, .iterations = 200};
    struct problem problem = bowl;
    enum ff_outcome outcome;
    problem.curvature[1] = -3.0; /* a saddle: y goes to a bound */
    double theta[3] = {1.0, -2.0, 0.5};
    assert_int_equal(minimize(&problem, &options, theta, &outcome), FF_OK);
    assert_int_equal(outcome, FF_OUTCOME_CONVERGED);
    assert_true(fabs(theta[1]) == 4.0);
}

/* ---- noise ---------------------------------------------------------------------------------- */

enum { N_NOISY_RUNS = 60 };

/* Sum over runs of the squared distance to the minimum, for adam under noise. */
static double noisy_square(double decay, double average, uint64_t first_seed)
{
    const struct ff_optimizer_options options = {.type = &ff_optimizer_adam,
                                                 .learning_rate = 0.05,
                                                 .decay = decay,
                                                 .average = average,
                                                 .iterations = 1000};
    double square = 0.0;
    for (uint64_t run = 0; run < N_NOISY_RUNS; run++) {
        struct problem problem = bowl;
        enum ff_outcome outcome;
        double theta[3] = {0.0, 0.0, 0.0};
        problem.curvature[2] = 1.0;
        problem.noise = 1.0;
        problem.seed = first_seed + run;
        assert_int_equal(minimize(&problem, &options, theta, &outcome), FF_OK);
        for (int p = 0; p < 3; p++)
            square += (theta[p] - bowl.minimum[p]) * (theta[p] - bowl.minimum[p]);
    }
    return square;
}

/* The chance that two equally good settings differ this much: the squares are sums over 3 x 60
 * independent, nearly normal errors. */
static double chance_of_ratio(double worse, double better)
{
    return gsl_cdf_fdist_Q(worse / better, 3.0 * N_NOISY_RUNS, 3.0 * N_NOISY_RUNS);
}

static void a_decaying_rate_reduces_the_error_from_noise(void **state)
{
    (void)state;
    const double plain = noisy_square(1.0, 0.0, 1), decayed = noisy_square(0.05, 0.0, 1001);
    assert_true(chance_of_ratio(plain, decayed) < 1e-6);
    assert_true(chance_of_ratio(plain, noisy_square(1.0, 0.0, 2001)) > 1e-4); /* control */
}

static void averaging_reduces_the_error_from_noise(void **state)
{
    (void)state;
    const double plain = noisy_square(1.0, 0.0, 1), averaged = noisy_square(1.0, 0.5, 1001);
    assert_true(chance_of_ratio(plain, averaged) < 1e-6);
    const double both = noisy_square(0.05, 0.25, 2001);
    assert_true(chance_of_ratio(plain, both) < 1e-6);
}

/* ---- what is recorded, and errors ----------------------------------------------------------- */

/* The first step of either descent is the learning rate times a known vector, so theta is known. */
static void every_evaluation_of_a_descent_is_recorded_in_order(void **state)
{
    (void)state;
    const struct ff_optimizer_options options = {
        .type = &ff_optimizer_adam, .learning_rate = 0.1, .decay = 1.0, .iterations = 5};
    struct problem problem = bowl;
    enum ff_outcome outcome;
    double theta[3] = {0.0, 0.0, 0.0};
    assert_int_equal(minimize(&problem, &options, theta, &outcome), FF_OK);
    assert_int_equal(outcome, FF_OUTCOME_MAX_ITERATIONS);
    assert_int_equal(problem.n_steps, 5);
    assert_int_equal(problem.n_evaluations, 5);
    assert_int_equal(problem.n_out_of_turn, 0);
    assert_near(problem.value[0], 0.5 + 6.0 + 0.025, 1e-14);
    assert_near(problem.gradient_norm[0], sqrt(1.0 + 36.0 + 0.01), 1e-14);
    assert_near(problem.value[1], 0.5 * 0.81 + 1.5 * 1.9 * 1.9 + 0.1 * 0.16, 1e-12);
}

static void an_error_of_the_objective_ends_every_optimizer(void **state)
{
    (void)state;
    for (int i = 0; ff_optimizer_types[i] != NULL; i++) {
        const struct ff_optimizer_options options = careful_options(ff_optimizer_types[i]);
        struct problem problem = bowl;
        enum ff_outcome outcome;
        double theta[3] = {0.0, 0.0, 0.0};
        problem.fails_at = 0;
        assert_int_equal(minimize(&problem, &options, theta, &outcome), FF_ERR_DIVERGED);
        assert_int_equal(problem.n_steps, 0);
        assert_int_equal(outcome, FF_OUTCOME_NONE);
        for (int p = 0; p < 3; p++)
            assert_true(theta[p] == 0.0);
    }
}

static void a_quadratic_of_unknown_slope_has_no_known_minimum(void **state)
{
    (void)state;
    const double theta[2] = {0}, metric[2] = {1.0, 1.0}, low[2] = {-1, -1}, high[2] = {1, 1};
    const double known[2] = {1.0, -2.0}, unknown[2] = {1.0, NAN};
    double step[2];
    struct ff_pairs pairs;
    struct ff_quadratic quadratic;
    ff_pairs_create(2, 1, &pairs);
    ff_quadratic_create(2, 1, &quadratic);
    ff_quadratic_fit(&quadratic, &pairs, theta, known, metric);
    assert_true(ff_quadratic_minimize(&quadratic, known, 1.0, low, high, step) > 0.0);
    assert_true(isnan(ff_quadratic_minimize(&quadratic, unknown, 1.0, low, high, step)));
    ff_quadratic_free(&quadratic);
    ff_pairs_free(&pairs);
}

static void an_evaluation_knows_nothing_until_it_is_filled(void **state)
{
    (void)state;
    struct ff_evaluation evaluation;
    ff_evaluation_create(2, &evaluation);
    assert_true(isnan(evaluation.value) && ff_evaluation_is_exact(&evaluation));
    for (int p = 0; p < 2; p++)
        assert_true(isnan(evaluation.gradient[p]) && isnan(evaluation.metric[p]));
    ff_evaluation_free(&evaluation);
    ff_evaluation_free(&evaluation);
}

/* ---- asking for samples --------------------------------------------------------------------- */

static enum ff_status doubler_create(const struct ff_optimizer_options *options,
                                     const struct ff_objective *objective, void **out)
{
    (void)options, (void)objective;
    *out = FF_NEW(uint32_t, 1);
    return FF_OK;
}

/* Goes nowhere, with twice the samples of the step before. */
static enum ff_status doubler_step(void *state, const struct ff_objective *objective, double *theta,
                                   struct ff_evaluation *evaluation, enum ff_outcome *outcome)
{
    uint32_t *iteration = state;
    const struct ff_request request = {.iteration = *iteration, .samples = 1 << *iteration};
    TRY(objective->evaluate(objective->context, theta, request, evaluation));
    *outcome = ++*iteration == 5 ? FF_OUTCOME_CONVERGED : FF_OUTCOME_NONE;
    return FF_OK;
}

static void a_request_for_samples_reaches_the_objective(void **state)
{
    (void)state;
    const struct ff_optimizer_type doubler = {
        .name = "doubler", .create = doubler_create, .step = doubler_step, .free = free};
    const struct ff_optimizer_options options = {.type = &doubler, .iterations = 10};
    struct problem problem = bowl;
    enum ff_outcome outcome;
    double theta[3] = {0.0, 0.0, 0.0};
    assert_int_equal(minimize(&problem, &options, theta, &outcome), FF_OK);
    assert_int_equal(outcome, FF_OUTCOME_CONVERGED);
    assert_int_equal(problem.n_steps, 5);
    assert_int_equal(problem.n_out_of_turn, 0);
    for (int t = 0; t < 5; t++)
        assert_int_equal(problem.samples[t], 1 << t);
}

/* ---- stopping and going on ------------------------------------------------------------------ */

/* What a run goes through: a problem from its start. */
struct course {
    const struct problem *problem;
    double start[MAX_PARAMETERS], noise, offset, tolerance;
};

/* A run by hand, one step at a time. */
struct run {
    struct ff_optimizer_options options;
    struct problem problem;
    struct ff_objective objective;
    struct ff_evaluation evaluation;
    void *state;
    double theta[MAX_PARAMETERS];
};

/* Under noise, so that the random numbers count; the last ten iterates are averaged. */
static void run_begin(const struct ff_optimizer_type *type, const struct course *course,
                      struct run *run)
{
    *run = (struct run){.options = {.type = type,
                                    .learning_rate = 0.3,
                                    .decay = 0.1,
                                    .average = 0.5,
                                    .iterations = MAX_STEPS},
                        .problem = *course->problem};
    run->options.tolerance = course->tolerance;
    run->problem.offset = course->offset;
    run->problem.noise = course->noise;
    run->problem.seed = 7;
    run->objective = objective_of(&run->problem);
    memcpy(run->theta, course->start, sizeof run->theta);
    ff_evaluation_create(run->problem.n, &run->evaluation);
    assert_int_equal(type->create(&run->options, &run->objective, &run->state), FF_OK);
}

static void run_end(struct run *run)
{
    run->options.type->free(run->state);
    ff_evaluation_free(&run->evaluation);
}

static void run_steps(struct run *run, int n_steps)
{
    enum ff_outcome outcome = FF_OUTCOME_NONE;
    for (int t = 0; t < n_steps; t++)
        assert_int_equal(run->options.type->step(run->state, &run->objective, run->theta,
                                                 &run->evaluation, &outcome),
                         FF_OK);
}

/* Give one field the value it has before the first step, as though the table did not have it. */
static void forget(struct run *run, int forgotten)
{
    const struct ff_optimizer_type *type = run->options.type;
    const struct ff_field *field = &type->state->fields[forgotten];
    void *fresh;
    assert_int_equal(type->create(&run->options, &run->objective, &fresh), FF_OK);
    memcpy((void *)ff_field_values(field, run->state), ff_field_values(field, fresh),
           ff_field_count(field, fresh) * ff_field_value_size(field));
    type->free(fresh);
}

/* Step n_before times, save, and let another state go on to the end without one of its fields, or with all
 * of them if it is NEVER. */
static void run_interrupted(const struct ff_optimizer_type *type, int n_before, int forgotten,
                            const struct course *course, double *theta)
{
    struct run before, after;
    run_begin(type, course, &before);
    run_steps(&before, n_before);
    const size_t size = ff_record_size(type->state, before.state);
    char *bytes = FF_RAW(char, size);
    ff_record_pack(type->state, before.state, bytes);
    struct course rest = *course;
    memcpy(rest.start, before.theta, sizeof before.theta);
    run_end(&before);
    run_begin(type, &rest, &after);
    assert_int_equal(ff_optimizer_restore(type, after.state, bytes, size), FF_OK);
    if (forgotten != NEVER)
        forget(&after, forgotten);
    run_steps(&after, MAX_STEPS - n_before);
    memcpy(theta, after.theta, sizeof after.theta);
    run_end(&after);
    free(bytes);
}

/* Little noise, much, and none along a curve, where the method goes on by second derivatives. */
static const struct course courses[] = {{&bowl, {-3.0, 3.0, -3.5}, 0.5, 0.0, 0.0},
                                        {&bowl, {-3.0, 3.0, -3.5}, 2.0, 0.0, 0.0},
                                        {&valley, {-0.5, 0.3}, 0.0, 1.0, 100.0}};
enum { N_COURSES = sizeof courses / sizeof *courses };

static bool ends_alike(const struct ff_optimizer_type *type, int n_before, int forgotten,
                       const struct course *course)
{
    struct run whole;
    double theta[MAX_PARAMETERS];
    run_interrupted(type, n_before, forgotten, course, theta);
    run_begin(type, course, &whole);
    run_steps(&whole, MAX_STEPS);
    const bool is_alike = memcmp(theta, whole.theta, sizeof theta) == 0;
    run_end(&whole);
    return is_alike;
}

static void a_saved_state_goes_on_to_the_same_bits(void **state)
{
    (void)state;
    int n_saved = 0;
    for (int i = 0; ff_optimizer_types[i] != NULL; i++) {
        const struct ff_optimizer_type *type = ff_optimizer_types[i];
        for (int k = 0; k <= MAX_STEPS && type->state != NULL; k++)
            for (int c = 0; c < N_COURSES; c++)
                if (!ends_alike(type, k, NEVER, &courses[c]))
                    fail_msg("%s: another end when saved after %d steps", type->name, k);
        n_saved += type->state != NULL;
    }
    assert_int_equal(n_saved, 3); /* adam, natural, trust */
}

static bool is_length(const struct ff_record_type *type, int f)
{
    for (int i = 0; i < type->n_fields; i++)
        for (int a = 0; a < ff_field_n_axes(&type->fields[i]); a++)
            if (type->fields[i].length[a] == type->fields[f].offset)
                return true;
    return false;
}

/* Whether a run ends alike without a field, however late it is saved. */
static bool never_matters(const struct ff_optimizer_type *type, int field)
{
    for (int k = MAX_STEPS - 1; k > 0; k--)
        for (int c = 0; c < N_COURSES; c++)
            if (!ends_alike(type, k, field, &courses[c]))
                return false;
    return true;
}

/* The control of the test above: it would notice any field that is missing from the table. */
static void a_state_without_one_of_its_fields_goes_on_to_other_bits(void **state)
{
    (void)state;
    for (int i = 0; ff_optimizer_types[i] != NULL; i++) {
        const struct ff_optimizer_type *type = ff_optimizer_types[i];
        for (int f = 0; type->state != NULL && f < type->state->n_fields; f++)
            if (!is_length(type->state, f) && never_matters(type, f))
                fail_msg("%s: `%s` is saved for nothing", type->name, type->state->fields[f].name);
    }
}

static void every_table_of_a_state_says_what_its_fields_are(void **state)
{
    (void)state;
    for (int i = 0; ff_optimizer_types[i] != NULL; i++) {
        const struct ff_optimizer_type *type = ff_optimizer_types[i];
        assert_true(type->doc != NULL && type->doc[0] != '\0');
        if (type->state != NULL)
            assert_int_equal(ff_record_check_type(type->state), FF_OK);
    }
}

static void a_state_of_another_problem_is_refused(void **state)
{
    (void)state;
    for (int i = 0; ff_optimizer_types[i] != NULL; i++) {
        const struct ff_optimizer_type *type = ff_optimizer_types[i];
        if (type->state == NULL)
            continue;
        struct run run;
        run_begin(type, &courses[0], &run);
        const size_t size = ff_record_size(type->state, run.state);
        char *bytes = FF_RAW(char, size);
        ff_record_pack(type->state, run.state, bytes);
        run_end(&run);
        run_begin(type, &courses[0], &run);
        type->free(run.state);
        run.objective.n_parameters = 2;
        assert_int_equal(type->create(&run.options, &run.objective, &run.state), FF_OK);
        assert_int_equal(ff_optimizer_restore(type, run.state, bytes, size), FF_ERR_RUNTIME);
        run_end(&run);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_reach_the_minimum_of_a_quadratic),
        cmocka_unit_test(all_reach_a_minimum_on_a_face_of_the_box),
        cmocka_unit_test(all_reach_a_minimum_in_a_corner_of_the_box),
        cmocka_unit_test(all_leave_the_wrong_face_of_the_box),
        cmocka_unit_test(all_follow_a_curved_valley),
        cmocka_unit_test(all_follow_a_curved_valley_up_to_a_bound),
        cmocka_unit_test(bfgs_converges_in_few_iterations_to_twelve_digits_of_the_value),
        cmocka_unit_test(bfgs_stays_at_an_optimum),
        cmocka_unit_test(bfgs_solves_a_rotated_and_badly_conditioned_quadratic_in_a_box),
        cmocka_unit_test(bfgs_passes_over_a_trial_that_fails),
        cmocka_unit_test(bfgs_does_not_say_converged_where_it_cannot_know),
        cmocka_unit_test(bfgs_leaves_a_place_where_the_gradient_vanishes),
        cmocka_unit_test(a_decaying_rate_reduces_the_error_from_noise),
        cmocka_unit_test(averaging_reduces_the_error_from_noise),
        cmocka_unit_test(every_evaluation_of_a_descent_is_recorded_in_order),
        cmocka_unit_test(an_error_of_the_objective_ends_every_optimizer),
        cmocka_unit_test(an_evaluation_knows_nothing_until_it_is_filled),
        cmocka_unit_test(a_quadratic_of_unknown_slope_has_no_known_minimum),
        cmocka_unit_test(a_request_for_samples_reaches_the_objective),
        cmocka_unit_test(a_saved_state_goes_on_to_the_same_bits),
        cmocka_unit_test(a_state_without_one_of_its_fields_goes_on_to_other_bits),
        cmocka_unit_test(every_table_of_a_state_says_what_its_fields_are),
        cmocka_unit_test(a_state_of_another_problem_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
