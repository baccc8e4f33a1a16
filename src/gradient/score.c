/* Likelihood-ratio (score function) estimator with windowed credit.
 *
 * For F = sum_n f(x_n) tau_n with expected dwells, grad F with respect to log k_s is the mean of
 *     sum_n [ c_s a_s tau_n  +  1{r_n = s} V_n  -  a_s(x_n) tau_n (V_n + f_n tau_n) ],
 *     V_n = sum_{m=n+1..n+W} q_{m-n} f_m tau_m.
 * The window q is 1 up to lag W/2 and falls linearly to 0 beyond W: a driven cycle is nearly periodic in its
 * events, and a sum that is cut off sharply would keep the phase at which it was cut.
 * The last term joins the score of the choice, -a_s/a_0, to the derivative of the dwell, -a_s tau^2. It
 * is unbiased up to the window W; W further events are simulated, so that every choice has its full one.
 * Sources: Glynn, Commun. ACM 33:75 (1990); Plyasunov and Arkin, J. Comput. Phys. 221:724 (2007).
 *
 * The sums over n of h_s(x_n) times a scalar are kept as prefix sums and charged to channel s only when
 * h_s changes, so an event costs O(channels touched).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gradient/estimator.h"
#include "gradient/gradient.h"
#include "simulate/path.h"

#include <stdlib.h>
#include <string.h>

/* Rows of the gradient's width throughout: T, the functionals, and one for the dwell. */
struct score {
    double *double_prefix; /* [n_events + 2] sums of earlier `prefix` */
    double *prefix;        /* [n_events + 1] sums of tau and f tau over earlier events */
    double *charged;       /* [R] the running sum at which channel r was last charged */
    double *total;         /* [R] sum over n of h_r(x_n) times the row of event n */
    double *h;             /* [R] h_r(x_n) */
    int *x;                /* [I] x_n */
};

static int64_t score_n_events(const struct ff_gradient_options *options)
{
    return options->horizon.events + options->window;
}

static void *score_create(const struct ff_gradient *gradient)
{
    const struct ff_process *process = gradient->system->process;
    const size_t n_channels = (size_t)process->n_channels, width = (size_t)gradient->width;
    const size_t n_events = (size_t)gradient->tape.capacity;
    struct score *score = FF_NEW(struct score, 1);
    score->prefix = FF_RAW(double, (n_events + 1) * width);
    score->double_prefix = FF_RAW(double, (n_events + 2) * width);
    memset(score->prefix, 0, sizeof *score->prefix * width);
    memset(score->double_prefix, 0, sizeof *score->double_prefix * width);
    score->charged = FF_RAW(double, n_channels *width);
    score->total = FF_RAW(double, n_channels *width);
    score->h = FF_RAW(double, n_channels);
    score->x = FF_RAW(int, process->n_sites);
    return score;
}

static void score_free(void *scratch)
{
    struct score *score = scratch;
    free(score->prefix);
    free(score->double_prefix);
    free(score->charged);
    free(score->total);
    free(score->h);
    free(score->x);
    free(score);
}

/* The first row of either stays zero. */
FF_INLINE void sum_prefixes(const struct ff_tape *tape, struct score *score, int width)
{
    for (int64_t n = 0; n <= tape->n_events; n++) {
        const double *before = score->prefix + n * width;
        const double *twice = score->double_prefix + n * width;
        for (int i = 0; i < width; i++)
            score->double_prefix[(n + 1) * width + i] = twice[i] + before[i];
        if (n == tape->n_events)
            return;
        const double *totals = tape->totals + n * width;
        const double dwell = 1.0 / totals[0];
        double *next = score->prefix + (n + 1) * width;
        next[0] = before[0] + dwell;
        for (int i = 1; i < width; i++)
            next[i] = before[i] + totals[i] * dwell;
    }
}

/* Add the rows of the projection to what was recorded: to the values of all events, and to the direct parts of those that
 * have a gradient. */
FF_INLINE void project(struct ff_gradient *gradient, struct ff_track *out, int width)
{
    const struct ff_projection *projection = gradient->projection;
    const struct ff_process *process = gradient->system->process;
    const struct ff_tape *tape = &gradient->tape;
    const int n_functionals = gradient->functionals.count;
    int *x = ((struct score *)gradient->scratch)->x;
    memcpy(x, tape->x, sizeof *x * (size_t)process->n_sites);
    int state = ff_states_find(&projection->states, x);
    for (int64_t n = 0; n < tape->n_events; n++) {
        double *totals = tape->totals + n * width;
        const double dwell = 1.0 / totals[0];
        const double *added = state < 0 ? NULL : ff_projection_row(projection, state);
        for (int q = 0; added != NULL && q < n_functionals; q++, added++) {
            totals[1 + q] += *added;
            out->sums[1 + q] += *added * dwell;
        }
        for (int r = 0;
             added != NULL && n < gradient->options.horizon.events && r < process->n_channels; r++)
            for (int q = 0; q <= n_functionals; q++, added++)
                out->rows[r * width + 1 + q] += *added * dwell;
        ff_process_jump(process, tape->channel[n], 1, x);
        state = ff_projection_follow(projection, state, tape->channel[n], x);
    }
}

/* Charge channel r with its h times what has been added to the running sum since the last time. */
FF_INLINE void charge(struct score *score, int r, const double *running, int width)
{
    double *total = score->total + (size_t)r * (size_t)width;
    double *charged = score->charged + (size_t)r * (size_t)width;
    for (int i = 0; i < width; i++) {
        total[i] += score->h[r] * (running[i] - charged[i]);
        charged[i] = running[i];
    }
}

/* The mean over windows of W/2..W events of the credit that they give to a choice at event n: the sum of the next
 * events' rows up to the window's end, less what lies before it. Twice-summed prefixes give a mean of prefixes: the
 * average of prefix[n + 1 + w] over the last `taper` windows w <= W. */
FF_INLINE void mean_window_end(const struct score *score, int64_t n, int window, int taper,
                               int width, double *end)
{
    const double *last = score->double_prefix + (n + 2 + window) * width;
    const double *first = score->double_prefix + (n + 2 + window - taper) * width;
    for (int i = 0; i < width; i++)
        end[i] = (last[i] - first[i]) / taper;
}

/* Replay the collected events: the credit of each choice, and the running sums charged to channels. */
FF_INLINE void replay(struct ff_gradient *gradient, struct ff_track *out, double *running,
                      int width)
{
    const struct ff_process *process = gradient->system->process;
    const struct ff_engine *engine = gradient->ensemble.engine;
    const struct ff_tape *tape = &gradient->tape;
    const int window = gradient->options.window, taper = window - window / 2 + 1;
    const int spare = 1 + gradient->functionals.count;
    struct score *score = gradient->scratch;
    for (int64_t n = 0; n < gradient->options.horizon.events; n++) {
        const double dwell = 1.0 / tape->totals[n * width];
        const double *here = score->prefix + n * width, *next = here + width;
        const int fired = tape->channel[n];
        double end[FF_WIDEST_ROW], *row = out->rows + (size_t)fired * (size_t)width;
        mean_window_end(score, n, window, taper, width, end);
        for (int i = 0; i < width; i++) {
            running[i] += dwell * (end[i] - here[i]);
            row[i] += end[i] - next[i];
        }
        running[spare] += dwell;
        ff_process_jump(process, fired, 1, score->x);
        for (int k = process->affected_start[fired]; k < process->affected_start[fired + 1]; k++) {
            const int r = process->affected[k];
            charge(score, r, running, width);
            score->h[r] = ff_engine_multiplicity(engine, r, score->x);
        }
    }
}

FF_INLINE enum ff_status track(struct ff_gradient *gradient, struct ff_stream stream,
                               struct ff_track *out, int width)
{
    const struct ff_process *process = gradient->system->process;
    const struct ff_kinetics *kinetics = gradient->ensemble.kinetics;
    const struct ff_tape *tape = &gradient->tape;
    const size_t n_channels = (size_t)process->n_channels, size = n_channels * (size_t)width;
    const int n_functionals = gradient->functionals.count, spare = 1 + n_functionals;
    struct score *score = gradient->scratch;
    TRY(ff_tape_record(gradient, stream, score_n_events(&gradient->options), out->sums));
    if (gradient->projection != NULL && gradient->projection->n_core > 0)
        project(gradient, out, width);
    sum_prefixes(tape, score, width);
    memcpy(score->x, tape->x, sizeof *score->x * (size_t)process->n_sites);
    memset(score->charged, 0, sizeof *score->charged * size);
    memset(score->total, 0, sizeof *score->total * size);
    for (int r = 0; r < process->n_channels; r++)
        score->h[r] = ff_engine_multiplicity(gradient->ensemble.engine, r, score->x);
    double running[FF_WIDEST_ROW] = {0};
    replay(gradient, out, running, width);
    for (int r = 0; r < process->n_channels; r++) {
        charge(score, r, running, width);
        const double rate = kinetics->rates[r];
        const double *total = score->total + (size_t)r * (size_t)width;
        double *row = out->rows + (size_t)r * (size_t)width;
        row[0] -= rate * total[0];
        for (int q = 0; q < n_functionals; q++)
            row[1 + q] +=
                rate * (ff_kinetics_coefficient(kinetics, q)[r] * total[spare] - total[1 + q]);
        row[spare] += total[spare];
    }
    out->time += running[spare];
    return FF_OK;
}

static enum ff_status track_narrow(struct ff_gradient *gradient, struct ff_stream stream,
                                   struct ff_track *out)
{
    return track(gradient, stream, out, FF_NARROW_ROW);
}

static enum ff_status track_wide(struct ff_gradient *gradient, struct ff_stream stream,
                                 struct ff_track *out)
{
    return track(gradient, stream, out, gradient->width);
}

static enum ff_status score_track(struct ff_gradient *gradient, const struct ff_block *block,
                                  struct ff_track *out)
{
    if (ff_functionals_are_samples(gradient->functionals))
        return ff_track_samples(gradient, block, out);
    return ff_track_each(gradient, block,
                         gradient->width == FF_NARROW_ROW ? track_narrow : track_wide, out);
}

const struct ff_estimator_type ff_estimator_score = {
    .name = "score",
    .doc = "likelihood ratio with a window of credit; unbiased up to the window",
    .kinds = 1u << FF_CHANNEL | 1u << FF_STATE | 1u << FF_SAMPLE,
    .has_window = true,
    .is_projected = true,
    .scratch_create = score_create,
    .scratch_free = score_free,
    .n_events = score_n_events,
    .track = score_track,
};
