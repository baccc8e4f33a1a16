/* Second derivatives, minima of models in a box, and a valley that only they show the end of.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: unit */
#include "optimize/optimizer.h"
#include "optimize/quadratic.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 20, MAX_STEPS = 3000 };

/* Rosenbrock's function as a chain, plus one: sum of steepness (x' - x^2)^2 + (1 - x)^2, whose minimum in the box is at (1, ..., 1). */
struct chain {
    double lower[N], upper[N];
    bool
        says_exact; /* else it comes with deviations, which are zero: the optimiser must ask whether there is noise */
    int n_outside;
};

static const double steepness = 100.0;

static double value_at(const double *x, double *gradient)
{
    double value = 1.0;
    memset(gradient, 0, sizeof *gradient * N);
    for (int p = 0; p + 1 < N; p++) {
        const double off = x[p + 1] - x[p] * x[p], short_of = 1.0 - x[p];
        value += steepness * off * off + short_of * short_of;
        gradient[p] -= 4.0 * steepness * off * x[p] + 2.0 * short_of;
        gradient[p + 1] += 2.0 * steepness * off;
    }
    return value;
}

static enum ff_status evaluate(void *context, const double *theta, struct ff_request request,
                               struct ff_evaluation *out)
{
    (void)request;
    struct chain *chain = context;
    out->value = value_at(theta, out->gradient);
    for (int p = 0; p < N; p++) {
        out->metric[p] = 1.0;
        chain->n_outside += !(theta[p] >= chain->lower[p] && theta[p] <= chain->upper[p]);
    }
    if (!chain->says_exact)
        memset(ff_evaluation_reserve(out, 1), 0, sizeof(double) * (N + 1));
    return FF_OK;
}

static struct chain make_chain(bool says_exact)
{
    struct chain chain = {.says_exact = says_exact};
    for (int p = 0; p < N; p++) {
        chain.lower[p] = -2.0;
        chain.upper[p] = 2.0;
    }
    return chain;
}

static struct ff_objective objective_of(struct chain *chain)
{
    return (struct ff_objective){N, chain->lower, chain->upper, chain, evaluate};
}

/* ---- the Hessian ---------------------------------------------------------------------------- */

static void differences_are_the_second_derivatives_also_at_a_limit(void **state)
{
    (void)state;
    struct chain chain = make_chain(true);
    const struct ff_objective objective = objective_of(&chain);
    struct ff_hessian hessian;
    struct ff_evaluation probe;
    double theta[N], gradient[N];
    int iteration = 7;
    for (int p = 0; p < N; p++)
        theta[p] = p % 3 == 0 ? 2.0 : p % 3 == 1 ? -2.0 : 0.1 * p;
    value_at(theta, gradient);
    ff_hessian_create(N, &hessian);
    ff_evaluation_create(N, &probe);
    assert_false(ff_hessian_is_at(&hessian, theta));
    assert_int_equal(ff_hessian_measure(&hessian, &objective, theta, gradient, &iteration, &probe),
                     FF_OK);
    assert_int_equal(iteration, 7 + N);
    assert_int_equal(chain.n_outside, 0);
    assert_true(ff_hessian_is_at(&hessian, theta));
    for (int p = 0; p < N; p++)
        for (int q = 0; q < N; q++) {
            double exact = 0.0;
            if (p == q)
                exact =
                    (p > 0 ? 2.0 * steepness : 0.0) +
                    (p + 1 < N ? 2.0 + steepness * (12.0 * theta[p] * theta[p] - 4.0 * theta[p + 1])
                               : 0.0);
            else if (p + 1 == q || q + 1 == p)
                exact = -4.0 * steepness * theta[p < q ? p : q];
            assert_true(fabs(hessian.matrix[p * N + q] - exact) < 0.05); /* of up to 5800 */
        }
    theta[0] -= 0.5;
    assert_false(ff_hessian_is_at(&hessian, theta));
    assert_true(ff_hessian_distance(&hessian, theta) == 0.5);
    ff_evaluation_free(&probe);
    ff_hessian_free(&hessian);
}

/* ---- minima in a box ------------------------------------------------------------------------ */

/* Second differences, as of a stiff string: all parameters depend on each other. */
static void set_string(struct ff_quadratic *quadratic, double corner)
{
    memset(quadratic->matrix, 0, sizeof(double) * N * N);
    for (int p = 0; p < N; p++) {
        quadratic->diagonal[p] = quadratic->matrix[p * N + p] = p == 0 ? corner : 2.0;
        if (p > 0)
            quadratic->matrix[p * N + p - 1] = quadratic->matrix[(p - 1) * N + p] = -1.0;
    }
}

/* Largest slope that a parameter could still follow. */
static double largest_slope(const struct ff_quadratic *quadratic, const double *gradient,
                            const double *low, const double *high, const double *step)
{
    double largest = 0.0;
    for (int p = 0; p < N; p++) {
        const double slope = gradient[p] + ff_dot(quadratic->matrix + (size_t)p * N, step, N);
        if ((slope < 0.0 && step[p] < high[p]) || (slope > 0.0 && step[p] > low[p]))
            largest = fmax(largest, fabs(slope));
    }
    return largest;
}

static void the_minimum_is_found_where_parameters_depend_on_each_other(void **state)
{
    (void)state;
    struct ff_quadratic quadratic;
    double gradient[N], low[N], high[N], step[N];
    ff_quadratic_create(N, 1, &quadratic);
    set_string(&quadratic, 1.001);
    for (int p = 0; p < N; p++) {
        gradient[p] = p % 5 == 0 ? -0.1 : 0.03;
        low[p] = p == N / 2 ? -0.05 : -8.0;
        high[p] = 1.0;
    }
    memset(step, 0, sizeof step);
    assert_true(largest_slope(&quadratic, gradient, low, high, step) > 0.05); /* control */
    const double decrease = ff_quadratic_minimize(&quadratic, gradient, 1.0, low, high, step);
    assert_true(decrease > 0.0);
    assert_true(step[N / 2] == -0.05);
    assert_true(largest_slope(&quadratic, gradient, low, high, step) < 1e-12);
    ff_quadratic_free(&quadratic);
}

static void a_direction_that_curves_down_is_followed_to_the_limit(void **state)
{
    (void)state;
    struct ff_quadratic quadratic;
    double gradient[N], low[N], high[N], step[N];
    ff_quadratic_create(N, 1, &quadratic);
    set_string(&quadratic, 0.9); /* all parameters together curve by -0.1 */
    for (int p = 0; p < N; p++) {
        gradient[p] = -1e-9;
        low[p] = -1.0;
        high[p] = 1.0;
    }
    const double decrease = ff_quadratic_minimize(&quadratic, gradient, 1.0, low, high, step);
    assert_true(decrease > 1e-3); /* its slope alone would give 2e-8 */
    assert_true(largest_slope(&quadratic, gradient, low, high, step) < 1e-12);
    ff_quadratic_free(&quadratic);
}

/* ---- a valley ------------------------------------------------------------------------------- */

/* From 0 with the default tolerance: the excess where it says that it has converged, and the gap that it tells. */
static double follow_valley(bool says_exact, double *gap)
{
    struct chain chain = make_chain(says_exact);
    const struct ff_objective objective = objective_of(&chain);
    const struct ff_optimizer_options options = {
        .type = &ff_optimizer_trust, .tolerance = 0.002, .iterations = MAX_STEPS};
    struct ff_evaluation evaluation;
    enum ff_outcome outcome = FF_OUTCOME_NONE;
    double theta[N] = {0.0}, gradient[N];
    void *optimizer;
    ff_evaluation_create(N, &evaluation);
    assert_int_equal(ff_optimizer_trust.create(&options, &objective, &optimizer), FF_OK);
    for (int t = 0; t < MAX_STEPS && outcome == FF_OUTCOME_NONE; t++)
        assert_int_equal(
            ff_optimizer_trust.step(optimizer, &objective, theta, &evaluation, &outcome), FF_OK);
    assert_int_equal(outcome, FF_OUTCOME_CONVERGED);
    assert_int_equal(chain.n_outside, 0);
    *gap = evaluation.gap;
    ff_optimizer_trust.free(optimizer);
    ff_evaluation_free(&evaluation);
    return value_at(theta, gradient) - 1.0;
}

static void the_end_of_a_long_curved_valley_is_reached_and_the_gap_covers_what_is_left(void **state)
{
    (void)state;
    double gap;
    const double excess = follow_valley(true, &gap);
    assert_true(excess < 1e-6);
    assert_true(gap >= excess && gap < 1e-5);
    const double guessed = follow_valley(false, &gap); /* control: by pairs of gradients alone */
    assert_true(guessed > 5e-4 && gap < 0.5 * guessed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_the_second_derivatives_also_at_a_limit),
        cmocka_unit_test(the_minimum_is_found_where_parameters_depend_on_each_other),
        cmocka_unit_test(a_direction_that_curves_down_is_followed_to_the_limit),
        cmocka_unit_test(
            the_end_of_a_long_curved_valley_is_reached_and_the_gap_covers_what_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
