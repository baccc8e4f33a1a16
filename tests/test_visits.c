/* Visits counted in vector lanes: the counts of single trajectories, whatever the kernel, and whoever walks beside them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/visits.h"

#include "base/wide.h"
#include "simulate/survey.h"

#include <stdlib.h>
#include <string.h>

#include "oracle.h"

enum { N_STATES = 7, MOST_SLOTS = 5, N_BATCHES = 5, MOST_COLUMNS = 16 };

static const struct ff_draw_key key = {
    .seed = 0x9e3779b97f4a7c15, .task = 5, .iteration = 77, .purpose = FF_PURPOSE_EVALUATE};

/* ---- kernels -------------------------------------------------------------------------------- */

struct table {
    struct ff_alias alias[N_STATES * MOST_SLOTS];
    uint64_t exits[N_STATES];
};

/* One to five slots in a state, of random thresholds and targets. */
static void fill(struct table *table)
{
    struct ff_stream stream = ff_stream_at(1, 0, FF_PURPOSE_DISORDER, 0, 0);
    for (unsigned x = 0; x < N_STATES; x++) {
        table->exits[x] = (uint64_t)(x * MOST_SLOTS) << 32 | (1 + x % MOST_SLOTS);
        for (unsigned i = 0; i < MOST_SLOTS; i++)
            table->alias[x * MOST_SLOTS + i] = (struct ff_alias){
                ff_stream_bits(&stream), (uint32_t)(ff_stream_bits(&stream) % N_STATES),
                (uint32_t)(ff_stream_bits(&stream) % N_STATES)};
    }
}

/* By one product of 128 bits. */
static uint64_t next_state(const struct table *table, uint64_t state, uint64_t bits)
{
    const ff_wide product = (ff_wide)bits * (uint32_t)table->exits[state];
    const struct ff_alias slot =
        table->alias[(table->exits[state] >> 32) + (uint64_t)(product >> 64)];
    return (uint64_t)product < slot.threshold ? slot.first : slot.second;
}

static struct ff_bundle make_bundle(void)
{
    const struct ff_stream shared = ff_draw_stream(key, 0);
    struct ff_bundle bundle = {.purpose = shared.counter.v[2],
                               .task = shared.counter.v[3],
                               .key = {shared.key.v[0], shared.key.v[1]}};
    for (uint64_t i = 0; i < FF_N_LANES; i++) {
        bundle.trajectory[i] = 100 + i;
        bundle.state[i] = i % N_STATES;
    }
    return bundle;
}

/* Stretches of even and odd length, that begin in the middle of a block too. */
static void check_kernel(ff_visits_kernel *kernel, const struct table *table)
{
    static const uint64_t ends[] = {0, 1, 2, 2, 9, 40, 1001, 1500};
    const struct ff_visits visits = {table->alias, table->exits};
    struct ff_bundle bundle = make_bundle();
    for (size_t part = 1; part < sizeof ends / sizeof *ends; part++) {
        uint32_t count[N_STATES][FF_N_LANES] = {{0}}, expected[N_STATES][FF_N_LANES] = {{0}};
        struct ff_bundle before = bundle;
        kernel(&visits, &bundle, ends[part - 1], ends[part], count);
        for (uint32_t i = 0; i < FF_N_LANES; i++) {
            struct ff_stream stream = ff_draw_stream(key, 100 + i);
            for (uint64_t n = 0; n < ends[part]; n++) {
                const uint64_t bits = ff_stream_bits(&stream);
                if (n < ends[part - 1])
                    continue;
                expected[before.state[i]][i]++;
                assert_int_equal(ff_visits_next(&visits, (int)before.state[i], bits),
                                 next_state(table, before.state[i], bits));
                before.state[i] = next_state(table, before.state[i], bits);
            }
        }
        assert_memory_equal(count, expected, sizeof count);
        assert_memory_equal(bundle.state, before.state, sizeof bundle.state);
    }
}

static void every_kernel_counts_what_single_trajectories_visit(void **state)
{
    (void)state;
    struct table table;
    fill(&table);
    ff_visits_kernel *const best = ff_visits_best_kernel();
    check_kernel(ff_visits_portable, &table);
    check_kernel(best, &table);
    if (best == ff_visits_avx512)
        check_kernel(ff_visits_avx2, &table);
}

/* ---- surveys -------------------------------------------------------------------------------- */

/* Rows of the first three of n trajectories, which are given the initial state. */
static void survey(const char *text, int n, double rows[3][N_BATCHES][MOST_COLUMNS])
{
    struct ff_system *system = read_system(text);
    struct ff_chain *chain = make_chain(system);
    struct ff_survey *survey;
    ff_survey_create(system, system->process->rates, chain, key, n, 3, &survey);
    assert_true(ff_survey_is_on_chain(survey));
    const size_t width = (size_t)ff_survey_width(survey);
    double *all = FF_NEW(double, (size_t)n *N_BATCHES *width);
    ff_survey_burn_in(survey, 101);
    ff_survey_run(survey, 1003, 0, 2, N_BATCHES, all);
    ff_survey_run(survey, 2002, 2, N_BATCHES, N_BATCHES, all);
    assert_true(width <= MOST_COLUMNS);
    for (size_t k = 0; k < 3; k++)
        for (size_t b = 0; b < N_BATCHES; b++)
            memcpy(rows[k][b], all + (k * N_BATCHES + b) * width, sizeof *all * width);
    free(all);
    ff_survey_free(survey);
    ff_chain_free(chain);
    ff_system_free(system);
}

/* Three alone go one by one; among 16, 17 and 23 they are in lanes. In the last system a state keeps what enters it. */
static void trajectories_do_not_depend_on_those_beside_them(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "model: {kind: ring, sites: 6, disorder: {barrier: 0.5, energy: 0.5, seed: 3}}\n",
        "model: {kind: exclusion, lattice: open, sites: 4, forward: 1, backward: 0.3, "
        "left: {in: 0.4, out: 0.1}, right: {in: 0.2, out: 0.7}}\n",
        "model: {kind: reactions, species: {A: 1, B: 0, C: 0}, reactions: [A -> C @ 0.01, \"A <-> B @ 2, 1\"]}\n"
        "objective: {current: {\"A -> C\": 1}, exclude: [A -> C]}\n"};
    static const int beside[] = {16, 17, 23};
    for (int m = 0; m < 3; m++) {
        double alone[3][N_BATCHES][MOST_COLUMNS] = {{{0}}};
        survey(texts[m], 3, alone);
        for (int i = 0; i < 3; i++) {
            double together[3][N_BATCHES][MOST_COLUMNS] = {{{0}}};
            survey(texts[m], beside[i], together);
            assert_memory_equal(alone, together, sizeof alone);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_counts_what_single_trajectories_visit),
        cmocka_unit_test(trajectories_do_not_depend_on_those_beside_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
