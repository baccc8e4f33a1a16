/* Times in states never visited, against the steady state of the chain: a part of it determines the rest.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/unseen.h"

#include <math.h>
#include <stdlib.h>

#include "oracle.h"

/* Hide every state but those of number 0 mod `period`; times are then twice the probabilities, and must come back so. */
static double largest_error(const char *text, int period, double factor)
{
    struct ff_system *system = read_system(text);
    struct oracle oracle = solved(system, NULL, system->process->rates);
    const struct ff_chain *chain = oracle.chain;
    const double *pi = ff_exact_probability(oracle.exact);
    double *time = FF_RAW(double, chain->n_states), error = 0.0;
    bool *is_known = FF_RAW(bool, chain->n_states);
    for (int x = 0; x < chain->n_states; x++) {
        is_known[x] = x % period == 0;
        time[x] = is_known[x] ? 2.0 * pi[x] : NAN;
    }
    system->process->rates[0] *= factor;
    ff_unseen_times(chain, system->process->rates, is_known, time);
    for (int x = 0; x < chain->n_states; x++)
        error = fmax(error, fabs(time[x] / (2.0 * pi[x]) - 1.0));
    free(is_known);
    free(time);
    free_oracle(&oracle);
    ff_system_free(system);
    return error;
}

static const char *const stiff =
    "{model: {kind: ring, sites: 7, forward: [1.0e-3, 5.0e5, 2.0, 3.0e3, 1.0e6, 0.02, 7.0], "
    "backward: [40.0, 2.0e5, 1.0e-3, 9.0e5, 3.0e4, 0.5, 6.0e2]}}";
static const char *const lattice =
    "{model: {kind: exclusion, lattice: open, sites: 9, forward: 1.0, backward: 0.4, "
    "left: {in: 0.6, out: 0.2}, right: {in: 0.3, out: 0.7}}}";

static void few_states_follow_to_rounding(void **state)
{
    (void)state;
    assert_true(largest_error(stiff, 3, 1.0) < 1e-12);
    assert_true(largest_error(stiff, 7, 1.0) < 1e-12);
    assert_true(largest_error(lattice, 2, 1.0) < 1e-10);
    assert_true(largest_error(lattice, 2, 1.01) > 1e-4);
}

/* 469 of 512 states: by iteration, from below. */
static void many_states_follow_nearly(void **state)
{
    (void)state;
    assert_true(largest_error(lattice, 12, 1.0) < 0.01);
    assert_true(largest_error(lattice, 12, 2.0) > 0.05);
}

/* Two halves joined one way only: the second keeps what enters it. */
static void what_is_never_left_holds_all_the_time(void **state)
{
    (void)state;
    struct ff_system *system = read_system(
        "{model: {kind: reactions, species: {A: 1, B: 0, C: 0, D: 0}, reactions: ['A <-> B @ 1, 1', "
        "'B -> C @ 1.0e-6', 'C <-> D @ 1, 1']}, objective: {current: {'A -> B': 1}, exclude: all}}");
    struct ff_chain *chain = make_chain(system);
    const bool is_known[] = {true, true, false, false};
    double time[] = {1.0, 1.0, NAN, NAN};
    ff_unseen_times(chain, system->process->rates, is_known, time);
    assert_true(!isfinite(time[2] + time[3]));
    ff_chain_free(chain);
    ff_system_free(system);
}

/* A way from what is known, through a bridge, into two states that nothing leaves; the bridge also leads back. */
static void what_leads_to_states_never_left_is_still_known(void **state)
{
    (void)state;
    struct ff_system *system = read_system(
        "{model: {kind: reactions, species: {A: 1, B: 0, C: 0, D: 0, E: 0, F: 0}, reactions: ["
        "'A <-> B @ 1, 1', 'B -> C @ 0.5', 'C -> D @ 1', 'C -> F @ 3', 'D <-> E @ 1, 2', "
        "'F -> A @ 4']}, objective: {current: {'A -> B': 1}, exclude: all}}");
    struct ff_chain *chain = make_chain(system);
    enum { A, B, C, D, F, E };
    const bool is_known[] = {[A] = true, [B] = true, [E] = false};
    double time[] = {[A] = 1.0, [B] = 1.0, [C] = NAN, [D] = NAN, [F] = NAN, [E] = NAN};
    ff_unseen_times(chain, system->process->rates, is_known, time);
    assert_near(time[C], 0.5 / 4.0, 1e-15);
    assert_near(time[F], 0.5 / 4.0 * 3.0 / 4.0, 1e-15);
    assert_true(isinf(time[D]) && isinf(time[E]));
    ff_chain_free(chain);
    ff_system_free(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_states_follow_to_rounding),
        cmocka_unit_test(many_states_follow_nearly),
        cmocka_unit_test(what_is_never_left_holds_all_the_time),
        cmocka_unit_test(what_leads_to_states_never_left_is_still_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
