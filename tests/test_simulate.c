/* Simulation against the exact steady state of random networks, and the gauge of the observables.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: stat */
#include "simulate/lanes.h"
#include "simulate/path.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"
#include "rig.h"

enum { N_NETWORKS = 20 };

static const double least_chance = 1e-4; /* a true hypothesis is rejected this often per check */
static const double largest_z = 5.0;

static const struct ff_horizon horizon = {.events = 1500, .burn_in = 400};
enum { N_TRAJECTORIES = 200 };

/* ---- a statistical test of the steady state ------------------------------------------------- */

static const struct ff_draw_key key = {.seed = 1, .task = 3, .purpose = FF_PURPOSE_EVALUATE};

/* Time spent in each state over one trajectory of a single walker, by expected dwells. */
static double time_in_states(struct rig *rig, uint32_t trajectory, double *times)
{
    const int n = rig->system->process->n_sites;
    double total = 0.0;
    memset(times, 0, sizeof *times * (size_t)n);
    ff_path_begin(rig->walk, rig->kinetics, ff_draw_stream(key, trajectory), horizon.burn_in);
    for (int64_t k = 0; k < horizon.events; k++) {
        const double dwell = 1.0 / ff_walk_totals(rig->walk)[0];
        for (int i = 0; i < n; i++)
            times[i] += rig->walk->x[i] * dwell;
        total += dwell;
        step(rig->walk);
    }
    return total;
}

/* Hotelling's test that residuals [K][n], independent rows, have mean zero: its p-value. */
static double hotelling_chance(const double (*residual)[MAX_STATES], int count, int n)
{
    gsl_matrix *covariance = gsl_matrix_calloc((size_t)n, (size_t)n);
    gsl_vector *mean = gsl_vector_calloc((size_t)n), *solution = gsl_vector_alloc((size_t)n);
    for (int k = 0; k < count; k++)
        for (int i = 0; i < n; i++)
            *gsl_vector_ptr(mean, (size_t)i) += residual[k][i] / count;
    for (int k = 0; k < count; k++)
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                *gsl_matrix_ptr(covariance, (size_t)i, (size_t)j) +=
                    (residual[k][i] - gsl_vector_get(mean, (size_t)i)) *
                    (residual[k][j] - gsl_vector_get(mean, (size_t)j)) / (count - 1);
    gsl_linalg_cholesky_decomp1(covariance);
    gsl_linalg_cholesky_solve(covariance, mean, solution);
    double square = 0.0;
    for (int i = 0; i < n; i++)
        square += count * gsl_vector_get(mean, (size_t)i) * gsl_vector_get(solution, (size_t)i);
    gsl_vector_free(mean);
    gsl_vector_free(solution);
    gsl_matrix_free(covariance);
    return gsl_cdf_fdist_Q(square * (count - n) / ((count - 1.0) * n), n, count - n);
}

/* What the checks of one network found. */
struct verdict {
    double chance;               /* p-value of the occupancies */
    double z_current, z_entropy; /* deviations from the exact values in standard errors */
};

static double z_score(struct ff_average average, double exact)
{
    return (average.mean - exact) / average.standard_error;
}

/* Averages of J and sigma over an ensemble. */
struct observed {
    struct ff_average of[FF_N_OBSERVABLES];
};

static struct observed observe(const struct rig *rig)
{
    static double sums[N_TRAJECTORIES][FF_NARROW_ROW];
    struct observed observed;
    ff_ensemble_run_all(&rig->ensemble, key, horizon, N_TRAJECTORIES, *sums);
    ff_ensemble_averages(&rig->ensemble, *sums, N_TRAJECTORIES, observed.of);
    return observed;
}

/* Simulate a single walker, with the propensity of channel `wrong` multiplied by `factor`, and judge it
 * against the exact steady state of the network as it is. */
static struct verdict judge(const struct ff_system *system, struct ff_exact *exact, int wrong,
                            double factor)
{
    const struct ff_process *process = system->process;
    static double residual[N_TRAJECTORIES][MAX_STATES];
    double rates[MAX_CHANNELS], times[MAX_STATES];
    memcpy(rates, process->rates, sizeof *rates * (size_t)process->n_channels);
    rates[wrong] *= factor;
    struct rig rig = make_rig(system, rates);
    const double *pi = ff_exact_occupancy(exact);
    for (uint32_t k = 0; k < N_TRAJECTORIES; k++) {
        const double total = time_in_states(&rig, k, times);
        for (int i = 0; i < process->n_sites - 1; i++)
            residual[k][i] = times[i] - pi[i] * total;
    }
    const struct observed observed = observe(&rig);
    const struct ff_exact_values values = ff_exact_observe(exact);
    free_rig(&rig);
    return (struct verdict){
        .chance = hotelling_chance((const double(*)[MAX_STATES])residual, N_TRAJECTORIES,
                                   process->n_sites - 1),
        .z_current = z_score(observed.of[FF_J], values.current),
        .z_entropy = z_score(observed.of[FF_SIGMA], values.entropy_production),
    };
}

static int busiest_channel(const struct ff_system *system, const struct ff_exact *exact)
{
    int busiest = 0;
    for (int r = 1; r < system->process->n_channels; r++)
        if (ff_exact_flux(exact)[r] > ff_exact_flux(exact)[busiest])
            busiest = r;
    return busiest;
}

/* Number of networks whose single checks fail; the p-values of all of them together. */
struct survey {
    int n_wrong_occupancies, n_wrong_currents, n_wrong_entropies;
    double chance_occupancies; /* Fisher: -2 sum ln p is chi-square with 2 per network */
    double chance_currents, chance_entropies; /* the sum of z^2 is chi-square */
};

static struct survey survey_networks(double factor)
{
    struct survey survey = {0};
    double log_chances = 0.0, current_square = 0.0, entropy_square = 0.0;
    for (uint32_t i = 0; i < N_NETWORKS; i++) {
        struct ff_system *system = random_network(i, 1.0, 1);
        struct oracle oracle = solved(system, NULL, system->process->rates);
        const struct verdict verdict =
            judge(system, oracle.exact, busiest_channel(system, oracle.exact), factor);
        survey.n_wrong_occupancies += !(verdict.chance > least_chance);
        survey.n_wrong_currents += !(fabs(verdict.z_current) <= largest_z);
        survey.n_wrong_entropies += !(fabs(verdict.z_entropy) <= largest_z);
        log_chances += log(fmax(verdict.chance, 1e-300));
        current_square += verdict.z_current * verdict.z_current;
        entropy_square += verdict.z_entropy * verdict.z_entropy;
        free_oracle(&oracle);
        ff_system_free(system);
    }
    survey.chance_occupancies = gsl_cdf_chisq_Q(-2.0 * log_chances, 2.0 * N_NETWORKS);
    survey.chance_currents = gsl_cdf_chisq_Q(current_square, N_NETWORKS);
    survey.chance_entropies = gsl_cdf_chisq_Q(entropy_square, N_NETWORKS);
    return survey;
}

static void simulation_agrees_with_the_exact_steady_state(void **state)
{
    (void)state;
    const struct survey survey = survey_networks(1.0);
    assert_int_equal(survey.n_wrong_occupancies, 0);
    assert_int_equal(survey.n_wrong_currents, 0);
    assert_int_equal(survey.n_wrong_entropies, 0);
    assert_true(survey.chance_occupancies > least_chance);
    assert_true(survey.chance_currents > least_chance);
    assert_true(survey.chance_entropies > least_chance);
}

static void a_propensity_wrong_by_a_tenth_is_detected(void **state)
{
    (void)state;
    const struct survey survey = survey_networks(1.1);
    assert_true(survey.n_wrong_occupancies > N_NETWORKS / 2);
    assert_true(survey.n_wrong_currents > N_NETWORKS / 2);
    assert_true(survey.n_wrong_entropies > N_NETWORKS / 2);
    assert_true(survey.chance_occupancies < least_chance);
    assert_true(survey.chance_currents < least_chance);
    assert_true(survey.chance_entropies < least_chance);
}

/* ---- streams ------------------------------------------------------------------------------- */

static void trajectories_repeat_and_differ_between_numbers(void **state)
{
    (void)state;
    struct ff_system *system = random_network(3, 1.0, 1);
    struct rig rig = make_rig(system, system->process->rates);
    double first[FF_NARROW_ROW], other[FF_NARROW_ROW], again[FF_NARROW_ROW];
    ff_ensemble_trajectory(&rig.ensemble, ff_draw_stream(key, 0), horizon, first);
    ff_ensemble_trajectory(&rig.ensemble, ff_draw_stream(key, 1), horizon, other);
    ff_ensemble_trajectory(&rig.ensemble, ff_draw_stream(key, 0), horizon, again);
    assert_memory_equal(first, again, sizeof first);
    assert_true(first[0] != other[0]);
    free_rig(&rig);
    ff_system_free(system);
}

/* ---- the gauge ------------------------------------------------------------------------------ */

/* Sum of exact fluxes times coefficients, and the size of its terms. */
static double exact_mean(const struct ff_exact *exact, const double *coefficient, int n,
                         double *size)
{
    double mean = 0.0;
    *size = 0.0;
    for (int r = 0; r < n; r++) {
        mean += ff_exact_flux(exact)[r] * coefficient[r];
        *size += fabs(ff_exact_flux(exact)[r] * coefficient[r]);
    }
    return mean;
}

static void the_gauge_keeps_the_exact_means(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < N_NETWORKS; i++) {
        struct ff_system *system = random_network(i, 1.0, 1);
        const int n = system->process->n_channels;
        struct oracle oracle = solved(system, NULL, system->process->rates);
        struct rig rig = make_rig(system, system->process->rates);
        double *current = ff_kinetics_coefficient(rig.kinetics, FF_J);
        const double *entropy = ff_kinetics_coefficient(rig.kinetics, FF_SIGMA);
        double means[FF_N_OBSERVABLES], size;
        ff_exact_means(oracle.exact, means);
        const double gauged_current = exact_mean(oracle.exact, current, n, &size);
        assert_near(gauged_current, means[FF_J], 1e-13 * (size + fabs(means[FF_J])));
        const double gauged_entropy = exact_mean(oracle.exact, entropy, n, &size);
        assert_near(gauged_entropy, means[FF_SIGMA], 1e-13 * (size + means[FF_SIGMA]));
        current[0] += 1e-6; /* control: not a potential */
        assert_true(fabs(exact_mean(oracle.exact, current, n, &size) - means[FF_J]) > 1e-8);
        free_rig(&rig);
        free_oracle(&oracle);
        ff_system_free(system);
    }
}

static void estimates_are_without_noise_at_equilibrium(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < N_NETWORKS; i++) {
        struct ff_system *system = random_network(i, 0.0, 3);
        struct rig rig = make_rig(system, system->process->rates);
        ff_walk_start(rig.walk, rig.kinetics, ff_draw_stream(key, i));
        for (int n = 0; n < 100; n++) {
            const double *totals = ff_walk_totals(rig.walk);
            assert_near(totals[1], 0.0, 1e-8 * totals[0]);
            assert_near(totals[2], 0.0, 1e-8 * totals[0]);
            step(rig.walk);
        }
        free_rig(&rig);
        ff_system_free(system);
    }
}

/* Standard errors from the same trajectories, with the coefficients as they are in the observables. */
static struct observed observe_plainly(struct rig *rig)
{
    const struct ff_system *system = rig->system;
    const int n = system->process->n_channels;
    memcpy(ff_kinetics_coefficient(rig->kinetics, FF_J), system->observables->current,
           sizeof(double) * (size_t)n);
    ff_observables_entropy(system->observables, system->process, rig->kinetics->rates,
                           ff_kinetics_coefficient(rig->kinetics, FF_SIGMA));
    ff_lanes_set(rig->ensemble.lanes, rig->kinetics);
    return observe(rig);
}

static void the_gauge_reduces_noise_near_equilibrium(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        struct ff_system *system = random_network(i, 0.05, 1);
        struct rig rig = make_rig(system, system->process->rates);
        const struct observed gauged = observe(&rig), plain = observe_plainly(&rig);
        for (int q = 0; q < FF_N_OBSERVABLES; q++) {
            const struct ff_average with = gauged.of[q], without = plain.of[q];
            assert_near(with.mean, without.mean,
                        largest_z * hypot(with.standard_error, without.standard_error));
            assert_true(with.standard_error < 0.2 * without.standard_error);
        }
        free_rig(&rig);
        ff_system_free(system);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simulation_agrees_with_the_exact_steady_state),
        cmocka_unit_test(a_propensity_wrong_by_a_tenth_is_detected),
        cmocka_unit_test(trajectories_repeat_and_differ_between_numbers),
        cmocka_unit_test(the_gauge_keeps_the_exact_means),
        cmocka_unit_test(estimates_are_without_noise_at_equilibrium),
        cmocka_unit_test(the_gauge_reduces_noise_near_equilibrium),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
