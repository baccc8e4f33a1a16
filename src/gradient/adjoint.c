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
 * A channel whose propensity is zero still has a slope da_r/dx: its factor is the limit a_r -> 0. A state functional adds
 * tau dg/dx, with the difference of g to the neighbouring states for the slope.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gradient/estimator.h"
#include "gradient/gradient.h"
#include "simulate/path.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How choices are relaxed: the weights p_r/(T a_r) of event n, from noise of the trajectory's own. */
struct relaxation {
    bool has_temperature;
    void (*weigh)(const struct ff_gradient *gradient, struct ff_stream *noise, int64_t n);
};

/* Rows of the gradient's width: T, and the functionals. */
struct adjoint {
    double *lambda;              /* [I] rows: adjoint of x_{n+1} */
    double *change;              /* [R] rows: v_r */
    double *propensity;          /* [R] a_r(x_n) */
    double *weight;              /* [R] p_r/(T a_r), its limit where a_r = 0 */
    double *gumbel;              /* [R] stgs: noise of one event */
    int *x;                      /* [I] x_n */
    double limit[FF_WIDEST_ROW]; /* beyond this an adjoint has no correct digit left */
};

static int64_t adjoint_n_events(const struct ff_gradient_options *options)
{
    return options->horizon.events;
}

static void *adjoint_create(const struct ff_gradient *gradient)
{
    const struct ff_process *process = gradient->system->process;
    const size_t n_channels = (size_t)process->n_channels, n_sites = (size_t)process->n_sites;
    const size_t width = (size_t)gradient->width;
    struct adjoint *adjoint = FF_NEW(struct adjoint, 1);
    adjoint->lambda = FF_RAW(double, n_sites *width);
    adjoint->change = FF_RAW(double, n_channels *width);
    adjoint->propensity = FF_RAW(double, n_channels);
    adjoint->weight = FF_RAW(double, n_channels);
    adjoint->gumbel = FF_RAW(double, n_channels);
    adjoint->x = FF_RAW(int, n_sites);
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

/* One particle more or less changes a functional by at most its own size, which is below the largest
 * coefficient times the number of events, or the largest value times the time; an adjoint larger by 1/epsilon holds
 * rounding errors only. */
static void set_limits(const struct ff_gradient *gradient, struct adjoint *adjoint)
{
    const struct ff_functionals functionals = gradient->functionals;
    const struct ff_tape *tape = &gradient->tape;
    double time = 0.0;
    for (int64_t n = 0; n < tape->n_events; n++)
        time += 1.0 / ff_tape_totals(gradient, n)[0];
    adjoint->limit[0] = time / DBL_EPSILON;
    for (int q = 0; q < functionals.count; q++) {
        const double *coefficient = ff_kinetics_coefficient(gradient->ensemble.kinetics, q);
        double largest = 0.0;
        for (int r = 0; r < gradient->system->process->n_channels; r++)
            largest = fmax(largest, fabs(coefficient[r]));
        adjoint->limit[1 + q] = largest * (double)tape->n_events / DBL_EPSILON;
        largest = 0.0;
        for (int64_t n = 0; n < tape->n_events && functionals.items[q].kind == FF_STATE; n++)
            largest = fmax(largest, fabs(ff_tape_totals(gradient, n)[1 + q]));
        adjoint->limit[1 + q] += largest * time / DBL_EPSILON;
    }
}

/* ---- the two relaxations -------------------------------------------------------------------- */

static void averaged_weights(const struct ff_gradient *gradient, struct ff_stream *noise, int64_t n)
{
    (void)noise;
    struct adjoint *adjoint = gradient->scratch;
    const double dwell = 1.0 / ff_tape_totals(gradient, n)[0];
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
    const double log_total = log(ff_tape_totals(gradient, n)[0]);
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

/* The numbers of event n stand at a place of their own. */
static void relaxed_weights(const struct ff_gradient *gradient, struct ff_stream *noise, int64_t n)
{
    struct adjoint *adjoint = gradient->scratch;
    const uint32_t draws = (uint32_t)gradient->system->process->n_channels + 1;
    ff_stream_seek(noise, (uint32_t)n * ((draws + 1) / 2));
    draw_gumbels(gradient, adjoint, noise, n);
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

static const struct relaxation averaged = {.weigh = averaged_weights};
static const struct relaxation relaxed = {.has_temperature = true, .weigh = relaxed_weights};

/* ---- the recursion -------------------------------------------------------------------------- */

static void find_propensities(const struct ff_gradient *gradient, struct adjoint *adjoint)
{
    for (int r = 0; r < gradient->system->process->n_channels; r++)
        adjoint->propensity[r] = gradient->ensemble.kinetics->rates[r] *
                                 ff_engine_multiplicity(gradient->ensemble.engine, r, adjoint->x);
}

/* v_r for all channels, and its mean, added to `mean`, under the relaxed choice, p_r = T a_r weight_r. */
FF_INLINE void find_changes(const struct ff_gradient *gradient, struct adjoint *adjoint,
                            double temperature, double *mean, int width)
{
    const struct ff_process *process = gradient->system->process;
    for (int r = 0; r < process->n_channels; r++) {
        double *v = adjoint->change + (size_t)r * (size_t)width;
        memset(v, 0, sizeof *v * (size_t)width);
        for (int e = process->change_start[r]; e < process->change_start[r + 1]; e++)
            for (int i = 0; i < width; i++)
                v[i] += process->change_amount[e] *
                        adjoint->lambda[process->change_site[e] * width + i];
        const double p = temperature * adjoint->propensity[r] * adjoint->weight[r];
        for (int i = 0; i < width; i++)
            mean[i] += p * v[i];
    }
}

/* dF/da_r at event n, a row: through the choice, and of f tau itself. */
FF_INLINE void find_slope(const struct ff_gradient *gradient, const struct adjoint *adjoint, int r,
                          const double *totals, const double *mean, int width, double *slope)
{
    const struct ff_kinetics *kinetics = gradient->ensemble.kinetics;
    const double *v = adjoint->change + (size_t)r * (size_t)width;
    const double dwell = 1.0 / totals[0];
    for (int i = 0; i < width; i++)
        slope[i] =
            adjoint->weight[r] * (v[i] - mean[i]) - (i == 0 ? 1.0 : totals[i]) * dwell * dwell;
    for (int q = 0; q < gradient->functionals.count; q++)
        slope[1 + q] += dwell * ff_kinetics_coefficient(kinetics, q)[r];
}

/* tau dg/dx of state functionals: half the difference between the states with one particle more and one less, the whole
 * difference to one of them where the other is no state. */
static void add_state_slopes(const struct ff_gradient *gradient, struct adjoint *adjoint,
                             double dwell)
{
    const struct ff_process *process = gradient->system->process;
    const struct ff_functionals functionals = gradient->functionals;
    int *x = adjoint->x;
    for (int q = 0; q < functionals.count; q++) {
        const struct ff_functional *functional = &functionals.items[q];
        for (int i = 0; functional->kind == FF_STATE && i < process->n_sites; i++) {
            const int down = x[i] > 0, up = !process->is_exclusive || x[i] == 0;
            x[i] += up;
            const double above = functional->value(functional, x);
            x[i] -= up + down;
            const double below = functional->value(functional, x);
            x[i] += down;
            adjoint->lambda[i * gradient->width + 1 + q] += dwell * (above - below) / (up + down);
        }
    }
}

/* From lambda_{n+1} to lambda_n; adds event n's share to the record if it is collected. */
FF_INLINE void step_back(struct ff_gradient *gradient, int64_t n, double temperature, int width,
                         struct ff_track *collected)
{
    const struct ff_process *process = gradient->system->process;
    const double *rates = gradient->ensemble.kinetics->rates;
    const double *totals = gradient->tape.totals + n * width;
    const int spare = 1 + gradient->functionals.count;
    struct adjoint *adjoint = gradient->scratch;
    double mean[FF_WIDEST_ROW] = {0}, slope[FF_WIDEST_ROW] = {0};
    find_changes(gradient, adjoint, temperature, mean, width);
    for (int r = 0; r < process->n_channels; r++) {
        find_slope(gradient, adjoint, r, totals, mean, width, slope);
        for (int e = process->reactant_start[r]; e < process->reactant_start[r + 1]; e++) {
            const double da_dx =
                rates[r] * ff_process_multiplicity_slope(process, r, e, adjoint->x);
            for (int i = 0; i < width; i++)
                adjoint->lambda[process->reactant_site[e] * width + i] += da_dx * slope[i];
        }
        if (collected == NULL)
            continue;
        double *row = collected->rows + (size_t)r * (size_t)width;
        for (int i = 0; i < spare; i++)
            row[i] += adjoint->propensity[r] * slope[i];
        row[spare] += adjoint->propensity[r] / rates[r] / totals[0];
    }
    add_state_slopes(gradient, adjoint, 1.0 / totals[0]);
}

static bool is_within_limits(const struct ff_gradient *gradient, const struct adjoint *adjoint)
{
    for (int i = 0; i < gradient->system->process->n_sites; i++)
        for (int q = 0; q <= gradient->functionals.count; q++)
            if (!(fabs(adjoint->lambda[i * gradient->width + q]) <= adjoint->limit[q]))
                return false;
    return true;
}

/* Events first..last-1, of which those before `end` are collected. */
struct span {
    int64_t first, end, last;
};

/* Backward through a span; adjoint->x is the state after event last-1 on entry, before event `first` on exit. */
FF_INLINE enum ff_status sweep(struct ff_gradient *gradient, const struct relaxation *relaxation,
                               struct ff_stream *noise, struct span span, int width,
                               struct ff_track *out)
{
    struct adjoint *adjoint = gradient->scratch;
    const double temperature = relaxation->has_temperature ? gradient->options.temperature : 1.0;
    memset(adjoint->lambda, 0,
           sizeof *adjoint->lambda * (size_t)width * (size_t)gradient->system->process->n_sites);
    for (int64_t n = span.last - 1; n >= span.first; n--) {
        ff_process_jump(gradient->system->process, gradient->tape.channel[n], -1, adjoint->x);
        find_propensities(gradient, adjoint);
        relaxation->weigh(gradient, noise, n);
        step_back(gradient, n, temperature, width, n < span.end ? out : NULL);
        CHECK(
            is_within_limits(gradient, adjoint), FF_ERR_DIVERGED,
            "%s: the adjoint overflowed %lld events before the end of its sweep; set gradient.truncation",
            gradient->options.estimator->name, (long long)(span.last - n));
    }
    return FF_OK;
}

/* With truncation K, events are collected in spans of K, each swept from K events behind its end, so
 * every choice is followed for K to 2K events. */
FF_INLINE enum ff_status track(struct ff_gradient *gradient, const struct relaxation *relaxation,
                               struct ff_stream stream, int width, struct ff_track *out)
{
    const struct ff_process *process = gradient->system->process;
    const struct ff_tape *tape = &gradient->tape;
    const int64_t n_events = gradient->options.horizon.events;
    struct adjoint *adjoint = gradient->scratch;
    struct ff_stream noise = ff_stream_with_purpose(&stream, FF_PURPOSE_GUMBEL);
    const double before = out->sums[0];
    TRY(ff_tape_record(gradient, stream, n_events, out->sums));
    out->time += out->sums[0] - before;
    set_limits(gradient, adjoint);

    const int64_t length =
        gradient->options.truncation > 0 ? gradient->options.truncation : n_events;
    memcpy(adjoint->x, tape->x, sizeof *adjoint->x * (size_t)process->n_sites);
    int64_t at = 0; /* adjoint->x is the state before this event */
    for (int64_t first = 0; first < n_events; first += length) {
        const int64_t end = first + length < n_events ? first + length : n_events;
        const int64_t last = end + length < n_events ? end + length : n_events;
        for (; at < last; at++)
            ff_process_jump(process, tape->channel[at], 1, adjoint->x);
        TRY(sweep(gradient, relaxation, &noise, (struct span){first, end, last}, width, out));
        at = first;
    }
    return FF_OK;
}

/* ---- the two estimators --------------------------------------------------------------------- */

static enum ff_status track_stgs(struct ff_gradient *gradient, struct ff_stream stream,
                                 struct ff_track *out)
{
    return gradient->width == FF_NARROW_ROW
               ? track(gradient, &relaxed, stream, FF_NARROW_ROW, out)
               : track(gradient, &relaxed, stream, gradient->width, out);
}

static enum ff_status track_rbst(struct ff_gradient *gradient, struct ff_stream stream,
                                 struct ff_track *out)
{
    return gradient->width == FF_NARROW_ROW
               ? track(gradient, &averaged, stream, FF_NARROW_ROW, out)
               : track(gradient, &averaged, stream, gradient->width, out);
}

static enum ff_status stgs_track(struct ff_gradient *gradient, const struct ff_block *block,
                                 struct ff_track *out)
{
    return ff_track_each(gradient, block, track_stgs, out);
}

static enum ff_status rbst_track(struct ff_gradient *gradient, const struct ff_block *block,
                                 struct ff_track *out)
{
    return ff_track_each(gradient, block, track_rbst, out);
}

const struct ff_estimator_type ff_estimator_stgs = {
    .name = "stgs",
    .doc = "straight-through Gumbel-Softmax (Mottes, Zhu and Brenner); temperature, truncation",
    .kinds = 1u << FF_CHANNEL | 1u << FF_STATE,
    .scratch_create = adjoint_create,
    .scratch_free = adjoint_free,
    .n_events = adjoint_n_events,
    .track = stgs_track,
};

const struct ff_estimator_type ff_estimator_rbst = {
    .name = "rbst",
    .doc = "straight-through with the noise averaged out; low variance, many walkers; truncation",
    .kinds = 1u << FF_CHANNEL | 1u << FF_STATE,
    .scratch_create = adjoint_create,
    .scratch_free = adjoint_free,
    .n_events = adjoint_n_events,
    .track = rbst_track,
};
