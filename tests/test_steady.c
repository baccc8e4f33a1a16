/* Currents that vanish and sums over some of the channels, as told from the stoichiometry, against the exact solution.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: unit */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CHANNELS = 32, N_DRAWS = 400 };

#define TRIANGLE                                                                                   \
    "{from: A, to: B, forward: 1, backward: 1}, {from: B, to: C, forward: 1, backward: 1}, "       \
    "{from: C, to: A, forward: 1, backward: 1}"
#define TAIL "{from: C, to: D, forward: 1, backward: 1}"
#define SECOND                                                                                     \
    "{from: C, to: D, forward: 1, backward: 1}, {from: D, to: E, forward: 1, backward: 1}, {from: E, to: C, forward: 1, backward: 1}"
#define NETWORK(states, edges)                                                                     \
    "{model: {kind: network, states: [" states "], edges: [" edges "]}, objective: "
#define REACTIONS(species, reactions)                                                              \
    "{model: {kind: reactions, species: {" species "}, reactions: [" reactions "]}, objective: "

/* Rates over four decades. */
static void draw_rates(struct ff_stream *stream, int n_channels, double *rates)
{
    for (int r = 0; r < n_channels; r++)
        rates[r] = pow(10.0, 4.0 * ff_stream_uniform(stream) - 2.0);
}

/* Least and greatest of J or sigma, over the activity, at random rates. */
static void find_range(const struct ff_system *system, int q, double *least, double *greatest)
{
    struct oracle oracle = make_oracle(system, NULL);
    struct ff_stream stream = ff_stream_at(1, 0, FF_PURPOSE_DISORDER, 0, 0);
    double rates[MAX_CHANNELS], means[FF_N_OBSERVABLES];
    assert_true(system->process->n_channels <= MAX_CHANNELS);
    *least = INFINITY;
    *greatest = -INFINITY;
    for (int i = 0; i < N_DRAWS; i++) {
        draw_rates(&stream, system->process->n_channels, rates);
        assert_int_equal(ff_exact_solve(oracle.exact, rates), FF_OK);
        ff_exact_means(oracle.exact, means);
        const double value = means[q] / ff_exact_observe(oracle.exact).activity;
        *least = fmin(*least, value);
        *greatest = fmax(*greatest, value);
    }
    free_oracle(&oracle);
}

/* ---- currents ------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    bool is_zero;
} currents[] = {
    {NETWORK("A, B, C", TRIANGLE) "{current: all}}", false},
    {NETWORK("A, B, C", TRIANGLE) "{current: {\"A->B\": 1, \"B->C\": -1}}}", true},
    {NETWORK("A, B, C", TRIANGLE) "{current: {\"A->B\": 1, \"B->C\": 2, \"C->A\": -3}}}", true},
    {NETWORK("A, B, C", TRIANGLE) "{current: {\"A->B\": 1, \"B->C\": 2, \"C->A\": -2.99}}}", false},
    {NETWORK("A, B, C, D", TRIANGLE ", " TAIL) "{current: {\"C->D\": 1}}}", true},
    {NETWORK("A, B, C, D", TRIANGLE ", " TAIL) "{current: {\"C->D\": 1, \"A->B\": 0.01}}}", false},
    {"{model: {kind: ring, sites: 5}, objective: {current: {\"0->1\": 1}}}", false},
    {"{model: {kind: exclusion, sites: 5, particles: 2}}", false},
    {"{model: {kind: exclusion, lattice: open, sites: 3, left: {in: 1, out: 1}, right: {in: 1, out: 1}}}",
     false},
    {REACTIONS("A: 3, B: 0", "\"A <-> B @ 1, 1\"") "{}}", true},
    {REACTIONS("P: 5, P2: 0", "\"2 P <-> P2 @ 1, 1\"") "{}}", true},
    {REACTIONS("A: 2, B: 0, C: 0", "\"2 A <-> B @ 1, 1\", \"B <-> C @ 1, 1\"") "{}}", true},
    {REACTIONS(
         "A: 4, B: 0, C: 0",
         "\"2 A <-> B @ 1, 1\", \"B <-> 2 C @ 1, 1\", \"C <-> A @ 1, 1\"") "{current: {\"2 A -> B\": 1}}}",
     false},
    /* Per turn, the last reaction fires twice. */
    {REACTIONS(
         "A: 4, B: 0, C: 0",
         "\"2 A <-> B @ 1, 1\", \"B <-> 2 C @ 1, 1\", \"C <-> A @ 1, 1\"") "{current: {\"2 A -> B\": 2, \"C -> A\": -1}}}",
     true},
};

static void currents_that_vanish_are_told_from_those_that_do_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof currents / sizeof *currents; i++) {
        struct ff_system *system = read_system(currents[i].text);
        double least, greatest;
        find_range(system, FF_J, &least, &greatest);
        if (system->observables->is_current_zero != currents[i].is_zero)
            fail_msg("%s", currents[i].text);
        if (currents[i].is_zero)
            assert_near(fmax(greatest, -least), 0.0, 1e-12);
        else
            assert_true(fmax(greatest, -least) > 1e-5);
        ff_system_free(system);
    }
}

static void large_systems_are_told_too(void **state)
{
    (void)state;
    struct ff_system *ring = read_system("{model: {kind: exclusion, sites: 20000, particles: 5}}");
    assert_false(ring->observables->is_current_zero);
    ff_system_free(ring);
    ring = read_system(
        "{model: {kind: ring, sites: 20000}, objective: {current: {\"0->1\": 1, \"9->10\": -1}}}");
    assert_true(ring->observables->is_current_zero);
    ff_system_free(ring);
}

/* ---- sums over some channels ---------------------------------------------------------------- */

static const struct {
    const char *text;
    enum ff_partial kind;
} sums[] = {
    {NETWORK("A, B, C", TRIANGLE) "{exclude: [\"A->B\", \"B->A\"]}}", FF_PARTIAL_UNBOUNDED},
    {NETWORK("A, B, C", TRIANGLE) "{exclude: [\"A->B\"]}}", FF_PARTIAL_UNBOUNDED},
    {NETWORK("A, B, C", TRIANGLE) "{exclude: all}}", FF_PARTIAL_ZERO},
    {NETWORK("A, B, C, D", TRIANGLE ", " TAIL) "{exclude: [\"C->D\", \"D->C\"]}}",
     FF_PARTIAL_ENTROPY},
    {NETWORK("A, B, C, D", TRIANGLE
             ", " TAIL) "{exclude: [\"A->B\", \"B->A\", \"B->C\", \"C->B\", \"C->A\", \"A->C\"]}}",
     FF_PARTIAL_ZERO},
    {NETWORK(
         "A, B, C, D, E", TRIANGLE
         ", " SECOND) "{exclude: [\"C->D\", \"D->C\", \"D->E\", \"E->D\", \"E->C\", \"C->E\"]}}",
     FF_PARTIAL_ENTROPY},
    {NETWORK("A, B, C, D, E",
             TRIANGLE ", " SECOND) "{exclude: [\"C->D\", \"D->C\", \"A->B\", \"B->A\"]}}",
     FF_PARTIAL_UNBOUNDED},
    {"{model: {kind: exclusion, sites: 4, particles: 2}, objective: {exclude: [\"0->1\", \"1->0\"]}}",
     FF_PARTIAL_UNBOUNDED},
    /* A gene that cycles by itself beside molecules that do not matter to it. */
    {REACTIONS(
         "a: 1, b: 0, c: 0, m: 0, n: 2",
         "\"a <-> b @ 1, 1\", \"b <-> c @ 1, 1\", \"c <-> a @ 1, 1\", \"a + n -> a + m @ 1\", \"m -> n @ 1\"") "{exclude: [\"a + n -> a + m\", \"m -> n\"]}}",
     FF_PARTIAL_ENTROPY},
    /* The same with molecules that gate the cycle, and so can drive it. */
    {REACTIONS(
         "a: 1, b: 0, c: 0, m: 0, n: 1",
         "\"a + m <-> b + m @ 1, 1\", \"b + n <-> c + n @ 1, 1\", \"c <-> a @ 1, 1\", \"a + n -> a + m @ 1\", "
         "\"b + m -> b + n @ 1\"") "{exclude: [\"a + n -> a + m\", \"b + m -> b + n\"]}}",
     FF_PARTIAL_UNBOUNDED},
    /* Switching alone has no net current. */
    {REACTIONS(
         "a: 1, b: 0, m: 0, n: 2",
         "\"a <-> b @ 1, 1\", \"a + n -> a + m @ 1\", \"m -> n @ 1\"") "{exclude: [\"a + n -> a + m\", \"m -> n\"]}}",
     FF_PARTIAL_ZERO},
    /* Excluded pairs that are idle leave the whole. */
    {REACTIONS(
         "a: 1, b: 0, m: 0, n: 2",
         "\"a <-> b @ 1, 1\", \"a + n <-> a + m @ 1, 1\", \"m <-> n @ 1, 1\"") "{current: {\"m -> n\": 1}, exclude: [\"a -> b\", \"b -> a\"]}}",
     FF_PARTIAL_ENTROPY},
};

static void sums_over_some_channels_are_what_they_are_called(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        struct ff_system *system = read_system(sums[i].text);
        double least, greatest;
        find_range(system, FF_SIGMA, &least, &greatest);
        if (system->observables->entropy_kind != sums[i].kind)
            fail_msg("%s is called %d", sums[i].text, system->observables->entropy_kind);
        if (sums[i].kind == FF_PARTIAL_UNBOUNDED ? !(least < -1e-4) : !(least > -1e-12))
            fail_msg("%s falls to %g", sums[i].text, least);
        if (sums[i].kind == FF_PARTIAL_ZERO ? !(greatest < 1e-12) : !(greatest > 1e-4))
            fail_msg("%s rises to %g", sums[i].text, greatest);
        ff_system_free(system);
    }
}

/* Random graphs on six states, random edges excluded. */
static struct ff_system *random_part(struct ff_stream *stream)
{
    enum { N = 6 };
    const double share = ff_stream_uniform(stream);
    char edges[2048] = "", excluded[512] = "";
    int n_edges = 0;
    for (int to = 1; to < N; to++)
        snprintf(edges + strlen(edges), sizeof edges - strlen(edges),
                 "%s{name: e%d, from: s%d, to: s%d, forward: 1, backward: 1}",
                 n_edges > 0 ? ", " : "", n_edges, (int)(ff_stream_uniform(stream) * to), to),
            n_edges++;
    const int n_chords = 1 + (int)(ff_stream_uniform(stream) * 3.0);
    for (int i = 0; i < n_chords; i++, n_edges++) {
        const int from = (int)(ff_stream_uniform(stream) * N);
        const int to = (from + 1 + (int)(ff_stream_uniform(stream) * (N - 1))) % N;
        snprintf(edges + strlen(edges), sizeof edges - strlen(edges),
                 ", {name: e%d, from: s%d, to: s%d, forward: 1, backward: 1}", n_edges, from, to);
    }
    for (int e = 0; e < n_edges; e++)
        if (ff_stream_uniform(stream) < share)
            snprintf(excluded + strlen(excluded), sizeof excluded - strlen(excluded),
                     "%se%d+, e%d-", excluded[0] != '\0' ? ", " : "", e, e);
    char text[4096];
    snprintf(text, sizeof text,
             "{model: {kind: network, states: [s0, s1, s2, s3, s4, s5], edges: [%s]}, "
             "objective: {current: {e0: 1}, exclude: [%s]}}",
             edges, excluded);
    return read_system(text);
}

static void random_parts_are_what_they_are_called(void **state)
{
    (void)state;
    struct ff_stream stream = ff_stream_at(2, 0, FF_PURPOSE_DISORDER, 0, 0);
    int n_found[3] = {0};
    for (int i = 0; i < 100; i++) {
        struct ff_system *system = random_part(&stream);
        double least, greatest;
        find_range(system, FF_SIGMA, &least, &greatest);
        const enum ff_partial kind = system->observables->entropy_kind;
        n_found[kind]++;
        assert_true((least < -1e-9) == (kind == FF_PARTIAL_UNBOUNDED));
        assert_true((greatest < 1e-9) == (kind == FF_PARTIAL_ZERO));
        find_range(system, FF_J, &least, &greatest);
        assert_true((fmax(greatest, -least) < 1e-9) == system->observables->is_current_zero);
        ff_system_free(system);
    }
    for (int kind = 0; kind < 3; kind++)
        assert_true(n_found[kind] >= 5);
}

static void the_example_of_a_negative_sum_is_computed_but_not_optimised(void **state)
{
    (void)state;
    struct ff_system *system = read_system(
        "{model: {kind: network, states: [a, b], edges: [{from: a, to: b, forward: 2, backward: 1}, "
        "{name: x, from: a, to: b, forward: 10, backward: 0}]}, "
        "objective: {current: {\"a->b\": 1}, exclude: [x+]}}");
    struct oracle oracle = solved(system, NULL, system->process->rates);
    const struct ff_exact_values values = ff_exact_observe(oracle.exact);
    assert_close(values.entropy_production, -10.0 / 13.0 * log(2.0), 1e-14);
    assert_true(isnan(values.tur_ratio));
    assert_int_equal(ff_observables_check_front(system->observables), FF_ERR_CONFIG);
    assert_non_null(strstr(ff_status_message(), "`a->b`"));
    free_oracle(&oracle);
    ff_system_free(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(currents_that_vanish_are_told_from_those_that_do_not),
        cmocka_unit_test(large_systems_are_told_too),
        cmocka_unit_test(sums_over_some_channels_are_what_they_are_called),
        cmocka_unit_test(random_parts_are_what_they_are_called),
        cmocka_unit_test(the_example_of_a_negative_sum_is_computed_but_not_optimised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
