/* Ratios of sums, their residuals, and the tests on them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "job/evidence.h"

#include <math.h>
#include <stddef.h>

const double ff_chance_strict = 0.1, ff_chance_final = 1e-3;

/* Below it a correlation time cannot be told from the length, nor a start be forgotten. */
static const double least_length = 8.0;
static const double largest_dwell_share = 0.01;
static const double largest_unseen_share = 1e-4;
static const double least_effective_share = 0.25;
static const double largest_rare_ratio = 2.0;       /* an upper estimate that counts in the error */
static const double largest_relaxation_share = 1.0; /* a third, where all is ergodic */

enum { MANY_TRAJECTORIES = 32 }; /* each of which may be an outlier */

/* ---- sums ----------------------------------------------------------------------------------- */

/* A part of a series: trajectories [from, to) and batches [first, last). */
struct part {
    int from, to, first, last;
};

struct sums {
    double value, time;
};

static struct part whole(const struct ff_series *series)
{
    return (struct part){0, series->n_trajectories, series->first_batch, series->n_batches_held};
}

static struct sums at(const struct ff_series *series, int trajectory, int batch)
{
    const long place = ((long)trajectory * series->n_batches_held + batch) * series->stride;
    const double less = series->subtrahend != NULL ? series->subtrahend[place] : 0.0;
    return (struct sums){series->numerator[place] - less, series->denominator[place]};
}

static struct sums of_trajectory(const struct ff_series *series, int k, struct part part)
{
    struct sums sums = {0.0, 0.0};
    for (int b = part.first; b < part.last; b++) {
        const struct sums batch = at(series, k, b);
        sums.value += batch.value;
        sums.time += batch.time;
    }
    return sums;
}

static struct sums of_part(const struct ff_series *series, struct part part)
{
    struct sums sums = {0.0, 0.0};
    for (int k = part.from; k < part.to; k++) {
        const struct sums one = of_trajectory(series, k, part);
        sums.value += one.value;
        sums.time += one.time;
    }
    return sums;
}

/* How far a trajectory, or a batch, pulls a ratio of these totals. */
static double residual(struct sums one, struct sums total)
{
    return (one.value - total.value / total.time * one.time) / total.time;
}

/* Of a sum of n independent terms with this sum of squares. */
static double variance_of(double squares, int n)
{
    return n > 1 ? squares * n / (n - 1.0) : NAN;
}

static double variance_between(const struct ff_series *series, struct part part, struct sums total)
{
    double squares = 0.0;
    for (int k = part.from; k < part.to; k++) {
        const double pull = residual(of_trajectory(series, k, part), total);
        squares += pull * pull;
    }
    return variance_of(squares, part.to - part.from);
}

/* ---- tests ---------------------------------------------------------------------------------- */

double ff_normal_of_student(double t, double n)
{
    return copysign((8.0 * n + 1.0) / (8.0 * n + 3.0) * sqrt(n * log1p(t * t / n)), t);
}

/* Differences and errors of ratios, before the scale. */
static double deviation(const struct ff_series *series, double difference, double variance, int n)
{
    const double t = difference / sqrt(variance + series->resolution * series->resolution);
    return difference == 0.0 ? 0.0 : ff_normal_of_student(t, n);
}

/* Paired within trajectories: what a trajectory has of its own is in both halves. */
static double test_halves(const struct ff_series *series)
{
    struct part first = whole(series), second = first;
    first.last = second.first = (series->first_batch + series->n_batches_held) / 2;
    if (first.first == first.last)
        return NAN;
    const struct sums before = of_part(series, first), after = of_part(series, second);
    double squares = 0.0;
    for (int k = 0; k < series->n_trajectories; k++) {
        const double pull = residual(of_trajectory(series, k, second), after) -
                            residual(of_trajectory(series, k, first), before);
        squares += pull * pull;
    }
    return deviation(series, after.value / after.time - before.value / before.time,
                     variance_of(squares, series->n_trajectories), series->n_trajectories - 1);
}

static double test_starts(const struct ff_series *series)
{
    struct part given = whole(series), elsewhere = given;
    given.to = elsewhere.from = series->n_given;
    if (given.to - given.from < 2 || elsewhere.to - elsewhere.from < 2)
        return NAN;
    const struct sums here = of_part(series, given), there = of_part(series, elsewhere);
    const double variance =
        variance_between(series, given, here) + variance_between(series, elsewhere, there);
    return deviation(series, there.value / there.time - here.value / here.time, variance,
                     series->n_trajectories - 2);
}

/* Of the sum of squares, the share of one trajectory is that of Student's t against all (Grubbs, Ann. Math. Stat. 21:27,
 * 1950): an error that rests on one of them knows nothing of how rare it is. */
static double test_outlier(const struct ff_series *series, struct part part, struct sums total,
                           double variance)
{
    const double n = series->n_trajectories, squares = variance * (n - 1.0) / n;
    double largest = 0.0;
    for (int k = part.from; k < part.to; k++) {
        const double pull = residual(of_trajectory(series, k, part), total);
        largest = fmax(largest, pull * pull);
    }
    if (!(squares > series->resolution * series->resolution) || n < 3)
        return 0.0;
    const double share = fmin(largest / squares * n / (n - 1.0), 1.0 - 1e-15);
    return ff_normal_of_student(sqrt((n - 2.0) * share / (1.0 - share)), n - 2.0);
}

/* The variance of a trajectory's sum over that of as many independent batches. */
static double find_correlation(const struct ff_series *series, struct part part, struct sums total)
{
    double batches = 0.0, trajectories = 0.0;
    for (int k = part.from; k < part.to; k++) {
        double sum = 0.0;
        for (int b = part.first; b < part.last; b++) {
            const double pull = residual(at(series, k, b), total);
            batches += pull * pull;
            sum += pull;
        }
        trajectories += sum * sum;
    }
    return trajectories > series->resolution * series->resolution ? trajectories / batches : 0.0;
}

void ff_evidence_find(const struct ff_series *series, struct ff_evidence *out)
{
    const struct part part = whole(series);
    const struct sums total = of_part(series, part);
    const double variance = variance_between(series, part, total);
    *out = (struct ff_evidence){.mean = series->scale * total.value / total.time,
                                .standard_error = fabs(series->scale) * sqrt(variance),
                                .half_z = test_halves(series),
                                .start_z = test_starts(series),
                                .gauge_z = NAN,
                                .exact_z = NAN,
                                .rare_ratio = NAN,
                                .outlier_z = test_outlier(series, part, total, variance),
                                .correlation = find_correlation(series, part, total)};
    out->length = (part.last - part.first) / fmax(out->correlation, 1.0);
}

void ff_evidence_add_rare(struct ff_evidence *evidence, double rare_error)
{
    if (isnan(rare_error))
        return;
    evidence->rare_ratio = rare_error / evidence->standard_error;
    evidence->standard_error = hypot(evidence->standard_error, rare_error);
}

double ff_evidence_z(const struct ff_series *series, const struct ff_evidence *evidence,
                     double exact)
{
    const double error = evidence->standard_error / series->scale;
    return deviation(series, (evidence->mean - exact) / series->scale, error * error,
                     series->n_trajectories - 1);
}

double ff_series_effective_share(const struct ff_series *series)
{
    const struct part part = whole(series);
    double time = 0.0, squares = 0.0;
    for (int k = 0; k < series->n_trajectories; k++) {
        const struct sums one = of_trajectory(series, k, part);
        time += one.time;
        squares += one.time * one.time;
    }
    return time * time / (series->n_trajectories * squares);
}

/* ---- verdicts ------------------------------------------------------------------------------- */

struct ff_verdict ff_coverage_judge(const struct ff_coverage *coverage)
{
    if (coverage->unseen_share > largest_unseen_share)
        return ff_verdict_refuse(
            "states never visited hold at least %.2g of the time; raise evaluation.events",
            coverage->unseen_share);
    if (coverage->unfired != NULL)
        return ff_verdict_refuse(
            "channel %.60s never fired, %.2g times expected: an exit slower than the simulation",
            coverage->unfired, coverage->unfired_events);
    if (!(coverage->dwell_share <= largest_dwell_share))
        return ff_verdict_refuse("one stay holds %.0f %% of all time; raise evaluation.events",
                                 100.0 * coverage->dwell_share);
    if (coverage->effective_share < least_effective_share)
        return ff_verdict_refuse(
            "%.0f %% of the trajectories hold all of the time; raise evaluation.events",
            100.0 * coverage->effective_share);
    if (coverage->relaxation_share > largest_relaxation_share)
        return ff_verdict_refuse(
            "a start was remembered for %.2g times the time measured; raise evaluation.events",
            coverage->relaxation_share);
    if (coverage->has_sink)
        return ff_verdict_refuse(
            "a state that nothing leaves can be reached: true only until then");
    return (struct ff_verdict){.is_converged = true};
}

/* Of n deviations, one beyond it has this probability, or less. */
static double limit_of(int n, double chance)
{
    return sqrt(2.0 * log(2.0 * n / chance));
}

struct ff_verdict ff_evidence_judge(const struct ff_evidence *evidence, int n_averages,
                                    double chance)
{
    const double limit = limit_of(n_averages, chance);
    if (!isfinite(evidence->mean))
        return ff_verdict_refuse("it is not finite");
    if (evidence->length < least_length)
        return ff_verdict_refuse(
            "trajectories are %.2g correlation times long, want %.0f; raise evaluation.events",
            evidence->length, least_length);
    if (fabs(evidence->start_z) > limit)
        return ff_verdict_refuse(
            "different starts differ by %.1f standard errors; raise evaluation.events",
            fabs(evidence->start_z));
    if (fabs(evidence->half_z) > limit)
        return ff_verdict_refuse(
            "first and second half differ by %.1f standard errors; raise evaluation.burn_in",
            fabs(evidence->half_z));
    if (evidence->rare_ratio > largest_rare_ratio)
        return ff_verdict_refuse(
            "states hardly or never visited bring %.2g times its error; raise evaluation.events",
            evidence->rare_ratio);
    if (evidence->outlier_z > limit_of(n_averages * MANY_TRAJECTORIES, chance))
        return ff_verdict_refuse(
            "it rests on one trajectory, %.1f deviations from the others; raise evaluation.events",
            evidence->outlier_z);
    if (fabs(evidence->gauge_z) > limit)
        return ff_verdict_refuse(
            "the state still drifts, by %.1f standard errors; raise evaluation.burn_in",
            fabs(evidence->gauge_z));
    if (fabs(evidence->exact_z) > limit)
        return ff_verdict_refuse(
            "it is %.1f standard errors from the exact value; raise evaluation.events",
            fabs(evidence->exact_z));
    return (struct ff_verdict){.is_converged = true};
}
