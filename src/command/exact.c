/* fluxfront exact: what the enumerated states say, at the initial design or along the front.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "command/command.h"
#include "command/json.h"

#include <math.h>
#include <stdlib.h>

/* ---- one design ----------------------------------------------------------------------------- */

static void print_point(const struct ff_system *system, const struct ff_exact *exact,
                        const struct ff_exact_values *values, const double *rates,
                        const double *current_gradient, const double *entropy_gradient)
{
    const struct ff_process *process = system->process;
    enum { MAX_ROWS = 40 };
    printf("states                %d (%s)\n", ff_exact_n_states(exact),
           ff_exact_solver_name(exact));
    printf("current               %.15g  per unit time\n", values->current);
    printf("entropy_production    %.15g  k_B per unit time\n", values->entropy_production);
    printf("activity              %.15g  events per unit time\n", values->activity);
    printf("current_noise         %.15g  variance per unit time\n", values->current_noise);
    printf("tur_ratio             %.15g  at least 1\n", values->tur_ratio);
    if (system->bound_total > 0.0) {
        const double n = process->n_sites, j = fabs(values->current);
        printf("bound                 %.15g  least entropy production at this current\n",
               2.0 * n * j * atanh(n * j / system->bound_total));
    }
    printf("\n%-20s %14s\n", "site", "occupancy");
    for (int i = 0; i < process->n_sites && i < MAX_ROWS; i++)
        printf("%-20s %14.8g\n", process->site_names[i], ff_exact_occupancy(exact)[i]);
    if (process->n_sites > MAX_ROWS)
        printf("... %d more, all with --json\n", process->n_sites - MAX_ROWS);
    printf("\n%-20s %14s %14s %14s %14s\n", "channel", "rate", "flux", "dJ/dlogk", "dsigma/dlogk");
    for (int r = 0; r < process->n_channels && r < MAX_ROWS; r++)
        printf("%-20s %14.8g %14.8g %14.8g %14.8g\n", process->channel_names[r], rates[r],
               ff_exact_flux(exact)[r], current_gradient[r], entropy_gradient[r]);
    if (process->n_channels > MAX_ROWS)
        printf("... %d more, all with --json\n", process->n_channels - MAX_ROWS);
}

static void print_point_json(const struct ff_system *system, const struct ff_exact *exact,
                             const struct ff_exact_values *values, const double *rates,
                             const double *current_gradient, const double *entropy_gradient)
{
    const struct ff_process *process = system->process;
    json_t *document = json_object();
    json_object_set_new(document, "n_states", json_integer(ff_exact_n_states(exact)));
    json_object_set_new(document, "solver", json_string(ff_exact_solver_name(exact)));
    ff_json_put(document, "current", values->current);
    ff_json_put(document, "entropy_production", values->entropy_production);
    ff_json_put(document, "activity", values->activity);
    ff_json_put(document, "current_noise", values->current_noise);
    ff_json_put(document, "tur_ratio", values->tur_ratio);
    json_object_set_new(document, "site", ff_json_texts(process->site_names, process->n_sites));
    json_object_set_new(document, "occupancy",
                        ff_json_numbers(ff_exact_occupancy(exact), process->n_sites));
    json_object_set_new(document, "channel",
                        ff_json_texts(process->channel_names, process->n_channels));
    json_object_set_new(document, "rates", ff_json_numbers(rates, process->n_channels));
    json_object_set_new(document, "flux",
                        ff_json_numbers(ff_exact_flux(exact), process->n_channels));
    json_object_set_new(document, "current_gradient",
                        ff_json_numbers(current_gradient, process->n_channels));
    json_object_set_new(document, "entropy_gradient",
                        ff_json_numbers(entropy_gradient, process->n_channels));
    ff_json_print(document);
}

static enum ff_status solve_point(const struct ff_setup *setup, struct ff_exact *exact,
                                  const double *rates, double *current_gradient,
                                  double *entropy_gradient, bool is_json)
{
    TRY(ff_exact_solve(exact, rates));
    const struct ff_exact_values values = ff_exact_observe(exact);
    ff_exact_gradient(exact, current_gradient, entropy_gradient);
    (is_json ? print_point_json : print_point)(setup->system, exact, &values, rates,
                                               current_gradient, entropy_gradient);
    return FF_OK;
}

static enum ff_status exact_point(const struct ff_setup *setup, bool is_json)
{
    const int n_channels = setup->system->process->n_channels;
    struct ff_exact *exact;
    double *theta = ff_setup_initial_theta(setup);
    double *rates = FF_NEW(double, n_channels);
    double *current_gradient = FF_NEW(double, n_channels);
    double *entropy_gradient = FF_NEW(double, n_channels);
    ff_design_rates(setup->system->design, theta, rates);
    enum ff_status status = ff_exact_create(setup->system, NULL, &exact);
    if (status == FF_OK) {
        status = solve_point(setup, exact, rates, current_gradient, entropy_gradient, is_json);
        ff_exact_free(exact);
    }
    free(theta);
    free(rates);
    free(current_gradient);
    free(entropy_gradient);
    return status;
}

/* ---- the front ------------------------------------------------------------------------------ */

static void print_front(const struct ff_scalarization *scalarizations,
                        const struct ff_reference *reference, bool is_json)
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
        ff_json_print(document);
        return;
    }
    printf("%10s %18s %18s %18s\n", "weight", "current", "entropy_production", "objective");
    for (int i = 0; i < reference->n_points; i++)
        printf("%10.6f %18.12g %18.12g %18.12g\n", scalarizations[i].weight, reference->current[i],
               reference->entropy_production[i], reference->objective[i]);
}

/* Weighted sums at evenly spaced weights; Chebyshev ones measured from the two ends of these. */
static enum ff_status exact_front(const struct ff_setup *setup, bool is_json)
{
    const struct ff_front_options *front = &setup->front;
    const int n = front->n_points;
    struct ff_scalarization *list = FF_NEW(struct ff_scalarization, n);
    struct ff_reference *reference = NULL;
    enum ff_status status;
    double current_scale, entropy_scale;
    TRY_OR_FAIL(ff_setup_scales(setup, &current_scale, &entropy_scale));
    for (int i = 0; i < n; i++)
        list[i] = (struct ff_scalarization){
            .kind = FF_SCALARIZATION_WEIGHTED,
            .weight = front->weights[0] + (front->weights[1] - front->weights[0]) * i / (n - 1),
            .current_scale = current_scale,
            .entropy_scale = entropy_scale};
    if (front->kind == FF_SCALARIZATION_CHEBYSHEV && n > 2) {
        const struct ff_scalarization ends[2] = {list[0], list[n - 1]};
        reference = ff_reference_create(setup->system, &setup->reference, setup->plan.gradient.seed,
                                        ends, 2, NULL);
        for (int i = 1; i < n - 1 && reference != NULL; i++) {
            list[i].kind = FF_SCALARIZATION_CHEBYSHEV;
            list[i].current_ideal = reference->current[1];
            list[i].entropy_ideal = reference->entropy_production[0];
            list[i].current_scale = fabs(reference->current[1] - reference->current[0]);
            list[i].entropy_scale =
                fabs(reference->entropy_production[1] - reference->entropy_production[0]);
        }
        ff_reference_free(reference);
        reference = NULL;
    }
    reference = ff_reference_create(setup->system, &setup->reference, setup->plan.gradient.seed,
                                    list, n, NULL);
    if (reference == NULL)
        status =
            ff_status_raise(FF_ERR_NUMERICAL, "more than %d states; raise reference.max_states",
                            setup->reference.max_states);
    else
        print_front(list, reference, is_json);
fail:
    ff_reference_free(reference);
    free(list);
    return status;
}

static enum ff_status exact_run(const struct ff_arguments *arguments)
{
    struct ff_setup setup;
    TRY(ff_setup_read(arguments, &setup));
    const enum ff_status status = arguments->is_front ? exact_front(&setup, arguments->is_json)
                                                      : exact_point(&setup, arguments->is_json);
    ff_setup_free(&setup);
    return status;
}

const struct ff_command ff_command_exact = {
    .name = "exact",
    .synopsis = "exact CONFIG [--front]",
    .doc = "exact J, sigma, noise and gradient at theta = 0, or the exact reference front",
    .options = FF_OPTION_CONFIG | FF_OPTION_JSON | FF_OPTION_FRONT,
    .run = exact_run,
};
