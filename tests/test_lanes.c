/* Trajectories in vector lanes: the same bits from every kernel, and the exact steady state.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: unit, stat */
#include "simulate/lanes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"
#include "rig.h"

enum { N_TRAJECTORIES = 250 }; /* not a multiple of the lanes */

static const struct ff_draw_key key = {
    .seed = 0x9e3779b97f4a7c15, .task = 5, .iteration = 77, .purpose = FF_PURPOSE_BASELINE};
static const struct ff_horizon horizon = {.events = 1501, .burn_in = 300};
static const double largest_z = 5.0;

/* Systems of different widths of the alias table, with drawn and with given initial states. */
static const char *const models[] = {
    "model: {kind: ring, sites: 6, disorder: {barrier: 0.5, energy: 0.5, seed: 3}}\n",
    "model: {kind: exclusion, sites: 8, particles: 3, disorder: {barrier: 0.5, seed: 2}}\n",
    "model: {kind: exclusion, lattice: open, sites: 4, forward: 1, backward: 0.3, "
    "left: {in: 0.4, out: 0.1}, right: {in: 0.2, out: 0.7}}\n",
    "model: {kind: reactions, species: {A: 4, B: 0, C: 0}, "
    "reactions: [\"A <-> B @ 2, 1\", \"2 B <-> C @ 1, 0.3\", \"A + C <-> 3 B @ 0.5, 0.2\"]}\n"
    "objective: {current: {\"2 B -> C\": 1}}\n",
};
enum { N_MODELS = sizeof models / sizeof *models };

struct lane_rig {
    struct ff_system *system;
    struct rig rig;
    const struct ff_lanes *lanes; /* of the rig's ensemble, as are the kinetics */
    const struct ff_kinetics *kinetics;
};

static struct lane_rig make_lanes(const char *text)
{
    struct lane_rig rig = {.system = read_system(text)};
    rig.rig = make_rig(rig.system, rig.system->process->rates);
    rig.lanes = rig.rig.ensemble.lanes;
    rig.kinetics = rig.rig.kinetics;
    assert_non_null(rig.lanes);
    return rig;
}

static void free_lanes(struct lane_rig *rig)
{
    free_rig(&rig->rig);
    ff_system_free(rig->system);
}

static void run_lanes(const struct ff_lanes *lanes, ff_lanes_kernel *kernel,
                      double sums[N_TRAJECTORIES][FF_LANES_ROW])
{
    for (int b = 0; b < ff_n_blocks(N_TRAJECTORIES); b++) {
        const struct ff_block block = ff_block_at(key, N_TRAJECTORIES, b);
        ff_lanes_run(lanes, kernel, &block, horizon, FF_LANES_ROW, sums[block.first]);
    }
}

/* A trajectory one event at a time, with the streams of base/stream.h, into a row of sums. */
static void scalar_trajectory(const struct ff_lanes *lanes, uint32_t trajectory, double *sums)
{
    struct ff_stream stream = ff_draw_stream(key, trajectory);
    const double place = ff_stream_uniform(&stream), length = ff_stream_uniform(&stream);
    const int64_t n_burn_in =
        horizon.burn_in / 2 + (int64_t)(length * (double)(horizon.burn_in + 1));
    uint64_t x = (uint64_t)lanes->starts[(int)(place * lanes->n_starts)];
    memset(sums, 0, sizeof *sums * FF_LANES_ROW);
    if (n_burn_in % 2 == 1)
        ff_stream_bits(&stream); /* a lane starts so that its burn-in ends with a block */
    for (int64_t n = 0; n < n_burn_in + horizon.events; n++) {
        if (n >= n_burn_in)
            for (int k = 0; k <= FF_N_OBSERVABLES; k++)
                sums[k] += lanes->value[x][k];
        const uint64_t bits = ff_stream_bits(&stream);
        const int width = lanes->log_width;
        const uint64_t column = width > 0 ? bits >> (64 - width) : 0;
        const struct ff_alias *slot = &lanes->alias[(x << width) + column];
        x = bits << width < slot->threshold ? slot->first : slot->second;
    }
}

static void every_kernel_gives_the_bits_of_single_trajectories(void **state)
{
    (void)state;
    ff_lanes_kernel *const best = ff_lanes_best_kernel();
    ff_lanes_kernel *kernels[3] = {ff_lanes_portable};
    int n_kernels = 1;
    if (best == ff_lanes_avx2 || best == ff_lanes_avx512)
        kernels[n_kernels++] = ff_lanes_avx2;
    if (best == ff_lanes_avx512)
        kernels[n_kernels++] = ff_lanes_avx512;
    for (int m = 0; m < N_MODELS; m++) {
        struct lane_rig rig = make_lanes(models[m]);
        for (int k = 0; k < n_kernels; k++) {
            double sums[N_TRAJECTORIES][FF_LANES_ROW], one[FF_LANES_ROW];
            run_lanes(rig.lanes, kernels[k], sums);
            for (uint32_t i = 0; i < N_TRAJECTORIES; i++) {
                scalar_trajectory(rig.lanes, i, one);
                assert_memory_equal(sums[i], one, sizeof one);
            }
        }
        free_lanes(&rig);
    }
}

/* Largest |z| of J and sigma against the exact values at rates where channel 0 has `factor` times its own. */
static double largest_deviation(const struct lane_rig *rig, double factor)
{
    const struct ff_process *process = rig->system->process;
    double sums[N_TRAJECTORIES][FF_LANES_ROW], means[FF_N_OBSERVABLES], z[FF_N_OBSERVABLES];
    struct ff_average simulated[FF_N_OBSERVABLES];
    double *rates = FF_NEW(double, process->n_channels);
    memcpy(rates, process->rates, sizeof *rates * (size_t)process->n_channels);
    rates[0] *= factor;
    run_lanes(rig->lanes, ff_lanes_best_kernel(), sums);
    ff_ensemble_averages(&rig->rig.ensemble, *sums, N_TRAJECTORIES, simulated);
    struct oracle oracle = solved(rig->system, NULL, rates);
    ff_exact_means(oracle.exact, means);
    for (int q = 0; q < FF_N_OBSERVABLES; q++)
        z[q] = fabs((simulated[q].mean - means[q]) / simulated[q].standard_error);
    free_oracle(&oracle);
    free(rates);
    return fmax(z[FF_J], z[FF_SIGMA]);
}

static void means_are_those_of_the_exact_steady_state(void **state)
{
    (void)state;
    for (int m = 0; m < N_MODELS; m++) {
        struct lane_rig rig = make_lanes(models[m]);
        assert_true(largest_deviation(&rig, 1.0) < largest_z);
        assert_true(largest_deviation(&rig, 1.2) > largest_z); /* control */
        free_lanes(&rig);
    }
}

static void initial_states_are_those_of_the_process(void **state)
{
    (void)state;
    static const int expected[N_MODELS] = {6, 56, 6, 1};
    for (int m = 0; m < N_MODELS; m++) {
        struct lane_rig rig = make_lanes(models[m]);
        assert_int_equal(rig.lanes->n_starts, expected[m]);
        free_lanes(&rig);
    }
}

/* Probability of each state's transitions by the table, against rate over sum of rates. */
static void tables_hold_the_probabilities_of_the_next_state(void **state)
{
    (void)state;
    for (int m = 0; m < N_MODELS; m++) {
        struct lane_rig rig = make_lanes(models[m]);
        const struct ff_chain *chain = rig.lanes->chain;
        const int width = 1 << rig.lanes->log_width;
        double *p = FF_NEW(double, chain->n_states);
        for (int x = 0; x < chain->n_states; x++) {
            memset(p, 0, sizeof *p * (size_t)chain->n_states);
            for (int i = 0; i < width; i++) {
                const struct ff_alias *slot = &rig.lanes->alias[x * width + i];
                const double first = (double)slot->threshold * 0x1p-64;
                p[slot->first] += first / width;
                p[slot->second] += (1.0 - first) / width;
            }
            for (int t = chain->start[x]; t < chain->start[x + 1]; t++)
                p[chain->target[t]] -=
                    ff_chain_rate(chain, t, rig.kinetics->rates) * rig.lanes->value[x][0];
            for (int y = 0; y < chain->n_states; y++)
                assert_true(fabs(p[y]) < 1e-15);
        }
        free(p);
        free_lanes(&rig);
    }
}

static void large_systems_and_several_walkers_have_no_lanes(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "model: {kind: ring, sites: 6, walkers: 2}\n",
        "model: {kind: exclusion, sites: 20, particles: 10}\n",
        "model: {kind: reactions, species: {X: 0}, reactions: [\"0 <-> X @ 1, 1\"]}\n"};
    for (int i = 0; i < 3; i++) {
        struct ff_system *system = read_system(texts[i]);
        struct rig rig = make_rig(system, system->process->rates);
        assert_null(rig.ensemble.lanes);
        free_rig(&rig);
        ff_system_free(system);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_gives_the_bits_of_single_trajectories),
        cmocka_unit_test(means_are_those_of_the_exact_steady_state),
        cmocka_unit_test(initial_states_are_those_of_the_process),
        cmocka_unit_test(tables_hold_the_probabilities_of_the_next_state),
        cmocka_unit_test(large_systems_and_several_walkers_have_no_lanes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
