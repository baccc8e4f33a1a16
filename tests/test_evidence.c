/* Evidence and verdicts on synthetic series whose answers are known, each beside a series that must be refused.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: stat */
#include "job/evidence.h"

#include "base/status.h"
#include "base/stream.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N_TRAJECTORIES = 64, N_BATCHES = 256, N_NUMBERS = N_TRAJECTORIES * N_BATCHES };
static const double largest_z = 5.0;

/* A first-order autoregressive process of unit variance about a mean in every trajectory, and equal times. */
struct data {
    double value[N_NUMBERS], time[N_NUMBERS];
};

static void draw(struct data *data, uint32_t seed, double correlation, double mean)
{
    for (uint32_t k = 0; k < N_TRAJECTORIES; k++) {
        struct ff_stream stream = ff_stream_at(seed, 0, FF_PURPOSE_EVALUATE, 0, k);
        double y = ff_stream_normal(&stream);
        for (int b = 0; b < N_BATCHES; b++) {
            data->value[k * N_BATCHES + (uint32_t)b] = mean + y;
            data->time[k * N_BATCHES + (uint32_t)b] = 1.0;
            y = correlation * y + sqrt(1.0 - correlation * correlation) * ff_stream_normal(&stream);
        }
    }
}

static struct ff_series series_of(const struct data *data)
{
    return (struct ff_series){.numerator = data->value,
                              .denominator = data->time,
                              .stride = 1,
                              .n_batches_held = N_BATCHES,
                              .n_trajectories = N_TRAJECTORIES,
                              .n_given = N_TRAJECTORIES / 2,
                              .scale = 1.0,
                              .resolution = 1e-12};
}

static struct ff_evidence evidence_of(const struct data *data)
{
    const struct ff_series series = series_of(data);
    struct ff_evidence evidence;
    ff_evidence_find(&series, &evidence);
    return evidence;
}

static struct ff_verdict verdict_on(const struct data *data)
{
    const struct ff_evidence evidence = evidence_of(data);
    return ff_evidence_judge(&evidence, 1, ff_chance_final);
}

static void assert_refused(struct ff_verdict verdict, const char *words)
{
    assert_false(verdict.is_converged);
    if (strstr(verdict.reason, words) == NULL)
        fail_msg("`%s` does not say `%s`", verdict.reason, words);
}

/* ---- one series ----------------------------------------------------------------------------- */

/* Of n values the sum's variance is n tau - 2 phi (1 - phi^n)/(1 - phi)^2, tau = (1 + phi)/(1 - phi); estimated by 64 sums,
 * hence to sqrt(2/63). */
static void the_correlation_time_of_an_autoregression_is_found(void **state)
{
    struct data *data = *state;
    const double phis[] = {-0.5, 0.0, 0.5, 0.9};
    for (uint32_t i = 0; i < sizeof phis / sizeof *phis; i++) {
        const double phi = phis[i], n = N_BATCHES,
                     expected = (1.0 + phi) / (1.0 - phi) -
                                2.0 * phi * (1.0 - pow(phi, n)) / (n * (1.0 - phi) * (1.0 - phi));
        double sum = 0.0;
        const uint32_t n_repeats = 16;
        for (uint32_t repeat = 0; repeat < n_repeats; repeat++) {
            draw(data, 100 * i + repeat, phi, 1.0);
            sum += evidence_of(data).correlation;
        }
        const double z = (sum / n_repeats / expected - 1.0) / sqrt(2.0 / 63.0 / n_repeats);
        assert_true(fabs(z) < largest_z);
        assert_true(phi == 0.0 || fabs(sum / n_repeats - 1.0) > 0.3);
    }
}

/* The sum of squares of 200 z-scores is that of normal numbers; an error of a third would show. */
static void errors_of_stationary_series_are_right(void **state)
{
    struct data *data = *state;
    const int n_repeats = 200;
    double means = 0.0, halves = 0.0, starts = 0.0;
    for (int repeat = 0; repeat < n_repeats; repeat++) {
        draw(data, (uint32_t)repeat, 0.7, 3.0);
        const struct ff_series series = series_of(data);
        const struct ff_evidence evidence = evidence_of(data);
        const double z = ff_evidence_z(&series, &evidence, 3.0);
        means += z * z;
        halves += evidence.half_z * evidence.half_z;
        starts += evidence.start_z * evidence.start_z;
        assert_true(verdict_on(data).is_converged);
    }
    const double error = sqrt(2.0 / n_repeats);
    assert_true(fabs(means / n_repeats - 1.0) < 4.0 * error);
    assert_true(fabs(halves / n_repeats - 1.0) < 4.0 * error);
    assert_true(fabs(starts / n_repeats - 1.0) < 4.0 * error);
    assert_true(fabs(means / n_repeats / 0.44 - 1.0) > 4.0 * error);
}

static void a_drift_is_refused(void **state)
{
    struct data *data = *state;
    draw(data, 1, 0.3, 3.0);
    for (int i = 0; i < N_NUMBERS; i++)
        data->value[i] += 0.3 * exp(-(i % N_BATCHES) / 100.0);
    assert_refused(verdict_on(data), "half");
}

static void starts_that_are_remembered_are_refused(void **state)
{
    struct data *data = *state;
    draw(data, 2, 0.3, 3.0);
    for (int i = N_NUMBERS / 2; i < N_NUMBERS; i++)
        data->value[i] += 0.1;
    assert_refused(verdict_on(data), "starts");
}

/* Each trajectory in a well of its own: the spread is honest, and says nothing of other wells. */
static void trajectories_that_never_forget_are_refused(void **state)
{
    struct data *data = *state;
    draw(data, 3, 0.0, 3.0);
    for (int k = 0; k < N_TRAJECTORIES; k++)
        for (int b = 0; b < N_BATCHES; b++)
            data->value[k * N_BATCHES + b] += k % 2;
    assert_refused(verdict_on(data), "correlation times");
    draw(data, 3, 0.995, 3.0);
    assert_refused(verdict_on(data), "correlation times");
}

static void a_constant_is_certain_and_rounding_no_difference(void **state)
{
    struct data *data = *state;
    const struct ff_series series = series_of(data);
    for (int i = 0; i < N_NUMBERS; i++) {
        data->time[i] = 1.0 + (i % 7);
        data->value[i] = 1000.0 * data->time[i] * (1.0 + (i % 3) * 1e-16);
    }
    const struct ff_evidence evidence = evidence_of(data);
    assert_true(fabs(evidence.mean - 1000.0) < 1e-9);
    assert_true(verdict_on(data).is_converged);
    assert_true(fabs(ff_evidence_z(&series, &evidence, 1000.1)) > largest_z);
    /* The resolution is of the ratio, whatever is made of it. */
    struct ff_series scaled = series;
    struct ff_evidence scaled_evidence;
    scaled.scale = 0.125;
    ff_evidence_find(&scaled, &scaled_evidence);
    const double z = ff_evidence_z(&series, &evidence, 1000.0 - 2e-12);
    assert_true(z > 0.5);
    assert_true(fabs(ff_evidence_z(&scaled, &scaled_evidence, 125.0 - 2.5e-13) / z - 1.0) < 1e-9);
}

/* A value that goes along with the time: the ratio knows it, the mean of ratios does not. */
static void times_weigh_the_values(void **state)
{
    struct data *data = *state;
    draw(data, 4, 0.0, 0.0);
    double value = 0.0, time = 0.0;
    for (int i = 0; i < N_NUMBERS; i++) {
        data->time[i] = exp(data->value[i]);
        data->value[i] = data->time[i] * data->time[i];
        value += data->value[i];
        time += data->time[i];
    }
    const struct ff_evidence evidence = evidence_of(data);
    assert_true(fabs(evidence.mean - value / time) < 1e-9 * value / time);
    assert_true(fabs(evidence.mean - exp(1.5)) < largest_z * evidence.standard_error);
}

/* What is thrown away may be anything, and a subtrahend is taken from every number. */
static void burn_in_and_subtrahend_are_taken_away(void **state)
{
    struct data *data = *state;
    draw(data, 5, 0.2, 2.0);
    struct ff_series series = series_of(data);
    for (int i = 0; i < N_NUMBERS; i++)
        if (i % N_BATCHES < N_BATCHES / 4)
            data->value[i] = NAN;
    series.first_batch = N_BATCHES / 4;
    struct ff_evidence evidence;
    ff_evidence_find(&series, &evidence);
    assert_true(fabs(ff_evidence_z(&series, &evidence, 2.0)) < largest_z);
    series.subtrahend = series.numerator;
    ff_evidence_find(&series, &evidence);
    assert_true(evidence.mean == 0.0 && ff_evidence_z(&series, &evidence, 0.0) == 0.0);
}

/* ---- deviates ------------------------------------------------------------------------------- */

/* Quantiles of Student's t against those of the normal of the same probability. */
static void students_become_normal(void **state)
{
    (void)state;
    const struct {
        double t, n, z;
    } pairs[] = {{2.0423, 30, 1.95996}, {3.6460, 30, 3.29053}, {2.5706, 5, 1.95996}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_true(fabs(ff_normal_of_student(pairs[i].t, pairs[i].n) - pairs[i].z) < 0.02);
        assert_true(ff_normal_of_student(-pairs[i].t, pairs[i].n) < 0.0);
    }
}

/* ---- what all share ------------------------------------------------------------------------- */

static const struct ff_coverage seen = {
    .dwell_share = 1e-4, .unseen_share = NAN, .effective_share = 0.9};

static void coverage_is_refused_for_each_of_its_reasons(void **state)
{
    (void)state;
    struct ff_coverage coverage = seen;
    assert_true(ff_coverage_judge(&coverage).is_converged);
    coverage.unseen_share = 0.4;
    assert_refused(ff_coverage_judge(&coverage), "never visited");
    coverage = seen;
    coverage.unfired = "A->B";
    coverage.unfired_events = 0.02;
    assert_refused(ff_coverage_judge(&coverage), "A->B never fired");
    coverage = seen;
    coverage.dwell_share = 0.5;
    assert_refused(ff_coverage_judge(&coverage), "one stay");
    coverage.dwell_share = NAN;
    assert_false(ff_coverage_judge(&coverage).is_converged);
    coverage = seen;
    coverage.effective_share = 0.02;
    assert_refused(ff_coverage_judge(&coverage), "of the trajectories");
    coverage = seen;
    coverage.relaxation_share = 5.0;
    assert_refused(ff_coverage_judge(&coverage), "remembered");
    coverage = seen;
    coverage.has_sink = true;
    assert_refused(ff_coverage_judge(&coverage), "nothing leaves");
}

static void one_trajectory_that_holds_the_time_is_seen(void **state)
{
    struct data *data = *state;
    const struct ff_series series = series_of(data);
    draw(data, 6, 0.0, 0.0);
    assert_true(fabs(ff_series_effective_share(&series) - 1.0) < 1e-12);
    for (int b = 0; b < N_BATCHES; b++)
        data->time[b] = 1e9;
    assert_true(fabs(ff_series_effective_share(&series) * N_TRAJECTORIES - 1.0) < 1e-6);
}

/* Among many averages the largest of right ones is not called wrong. */
static void limits_widen_with_the_number_of_averages(void **state)
{
    (void)state;
    const struct ff_evidence evidence = {.mean = 1.0,
                                         .standard_error = 0.1,
                                         .half_z = 4.5,
                                         .start_z = NAN,
                                         .gauge_z = NAN,
                                         .exact_z = NAN,
                                         .length = 20};
    assert_false(ff_evidence_judge(&evidence, 1, ff_chance_final).is_converged);
    assert_true(ff_evidence_judge(&evidence, 10000, ff_chance_final).is_converged);
}

/* An error that is not known from the spread counts in it, up to twice of that; beyond, the average is refused. */
static void rare_states_widen_the_error_or_refuse_it(void **state)
{
    struct data *data = *state;
    draw(data, 7, 0.3, 3.0);
    const struct ff_evidence spread = evidence_of(data);
    struct ff_evidence evidence = spread;
    ff_evidence_add_rare(&evidence, NAN);
    assert_true(isnan(evidence.rare_ratio) && evidence.standard_error == spread.standard_error);
    ff_evidence_add_rare(&evidence, 1.99 * spread.standard_error);
    assert_true(fabs(evidence.standard_error / spread.standard_error - hypot(1.0, 1.99)) < 1e-12);
    assert_true(ff_evidence_judge(&evidence, 1, ff_chance_final).is_converged);
    evidence = spread;
    ff_evidence_add_rare(&evidence, 2.01 * spread.standard_error);
    assert_refused(ff_evidence_judge(&evidence, 1, ff_chance_final), "hardly or never visited");
}

/* Whatever the error bars say of themselves. */
static void a_value_known_to_be_another_is_refused(void **state)
{
    struct data *data = *state;
    draw(data, 7, 0.3, 3.0);
    const struct ff_series series = series_of(data);
    struct ff_evidence evidence = evidence_of(data);
    evidence.exact_z = ff_evidence_z(&series, &evidence, 3.0);
    assert_true(ff_evidence_judge(&evidence, 1, ff_chance_final).is_converged);
    evidence.exact_z = ff_evidence_z(&series, &evidence, 3.0 + 8.0 * evidence.standard_error);
    assert_true(evidence.exact_z < 0.0);
    assert_refused(ff_evidence_judge(&evidence, 1, ff_chance_final), "from the exact value");
    evidence.exact_z = NAN;
    assert_true(ff_evidence_judge(&evidence, 1, ff_chance_final).is_converged);
}

static int make_data(void **state)
{
    *state = ff_allocate(1, sizeof(struct data));
    return 0;
}

static int free_data(void **state)
{
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_correlation_time_of_an_autoregression_is_found),
        cmocka_unit_test(errors_of_stationary_series_are_right),
        cmocka_unit_test(a_drift_is_refused),
        cmocka_unit_test(starts_that_are_remembered_are_refused),
        cmocka_unit_test(trajectories_that_never_forget_are_refused),
        cmocka_unit_test(a_constant_is_certain_and_rounding_no_difference),
        cmocka_unit_test(times_weigh_the_values),
        cmocka_unit_test(burn_in_and_subtrahend_are_taken_away),
        cmocka_unit_test(students_become_normal),
        cmocka_unit_test(coverage_is_refused_for_each_of_its_reasons),
        cmocka_unit_test(one_trajectory_that_holds_the_time_is_seen),
        cmocka_unit_test(limits_widen_with_the_number_of_averages),
        cmocka_unit_test(rare_states_widen_the_error_or_refuse_it),
        cmocka_unit_test(a_value_known_to_be_another_is_refused),
    };
    return cmocka_run_group_tests(tests, make_data, free_data);
}
