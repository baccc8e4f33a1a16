/* From a configuration file to everything a command needs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cluster/cluster.h"
#include "command/command.h"
#include "command/start.h"
#include "gradient/estimator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The task number whose random numbers measure the scales; no real task reaches it. */
static const uint32_t scale_task = UINT32_MAX;

/* ---- sections ------------------------------------------------------------------------------- */

/* What sections mean together. */
static enum ff_status configuration_check(struct ff_node *root, void *options)
{
    const struct ff_plan *plan = &((const struct ff_setup *)options)->plan;
    if (plan->optimizer.type->needs_exact && !plan->gradient.estimator->is_exact &&
        plan->gradient.estimator->choose == NULL)
        return ff_node_error(ff_node_find(root, "optimizer"),
                             "`%s` needs a gradient without noise; set gradient.estimator "
                             "to `exact`, or use `trust`, which knows the noise",
                             plan->optimizer.type->name);
    return FF_OK;
}

#define SECTION_AT(member) .type = FF_KEY_SECTION, .offset = offsetof(struct ff_setup, member)

/* The first three make a system together, see ff_system_read. */
static const struct ff_key rows[] = {
    {.name = "model",
     .type = FF_KEY_SECTION,
     .is_special = true,
     .form = "mapping, required",
     .keys = &ff_keys_model},
    {.name = "design", .type = FF_KEY_SECTION, .is_special = true, .keys = &ff_keys_design},
    {.name = "objective", .type = FF_KEY_SECTION, .is_special = true, .keys = &ff_keys_objective},
    {.name = "front", SECTION_AT(front), .keys = &ff_keys_front},
    {.name = "gradient", SECTION_AT(plan.gradient), .keys = &ff_keys_gradient},
    {.name = "simulation", SECTION_AT(plan.gradient), .keys = &ff_keys_simulation},
    {.name = "seed",
     FF_FILLS(struct ff_setup, plan.gradient.seed),
     .integer = {.fallback = 1, .min = 0, .max = INT64_MAX},
     .unit = "1",
     .doc = "Selects all random numbers of the run; with the same seed the results are the same to "
            "the bit, on any number of ranks."},
    {.name = "optimizer", SECTION_AT(plan.optimizer), .keys = &ff_keys_optimizer},
    {.name = "evaluation", SECTION_AT(plan.evaluation), .keys = &ff_keys_evaluation},
    {.name = "timecourse",
     SECTION_AT(timecourse),
     .is_optional = true,
     .keys = &ff_keys_timecourse},
    {.name = "reference", SECTION_AT(reference), .keys = &ff_keys_reference},
};

const struct ff_keys ff_keys_configuration = {
    .doc = "The keys of the file itself.",
    FF_ROWS(rows),
    .check = configuration_check,
};

static enum ff_status read_sections(struct ff_yaml *document, struct ff_setup *out)
{
    struct ff_node *root = ff_yaml_root(document);
    TRY(ff_keys_allow(&ff_keys_configuration, root));
    TRY(ff_system_read(root, &out->system));
    out->plan.system = out->system;
    out->plan.functionals = ff_system_functionals(out->system);
    return ff_keys_fill(&ff_keys_configuration, root, out);
}

/* ---- documents ------------------------------------------------------------------------------ */

/* Takes the document. */
static enum ff_status read_document(struct ff_yaml *document, struct ff_setup *out)
{
    out->given = ff_copy_text(ff_yaml_text(document));
    const enum ff_status status = read_sections(document, out);
    if (status == FF_OK)
        out->resolved = ff_yaml_emit(document);
    ff_yaml_free(document);
    if (status != FF_OK)
        ff_setup_free(out);
    return status;
}

/* The file named or, when it was left out, the resolved configuration of the front. */
static enum ff_status open_document(const struct ff_arguments *arguments,
                                    const struct ff_front_summary *front, struct ff_yaml **out)
{
    if (front == NULL || !arguments->is_config_stored)
        return ff_yaml_read_file(arguments->input, out);
    static const char place[] = ":/config/resolved";
    const size_t size = strlen(arguments->input) + sizeof place;
    char *name = ff_allocate_raw(size, 1);
    snprintf(name, size, "%s%s", arguments->input, place);
    const enum ff_status status = ff_yaml_read_text(name, front->config_resolved, out);
    free(name);
    return status;
}

static enum ff_status read_configuration(const struct ff_arguments *arguments,
                                         const struct ff_front_summary *front, struct ff_setup *out)
{
    struct ff_yaml *document;
    TRY(open_document(arguments, front, &document));
    enum ff_status status = FF_OK;
    for (int i = 0; i < arguments->n_overrides; i++)
        TRY_OR_FAIL(ff_yaml_override(document, arguments->overrides[i]));
    if (arguments->seed != NULL) {
        char assignment[64];
        snprintf(assignment, sizeof assignment, "seed=%s", arguments->seed);
        TRY_OR_FAIL(ff_yaml_override(document, assignment));
    }
    return read_document(document, out);
fail:
    ff_yaml_free(document);
    return status;
}

static enum ff_status read_with_start(const struct ff_arguments *arguments,
                                      const struct ff_front_summary *front, struct ff_setup *out)
{
    TRY(read_configuration(arguments, front, out));
    if (front == NULL) {
        out->from = ff_copy_text("");
        return FF_OK;
    }
    const enum ff_status status =
        ff_start_take(arguments, front, out->system, &out->start, &out->from);
    if (status != FF_OK)
        ff_setup_free(out);
    return status;
}

enum ff_status ff_setup_read(const struct ff_arguments *arguments, struct ff_setup *out)
{
    *out = (struct ff_setup){0};
    struct ff_front_summary *front = NULL;
    if (arguments->from != NULL)
        TRY(ff_front_file_read(arguments->from, &front));
    const enum ff_status status = read_with_start(arguments, front, out);
    ff_front_summary_free(front);
    return status;
}

enum ff_status ff_setup_read_text(const char *name, const char *text, struct ff_setup *out)
{
    *out = (struct ff_setup){0};
    struct ff_yaml *document;
    TRY(ff_yaml_read_text(name, text, &document));
    return read_document(document, out);
}

void ff_setup_share(const struct ff_arguments *arguments, struct ff_setup *setup)
{
    const bool is_source = ff_cluster_rank() == 0;
    char *text = setup->resolved;
    ff_cluster_share_text(&text);
    if (!is_source) {
        if (ff_setup_read_text(arguments->input, text, setup) != FF_OK)
            ff_status_abort(__FILE__, __LINE__, "the resolved configuration does not read back");
        free(text);
    }
    if (arguments->from == NULL)
        return;
    const int n_parameters = setup->system->design->n_parameters;
    if (!is_source)
        setup->start = FF_RAW(double, n_parameters);
    ff_cluster_share_reals(setup->start, (size_t)n_parameters);
}

void ff_setup_free(struct ff_setup *setup)
{
    free(setup->given);
    free(setup->resolved);
    free(setup->start);
    free(setup->from);
    ff_chain_free(setup->chain);
    ff_system_free(setup->system);
    *setup = (struct ff_setup){0};
}

void ff_setup_enumerate(struct ff_setup *setup)
{
    if (ff_chain_create(setup->system->process, FF_MAX_STATES, &setup->chain) != FF_OK)
        setup->chain = NULL;
    setup->plan.chain = setup->chain;
    setup->plan.gradient.estimator =
        ff_estimator_choose(setup->plan.gradient.estimator, setup->system->process, setup->chain);
}

/* theta = 0 clipped to the bounds. */
static double *origin(const struct ff_design *design)
{
    double *theta = FF_NEW(double, design->n_parameters);
    ff_design_clip(design, theta);
    return theta;
}

enum ff_status ff_setup_check_states(const struct ff_setup *setup)
{
    const struct ff_system *system = setup->system;
    if (setup->chain != NULL && ff_chain_check_steady(system->process, setup->chain) != FF_OK)
        return ff_status_raise_from(ff_status_place(), FF_ERR_CONFIG, "%s: %s", system->place,
                                    ff_status_message());
    return FF_OK;
}

double *ff_setup_initial_theta(const struct ff_setup *setup)
{
    const struct ff_design *design = setup->system->design;
    if (setup->start == NULL)
        return origin(design);
    double *theta = FF_RAW(double, design->n_parameters);
    memcpy(theta, setup->start, sizeof *theta * (size_t)design->n_parameters);
    return theta;
}

/* Scales from the fluxes of an estimate at theta = 0. */
static enum ff_status scales_from(const struct ff_system *system,
                                  const struct ff_estimate *estimate, double *current_scale,
                                  double *entropy_scale)
{
    *current_scale = *entropy_scale = 0.0;
    for (int r = 0; r < system->process->n_channels; r++) {
        *current_scale += fabs(system->observables->current[r]) * estimate->flux[r];
        *entropy_scale += estimate->flux[r];
    }
    CHECK(*entropy_scale > 0.0 && isfinite(*entropy_scale) && isfinite(*current_scale),
          FF_ERR_NUMERICAL,
          "nothing happens at theta = 0: its activity is %g; give objective.scale", *entropy_scale);
    return FF_OK;
}

/* Only the fluxes of the estimator are used. */
static enum ff_status measure_scales(const struct ff_setup *setup, const double *rates,
                                     const struct ff_estimator_type *estimator,
                                     double *current_scale, double *entropy_scale)
{
    struct ff_gradient_options options = setup->plan.gradient;
    struct ff_gradient *gradient;
    struct ff_estimate estimate;
    options.estimator = estimator;
    TRY(ff_gradient_create(setup->system, setup->plan.functionals, setup->chain, &options,
                           &gradient));
    ff_estimate_create(gradient, &estimate);
    enum ff_status status = ff_gradient_estimate(gradient, rates, scale_task, 0, 1, &estimate);
    if (status == FF_OK)
        status = scales_from(setup->system, &estimate, current_scale, entropy_scale);
    ff_estimate_free(&estimate);
    ff_gradient_free(gradient);
    return status;
}

/* By the score estimator, which never diverges; by exact fluxes where trajectories have not seen the current, and if there
 * are none by the activity. */
enum ff_status ff_setup_scales(const struct ff_setup *setup, double *current_scale,
                               double *entropy_scale)
{
    const struct ff_system *system = setup->system;
    if (system->observables->current_scale > 0.0) {
        *current_scale = system->observables->current_scale;
        *entropy_scale = system->observables->entropy_scale;
        return FF_OK;
    }
    double *theta = origin(system->design);
    double *rates = FF_RAW(double, system->process->n_channels);
    ff_design_rates(system->design, theta, rates);
    enum ff_status status =
        measure_scales(setup, rates, &ff_estimator_score, current_scale, entropy_scale);
    if (setup->chain != NULL && !(status == FF_OK && *current_scale > 0.0))
        status = measure_scales(setup, rates, &ff_estimator_exact, current_scale, entropy_scale);
    if (status == FF_OK && !(*current_scale > 0.0))
        *current_scale = *entropy_scale;
    free(rates);
    free(theta);
    return status;
}

void ff_note_start(char *text, size_t size)
{
    const time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &utc);
}
