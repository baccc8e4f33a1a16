/* Scalarisations: their values and slopes, and which part of a front each of them can reach.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/scalarization.h"

#include <math.h>

#include "near.h"

static const struct ff_scalarization weighted = {
    .kind = FF_SCALARIZATION_WEIGHTED, .weight = 0.3, .current_scale = 2.0, .entropy_scale = 5.0};
static const struct ff_scalarization chebyshev = {.kind = FF_SCALARIZATION_CHEBYSHEV,
                                                  .weight = 0.3,
                                                  .current_scale = 2.0,
                                                  .entropy_scale = 5.0,
                                                  .current_ideal = 1.5,
                                                  .entropy_ideal = 0.2};

static void weighted_sum_matches_its_formula(void **state)
{
    (void)state;
    double by_current, by_entropy;
    const double value = ff_scalarize(&weighted, 0.8, 3.0, &by_current, &by_entropy);
    assert_near(value, -0.3 * 0.8 / 2.0 + 0.7 * 3.0 / 5.0, 1e-15);
    assert_near(by_current, -0.15, 1e-15);
    assert_near(by_entropy, 0.14, 1e-15);
}

/* max(a, b) <= smooth max(a, b) <= max(a, b) + eps ln 2, with equality on the right where a = b. */
static void chebyshev_is_the_augmented_maximum_up_to_its_rounding(void **state)
{
    (void)state;
    const double smoothing = 0.01, augmentation = 0.01;
    for (double current = -1.0; current < 1.5; current += 0.0625)
        for (double entropy = 0.25; entropy < 4.0; entropy += 0.0625) {
            const double t_j = 0.3 * (1.5 - current) / 2.0, t_s = 0.7 * (entropy - 0.2) / 5.0;
            const double sharp = fmax(t_j, t_s) + augmentation * (t_j + t_s);
            const double excess = ff_scalarize(&chebyshev, current, entropy, NULL, NULL) - sharp;
            assert_true(excess >= -1e-15 && excess <= smoothing * log(2.0) + 1e-15);
        }
    const double level = 0.1;
    const double corner =
        ff_scalarize(&chebyshev, 1.5 - level * 2.0 / 0.3, 0.2 + level * 5.0 / 0.7, NULL, NULL);
    assert_near(corner, level + smoothing * log(2.0) + 2.0 * augmentation * level, 1e-14);
}

/* Central differences of step h have an error of h^2/6 times a third derivative, here at most about
 * slope^3 / smoothing^2 < 100, and of epsilon/h from rounding. */
static void slopes_match_finite_differences(void **state)
{
    (void)state;
    const struct ff_scalarization *const both[] = {&weighted, &chebyshev};
    const double h = 1e-5, error = 1e-8;
    for (int k = 0; k < 2; k++)
        for (double current = -1.0; current < 1.5; current += 0.11)
            for (double entropy = 0.3; entropy < 4.0; entropy += 0.13) {
                double by_current, by_entropy;
                ff_scalarize(both[k], current, entropy, &by_current, &by_entropy);
                const double up_j = ff_scalarize(both[k], current + h, entropy, NULL, NULL);
                const double down_j = ff_scalarize(both[k], current - h, entropy, NULL, NULL);
                const double up_s = ff_scalarize(both[k], current, entropy + h, NULL, NULL);
                const double down_s = ff_scalarize(both[k], current, entropy - h, NULL, NULL);
                assert_near(by_current, (up_j - down_j) / (2.0 * h), error);
                assert_near(by_entropy, (up_s - down_s) / (2.0 * h), error);
            }
}

/* Strictly better in either objective is strictly better in L: no weakly dominated optima. */
static void both_fall_with_current_and_rise_with_entropy(void **state)
{
    (void)state;
    const struct ff_scalarization *const both[] = {&weighted, &chebyshev};
    for (int k = 0; k < 2; k++)
        for (double current = -30.0; current < 30.0; current += 1.7)
            for (double entropy = -30.0; entropy < 30.0; entropy += 1.3) {
                double by_current, by_entropy;
                const double value =
                    ff_scalarize(both[k], current, entropy, &by_current, &by_entropy);
                assert_true(isfinite(value) && by_current < 0.0 && by_entropy > 0.0);
            }
}

static void chebyshev_stays_finite_far_from_its_corner(void **state)
{
    (void)state;
    double by_current, by_entropy;
    assert_true(isfinite(ff_scalarize(&chebyshev, -1e6, 0.2, &by_current, &by_entropy)));
    assert_near(by_current, -0.15 * 1.01, 1e-12);
    assert_near(by_entropy, 0.14 * 0.01, 1e-12);
    assert_true(isfinite(ff_scalarize(&chebyshev, 1.5, 1e6, &by_current, &by_entropy)));
    assert_near(by_current, -0.15 * 0.01, 1e-12);
    assert_near(by_entropy, 0.14 * 1.01, 1e-12);
}

enum { FRONT_SIZE = 1001, N_WEIGHTS = 99 };

/* The current at the optimum of L over the front sigma = 2 J - J^2, 0 <= J <= 1, which is concave. */
static double best_current(enum ff_scalarization_kind kind, double weight)
{
    const struct ff_scalarization s = {.kind = kind,
                                       .weight = weight,
                                       .current_scale = 1.0,
                                       .entropy_scale = 1.0,
                                       .current_ideal = 1.0,
                                       .entropy_ideal = 0.0};
    double best = NAN, least = INFINITY;
    for (int i = 0; i < FRONT_SIZE; i++) {
        const double current = (double)i / (FRONT_SIZE - 1);
        const double value =
            ff_scalarize(&s, current, 2.0 * current - current * current, NULL, NULL);
        if (value < least) {
            least = value;
            best = current;
        }
    }
    return best;
}

static void weighted_sum_reaches_only_the_ends_of_a_concave_front(void **state)
{
    (void)state;
    for (int i = 1; i <= N_WEIGHTS; i++) {
        const double current = best_current(FF_SCALARIZATION_WEIGHTED, 0.01 * i);
        assert_true(current == 0.0 || current == 1.0);
    }
}

/* The rounding of the corner costs the part of a concave front nearest to an end, about a tenth. */
static void chebyshev_leaves_no_wide_gap_in_a_concave_front(void **state)
{
    (void)state;
    double previous = best_current(FF_SCALARIZATION_CHEBYSHEV, 0.01), widest = 0.0;
    assert_true(previous < 0.02);
    for (int i = 2; i <= N_WEIGHTS; i++) {
        const double current = best_current(FF_SCALARIZATION_CHEBYSHEV, 0.01 * i);
        assert_true(current >= previous);
        widest = fmax(widest, current - previous);
        previous = current;
    }
    assert_true(previous > 0.98 && widest < 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weighted_sum_matches_its_formula),
        cmocka_unit_test(chebyshev_is_the_augmented_maximum_up_to_its_rounding),
        cmocka_unit_test(slopes_match_finite_differences),
        cmocka_unit_test(both_fall_with_current_and_rise_with_entropy),
        cmocka_unit_test(chebyshev_stays_finite_far_from_its_corner),
        cmocka_unit_test(weighted_sum_reaches_only_the_ends_of_a_concave_front),
        cmocka_unit_test(chebyshev_leaves_no_wide_gap_in_a_concave_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
