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
#include "gradient/gradient.h"

#include <stdlib.h>
#include <string.h>

enum { DWELL = FF_N_FUNCTIONALS, WIDTH = FF_TOTALS_WIDTH };

struct score {
    double (*double_prefix)[WIDTH]; /* [n_events + 2] sums of earlier `prefix` */
    double (
        *prefix)[WIDTH]; /* [n_events + 1] sums of f_J tau, f_sigma tau, tau over earlier events */
    double (*charged)[WIDTH]; /* [R] the running sum at which channel r was last charged */
    double (*total)[WIDTH];   /* [R] sum over n of h_r(x_n) times the scalars of event n */
    double *h;                /* [R] h_r(x_n) */
    int *x;                   /* [I] x_n */
};

static int64_t score_n_events(const struct ff_gradient_options *options)
{
    return options->horizon.events + options->window;
}

static void *score_create(const struct ff_gradient *gradient)
{
    const struct ff_process *process = gradient->system->process;
    const unsigned long n_channels = (unsigned long)process->n_channels;
    struct score *score = FF_NEW(struct score, 1);
    score->prefix = ff_allocate((unsigned long)gradient->tape.capacity + 1, sizeof *score->prefix);
    score->double_prefix =
        ff_allocate((unsigned long)gradient->tape.capacity + 2, sizeof *score->double_prefix);
    score->charged = ff_allocate(n_channels, sizeof *score->charged);
    score->total = ff_allocate(n_channels, sizeof *score->total);
    score->h = FF_NEW(double, n_channels);
    score->x = FF_NEW(int, process->n_sites);
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

static void sum_prefixes(const struct ff_tape *tape, struct score *score)
{
    double(*prefix)[WIDTH] = score->prefix, (*twice)[WIDTH] = score->double_prefix;
    for (int64_t n = 0; n <= tape->n_events; n++) {
        for (int q = 0; q < FF_N_FUNCTIONALS; q++)
            twice[n + 1][q] = twice[n][q] + prefix[n][q];
        if (n == tape->n_events)
            return;
        const double *totals = tape->totals[n];
        const double dwell = 1.0 / totals[0];
        prefix[n + 1][FF_F_CURRENT] = prefix[n][FF_F_CURRENT] + totals[1] * dwell;
        prefix[n + 1][FF_F_ENTROPY] = prefix[n][FF_F_ENTROPY] + totals[2] * dwell;
        prefix[n + 1][FF_F_TIME] = prefix[n][FF_F_TIME] + dwell;
    }
}

/* Charge channel r with its h times what has been added to the running sum since the last time. */
static inline void charge(struct score *score, int r, const double *running)
{
    for (int q = 0; q < WIDTH; q++) {
        score->total[r][q] += score->h[r] * (running[q] - score->charged[r][q]);
        score->charged[r][q] = running[q];
    }
}

static enum ff_status score_track(struct ff_gradient *gradient, struct ff_stream stream,
                                  struct ff_sums *means)
{
    const struct ff_process *process = gradient->system->process;
    const struct ff_tape *tape = &gradient->tape;
    const int n_channels = process->n_channels, window = gradient->options.window;
    const int taper = window - window / 2 + 1; /* windows of W/2..W events are averaged */
    struct score *score = gradient->scratch;
    ff_tape_record(gradient, stream, score_n_events(&gradient->options), means);
    sum_prefixes(tape, score);

    double running[WIDTH] = {0};
    memcpy(score->x, tape->x, sizeof *score->x * (size_t)process->n_sites);
    memset(score->charged, 0, sizeof *score->charged * (size_t)n_channels);
    memset(score->total, 0, sizeof *score->total * (size_t)n_channels);
    for (int r = 0; r < n_channels; r++)
        score->h[r] = ff_engine_multiplicity(gradient->engine, r, score->x);
    for (int64_t n = 0; n < gradient->options.horizon.events; n++) {
        const double dwell = 1.0 / tape->totals[n][0];
        const double *here = score->prefix[n], *next = score->prefix[n + 1];
        const double *last = score->double_prefix[n + 2 + window];
        const double *first = score->double_prefix[n + 2 + window - taper];
        const int fired = tape->channel[n];
        for (int q = 0; q < FF_N_FUNCTIONALS; q++) {
            const double end = (last[q] - first[q]) / taper;
            running[q] += dwell * (end - here[q]);
            gradient->sums.gradient[fired][q] += end - next[q];
        }
        running[DWELL] += dwell;
        ff_process_jump(process, fired, 1, score->x);
        for (int k = process->affected_start[fired]; k < process->affected_start[fired + 1]; k++) {
            const int r = process->affected[k];
            charge(score, r, running);
            score->h[r] = ff_engine_multiplicity(gradient->engine, r, score->x);
        }
    }
    const struct ff_kinetics *kinetics = gradient->kinetics;
    for (int r = 0; r < n_channels; r++) {
        charge(score, r, running);
        const double rate = kinetics->rates[r], *total = score->total[r];
        double *g = gradient->sums.gradient[r];
        g[FF_F_CURRENT] += rate * (kinetics->current[r] * total[DWELL] - total[FF_F_CURRENT]);
        g[FF_F_ENTROPY] += rate * (kinetics->entropy[r] * total[DWELL] - total[FF_F_ENTROPY]);
        g[FF_F_TIME] -= rate * total[FF_F_TIME];
        gradient->sums.dwell[r] += total[DWELL];
    }
    gradient->sums.time += running[DWELL];
    return FF_OK;
}

const struct ff_estimator_type ff_estimator_score = {
    .name = "score",
    .doc = "likelihood ratio with a window of credit; unbiased up to the window",
    .scratch_create = score_create,
    .scratch_free = score_free,
    .n_events = score_n_events,
    .track = score_track,
};
