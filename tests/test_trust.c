/* The trust region under noise: it ends by itself, near enough, and knows when it must draw more.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: unit, stat */
#include "base/stream.h"
#include "optimize/optimizer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 4, N_RUNS = 40, MAX_STEPS = 200 };

/* Half (theta - c)' H (theta - c) with H = R' diag(stiffness) R, R a rotation of planes 0-1 and 2-3, in a box. */
struct problem {
    double centre[N], stiffness[N], angle;
    double noise;     /* of every component of the gradient, and of the value, at one sample */
    bool hides_noise; /* its size is not told: deviations are NaN, as of a single block */
    uint64_t seed;
    int n_evaluations, most_samples, n_samples, price;
    double lower[N], upper[N];
};

static void rotate(double angle, const double *from, double *to)
{
    for (int p = 0; p < N; p += 2) {
        to[p] = cos(angle) * from[p] - sin(angle) * from[p + 1];
        to[p + 1] = sin(angle) * from[p] + cos(angle) * from[p + 1];
    }
}

static double value_at(const struct problem *problem, const double *theta, double *gradient)
{
    double offset[N], turned[N], force[N], value = 0.0;
    for (int p = 0; p < N; p++)
        offset[p] = theta[p] - problem->centre[p];
    rotate(problem->angle, offset, turned);
    for (int p = 0; p < N; p++) {
        force[p] = problem->stiffness[p] * turned[p];
        value += 0.5 * force[p] * turned[p];
    }
    rotate(-problem->angle, force, gradient);
    return value - 1.0;
}

static enum ff_status evaluate(void *context, const double *theta, struct ff_request request,
                               struct ff_evaluation *out)
{
    struct problem *problem = context;
    const double size = problem->noise / sqrt(request.samples);
    struct ff_stream stream =
        ff_stream_at(problem->seed, 0, FF_PURPOSE_TRACKED, request.iteration, 0);
    problem->n_evaluations++;
    problem->n_samples += request.samples;
    if (problem->price > 0)
        out->price = problem->price;
    if (request.samples > problem->most_samples)
        problem->most_samples = request.samples;
    out->value = value_at(problem, theta, out->gradient) + size * ff_stream_normal(&stream);
    double *rows = ff_evaluation_reserve(out, problem->noise > 0.0 ? N + 1 : 0);
    if (out->n_deviations > 0)
        memset(rows, 0, sizeof *rows * (size_t)(out->n_deviations * (N + 1)));
    for (int i = 0; i < out->n_deviations; i++)
        rows[i * (N + 1) + i] = problem->hides_noise ? NAN : size;
    for (int p = 0; p < N; p++) {
        out->gradient[p] += size * ff_stream_normal(&stream);
        out->metric[p] = 1.0; /* says nothing of the stiffness */
    }
    return FF_OK;
}

static const struct problem valley = {.centre = {1.0, -2.0, 0.5, 3.0},
                                      .stiffness = {0.1, 3.0, 0.3, 0.03},
                                      .angle = 0.6,
                                      .lower = {-8, -8, -8, -8},
                                      .upper = {8, 8, 8, 8}};

/* Minimise from 0 into theta, and say how it ended. */
static enum ff_outcome run(struct problem *problem, double tolerance, double *theta)
{
    const struct ff_optimizer_options options = {
        .type = &ff_optimizer_trust, .tolerance = tolerance, .iterations = MAX_STEPS};
    const struct ff_objective objective = {N, problem->lower, problem->upper, problem, evaluate};
    struct ff_evaluation evaluation;
    enum ff_outcome outcome = FF_OUTCOME_NONE;
    void *state;
    memset(theta, 0, sizeof *theta * N);
    ff_evaluation_create(N, &evaluation);
    assert_int_equal(ff_optimizer_trust.create(&options, &objective, &state), FF_OK);
    for (int t = 0; t < MAX_STEPS && outcome == FF_OUTCOME_NONE; t++)
        assert_int_equal(ff_optimizer_trust.step(state, &objective, theta, &evaluation, &outcome),
                         FF_OK);
    ff_optimizer_trust.free(state);
    ff_evaluation_free(&evaluation);
    return outcome;
}

/* Excess over the minimum in the box, which is -1 inside it; the outcome must be that it has converged. */
static double minimize(struct problem *problem, double tolerance)
{
    double theta[N], gradient[N];
    assert_int_equal(run(problem, tolerance, theta), FF_OUTCOME_CONVERGED);
    return value_at(problem, theta, gradient) + 1.0;
}

/* Mean excess of many noisy runs. */
static double mean_excess(double noise, double tolerance, int *most_samples)
{
    double sum = 0.0;
    *most_samples = 0;
    for (uint64_t run = 0; run < N_RUNS; run++) {
        struct problem problem = valley;
        problem.noise = noise;
        problem.seed = run;
        sum += minimize(&problem, tolerance) / N_RUNS;
        if (problem.most_samples > *most_samples)
            *most_samples = problem.most_samples;
    }
    return sum;
}

static void without_noise_it_converges_in_few_evaluations(void **state)
{
    (void)state;
    struct problem problem = valley;
    assert_true(minimize(&problem, 0.002) < 0.002);
    assert_true(problem.n_evaluations < 60);
    assert_int_equal(problem.most_samples, 1);
}

/* Four samples for each step are all that may be spent, or as many fewer as each costs more; the last step may begin with what
 * is left and take two. Control: at the usual price the same run converges, with more samples than that. */
static void samples_are_paid_for_and_then_it_ends(void **state)
{
    (void)state;
    enum { PRICE = 100, AFFORDED = 4 * MAX_STEPS / PRICE };
    struct problem dear = valley, cheap = valley;
    double theta[N];
    dear.noise = cheap.noise = 1e-3;
    dear.price = PRICE;
    assert_int_equal(run(&dear, 1e-3, theta), FF_OUTCOME_STALLED);
    assert_true(dear.n_samples >= AFFORDED && dear.n_samples <= AFFORDED + 2);
    assert_int_equal(run(&cheap, 1e-3, theta), FF_OUTCOME_CONVERGED);
    assert_true(cheap.n_samples > AFFORDED + 2);
}

static void a_corner_of_the_box_is_reached(void **state)
{
    (void)state;
    struct problem problem = valley;
    problem.angle = 0.0;
    problem.upper[0] = problem.upper[3] = 0.5;
    const double least = 0.5 * (0.1 * 0.25 + 0.03 * 6.25); /* at the corner */
    assert_true(fabs(minimize(&problem, 0.002) - least) < 2e-6);
}

static void under_noise_it_ends_within_its_tolerance(void **state)
{
    (void)state;
    int few, many;
    assert_true(mean_excess(0.03, 0.01, &few) < 0.01);
    assert_true(mean_excess(0.03, 0.1, &many) > 0.01); /* control: it does stop when told to */
    assert_true(few > many);                           /* and less tolerance takes more samples */
}

static void more_noise_takes_more_samples_and_the_same_accuracy(void **state)
{
    (void)state;
    int quiet, loud;
    assert_true(mean_excess(0.01, 0.03, &quiet) < 0.03);
    assert_true(mean_excess(0.03, 0.03, &loud) < 0.03);
    assert_true(loud > quiet);
}

static void noise_of_unknown_size_is_not_taken_for_none(void **state)
{
    (void)state;
    double theta[N];
    struct problem problem = valley;
    problem.noise = 0.03;
    problem.hides_noise = true;
    assert_int_not_equal(run(&problem, 0.01, theta), FF_OUTCOME_CONVERGED);
    problem.hides_noise = false;
    assert_int_equal(run(&problem, 0.01, theta), FF_OUTCOME_CONVERGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_noise_it_converges_in_few_evaluations),
        cmocka_unit_test(samples_are_paid_for_and_then_it_ends),
        cmocka_unit_test(a_corner_of_the_box_is_reached),
        cmocka_unit_test(under_noise_it_ends_within_its_tolerance),
        cmocka_unit_test(more_noise_takes_more_samples_and_the_same_accuracy),
        cmocka_unit_test(noise_of_unknown_size_is_not_taken_for_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
