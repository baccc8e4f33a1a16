/* The gauge by Poisson's equation: J and sigma without noise on stiff networks, and what it leaves to least squares.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: unit */
#include "gradient/gradient.h"
#include "simulate/kinetics.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "oracle.h"
#include "rig.h"

enum { N_NETWORKS = 20 };

/* Rates 10^U(-decades/2, decades/2) for the channels of a random network, instead of its own. */
static void draw_rates(uint32_t index, double decades, int n, double *rates)
{
    struct ff_stream stream = ff_stream_at(2, index, FF_PURPOSE_DISORDER, 0, 0);
    for (int r = 0; r < n; r++)
        rates[r] = pow(10.0, decades * (ff_stream_uniform(&stream) - 0.5));
}

static struct ff_kinetics *make_kinetics(const struct ff_system *system, bool is_poisson,
                                         const double *rates)
{
    struct ff_kinetics *kinetics;
    ff_kinetics_create(system, ff_system_functionals(system), &kinetics);
    if (is_poisson)
        ff_gauge_use_poisson(&kinetics->gauge, system->process);
    ff_kinetics_set(kinetics, rates);
    return kinetics;
}

/* How far sum_r k_r f~_r over channels that leave a site is from the exact mean, at the worst site, relative to it. What
 * rounding does to the terms of the sum, a few parts in 10^16 of their size, is no error. */
static double worst_error(const struct ff_system *system, const struct ff_kinetics *kinetics, int q,
                          double mean)
{
    const struct ff_process *process = system->process;
    const double *f = ff_kinetics_coefficient(kinetics, q);
    double sum[MAX_STATES] = {0}, size[MAX_STATES] = {0}, worst = 0.0;
    for (int r = 0; r < process->n_channels; r++) {
        const int site = process->reactant_site[process->reactant_start[r]];
        sum[site] += kinetics->rates[r] * f[r];
        size[site] += fabs(kinetics->rates[r] * f[r]);
    }
    for (int i = 0; i < process->n_sites; i++)
        worst = fmax(worst, (fabs(sum[i] - mean) - 1e-14 * size[i]) / fabs(mean));
    return worst;
}

/* The means of the exact solution, and with least squares, the control, what is far from them. */
static void check_networks(double decades, double error)
{
    int n_noisy = 0;
    for (uint32_t i = 0; i < N_NETWORKS; i++) {
        struct ff_system *system = random_network(i, 1.0, 1);
        const int n_channels = system->process->n_channels;
        double rates[MAX_CHANNELS], means[FF_N_OBSERVABLES], flux[MAX_CHANNELS];
        draw_rates(i, decades, n_channels, rates);
        struct oracle oracle = solved(system, NULL, rates);
        struct ff_kinetics *solved = make_kinetics(system, true, rates);
        struct ff_kinetics *fitted = make_kinetics(system, false, rates);
        ff_exact_means(oracle.exact, means);
        for (int q = 0; q < FF_N_OBSERVABLES; q++) {
            assert_near(worst_error(system, solved, q, means[q]), 0.0, error);
            n_noisy += worst_error(system, fitted, q, means[q]) > 0.1;
        }
        assert_true(ff_gauge_flux(&solved->gauge, rates, flux));
        assert_false(ff_gauge_flux(&fitted->gauge, rates, flux));
        for (int r = 0; r < n_channels; r++)
            assert_close(flux[r], ff_exact_flux(oracle.exact)[r], 1e-13);
        ff_kinetics_free(solved);
        ff_kinetics_free(fitted);
        free_oracle(&oracle);
        ff_system_free(system);
    }
    assert_true(n_noisy > N_NETWORKS);
}

static void every_state_has_the_exact_means_on_stiff_networks(void **state)
{
    (void)state;
    check_networks(6.0, 1e-9);
    check_networks(12.0, 1e-4);
}

/* A rate off by a part in a thousand is seen: the potential is that of these rates and no others. */
static void a_potential_of_other_rates_leaves_noise(void **state)
{
    (void)state;
    struct ff_system *system = random_network(4, 1.0, 1);
    double rates[MAX_CHANNELS], means[FF_N_OBSERVABLES];
    draw_rates(4, 6.0, system->process->n_channels, rates);
    struct ff_kinetics *kinetics = make_kinetics(system, true, rates);
    kinetics->rates[0] *= 1.001;
    struct oracle oracle = solved(system, NULL, kinetics->rates);
    ff_exact_means(oracle.exact, means);
    assert_true(worst_error(system, kinetics, FF_J, means[FF_J]) > 1e-5);
    ff_kinetics_free(kinetics);
    free_oracle(&oracle);
    ff_system_free(system);
}

static void walkers_on_their_way_have_the_mean_times_their_number(void **state)
{
    (void)state;
    enum { N_WALKERS = 3, N_EVENTS = 200 };
    struct ff_system *system = random_network(2, 1.0, N_WALKERS);
    double rates[MAX_CHANNELS], means[FF_N_OBSERVABLES];
    draw_rates(2, 2.0, system->process->n_channels, rates);
    struct oracle oracle = solved(system, NULL, rates);
    ff_exact_means(oracle.exact, means);
    struct rig rig = make_rig(system, rates);
    ff_gauge_use_poisson(&rig.kinetics->gauge, system->process);
    ff_ensemble_set(&rig.ensemble, rates);
    ff_walk_start(rig.walk, rig.kinetics, (struct ff_stream){0});
    for (int n = 0; n < N_EVENTS; n++) {
        const double *totals = ff_walk_totals(rig.walk);
        for (int q = 0; q < FF_N_OBSERVABLES; q++)
            assert_near(totals[1 + q], N_WALKERS * means[q], 1e-9 * totals[0]);
        step(rig.walk);
    }
    free_rig(&rig);
    free_oracle(&oracle);
    ff_system_free(system);
}

/* ---- gradients ------------------------------------------------------------------------------ */

/* Largest difference of one estimate of the gradients of J and sigma from another kind's, relative to the largest entry. */
static double gradient_error(const struct ff_system *system, struct ff_chain *chain, int window,
                             bool solves_gauge, const double *rates)
{
    const struct ff_gradient_options options[2] = {{.estimator = &ff_estimator_exact},
                                                   {.estimator = &ff_estimator_score,
                                                    .window = window,
                                                    .solves_gauge = solves_gauge,
                                                    .tracked = 16,
                                                    .horizon = {.events = 50},
                                                    .seed = 1}};
    struct ff_gradient *gradient[2];
    struct ff_estimate estimate[2];
    double worst = 0.0;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ff_gradient_create(system, ff_system_functionals(system), chain,
                                            &options[i], &gradient[i]),
                         FF_OK);
        ff_estimate_create(gradient[i], &estimate[i]);
        assert_int_equal(ff_gradient_estimate(gradient[i], rates, 1, 0, 1, &estimate[i]), FF_OK);
    }
    for (int q = 0; q < FF_N_OBSERVABLES; q++) {
        double largest = 0.0, difference = 0.0;
        for (int r = 0; r < system->process->n_channels; r++) {
            const double exact = ff_estimate_gradient(&estimate[0], q)[r];
            largest = fmax(largest, fabs(exact));
            difference = fmax(difference, fabs(ff_estimate_gradient(&estimate[1], q)[r] - exact));
        }
        worst = fmax(worst, difference / largest);
    }
    for (int i = 0; i < 2; i++) {
        ff_estimate_free(&estimate[i]);
        ff_gradient_free(gradient[i]);
    }
    return worst;
}

/* J, sigma and all fluxes are the same in every state, so a few events say it all, without a window or with one. Control:
 * the gauge on the sites. */
static void one_estimate_is_the_exact_gradient_on_stiff_networks(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < N_NETWORKS; i++) {
        struct ff_system *system = random_network(i, 1.0, 1 + (int)(i % 3));
        struct ff_chain *chain = make_chain(system);
        double rates[MAX_CHANNELS];
        draw_rates(i, 6.0, system->process->n_channels, rates);
        assert_near(gradient_error(system, chain, 0, true, rates), 0.0, 1e-9);
        assert_near(gradient_error(system, chain, 60, true, rates), 0.0, 1e-9);
        assert_true(gradient_error(system, chain, 60, false, rates) > 0.01);
        ff_chain_free(chain);
        ff_system_free(system);
    }
}

/* ---- what has no such potential ------------------------------------------------------------- */

static bool has_potential(const struct ff_process *process, const double *rates)
{
    struct ff_poisson *poisson;
    ff_poisson_create(process, &poisson);
    const bool has = poisson != NULL && ff_poisson_set(poisson, rates);
    ff_poisson_free(poisson);
    return has;
}

static void particles_that_meet_have_none(void **state)
{
    (void)state;
    struct ff_system *systems[] = {
        read_system("{model: {kind: exclusion, lattice: ring, sites: 5, particles: 2,"
                    " forward: 1.0, backward: 0.5}}"),
        read_system("{model: {kind: reactions, species: {A: 3, B: 0},"
                    " reactions: [{name: turn, reaction: \"A <-> B @ 1, 2\"}]},"
                    " objective: {current: {turn: 1}}}"),
        read_system("{model: {kind: ring, sites: 257, forward: 1.0, backward: 0.5}}")};
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++) {
        assert_false(has_potential(systems[i]->process, systems[i]->process->rates));
        ff_system_free(systems[i]);
    }
}

static void two_closed_classes_have_none(void **state)
{
    (void)state;
    const char *names[] = {"A", "B", "C", "D", "E"};
    const struct ff_edge edges[] = {{"ab", 0, 1, 1.0, 0.0},
                                    {"bc", 1, 2, 2.0, 1.0},
                                    {"ad", 0, 3, 1.0, 0.0},
                                    {"de", 3, 4, 1.0, 3.0}};
    struct ff_process *process;
    ff_process_from_edges(names, 5, edges, 4, 1, false, &process);
    assert_false(has_potential(process, process->rates));
    ff_process_free(process);
}

/* Rates that leave the range of numbers; least squares serve, and the next rates are solved again. */
static void a_rate_of_zero_falls_back(void **state)
{
    (void)state;
    struct ff_system *system = random_network(0, 1.0, 1);
    const int n = system->process->n_channels;
    double rates[MAX_CHANNELS], flux[MAX_CHANNELS];
    memcpy(rates, system->process->rates, sizeof *rates * (size_t)n);
    struct ff_kinetics *kinetics = make_kinetics(system, true, rates);
    assert_true(ff_gauge_flux(&kinetics->gauge, rates, flux));
    memset(rates, 0, sizeof rates);
    ff_kinetics_set(kinetics, rates);
    assert_false(ff_gauge_flux(&kinetics->gauge, rates, flux));
    ff_kinetics_set(kinetics, system->process->rates);
    assert_true(ff_gauge_flux(&kinetics->gauge, kinetics->rates, flux));
    ff_kinetics_free(kinetics);
    ff_system_free(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_has_the_exact_means_on_stiff_networks),
        cmocka_unit_test(a_potential_of_other_rates_leaves_noise),
        cmocka_unit_test(walkers_on_their_way_have_the_mean_times_their_number),
        cmocka_unit_test(one_estimate_is_the_exact_gradient_on_stiff_networks),
        cmocka_unit_test(particles_that_meet_have_none),
        cmocka_unit_test(two_closed_classes_have_none),
        cmocka_unit_test(a_rate_of_zero_falls_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
