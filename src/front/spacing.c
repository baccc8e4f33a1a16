/* Intervals between neighbours, and what splits them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/spacing.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_MOVES = 6 }; /* of a weight that has failed */
/* A weight is not solved again within this distance in ln(w/(1-w)). */
static const double distinct_logit = 1e-3;
/* An interval is split in this round if it is at least this fraction of the widest. */
static const double width_fraction = 0.5;

/* ---- weights -------------------------------------------------------------------------------- */

static double chord_weight(const struct ff_spacing *spacing, const struct ff_result *low,
                           const struct ff_result *high)
{
    const struct ff_scalarization *base = spacing->base;
    const struct ff_values a = ff_result_values(low), b = ff_result_values(high);
    double ratio; /* w / (1-w) */
    if (!ff_scalarization_types[spacing->kind]->needs_ideal) {
        ratio = (b.entropy_production - a.entropy_production) / base->entropy_scale /
                ((b.current - a.current) / base->current_scale);
        /* Noise may tilt a short chord beyond the weights of its ends. */
        const double middle =
            0.5 * (ff_logit(low->scalarization.weight) + ff_logit(high->scalarization.weight));
        const double width =
            ff_logit(high->scalarization.weight) - ff_logit(low->scalarization.weight);
        if (!(ratio > 0.0) || fabs(log(ratio) - middle) >= 0.5 * fabs(width))
            ratio = exp(middle);
    } else {
        ratio = (0.5 * (a.entropy_production + b.entropy_production) - base->entropy_ideal) /
                base->entropy_scale /
                ((base->current_ideal - 0.5 * (a.current + b.current)) / base->current_scale);
    }
    return ratio / (1.0 + ratio);
}

static bool is_close(double weight, double other)
{
    return fabs(ff_logit(weight) - ff_logit(other)) < distinct_logit;
}

bool ff_spacing_is_new(const struct ff_spacing *spacing, double weight)
{
    if (!(weight > 0.0 && weight < 1.0))
        return false;
    for (int i = 0; i < spacing->n_tasks; i++) {
        const struct ff_scalarization *known = &spacing->tasks[i].scalarization;
        if (known->kind == spacing->kind && is_close(known->weight, weight))
            return false;
    }
    return true;
}

static bool has_failed(const struct ff_archive *archive, double weight)
{
    for (int i = 0; i < archive->n_points; i++)
        if (archive->points[i].status != FF_OK &&
            is_close(archive->points[i].scalarization.weight, weight))
            return true;
    return false;
}

/* The weight that splits an interval; where it has failed before, one closer to the lower end. */
static double splitting_weight(const struct ff_spacing *spacing, const struct ff_result *low,
                               const struct ff_result *high)
{
    double weight = chord_weight(spacing, low, high);
    for (int i = 0; i < MOST_MOVES && weight > 0.0 && weight < 1.0; i++) {
        if (!has_failed(spacing->archive, weight))
            break;
        const double ratio =
            exp(0.5 * (ff_logit(weight) + ff_logit(low->scalarization.weight))); /* w / (1-w) */
        weight = ratio / (1.0 + ratio);
    }
    return weight;
}

/* ---- intervals ------------------------------------------------------------------------------ */

static int compare_currents(const void *a, const void *b)
{
    const struct ff_result *left = *(const struct ff_result *const *)a;
    const struct ff_result *right = *(const struct ff_result *const *)b;
    const double one = ff_result_values(left).current, other = ff_result_values(right).current;
    if (one != other)
        return one < other ? -1 : 1;
    return (left->id > right->id) - (left->id < right->id);
}

static int compare_widths(const void *a, const void *b)
{
    const struct ff_interval *left = a, *right = b;
    if (left->width != right->width)
        return left->width > right->width ? -1 : 1;
    return (left->weight > right->weight) - (left->weight < right->weight);
}

/* Intervals between points in order of J that have a width and a new weight, widest first. */
static int find_intervals(const struct ff_spacing *spacing, const struct ff_result **points,
                          int n_points, struct ff_interval *intervals)
{
    const double current_range =
        ff_result_values(points[n_points - 1]).current - ff_result_values(points[0]).current;
    double lowest = INFINITY, highest = -INFINITY;
    for (int i = 0; i < n_points; i++) {
        lowest = fmin(lowest, ff_result_values(points[i]).entropy_production);
        highest = fmax(highest, ff_result_values(points[i]).entropy_production);
    }
    int n = 0;
    for (int i = 1; i < n_points; i++) {
        const struct ff_result *low = points[i - 1], *high = points[i];
        const double dj =
            (ff_result_values(high).current - ff_result_values(low).current) / current_range;
        const double ds = fabs(ff_result_values(high).entropy_production -
                               ff_result_values(low).entropy_production) /
                          (highest - lowest);
        const double weight = splitting_weight(spacing, low, high);
        if (fmax(dj, ds) > 0.0 && ff_spacing_is_new(spacing, weight))
            intervals[n++] = (struct ff_interval){low, high, fmax(dj, ds), weight};
    }
    qsort(intervals, (size_t)n, sizeof *intervals, compare_widths);
    return n;
}

int ff_spacing_intervals(const struct ff_spacing *spacing, struct ff_interval *intervals)
{
    const struct ff_result **points = FF_RAW(const struct ff_result *, spacing->archive->n_points);
    const int n_points = ff_archive_good(spacing->archive, points);
    int n = 0, n_wide = 0;
    if (n_points > 1) {
        qsort(points, (size_t)n_points, sizeof(const struct ff_result *), compare_currents);
        n = find_intervals(spacing, points, n_points, intervals);
    }
    free(points);
    while (n_wide < n && intervals[n_wide].width >= width_fraction * intervals[0].width)
        n_wide++;
    return n_wide;
}
