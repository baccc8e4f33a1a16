/* The driver: it stops where it is told to, and nowhere else.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "job/minimize.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { N_PARAMETERS = 2, N_STEPS = 6 };

static const double lower[N_PARAMETERS] = {-4.0, -4.0}, upper[N_PARAMETERS] = {4.0, 4.0};
static const double start[N_PARAMETERS] = {-1.2, 1.0};

/* What the driver told, and when it is told to stop. */
struct watch {
    int n_notes, stop_after; /* 0: never */
    double first_value;
    int fails_at; /* evaluation, counted from 1; 0: never */
    int n_evaluations;
};

/* Rosenbrock's valley: no optimiser is at its end after a few steps. */
static enum ff_status evaluate(void *context, const double *theta, struct ff_request request,
                               struct ff_evaluation *out)
{
    struct watch *watch = context;
    const double x = theta[0], y = theta[1], rise = y - x * x;
    (void)request;
    CHECK(++watch->n_evaluations != watch->fails_at, FF_ERR_DIVERGED, "as asked");
    out->value = (1.0 - x) * (1.0 - x) + 100.0 * rise * rise;
    out->gradient[0] = -2.0 * (1.0 - x) - 400.0 * x * rise;
    out->gradient[1] = 200.0 * rise;
    out->metric[0] = 2.0 + 800.0 * x * x;
    out->metric[1] = 200.0;
    return FF_OK;
}

static void note(void *context, int step, const struct ff_evaluation *evaluation)
{
    struct watch *watch = context;
    assert_int_equal(step, watch->n_notes++);
    if (step == 0)
        watch->first_value = evaluation->value;
}

static bool should_stop(void *context)
{
    const struct watch *watch = context;
    assert_true(watch->n_notes > 0); /* asked after a step, once it is noted */
    return watch->n_notes == watch->stop_after;
}

static struct ff_optimizer_options options_of(const struct ff_optimizer_type *type, int iterations)
{
    return (struct ff_optimizer_options){
        .type = type, .learning_rate = 0.1, .decay = 0.5, .average = 0.5, .iterations = iterations};
}

static struct ff_objective objective_of(struct watch *watch)
{
    return (struct ff_objective){.n_parameters = N_PARAMETERS,
                                 .lower = lower,
                                 .upper = upper,
                                 .context = watch,
                                 .evaluate = evaluate};
}

static enum ff_status minimize(const struct ff_optimizer_type *type, int iterations,
                               struct watch *watch, double *theta, enum ff_outcome *outcome)
{
    const struct ff_optimizer_options options = options_of(type, iterations);
    const struct ff_objective objective = objective_of(watch);
    const struct ff_minimize_hooks hooks = {
        .context = watch, .note = note, .should_stop = should_stop};
    memcpy(theta, start, sizeof start);
    return ff_minimize(&options, &objective, &hooks, theta, outcome);
}

/* Where the optimiser itself is after so many steps. */
static void step_by_hand(const struct ff_optimizer_type *type, int n_steps, double *theta)
{
    struct watch watch = {0};
    const struct ff_optimizer_options options = options_of(type, N_STEPS);
    const struct ff_objective objective = objective_of(&watch);
    struct ff_evaluation evaluation;
    enum ff_outcome outcome = FF_OUTCOME_NONE;
    void *state;
    memcpy(theta, start, sizeof start);
    ff_evaluation_create(N_PARAMETERS, &evaluation);
    assert_int_equal(type->create(&options, &objective, &state), FF_OK);
    for (int t = 0; t < n_steps; t++)
        assert_int_equal(type->step(state, &objective, theta, &evaluation, &outcome), FF_OK);
    type->free(state);
    ff_evaluation_free(&evaluation);
}

static void stops_when_asked_after_any_step(void **state)
{
    (void)state;
    for (int i = 0; ff_optimizer_types[i] != NULL; i++)
        for (int k = 1; k < N_STEPS; k++) {
            struct watch watch = {.stop_after = k};
            enum ff_outcome outcome;
            double theta[N_PARAMETERS], expected[N_PARAMETERS];
            assert_int_equal(minimize(ff_optimizer_types[i], N_STEPS, &watch, theta, &outcome),
                             FF_OK);
            step_by_hand(ff_optimizer_types[i], k, expected);
            assert_int_equal(outcome, FF_OUTCOME_NONE);
            assert_int_equal(watch.n_notes, k);
            assert_memory_equal(theta, expected, sizeof theta);
        }
}

static void a_stop_after_the_last_step_changes_nothing(void **state)
{
    (void)state;
    for (int i = 0; ff_optimizer_types[i] != NULL; i++) {
        struct watch watch = {.stop_after = N_STEPS};
        enum ff_outcome outcome;
        double theta[N_PARAMETERS], expected[N_PARAMETERS];
        assert_int_equal(minimize(ff_optimizer_types[i], N_STEPS, &watch, theta, &outcome), FF_OK);
        step_by_hand(ff_optimizer_types[i], N_STEPS, expected);
        assert_int_equal(outcome, FF_OUTCOME_MAX_ITERATIONS);
        assert_memory_equal(theta, expected, sizeof theta);
    }
}

static void ends_at_the_limit_without_hooks(void **state)
{
    (void)state;
    for (int i = 0; ff_optimizer_types[i] != NULL; i++) {
        struct watch watch = {0};
        const struct ff_optimizer_options options = options_of(ff_optimizer_types[i], N_STEPS);
        const struct ff_objective objective = objective_of(&watch);
        enum ff_outcome outcome;
        double theta[N_PARAMETERS], expected[N_PARAMETERS];
        memcpy(theta, start, sizeof start);
        assert_int_equal(ff_minimize(&options, &objective, NULL, theta, &outcome), FF_OK);
        step_by_hand(ff_optimizer_types[i], N_STEPS, expected);
        assert_int_equal(outcome, FF_OUTCOME_MAX_ITERATIONS);
        assert_memory_equal(theta, expected, sizeof theta);
    }
}

static void ends_when_the_optimizer_says_so(void **state)
{
    (void)state;
    struct watch watch = {0};
    enum ff_outcome outcome;
    double theta[N_PARAMETERS];
    assert_int_equal(minimize(&ff_optimizer_bfgs, 1000, &watch, theta, &outcome), FF_OK);
    assert_true(outcome == FF_OUTCOME_CONVERGED || outcome == FF_OUTCOME_STALLED);
    assert_true(watch.n_notes < 100);
    assert_true(fabs(theta[0] - 1.0) < 1e-6 && fabs(theta[1] - 1.0) < 1e-6);
}

static void a_descent_notes_the_evaluation_that_its_step_began_from(void **state)
{
    (void)state;
    struct watch watch = {.stop_after = 1};
    enum ff_outcome outcome;
    double theta[N_PARAMETERS];
    assert_int_equal(minimize(&ff_optimizer_adam, N_STEPS, &watch, theta, &outcome), FF_OK);
    assert_true(fabs(watch.first_value - (2.2 * 2.2 + 100.0 * 0.44 * 0.44)) < 1e-12);
}

static void an_error_leaves_theta_after_the_last_good_step(void **state)
{
    (void)state;
    struct watch watch = {.fails_at = 4};
    enum ff_outcome outcome;
    double theta[N_PARAMETERS], expected[N_PARAMETERS];
    assert_int_equal(minimize(&ff_optimizer_adam, N_STEPS, &watch, theta, &outcome),
                     FF_ERR_DIVERGED);
    step_by_hand(&ff_optimizer_adam, 3, expected);
    assert_int_equal(outcome, FF_OUTCOME_NONE);
    assert_int_equal(watch.n_notes, 3);
    assert_memory_equal(theta, expected, sizeof theta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stops_when_asked_after_any_step),
        cmocka_unit_test(a_stop_after_the_last_step_changes_nothing),
        cmocka_unit_test(ends_at_the_limit_without_hooks),
        cmocka_unit_test(ends_when_the_optimizer_says_so),
        cmocka_unit_test(a_descent_notes_the_evaluation_that_its_step_began_from),
        cmocka_unit_test(an_error_leaves_theta_after_the_last_good_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
