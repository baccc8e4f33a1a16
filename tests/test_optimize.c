/* Optimisers on problems with known minima, in a box, with and without noise.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/stream.h"
#include "optimize/optimizer.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_near(double value, double expected, double error)
{
    if (!(fabs(value - expected) <= error))
        fail_msg("%.17g is not within %g of %.17g", value, error, expected);
}

enum { MAX_PARAMETERS = 3, NEVER = -1 };

/* A function with its box, and a record of what the optimiser asked for. */
struct problem {
    int n;
    double lower[MAX_PARAMETERS], upper[MAX_PARAMETERS];
    double minimum[MAX_PARAMETERS]; /* inside the box */
    double centre[MAX_PARAMETERS], curvature[MAX_PARAMETERS];
    bool is_rosenbrock;
    double noise; /* standard deviation of each component of the gradient */
    uint64_t seed;
    int fails_at; /* iteration, or NEVER */
    int n_evaluations, n_outside, n_out_of_turn;
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

static enum ff_status evaluate(void *context, const double *theta, uint32_t iteration,
                               struct ff_evaluation *out)
{
    struct problem *problem = context;
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
    struct ff_stream stream = ff_stream_at(problem->seed, 0, FF_PURPOSE_TRACKED, iteration, 0);
    for (int p = 0; p < problem->n && problem->noise > 0.0; p++)
        out->gradient[p] += problem->noise * ff_stream_normal(&stream);
    out->current = 2.0 * out->value;
    out->entropy_production = 3.0 * out->value;
    return FF_OK;
}

static enum ff_status minimize(struct problem *problem, const struct ff_optimizer_options *options,
                               double *theta, struct ff_trace *trace, enum ff_outcome *outcome)
{
    const struct ff_objective objective = {.n_parameters = problem->n,
                                           .lower = problem->lower,
                                           .upper = problem->upper,
                                           .context = problem,
                                           .evaluate = evaluate};
    return options->type->minimize(&objective, options, theta, trace, outcome);
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
        struct ff_trace trace;
        enum ff_outcome outcome;
        double theta[MAX_PARAMETERS];
        memcpy(theta, start, sizeof *theta * (size_t)run.n);
        ff_trace_create(options.iterations, &trace);
        assert_int_equal(minimize(&run, &options, theta, &trace, &outcome), FF_OK);
        for (int p = 0; p < run.n; p++)
            if (!(fabs(theta[p] - run.minimum[p]) <= tolerance))
                fail_msg("%s: theta[%d] = %.12g, not %.12g", options.type->name, p, theta[p],
                         run.minimum[p]);
        assert_int_equal(run.n_outside, 0);
        ff_trace_free(&trace);
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
    const struct ff_optimizer_options options = {.type = &ff_optimizer_bfgs, .iterations = 200};
    struct problem problem = valley;
    struct ff_trace trace;
    enum ff_outcome outcome;
    double theta[2] = {-1.2, 1.0};
    ff_trace_create(options.iterations, &trace);
    assert_int_equal(minimize(&problem, &options, theta, &trace, &outcome), FF_OK);
    assert_int_not_equal(outcome, FF_OUTCOME_MAX_ITERATIONS);
    struct ff_evaluation end = {.gradient = (double[2]){0}, .metric = (double[2]){0}};
    rosenbrock(theta, &end);
    assert_true(end.value < 1e-12);
    assert_true(trace.n_recorded < 100);
    ff_trace_free(&trace);
}

static void bfgs_stays_at_an_optimum(void **state)
{
    (void)state;
    const struct ff_optimizer_options options = {.type = &ff_optimizer_bfgs, .iterations = 50};
    struct problem problem = bowl;
    struct ff_trace trace;
    enum ff_outcome outcome;
    double theta[3] = {1.0, -2.0, 0.5};
    ff_trace_create(options.iterations, &trace);
    assert_int_equal(minimize(&problem, &options, theta, &trace, &outcome), FF_OK);
    for (int p = 0; p < 3; p++)
        assert_true(fabs(theta[p] - bowl.minimum[p]) < 1e-12);
    ff_trace_free(&trace);
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
        struct ff_trace trace;
        enum ff_outcome outcome;
        double theta[3] = {0.0, 0.0, 0.0};
        problem.curvature[2] = 1.0;
        problem.noise = 1.0;
        problem.seed = first_seed + run;
        ff_trace_create(1, &trace);
        assert_int_equal(minimize(&problem, &options, theta, &trace, &outcome), FF_OK);
        for (int p = 0; p < 3; p++)
            square += (theta[p] - bowl.minimum[p]) * (theta[p] - bowl.minimum[p]);
        ff_trace_free(&trace);
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

/* ---- traces and errors ---------------------------------------------------------------------- */

/* The first step of either descent is the learning rate times a known vector, so theta is known. */
static void a_trace_records_every_evaluation_in_order(void **state)
{
    (void)state;
    const struct ff_optimizer_options options = {
        .type = &ff_optimizer_adam, .learning_rate = 0.1, .decay = 1.0, .iterations = 5};
    struct problem problem = bowl;
    struct ff_trace trace;
    enum ff_outcome outcome;
    double theta[3] = {0.0, 0.0, 0.0};
    ff_trace_create(8, &trace);
    assert_int_equal(minimize(&problem, &options, theta, &trace, &outcome), FF_OK);
    assert_int_equal(outcome, FF_OUTCOME_MAX_ITERATIONS);
    assert_int_equal(trace.n_recorded, 5);
    assert_int_equal(problem.n_evaluations, 5);
    assert_int_equal(problem.n_out_of_turn, 0);
    assert_near(trace.value[0], 0.5 + 6.0 + 0.025, 1e-14);
    assert_near(trace.gradient_norm[0], sqrt(1.0 + 36.0 + 0.01), 1e-14);
    assert_near(trace.value[1], 0.5 * 0.81 + 1.5 * 1.9 * 1.9 + 0.1 * 0.16, 1e-12);
    for (int t = 0; t < 5; t++) {
        assert_near(trace.current[t], 2.0 * trace.value[t], 1e-14);
        assert_near(trace.entropy_production[t], 3.0 * trace.value[t], 1e-13);
    }
    for (int t = 5; t < 8; t++)
        assert_true(isnan(trace.value[t]) && isnan(trace.current[t]) &&
                    isnan(trace.entropy_production[t]) && isnan(trace.gradient_norm[t]));
    ff_trace_free(&trace);
}

static void a_full_trace_keeps_its_first_entries(void **state)
{
    (void)state;
    const struct ff_optimizer_options options = {
        .type = &ff_optimizer_adam, .learning_rate = 0.1, .decay = 1.0, .iterations = 9};
    struct problem problem = bowl;
    struct ff_trace trace;
    enum ff_outcome outcome;
    double theta[3] = {0.0, 0.0, 0.0};
    ff_trace_create(2, &trace);
    assert_int_equal(minimize(&problem, &options, theta, &trace, &outcome), FF_OK);
    assert_int_equal(trace.n_recorded, 2);
    assert_near(trace.value[0], 6.525, 1e-14);
    ff_trace_free(&trace);
}

static void an_error_of_the_objective_ends_every_optimizer(void **state)
{
    (void)state;
    for (int i = 0; ff_optimizer_types[i] != NULL; i++) {
        const struct ff_optimizer_options options = careful_options(ff_optimizer_types[i]);
        struct problem problem = bowl;
        struct ff_trace trace;
        enum ff_outcome outcome;
        double theta[3] = {0.0, 0.0, 0.0};
        problem.fails_at = 0;
        ff_trace_create(10, &trace);
        assert_int_equal(minimize(&problem, &options, theta, &trace, &outcome), FF_ERR_DIVERGED);
        assert_int_equal(trace.n_recorded, 0);
        ff_trace_free(&trace);
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
        cmocka_unit_test(a_decaying_rate_reduces_the_error_from_noise),
        cmocka_unit_test(averaging_reduces_the_error_from_noise),
        cmocka_unit_test(a_trace_records_every_evaluation_in_order),
        cmocka_unit_test(a_full_trace_keeps_its_first_entries),
        cmocka_unit_test(an_error_of_the_objective_ends_every_optimizer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
