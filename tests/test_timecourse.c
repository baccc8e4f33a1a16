/* Time courses against closed forms and an independent master equation, with z-scores of means and
 * standard deviations; and their edge cases.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: stat */
/* timeout: 300 */
#include "simulate/horizon.h"
#include "simulate/timecourse.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support.h"

static const double largest_z = 5.0;
static const struct ff_timecourse_options fifty = {50.0, 51, 10000, 1000000};

/* Mean, variance and fourth central moment. */
struct moments {
    double mean, variance, fourth;
};

struct scores {
    double mean, std;
};

static void simulate(const char *text, const struct ff_timecourse_options *options,
                     struct ff_timecourse_sums *sums, struct ff_timecourse *course)
{
    struct ff_system *system = read_system(text);
    struct ff_engine *engine;
    struct ff_kinetics *kinetics;
    struct ff_walk *walk;
    ff_engine_create(system->process, &engine);
    ff_kinetics_create(system, ff_system_functionals(system), &kinetics);
    ff_kinetics_set(kinetics, system->process->rates);
    ff_walk_create(engine, &walk);
    ff_timecourse_sums_create(options->points, system->process->n_sites, sums);
    const struct ff_draw_key key = {11, 0, 0, FF_PURPOSE_TIMECOURSE};
    for (int i = 0; i < options->trajectories; i++)
        assert_int_equal(
            ff_timecourse_add(walk, kinetics, ff_draw_stream(key, (uint32_t)i), options, sums),
            FF_OK);
    ff_timecourse_estimate(sums, options->trajectories, course);
    ff_walk_free(walk);
    ff_kinetics_free(kinetics);
    ff_engine_free(engine);
    ff_system_free(system);
}

/* Largest |Z| of site 0 against exact moments [51]; where the exact variance is 0 the match is exact. */
static struct scores scores_of(const char *text, const struct moments *exact)
{
    struct ff_timecourse_sums sums;
    struct ff_timecourse course;
    const double n = fifty.trajectories;
    const clock_t begun = clock();
    simulate(text, &fifty, &sums, &course);
    const double seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
    struct scores largest = {0.0, 0.0};
    for (int t = 0; t < fifty.points; t++) {
        const double mean = course.mean[t * sums.n_sites], std = course.std[t * sums.n_sites];
        const double sigma = sqrt(exact[t].variance);
        if (t == 0) {
            assert_true(mean == exact[t].mean && std == 0.0);
            continue;
        }
        const double square = exact[t].variance * exact[t].variance;
        const double spread = sqrt((exact[t].fourth - square * (n - 3.0) / (n - 1.0)) / n);
        largest.mean = fmax(largest.mean, fabs(mean - exact[t].mean) / (sigma / sqrt(n)));
        largest.std = fmax(largest.std, fabs(std - sigma) / (spread / (2.0 * sigma)));
    }
    assert_int_equal(sums.n_truncated, 0);
    print_message("largest |Z|: means %.2f, deviations %.2f; %.3g events/s\n", largest.mean,
                  largest.std, (double)sums.n_events / seconds);
    ff_timecourse_sums_free(&sums);
    ff_timecourse_free(&course);
    return largest;
}

static void assert_closes(const char *text, const struct moments *exact)
{
    const struct scores z = scores_of(text, exact);
    assert_true(z.mean < largest_z && z.std < largest_z);
}

/* X(t) is Binomial(n0, p) + Poisson(k (1 - p) / g) with p = exp(-g t). */
static void linear_moments(double birth, double death, int n0, struct moments *out)
{
    for (int t = 0; t < fifty.points; t++) {
        const double p = exp(-death * t), born = birth / death * (1.0 - p);
        const double spread = n0 * p * (1.0 - p), variance = born + spread;
        out[t].mean = born + n0 * p;
        out[t].variance = variance;
        out[t].fourth = born + spread * (1.0 - 6.0 * p * (1.0 - p)) + 3.0 * variance * variance;
    }
}

#define MODEL(species, reactions)                                                                  \
    "{model: {kind: reactions, species: {" species "}, reactions: [" reactions "]}, "              \
    "objective: {exclude: all}}"

static void birth_and_death(void **state)
{
    (void)state;
    struct moments exact[51];
    linear_moments(5.0, 0.1, 100, exact);
    assert_closes(MODEL("X: 100", "'0 -> X @ 5', 'X -> 0 @ 0.1'"), exact);
    linear_moments(5.15, 0.1, 100, exact); /* 3 % off is seen */
    assert_true(scores_of(MODEL("X: 100", "'0 -> X @ 5', 'X -> 0 @ 0.1'"), exact).mean > largest_z);
}

static void immigration_from_nothing(void **state)
{
    (void)state;
    struct moments exact[51];
    linear_moments(2.0, 0.1, 0, exact);
    assert_closes(MODEL("X: 0", "'0 -> X @ 2', 'X -> 0 @ 0.1'"), exact);
}

/* Batches arrive at rate k, each of b that die one by one: the j-th cumulant is k times the integral over
 * ages s of the j-th raw moment of Binomial(b, exp(-g s)). */
static void batches(void **state)
{
    (void)state;
    const double k = 1.0, g = 0.2, b1 = 100, b2 = b1 * 99, b3 = b2 * 98, b4 = b3 * 97;
    struct moments exact[51];
    for (int t = 0; t < fifty.points; t++) {
        double i[5];
        for (int q = 1; q < 5; q++)
            i[q] = k * (1.0 - exp(-q * g * t)) / (q * g);
        exact[t].mean = b1 * i[1];
        exact[t].variance = b2 * i[2] + b1 * i[1];
        exact[t].fourth = b4 * i[4] + 6.0 * b3 * i[3] + 7.0 * b2 * i[2] + b1 * i[1] +
                          3.0 * exact[t].variance * exact[t].variance;
    }
    assert_closes(MODEL("X: 0", "'0 -> 100 X @ 1', 'X -> 0 @ 0.2'"), exact);
}

/* ---- dimerisation --------------------------------------------------------------------------- */

enum { N_PAIRS = 30, STEPS_PER_UNIT = 200 };

static void flow(const double *p, bool is_square, double *slope)
{
    memset(slope, 0, sizeof *slope * (N_PAIRS + 1));
    for (int d = 0; d <= N_PAIRS; d++) {
        const double n = 2.0 * (N_PAIRS - d);
        const double up = 0.002 * (is_square ? n * n : n * (n - 1.0) / 2.0) * p[d];
        const double down = 0.05 * d * p[d];
        if (d < N_PAIRS) {
            slope[d] -= up;
            slope[d + 1] += up;
        }
        if (d > 0) {
            slope[d] -= down;
            slope[d - 1] += down;
        }
    }
}

static void runge_kutta(double *p, bool is_square)
{
    static const double ahead[4] = {0.0, 0.5, 0.5, 1.0}, weight[4] = {1, 2, 2, 1};
    const double h = 1.0 / STEPS_PER_UNIT;
    double slope[N_PAIRS + 1] = {0}, sum[N_PAIRS + 1] = {0}, at[N_PAIRS + 1];
    for (int stage = 0; stage < 4; stage++) {
        for (int d = 0; d <= N_PAIRS; d++)
            at[d] = p[d] + h * ahead[stage] * slope[d];
        flow(at, is_square, slope);
        for (int d = 0; d <= N_PAIRS; d++)
            sum[d] += weight[stage] * slope[d] * h / 6.0;
    }
    for (int d = 0; d <= N_PAIRS; d++)
        p[d] += sum[d];
}

/* The master equation of 2 P <-> P2 on the number of dimers, from none. */
static void dimer_moments(bool is_square, struct moments *out)
{
    double p[N_PAIRS + 1] = {1.0};
    for (int t = 0; t < fifty.points; t++) {
        out[t] = (struct moments){0};
        for (int d = 0; d <= N_PAIRS; d++)
            out[t].mean += p[d] * 2.0 * (N_PAIRS - d);
        for (int d = 0; d <= N_PAIRS; d++) {
            const double square = pow(2.0 * (N_PAIRS - d) - out[t].mean, 2.0);
            out[t].variance += p[d] * square;
            out[t].fourth += p[d] * square * square;
        }
        for (int s = 0; s < STEPS_PER_UNIT; s++)
            runge_kutta(p, is_square);
    }
}

static void dimerisation(void **state)
{
    (void)state;
    static const char text[] = MODEL("P: 60, P2: 0", "'2 P <-> P2 @ 0.002, 0.05'");
    struct moments exact[51];
    dimer_moments(false, exact);
    assert_closes(text, exact);
    dimer_moments(true, exact); /* n^2 in place of n (n - 1) / 2 is seen */
    assert_true(scores_of(text, exact).mean > largest_z);
}

/* ---- edges ---------------------------------------------------------------------------------- */

static void absorbing_states_last(void **state)
{
    (void)state;
    struct ff_timecourse_sums sums;
    struct ff_timecourse course;
    simulate(MODEL("X: 3", "'X -> 0 @ 10'"), &fifty, &sums, &course);
    assert_int_equal(sums.n_events, 3 * fifty.trajectories);
    assert_int_equal(sums.reached[50], fifty.trajectories);
    assert_true(course.mean[50] == 0.0 && course.std[50] == 0.0 && course.std_stderr[50] == 0.0);
    ff_timecourse_sums_free(&sums);
    ff_timecourse_free(&course);
}

static void capped_trajectories_leave_no_estimate(void **state)
{
    (void)state;
    const struct ff_timecourse_options capped = {50.0, 51, 100, 20};
    struct ff_timecourse_sums sums;
    struct ff_timecourse course;
    simulate(MODEL("X: 0", "'0 -> X @ 1'"), &capped, &sums, &course);
    assert_int_equal(sums.n_truncated, 100 - sums.reached[50]);
    assert_true(sums.n_truncated > 0);
    for (int t = 0; t < capped.points; t++)
        assert_int_equal(isnan(course.mean[t]) != 0, sums.reached[t] < 100);
    assert_true(course.mean[0] == 0.0 && isfinite(course.mean[1]) && isnan(course.std[50]));
    ff_timecourse_sums_free(&sums);
    ff_timecourse_free(&course);
}

/* No event after the end: the events of a pure birth process are what is there at the end. */
static void one_point_is_the_end(void **state)
{
    (void)state;
    const struct ff_timecourse_options one = {2.0, 1, 1000, 1000};
    struct ff_timecourse_sums sums;
    struct ff_timecourse course;
    simulate(MODEL("X: 0", "'0 -> X @ 3'"), &one, &sums, &course);
    assert_true((ff_wide)sums.n_events == sums.power[0][0]);
    assert_true(fabs(course.mean[0] - 6.0) < largest_z * sqrt(6.0 / 1000.0));
    ff_timecourse_sums_free(&sums);
    ff_timecourse_free(&course);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(birth_and_death),
        cmocka_unit_test(immigration_from_nothing),
        cmocka_unit_test(batches),
        cmocka_unit_test(dimerisation),
        cmocka_unit_test(absorbing_states_last),
        cmocka_unit_test(capped_trajectories_leave_no_estimate),
        cmocka_unit_test(one_point_is_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
