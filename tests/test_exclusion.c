/* Exclusion processes: closed forms, the master equation, and simulation beyond enumeration.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: stat */
/* timeout: 120 */
#include "simulate/ensemble.h"

#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"
#include "rig.h"

static const double largest_z = 5.0;
enum { N_TRAJECTORIES = 100, MAX_OPEN_SITES = 8 };

static struct ff_system *uniform_ring(int n_sites, int n_particles)
{
    char text[160];
    snprintf(text, sizeof text,
             "model: {kind: exclusion, sites: %d, particles: %d, forward: 1.0, backward: 0.5}\n",
             n_sites, n_particles);
    return read_system(text);
}

/* J = (p - q) N (L - N) / (L (L - 1)) per bond, sigma = L J ln(p/q): every configuration is equally
 * likely (Derrida, Phys. Rep. 301:65, 1998). */
static void closed_form(int n_sites, int n_particles, double *current, double *entropy_production)
{
    const double l = n_sites, n = n_particles;
    *current = 0.5 * n * (l - n) / (l * (l - 1.0));
    *entropy_production = l * *current * log(2.0);
}

static void ring_matches_closed_form_by_enumeration(void **state)
{
    (void)state;
    for (int n_sites = 4; n_sites <= 10; n_sites++)
        for (int n_particles = 1; n_particles < n_sites; n_particles += 2) {
            struct ff_system *system = uniform_ring(n_sites, n_particles);
            struct oracle oracle = solved(system, NULL, system->process->rates);
            double means[FF_N_OBSERVABLES], expected_current, expected_entropy;
            ff_exact_means(oracle.exact, means);
            closed_form(n_sites, n_particles, &expected_current, &expected_entropy);
            assert_close(means[FF_J], expected_current, 1e-12);
            assert_close(means[FF_SIGMA], expected_entropy, 1e-12);
            for (int i = 0; i < n_sites; i++)
                assert_close(ff_exact_occupancy(oracle.exact)[i], (double)n_particles / n_sites,
                             1e-12);
            free_oracle(&oracle);
            ff_system_free(system);
        }
}

/* J and sigma, into `out` [2]. */
static void simulate(const struct ff_system *system, const double *rates, int64_t events,
                     int64_t burn_in, struct ff_average *out)
{
    const struct ff_draw_key key = {1, 0, 0, FF_PURPOSE_EVALUATE};
    const struct ff_horizon horizon = {.events = events, .burn_in = burn_in};
    struct ff_ensemble ensemble;
    ff_ensemble_create(system, ff_system_functionals(system), NULL, &ensemble);
    ff_ensemble_set(&ensemble, rates);
    double *sums = FF_RAW(double, N_TRAJECTORIES *(size_t)ensemble.width);
    ff_ensemble_run_all(&ensemble, key, horizon, N_TRAJECTORIES, sums);
    ff_ensemble_averages(&ensemble, sums, N_TRAJECTORIES, out);
    free(sums);
    ff_ensemble_free(&ensemble);
}

static bool is_within_noise(struct ff_average average, double expected)
{
    return fabs(average.mean - expected) < largest_z * average.standard_error;
}

/* The random initial state is stationary here, so there is no burn-in to choose. */
static void simulated_rings_match_closed_form_up_to_1024_sites(void **state)
{
    (void)state;
    for (int n_sites = 8; n_sites <= 1024; n_sites *= 2) {
        struct ff_system *system = uniform_ring(n_sites, n_sites / 2);
        struct ff_average simulated[FF_N_OBSERVABLES];
        double current, entropy;
        simulate(system, system->process->rates, 5000, 0, simulated);
        closed_form(n_sites, n_sites / 2, &current, &entropy);
        assert_true(is_within_noise(simulated[FF_J], current));
        assert_true(is_within_noise(simulated[FF_SIGMA], entropy));
        /* The errors are small enough for the test to see a current wrong by a twentieth. */
        assert_true(0.05 * current > largest_z * simulated[FF_J].standard_error);
        ff_system_free(system);
    }
}

/* ---- open boundaries ------------------------------------------------------------------------ */

static const double p = 1.0, q = 0.3, in_left = 0.4, out_left = 0.1, in_right = 0.2,
                    out_right = 0.7;

static struct ff_system *open_lattice(int n_sites)
{
    char text[256];
    snprintf(
        text, sizeof text,
        "model: {kind: exclusion, lattice: open, sites: %d, forward: %g, backward: %g, left: {in: "
        "%g, out: %g}, right: {in: %g, out: %g}}\n",
        n_sites, p, q, in_left, out_left, in_right, out_right);
    return read_system(text);
}

static void add_rate(gsl_matrix *generator, unsigned from, unsigned to, double rate)
{
    *gsl_matrix_ptr(generator, to, from) += rate;
    *gsl_matrix_ptr(generator, from, from) -= rate;
}

/* Current and entropy production from the master equation over bit patterns, by a dense LU: shares
 * nothing with the library but the model. */
static void solve_master_equation(unsigned n_sites, double *current, double *entropy)
{
    const unsigned n_states = 1u << n_sites, last = 1u << (n_sites - 1);
    gsl_matrix *generator = gsl_matrix_calloc(n_states, n_states);
    for (unsigned x = 0; x < n_states; x++) {
        add_rate(generator, x, x ^ 1u, x & 1u ? out_left : in_left);
        add_rate(generator, x, x ^ last, x & last ? out_right : in_right);
        for (unsigned i = 0; i + 1 < n_sites; i++) {
            const unsigned bond = 3u << i, pattern = (x & bond) >> i;
            if (pattern == 1u || pattern == 2u)
                add_rate(generator, x, x ^ bond, pattern == 1u ? p : q);
        }
    }
    gsl_vector *pi = gsl_vector_calloc(n_states), *right = gsl_vector_calloc(n_states);
    gsl_permutation *permutation = gsl_permutation_alloc(n_states);
    int sign;
    for (unsigned x = 0; x < n_states; x++)
        gsl_matrix_set(generator, 0, x, 1.0); /* normalisation in place of one equation */
    gsl_vector_set(right, 0, 1.0);
    gsl_linalg_LU_decomp(generator, permutation, &sign);
    gsl_linalg_LU_solve(generator, permutation, right, pi);
    double entering = 0.0;
    for (unsigned x = 0; x < n_states; x++)
        entering += gsl_vector_get(pi, x) * (x & 1u ? -out_left : in_left);
    /* One particle through the lattice crosses both boundaries and every bond. */
    *current = entering;
    *entropy = entering *
               ((n_sites - 1.0) * log(p / q) + log(in_left / out_left) + log(out_right / in_right));
    gsl_matrix_free(generator);
    gsl_vector_free(pi);
    gsl_vector_free(right);
    gsl_permutation_free(permutation);
}

static void open_lattices_match_the_master_equation(void **state)
{
    (void)state;
    for (int n_sites = 4; n_sites <= MAX_OPEN_SITES; n_sites += 2) {
        struct ff_system *system = open_lattice(n_sites);
        struct oracle oracle = solved(system, NULL, system->process->rates);
        struct ff_average simulated[FF_N_OBSERVABLES];
        double means[FF_N_OBSERVABLES], expected_current, expected_entropy;
        solve_master_equation((unsigned)n_sites, &expected_current, &expected_entropy);
        assert_int_equal(oracle.chain->n_states, 1 << n_sites);
        ff_exact_means(oracle.exact, means);
        assert_close(means[FF_J], expected_current, 1e-11);
        assert_close(means[FF_SIGMA], expected_entropy, 1e-11);
        simulate(system, system->process->rates, 5000, 500, simulated);
        assert_true(is_within_noise(simulated[FF_J], means[FF_J]));
        assert_true(is_within_noise(simulated[FF_SIGMA], means[FF_SIGMA]));
        free_oracle(&oracle);
        ff_system_free(system);
    }
}

/* The negative control of the z-scores above. */
static void a_wrong_injection_rate_is_seen(void **state)
{
    (void)state;
    double current, entropy;
    struct ff_average simulated[FF_N_OBSERVABLES];
    struct ff_system *system = open_lattice(6);
    solve_master_equation(6, &current, &entropy);
    system->process->rates[ff_process_find_channel(system->process, "left+")] *= 1.1;
    simulate(system, system->process->rates, 5000, 500, simulated);
    assert_true(fabs(simulated[FF_J].mean - current) > largest_z * simulated[FF_J].standard_error);
    ff_system_free(system);
}

static void no_site_ever_holds_two_particles(void **state)
{
    (void)state;
    struct ff_system *system = uniform_ring(12, 5);
    struct rig rig = make_rig(system, system->process->rates);
    ff_walk_start(rig.walk, rig.kinetics, ff_stream_at(1, 0, FF_PURPOSE_TRACKED, 0, 0));
    for (int n = 0; n < 10000; n++) {
        int total = 0;
        for (int i = 0; i < 12; i++) {
            assert_in_range(rig.walk->x[i], 0, 1);
            total += rig.walk->x[i];
        }
        assert_int_equal(total, 5);
        step(rig.walk);
    }
    free_rig(&rig);
    ff_system_free(system);
}

static void too_many_states_are_refused_at_once(void **state)
{
    (void)state;
    struct ff_system *system = uniform_ring(64, 32);
    struct ff_chain *chain;
    struct ff_exact *exact;
    assert_int_equal(ff_chain_create(system->process, FF_MAX_STATES, &chain), FF_ERR_NUMERICAL);
    assert_int_equal(ff_exact_create(system, ff_system_functionals(system), NULL, NULL, &exact),
                     FF_ERR_NUMERICAL);
    ff_system_free(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_matches_closed_form_by_enumeration),
        cmocka_unit_test(simulated_rings_match_closed_form_up_to_1024_sites),
        cmocka_unit_test(open_lattices_match_the_master_equation),
        cmocka_unit_test(a_wrong_injection_rate_is_seen),
        cmocka_unit_test(no_site_ever_holds_two_particles),
        cmocka_unit_test(too_many_states_are_refused_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
