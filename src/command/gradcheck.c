/* fluxfront gradcheck: every estimator against the exact gradient, at the initial design.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "command/command.h"
#include "command/json.h"
#include "front/accuracy.h"
#include "gradient/estimator.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_ESTIMATORS = 8, MAX_ROWS = 40, BASELINE_PER_TRACKED = 4 };

/* Figures of one estimator. */
struct checked {
    const struct ff_estimator_type *estimator;
    struct ff_accuracy accuracy;
    /* Variance of tracked+baseline over that of tracked alone at equal cost, per scalarisation; and the
     * relative error with baseline. NaN where it was not measured. */
    double variance_ratio[2], error_with_baseline[2];
    int n_baseline, n_tracked_alone;
};

/* What all checks share. */
struct check {
    const struct ff_system *system;
    const struct ff_chain *chain;
    struct ff_gradient_options options;
    int n_repeats;
    double *rates, *exact; /* [R]; [FF_N_TARGETS][P] */
    struct ff_scalarization scalarizations[2];
    double plain_ns; /* of one event of a baseline trajectory */
};

static const double *exact_of(const struct check *check, enum ff_target target)
{
    return check->exact + (size_t)target * (size_t)check->system->design->n_parameters;
}

/* Tracked and baseline trajectories against as many tracked ones as take the same processor time. */
static void compare_baseline(const struct check *check, struct checked *checked)
{
    struct ff_gradient_options mixed =
        checked->accuracy.status == FF_OK ? check->options : (struct ff_gradient_options){0};
    checked->variance_ratio[0] = checked->variance_ratio[1] = NAN;
    checked->error_with_baseline[0] = checked->error_with_baseline[1] = NAN;
    if (mixed.tracked == 0)
        return;
    mixed.estimator = checked->estimator;
    mixed.baseline =
        mixed.baseline > 0 ? mixed.baseline : BASELINE_PER_TRACKED * check->options.tracked;
    struct ff_accuracy with, alone;
    ff_accuracy_measure(check->system, check->chain, &mixed, check->rates, check->scalarizations, 1,
                        check->n_repeats, &with);
    struct ff_gradient_options pure = mixed;
    pure.baseline = 0;
    const double cost_ratio = with.seconds / fmax(checked->accuracy.seconds, 1e-9);
    pure.tracked = (int)fmin(fmax(round(mixed.tracked * cost_ratio), 1.0), 1e6);
    ff_accuracy_measure(check->system, check->chain, &pure, check->rates, check->scalarizations, 2,
                        check->n_repeats, &alone);
    checked->n_baseline = mixed.baseline;
    checked->n_tracked_alone = pure.tracked;
    for (int s = 0; s < 2 && with.status == FF_OK && alone.status == FF_OK; s++) {
        const enum ff_target target = s == 0 ? FF_TARGET_WEIGHTED : FF_TARGET_CHEBYSHEV;
        checked->variance_ratio[s] =
            ff_accuracy_total_variance(&with, target) / ff_accuracy_total_variance(&alone, target);
        checked->error_with_baseline[s] =
            ff_accuracy_summarize(&with, target, exact_of(check, target)).relative_error;
    }
    ff_accuracy_free(&with);
    ff_accuracy_free(&alone);
}

static void check_estimator(const struct check *check, const struct ff_estimator_type *estimator,
                            struct checked *checked)
{
    struct ff_gradient_options options = check->options;
    options.estimator = estimator;
    options.baseline = 0;
    *checked = (struct checked){.estimator = estimator};
    ff_accuracy_measure(check->system, check->chain, &options, check->rates, check->scalarizations,
                        0, check->n_repeats, &checked->accuracy);
    compare_baseline(check, checked);
}

/* ---- output --------------------------------------------------------------------------------- */

static double ns_per_event(const struct ff_accuracy *accuracy)
{
    return accuracy->n_events > 0 ? 1e9 * accuracy->seconds / (double)accuracy->n_events : NAN;
}

static void print_settings(const struct check *check)
{
    const struct ff_gradient_options *options = &check->options;
    printf(
        "walkers %d, %d estimates of %d tracked trajectories, %lld events each after %lld of "
        "burn-in\nwindow %d (score, local), locality %d (local; 0 = none), temperature %g (stgs), "
        "truncation %d (stgs, rbst; 0 = none)\n%s"
        "baseline trajectories: %.1f ns/event\n\n",
        check->system->process->n_walkers, check->n_repeats, options->tracked,
        (long long)options->horizon.events, (long long)options->horizon.burn_in, options->window,
        options->locality, options->temperature, options->truncation,
        options->is_auto_events || options->is_auto_burn_in || options->is_auto_window
            ? "what of these numbers is auto is the least that score and local take\n"
            : "",
        check->plain_ns);
}

static void print_summaries(const struct check *check, const struct checked *list, int n)
{
    printf("%-9s %-19s %10s %10s %9s %8s %8s %9s\n", "estimator", "gradient of", "rel.error",
           "resolution", "cosine", "SNR", "max |z|", "ns/event");
    for (int i = 0; i < n; i++) {
        const struct ff_accuracy *accuracy = &list[i].accuracy;
        if (accuracy->status != FF_OK) {
            printf("%-9s failed: %s\n", list[i].estimator->name, accuracy->failure);
            continue;
        }
        for (int t = 0; t < FF_N_TARGETS; t++) {
            const struct ff_accuracy_summary s = ff_accuracy_summarize(
                accuracy, (enum ff_target)t, exact_of(check, (enum ff_target)t));
            printf("%-9s %-19s %10.4g %10.2g %9.6f %8.3g %8.2f %9.1f\n",
                   t == 0 ? list[i].estimator->name : "", ff_target_names[t], s.relative_error,
                   s.resolution, s.cosine, s.snr, s.largest_z, ns_per_event(accuracy));
        }
    }
}

static void print_baselines(const struct checked *list, int n)
{
    printf("\nvariance of tracked + baseline over tracked alone at equal processor time (below 1: "
           "baseline pays)\n%-9s %10s %14s %10s %10s %22s\n",
           "estimator", "baseline", "tracked alone", "weighted", "chebyshev",
           "rel.error w. baseline");
    for (int i = 0; i < n; i++)
        if (list[i].n_baseline > 0)
            printf("%-9s %10d %14d %10.3f %10.3f %11.4f%11.4f\n", list[i].estimator->name,
                   list[i].n_baseline, list[i].n_tracked_alone, list[i].variance_ratio[0],
                   list[i].variance_ratio[1], list[i].error_with_baseline[0],
                   list[i].error_with_baseline[1]);
}

static void print_parameters(const struct check *check, const struct checked *list, int n)
{
    const struct ff_design *design = check->system->design;
    for (int t = FF_TARGET_CURRENT; t <= FF_TARGET_ENTROPY; t++) {
        printf("\ngradient of %s by parameter: exact, then mean (z) of each estimator\n%-16s %12s",
               ff_target_names[t], "parameter", "exact");
        for (int i = 0; i < n; i++)
            printf(" %21s", list[i].estimator->name);
        for (int p = 0; p < design->n_parameters && p < MAX_ROWS; p++) {
            const double exact = exact_of(check, (enum ff_target)t)[p];
            printf("\n%-16s %12.5g", design->parameter_names[p], exact);
            for (int i = 0; i < n; i++) {
                const struct ff_accuracy *accuracy = &list[i].accuracy;
                const int at = t * design->n_parameters + p;
                const double deviation = sqrt(accuracy->variance[at] / accuracy->n_repeats);
                if (accuracy->status != FF_OK)
                    printf(" %21s", "failed");
                else
                    printf(" %12.5g (%6.2f)", accuracy->mean[at],
                           (accuracy->mean[at] - exact) / deviation);
            }
        }
        printf("\n");
    }
    if (design->n_parameters > MAX_ROWS)
        printf("... %d more parameters, all with --json\n", design->n_parameters - MAX_ROWS);
}

static json_t *summary_json(const struct check *check, const struct checked *checked, int t)
{
    const struct ff_accuracy *accuracy = &checked->accuracy;
    const int n = accuracy->n_parameters;
    const double *exact = exact_of(check, (enum ff_target)t);
    const struct ff_accuracy_summary s = ff_accuracy_summarize(accuracy, (enum ff_target)t, exact);
    json_t *target = json_object(), *means = json_array(), *scores = json_array();
    for (int p = 0; p < n; p++) {
        const double mean = accuracy->mean[t * n + p];
        const double deviation = sqrt(accuracy->variance[t * n + p] / accuracy->n_repeats);
        json_array_append_new(means, ff_json_number(mean));
        json_array_append_new(scores, ff_json_number((mean - exact[p]) / deviation));
    }
    ff_json_put(target, "relative_error", s.relative_error);
    ff_json_put(target, "resolution", s.resolution);
    ff_json_put(target, "cosine", s.cosine);
    ff_json_put(target, "snr", s.snr);
    ff_json_put(target, "largest_z", s.largest_z);
    json_object_set_new(target, "mean", means);
    json_object_set_new(target, "z", scores);
    return target;
}

static json_t *estimator_json(const struct check *check, const struct checked *checked)
{
    json_t *entry = json_object();
    if (checked->accuracy.status != FF_OK) {
        json_object_set_new(entry, "failure", json_string(checked->accuracy.failure));
        return entry;
    }
    for (int t = 0; t < FF_N_TARGETS; t++)
        json_object_set_new(entry, ff_target_names[t], summary_json(check, checked, t));
    ff_json_put(entry, "ns_per_event", ns_per_event(&checked->accuracy));
    json_object_set_new(entry, "n_baseline", json_integer(checked->n_baseline));
    json_object_set_new(entry, "n_tracked_alone", json_integer(checked->n_tracked_alone));
    ff_json_put(entry, "variance_ratio_weighted", checked->variance_ratio[0]);
    ff_json_put(entry, "variance_ratio_chebyshev", checked->variance_ratio[1]);
    return entry;
}

static void print_json(const struct check *check, const struct checked *list, int n)
{
    const struct ff_design *design = check->system->design;
    json_t *document = json_object(), *estimators = json_object(), *exact = json_object();
    json_t *names = json_array();
    for (int p = 0; p < design->n_parameters; p++)
        json_array_append_new(names, json_string(design->parameter_names[p]));
    for (int t = 0; t < FF_N_TARGETS; t++) {
        json_t *values = json_array();
        for (int p = 0; p < design->n_parameters; p++)
            json_array_append_new(values, ff_json_number(exact_of(check, (enum ff_target)t)[p]));
        json_object_set_new(exact, ff_target_names[t], values);
    }
    for (int i = 0; i < n; i++)
        json_object_set_new(estimators, list[i].estimator->name, estimator_json(check, &list[i]));
    json_object_set_new(document, "n_walkers", json_integer(check->system->process->n_walkers));
    json_object_set_new(document, "n_repeats", json_integer(check->n_repeats));
    ff_json_put(document, "plain_ns_per_event", check->plain_ns);
    json_object_set_new(document, "parameter", names);
    json_object_set_new(document, "exact", exact);
    json_object_set_new(document, "estimators", estimators);
    ff_json_print(document);
}

/* ---- the command ---------------------------------------------------------------------------- */

/* Processor time of one event without a gradient: a batch of nothing but baseline trajectories costs that
 * of the same batch with one tracked trajectory, less that one. */
static double plain_ns_per_event(const struct check *check)
{
    struct ff_gradient_options few = check->options, many = check->options;
    struct ff_accuracy without, with;
    few.estimator = many.estimator = &ff_estimator_score;
    few.baseline = 0;
    few.tracked = many.tracked = 1;
    many.baseline = 1000;
    ff_accuracy_measure(check->system, check->chain, &few, check->rates, check->scalarizations, 3,
                        20, &without);
    ff_accuracy_measure(check->system, check->chain, &many, check->rates, check->scalarizations, 3,
                        20, &with);
    const double ns =
        1e9 * (with.seconds - without.seconds) / (double)(with.n_events - without.n_events);
    ff_accuracy_free(&without);
    ff_accuracy_free(&with);
    return ns;
}

static enum ff_status check_all(struct check *check, bool is_json)
{
    TRY(ff_accuracy_exact(check->system, check->chain, check->rates, check->scalarizations,
                          check->exact));
    check->plain_ns = plain_ns_per_event(check);
    struct checked list[MAX_ESTIMATORS];
    int n = 0;
    for (int i = 0; ff_estimator_types[i] != NULL; i++)
        if (!ff_estimator_types[i]->is_exact)
            check_estimator(check, ff_estimator_types[i], &list[n++]);
    if (is_json) {
        print_json(check, list, n);
    } else {
        print_settings(check);
        print_summaries(check, list, n);
        print_baselines(list, n);
        print_parameters(check, list, n);
    }
    for (int i = 0; i < n; i++)
        ff_accuracy_free(&list[i].accuracy);
    return FF_OK;
}

static enum ff_status gradcheck_run(const struct ff_arguments *arguments)
{
    struct ff_setup setup;
    TRY(ff_setup_read(arguments, &setup));
    ff_setup_enumerate(&setup);
    const struct ff_system *system = setup.system;
    if (ff_observables_check_front(system->observables) != FF_OK)
        fprintf(stderr, "fluxfront: warning: %s\n", ff_status_message());
    struct check check = {.system = system,
                          .chain = setup.chain,
                          .options = setup.plan.gradient,
                          .n_repeats = arguments->n_repeats,
                          .rates = FF_RAW(double, system->process->n_channels),
                          .exact = FF_RAW(double, FF_N_TARGETS * system->design->n_parameters)};
    check.options.solves_gauge = false; /* there is nothing to check about what is not sampled */
    double *theta = ff_setup_initial_theta(&setup);
    ff_design_rates(system->design, theta, check.rates);
    const enum ff_status status = check_all(&check, arguments->is_json);
    free(theta);
    free(check.rates);
    free(check.exact);
    ff_setup_free(&setup);
    return status;
}

const struct ff_command ff_command_gradcheck = {
    .name = "gradcheck",
    .synopsis = "gradcheck CONFIG",
    .doc = "every estimator against the exact gradient: error, cosine, SNR, z-scores, cost",
    .options = FF_OPTION_FROM | FF_OPTION_CONFIG | FF_OPTION_JSON | FF_OPTION_REPEATS,
    .run = gradcheck_run,
};
