/* Sampling trajectories on a grid of times, exact power sums, and moments from them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/timecourse.h"

#include "simulate/path.h"

#include <math.h>
#include <stdlib.h>

__extension__ typedef __int128 signed_wide;

double ff_timecourse_time(const struct ff_timecourse_options *options, int point)
{
    const int last = options->points - 1;
    return point == last ? options->end : options->end * point / last;
}

void ff_timecourse_sums_create(int n_points, int n_sites, struct ff_timecourse_sums *out)
{
    *out = (struct ff_timecourse_sums){.n_points = n_points, .n_sites = n_sites};
    out->reached = FF_NEW(int64_t, n_points);
    out->power = ff_allocate((unsigned long)n_points * (unsigned long)n_sites, sizeof *out->power);
}

void ff_timecourse_sums_free(struct ff_timecourse_sums *sums)
{
    free(sums->reached);
    free(sums->power);
    *sums = (struct ff_timecourse_sums){0};
}

static enum ff_status record(struct ff_timecourse_sums *sums, int point, const struct ff_walk *walk)
{
    const int *x = walk->x;
    for (int i = 0; i < sums->n_sites; i++) {
        CHECK(x[i] <= FF_TIMECOURSE_MAX_COUNT, FF_ERR_NUMERICAL,
              "an occupation, of `%s`, exceeds %d, too large for a time course",
              walk->engine->process->site_names[i], FF_TIMECOURSE_MAX_COUNT);
        ff_wide *power = sums->power[(size_t)point * (size_t)sums->n_sites + (size_t)i];
        const ff_wide count = (ff_wide)x[i];
        ff_wide term = count;
        for (int q = 0; q < 4; q++) {
            power[q] += term;
            term *= count;
        }
    }
    sums->reached[point]++;
    return FF_OK;
}

/* The grid point to come, and the first failure to record one. */
struct grid {
    const struct ff_timecourse_options *options;
    struct ff_timecourse_sums *sums;
    int point;
    enum ff_status status;
};

FF_INLINE bool record_stay(void *context, const struct ff_walk *walk, double from, double dwell)
{
    struct grid *grid = context;
    const double next = from + dwell;
    const int n_points = grid->options->points;
    while (grid->status == FF_OK && grid->point < n_points &&
           ff_timecourse_time(grid->options, grid->point) < next)
        grid->status = record(grid->sums, grid->point++, walk);
    return grid->status == FF_OK && grid->point < n_points;
}

FF_INLINE void count_event(void *context, const struct ff_walk *walk, int channel)
{
    (void)walk;
    (void)channel;
    ((struct grid *)context)->sums->n_events++;
}

enum ff_status ff_timecourse_add(struct ff_walk *walk, const struct ff_kinetics *kinetics,
                                 struct ff_stream stream,
                                 const struct ff_timecourse_options *options,
                                 struct ff_timecourse_sums *sums)
{
    struct grid grid = {.options = options, .sums = sums, .status = FF_OK};
    ff_walk_start(walk, kinetics, stream);
    const enum ff_path_end end = ff_path_until(
        walk, options->end, options->max_events,
        (struct ff_visitor){.context = &grid, .stay = record_stay, .leave = count_event});
    sums->n_truncated += end == FF_PATH_CAPPED;
    TRY(ff_walk_check(walk));
    return grid.status;
}

/* Sums of powers about the integer nearest the mean are exact, modulo 2^128 on the way; what is left
 * to do in floating point is a shift by at most a half. */
static void estimate_one(const ff_wide *power, int n_trajectories, double *mean,
                         double *mean_stderr, double *std, double *std_stderr)
{
    const ff_wide n = (ff_wide)n_trajectories, c = (power[0] + n / 2) / n;
    const double size = n_trajectories;
    const double shift = (double)(signed_wide)(power[0] - n * c) / size;
    const double r2 = (double)(power[1] - 2 * c * power[0] + n * c * c) / size;
    const double r3 =
        (double)(signed_wide)(power[2] - 3 * c * power[1] + 3 * c * c * power[0] - n * c * c * c) /
        size;
    const double r4 = (double)(power[3] - 4 * c * power[2] + 6 * c * c * power[1] -
                               4 * c * c * c * power[0] + n * c * c * c * c) /
                      size;
    const double square = shift * shift;
    const double m2 = fmax(r2 - square, 0.0);
    const double m4 = r4 - 4.0 * shift * r3 + 6.0 * square * r2 - 3.0 * square * square;
    *mean = (double)c + shift;
    *std = sqrt(m2 * size / (size - 1.0));
    *mean_stderr = *std / sqrt(size);
    const double spread = fmax(m4 - m2 * m2 * (size - 3.0) / (size - 1.0), 0.0);
    *std_stderr = *std > 0.0 ? sqrt(spread / size) / (2.0 * *std) : 0.0;
}

void ff_timecourse_estimate(const struct ff_timecourse_sums *sums, int n_trajectories,
                            struct ff_timecourse *out)
{
    const size_t n_sites = (size_t)sums->n_sites, size = (size_t)sums->n_points * n_sites;
    out->mean = FF_RAW(double, size);
    out->mean_stderr = FF_RAW(double, size);
    out->std = FF_RAW(double, size);
    out->std_stderr = FF_RAW(double, size);
    for (size_t k = 0; k < size; k++)
        if (sums->reached[k / n_sites] == n_trajectories)
            estimate_one(sums->power[k], n_trajectories, &out->mean[k], &out->mean_stderr[k],
                         &out->std[k], &out->std_stderr[k]);
        else
            out->mean[k] = out->mean_stderr[k] = out->std[k] = out->std_stderr[k] = NAN;
}

void ff_timecourse_free(struct ff_timecourse *course)
{
    free(course->mean);
    free(course->mean_stderr);
    free(course->std);
    free(course->std_stderr);
    *course = (struct ff_timecourse){0};
}
