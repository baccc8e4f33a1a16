/* What a block has contributed to an estimate, to first order.
 *
 * For a ratio a/b of sums over blocks the contribution of one is (a_i - (a/b) b_i)/b; these sum to zero. Times the root of
 * B/(B-1) their products sum to an unbiased covariance of the ratio.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gradient/deviation.h"

#include "gradient/estimator.h"

#include <math.h>
#include <string.h>

static double spread_factor(int n_blocks)
{
    return n_blocks > 1 ? sqrt((double)n_blocks / (n_blocks - 1)) : NAN;
}

/* That of functional q among rows over channels, [Q][R]. */
static const double *row_of(const struct ff_estimate *estimate, const double *rows, int q)
{
    return rows + (size_t)q * (size_t)estimate->n_channels;
}

/* Of the mean of functional q, all walkers together. */
static double mean_deviation(const struct ff_estimate *estimate, int block, int q)
{
    const double *total = estimate->total.sums;
    const size_t width = (size_t)estimate->source->width;
    const double *sums = block < estimate->n_tracked
                             ? estimate->tracks[block].sums
                             : estimate->baseline + (size_t)(block - estimate->n_tracked) * width;
    return spread_factor(estimate->n_blocks) * (sums[1 + q] - total[1 + q] / total[0] * sums[0]) /
           total[0];
}

void ff_estimate_mean_deviation(const struct ff_estimate *estimate, int block, double *out)
{
    const struct ff_gradient *source = estimate->source;
    for (int q = 0; q < estimate->n_functionals; q++)
        out[q] = ff_functional_scale(&source->functionals.items[q], source->system->process) *
                 mean_deviation(estimate, block, q);
}

/* The part of a tracked block's own rows, where gradients of sums and fluxes come from. */
static void add_own_rows(struct ff_estimate *estimate, int block, int q, double *out)
{
    const struct ff_gradient *source = estimate->source;
    const struct ff_process *process = source->system->process;
    const struct ff_track *track = &estimate->tracks[block], *total = &estimate->total;
    const double *rates = source->ensemble.kinetics->rates;
    const double *centre = row_of(estimate, estimate->centre, q);
    const double scale = spread_factor(estimate->n_tracked) / total->time;
    const size_t width = (size_t)source->width;
    const int dwell = 1 + estimate->n_functionals;
    for (int r = 0; r < estimate->n_channels; r++) {
        const double *row = track->rows + (size_t)r * width;
        const double *sum = total->rows + (size_t)r * width;
        const double whole = (sum[1 + q] - centre[r] * sum[0]) / total->time;
        out[r] += scale * (row[1 + q] - centre[r] * row[0] - whole * track->time);
        estimate->flux_of_block[r] = scale * rates[r] *
                                     (row[dwell] - sum[dwell] / total->time * track->time) /
                                     process->n_walkers;
    }
}

/* The part of what stands for the mean beside the gradient of T. */
static void add_centre(struct ff_estimate *estimate, int block, int q, double *out)
{
    const struct ff_gradient *source = estimate->source;
    const struct ff_estimator_type *type = source->options.estimator;
    const struct ff_track *total = &estimate->total;
    const double mean = mean_deviation(estimate, block, q);
    const double scale = spread_factor(estimate->n_tracked) / total->time;
    const double *centre = row_of(estimate, estimate->centre, q);
    const double *own = row_of(estimate, estimate->centre_of_block, q);
    const bool is_tracked = block < estimate->n_tracked;
    if (type->centre != NULL && is_tracked)
        type->centre(source, estimate->tracks[block].rows, 1.0, estimate->centre_of_block);
    for (int r = 0; r < estimate->n_channels; r++) {
        double deviation = mean;
        if (type->centre != NULL)
            deviation =
                is_tracked ? scale * (own[r] - centre[r] * estimate->tracks[block].time) : 0.0;
        out[r] -= total->rows[(size_t)r * (size_t)source->width] / total->time * deviation;
    }
}

void ff_estimate_gradient_deviation(struct ff_estimate *estimate, int block, int q, double *out)
{
    const struct ff_gradient *source = estimate->source;
    const struct ff_functional *functional = &source->functionals.items[q];
    const struct ff_process *process = source->system->process;
    const double scale = ff_functional_scale(functional, process);
    memset(out, 0, sizeof *out * (size_t)estimate->n_channels);
    memset(estimate->flux_of_block, 0, sizeof *out * (size_t)estimate->n_channels);
    add_centre(estimate, block, q, out);
    if (block < estimate->n_tracked)
        add_own_rows(estimate, block, q, out);
    for (int r = 0; r < estimate->n_channels; r++)
        out[r] *= scale;
    if (functional->add_explicit != NULL)
        functional->add_explicit(functional, process, estimate->flux_of_block, out);
}
