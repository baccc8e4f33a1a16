/* The exact oracle on networks: published values, identities, and finite differences of itself.
 *
 * Random networks come from fixed seeds: a path through all states and extra edges, parallel ones
 * among them, with rates spread evenly in the logarithm over `decades`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CHANNELS = 64, MAX_STATES = 16, N_NETWORKS = 40 };

/* ---- systems -------------------------------------------------------------------------------- */

static void add_random_edge(FILE *text, struct ff_stream *stream, int edge, int from, int to,
                            double decades)
{
    const double forward = pow(10.0, decades * (ff_stream_uniform(stream) - 0.5));
    const double backward = pow(10.0, decades * (ff_stream_uniform(stream) - 0.5));
    fprintf(text, "    - {name: e%d, from: s%d, to: s%d, forward: %.17g, backward: %.17g}\n", edge,
            from, to, forward, backward);
}

/* A network of 3 to 10 states whose current of interest has a random weight on each edge. */
static struct ff_system *random_network(int seed, double decades)
{
    struct ff_stream stream = ff_stream_at((uint64_t)seed, 0, FF_PURPOSE_DISORDER, 0, 0);
    const int n_states = 3 + seed % 8, n_edges = 2 * n_states;
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    fprintf(memory, "model:\n  kind: network\n  states: [s0");
    for (int i = 1; i < n_states; i++)
        fprintf(memory, ", s%d", i);
    fprintf(memory, "]\n  edges:\n");
    for (int e = 0; e < n_edges; e++) {
        const int from = e < n_states - 1 ? e : (int)(ff_stream_uniform(&stream) * n_states);
        const int ahead = 1 + (int)(ff_stream_uniform(&stream) * (n_states - 1));
        const int to = e < n_states - 1 ? e + 1 : (from + ahead) % n_states;
        add_random_edge(memory, &stream, e, from, to, decades);
    }
    fprintf(memory, "objective:\n  current:\n");
    for (int e = 0; e < n_edges; e++)
        fprintf(memory, "    e%d: %.17g\n", e, 2.0 * ff_stream_uniform(&stream) - 1.0);
    fclose(memory);
    struct ff_system *system = read_system(text);
    free(text);
    return system;
}

/* ---- networks ------------------------------------------------------------------------------- */

/* Published for six-state kinesin; the current counts mechanical steps. */
struct kinesin {
    double forward[7], backward[7];
    double current, entropy_production, activity, current_noise;
};

static const struct kinesin kinesins[] = {
    {{2000, 100, 100, 2000, 100, 100, 300000},
     {100, 0.025510204081632653, 0.02, 6.4e-11, 0.025510204081632653, 0.02, 0.24},
     48.7412192407,
     1649.79401611,
     195.355097096,
     23.2488939567},
    {{1095.055088143731, 71.539769529886213, 71.539769529886213, 1095.055088143731,
      71.539769529886213, 71.539769529886213, 23740.847998948038},
     {54.752754407186552, 0.018249941206603626, 0.014307953905977243, 3.5041762820599393e-11,
      0.018249941206603626, 0.014307953905977243, 0.94057612069611267},
     34.4212518710,
     1037.09443380,
     139.402946048,
     16.2953990582},
};

static struct ff_system *kinesin_system(const struct kinesin *kinesin)
{
    static const char ends[7][2] = {{1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}, {6, 1}, {2, 5}};
    char text[1024] = "model:\n  kind: network\n  states: [1, 2, 3, 4, 5, 6]\n  edges:\n";
    for (int e = 0; e < 7; e++) {
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used,
                 "    - {from: %d, to: %d, forward: %.17g, backward: %.17g}\n", ends[e][0],
                 ends[e][1], kinesin->forward[e], kinesin->backward[e]);
    }
    strcat(text, "objective: {current: {\"2->5\": 1}}\n");
    return read_system(text);
}

static void kinesin_matches_its_published_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof kinesins / sizeof *kinesins; i++) {
        const struct kinesin *kinesin = &kinesins[i];
        struct ff_system *system = kinesin_system(kinesin);
        const struct ff_exact_values values = values_of(system, system->process->rates);
        /* One unit of the last digit printed, which may be cut off instead of rounded. */
        assert_near(values.current, kinesin->current, 1e-10);
        assert_near(values.entropy_production, kinesin->entropy_production, 1e-8);
        assert_near(values.activity, kinesin->activity, 1e-9);
        assert_near(values.current_noise, kinesin->current_noise, 1e-10);
        ff_system_free(system);
    }
}

static void random_networks_obey_the_second_law_and_the_tur(void **state)
{
    (void)state;
    for (int seed = 0; seed < N_NETWORKS; seed++) {
        struct ff_system *system = random_network(seed, 3.0);
        const struct ff_exact_values values = values_of(system, system->process->rates);
        assert_true(values.entropy_production > 0.0);
        assert_true(values.tur_ratio >= 1.0);
        ff_system_free(system);
    }
}

static void entropy_is_the_sum_over_edges_of_current_and_traffic(void **state)
{
    (void)state;
    for (int seed = 0; seed < N_NETWORKS; seed++) {
        struct ff_system *system = random_network(seed, 3.0);
        const struct ff_process *process = system->process;
        struct oracle oracle = solved(system, NULL, process->rates);
        const double *flux = ff_exact_flux(oracle.exact);
        double means[FF_N_OBSERVABLES], sum = 0.0;
        ff_exact_means(oracle.exact, means);
        for (int e = 0; e < process->n_edges; e++) {
            const int forward = process->edge_forward[e], backward = process->reverse[forward];
            const double j = flux[forward] - flux[backward], t = flux[forward] + flux[backward];
            sum += 2.0 * j * atanh(j / t);
        }
        assert_close(means[FF_SIGMA], sum, 1e-12);
        free_oracle(&oracle);
        ff_system_free(system);
    }
}

static void probability_is_conserved_in_every_state(void **state)
{
    (void)state;
    for (int seed = 0; seed < N_NETWORKS; seed++) {
        struct ff_system *system = random_network(seed, 3.0);
        const struct ff_process *process = system->process;
        struct oracle oracle = solved(system, NULL, process->rates);
        double net[MAX_STATES] = {0}, gross[MAX_STATES] = {0}, total = 0.0;
        for (int r = 0; r < process->n_channels; r++)
            for (int k = 2 * r; k < 2 * r + 2; k++) {
                const int site = process->change_site[k];
                net[site] += process->change_amount[k] * ff_exact_flux(oracle.exact)[r];
                gross[site] += ff_exact_flux(oracle.exact)[r];
            }
        for (int i = 0; i < process->n_sites; i++) {
            total += ff_exact_occupancy(oracle.exact)[i];
            assert_near(net[i], 0.0, 1e-14 * gross[i]);
        }
        assert_near(total, 1.0, 1e-14);
        free_oracle(&oracle);
        ff_system_free(system);
    }
}

/* Put the random network in equilibrium: k_ij = k exp(E_i), E_i = sin(3 i). */
static void equilibrate(const struct ff_process *process, double *rates)
{
    for (int e = 0; e < process->n_edges; e++) {
        const int forward = process->edge_forward[e], backward = process->reverse[forward];
        const double k = process->rates[forward];
        rates[forward] = k * exp(sin(3.0 * process->reactant_site[forward]));
        rates[backward] = k * exp(sin(3.0 * process->reactant_site[backward]));
    }
}

static void detailed_balance_gives_zero_sigma(void **state)
{
    (void)state;
    for (int seed = 0; seed < N_NETWORKS; seed++) {
        struct ff_system *system = random_network(seed, 3.0);
        double rates[MAX_CHANNELS], total = 0.0;
        equilibrate(system->process, rates);
        struct oracle oracle = solved(system, NULL, rates);
        const struct ff_exact_values values = ff_exact_observe(oracle.exact);
        assert_near(values.entropy_production, 0.0, 1e-14 * values.activity);
        assert_near(values.current, 0.0, 1e-14 * values.activity);
        for (int i = 0; i < system->process->n_sites; i++)
            total += exp(-sin(3.0 * i));
        for (int i = 0; i < system->process->n_sites; i++)
            assert_close(ff_exact_occupancy(oracle.exact)[i], exp(-sin(3.0 * i)) / total, 1e-13);
        free_oracle(&oracle);

        /* One rate of a parallel path out of balance is enough to dissipate. */
        rates[system->process->n_channels - 1] *= 1.01;
        assert_true(values_of(system, rates).entropy_production > 1e-12 * values.activity);
        ff_system_free(system);
    }
}

static void pooling_parallel_edges_changes_sigma(void **state)
{
    (void)state;
    static const char separate[] = "model:\n"
                                   "  kind: network\n"
                                   "  states: [A, B]\n"
                                   "  edges:\n"
                                   "    - {name: x, from: A, to: B, forward: 2, backward: 1}\n"
                                   "    - {name: y, from: A, to: B, forward: 1, backward: 3}\n"
                                   "objective: {current: {x: 1}}\n";
    static const char pooled[] = "model: {kind: network, states: [A, B],\n"
                                 "  edges: [{from: A, to: B, forward: 3, backward: 4}]}\n";
    const struct ff_exact_values apart = values_of_text(separate),
                                 together = values_of_text(pooled);
    assert_close(apart.current, 5.0 / 7.0, 1e-14);
    assert_close(apart.entropy_production, 5.0 / 7.0 * log(6.0), 1e-14);
    assert_close(apart.activity, together.activity, 1e-14);
    assert_near(together.entropy_production, 0.0, 1e-15);
}

/* ---- noise and gradient --------------------------------------------------------------------- */

/* Dominant eigenvalue of the tilted generator Q_xy exp(s c): the scaled cumulant generating function of
 * the integrated current, by power iteration on 1 + Q_s / scale. */
static double cumulant_function(const struct ff_system *system, double s)
{
    const struct ff_process *process = system->process;
    const int n = process->n_sites;
    double matrix[MAX_STATES][MAX_STATES] = {{0}}, exit_rate[MAX_STATES] = {0};
    double v[MAX_STATES], next[MAX_STATES], scale = 0.0, growth = 1.0;
    for (int r = 0; r < process->n_channels; r++) {
        const int from = process->reactant_site[r], to = process->change_site[2 * r + 1];
        matrix[from][to] += process->rates[r] * exp(s * system->observables->current[r]);
        exit_rate[from] += process->rates[r];
    }
    for (int i = 0; i < n; i++) {
        scale = fmax(scale, 1.5 * exit_rate[i]);
        v[i] = 1.0;
    }
    for (int iteration = 0; iteration < 20000; iteration++) {
        growth = 0.0;
        for (int i = 0; i < n; i++) {
            next[i] = (1.0 - exit_rate[i] / scale) * v[i];
            for (int j = 0; j < n; j++)
                next[i] += matrix[i][j] / scale * v[j];
            growth = fmax(growth, next[i]);
        }
        for (int i = 0; i < n; i++)
            v[i] = next[i] / growth;
    }
    return (growth - 1.0) * scale;
}

static void current_and_noise_are_derivatives_of_the_cumulant_function(void **state)
{
    (void)state;
    const double step = 1e-2;
    for (int seed = 0; seed < 8; seed++) {
        struct ff_system *system = random_network(seed, 1.0);
        const struct ff_exact_values values = values_of(system, system->process->rates);
        double f[5];
        for (int k = 0; k < 5; k++)
            f[k] = cumulant_function(system, (k - 2) * step);
        const double slope = (f[0] - 8.0 * f[1] + 8.0 * f[3] - f[4]) / (12.0 * step);
        const double curvature =
            (-f[0] + 16.0 * f[1] - 30.0 * f[2] + 16.0 * f[3] - f[4]) / (12.0 * step * step);
        /* Fourth-order stencils: errors of step^4, and of 1e-15 scale / step^2 from the roundings. */
        assert_near(values.current, slope, 1e-8 * values.activity);
        assert_near(values.current_noise, curvature, 1e-8 * values.activity);
        ff_system_free(system);
    }
}

static void check_gradient(const struct ff_system *system)
{
    const struct ff_process *process = system->process;
    const double step = 1e-4;
    double gradients[2 * MAX_CHANNELS], rates[MAX_CHANNELS];
    const double *dj = gradients, *ds = gradients + process->n_channels;
    struct oracle oracle = solved(system, NULL, process->rates);
    const double activity = ff_exact_observe(oracle.exact).activity;
    ff_exact_gradient(oracle.exact, gradients);
    for (int r = 0; r < process->n_channels; r++) {
        double j[4], sigma[4];
        static const double offsets[4] = {-2, -1, 1, 2};
        for (int k = 0; k < 4; k++) {
            memcpy(rates, process->rates, sizeof *rates * (size_t)process->n_channels);
            rates[r] *= exp(offsets[k] * step);
            assert_int_equal(ff_exact_solve(oracle.exact, rates), FF_OK);
            double means[FF_N_OBSERVABLES];
            ff_exact_means(oracle.exact, means);
            j[k] = means[FF_J];
            sigma[k] = means[FF_SIGMA];
        }
        /* Errors of step^4, and of 1e-16 / step from the roundings. */
        const double tolerance = 1e-10 * activity;
        assert_near(dj[r], (j[0] - 8 * j[1] + 8 * j[2] - j[3]) / (12 * step), tolerance);
        assert_near(ds[r], (sigma[0] - 8 * sigma[1] + 8 * sigma[2] - sigma[3]) / (12 * step),
                    tolerance);
    }
    free_oracle(&oracle);
}

static void gradient_equals_finite_differences_of_the_solve(void **state)
{
    (void)state;
    for (int seed = 0; seed < N_NETWORKS; seed++) {
        struct ff_system *system = random_network(seed, 3.0);
        check_gradient(system);
        ff_system_free(system);
    }
    struct ff_system *partly =
        read_system("model:\n"
                    "  kind: network\n"
                    "  states: [A, B, C]\n"
                    "  edges:\n"
                    "    - {from: A, to: B, forward: 2, backward: 0}\n"
                    "    - {from: B, to: C, forward: 3, backward: 0.5}\n"
                    "    - {from: C, to: A, forward: 1, backward: 0.1}\n"
                    "objective: {current: {\"A->B\": 1}, exclude: [\"A->B\", \"C->A\"]}\n");
    check_gradient(partly);
    ff_system_free(partly);
}

/* ---- solvers -------------------------------------------------------------------------------- */

static double largest(const double *x, int n)
{
    double max = 0.0;
    for (int i = 0; i < n; i++)
        max = fmax(max, fabs(x[i]));
    return max;
}

static void check_solvers_agree(const struct ff_system *system, double relative)
{
    const int n_channels = system->process->n_channels;
    struct oracle gth = solved(system, &ff_solver_gth, system->process->rates);
    struct oracle klu = solved(system, &ff_solver_klu, system->process->rates);
    const struct ff_exact_values a = ff_exact_observe(gth.exact), b = ff_exact_observe(klu.exact);
    for (int i = 0; i < system->process->n_sites; i++)
        assert_close(ff_exact_occupancy(klu.exact)[i], ff_exact_occupancy(gth.exact)[i], relative);
    assert_near(b.current, a.current, relative * a.activity);
    assert_near(b.entropy_production, a.entropy_production, relative * a.activity);
    assert_close(b.activity, a.activity, relative);
    assert_close(b.current_noise, a.current_noise, relative);
    double dense[2 * MAX_CHANNELS], sparse[2 * MAX_CHANNELS];
    ff_exact_gradient(gth.exact, dense);
    ff_exact_gradient(klu.exact, sparse);
    for (int q = 0; q < FF_N_OBSERVABLES; q++)
        for (int r = q * n_channels; r < (q + 1) * n_channels; r++)
            assert_near(sparse[r], dense[r],
                        relative * largest(dense + q * n_channels, n_channels));
    free_oracle(&gth);
    free_oracle(&klu);
}

static void dense_and_sparse_solvers_agree(void **state)
{
    (void)state;
    for (int seed = 0; seed < N_NETWORKS; seed++) {
        struct ff_system *system = random_network(seed, 3.0);
        check_solvers_agree(system, 1e-11);
        ff_system_free(system);
    }
}

static void dense_and_sparse_solvers_agree_on_stiff_chains(void **state)
{
    (void)state;
    for (int seed = 0; seed < N_NETWORKS; seed++) {
        struct ff_system *system = random_network(seed, 12.0);
        check_solvers_agree(system, 1e-7);
        ff_system_free(system);
    }
    for (size_t i = 0; i < sizeof kinesins / sizeof *kinesins; i++) {
        struct ff_system *system = kinesin_system(&kinesins[i]);
        check_solvers_agree(system, 1e-7);
        ff_system_free(system);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinesin_matches_its_published_values),
        cmocka_unit_test(random_networks_obey_the_second_law_and_the_tur),
        cmocka_unit_test(entropy_is_the_sum_over_edges_of_current_and_traffic),
        cmocka_unit_test(probability_is_conserved_in_every_state),
        cmocka_unit_test(detailed_balance_gives_zero_sigma),
        cmocka_unit_test(pooling_parallel_edges_changes_sigma),
        cmocka_unit_test(current_and_noise_are_derivatives_of_the_cumulant_function),
        cmocka_unit_test(gradient_equals_finite_differences_of_the_solve),
        cmocka_unit_test(dense_and_sparse_solvers_agree),
        cmocka_unit_test(dense_and_sparse_solvers_agree_on_stiff_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
