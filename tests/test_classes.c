/* Closed classes of a chain, and the exact solution on the one there is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: unit */
#include "exact/classes.h"

#include <stdlib.h>
#include <string.h>

#include "oracle.h"

enum { N = 9 };

/* A random graph of N states as a chain; its arrays belong to the caller. */
static struct ff_chain *random_chain(struct ff_stream *stream, double density)
{
    struct ff_chain *chain = FF_NEW(struct ff_chain, 1);
    chain->n_states = chain->n_sites = N;
    chain->start = FF_NEW(int, N + 1);
    chain->target = FF_RAW(int, N *N);
    for (int x = 0; x < N; x++) {
        for (int y = 0; y < N; y++)
            if (x != y && ff_stream_uniform(stream) < density)
                chain->target[chain->n_transitions++] = y;
        chain->start[x + 1] = chain->n_transitions;
    }
    return chain;
}

/* Warshall's closure. */
static void find_reachable(const struct ff_chain *chain, bool is_reached[N][N])
{
    for (int x = 0; x < N; x++)
        for (int y = 0; y < N; y++)
            is_reached[x][y] = x == y;
    for (int x = 0; x < N; x++)
        for (int t = chain->start[x]; t < chain->start[x + 1]; t++)
            is_reached[x][chain->target[t]] = true;
    for (int k = 0; k < N; k++)
        for (int x = 0; x < N; x++)
            for (int y = 0; y < N; y++)
                is_reached[x][y] = is_reached[x][y] || (is_reached[x][k] && is_reached[k][y]);
}

static void components_are_those_of_the_transitive_closure(void **state)
{
    (void)state;
    struct ff_stream stream = ff_stream_at(1, 0, FF_PURPOSE_DISORDER, 0, 0);
    int n_split = 0;
    for (int i = 0; i < 300; i++) {
        struct ff_chain *chain = random_chain(&stream, 0.05 + 0.2 * ff_stream_uniform(&stream));
        bool is_reached[N][N];
        int component[N];
        find_reachable(chain, is_reached);
        const int n = ff_classes_find(chain, component);
        n_split += n > 1 && n < N;
        for (int x = 0; x < N; x++)
            for (int y = 0; y < N; y++) {
                assert_true((component[x] == component[y]) ==
                            (is_reached[x][y] && is_reached[y][x]));
                assert_true(!is_reached[x][y] || component[x] >= component[y]);
            }
        ff_chain_free(chain);
    }
    assert_true(n_split > 50);
}

#define CYCLE "\"A <-> B @ 2, 1\", \"B <-> C @ 1, 1\", \"C <-> A @ 3, 1\""
#define OBJECTIVE "objective: {current: {\"A -> B\": 1}, exclude: ["

/* Two ways out of S, and one through T, into the cycle. */
static const char transient_text[] =
    "{model: {kind: reactions, species: {S: 1, T: 0, A: 0, B: 0, C: 0}, reactions: "
    "[\"S -> A @ 0.1\", \"S <-> T @ 1, 2\", \"T -> B @ 1e-3\", " CYCLE "]}, " OBJECTIVE
    "\"S -> A\", \"T -> B\", \"S -> T\", \"T -> S\"]}}";
static const char closed_text[] =
    "{model: {kind: reactions, species: {A: 1, B: 0, C: 0}, reactions: [" CYCLE "]}, " OBJECTIVE
    "]}}";

static void a_transient_start_changes_nothing(void **state)
{
    (void)state;
    const struct ff_solver_type *const solvers[] = {&ff_solver_gth, &ff_solver_klu};
    struct ff_system *start = read_system(transient_text), *alone = read_system(closed_text);
    const int extra = start->process->n_channels - alone->process->n_channels;
    for (int i = 0; i < 2; i++) {
        struct oracle a = solved(start, solvers[i], start->process->rates);
        struct oracle b = solved(alone, solvers[i], alone->process->rates);
        const struct ff_exact_values u = ff_exact_observe(a.exact), v = ff_exact_observe(b.exact);
        double from_start[32], from_alone[32];
        ff_exact_gradient(a.exact, from_start);
        ff_exact_gradient(b.exact, from_alone);
        assert_close(u.current, v.current, 1e-13);
        assert_close(u.entropy_production, v.entropy_production, 1e-13);
        assert_close(u.current_noise, v.current_noise, 1e-13);
        assert_int_equal(a.chain->n_states, 5);
        assert_true(ff_exact_probability(a.exact)[0] == 0.0);
        assert_true(ff_exact_occupancy(a.exact)[0] == 0.0 && ff_exact_occupancy(a.exact)[1] == 0.0);
        for (int q = 0; q < FF_N_OBSERVABLES; q++) {
            const double *x = from_start + q * start->process->n_channels;
            const double *y = from_alone + q * alone->process->n_channels;
            for (int r = 0; r < extra; r++)
                assert_true(x[r] == 0.0);
            for (int r = 0; r < alone->process->n_channels; r++)
                assert_near(x[extra + r], y[r], 1e-13);
        }
        free_oracle(&a);
        free_oracle(&b);
    }
    ff_system_free(start);
    ff_system_free(alone);
}

static void assert_refused(const char *text, const char *phrase)
{
    struct ff_system *system = read_system(text);
    struct ff_chain *chain = make_chain(system);
    struct ff_exact *exact;
    assert_int_equal(ff_chain_check_steady(system->process, chain), FF_ERR_NUMERICAL);
    if (strstr(ff_status_message(), phrase) == NULL)
        fail_msg("said: %s", ff_status_message());
    assert_int_equal(ff_exact_create(system, ff_system_functionals(system), chain, NULL, &exact),
                     FF_ERR_NUMERICAL);
    ff_chain_free(chain);
    ff_system_free(system);
}

static void several_ends_are_named(void **state)
{
    (void)state;
    assert_refused(
        "{model: {kind: reactions, species: {S: 1, A: 0, B: 0, C: 0, D: 0}, reactions: [\"S -> A @ 1\", "
        "\"A <-> B @ 1, 1\", \"S -> C @ 1\", \"C <-> D @ 1, 1\"]}, objective: {exclude: all}}",
        "those of (S = 0, A = 1, B = 0, C = 0, D = 0) and of (S = 0, A = 0, B = 0, C = 1, D = 0)");
    assert_refused(
        "{model: {kind: reactions, species: {X: 3, Y: 0}, reactions: [\"X -> 0 @ 1\", \"X + Y -> 0 @ 1\"]}, "
        "objective: {exclude: all}}",
        "in the state (X = 0, Y = 0), which nothing leaves");
    /* The negative control: an irreversible cycle is one class. */
    struct ff_system *system = read_system(
        "{model: {kind: network, states: [A, B], edges: [{from: A, to: B, forward: 1, backward: 0}, "
        "{from: B, to: A, forward: 2, backward: 0}]}, objective: {exclude: all}}");
    struct ff_chain *chain = make_chain(system);
    assert_int_equal(ff_chain_check_steady(system->process, chain), FF_OK);
    ff_chain_free(chain);
    ff_system_free(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components_are_those_of_the_transitive_closure),
        cmocka_unit_test(a_transient_start_changes_nothing),
        cmocka_unit_test(several_ends_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
