/* fluxfront exact: what the enumerated states say, at the initial design or along the front.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "command/command.h"
#include "command/json.h"
#include "front/bounds.h"

#include <math.h>
#include <stdlib.h>

/* ---- one design ----------------------------------------------------------------------------- */

/* What is known of one design. */
struct point {
    const struct ff_setup *setup;
    struct ff_exact *exact;
    struct ff_exact_values values;
    double *rates;     /* [R] */
    double *gradients; /* [2][R] of J and sigma by log k */
};

static const double *gradient_of(const struct point *point, int q)
{
    return point->gradients + (size_t)q * (size_t)point->setup->system->process->n_channels;
}

/* What is to be known of sigma and J besides their values; "" as a rule. */
static const char *note_on_current(const struct ff_observables *observables)
{
    return observables->is_current_zero ? "; zero in every steady state" : "";
}

static const char *note_on_entropy(const struct ff_observables *observables)
{
    if (!observables->has_excluded)
        return "";
    if (observables->entropy_kind == FF_PARTIAL_ENTROPY)
        return "; of the channels not excluded";
    return observables->entropy_kind == FF_PARTIAL_ZERO
               ? "; zero in every steady state"
               : "; only the sum of (w+ - w-) ln(k+/k-) over the channels not excluded, of either "
                 "sign";
}

static void print_values(const struct point *point)
{
    const struct ff_system *system = point->setup->system;
    const struct ff_exact_values *values = &point->values;
    printf("states                %d (%s)\n", point->setup->chain->n_states,
           ff_exact_solver_name(point->exact));
    printf("current               %.15g  per unit time%s\n", values->current,
           note_on_current(system->observables));
    printf("entropy_production    %.15g  k_B per unit time%s\n", values->entropy_production,
           note_on_entropy(system->observables));
    printf("activity              %.15g  events per unit time\n", values->activity);
    printf("current_noise         %.15g  variance per unit time\n", values->current_noise);
    if (isfinite(values->tur_ratio))
        printf("tur_ratio             %.15g  at least 1\n", values->tur_ratio);
    if (system->bound_total > 0.0) {
        const double n = system->process->n_sites, j = fabs(values->current);
        printf("bound                 %.15g  least entropy production at this current\n",
               2.0 * n * j * atanh(n * j / system->bound_total));
    }
}

static void print_point(const struct point *point)
{
    const struct ff_process *process = point->setup->system->process;
    enum { MAX_ROWS = 40 };
    print_values(point);
    printf("\n%-20s %14s\n", "site", "occupancy");
    for (int i = 0; i < process->n_sites && i < MAX_ROWS; i++)
        printf("%-20s %14.8g\n", process->site_names[i], ff_exact_occupancy(point->exact)[i]);
    if (process->n_sites > MAX_ROWS)
        printf("... %d more, all with --json\n", process->n_sites - MAX_ROWS);
    printf("\n%-20s %14s %14s %14s %14s\n", "channel", "rate", "flux", "dJ/dlogk", "dsigma/dlogk");
    for (int r = 0; r < process->n_channels && r < MAX_ROWS; r++)
        printf("%-20s %14.8g %14.8g %14.8g %14.8g\n", process->channel_names[r], point->rates[r],
               ff_exact_flux(point->exact)[r], gradient_of(point, FF_J)[r],
               gradient_of(point, FF_SIGMA)[r]);
    if (process->n_channels > MAX_ROWS)
        printf("... %d more, all with --json\n", process->n_channels - MAX_ROWS);
}

static void print_point_json(const struct point *point)
{
    const struct ff_process *process = point->setup->system->process;
    const struct ff_exact_values *values = &point->values;
    const int n_channels = process->n_channels;
    json_t *document = json_object();
    json_object_set_new(document, "n_states", json_integer(point->setup->chain->n_states));
    json_object_set_new(document, "solver", json_string(ff_exact_solver_name(point->exact)));
    ff_json_put(document, "current", values->current);
    ff_json_put(document, "entropy_production", values->entropy_production);
    ff_json_put(document, "activity", values->activity);
    ff_json_put(document, "current_noise", values->current_noise);
    ff_json_put(document, "tur_ratio", values->tur_ratio);
    json_object_set_new(document, "site", ff_json_texts(process->site_names, process->n_sites));
    json_object_set_new(document, "occupancy",
                        ff_json_numbers(ff_exact_occupancy(point->exact), process->n_sites));
    json_object_set_new(document, "channel", ff_json_texts(process->channel_names, n_channels));
    json_object_set_new(document, "rates", ff_json_numbers(point->rates, n_channels));
    json_object_set_new(document, "flux", ff_json_numbers(ff_exact_flux(point->exact), n_channels));
    json_object_set_new(document, "current_gradient",
                        ff_json_numbers(gradient_of(point, FF_J), n_channels));
    json_object_set_new(document, "entropy_gradient",
                        ff_json_numbers(gradient_of(point, FF_SIGMA), n_channels));
    ff_json_print(document);
}

static enum ff_status exact_point(const struct ff_setup *setup, bool is_json)
{
    const int n_channels = setup->system->process->n_channels;
    struct point point = {.setup = setup};
    TRY(ff_exact_create(setup->system, setup->plan.functionals, setup->chain, NULL, &point.exact));
    double *theta = ff_setup_initial_theta(setup);
    point.rates = FF_RAW(double, n_channels);
    point.gradients = FF_RAW(double, FF_N_OBSERVABLES *n_channels);
    ff_design_rates(setup->system->design, theta, point.rates);
    const enum ff_status status = ff_exact_solve(point.exact, point.rates);
    if (status == FF_OK) {
        point.values = ff_exact_observe(point.exact);
        ff_exact_gradient(point.exact, point.gradients);
        (is_json ? print_point_json : print_point)(&point);
    }
    free(theta);
    free(point.rates);
    free(point.gradients);
    ff_exact_free(point.exact);
    return status;
}

/* ---- the front ------------------------------------------------------------------------------ */

/* What its bounds hold, for which the caller frees the text. */
static char *bounds_of(const struct ff_reference *reference, const struct ff_design *design)
{
    char text[600];
    struct ff_bounds_point *points = FF_RAW(struct ff_bounds_point, reference->n_points);
    for (int i = 0; i < reference->n_points; i++)
        points[i] = (struct ff_bounds_point){.slope = reference->bound_slope +
                                                      (size_t)i * (size_t)design->n_parameters,
                                             .objective = reference->objective[i]};
    ff_bounds_say(points, reference->n_points, design, text, sizeof text);
    free(points);
    return ff_copy_text(text);
}

static void print_front(const struct ff_scalarization *scalarizations,
                        const struct ff_reference *reference, const char *bounds, bool is_json)
{
    if (is_json) {
        json_t *document = json_object(), *weights = json_array();
        for (int i = 0; i < reference->n_points; i++)
            json_array_append_new(weights, json_real(scalarizations[i].weight));
        json_object_set_new(document, "weight", weights);
        json_object_set_new(document, "current",
                            ff_json_numbers(reference->current, reference->n_points));
        json_object_set_new(document, "entropy_production",
                            ff_json_numbers(reference->entropy_production, reference->n_points));
        json_object_set_new(document, "objective",
                            ff_json_numbers(reference->objective, reference->n_points));
        json_object_set_new(document, "bounds", json_string(bounds));
        ff_json_print(document);
        return;
    }
    printf("%10s %18s %18s %18s\n", "weight", "current", "entropy_production", "objective");
    for (int i = 0; i < reference->n_points; i++)
        printf("%10.6f %18.12g %18.12g %18.12g\n", scalarizations[i].weight, reference->current[i],
               reference->entropy_production[i], reference->objective[i]);
    if (bounds[0] != '\0')
        printf("%s\n", bounds);
}

static enum ff_status find_reference(const struct ff_setup *setup,
                                     const struct ff_scalarization *list, int n,
                                     struct ff_reference **out)
{
    return ff_reference_create(setup->system, setup->chain, &setup->reference,
                               setup->plan.gradient.seed, list, n, NULL, out);
}

/* Give the inner scalarisations the ideal point and the ranges of the two ends. */
static enum ff_status measure_from_ends(const struct ff_setup *setup, struct ff_scalarization *list,
                                        int n)
{
    const struct ff_scalarization ends[2] = {list[0], list[n - 1]};
    struct ff_reference *reference;
    TRY(find_reference(setup, ends, 2, &reference));
    for (int i = 1; i < n - 1; i++) {
        list[i].kind = setup->front.kind;
        list[i].current_ideal = reference->current[1];
        list[i].entropy_ideal = reference->entropy_production[0];
        list[i].current_scale = fabs(reference->current[1] - reference->current[0]);
        list[i].entropy_scale =
            fabs(reference->entropy_production[1] - reference->entropy_production[0]);
    }
    ff_reference_free(reference);
    return FF_OK;
}

/* Weighted sums at evenly spaced weights, or what is measured from the two ends of these. */
static enum ff_status exact_front(const struct ff_setup *setup, bool is_json)
{
    const struct ff_front_options *front = &setup->front;
    const int n = front->n_points;
    struct ff_scalarization *list = FF_RAW(struct ff_scalarization, n);
    struct ff_reference *reference = NULL;
    enum ff_status status;
    double current_scale, entropy_scale;
    char *bounds = NULL;
    TRY_OR_FAIL(ff_setup_scales(setup, &current_scale, &entropy_scale));
    for (int i = 0; i < n; i++)
        list[i] = (struct ff_scalarization){
            .weight = front->weights[0] + (front->weights[1] - front->weights[0]) * i / (n - 1),
            .current_scale = current_scale,
            .entropy_scale = entropy_scale};
    if (ff_scalarization_types[front->kind]->needs_ideal && n > 2)
        TRY_OR_FAIL(measure_from_ends(setup, list, n));
    TRY_OR_FAIL(find_reference(setup, list, n, &reference));
    bounds = bounds_of(reference, setup->system->design);
    print_front(list, reference, bounds, is_json);
fail:
    ff_reference_free(reference);
    free(bounds);
    free(list);
    return status;
}

static enum ff_status exact_run(const struct ff_arguments *arguments)
{
    struct ff_setup setup;
    TRY(ff_setup_read(arguments, &setup));
    ff_setup_enumerate(&setup);
    enum ff_status status = ff_setup_check_states(&setup);
    if (status == FF_OK && arguments->is_front)
        status = ff_observables_check_front(setup.system->observables);
    if (status == FF_OK)
        status = arguments->is_front ? exact_front(&setup, arguments->is_json)
                                     : exact_point(&setup, arguments->is_json);
    ff_setup_free(&setup);
    return status;
}

const struct ff_command ff_command_exact = {
    .name = "exact",
    .synopsis = "exact CONFIG [--front]",
    .doc =
        "exact J, sigma, noise and gradient of the initial design (theta = 0), or the best known front",
    .options = FF_OPTION_FROM | FF_OPTION_CONFIG | FF_OPTION_JSON | FF_OPTION_FRONT,
    .run = exact_run,
};
