/* The score estimator with credit that is local in space: its bias, and where it lowers the error.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: stat */
/* timeout: 240 */
#include "front/accuracy.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "worth.h"

static const double largest_z = 5.0;
enum { TEN_SITES = 10, TEN_REPEATS = 150, LARGE_SITES = 256, LARGE_REPEATS = 20 };

static struct ff_system *exclusion_ring(int n_sites)
{
    char text[320];
    snprintf(text, sizeof text,
             "model: {kind: exclusion, sites: %d, particles: %d, forward: 1.0, backward: 0.5,"
             " disorder: {barrier: 0.5, seed: 7}}\n"
             "design: {kind: forces}\nobjective: {current: all}\n",
             n_sites, n_sites / 2);
    return read_system(text);
}

/* A window of 16 units of time in rings of every size: in equilibrium every bond sees 3/8 event in one. */
static struct ff_gradient_options make_options(const struct ff_estimator_type *type, int n_sites,
                                               int locality)
{
    return (struct ff_gradient_options){
        .estimator = type,
        .window = 6 * n_sites,
        .locality = locality,
        .temperature = 0.5,
        .tracked = 16,
        .horizon = {.events = 32 * n_sites, .burn_in = 30 * n_sites},
        .seed = 1};
}

/* The diameter is 5: from there on nothing is dropped. The window is three times as long, so that it is no bias. */
static void bias_falls_with_the_distance_and_vanishes_at_the_diameter(void **state)
{
    (void)state;
    static const int localities[] = {1, 2, 3, 5};
    struct ff_system *system = exclusion_ring(TEN_SITES);
    double before = INFINITY;
    for (int i = 0; i < 4; i++) {
        struct ff_gradient_options options =
            make_options(&ff_estimator_local, TEN_SITES, localities[i]);
        options.window *= 3;
        const struct worth worth = judge(system, &options, TEN_REPEATS);
        print_message("locality %d: relative error %.3f, largest |z| %.2f\n", localities[i],
                      worth.error, worth.z);
        assert_true(worth.error < before);
        /* Negative control: what is dropped is seen. */
        assert_true(localities[i] == 5 ? worth.z <= largest_z : worth.z > 2.0 * largest_z);
        before = worth.error;
    }
    ff_system_free(system);
}

/* The coins of the dwells, the bins and the cells leave the mean alone: as `score`, for walkers as well. */
static void unlimited_distance_is_unbiased(void **state)
{
    (void)state;
    struct ff_system *systems[] = {
        exclusion_ring(TEN_SITES),
        read_system("model: {kind: ring, sites: 6, walkers: 3, disorder: {barrier: 0.5,"
                    " energy: 0.5, seed: 7}}\nobjective: {current: all}\n")};
    for (int i = 0; i < 2; i++) {
        struct ff_gradient_options options = make_options(&ff_estimator_local, TEN_SITES, 0);
        options.window *= 3;
        assert_true(judge(systems[i], &options, TEN_REPEATS).z <= largest_z);
        ff_system_free(systems[i]);
    }
}

/* One estimate, with the gradient that made it. */
static struct ff_gradient *estimate(const struct ff_system *system, int locality,
                                    struct ff_estimate *out)
{
    const struct ff_gradient_options options =
        make_options(&ff_estimator_local, TEN_SITES, locality);
    struct ff_gradient *gradient;
    assert_int_equal(
        ff_gradient_create(system, ff_system_functionals(system), NULL, &options, &gradient),
        FF_OK);
    ff_estimate_create(gradient, out);
    assert_int_equal(ff_gradient_estimate(gradient, system->process->rates, 1, 2, 1, out), FF_OK);
    return gradient;
}

static void distances_beyond_the_diameter_are_all_the_same(void **state)
{
    (void)state;
    struct ff_system *system = exclusion_ring(TEN_SITES);
    struct ff_estimate all, near;
    struct ff_gradient *global = estimate(system, 0, &all);
    for (int locality = 5; locality <= 10; locality += 5) {
        struct ff_gradient *local = estimate(system, locality, &near);
        for (int q = 0; q < FF_N_OBSERVABLES; q++)
            for (int r = 0; r < system->process->n_channels; r++)
                assert_true(fabs(ff_estimate_gradient(&near, q)[r] -
                                 ff_estimate_gradient(&all, q)[r]) < 1e-10);
        ff_estimate_free(&near);
        ff_gradient_free(local);
    }
    ff_estimate_free(&all);
    ff_gradient_free(global);
    ff_system_free(system);
}

/* Means and total variance of one estimate of grad J, many estimates of the large ring. */
static void measure_large(const struct ff_system *system, const struct ff_estimator_type *type,
                          struct ff_accuracy *out)
{
    const struct ff_gradient_options options = make_options(type, LARGE_SITES, 8);
    struct ff_scalarization scalarizations[2];
    ff_accuracy_scalarizations(0.1, 17.0, scalarizations);
    ff_accuracy_measure(system, NULL, &options, system->process->rates, scalarizations, 1,
                        LARGE_REPEATS, out);
    assert_int_equal(out->status, FF_OK);
}

/* The variance is a sum over 256 parameters of estimates with 19 degrees of freedom: a ratio of 4 is far from its
 * noise. The same window and number of events; the means agree to the noise of the global one. */
static void variance_falls_in_a_large_ring(void **state)
{
    (void)state;
    struct ff_system *system = exclusion_ring(LARGE_SITES);
    struct ff_accuracy global, local;
    measure_large(system, &ff_estimator_score, &global);
    measure_large(system, &ff_estimator_local, &local);
    const double global_variance = ff_accuracy_total_variance(&global, FF_TARGET_CURRENT);
    const double local_variance = ff_accuracy_total_variance(&local, FF_TARGET_CURRENT);
    assert_true(4.0 * local_variance < global_variance);
    double difference = 0.0;
    for (int p = 0; p < LARGE_SITES; p++)
        difference += pow(global.mean[p] - local.mean[p], 2.0);
    assert_true(difference < 2.0 * (global_variance + local_variance) / LARGE_REPEATS);
    ff_accuracy_free(&global);
    ff_accuracy_free(&local);
    ff_system_free(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bias_falls_with_the_distance_and_vanishes_at_the_diameter),
        cmocka_unit_test(unlimited_distance_is_unbiased),
        cmocka_unit_test(distances_beyond_the_diameter_are_all_the_same),
        cmocka_unit_test(variance_falls_in_a_large_ring),
    };
    return cmocka_run_group_tests_name("local_credit", tests, NULL, NULL);
}
