/* Straight-through estimators: the adjoint of a relaxed trajectory, for `stgs` and `rbst`.
 *
 * The forward pass is exact. The backward pass treats x_{n+1} = x_n + sum_r S_r y_r as smooth in the
 * propensities. With adjoint lambda, v_r = S_r . lambda_{n+1} and relaxed choice p:
 *     stgs  y ~ softmax((log a + g)/T), g the Gumbel numbers that made the choice:
 *           dF/da_r = p_r (v_r - vbar) / (T a_r),  p that softmax
 *           (Mottes, Zhu and Brenner, arXiv:2601.14183; Jang, Gu and Poole, ICLR 2017)
 *     rbst  the same with the noise averaged out: p_r = a_r/a_0, dF/da_r = (v_r - vbar)/a_0.
 * To these come the direct terms of f tau, d(f tau)/da_r = c_r tau - f tau^2, and
 *     lambda_n = lambda_{n+1} + sum_r (da_r/dx) dF/da_r.
 * A channel whose propensity is zero still has a slope da_r/dx: its factor is the limit a_r -> 0.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gradient/gradient.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct adjoint {
    double (*lambda)[FF_N_FUNCTIONALS]; /* [I] adjoint of x_{n+1} */
    double (*change)[FF_N_FUNCTIONALS]; /* [R] v_r */
    double *propensity;                 /* [R] a_r(x_n) */
    double *weight;                     /* [R] p_r/(T a_r), its limit where a_r = 0 */
    double *gumbel;                     /* [R] stgs: noise of one event */
    int *x;                             /* [I] x_n */
    double limit[FF_N_FUNCTIONALS];     /* beyond this an adjoint has no correct digit left */
};

static int64_t adjoint_n_events(const struct ff_gradient_options *options)
{
    return options->horizon.events;
}

static void *adjoint_create(const struct ff_gradient *gradient)
{
    const struct ff_process *process = gradient->system->process;
    const unsigned long n_channels = (unsigned long)process->n_channels;
    const unsigned long n_sites = (unsigned long)process->n_sites;
    struct adjoint *adjoint = FF_NEW(struct adjoint, 1);
    adjoint->lambda = ff_allocate(n_sites, sizeof *adjoint->lambda);
    adjoint->change = ff_allocate(n_channels, sizeof *adjoint->change);
    adjoint->propensity = FF_NEW(double, n_channels);
    adjoint->weight = FF_NEW(double, n_channels);
    adjoint->gumbel = FF_NEW(double, n_channels);
    adjoint->x = FF_NEW(int, n_sites);
    return adjoint;
}

static void adjoint_free(void *scratch)
{
    struct adjoint *adjoint = scratch;
    free(adjoint->lambda);
    free(adjoint->change);
    free(adjoint->propensity);
    free(adjoint->weight);
    free(adjoint->gumbel);
    free(adjoint->x);
    free(adjoint);
}

/* f of the three functionals in the state before event n. */
static void functionals_at(const struct ff_tape *tape, int64_t n, double *f)
{
    f[FF_F_CURRENT] = tape->totals[n][1];
    f[FF_F_ENTROPY] = tape->totals[n][2];
    f[FF_F_TIME] = 1.0;
}

/* One particle more or less changes a functional by at most its own size, which is below the largest
 * coefficient times the number of events; an adjoint larger by 1/epsilon holds rounding errors only. */
static void set_limits(const struct ff_gradient *gradient, struct adjoint *adjoint)
{
    const struct ff_tape *tape = &gradient->tape;
    memset(adjoint->limit, 0, sizeof adjoint->limit);
    for (int r = 0; r < gradient->system->process->n_channels; r++) {
        const double c = fabs(gradient->kinetics->current[r]);
        const double s = fabs(gradient->kinetics->entropy[r]);
        adjoint->limit[FF_F_CURRENT] = fmax(adjoint->limit[FF_F_CURRENT], c);
        adjoint->limit[FF_F_ENTROPY] = fmax(adjoint->limit[FF_F_ENTROPY], s);
    }
    adjoint->limit[FF_F_CURRENT] *= (double)tape->n_events / DBL_EPSILON;
    adjoint->limit[FF_F_ENTROPY] *= (double)tape->n_events / DBL_EPSILON;
    for (int64_t n = 0; n < tape->n_events; n++)
        adjoint->limit[FF_F_TIME] += 1.0 / tape->totals[n][0] / DBL_EPSILON;
}

/* ---- the two relaxations -------------------------------------------------------------------- */

static void averaged_weights(const struct ff_gradient *gradient, struct adjoint *adjoint, int64_t n)
{
    const double dwell = 1.0 / gradient->tape.totals[n][0];
    for (int r = 0; r < gradient->system->process->n_channels; r++)
        adjoint->weight[r] = dwell;
}

/* Gumbel numbers of an event are read from a stream of their own, at a place fixed by trajectory and n:
 * conditional on the recorded choice, so the forward pass is the direct method for every estimator.
 * The largest of log a_r + g_r is Gumbel(log a_0) wherever it is attained; the others are Gumbel(log a_r)
 * cut off above it (Maddison, Tarlow and Minka, NIPS 2014). */
static void draw_gumbels(const struct ff_gradient *gradient, struct adjoint *adjoint,
                         struct ff_stream *stream, int64_t n)
{
    const int fired = gradient->tape.channel[n];
    const double log_total = log(gradient->tape.totals[n][0]);
    const double top = log_total - log(-log(ff_stream_uniform_open(stream)));
    for (int r = 0; r < gradient->system->process->n_channels; r++) {
        const double free_gumbel = -log(-log(ff_stream_uniform_open(stream)));
        const double a = adjoint->propensity[r];
        if (r == fired)
            adjoint->gumbel[r] = top - log(a);
        else if (a > 0.0)
            adjoint->gumbel[r] = -log(exp(-free_gumbel) + exp(log(a) - top));
        else
            adjoint->gumbel[r] = free_gumbel;
    }
}

static void relaxed_weights(const struct ff_gradient *gradient, struct adjoint *adjoint, int64_t n)
{
    const double temperature = gradient->options.temperature;
    const int n_channels = gradient->system->process->n_channels;
    const int fired = gradient->tape.channel[n];
    /* Logits are measured from that of the channel that fired, the largest. */
    const double top = log(adjoint->propensity[fired]) + adjoint->gumbel[fired];
    double partition = 0.0;
    for (int r = 0; r < n_channels; r++)
        if (adjoint->propensity[r] > 0.0)
            partition +=
                exp((log(adjoint->propensity[r]) + adjoint->gumbel[r] - top) / temperature);
    for (int r = 0; r < n_channels; r++) {
        const double a = adjoint->propensity[r], g = adjoint->gumbel[r];
        double weight = 0.0;
        if (a > 0.0)
            weight = exp((log(a) + g - top) / temperature - log(a));
        else if (temperature == 1.0)
            weight = exp(g - top);
        adjoint->weight[r] = weight / (temperature * partition);
    }
}

/* ---- the recursion -------------------------------------------------------------------------- */

static void find_propensities(const struct ff_gradient *gradient, struct adjoint *adjoint)
{
    for (int r = 0; r < gradient->system->process->n_channels; r++)
        adjoint->propensity[r] =
            gradient->kinetics->rates[r] * ff_engine_multiplicity(gradient->engine, r, adjoint->x);
}

/* v_r for all channels and its mean under the relaxed choice, p_r = T a_r weight_r. */
static void find_changes(const struct ff_gradient *gradient, struct adjoint *adjoint,
                         double temperature, double *mean)
{
    const struct ff_process *process = gradient->system->process;
    memset(mean, 0, sizeof *mean * FF_N_FUNCTIONALS);
    for (int r = 0; r < process->n_channels; r++) {
        double v[FF_N_FUNCTIONALS] = {0};
        for (int e = process->change_start[r]; e < process->change_start[r + 1]; e++)
            for (int q = 0; q < FF_N_FUNCTIONALS; q++)
                v[q] += process->change_amount[e] * adjoint->lambda[process->change_site[e]][q];
        const double p = temperature * adjoint->propensity[r] * adjoint->weight[r];
        for (int q = 0; q < FF_N_FUNCTIONALS; q++) {
            adjoint->change[r][q] = v[q];
            mean[q] += p * v[q];
        }
    }
}

/* From lambda_{n+1} to lambda_n; adds event n's share to the gradient if it is collected. */
static void step_back(struct ff_gradient *gradient, struct adjoint *adjoint, int64_t n,
                      double temperature, bool is_collected)
{
    const struct ff_process *process = gradient->system->process;
    const struct ff_kinetics *kinetics = gradient->kinetics;
    const double dwell = 1.0 / gradient->tape.totals[n][0];
    double mean[FF_N_FUNCTIONALS], f[FF_N_FUNCTIONALS];
    find_changes(gradient, adjoint, temperature, mean);
    functionals_at(&gradient->tape, n, f);
    for (int r = 0; r < process->n_channels; r++) {
        const double c[FF_N_FUNCTIONALS] = {kinetics->current[r], kinetics->entropy[r], 0.0};
        double slope[FF_N_FUNCTIONALS]; /* dF/da_r */
        for (int q = 0; q < FF_N_FUNCTIONALS; q++)
            slope[q] = adjoint->weight[r] * (adjoint->change[r][q] - mean[q]) +
                       dwell * (c[q] - f[q] * dwell);
        for (int e = process->reactant_start[r]; e < process->reactant_start[r + 1]; e++) {
            const double da_dx =
                kinetics->rates[r] * ff_process_multiplicity_slope(process, r, e, adjoint->x);
            for (int q = 0; q < FF_N_FUNCTIONALS; q++)
                adjoint->lambda[process->reactant_site[e]][q] += da_dx * slope[q];
        }
        if (!is_collected)
            continue;
        for (int q = 0; q < FF_N_FUNCTIONALS; q++)
            gradient->sums.gradient[r][q] += adjoint->propensity[r] * slope[q];
        gradient->sums.dwell[r] += adjoint->propensity[r] / kinetics->rates[r] * dwell;
    }
}

static bool is_within_limits(const struct ff_gradient *gradient, const struct adjoint *adjoint)
{
    for (int i = 0; i < gradient->system->process->n_sites; i++)
        for (int q = 0; q < FF_N_FUNCTIONALS; q++)
            if (!(fabs(adjoint->lambda[i][q]) <= adjoint->limit[q]))
                return false;
    return true;
}

/* Backward from event `last` (excluded) to `first`, collecting events before `end`; adjoint->x is the
 * state after event last-1 on entry, before event `first` on exit. */
static enum ff_status sweep(struct ff_gradient *gradient, struct ff_stream noise, int64_t first,
                            int64_t end, int64_t last)
{
    struct adjoint *adjoint = gradient->scratch;
    const bool is_relaxed = gradient->options.estimator == &ff_estimator_stgs;
    const double temperature = is_relaxed ? gradient->options.temperature : 1.0;
    const uint32_t draws = (uint32_t)gradient->system->process->n_channels + 1;
    memset(adjoint->lambda, 0,
           sizeof *adjoint->lambda * (size_t)gradient->system->process->n_sites);
    for (int64_t n = last - 1; n >= first; n--) {
        ff_process_jump(gradient->system->process, gradient->tape.channel[n], -1, adjoint->x);
        find_propensities(gradient, adjoint);
        if (is_relaxed) {
            ff_stream_seek(&noise, (uint32_t)n * ((draws + 1) / 2));
            draw_gumbels(gradient, adjoint, &noise, n);
            relaxed_weights(gradient, adjoint, n);
        } else {
            averaged_weights(gradient, adjoint, n);
        }
        step_back(gradient, adjoint, n, temperature, n < end);
        CHECK(
            is_within_limits(gradient, adjoint), FF_ERR_DIVERGED,
            "%s: the adjoint overflowed %lld events before the end of its sweep; set gradient.truncation",
            gradient->options.estimator->name, (long long)(last - n));
    }
    return FF_OK;
}

/* With truncation K, events are collected in blocks of K, each swept from K events behind its end, so
 * every choice is followed for K to 2K events. */
static enum ff_status adjoint_track(struct ff_gradient *gradient, struct ff_stream stream,
                                    struct ff_sums *means)
{
    const struct ff_process *process = gradient->system->process;
    const struct ff_tape *tape = &gradient->tape;
    const int64_t n_events = gradient->options.horizon.events;
    struct adjoint *adjoint = gradient->scratch;
    struct ff_stream noise = ff_stream_with_purpose(&stream, FF_PURPOSE_GUMBEL);
    const struct ff_sums before = *means;
    ff_tape_record(gradient, stream, n_events, means);
    gradient->sums.time += means->time - before.time;
    set_limits(gradient, adjoint);

    const int64_t block =
        gradient->options.truncation > 0 ? gradient->options.truncation : n_events;
    memcpy(adjoint->x, tape->x, sizeof *adjoint->x * (size_t)process->n_sites);
    int64_t at = 0; /* adjoint->x is the state before this event */
    for (int64_t first = 0; first < n_events; first += block) {
        const int64_t end = first + block < n_events ? first + block : n_events;
        const int64_t last = end + block < n_events ? end + block : n_events;
        for (; at < last; at++)
            ff_process_jump(process, tape->channel[at], 1, adjoint->x);
        TRY(sweep(gradient, noise, first, end, last));
        at = first;
    }
    return FF_OK;
}

const struct ff_estimator_type ff_estimator_stgs = {
    .name = "stgs",
    .doc = "straight-through Gumbel-Softmax (Mottes, Zhu and Brenner); temperature, truncation",
    .scratch_create = adjoint_create,
    .scratch_free = adjoint_free,
    .n_events = adjoint_n_events,
    .track = adjoint_track,
};

const struct ff_estimator_type ff_estimator_rbst = {
    .name = "rbst",
    .doc = "straight-through with the noise averaged out; low variance, many walkers; truncation",
    .scratch_create = adjoint_create,
    .scratch_free = adjoint_free,
    .n_events = adjoint_n_events,
    .track = adjoint_track,
};
