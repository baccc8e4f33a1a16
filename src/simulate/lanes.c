/* Tables of a small chain, and trajectories in bundles of sixteen.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/lanes.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_STATES = 4096, MAX_SLOTS = 1 << 16 }; /* a table of 1 MiB */

/* ---- life cycle ----------------------------------------------------------------------------- */

static bool fits(const struct ff_process *process, struct ff_functionals functionals,
                 const struct ff_chain *chain)
{
    return chain != NULL && chain->n_states <= MAX_STATES &&
           !(process->is_independent && process->n_walkers > 1) &&
           functionals.count < FF_LANES_ROW && !ff_functionals_are_samples(functionals);
}

/* g(x) of state functionals in every state, which does not depend on the rates. */
static double *tabulate(struct ff_functionals functionals, const struct ff_chain *chain)
{
    double *values = FF_NEW(double, chain->n_states *functionals.count);
    int *x = FF_RAW(int, chain->n_sites);
    for (int s = 0; s < chain->n_states; s++) {
        ff_chain_state(chain, s, x);
        for (int q = 0; q < functionals.count; q++)
            if (functionals.items[q].kind == FF_STATE)
                values[s * functionals.count + q] =
                    functionals.items[q].value(&functionals.items[q], x);
    }
    free(x);
    return values;
}

void ff_lanes_create(const struct ff_process *process, struct ff_functionals functionals,
                     const struct ff_chain *chain, struct ff_lanes **out)
{
    int log_width = 0;
    *out = NULL;
    if (!fits(process, functionals, chain))
        return;
    while (1 << log_width < ff_chain_most_transitions(chain))
        log_width++;
    if ((int64_t)chain->n_states << log_width > MAX_SLOTS)
        return;
    struct ff_lanes *lanes = FF_NEW(struct ff_lanes, 1);
    lanes->chain = chain;
    lanes->log_width = log_width;
    lanes->starts = FF_RAW(int, chain->n_states);
    lanes->n_starts = ff_chain_starts(process, chain, lanes->starts);
    lanes->alias = FF_RAW(struct ff_alias, (size_t)chain->n_states << log_width);
    lanes->value = ff_allocate((unsigned long)chain->n_states, sizeof *lanes->value);
    lanes->state_value = tabulate(functionals, chain);
    lanes->share = FF_RAW(double, 1 << log_width);
    lanes->target = FF_RAW(uint32_t, 1 << log_width);
    lanes->pending = FF_RAW(int, 2 << log_width);
    *out = lanes;
}

void ff_lanes_free(struct ff_lanes *lanes)
{
    if (lanes == NULL)
        return;
    free(lanes->starts);
    free(lanes->alias);
    free(lanes->value);
    free(lanes->state_value);
    free(lanes->share);
    free(lanes->target);
    free(lanes->pending);
    free(lanes);
}

/* ---- tables --------------------------------------------------------------------------------- */

/* Dwell and functionals of one visit to a state; returns a_0. */
static double fill_value(struct ff_lanes *lanes, const struct ff_kinetics *kinetics, int state)
{
    const struct ff_chain *chain = lanes->chain;
    const int n_functionals = kinetics->functionals.count;
    double total = 0.0, sums[FF_LANES_ROW] = {0};
    for (int t = chain->start[state]; t < chain->start[state + 1]; t++) {
        const double a = ff_chain_rate(chain, t, kinetics->rates);
        total += a;
        for (int q = 0; q < n_functionals; q++)
            sums[q] += ff_kinetics_coefficient(kinetics, q)[chain->channel[t]] * a;
    }
    double *value = lanes->value[state];
    value[0] = 1.0 / total;
    for (int q = 0; q < n_functionals; q++)
        value[1 + q] = (sums[q] + lanes->state_value[state * n_functionals + q]) / total;
    return total;
}

void ff_lanes_set(struct ff_lanes *lanes, const struct ff_kinetics *kinetics)
{
    const struct ff_chain *chain = lanes->chain;
    const int width = 1 << lanes->log_width;
    for (int x = 0; x < chain->n_states; x++) {
        const double total = fill_value(lanes, kinetics, x);
        for (int i = 0; i < width; i++) {
            const int t = chain->start[x] + i;
            const bool is_transition = t < chain->start[x + 1];
            lanes->share[i] =
                is_transition ? width * ff_chain_rate(chain, t, kinetics->rates) / total : 0.0;
            lanes->target[i] = (uint32_t)(is_transition ? chain->target[t] : x);
        }
        ff_alias_fill(width, lanes->target, lanes->share, lanes->pending,
                      lanes->alias + (size_t)x * (size_t)width);
    }
}

/* ---- trajectories --------------------------------------------------------------------------- */

ff_lanes_kernel *ff_lanes_best_kernel(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
        return ff_lanes_avx512;
    if (__builtin_cpu_supports("avx2"))
        return ff_lanes_avx2;
#endif
    return ff_lanes_portable;
}

/* Initial states and lengths of burn-in of the trajectories of a block; returns the blocks of draws until all lanes
 * have finished theirs. */
static int64_t start_bundle(const struct ff_lanes *lanes, const struct ff_block *block,
                            int64_t burn_in, struct ff_bundle *bundle)
{
    const struct ff_stream shared = ff_draw_stream(block->key, 0);
    const uint64_t longest = (uint64_t)(burn_in / 2 + burn_in), end = longest + longest % 2;
    *bundle = (struct ff_bundle){.purpose = shared.counter.v[2],
                                 .task = shared.counter.v[3],
                                 .key = {shared.key.v[0], shared.key.v[1]}};
    for (int i = 0; i < FF_N_LANES; i++) {
        const uint32_t trajectory = (uint32_t)(block->first + i);
        struct ff_stream stream = ff_draw_stream(block->key, trajectory);
        const double place = ff_stream_uniform(&stream), length = ff_stream_uniform(&stream);
        const int64_t n_events = ff_burn_in_events(burn_in, length);
        bundle->trajectory[i] = trajectory;
        bundle->start[i] = end - (uint64_t)n_events;
        bundle->state[i] = (uint64_t)lanes->starts[(int)(place * lanes->n_starts)];
    }
    return (int64_t)end / 2;
}

void ff_lanes_run(const struct ff_lanes *lanes, ff_lanes_kernel *kernel,
                  const struct ff_block *block, struct ff_horizon horizon, int width, double *sums)
{
    struct ff_bundle bundle;
    const int64_t n_burn_in = start_bundle(lanes, block, horizon.burn_in, &bundle);
    kernel(lanes, &bundle, 0, n_burn_in, false);
    kernel(lanes, &bundle, n_burn_in, horizon.events / 2, true);
    memset(sums, 0, sizeof *sums * (size_t)block->n * (size_t)width);
    for (int i = 0; i < block->n; i++) {
        const double *last = lanes->value[bundle.state[i]];
        const double weight = (double)(horizon.events % 2);
        for (int k = 0; k < FF_LANES_ROW; k++)
            sums[(size_t)i * (size_t)width + (size_t)k] = bundle.sum[i][k] + weight * last[k];
    }
}
