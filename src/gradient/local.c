/* Score function estimator with credit that is local in space, for large systems.
 *
 * The credit of `score` for a choice of channel s holds the fluctuations of f in the whole system, though for a while
 * only the neighbourhood of s can feel that choice. Here f is replaced by
 *     f_s(x) = sum_r w(s, r) f~_r a_r(x),   w = 1 up to distance d, falling linearly to 0 at 2d,
 * centred by its own mean. What is dropped is the covariance of the choice with f farther off: a bias that
 * vanishes as d grows, and with w = 1 everywhere (d = 0 asks for it) there is none. Distance is counted in the graph that
 * joins r to the channels it affects, between cells of channels around one of them.
 *
 * A trajectory is cut into bins of W/8 events, with scores and contributions
 *     B_s = sum_{n in bin} (1{r_n = s} - a_s(x_n) t_n),   G_s = sum_{n in bin} f_s(x_n) t_n,
 * and grad F is the mean of sum c_s a_s t_n + sum_bins B_s(b) sum_l q_l G_s(b + l), q_l the tapered window of score.c
 * in bins. A bin has at least one event. Contributions before a choice in its own bin add nothing: a score has mean zero given
 * the past.
 * The dwell is t_n = 2/a_0 or 0 by a fair coin: like an exponential dwell it has mean 1/a_0 and mean square
 * 2/a_0^2, and the estimator depends on dwells through these two alone.
 *
 * An event costs O(channels touched), a bin O(R) + O(cells x cells within 2d).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gradient/estimator.h"
#include "gradient/gradient.h"

#include <stdlib.h>
#include <string.h>

enum {
    LAGS = 8,              /* bins in a window */
    SLOTS = LAGS + 1,      /* bins alive at a time */
    CELLS_PER_DISTANCE = 4 /* d over the radius of a cell */
};

struct local {
    int n_cells;
    int *cell;             /* [R] */
    int *near_start;       /* [cells + 1] into the next two */
    int *near;             /* cells within 2d */
    double *near_weight;   /* w */
    double *h, *since;     /* [R] h_r(x), and the clock since when */
    double *dwell, *fired; /* [R] of the present bin: sum h_r t, events */
    double *score[SLOTS];  /* [R] B_s of the last bins */
    double *part[SLOTS];   /* [cells][Q] sum of f~_r a_r t */
    double *credit;        /* [cells][Q] windowed sums of `part` */
    double *near_credit;   /* [cells][Q] the same weighted by w */
    double time[SLOTS];    /* sum t_n */
    int *x;                /* [I] */
};

/* ---- cells ---------------------------------------------------------------------------------- */

/* Breadth-first search over channels. */
struct search {
    int *distance; /* [R] from where the search began, -1 beyond its radius */
    int *queue;    /* [R] channels found, nearest first */
    int n_found;
};

static void search_from(const struct ff_process *process, int channel, int radius,
                        struct search *search)
{
    for (int i = 0; i < search->n_found; i++)
        search->distance[search->queue[i]] = -1;
    search->n_found = 1;
    search->queue[0] = channel;
    search->distance[channel] = 0;
    for (int i = 0; i < search->n_found; i++) {
        const int r = search->queue[i];
        if (search->distance[r] == radius)
            return;
        for (int k = process->affected_start[r]; k < process->affected_start[r + 1]; k++) {
            const int other = process->affected[k];
            if (search->distance[other] >= 0)
                continue;
            search->distance[other] = search->distance[r] + 1;
            search->queue[search->n_found++] = other;
        }
    }
}

/* Channels in no cell yet become the centre of a new one, with those around it. centre_of [R] is the cell that a
 * channel is the centre of, or -1. */
static void find_cells(const struct ff_process *process, int locality, struct search *search,
                       struct local *local, int *centre_of)
{
    const int radius = locality > 0 ? locality / CELLS_PER_DISTANCE : process->n_channels;
    for (int r = 0; r < process->n_channels; r++)
        local->cell[r] = centre_of[r] = -1;
    for (int r = 0; r < process->n_channels; r++) {
        if (local->cell[r] >= 0)
            continue;
        search_from(process, r, radius, search);
        for (int i = 0; i < search->n_found; i++)
            if (local->cell[search->queue[i]] < 0)
                local->cell[search->queue[i]] = local->n_cells;
        centre_of[r] = local->n_cells++;
    }
}

static double weight_at(int distance, int locality)
{
    if (locality == 0 || distance <= locality)
        return 1.0;
    return (double)(2 * locality - distance) / locality;
}

/* The list of near cells, first counted, then written. */
static void find_near(const struct ff_process *process, int locality, struct search *search,
                      struct local *local, const int *centre_of)
{
    const int radius = locality > 0 ? 2 * locality - 1 : process->n_channels;
    local->near_start = FF_RAW(int, local->n_cells + 1);
    local->near_start[0] = 0;
    for (int is_writing = 0; is_writing <= 1; is_writing++) {
        int at = 0;
        for (int r = 0; r < process->n_channels; r++) {
            if (centre_of[r] < 0)
                continue;
            search_from(process, r, radius, search);
            for (int i = 0; i < search->n_found; i++) {
                const int other = search->queue[i];
                if (centre_of[other] < 0)
                    continue;
                if (is_writing) {
                    local->near[at] = centre_of[other];
                    local->near_weight[at] = weight_at(search->distance[other], locality);
                }
                at++;
            }
            local->near_start[centre_of[r] + 1] = at;
        }
        if (is_writing)
            return;
        local->near = FF_RAW(int, at);
        local->near_weight = FF_RAW(double, at);
    }
}

static void divide_into_cells(const struct ff_process *process, int locality, struct local *local)
{
    const int n_channels = process->n_channels;
    struct search search = {.distance = FF_RAW(int, n_channels), .queue = FF_RAW(int, n_channels)};
    int *centre_of = FF_RAW(int, n_channels);
    for (int r = 0; r < n_channels; r++)
        search.distance[r] = -1;
    find_cells(process, locality, &search, local, centre_of);
    find_near(process, locality, &search, local, centre_of);
    free(search.distance);
    free(search.queue);
    free(centre_of);
}

/* ---- life cycle ----------------------------------------------------------------------------- */

static int64_t bin_events(const struct ff_gradient_options *options)
{
    return options->window / LAGS > 0 ? options->window / LAGS : 1;
}

static int64_t collected_bins(const struct ff_gradient_options *options)
{
    return (options->horizon.events + bin_events(options) - 1) / bin_events(options);
}

static int64_t local_n_events(const struct ff_gradient_options *options)
{
    return (collected_bins(options) + LAGS) * bin_events(options);
}

static void *local_create(const struct ff_gradient *gradient)
{
    const struct ff_process *process = gradient->system->process;
    const int n_channels = process->n_channels;
    struct local *local = FF_NEW(struct local, 1);
    local->cell = FF_RAW(int, n_channels);
    divide_into_cells(process, gradient->options.locality, local);
    local->h = FF_RAW(double, n_channels);
    local->since = FF_NEW(double, n_channels);
    local->dwell = FF_RAW(double, n_channels);
    local->fired = FF_NEW(double, n_channels);
    const size_t size = (size_t)local->n_cells * (size_t)gradient->functionals.count;
    for (int slot = 0; slot < SLOTS; slot++) {
        local->score[slot] = FF_RAW(double, n_channels);
        local->part[slot] = FF_RAW(double, size);
    }
    local->credit = FF_RAW(double, size);
    local->near_credit = FF_RAW(double, size);
    local->x = FF_RAW(int, process->n_sites);
    return local;
}

static void local_free(void *scratch)
{
    struct local *local = scratch;
    free(local->cell);
    free(local->near_start);
    free(local->near);
    free(local->near_weight);
    free(local->h);
    free(local->since);
    free(local->dwell);
    free(local->fired);
    for (int slot = 0; slot < SLOTS; slot++) {
        free(local->score[slot]);
        free(local->part[slot]);
    }
    free(local->credit);
    free(local->near_credit);
    free(local->x);
    free(local);
}

/* ---- one trajectory ------------------------------------------------------------------------- */

static inline void charge(struct local *local, int r, double clock)
{
    local->dwell[r] += local->h[r] * (clock - local->since[r]);
    local->since[r] = clock;
}

/* Replay the events first..end-1 and leave the bin's sums in its slot. */
static void fill_bin(const struct ff_gradient *gradient, struct local *local, int slot,
                     int64_t first, int64_t end, struct ff_stream *coins)
{
    const struct ff_process *process = gradient->system->process;
    const struct ff_kinetics *kinetics = gradient->ensemble.kinetics;
    const struct ff_tape *tape = &gradient->tape;
    double clock = 0.0;
    uint64_t bits = 0;
    memset(local->dwell, 0, sizeof *local->dwell * (size_t)process->n_channels);
    for (int64_t n = first; n < end; n++) {
        const int fired = tape->channel[n];
        if ((n - first) % 64 == 0)
            bits = ff_stream_bits(coins);
        clock += (double)(bits & 1) * (2.0 / ff_tape_totals(gradient, n)[0]);
        bits >>= 1;
        local->fired[fired] += 1.0;
        ff_process_jump(process, fired, 1, local->x);
        for (int k = process->affected_start[fired]; k < process->affected_start[fired + 1]; k++) {
            const int r = process->affected[k];
            charge(local, r, clock);
            local->h[r] = ff_engine_multiplicity(gradient->ensemble.engine, r, local->x);
        }
    }
    const int n_functionals = gradient->functionals.count;
    double *part = local->part[slot];
    memset(part, 0, sizeof *part * (size_t)local->n_cells * (size_t)n_functionals);
    local->time[slot] = clock;
    for (int r = 0; r < process->n_channels; r++) {
        charge(local, r, clock);
        const double flow = kinetics->rates[r] * local->dwell[r];
        local->score[slot][r] = local->fired[r] - flow;
        for (int q = 0; q < n_functionals; q++)
            part[local->cell[r] * n_functionals + q] +=
                ff_kinetics_coefficient(kinetics, q)[r] * flow;
        local->since[r] = 0.0;
        local->fired[r] = 0.0;
    }
}

/* From `credit` to `near_credit`. */
static void sum_near(struct local *local, int n_functionals)
{
    memset(local->near_credit, 0,
           sizeof *local->near_credit * (size_t)local->n_cells * (size_t)n_functionals);
    for (int c = 0; c < local->n_cells; c++) {
        double *sum = local->near_credit + (size_t)c * (size_t)n_functionals;
        for (int k = local->near_start[c]; k < local->near_start[c + 1]; k++)
            for (int q = 0; q < n_functionals; q++)
                sum[q] += local->near_weight[k] * local->credit[local->near[k] * n_functionals + q];
    }
}

/* Credit the scores of the oldest bin with the window that begins there. */
static void credit_bin(const struct ff_gradient *gradient, int oldest, struct ff_track *out)
{
    const int n_channels = gradient->system->process->n_channels;
    const int n_functionals = gradient->functionals.count;
    struct local *local = gradient->scratch;
    double time = 0.0;
    memset(local->credit, 0,
           sizeof *local->credit * (size_t)local->n_cells * (size_t)n_functionals);
    for (int lag = 0; lag <= LAGS; lag++) {
        const int slot = (oldest + lag) % SLOTS;
        const double q = lag <= LAGS / 2 ? 1.0 : (LAGS + 1.0 - lag) / (LAGS + 1.0 - LAGS / 2);
        time += q * local->time[slot];
        for (int i = 0; i < local->n_cells * n_functionals; i++)
            local->credit[i] += q * local->part[slot][i];
    }
    sum_near(local, n_functionals);
    const double *score = local->score[oldest];
    for (int r = 0; r < n_channels; r++) {
        const double *credit = local->near_credit + (size_t)local->cell[r] * (size_t)n_functionals;
        double *row = out->rows + (size_t)r * (size_t)gradient->width;
        row[0] += score[r] * time;
        for (int q = 0; q < n_functionals; q++)
            row[1 + q] += score[r] * credit[q];
    }
}

/* The bin in a slot belongs to the events with a gradient: its dwells, and the direct terms c_r a_r t. */
static void collect_bin(const struct ff_gradient *gradient, int slot, struct ff_track *out)
{
    const struct ff_kinetics *kinetics = gradient->ensemble.kinetics;
    const struct local *local = gradient->scratch;
    const int n_functionals = gradient->functionals.count;
    out->time += local->time[slot];
    for (int r = 0; r < gradient->system->process->n_channels; r++) {
        double *row = out->rows + (size_t)r * (size_t)gradient->width;
        const double flow = kinetics->rates[r] * local->dwell[r];
        for (int q = 0; q < n_functionals; q++)
            row[1 + q] += ff_kinetics_coefficient(kinetics, q)[r] * flow;
        row[1 + n_functionals] += local->dwell[r];
    }
}

static enum ff_status track_one(struct ff_gradient *gradient, struct ff_stream stream,
                                struct ff_track *out)
{
    const struct ff_process *process = gradient->system->process;
    const int64_t bin = bin_events(&gradient->options);
    const int64_t n_bins = collected_bins(&gradient->options);
    struct local *local = gradient->scratch;
    struct ff_stream coins = ff_stream_with_purpose(&stream, FF_PURPOSE_DWELL);
    TRY(ff_tape_record(gradient, stream, local_n_events(&gradient->options), out->sums));
    memcpy(local->x, gradient->tape.x, sizeof *local->x * (size_t)process->n_sites);
    for (int r = 0; r < process->n_channels; r++)
        local->h[r] = ff_engine_multiplicity(gradient->ensemble.engine, r, local->x);
    for (int64_t b = 0; b < n_bins + LAGS; b++) {
        const int slot = (int)(b % SLOTS);
        fill_bin(gradient, local, slot, b * bin, (b + 1) * bin, &coins);
        if (b < n_bins)
            collect_bin(gradient, slot, out);
        if (b >= LAGS)
            credit_bin(gradient, (slot + 1) % SLOTS, out);
    }
    return FF_OK;
}

static enum ff_status local_track(struct ff_gradient *gradient, const struct ff_block *block,
                                  struct ff_track *out)
{
    return ff_track_each(gradient, block, track_one, out);
}

/* The mean of f_s: sum_r w(s, r) f~_r <a_r>. */
static void local_centre(const struct ff_gradient *gradient, const double *rows, double time,
                         double *out)
{
    const struct ff_kinetics *kinetics = gradient->ensemble.kinetics;
    const int n_channels = gradient->system->process->n_channels;
    const int n_functionals = gradient->functionals.count;
    struct local *local = gradient->scratch;
    memset(local->credit, 0,
           sizeof *local->credit * (size_t)local->n_cells * (size_t)n_functionals);
    for (int r = 0; r < n_channels; r++) {
        const double dwell = rows[r * gradient->width + 1 + n_functionals];
        for (int q = 0; q < n_functionals; q++)
            local->credit[local->cell[r] * n_functionals + q] +=
                ff_kinetics_coefficient(kinetics, q)[r] * kinetics->rates[r] * dwell / time;
    }
    sum_near(local, n_functionals);
    for (int q = 0; q < n_functionals; q++)
        for (int r = 0; r < n_channels; r++)
            out[q * n_channels + r] = local->near_credit[local->cell[r] * n_functionals + q];
}

const struct ff_estimator_type ff_estimator_local = {
    .name = "local",
    .doc = "score with credit that is local in space; bias falls with the locality; large systems",
    .kinds = 1u << FF_CHANNEL,
    .has_window = true,
    .scratch_create = local_create,
    .scratch_free = local_free,
    .n_events = local_n_events,
    .track = local_track,
    .centre = local_centre,
};
