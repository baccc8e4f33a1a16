/* The direct method: choice of channels, sums that do not drift, propensities of any size.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: unit, stat */
#include "simulate/ensemble.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "rig.h"

static const double least_chance = 1e-4; /* a true hypothesis is rejected this often per check */
static const struct ff_draw_key key = {.seed = 1, .task = 3, .purpose = FF_PURPOSE_EVALUATE};

/* ---- choice of events ----------------------------------------------------------------------- */

/* p-value of a million choices in one state, if channel `wrong` had its propensity times `factor`. */
static double chance_of_choices(struct rig *rig, int wrong, double factor)
{
    enum { N_CHOICES = 1000000 };
    const int n_channels = rig->system->process->n_channels;
    int counts[MAX_CHANNELS] = {0}, freedom = -1;
    double propensity[MAX_CHANNELS], total = 0.0, square = 0.0;
    for (int r = 0; r < n_channels; r++) {
        propensity[r] = rig->kinetics->rates[r] *
                        ff_process_multiplicity(rig->system->process, r, rig->walk->x);
        propensity[r] *= r == wrong ? factor : 1.0;
        total += propensity[r];
    }
    for (int k = 0; k < N_CHOICES; k++)
        counts[ff_walk_choose(rig->walk)]++;
    for (int r = 0; r < n_channels; r++) {
        const double expected = N_CHOICES * propensity[r] / total;
        if (propensity[r] > 0.0) {
            square += (counts[r] - expected) * (counts[r] - expected) / expected;
            freedom++;
        } else {
            assert_int_equal(counts[r], 0);
        }
    }
    return gsl_cdf_chisq_Q(square, freedom);
}

/* The channel of the largest propensity that is at most half of the total. */
static int frequent_channel(const struct rig *rig)
{
    const struct ff_load *load = rig->walk->load;
    int best = -1;
    for (int r = 0; r < rig->system->process->n_channels; r++)
        if (2 * load[r].weight <= rig->walk->tree.total &&
            (best < 0 || load[r].weight > load[best].weight))
            best = r;
    return best;
}

static void channels_are_chosen_in_proportion_to_their_propensities(void **state)
{
    (void)state;
    struct ff_system *system = random_network(5, 1.0, 5);
    struct rig rig = make_rig(system, system->process->rates);
    for (uint32_t k = 0; k < 5; k++) {
        ff_walk_start(rig.walk, rig.kinetics, ff_draw_stream(key, k));
        assert_true(chance_of_choices(&rig, -1, 1.0) > least_chance);
        assert_true(chance_of_choices(&rig, frequent_channel(&rig), 1.1) <
                    least_chance); /* control */
    }
    free_rig(&rig);
    ff_system_free(system);
}

/* ---- sums ----------------------------------------------------------------------------------- */

/* Every weight, every entry of the tree, and the totals, against the state. */
static void check_sums(const struct rig *rig)
{
    const struct ff_process *process = rig->system->process;
    const struct ff_walk *walk = rig->walk;
    double totals[3] = {0}, scale[3] = {0};
    int64_t sum = 0;
    for (int r = 0; r < process->n_channels; r++) {
        const double a = rig->kinetics->rates[r] * ff_process_multiplicity(process, r, walk->x);
        const double term[3] = {a, a * ff_kinetics_coefficient(rig->kinetics, FF_J)[r],
                                a * ff_kinetics_coefficient(rig->kinetics, FF_SIGMA)[r]};
        for (int q = 0; q < 3; q++) {
            totals[q] += term[q];
            scale[q] += fabs(term[q]);
        }
        assert_true(fabs((double)walk->load[r].weight - a * walk->quanta) <=
                    1.0 + 1e-15 * a * walk->quanta);
        if (walk->load[r].weight > 0) {
            assert_int_equal(ff_tree_find(&walk->tree, sum), r);
            sum += walk->load[r].weight;
            assert_int_equal(ff_tree_find(&walk->tree, sum - 1), r);
        }
    }
    assert_true(walk->tree.total == sum);
    for (int q = 0; q < 3; q++)
        assert_true(fabs(walk->totals[q] - totals[q]) <= 1e-11 * scale[q]);
}

static void sums_do_not_drift(void **state)
{
    (void)state;
    for (uint32_t index = 0; index < 6; index++) {
        struct ff_system *system = random_network(index, 1.0, 7);
        struct rig rig = make_rig(system, system->process->rates);
        ff_walk_start(rig.walk, rig.kinetics, ff_draw_stream(key, 0));
        for (int n = 0; n < 200000; n++)
            step(rig.walk);
        check_sums(&rig);
        int n_walkers = 0;
        for (int i = 0; i < system->process->n_sites; i++) {
            assert_true(rig.walk->x[i] >= 0);
            n_walkers += rig.walk->x[i];
        }
        assert_int_equal(n_walkers, 7);
        free_rig(&rig);
        ff_system_free(system);
    }
}

/* Propensities that grow by twelve orders of magnitude and vanish again, of orders 0 to 3. */
static void quanta_follow_the_propensities(void **state)
{
    (void)state;
    struct ff_system *system = read_system(
        "model: {kind: reactions, species: {A: 0, B: 0}, reactions: ["
        "\"0 -> 1000 A @ 1e-3\", \"A -> 1000 A @ 0.01\", \"2 A -> B @ 1e-4\", \"A + B -> B @ 1e-2\", "
        "\"3 B -> 2 B @ 1e-6\", \"A -> 0 @ 1\", \"B -> 0 @ 1\"]}\n"
        "objective: {exclude: all}\n");
    struct rig rig = make_rig(system, system->process->rates);
    ff_walk_start(rig.walk, rig.kinetics, ff_draw_stream(key, 0));
    double least = HUGE_VAL, most = 0.0;
    for (int n = 0; n < 300000; n++) {
        least = fmin(least, ff_walk_totals(rig.walk)[0]);
        most = fmax(most, ff_walk_totals(rig.walk)[0]);
        step(rig.walk);
        if (n % 1000 == 0)
            check_sums(&rig);
    }
    assert_true(least == 1e-3 && most > 1e5);
    free_rig(&rig);
    ff_system_free(system);
}

static void an_absorbing_state_is_never_left(void **state)
{
    (void)state;
    struct ff_system *system =
        read_system("model: {kind: reactions, species: {A: 3, B: 0}, "
                    "reactions: [\"A -> B @ 1\", \"B -> 0 @ 2\"]}\nobjective: {exclude: all}\n");
    struct rig rig = make_rig(system, system->process->rates);
    ff_walk_start(rig.walk, rig.kinetics, ff_draw_stream(key, 0));
    for (int n = 0; n < 20; n++) {
        assert_true((ff_walk_totals(rig.walk)[0] == 0.0) ==
                    (n >= 6)); /* three A, then three B, go */
        step(rig.walk);
    }
    assert_int_equal(rig.walk->x[0], 0);
    assert_int_equal(rig.walk->x[1], 0);
    const struct ff_horizon horizon = {.events = 10};
    double sums[FF_NARROW_ROW];
    ff_ensemble_trajectory(&rig.ensemble, ff_draw_stream(key, 1), horizon, sums);
    assert_true(isinf(sums[0]));
    free_rig(&rig);
    ff_system_free(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_are_chosen_in_proportion_to_their_propensities),
        cmocka_unit_test(sums_do_not_drift),
        cmocka_unit_test(quanta_follow_the_propensities),
        cmocka_unit_test(an_absorbing_state_is_never_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
