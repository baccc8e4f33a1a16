/* Functionals as data: state functions, samples and long lists beside J and sigma, by every estimator that takes them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: stat */
#include "gradient/estimator.h"
#include "gradient/gradient.h"
#include "simulate/lanes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "support.h"

enum { MAX_CHANNELS = 16, MAX_LIST = 5 };

static const double largest_z = 5.0;

/* ---- functionals of the tests --------------------------------------------------------------- */

/* The occupation of one site. */
static double occupation(const struct ff_functional *functional, const int *x)
{
    return x[*(const int *)functional->context];
}

static const int site_1 = 1, site_2 = 2;

/* Neither linear nor of one site. */
static double product(const struct ff_functional *functional, const int *x)
{
    (void)functional;
    return x[0] * x[1] + 0.5 * x[2] * x[2];
}

/* J, sigma, two occupations and a product. */
static void list_of_all(const struct ff_system *system, struct ff_functional list[MAX_LIST])
{
    memcpy(list, system->functionals, sizeof system->functionals);
    list[2] = (struct ff_functional){
        .name = "second", .kind = FF_STATE, .context = &site_1, .value = occupation};
    list[3] = (struct ff_functional){
        .name = "third", .kind = FF_STATE, .context = &site_2, .value = occupation};
    list[4] = (struct ff_functional){.name = "product", .kind = FF_STATE, .value = product};
}

/* A closed vessel of six molecules, driven round a cycle: 28 states, occupations up to 6. */
static struct ff_system *vessel(void)
{
    return read_system("{model: {kind: reactions, species: {A: 2, B: 2, C: 2}, reactions: ["
                       "\"A <-> B @ 2, 0.7\", \"B <-> C @ 1, 0.4\", \"C <-> A @ 1.5, 0.3\","
                       "\"A + B <-> 2 C @ 0.3, 0.2\"]}, objective: {current: {\"A -> B\": 1}}}");
}

/* ---- exact ---------------------------------------------------------------------------------- */

struct oracle {
    struct ff_chain *chain;
    struct ff_exact *exact;
};

static struct oracle make_oracle(const struct ff_system *system, struct ff_functionals functionals)
{
    struct oracle oracle;
    assert_int_equal(ff_chain_create(system->process, FF_MAX_STATES, &oracle.chain), FF_OK);
    assert_int_equal(ff_exact_create(system, functionals, oracle.chain, NULL, &oracle.exact),
                     FF_OK);
    return oracle;
}

static void free_oracle(struct oracle *oracle)
{
    ff_exact_free(oracle->exact);
    ff_chain_free(oracle->chain);
}

static void exact_gradients_of_state_functions_match_finite_differences(void **state)
{
    (void)state;
    struct ff_system *system = vessel();
    const int n = system->process->n_channels;
    struct ff_functional list[MAX_LIST];
    list_of_all(system, list);
    struct oracle oracle = make_oracle(system, (struct ff_functionals){MAX_LIST, list});
    double gradients[MAX_LIST * MAX_CHANNELS], rates[MAX_CHANNELS], means[2][MAX_LIST];
    assert_int_equal(ff_exact_solve(oracle.exact, system->process->rates), FF_OK);
    ff_exact_gradient(oracle.exact, gradients);
    for (int r = 0; r < n; r++) {
        const double step = 1e-4;
        for (int side = 0; side < 2; side++) {
            memcpy(rates, system->process->rates, sizeof *rates * (size_t)n);
            rates[r] *= exp(side == 0 ? -step : step);
            assert_int_equal(ff_exact_solve(oracle.exact, rates), FF_OK);
            ff_exact_means(oracle.exact, means[side]);
        }
        for (int q = 0; q < MAX_LIST;
             q++) /* error of central differences: step^2 times sizes below 10 */
            assert_near(gradients[q * n + r], (means[1][q] - means[0][q]) / (2.0 * step), 1e-7);
    }
    free_oracle(&oracle);
    ff_system_free(system);
}

static void exact_means_of_occupations_are_those_of_the_steady_state(void **state)
{
    (void)state;
    struct ff_system *system = vessel();
    struct ff_functional list[MAX_LIST];
    double means[MAX_LIST];
    list_of_all(system, list);
    struct oracle oracle = make_oracle(system, (struct ff_functionals){MAX_LIST, list});
    assert_int_equal(ff_exact_solve(oracle.exact, system->process->rates), FF_OK);
    ff_exact_means(oracle.exact, means);
    assert_near(means[2], ff_exact_occupancy(oracle.exact)[1], 1e-12);
    assert_near(means[3], ff_exact_occupancy(oracle.exact)[2], 1e-12);
    free_oracle(&oracle);
    ff_system_free(system);
}

/* ---- estimators ----------------------------------------------------------------------------- */

static struct ff_gradient_options make_options(const struct ff_estimator_type *type)
{
    return (struct ff_gradient_options){.estimator = type,
                                        .window = 200,
                                        .temperature = 0.5,
                                        .tracked = 32,
                                        .horizon = {.events = 400, .burn_in = 200},
                                        .seed = 3};
}

/* Moments over repeats of the means [Q] and gradients [Q][R] of one list. */
struct moments {
    double mean[MAX_LIST * (MAX_CHANNELS + 1)], square[MAX_LIST * (MAX_CHANNELS + 1)];
    int n;
};

static void measure(const struct ff_system *system, struct ff_functionals functionals,
                    const struct ff_chain *chain, const struct ff_gradient_options *options,
                    int n_repeats, struct moments *out)
{
    const int n_channels = system->process->n_channels;
    struct ff_gradient *gradient;
    struct ff_estimate estimate;
    assert_int_equal(ff_gradient_create(system, functionals, chain, options, &gradient), FF_OK);
    ff_estimate_create(gradient, &estimate);
    memset(out, 0, sizeof *out);
    for (out->n = 1; out->n <= n_repeats; out->n++) {
        assert_int_equal(ff_gradient_estimate(gradient, system->process->rates, 1, (uint32_t)out->n,
                                              1, &estimate),
                         FF_OK);
        for (int i = 0; i < functionals.count * (n_channels + 1); i++) {
            const double value =
                i < functionals.count ? estimate.mean[i] : estimate.gradient[i - functionals.count];
            const double delta = value - out->mean[i];
            out->mean[i] += delta / out->n;
            out->square[i] += delta * (value - out->mean[i]);
        }
    }
    out->n = n_repeats;
    ff_estimate_free(&estimate);
    ff_gradient_free(gradient);
}

static double z_score(const struct moments *moments, int i, double expected)
{
    const double variance = moments->square[i] / (moments->n - 1) / moments->n;
    return fabs(moments->mean[i] - expected) / sqrt(variance);
}

/* Largest |z| of the means and gradients of all five functionals against the exact ones. */
static double largest_deviation(const struct ff_gradient_options *options)
{
    struct ff_system *system = vessel();
    const int n_channels = system->process->n_channels;
    struct ff_functional list[MAX_LIST];
    list_of_all(system, list);
    const struct ff_functionals functionals = {MAX_LIST, list};
    struct oracle oracle = make_oracle(system, functionals);
    double expected[MAX_LIST * (MAX_CHANNELS + 1)], largest = 0.0;
    struct moments moments;
    assert_int_equal(ff_exact_solve(oracle.exact, system->process->rates), FF_OK);
    ff_exact_means(oracle.exact, expected);
    ff_exact_gradient(oracle.exact, expected + MAX_LIST);
    measure(system, functionals, NULL, options, 150, &moments);
    for (int i = 0; i < MAX_LIST * (n_channels + 1); i++)
        largest = fmax(largest, z_score(&moments, i, expected[i]));
    free_oracle(&oracle);
    ff_system_free(system);
    return largest;
}

static void score_differentiates_channels_and_state_functions(void **state)
{
    (void)state;
    struct ff_gradient_options options = make_options(&ff_estimator_score);
    assert_true(largest_deviation(&options) < largest_z);
    options.window = 5; /* control */
    assert_true(largest_deviation(&options) > 2.0 * largest_z);
}

/* Straight-through gradients are biased: they point along the exact ones. */
static double least_cosine(const struct ff_estimator_type *type)
{
    struct ff_system *system = vessel();
    const int n_channels = system->process->n_channels;
    struct ff_functional list[MAX_LIST];
    list_of_all(system, list);
    const struct ff_functionals functionals = {MAX_LIST - 1, list}; /* without the product */
    struct oracle oracle = make_oracle(system, functionals);
    struct ff_gradient_options options = make_options(type);
    double exact[MAX_LIST * MAX_CHANNELS], least = 1.0;
    struct moments moments;
    options.truncation = 10;
    assert_int_equal(ff_exact_solve(oracle.exact, system->process->rates), FF_OK);
    ff_exact_gradient(oracle.exact, exact);
    measure(system, functionals, NULL, &options, 60, &moments);
    for (int q = 2; q < functionals.count; q++) { /* state functions */
        const double *a = exact + q * n_channels;
        const double *b = moments.mean + functionals.count + q * n_channels;
        double ab = 0.0, aa = 0.0, bb = 0.0;
        for (int r = 0; r < n_channels; r++) {
            ab += a[r] * b[r];
            aa += a[r] * a[r];
            bb += b[r] * b[r];
        }
        least = fmin(least, ab / sqrt(aa * bb));
    }
    free_oracle(&oracle);
    ff_system_free(system);
    return least;
}

static void straight_through_gradients_of_state_functions_point_the_right_way(void **state)
{
    (void)state;
    assert_true(least_cosine(&ff_estimator_rbst) > 0.95);
    assert_true(least_cosine(&ff_estimator_stgs) > 0.8);
}

/* A function that is defined for states of an exclusion process only. */
static double exclusive(const struct ff_functional *functional, const int *x)
{
    (void)functional;
    for (int i = 0; i < 5; i++)
        assert_in_range(x[i], 0, 1);
    return x[0] * x[1];
}

static void slopes_are_taken_between_states_of_the_process(void **state)
{
    (void)state;
    struct ff_system *system = read_system("{model: {kind: exclusion, sites: 5, particles: 2}}");
    const struct ff_functional functional = {.name = "pair", .kind = FF_STATE, .value = exclusive};
    struct ff_gradient_options options = make_options(&ff_estimator_rbst);
    struct moments moments;
    options.truncation = 5;
    measure(system, (struct ff_functionals){1, &functional}, NULL, &options, 2, &moments);
    ff_system_free(system);
}

/* Longer lists run through the general walk, whose J and sigma are those of the fast one. */
static void a_longer_list_changes_nothing_of_J_and_sigma(void **state)
{
    (void)state;
    struct ff_system *system = vessel();
    const int n_channels = system->process->n_channels;
    struct ff_functional list[MAX_LIST];
    list_of_all(system, list);
    const struct ff_estimator_type *const types[] = {&ff_estimator_score, &ff_estimator_rbst};
    for (int t = 0; t < 2; t++) {
        struct ff_gradient_options options = make_options(types[t]);
        struct ff_gradient *gradient[2];
        struct ff_estimate estimate[2];
        options.tracked = 2;
        options.truncation = 5;
        for (int k = 0; k < 2; k++) {
            const struct ff_functionals functionals = {k == 0 ? 2 : MAX_LIST, list};
            assert_int_equal(ff_gradient_create(system, functionals, NULL, &options, &gradient[k]),
                             FF_OK);
            ff_estimate_create(gradient[k], &estimate[k]);
            assert_int_equal(
                ff_gradient_estimate(gradient[k], system->process->rates, 1, 1, 1, &estimate[k]),
                FF_OK);
        }
        assert_memory_equal(estimate[0].mean, estimate[1].mean, 2 * sizeof(double));
        assert_memory_equal(estimate[0].gradient, estimate[1].gradient,
                            2 * (size_t)n_channels * sizeof(double));
        for (int k = 0; k < 2; k++) {
            ff_estimate_free(&estimate[k]);
            ff_gradient_free(gradient[k]);
        }
    }
    ff_system_free(system);
}

/* ---- lanes ---------------------------------------------------------------------------------- */

static void lanes_average_state_functions(void **state)
{
    (void)state;
    enum { N = 256 };
    struct ff_system *system = vessel();
    struct ff_functional list[MAX_LIST];
    list_of_all(system, list);
    const struct ff_functionals functionals = {3, list + 2};
    const struct ff_draw_key key = {1, 0, 0, FF_PURPOSE_EVALUATE};
    const struct ff_horizon horizon = {.events = 2000, .burn_in = 300};
    struct oracle oracle = make_oracle(system, functionals);
    struct ff_ensemble ensemble;
    struct ff_average averages[3];
    double means[3];
    assert_int_equal(ff_exact_solve(oracle.exact, system->process->rates), FF_OK);
    ff_exact_means(oracle.exact, means);
    ff_ensemble_create(system, functionals, oracle.chain, &ensemble);
    assert_non_null(ensemble.lanes);
    ff_ensemble_set(&ensemble, system->process->rates);
    double *sums = FF_RAW(double, N *ensemble.width);
    ff_ensemble_run_all(&ensemble, key, horizon, N, sums);
    ff_ensemble_averages(&ensemble, sums, N, averages);
    for (int q = 0; q < 3; q++) {
        assert_near(averages[q].mean, means[q], largest_z * averages[q].standard_error);
        assert_true(averages[q].standard_error < 0.02 * means[q]); /* so that it can tell */
    }
    free(sums);
    ff_ensemble_free(&ensemble);
    free_oracle(&oracle);
    ff_system_free(system);
}

/* ---- samples -------------------------------------------------------------------------------- */

static double count(const struct ff_functional *functional, const int *x)
{
    (void)functional;
    return x[0];
}

/* Births at 10, deaths at 1 per individual, from 0: <x(t)> = (k/g)(1 - exp(-g t)). */
static void samples_of_birth_and_death_match_the_closed_form(void **state)
{
    (void)state;
    struct ff_system *system =
        read_system("{model: {kind: reactions, species: {X: 0}, reactions: [\"0 -> X @ 10\","
                    "\"X -> 0 @ 1\"]}, objective: {exclude: all}}");
    static const double times[] = {0.3, 2.0};
    struct ff_functional list[2];
    for (int q = 0; q < 2; q++)
        list[q] = (struct ff_functional){
            .name = "count", .kind = FF_SAMPLE, .value = count, .time = times[1 - q]};
    struct ff_gradient_options options = make_options(&ff_estimator_score);
    options.tracked = 64;
    options.baseline = 40;
    struct moments moments;
    measure(system, (struct ff_functionals){2, list}, NULL, &options, 300, &moments);
    for (int q = 0; q < 2; q++) {
        const double t = list[q].time, mean = 10.0 * (1.0 - exp(-t));
        const double by_death = -mean + 10.0 * t * exp(-t);
        assert_true(z_score(&moments, q, mean) < largest_z);
        assert_true(z_score(&moments, 2 + 2 * q, mean) < largest_z);
        assert_true(z_score(&moments, 2 + 2 * q + 1, by_death) < largest_z);
        /* Controls: the mean 5 % off, the gradient by the death rate without its second term. */
        assert_true(z_score(&moments, q, 1.05 * mean) > largest_z);
        assert_true(z_score(&moments, 2 + 2 * q + 1, -mean) > largest_z);
    }
    ff_system_free(system);
}

/* ---- what is refused ------------------------------------------------------------------------ */

static void estimators_refuse_what_they_cannot_differentiate(void **state)
{
    (void)state;
    struct ff_system *system = vessel();
    struct ff_functional list[MAX_LIST];
    const struct ff_functional sample = {
        .name = "count", .kind = FF_SAMPLE, .value = count, .time = 1.0};
    list_of_all(system, list);
    for (int i = 0; ff_estimator_types[i] != NULL; i++) {
        const struct ff_gradient_options options = make_options(ff_estimator_types[i]);
        struct ff_gradient *gradient;
        if (ff_estimator_types[i] == &ff_estimator_score)
            continue;
        assert_int_equal(ff_gradient_create(system, (struct ff_functionals){1, &sample}, NULL,
                                            &options, &gradient),
                         FF_ERR_NUMERICAL);
        assert_non_null(strstr(ff_status_message(), ff_estimator_types[i]->name));
    }
    const struct ff_gradient_options local = make_options(&ff_estimator_local);
    struct ff_gradient *gradient;
    assert_int_equal(ff_gradient_create(system, (struct ff_functionals){MAX_LIST, list}, NULL,
                                        &local, &gradient),
                     FF_ERR_NUMERICAL);
    ff_system_free(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_gradients_of_state_functions_match_finite_differences),
        cmocka_unit_test(exact_means_of_occupations_are_those_of_the_steady_state),
        cmocka_unit_test(score_differentiates_channels_and_state_functions),
        cmocka_unit_test(straight_through_gradients_of_state_functions_point_the_right_way),
        cmocka_unit_test(slopes_are_taken_between_states_of_the_process),
        cmocka_unit_test(a_longer_list_changes_nothing_of_J_and_sigma),
        cmocka_unit_test(lanes_average_state_functions),
        cmocka_unit_test(samples_of_birth_and_death_match_the_closed_form),
        cmocka_unit_test(estimators_refuse_what_they_cannot_differentiate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
