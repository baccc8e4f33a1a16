/* From a task to its point: where it starts, how the point is measured, and what is said of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: stat */
#include "front/verdict.h"

#include <math.h>
#include <string.h>

#include "oracle.h"

static const double largest_z = 5.0;

static const char ring[] = "model: {kind: ring, sites: 4, forward: 2, backward: 1}\n"
                           "design: {kind: forces, bounds: [-24, 24]}\n";

/* A task of a ring with these starts [n][4], solved in no steps: what is left is the best start, measured. */
static struct ff_result solved_task(const struct ff_plan *plan, int n_starts, const double *starts)
{
    struct ff_result result;
    struct ff_task task;
    void *worker;
    ff_task_create(4, n_starts, &task);
    memcpy(task.starts, starts, sizeof *starts * 4 * (size_t)n_starts);
    task.scalarization = (struct ff_scalarization){.kind = FF_SCALARIZATION_WEIGHTED,
                                                   .weight = 0.99,
                                                   .current_scale = 1.0,
                                                   .entropy_scale = 1.0};
    assert_int_equal(ff_front_kind.worker_create(plan, &worker), FF_OK);
    ff_front_kind.solve(worker, &task, &result);
    ff_front_kind.worker_free(worker);
    ff_task_free(&task);
    assert_int_equal(result.status, FF_OK);
    return result;
}

static struct ff_plan plan_of(const struct ff_system *system, const struct ff_chain *chain,
                              const struct ff_estimator_type *estimator)
{
    return (struct ff_plan){.system = system,
                            .functionals = ff_system_functionals(system),
                            .chain = chain,
                            .gradient = {.estimator = estimator,
                                         .window = 20,
                                         .tracked = 16,
                                         .horizon = {.events = 50, .burn_in = 10},
                                         .seed = 1},
                            .optimizer = {.type = &ff_optimizer_adam}};
}

static int64_t n_measured(const struct ff_result *result)
{
    const struct ff_measurement *measurement = &result->measurement;
    return measurement->n_trajectories *
           (measurement->horizon.events + measurement->horizon.burn_in);
}

/* The second of three is the best one; it costs nothing to know where the gradient is exact. */
static void the_best_start_is_taken(void **state)
{
    (void)state;
    const double starts[3][4] = {{-1, -1, -1, -1}, {1, 1, 1, 1}, {0, 0, 0, 0}};
    const struct ff_estimator_type *estimators[] = {&ff_estimator_exact, &ff_estimator_score};
    struct ff_system *system = read_system(ring);
    struct ff_chain *chain = make_chain(system);
    for (int i = 0; i < 2; i++) {
        const struct ff_plan plan = plan_of(system, chain, estimators[i]);
        struct ff_result result = solved_task(&plan, 3, starts[0]);
        assert_memory_equal(result.theta, starts[1], sizeof starts[1]);
        assert_int_equal(result.n_events == n_measured(&result), i == 0);
        ff_result_free(&result);
    }
    ff_chain_free(chain);
    ff_system_free(system);
}

static void a_point_is_measured_until_it_can_be_believed(void **state)
{
    (void)state;
    const double start[4] = {0.5, 0, 0, 0.2};
    struct ff_system *system = read_system(ring);
    struct ff_chain *chain = make_chain(system);
    const struct ff_plan plan = plan_of(system, chain, &ff_estimator_exact);
    struct ff_result result = solved_task(&plan, 1, start);
    assert_true(result.measurement.is_converged);
    assert_string_equal(result.measurement.reason, "");
    assert_true(n_measured(&result) > 500000);
    assert_int_equal(result.exact_status, FF_EXACT_OK);
    assert_true(fabs(result.means.current - result.exact_current) <
                largest_z * result.means.current_stderr + 1e-9);
    result.outcome = FF_OUTCOME_CONVERGED;
    assert_true(ff_verdict_of(&result, NAN).is_converged);
    ff_result_free(&result);
    ff_chain_free(chain);
    ff_system_free(system);
}

/* A well that is left for the other side once in e^12 times: so few events do not see the current. */
static void a_point_that_is_too_stiff_says_so(void **state)
{
    (void)state;
    const double start[4] = {24, -24, 0, 0};
    struct ff_system *system = read_system(ring);
    struct ff_chain *chain = make_chain(system);
    struct ff_plan plan = plan_of(system, chain, &ff_estimator_exact);
    plan.evaluation =
        (struct ff_evaluation_options){.horizon = {.events = 1000}, .has_events = true};
    struct ff_result result = solved_task(&plan, 1, start);
    assert_false(result.measurement.is_converged);
    assert_true(strlen(result.measurement.reason) > 0);
    assert_int_equal(result.measurement.horizon.events, 1000);
    result.outcome = FF_OUTCOME_CONVERGED;
    result.scalarization.current_scale = 1e-12; /* by which its current has not vanished */
    assert_string_equal(ff_verdict_of(&result, NAN).reason, result.measurement.reason);
    ff_result_free(&result);
    ff_chain_free(chain);
    ff_system_free(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_start_is_taken),
        cmocka_unit_test(a_point_is_measured_until_it_can_be_believed),
        cmocka_unit_test(a_point_that_is_too_stiff_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
