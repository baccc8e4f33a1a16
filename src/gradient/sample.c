/* Means of samples g(x at time t) and their gradients, by the likelihood ratio of the whole path up to t.
 *
 *     d<g(x(t))>/dlog k_s = <g(x(t)) S_s(t)>,   S_s(t) = N_s(t) - integral_0^t a_s du
 *
 * with N_s the events of channel s (Glynn, Commun. ACM 33:75 (1990)). <S> = 0, so any constant may be taken from g: here
 * the mean over the other trajectories of the block, which leaves the estimate unbiased.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gradient/estimator.h"
#include "simulate/path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_EVENTS = 100000000 }; /* of a trajectory */

/* One trajectory on its way through the times; arrays of score are NULL where no gradient is wanted. */
struct sampler {
    const struct ff_gradient *gradient;
    double value[FF_MAX_FUNCTIONALS];
    bool is_taken[FF_MAX_FUNCTIONALS];
    double now;       /* end of the present stay */
    double *score;    /* [R] S_s up to now, less the integrals since `since` */
    double *since;    /* [R] time up to which channel s has been charged */
    double *score_at; /* [Q][R] S_s(t_q) */
};

static void charge(struct sampler *sampler, const int *x, int channel, double time)
{
    const struct ff_ensemble *ensemble = &sampler->gradient->ensemble;
    sampler->score[channel] -= ensemble->kinetics->rates[channel] *
                               ff_engine_multiplicity(ensemble->engine, channel, x) *
                               (time - sampler->since[channel]);
    sampler->since[channel] = time;
}

/* Take functional q in the state x, which holds at its time. */
static void take(struct sampler *sampler, const int *x, int q)
{
    const struct ff_functional *functional = &sampler->gradient->functionals.items[q];
    const size_t n_channels = (size_t)sampler->gradient->system->process->n_channels;
    sampler->value[q] = functional->value(functional, x);
    sampler->is_taken[q] = true;
    if (sampler->score == NULL)
        return;
    for (size_t r = 0; r < n_channels; r++)
        charge(sampler, x, (int)r, functional->time);
    memcpy(sampler->score_at + (size_t)q * n_channels, sampler->score,
           sizeof *sampler->score * n_channels);
}

/* The sample of earliest time among those not taken that lie before `time`, or -1. */
static int next_sample(const struct sampler *sampler, double time)
{
    const struct ff_functionals functionals = sampler->gradient->functionals;
    int next = -1;
    for (int q = 0; q < functionals.count; q++) {
        const double when = functionals.items[q].time;
        if (!sampler->is_taken[q] && when < time &&
            (next < 0 || when < functionals.items[next].time))
            next = q;
    }
    return next;
}

FF_INLINE bool sample_stay(void *context, const struct ff_walk *walk, double from, double dwell)
{
    struct sampler *sampler = context;
    for (int q = next_sample(sampler, from + dwell); q >= 0; q = next_sample(sampler, from + dwell))
        take(sampler, walk->x, q);
    sampler->now = from + dwell;
    return true;
}

/* Only channels whose propensity the jump changes are charged before it. */
FF_INLINE void sample_leave(void *context, const struct ff_walk *walk, int channel)
{
    struct sampler *sampler = context;
    const struct ff_process *process = sampler->gradient->system->process;
    if (sampler->score == NULL)
        return;
    for (int k = process->affected_start[channel]; k < process->affected_start[channel + 1]; k++)
        charge(sampler, walk->x, process->affected[k], sampler->now);
    sampler->score[channel] += 1.0;
}

static enum ff_status follow(struct ff_gradient *gradient, struct ff_stream stream,
                             struct sampler *sampler)
{
    struct ff_walk *walk = gradient->ensemble.walk;
    const size_t size = sizeof(double) * (size_t)gradient->system->process->n_channels;
    double end = 0.0;
    for (int q = 0; q < gradient->functionals.count; q++)
        end = fmax(end, gradient->functionals.items[q].time);
    memset(sampler->is_taken, 0, sizeof sampler->is_taken);
    if (sampler->score != NULL) {
        memset(sampler->score, 0, size);
        memset(sampler->since, 0, size);
    }
    ff_walk_start(walk, gradient->ensemble.kinetics, stream);
    const enum ff_path_end path = ff_path_until(
        walk, end, MAX_EVENTS,
        (struct ff_visitor){.context = sampler, .stay = sample_stay, .leave = sample_leave});
    TRY(ff_walk_check(walk));
    CHECK(path == FF_PATH_DONE, FF_ERR_NUMERICAL,
          "a trajectory takes more than %d events to reach time %g", MAX_EVENTS, end);
    return FF_OK;
}

/* Sums over the trajectories of a block. */
struct block_sums {
    double value[FF_MAX_FUNCTIONALS];
    double *score;       /* [Q][R] of S(t_q) */
    double *value_score; /* [Q][R] of g_q S(t_q) */
};

static void add_trajectory(const struct sampler *sampler, size_t n_channels,
                           struct block_sums *sums)
{
    for (int q = 0; q < sampler->gradient->functionals.count; q++) {
        const double *score = sampler->score_at + (size_t)q * n_channels;
        sums->value[q] += sampler->value[q];
        for (size_t r = 0; r < n_channels; r++) {
            sums->score[(size_t)q * n_channels + r] += score[r];
            sums->value_score[(size_t)q * n_channels + r] += sampler->value[q] * score[r];
        }
    }
}

/* sum_i (g_i - mean of the others) S_i = n/(n-1) sum_i (g_i - mean of all) S_i; one alone has no others. */
static void fill_rows(const struct ff_gradient *gradient, const struct block_sums *sums, int n,
                      struct ff_track *out)
{
    const size_t n_channels = (size_t)gradient->system->process->n_channels;
    const double factor = n > 1 ? n / (n - 1.0) : 1.0;
    for (int q = 0; q < gradient->functionals.count; q++) {
        const double mean = n > 1 ? sums->value[q] / n : 0.0;
        out->sums[1 + q] = sums->value[q];
        for (size_t r = 0; r < n_channels; r++)
            out->rows[r * (size_t)gradient->width + 1 + (size_t)q] =
                factor * (sums->value_score[(size_t)q * n_channels + r] -
                          mean * sums->score[(size_t)q * n_channels + r]);
    }
    out->sums[0] = out->time = n;
}

enum ff_status ff_track_samples(struct ff_gradient *gradient, const struct ff_block *block,
                                struct ff_track *out)
{
    const size_t n_channels = (size_t)gradient->system->process->n_channels;
    const size_t size = (size_t)gradient->functionals.count * n_channels;
    struct sampler sampler = {.gradient = gradient,
                              .score = FF_RAW(double, n_channels),
                              .since = FF_RAW(double, n_channels),
                              .score_at = FF_RAW(double, size)};
    struct block_sums sums = {.score = FF_NEW(double, size), .value_score = FF_NEW(double, size)};
    enum ff_status status = FF_OK;
    for (int i = 0; i < block->n && status == FF_OK; i++) {
        status =
            follow(gradient, ff_draw_stream(block->key, (uint32_t)(block->first + i)), &sampler);
        if (status == FF_OK)
            add_trajectory(&sampler, n_channels, &sums);
    }
    fill_rows(gradient, &sums, block->n, out);
    free(sampler.score);
    free(sampler.since);
    free(sampler.score_at);
    free(sums.score);
    free(sums.value_score);
    return status;
}

enum ff_status ff_sum_samples(struct ff_gradient *gradient, const struct ff_block *block,
                              double *sums)
{
    struct sampler sampler = {.gradient = gradient};
    for (int i = 0; i < block->n; i++) {
        TRY(follow(gradient, ff_draw_stream(block->key, (uint32_t)(block->first + i)), &sampler));
        sums[0] += 1.0;
        for (int q = 0; q < gradient->functionals.count; q++)
            sums[1 + q] += sampler.value[q];
    }
    return FF_OK;
}
