/* What the blocks of an estimate say of its noise, against the spread of many independent estimates.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: stat */
/* timeout: 120 */
#include "front/scalarization.h"
#include "gradient/deviation.h"
#include "gradient/estimator.h"
#include "gradient/gradient.h"
#include "job/evaluator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { MAX_CHANNELS = 16, MAX_NUMBERS = 2 + 2 * MAX_CHANNELS, N_REPEATS = 800, N_BLOCKS = 3 };

static const double largest_z = 5.0;

static struct ff_system *driven_ring(int n_walkers)
{
    char text[512];
    snprintf(text, sizeof text,
             "{model: {kind: ring, sites: 4, walkers: %d, forward: 1.0, backward: 0.5,"
             " disorder: {barrier: 0.5, energy: 0.5, seed: 7}},"
             " design: {kind: rates, budget: {total: 6.0}}}",
             n_walkers);
    return read_system(text);
}

static struct ff_gradient_options make_options(const struct ff_estimator_type *type)
{
    return (struct ff_gradient_options){.estimator = type,
                                        .window = 40,
                                        .locality = 2,
                                        .temperature = 0.5,
                                        .truncation = 4,
                                        .tracked = N_BLOCKS * FF_BLOCK_SIZE,
                                        .horizon = {.events = 60, .burn_in = 60},
                                        .seed = 11};
}

/* Welford's moments of numbers, and the mean of what the blocks say their variances are. */
struct spread {
    double mean[MAX_NUMBERS], square[MAX_NUMBERS], claimed[MAX_NUMBERS];
    int n, n_numbers;
};

static void add(struct spread *spread, const double *numbers, const double *variances)
{
    spread->n++;
    for (int i = 0; i < spread->n_numbers; i++) {
        const double delta = numbers[i] - spread->mean[i];
        spread->mean[i] += delta / spread->n;
        spread->square[i] += delta * (numbers[i] - spread->mean[i]);
        spread->claimed[i] += variances[i] / N_REPEATS;
    }
}

/* Largest |z| of claimed over true variance, which is factor times what the spread shows. Of normal numbers, the
 * relative error of a variance from n is sqrt(2/(n-1)); those of the n claims, from `n_blocks` each, average out. */
static double largest_deviation(const struct spread *spread, int n_blocks, double factor)
{
    const double n = N_REPEATS, error = sqrt(2.0 / (n - 1.0) + 2.0 / (n * (n_blocks - 1)));
    double largest = 0.0;
    for (int i = 0; i < spread->n_numbers; i++) {
        const double variance = factor * spread->square[i] / (n - 1.0);
        largest = fmax(largest, fabs(log(spread->claimed[i] / variance)) / error);
    }
    return largest;
}

/* ---- means and gradients -------------------------------------------------------------------- */

/* Variances of the means [2] and gradients [2][R] of one estimate. */
static void claim(struct ff_estimate *estimate, double *variances)
{
    const int n_channels = estimate->n_channels;
    double means[2], gradient[MAX_CHANNELS];
    memset(variances, 0, sizeof *variances * MAX_NUMBERS);
    for (int b = 0; b < estimate->n_blocks; b++) {
        ff_estimate_mean_deviation(estimate, b, means);
        for (int q = 0; q < 2; q++) {
            variances[q] += means[q] * means[q];
            ff_estimate_gradient_deviation(estimate, b, q, gradient);
            for (int r = 0; r < n_channels; r++)
                variances[2 + q * n_channels + r] += gradient[r] * gradient[r];
        }
    }
}

static struct spread spread_of(const struct ff_gradient_options *options, int n_walkers)
{
    struct ff_system *system = driven_ring(n_walkers);
    const int n_channels = system->process->n_channels;
    struct spread spread = {.n_numbers = 2 + 2 * n_channels};
    struct ff_gradient *gradient;
    struct ff_estimate estimate;
    double numbers[MAX_NUMBERS], variances[MAX_NUMBERS];
    assert_int_equal(
        ff_gradient_create(system, ff_system_functionals(system), NULL, options, &gradient), FF_OK);
    ff_estimate_create(gradient, &estimate);
    for (uint32_t i = 0; i < N_REPEATS; i++) {
        assert_int_equal(ff_gradient_estimate(gradient, system->process->rates, 1, i, 1, &estimate),
                         FF_OK);
        memcpy(numbers, estimate.mean, 2 * sizeof(double));
        memcpy(numbers + 2, estimate.gradient, 2 * (size_t)n_channels * sizeof(double));
        claim(&estimate, variances);
        add(&spread, numbers, variances);
    }
    ff_estimate_free(&estimate);
    ff_gradient_free(gradient);
    ff_system_free(system);
    return spread;
}

static void blocks_show_the_variance_of_every_estimator(void **state)
{
    (void)state;
    for (int i = 0; ff_estimator_types[i] != NULL; i++) {
        struct ff_gradient_options options = make_options(ff_estimator_types[i]);
        if (options.estimator->is_exact)
            continue;
        const int n_walkers = options.estimator == &ff_estimator_stgs ? 10 : 1;
        const struct spread spread = spread_of(&options, n_walkers);
        const double deviation = largest_deviation(&spread, N_BLOCKS, 1.0);
        if (!(deviation < largest_z))
            fail_msg("%s: %g", options.estimator->name, deviation);
        assert_true(largest_deviation(&spread, N_BLOCKS, 2.0) > largest_z); /* control */
    }
}

static void blocks_show_the_variance_with_a_baseline(void **state)
{
    (void)state;
    struct ff_gradient_options options = make_options(&ff_estimator_score);
    options.baseline = 100; /* the last block is shorter */
    const struct spread spread = spread_of(&options, 1);
    assert_true(largest_deviation(&spread, N_BLOCKS, 1.0) < largest_z);
    assert_true(largest_deviation(&spread, N_BLOCKS, 2.0) > largest_z);
}

static void one_block_alone_knows_no_variance(void **state)
{
    (void)state;
    struct ff_system *system = driven_ring(1);
    struct ff_gradient_options options = make_options(&ff_estimator_score);
    struct ff_gradient *gradient;
    struct ff_estimate estimate;
    double variances[MAX_NUMBERS];
    options.tracked = FF_BLOCK_SIZE;
    ff_gradient_create(system, ff_system_functionals(system), NULL, &options, &gradient);
    ff_estimate_create(gradient, &estimate);
    assert_int_equal(ff_gradient_estimate(gradient, system->process->rates, 1, 1, 1, &estimate),
                     FF_OK);
    claim(&estimate, variances);
    for (int i = 0; i < 2 + 2 * estimate.n_channels; i++)
        assert_true(isnan(variances[i]));
    ff_estimate_free(&estimate);
    ff_gradient_free(gradient);
    ff_system_free(system);
}

/* Four times the samples are the estimate of four times the trajectories, bit for bit. */
static void more_samples_are_more_trajectories(void **state)
{
    (void)state;
    struct ff_system *system = driven_ring(1);
    struct ff_estimate estimate[2];
    struct ff_gradient *gradient[2];
    for (int k = 0; k < 2; k++) {
        struct ff_gradient_options options = make_options(&ff_estimator_score);
        options.tracked = k == 0 ? 20 : 80;
        options.baseline = k == 0 ? 10 : 40;
        ff_gradient_create(system, ff_system_functionals(system), NULL, &options, &gradient[k]);
        ff_estimate_create(gradient[k], &estimate[k]);
        assert_int_equal(ff_gradient_estimate(gradient[k], system->process->rates, 1, 1,
                                              k == 0 ? 4 : 1, &estimate[k]),
                         FF_OK);
    }
    assert_int_equal(estimate[0].n_events, estimate[1].n_events);
    assert_int_equal(estimate[0].n_blocks, 5 + 3);
    assert_memory_equal(estimate[0].gradient, estimate[1].gradient,
                        2 * (size_t)estimate[0].n_channels * sizeof(double));
    for (int k = 0; k < 2; k++) {
        ff_estimate_free(&estimate[k]);
        ff_gradient_free(gradient[k]);
    }
    ff_system_free(system);
}

/* ---- losses --------------------------------------------------------------------------------- */

/* An optimiser that evaluates its start a number of times and goes nowhere, keeping what it has seen. */
static struct spread *seen;

static enum ff_status watcher_create(const struct ff_optimizer_options *options,
                                     const struct ff_objective *objective, void **out)
{
    (void)options;
    static uint32_t iteration;
    seen->n_numbers = 1 + objective->n_parameters;
    iteration = 0;
    *out = &iteration;
    return FF_OK;
}

static enum ff_status watcher_step(void *state, const struct ff_objective *objective, double *theta,
                                   struct ff_evaluation *evaluation, enum ff_outcome *outcome)
{
    (void)outcome;
    uint32_t *iteration = state;
    double numbers[MAX_NUMBERS], variances[MAX_NUMBERS];
    const struct ff_request request = {.iteration = (*iteration)++, .samples = 1};
    TRY(objective->evaluate(objective->context, theta, request, evaluation));
    numbers[0] = evaluation->value;
    variances[0] = ff_evaluation_variance(evaluation, 1.0, NULL);
    memcpy(numbers + 1, evaluation->gradient, sizeof(double) * (size_t)objective->n_parameters);
    for (int p = 0; p < objective->n_parameters; p++)
        variances[1 + p] = pow(ff_evaluation_error(evaluation, p), 2.0);
    add(seen, numbers, variances);
    return FF_OK;
}

static void watcher_free(void *state)
{
    (void)state;
}

static const struct ff_optimizer_type watcher = {
    .name = "watcher", .create = watcher_create, .step = watcher_step, .free = watcher_free};

static struct spread spread_of_loss(struct ff_loss loss, const struct ff_estimator_type *type)
{
    struct ff_system *system = driven_ring(1);
    struct spread spread = {0};
    const struct ff_plan plan = {.system = system,
                                 .functionals = ff_system_functionals(system),
                                 .gradient = make_options(type),
                                 .optimizer = {.type = &watcher, .iterations = N_REPEATS}};
    struct ff_evaluator *evaluator;
    enum ff_outcome outcome;
    double *theta = FF_NEW(double, system->design->n_parameters);
    seen = &spread;
    assert_int_equal(ff_evaluator_create(&plan, &evaluator), FF_OK);
    assert_int_equal(ff_evaluator_minimize(evaluator, loss, 1, NULL, theta, &outcome), FF_OK);
    assert_int_equal(spread.n, N_REPEATS);
    ff_evaluator_free(evaluator);
    free(theta);
    ff_system_free(system);
    return spread;
}

static const struct ff_scalarization weighted = {
    .kind = FF_SCALARIZATION_WEIGHTED, .weight = 0.7, .current_scale = 0.1, .entropy_scale = 0.4};

static void evaluations_know_the_noise_of_a_weighted_sum(void **state)
{
    (void)state;
    const struct spread spread =
        spread_of_loss(ff_scalarization_loss(&weighted), &ff_estimator_score);
    assert_true(largest_deviation(&spread, N_BLOCKS, 1.0) < largest_z);
    assert_true(largest_deviation(&spread, N_BLOCKS, 2.0) > largest_z);
}

/* Squared distance of J from a target close by: its slope is small, and moves with J. */
static double squared_distance(const void *data, const double *means, double *slopes)
{
    const double distance = means[FF_J] / *(const double *)data - 1.0;
    if (slopes != NULL) {
        slopes[FF_J] = 2.0 * distance / *(const double *)data;
        slopes[FF_SIGMA] = 0.0;
    }
    return distance * distance;
}

static void evaluations_know_the_noise_of_a_curved_loss(void **state)
{
    (void)state;
    static const struct ff_loss_type type = {.name = "squares", .value = squared_distance};
    const double target = 0.9 * 0.0721; /* of J at theta = 0 */
    const struct spread spread =
        spread_of_loss((struct ff_loss){&type, &target}, &ff_estimator_score);
    assert_true(largest_deviation(&spread, N_BLOCKS, 1.0) < largest_z);
    assert_true(largest_deviation(&spread, N_BLOCKS, 2.0) > largest_z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_show_the_variance_of_every_estimator),
        cmocka_unit_test(blocks_show_the_variance_with_a_baseline),
        cmocka_unit_test(one_block_alone_knows_no_variance),
        cmocka_unit_test(more_samples_are_more_trajectories),
        cmocka_unit_test(evaluations_know_the_noise_of_a_weighted_sum),
        cmocka_unit_test(evaluations_know_the_noise_of_a_curved_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
