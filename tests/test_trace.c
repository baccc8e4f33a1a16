/* The history of a task: what it holds, and that its columns belong together.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/task.h"

#include <math.h>

#include "oracle.h"

static void a_full_trace_keeps_its_first_entries(void **state)
{
    (void)state;
    struct ff_result result;
    struct ff_trace *trace = &result.trace;
    struct ff_evaluation evaluation;
    ff_evaluation_create(2, &evaluation);
    ff_result_create(2, 2, &result);
    for (int t = 0; t < 5; t++) {
        evaluation.value = t;
        evaluation.gradient[0] = 3.0 * t;
        evaluation.gradient[1] = -4.0 * t;
        evaluation.observed[FF_J] = 10.0 * t;
        evaluation.observed[FF_SIGMA] = 20.0 * t;
        ff_trace_record(trace, &evaluation);
    }
    assert_int_equal(trace->n_recorded, 2);
    for (int t = 0; t < 2; t++)
        assert_true(trace->value[t] == t && trace->current[t] == 10.0 * t &&
                    trace->entropy_production[t] == 20.0 * t && trace->gradient_norm[t] == 5.0 * t);
    ff_result_free(&result);
    ff_evaluation_free(&evaluation);
}

static void what_is_not_recorded_is_nan(void **state)
{
    (void)state;
    struct ff_result result;
    struct ff_trace *trace = &result.trace;
    struct ff_evaluation evaluation;
    ff_evaluation_create(1, &evaluation);
    evaluation.value = evaluation.gradient[0] = 1.0;
    evaluation.observed[FF_J] = evaluation.observed[FF_SIGMA] = 1.0;
    ff_result_create(1, 4, &result);
    ff_trace_record(trace, &evaluation);
    assert_int_equal(trace->n_recorded, 1);
    for (int t = 1; t < 4; t++)
        assert_true(isnan(trace->value[t]) && isnan(trace->current[t]) &&
                    isnan(trace->entropy_production[t]) && isnan(trace->gradient_norm[t]));
    ff_result_free(&result);
    ff_evaluation_free(&evaluation);
}

/* A line search evaluates more often than it is recorded: the observables must be those of the value. */
static void every_value_is_the_scalarisation_of_its_observables(void **state)
{
    (void)state;
    struct ff_system *system =
        read_system("model: {kind: ring, sites: 3, forward: 2, backward: 1}\n"
                    "design: {kind: rates, budget: {total: 9}}\n");
    const struct ff_scalarization scalarization = {.kind = FF_SCALARIZATION_WEIGHTED,
                                                   .weight = 0.6,
                                                   .current_scale = 1.0,
                                                   .entropy_scale = 1.0};
    struct ff_chain *chain = make_chain(system);
    struct ff_task task;
    ff_task_create(system->design->n_parameters, 1, &task);
    task.scalarization = scalarization;
    for (int i = 0; ff_optimizer_types[i] != NULL; i++) {
        const struct ff_plan plan = {.system = system,
                                     .functionals = ff_system_functionals(system),
                                     .chain = chain,
                                     .evaluation = {.trajectories = 2,
                                                    .horizon = {.events = 1},
                                                    .has_trajectories = true,
                                                    .has_events = true,
                                                    .has_burn_in = true},
                                     .gradient = {.estimator = &ff_estimator_exact},
                                     .optimizer = {.type = ff_optimizer_types[i],
                                                   .learning_rate = 0.1,
                                                   .decay = 0.5,
                                                   .average = 0.5,
                                                   .iterations = 8}};
        struct ff_result result;
        const struct ff_trace *trace = &result.trace;
        void *worker;
        assert_int_equal(ff_front_kind.worker_create(&plan, &worker), FF_OK);
        ff_front_kind.solve(worker, &task, &result);
        assert_int_equal(result.status, FF_OK);
        assert_int_equal(trace->capacity, 8);
        assert_true(trace->n_recorded > 1);
        for (int t = 0; t < trace->n_recorded; t++)
            assert_true(trace->value[t] == ff_scalarize(&scalarization, trace->current[t],
                                                        trace->entropy_production[t], NULL, NULL));
        ff_front_kind.worker_free(worker);
        ff_result_free(&result);
    }
    ff_task_free(&task);
    ff_chain_free(chain);
    ff_system_free(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_trace_keeps_its_first_entries),
        cmocka_unit_test(what_is_not_recorded_is_nan),
        cmocka_unit_test(every_value_is_the_scalarisation_of_its_observables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
