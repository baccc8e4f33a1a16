/* Poisson's equation on the states that are met: no noise in a closed core, little in a tight one, no bias in any.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: stat */
/* timeout: 240 */
#include "gradient/estimator.h"
#include "gradient/gradient.h"

#include <math.h>
#include <string.h>

#include "worth.h"

static const double largest_z = 5.0;
enum { N_REPEATS = 100 };

/* Three independent numbers of molecules; two of a kind meet. */
static struct ff_system *make_vessel(int n_molecules)
{
    char text[512];
    snprintf(
        text, sizeof text,
        "{model: {kind: reactions, species: {A: %d, B: %d, C: %d, D: %d}, reactions: ["
        "{name: one, reaction: \"A <-> B @ 2, 1\"}, {name: two, reaction: \"B <-> C @ 1, 1\"},"
        "{name: three, reaction: \"C <-> D @ 1, 0.5\"},"
        "{name: pair, reaction: \"2 D <-> 2 A @ 0.3, 0.1\"}]}, objective: {current: {one: 1}}}",
        n_molecules, n_molecules, n_molecules, n_molecules);
    return read_system(text);
}

/* As in config/schnakenberg.yaml, with more molecules. */
static struct ff_system *make_schnakenberg(int n_molecules)
{
    char text[512];
    snprintf(text, sizeof text,
             "{model: {kind: reactions, species: {A: %d, X: %d, Y: %d}, constant: {fuel: 3},"
             " reactions: [{name: supply, reaction: \"A + fuel <-> Y @ 0.3, 0.5\"},"
             "{name: autocatalysis, reaction: \"2 X + Y <-> 3 X @ 0.01, 0.01\"},"
             "{name: release, reaction: \"X <-> A @ 1.0, 0.5\"}]},"
             " objective: {current: {autocatalysis: 1}}}",
             n_molecules, n_molecules, n_molecules);
    return read_system(text);
}

static struct ff_gradient_options make_options(bool solves_gauge, int window)
{
    return (struct ff_gradient_options){.estimator = &ff_estimator_score,
                                        .window = window,
                                        .solves_gauge = solves_gauge,
                                        .tracked = 16,
                                        .horizon = {.events = 100, .burn_in = 200},
                                        .seed = 5};
}

/* ---- closed cores --------------------------------------------------------------------------- */

struct made {
    struct ff_gradient *gradient;
    struct ff_estimate estimate;
};

/* An estimate at the base rates. */
static struct made estimate(const struct ff_system *system, const struct ff_chain *chain,
                            const struct ff_gradient_options *options)
{
    struct made made;
    assert_int_equal(
        ff_gradient_create(system, ff_system_functionals(system), chain, options, &made.gradient),
        FF_OK);
    ff_estimate_create(made.gradient, &made.estimate);
    assert_int_equal(
        ff_gradient_estimate(made.gradient, system->process->rates, 1, 2, 1, &made.estimate),
        FF_OK);
    return made;
}

static void free_made(struct made *made)
{
    ff_estimate_free(&made->estimate);
    ff_gradient_free(made->gradient);
}

/* Largest difference of means, gradients and fluxes from the exact ones, relative to the largest of each. */
static double difference(const struct ff_estimate *a, const struct ff_estimate *exact)
{
    double worst = 0.0;
    for (int q = 0; q < FF_N_OBSERVABLES; q++) {
        const double *mine = ff_estimate_gradient(a, q), *theirs = ff_estimate_gradient(exact, q);
        double largest = 0.0, error = 0.0;
        for (int r = 0; r < a->n_channels; r++) {
            largest = fmax(largest, fabs(theirs[r]));
            error = fmax(error, fabs(mine[r] - theirs[r]));
            worst = fmax(worst, fabs(a->flux[r] / exact->flux[r] - 1.0));
        }
        worst = fmax(worst, fmax(error / largest, fabs(a->mean[q] / exact->mean[q] - 1.0)));
    }
    return worst;
}

static void check_closed(struct ff_system *system)
{
    struct ff_chain *chain = make_chain(system);
    const struct ff_gradient_options options = make_options(true, 30),
                                     noisy = make_options(false, 30),
                                     exact = {.estimator = &ff_estimator_exact};
    struct made reference = estimate(system, chain, &exact);
    struct made solved = estimate(system, NULL, &options), sampled = estimate(system, NULL, &noisy);
    assert_int_equal(solved.estimate.n_blocks, 0);
    assert_true(difference(&solved.estimate, &reference.estimate) < 1e-9);
    /* Negative control: least squares over sites leaves noise. */
    assert_int_equal(sampled.estimate.n_blocks, 1);
    assert_true(difference(&sampled.estimate, &reference.estimate) > 1e-3);
    free_made(&solved);
    free_made(&sampled);
    free_made(&reference);
    ff_chain_free(chain);
    ff_system_free(system);
}

static void a_closed_core_has_the_exact_gradient(void **state)
{
    (void)state;
    check_closed(make_schnakenberg(4));
    check_closed(make_vessel(2));
    check_closed(read_system("{model: {kind: exclusion, sites: 8, particles: 4, forward: 1.0,"
                             " backward: 0.5, disorder: {barrier: 0.5, seed: 7}},"
                             " objective: {current: all}}"));
}

/* ---- open cores ----------------------------------------------------------------------------- */

static struct ff_projection *project(struct ff_system *system, struct made *made)
{
    const struct ff_gradient_options options = make_options(true, 30);
    *made = estimate(system, NULL, &options);
    return made->gradient->projection;
}

/* In every state of the core the values of J and sigma are the same, and on the rim they are not. */
static void the_core_is_without_noise_and_the_rim_is_not(void **state)
{
    (void)state;
    struct ff_system *system = make_schnakenberg(20);
    struct made made;
    const struct ff_projection *projection = project(system, &made);
    const struct ff_kinetics *kinetics = made.gradient->ensemble.kinetics;
    assert_true(projection->n_core > 200 && !ff_projection_is_closed(projection));
    for (int q = 0; q < FF_N_OBSERVABLES; q++) {
        double value = 0.0, spread[2] = {0.0, 0.0};
        for (int i = 0; i < projection->states.n_states; i++) {
            double sum = ff_projection_row(projection, i)[q];
            for (int r = 0; r < system->process->n_channels; r++)
                sum += ff_kinetics_coefficient(kinetics, q)[r] * kinetics->rates[r] *
                       ff_process_multiplicity(system->process, r,
                                               ff_states_at(&projection->states, i));
            value = i == 0 ? sum : value;
            double *worst = &spread[i >= projection->n_core];
            *worst = fmax(*worst, fabs(sum - value));
        }
        assert_true(spread[0] < 1e-9 * fabs(value));
        assert_true(spread[1] > 0.1 * fabs(value));
    }
    free_made(&made);
    ff_system_free(system);
}

/* Next to nothing is left to the score, whose window does not matter. What is left are rare excursions, of which a z-score
 * knows nothing. */
static void a_tight_core_needs_no_window(void **state)
{
    (void)state;
    struct ff_system *system = make_schnakenberg(20);
    const struct ff_gradient_options tight = make_options(true, 0), sites = make_options(false, 0),
                                     windowed = make_options(false, 400);
    const struct worth projected = judge(system, &tight, N_REPEATS),
                       cut = judge(system, &sites, N_REPEATS),
                       plain = judge(system, &windowed, N_REPEATS);
    print_message("tight core: error %.2g, noise %.2g; sites: error %.2g without a window, noise "
                  "%.2g with one\n",
                  projected.error, projected.noise, cut.error, plain.noise);
    assert_true(projected.error < 1e-3);
    assert_true(cut.error > 0.1); /* negative control */
    assert_true(projected.noise < 0.01 * plain.noise);
    ff_system_free(system);
}

/* What the projection does not hold is measured by the score. */
static void a_core_that_leaks_is_unbiased(void **state)
{
    (void)state;
    struct ff_system *system = make_vessel(8);
    struct made made;
    const struct ff_projection *projection = project(system, &made);
    assert_true(projection->n_core > 0 && projection->outside > 1e-3);
    free_made(&made);
    const struct ff_gradient_options full = make_options(true, 400), cut = make_options(true, 0),
                                     sites = make_options(false, 400);
    const struct worth whole = judge(system, &full, N_REPEATS),
                       short_sighted = judge(system, &cut, N_REPEATS),
                       plain = judge(system, &sites, N_REPEATS);
    print_message("leaking core: |z| %.2f, noise %.2g; without a window |z| %.2f; sites: |z| %.2f, "
                  "noise %.2g\n",
                  whole.z, whole.noise, short_sighted.z, plain.z, plain.noise);
    assert_true(whole.z <= largest_z);
    assert_true(short_sighted.z > 2.0 * largest_z); /* negative control */
    assert_true(whole.noise < plain.noise);
    ff_system_free(system);
}

/* ---- the rest ------------------------------------------------------------------------------- */

/* Where more states are met than a core holds, all is as without. */
static void large_systems_are_left_as_they_are(void **state)
{
    (void)state;
    struct ff_system *system = read_system(
        "{model: {kind: exclusion, sites: 24, particles: 12}, objective: {current: all}}");
    struct ff_gradient_options options = make_options(true, 30);
    options.horizon.events = 400;
    struct made with = estimate(system, NULL, &options);
    options.solves_gauge = false;
    struct made without = estimate(system, NULL, &options);
    assert_int_equal(with.gradient->projection->n_core, 0);
    for (int q = 0; q < FF_N_OBSERVABLES; q++)
        assert_memory_equal(ff_estimate_gradient(&with.estimate, q),
                            ff_estimate_gradient(&without.estimate, q),
                            sizeof(double) * (size_t)with.estimate.n_channels);
    free_made(&with);
    free_made(&without);
    ff_system_free(system);
}

/* Nothing of an estimate goes into the next. */
static void an_estimate_is_a_function_of_its_key(void **state)
{
    (void)state;
    struct ff_system *system = make_schnakenberg(20);
    struct made made;
    project(system, &made);
    const size_t size = sizeof(double) * (size_t)made.estimate.n_channels;
    double first[16], rates[16];
    memcpy(first, ff_estimate_gradient(&made.estimate, FF_SIGMA), size);
    memcpy(rates, system->process->rates, size);
    rates[0] *= 2.0;
    assert_int_equal(ff_gradient_estimate(made.gradient, rates, 1, 3, 2, &made.estimate), FF_OK);
    assert_memory_not_equal(ff_estimate_gradient(&made.estimate, FF_SIGMA), first, size);
    assert_int_equal(
        ff_gradient_estimate(made.gradient, system->process->rates, 1, 2, 1, &made.estimate),
        FF_OK);
    assert_memory_equal(ff_estimate_gradient(&made.estimate, FF_SIGMA), first, size);
    free_made(&made);
    ff_system_free(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_core_has_the_exact_gradient),
        cmocka_unit_test(the_core_is_without_noise_and_the_rim_is_not),
        cmocka_unit_test(a_tight_core_needs_no_window),
        cmocka_unit_test(a_core_that_leaks_is_unbiased),
        cmocka_unit_test(large_systems_are_left_as_they_are),
        cmocka_unit_test(an_estimate_is_a_function_of_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
