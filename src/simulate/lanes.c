/* Tables of a small chain, and trajectories in bundles of sixteen.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/lanes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_STATES = 4096, MAX_SLOTS = 1 << 16 }; /* a table of 1 MiB */

/* ---- life cycle ----------------------------------------------------------------------------- */

static int n_particles(const struct ff_chain *chain, int state)
{
    int n = 0;
    for (int i = 0; chain->state != NULL && i < chain->n_sites; i++)
        n += chain->state[(size_t)state * (size_t)chain->n_sites + (size_t)i];
    return chain->state != NULL ? n : 1;
}

/* The initial states, all equally likely: state 0 if it is given, else those with as many particles, at most
 * one on a site, as are placed. */
static void find_starts(const struct ff_process *process, struct ff_lanes *lanes)
{
    lanes->starts = FF_NEW(int, lanes->chain->n_states);
    if (process->initial != NULL)
        lanes->n_starts = 1;
    for (int x = 0; process->initial == NULL && x < lanes->chain->n_states; x++)
        if (n_particles(lanes->chain, x) == process->n_placed)
            lanes->starts[lanes->n_starts++] = x;
}

static int most_transitions(const struct ff_chain *chain)
{
    int most = 1;
    for (int x = 0; x < chain->n_states; x++)
        most = chain->start[x + 1] - chain->start[x] > most ? chain->start[x + 1] - chain->start[x]
                                                            : most;
    return most;
}

void ff_lanes_create(const struct ff_process *process, struct ff_lanes **out)
{
    struct ff_chain *chain;
    *out = NULL;
    if (process->is_independent && process->n_walkers > 1)
        return;
    if (ff_chain_create(process, MAX_STATES, &chain) != FF_OK)
        return;
    int log_width = 0;
    while (1 << log_width < most_transitions(chain))
        log_width++;
    if ((int64_t)chain->n_states << log_width > MAX_SLOTS) {
        ff_chain_free(chain);
        return;
    }
    struct ff_lanes *lanes = FF_NEW(struct ff_lanes, 1);
    lanes->chain = chain;
    lanes->log_width = log_width;
    find_starts(process, lanes);
    lanes->alias = FF_NEW(struct ff_alias, chain->n_states << log_width);
    lanes->value = ff_allocate((unsigned long)chain->n_states, sizeof *lanes->value);
    lanes->share = FF_NEW(double, 1 << log_width);
    lanes->target = FF_NEW(uint32_t, 1 << log_width);
    lanes->pending = FF_NEW(int, 2 << log_width);
    *out = lanes;
}

void ff_lanes_free(struct ff_lanes *lanes)
{
    if (lanes == NULL)
        return;
    ff_chain_free(lanes->chain);
    free(lanes->starts);
    free(lanes->alias);
    free(lanes->value);
    free(lanes->share);
    free(lanes->target);
    free(lanes->pending);
    free(lanes);
}

/* ---- tables --------------------------------------------------------------------------------- */

/* A probability as a threshold for draws of 64 bits. */
static uint64_t threshold(double probability)
{
    return probability < 1.0 ? (uint64_t)(probability * 0x1p64) : UINT64_MAX;
}

/* Fill the slots of a state: slots with less than their share are topped up by those with more. */
static void fill_alias(struct ff_lanes *lanes, int state)
{
    const uint32_t *target = lanes->target;
    const int width = 1 << lanes->log_width;
    struct ff_alias *slot = lanes->alias + ((size_t)state << lanes->log_width);
    int *small = lanes->pending, *large = lanes->pending + width;
    int n_small = 0, n_large = 0;
    for (int i = 0; i < width; i++) {
        slot[i] = (struct ff_alias){UINT64_MAX, target[i], target[i]};
        if (lanes->share[i] < 1.0)
            small[n_small++] = i;
        else
            large[n_large++] = i;
    }
    while (n_small > 0 && n_large > 0) {
        const int i = small[--n_small], k = large[n_large - 1];
        slot[i].threshold = threshold(lanes->share[i]);
        slot[i].second = target[k];
        lanes->share[k] -= 1.0 - lanes->share[i];
        if (lanes->share[k] < 1.0) {
            n_large--;
            small[n_small++] = k;
        }
    }
}

void ff_lanes_set(struct ff_lanes *lanes, const struct ff_kinetics *kinetics)
{
    const struct ff_chain *chain = lanes->chain;
    const int width = 1 << lanes->log_width;
    uint32_t *target = lanes->target;
    for (int x = 0; x < chain->n_states; x++) {
        double total = 0.0, current = 0.0, entropy = 0.0;
        for (int t = chain->start[x]; t < chain->start[x + 1]; t++) {
            const double a = ff_chain_rate(chain, t, kinetics->rates);
            total += a;
            current += kinetics->current[chain->channel[t]] * a;
            entropy += kinetics->entropy[chain->channel[t]] * a;
        }
        lanes->value[x][0] = 1.0 / total;
        lanes->value[x][1] = current / total;
        lanes->value[x][2] = entropy / total;
        for (int i = 0; i < width; i++) {
            const int t = chain->start[x] + i;
            const bool is_transition = t < chain->start[x + 1];
            lanes->share[i] =
                is_transition ? width * ff_chain_rate(chain, t, kinetics->rates) / total : 0.0;
            target[i] = (uint32_t)(is_transition ? chain->target[t] : x);
        }
        fill_alias(lanes, x);
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

/* Initial states and lengths of burn-in of trajectories first..first+15; returns the blocks until all lanes
 * have finished theirs. Between half and three halves of the burn-in, as in ff_walk_burn_in. */
static int64_t start_bundle(const struct ff_lanes *lanes, struct ff_draw_key key, int64_t burn_in,
                            int first, struct ff_bundle *bundle)
{
    const struct ff_stream shared = ff_draw_stream(key, 0);
    const uint64_t longest = (uint64_t)(burn_in / 2 + burn_in), end = longest + longest % 2;
    *bundle = (struct ff_bundle){.purpose = shared.counter.v[2],
                                 .task = shared.counter.v[3],
                                 .key = {shared.key.v[0], shared.key.v[1]}};
    for (int i = 0; i < FF_N_LANES; i++) {
        struct ff_stream stream = ff_draw_stream(key, (uint32_t)(first + i));
        const double place = ff_stream_uniform(&stream), length = ff_stream_uniform(&stream);
        const int64_t n_events = burn_in / 2 + (int64_t)(length * (double)(burn_in + 1));
        bundle->trajectory[i] = (uint32_t)(first + i);
        bundle->start[i] = end - (uint64_t)n_events;
        bundle->state[i] = (uint64_t)lanes->starts[(int)(place * lanes->n_starts)];
    }
    return (int64_t)end / 2;
}

void ff_lanes_run(const struct ff_lanes *lanes, ff_lanes_kernel *kernel, struct ff_draw_key key,
                  struct ff_horizon horizon, int n_trajectories, struct ff_sums *sums)
{
    for (int first = 0; first < n_trajectories; first += FF_N_LANES) {
        struct ff_bundle bundle;
        const int64_t n_burn_in = start_bundle(lanes, key, horizon.burn_in, first, &bundle);
        kernel(lanes, &bundle, 0, n_burn_in, false);
        kernel(lanes, &bundle, n_burn_in, horizon.events / 2, true);
        for (int i = 0; i < FF_N_LANES && first + i < n_trajectories; i++) {
            const double *last = lanes->value[bundle.state[i]];
            const double weight = (double)(horizon.events % 2);
            sums[first + i] = (struct ff_sums){.time = bundle.sum[i][0] + weight * last[0],
                                               .current = bundle.sum[i][1] + weight * last[1],
                                               .entropy = bundle.sum[i][2] + weight * last[2]};
        }
    }
}
