/* Gradient estimators against the exact gradient, closed forms and identities.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: stat */
/* timeout: 120 */
#include "front/accuracy.h"

#include "gradient/estimator.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worth.h"

enum { MAX_CHANNELS = 16 };

static const double largest_z = 5.0;

/* ---- systems -------------------------------------------------------------------------------- */

static struct ff_system *disordered_ring(int n_walkers)
{
    char text[256];
    snprintf(text, sizeof text,
             "{model: {kind: ring, sites: 4, walkers: %d, forward: 1.0, backward: 0.5,"
             " disorder: {barrier: 0.5, energy: 0.5, seed: 7}}}",
             n_walkers);
    return read_system(text);
}

static struct ff_system *uniform_ring(int n_walkers)
{
    char text[256];
    snprintf(text, sizeof text,
             "{model: {kind: ring, sites: 5, walkers: %d, forward: 2.0, backward: 0.5}}",
             n_walkers);
    return read_system(text);
}

static struct ff_system *two_cycles(void)
{
    return read_system("{model: {kind: network, states: [A, B, C, D], edges: ["
                       "{from: A, to: B, forward: 2.0, backward: 1.0},"
                       "{from: B, to: C, forward: 3.0, backward: 0.5},"
                       "{from: C, to: A, forward: 1.0, backward: 0.2},"
                       "{from: B, to: D, forward: 0.7, backward: 0.6},"
                       "{from: D, to: C, forward: 0.9, backward: 0.4}]},"
                       " objective: {current: {\"C->A\": 1}}}");
}

static struct ff_gradient_options make_options(const struct ff_estimator_type *type)
{
    return (struct ff_gradient_options){.estimator = type,
                                        .window = 60,
                                        .temperature = 0.5,
                                        .tracked = 32,
                                        .horizon = {.events = 400, .burn_in = 100},
                                        .seed = 1};
}

/* ---- agreement with the exact gradient ------------------------------------------------------ */

/* Largest |z| over all parameters of the gradients of J, of sigma, and of their weighted sum. */
static double largest_deviation(const struct ff_system *system,
                                const struct ff_gradient_options *options, int n_repeats)
{
    const double *rates = system->process->rates;
    const int n = system->design->n_parameters;
    struct ff_chain *chain = make_chain(system);
    struct ff_scalarization scalarizations[2];
    struct ff_accuracy accuracy;
    double exact[FF_N_TARGETS * MAX_CHANNELS], largest = 0.0;
    assert_int_equal(ff_accuracy_exact(system, chain, rates, scalarizations, exact), FF_OK);
    ff_accuracy_measure(system, chain, options, rates, scalarizations, 1, n_repeats, &accuracy);
    assert_int_equal(accuracy.status, FF_OK);
    for (int t = FF_TARGET_CURRENT; t <= FF_TARGET_WEIGHTED; t++) {
        for (int p = 0; p < n; p++)
            assert_true(accuracy.variance[t * n + p] > 0.0);
        largest = fmax(
            largest, ff_accuracy_summarize(&accuracy, (enum ff_target)t, exact + t * n).largest_z);
    }
    ff_accuracy_free(&accuracy);
    ff_chain_free(chain);
    return largest;
}

static void score_is_unbiased_on_a_disordered_ring(void **state)
{
    (void)state;
    struct ff_system *system = disordered_ring(1);
    const struct ff_gradient_options options = make_options(&ff_estimator_score);
    assert_true(largest_deviation(system, &options, 400) <= largest_z);
    ff_system_free(system);
}

static void score_is_unbiased_on_two_cycles(void **state)
{
    (void)state;
    struct ff_system *system = two_cycles();
    const struct ff_gradient_options options = make_options(&ff_estimator_score);
    assert_true(largest_deviation(system, &options, 400) <= largest_z);
    ff_system_free(system);
}

static void score_is_unbiased_for_several_walkers(void **state)
{
    (void)state;
    struct ff_system *system = disordered_ring(3);
    struct ff_gradient_options options = make_options(&ff_estimator_score);
    options.window = 150;
    options.horizon.burn_in = 200;
    assert_true(largest_deviation(system, &options, 300) <= largest_z);
    ff_system_free(system);
}

/* Negative control: without credit for what a choice leads to. */
static void score_without_a_window_is_biased(void **state)
{
    (void)state;
    struct ff_system *rings[] = {disordered_ring(1), two_cycles()};
    struct ff_gradient_options options = make_options(&ff_estimator_score);
    options.window = 0;
    for (int i = 0; i < 2; i++) {
        assert_true(largest_deviation(rings[i], &options, 400) > 4.0 * largest_z);
        ff_system_free(rings[i]);
    }
}

/* The direction of the mean of many estimates, for J and sigma; resolved to 2 %. */
static void assert_points_along_exact(const struct ff_system *system,
                                      const struct ff_gradient_options *options, double cosine)
{
    const struct worth worth = judge(system, options, 50);
    if (!(worth.cosine >= cosine && worth.resolution < 0.02))
        fail_msg("%s: cosine %g, resolution %g", options->estimator->name, worth.cosine,
                 worth.resolution);
}

static void every_estimator_points_along_the_exact_gradient_of_ten_walkers(void **state)
{
    (void)state;
    struct ff_system *system = disordered_ring(10);
    for (int i = 0; ff_estimator_types[i] != NULL; i++) {
        struct ff_gradient_options options = make_options(ff_estimator_types[i]);
        options.window = 400;
        options.horizon.events = 1000;
        options.horizon.burn_in = 400;
        assert_points_along_exact(system, &options, 0.99);
    }
    ff_system_free(system);
}

static void straight_through_at_temperature_one_diverges_for_one_walker(void **state)
{
    (void)state;
    struct ff_system *system = disordered_ring(1);
    struct ff_gradient_options options = make_options(&ff_estimator_stgs);
    struct ff_gradient *gradient;
    struct ff_estimate estimate;
    options.temperature = 1.0;
    assert_int_equal(
        ff_gradient_create(system, ff_system_functionals(system), NULL, &options, &gradient),
        FF_OK);
    ff_estimate_create(gradient, &estimate);
    assert_int_equal(ff_gradient_estimate(gradient, system->process->rates, 1, 0, 1, &estimate),
                     FF_ERR_DIVERGED);
    assert_non_null(strstr(ff_status_message(), "stgs"));
    ff_estimate_free(&estimate);
    ff_gradient_free(gradient);
    ff_system_free(system);
}

/* ---- tracked and baseline trajectories ------------------------------------------------------ */

/* Mean and variance per parameter with and without a baseline, from different random numbers. */
static void a_baseline_keeps_the_mean_and_lowers_the_variance_of_chebyshev(void **state)
{
    (void)state;
    enum { N_REPEATS = 400 };
    struct ff_system *system = disordered_ring(1);
    struct ff_chain *chain = make_chain(system);
    struct ff_gradient_options options = make_options(&ff_estimator_score);
    struct ff_scalarization scalarizations[2];
    struct ff_accuracy alone, assisted;
    double exact[FF_N_TARGETS * MAX_CHANNELS];
    const double *rates = system->process->rates;
    const int n = system->design->n_parameters;
    assert_int_equal(ff_accuracy_exact(system, chain, rates, scalarizations, exact), FF_OK);
    options.tracked = 16;
    ff_accuracy_measure(system, chain, &options, rates, scalarizations, 1, N_REPEATS, &alone);
    options.baseline = 128;
    ff_accuracy_measure(system, chain, &options, rates, scalarizations, 2, N_REPEATS, &assisted);
    for (int i = 0; i < (FF_TARGET_WEIGHTED + 1) * n; i++) {
        const double apart = sqrt((alone.variance[i] + assisted.variance[i]) / N_REPEATS);
        assert_near(assisted.mean[i], alone.mean[i], largest_z * apart);
        assert_near(assisted.mean[i], exact[i], largest_z * sqrt(assisted.variance[i] / N_REPEATS));
    }
    const double ratio = ff_accuracy_total_variance(&assisted, FF_TARGET_CHEBYSHEV) /
                         ff_accuracy_total_variance(&alone, FF_TARGET_CHEBYSHEV);
    assert_true(ratio < 0.8);
    ff_accuracy_free(&alone);
    ff_accuracy_free(&assisted);
    ff_chain_free(chain);
    ff_system_free(system);
}

/* ---- contracts of every estimator ----------------------------------------------------------- */

/* A short, stable setting: straight-through estimators are followed for a few events only. */
static struct ff_gradient_options contract_options(const struct ff_estimator_type *type)
{
    struct ff_gradient_options options = make_options(type);
    options.tracked = 3;
    options.baseline = 0;
    options.horizon.events = 120;
    options.truncation = 5;
    return options;
}

struct estimates {
    struct ff_chain *chain;
    struct ff_gradient *gradient;
    struct ff_estimate first, second;
};

static struct estimates make_estimates(const struct ff_system *system,
                                       const struct ff_gradient_options *options)
{
    struct estimates estimates = {.chain = make_chain(system)};
    assert_int_equal(ff_gradient_create(system, ff_system_functionals(system), estimates.chain,
                                        options, &estimates.gradient),
                     FF_OK);
    ff_estimate_create(estimates.gradient, &estimates.first);
    ff_estimate_create(estimates.gradient, &estimates.second);
    return estimates;
}

static void free_estimates(struct estimates *estimates)
{
    ff_estimate_free(&estimates->first);
    ff_estimate_free(&estimates->second);
    ff_gradient_free(estimates->gradient);
    ff_chain_free(estimates->chain);
}

static bool is_same(const struct ff_estimate *a, const struct ff_estimate *b, int n)
{
    const size_t size = sizeof(double) * (size_t)n;
    return a->mean[FF_J] == b->mean[FF_J] && a->mean[FF_SIGMA] == b->mean[FF_SIGMA] &&
           a->n_events == b->n_events && memcmp(a->flux, b->flux, size) == 0 &&
           memcmp(ff_estimate_gradient(a, FF_J), ff_estimate_gradient(b, FF_J), size) == 0 &&
           memcmp(ff_estimate_gradient(a, FF_SIGMA), ff_estimate_gradient(b, FF_SIGMA), size) == 0;
}

/* The estimator is used for something else between, and a second one is made anew. */
static void estimates_are_functions_of_seed_task_and_iteration(void **state)
{
    (void)state;
    struct ff_system *system = disordered_ring(4);
    const double *rates = system->process->rates;
    const int n = system->process->n_channels;
    for (int i = 0; ff_estimator_types[i] != NULL; i++) {
        struct ff_gradient_options options = contract_options(ff_estimator_types[i]);
        options.baseline = 2;
        const bool is_random = ff_estimator_types[i]->track != NULL;
        struct estimates one = make_estimates(system, &options);
        struct estimates two = make_estimates(system, &options);
        assert_int_equal(ff_gradient_estimate(one.gradient, rates, 3, 5, 1, &one.first), FF_OK);
        for (uint32_t task = 3; task <= 4; task++)
            for (uint32_t iteration = 4; iteration <= 6; iteration++) {
                const bool is_first = task == 3 && iteration == 5;
                assert_int_equal(
                    ff_gradient_estimate(two.gradient, rates, task, iteration, 1, &two.first),
                    FF_OK);
                assert_int_equal(is_same(&one.first, &two.first, n), is_first || !is_random);
            }
        assert_int_equal(ff_gradient_estimate(two.gradient, rates, 3, 5, 1, &two.second), FF_OK);
        assert_true(is_same(&one.first, &two.second, n));
        two.gradient->options.seed = 2;
        assert_int_equal(ff_gradient_estimate(two.gradient, rates, 3, 5, 1, &two.second), FF_OK);
        assert_int_equal(is_same(&one.first, &two.second, n), !is_random);
        free_estimates(&one);
        free_estimates(&two);
    }
    ff_system_free(system);
}

/* J and sigma are homogeneous of degree one in the rates, and every single estimate knows it: over
 * all channels its gradients sum to its J and sigma (Euler). Except `local`, whose dwells are drawn, so that
 * the scores of a bin do not sum to zero: it obeys in the mean (tests/test_local_credit.c). */
static void every_estimate_obeys_eulers_identity(void **state)
{
    (void)state;
    struct ff_system *systems[] = {disordered_ring(1), disordered_ring(4), two_cycles()};
    for (int s = 0; s < 3; s++) {
        const int n = systems[s]->process->n_channels;
        for (int i = 0; ff_estimator_types[i] != NULL; i++) {
            const struct ff_gradient_options options = contract_options(ff_estimator_types[i]);
            if (options.estimator == &ff_estimator_local)
                continue;
            struct estimates estimates = make_estimates(systems[s], &options);
            const struct ff_estimate *one = &estimates.first;
            assert_int_equal(ff_gradient_estimate(estimates.gradient, systems[s]->process->rates, 1,
                                                  0, 1, &estimates.first),
                             FF_OK);
            for (int q = 0; q < FF_N_OBSERVABLES; q++) {
                double sum = 0.0, size = 0.0;
                for (int r = 0; r < n; r++) {
                    sum += ff_estimate_gradient(one, q)[r];
                    size += fabs(ff_estimate_gradient(one, q)[r]);
                }
                assert_near(sum, one->mean[q], 1e-9 * size);
            }
            free_estimates(&estimates);
        }
        ff_system_free(systems[s]);
    }
}

/* On a uniform ring the conditional rates are the same in every state, so what a choice leads to does
 * not matter: every single estimate is its explicit part, c_s <a_s> and s_s <a_s> + <a_s> - <a_s'>. */
static void a_constant_rate_leaves_the_explicit_part_alone(void **state)
{
    (void)state;
    struct ff_system *system = uniform_ring(4);
    const struct ff_process *process = system->process;
    for (int i = 0; ff_estimator_types[i] != NULL; i++) {
        const struct ff_gradient_options options = contract_options(ff_estimator_types[i]);
        struct estimates estimates = make_estimates(system, &options);
        const struct ff_estimate *one = &estimates.first;
        assert_int_equal(
            ff_gradient_estimate(estimates.gradient, process->rates, 1, 0, 1, &estimates.first),
            FF_OK);
        for (int r = 0; r < process->n_channels; r++) {
            const double log_ratio = log(process->rates[r] / process->rates[process->reverse[r]]);
            const double explicit_part =
                log_ratio * one->flux[r] + one->flux[r] - one->flux[process->reverse[r]];
            assert_near(ff_estimate_gradient(one, FF_J)[r],
                        system->observables->current[r] * one->flux[r], 1e-9);
            assert_near(ff_estimate_gradient(one, FF_SIGMA)[r], explicit_part, 1e-9);
        }
        assert_near(one->mean[FF_J], (2.0 - 0.5) / 5.0, 1e-12);
        assert_near(one->mean[FF_SIGMA], (2.0 - 0.5) * log(4.0), 1e-12);
        free_estimates(&estimates);
    }
    ff_system_free(system);
}

static void exact_estimates_on_a_uniform_ring_match_the_closed_form(void **state)
{
    (void)state;
    struct ff_system *system = uniform_ring(1);
    const struct ff_gradient_options options = make_options(&ff_estimator_exact);
    struct estimates estimates = make_estimates(system, &options);
    const struct ff_estimate *one = &estimates.first;
    const double p = 2.0, q = 0.5, n = 5.0;
    assert_int_equal(
        ff_gradient_estimate(estimates.gradient, system->process->rates, 1, 0, 1, &estimates.first),
        FF_OK);
    const double *dj = ff_estimate_gradient(one, FF_J), *ds = ff_estimate_gradient(one, FF_SIGMA);
    for (int e = 0; e < 5; e++) {
        const int forward = system->process->edge_forward[e];
        const int backward = system->process->reverse[forward];
        assert_near(dj[forward], p / (n * n), 1e-13);
        assert_near(dj[backward], -q / (n * n), 1e-13);
        assert_near(ds[forward], (p * log(p / q) + p - q) / n, 1e-13);
        assert_near(ds[backward], -(q * log(p / q) + p - q) / n, 1e-13);
    }
    free_estimates(&estimates);
    ff_system_free(system);
}

/* Where all dwells are equal, so is the credit of every choice, and the score of the choices has mean
 * zero: of the gradient of the time there remains -a_s tau^2, on average -n k_s tau^2 / N. */
static void score_has_zero_mean(void **state)
{
    (void)state;
    enum { N_REPEATS = 2000 };
    struct ff_system *system = uniform_ring(1);
    struct ff_gradient_options options = contract_options(&ff_estimator_score);
    struct estimates estimates = make_estimates(system, &options);
    const struct ff_process *process = system->process;
    double mean[MAX_CHANNELS] = {0}, square[MAX_CHANNELS] = {0};
    options.tracked = 1;
    estimates.gradient->options.tracked = 1;
    for (uint32_t i = 0; i < N_REPEATS; i++) {
        assert_int_equal(
            ff_gradient_estimate(estimates.gradient, process->rates, 1, i, 1, &estimates.first),
            FF_OK);
        for (int r = 0; r < process->n_channels; r++) {
            const double value = estimates.first.total.rows[r * estimates.gradient->width];
            mean[r] += value / N_REPEATS;
            square[r] += value * value / N_REPEATS;
        }
    }
    const double dwell = 1.0 / (2.0 + 0.5);
    for (int r = 0; r < process->n_channels; r++) {
        const double expected =
            -(double)options.horizon.events * process->rates[r] * dwell * dwell / 5.0;
        const double standard_error = sqrt((square[r] - mean[r] * mean[r]) / (N_REPEATS - 1));
        assert_true(standard_error > 0.0);
        assert_near(mean[r], expected, largest_z * standard_error);
    }
    free_estimates(&estimates);
    ff_system_free(system);
}

/* ---- the adjoint, by hand ------------------------------------------------------------------- */

/* d(f tau)/dx_i of a functional with coefficients c (NULL: f = 1), as if occupations were continuous:
 * sum over channels out of i of k_r tau (c_r - f tau), in state x; `out` [I]. */
static void slopes_in_state(const struct ff_gradient *gradient, const double *c, const int *x,
                            double *direct, double *out)
{
    const struct ff_process *process = gradient->system->process;
    const double *k = gradient->ensemble.kinetics->rates;
    double total = 0.0, f = c == NULL ? 1.0 : 0.0;
    for (int r = 0; r < process->n_channels; r++) {
        const double a = k[r] * x[process->reactant_site[r]];
        total += a;
        f += c == NULL ? 0.0 : c[r] * a;
    }
    memset(out, 0, sizeof *out * (size_t)process->n_sites);
    for (int r = 0; r < process->n_channels; r++) {
        const double slope = ((c == NULL ? 0.0 : c[r]) - f / total) / total;
        direct[r] += k[r] * x[process->reactant_site[r]] * slope;
        out[process->reactant_site[r]] += k[r] * slope;
    }
}

/* Of two events only the first choice has a consequence, the functional in the state after it. */
static void two_event_gradient(const struct ff_gradient *gradient, const double *c, double *out)
{
    const struct ff_process *process = gradient->system->process;
    double slope[MAX_CHANNELS], change[MAX_CHANNELS], p[MAX_CHANNELS], total = 0.0, mean = 0.0;
    int x[MAX_CHANNELS];
    memset(out, 0, sizeof *out * (size_t)process->n_channels);
    memcpy(x, gradient->tape.x, sizeof *x * (size_t)process->n_sites);
    slopes_in_state(gradient, c, x, out, slope);
    for (int r = 0; r < process->n_channels; r++) {
        p[r] = gradient->ensemble.kinetics->rates[r] * x[process->reactant_site[r]];
        total += p[r];
    }
    ff_process_jump(process, gradient->tape.channel[0], 1, x);
    slopes_in_state(gradient, c, x, out, slope);
    for (int r = 0; r < process->n_channels; r++) {
        const int arrival = process->change_site[process->change_start[r] + 1];
        change[r] = slope[arrival] - slope[process->reactant_site[r]];
        mean += p[r] / total * change[r];
    }
    for (int r = 0; r < process->n_channels; r++)
        out[r] += p[r] / total * (change[r] - mean);
}

static void rbst_of_two_events_matches_its_formula(void **state)
{
    (void)state;
    struct ff_system *system = disordered_ring(3);
    struct ff_gradient_options options = make_options(&ff_estimator_rbst);
    options.tracked = 1;
    options.horizon = (struct ff_horizon){.events = 2, .burn_in = 10};
    struct estimates estimates = make_estimates(system, &options);
    const struct ff_gradient *gradient = estimates.gradient;
    const struct ff_kinetics *kinetics = gradient->ensemble.kinetics;
    const double *coefficients[] = {NULL, ff_kinetics_coefficient(kinetics, FF_J),
                                    ff_kinetics_coefficient(kinetics, FF_SIGMA)};
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(ff_gradient_estimate(estimates.gradient, system->process->rates, 1, i, 1,
                                              &estimates.first),
                         FF_OK);
        for (int k = 0; k <= FF_N_OBSERVABLES; k++) { /* the time, J and sigma */
            double expected[MAX_CHANNELS];
            two_event_gradient(gradient, coefficients[k], expected);
            for (int r = 0; r < system->process->n_channels; r++)
                assert_near(estimates.first.total.rows[r * gradient->width + k], expected[r],
                            1e-13);
        }
    }
    free_estimates(&estimates);
    ff_system_free(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(score_is_unbiased_on_a_disordered_ring),
        cmocka_unit_test(score_is_unbiased_on_two_cycles),
        cmocka_unit_test(score_is_unbiased_for_several_walkers),
        cmocka_unit_test(score_without_a_window_is_biased),
        cmocka_unit_test(every_estimator_points_along_the_exact_gradient_of_ten_walkers),
        cmocka_unit_test(straight_through_at_temperature_one_diverges_for_one_walker),
        cmocka_unit_test(a_baseline_keeps_the_mean_and_lowers_the_variance_of_chebyshev),
        cmocka_unit_test(estimates_are_functions_of_seed_task_and_iteration),
        cmocka_unit_test(every_estimate_obeys_eulers_identity),
        cmocka_unit_test(a_constant_rate_leaves_the_explicit_part_alone),
        cmocka_unit_test(exact_estimates_on_a_uniform_ring_match_the_closed_form),
        cmocka_unit_test(score_has_zero_mean),
        cmocka_unit_test(rbst_of_two_events_matches_its_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
