/* From a configuration file to everything a command needs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cluster/cluster.h"
#include "command/command.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

/* The task number whose random numbers measure the scales; no real task reaches it. */
static const uint32_t scale_task = UINT32_MAX;

static enum ff_status read_sections(struct ff_yaml *document, struct ff_setup *out)
{
    static const char *const sections[] = {"model",     "design",     "objective",  "front",
                                           "gradient",  "optimizer",  "simulation", "evaluation",
                                           "reference", "timecourse", "seed",       NULL};
    struct ff_node *root = ff_yaml_root(document), *section;
    TRY(ff_node_allow(root, sections));
    TRY(ff_system_read(root, &out->system));
    TRY(ff_node_section(root, "front", &section));
    TRY(ff_front_options_read(section, &out->front));
    TRY(ff_plan_read(root, out->system, &out->plan));
    TRY(ff_timecourse_options_read(root, &out->timecourse));
    TRY(ff_node_section(root, "reference", &section));
    return ff_reference_options_read(section, &out->reference);
}

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

enum ff_status ff_setup_read(const struct ff_arguments *arguments, struct ff_setup *out)
{
    *out = (struct ff_setup){0};
    struct ff_yaml *document;
    TRY(ff_yaml_read_file(arguments->input, &document));
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

enum ff_status ff_setup_read_text(const char *name, const char *text, struct ff_setup *out)
{
    *out = (struct ff_setup){0};
    struct ff_yaml *document;
    TRY(ff_yaml_read_text(name, text, &document));
    return read_document(document, out);
}

void ff_setup_share(const struct ff_arguments *arguments, struct ff_setup *setup)
{
    char *text = setup->resolved;
    ff_cluster_share_text(&text);
    if (ff_cluster_rank() == 0)
        return;
    if (ff_setup_read_text(arguments->input, text, setup) != FF_OK)
        ff_status_abort(__FILE__, __LINE__, "the resolved configuration does not read back");
    free(text);
}

void ff_setup_free(struct ff_setup *setup)
{
    free(setup->given);
    free(setup->resolved);
    ff_chain_free(setup->chain);
    ff_system_free(setup->system);
    *setup = (struct ff_setup){0};
}

void ff_setup_enumerate(struct ff_setup *setup)
{
    if (ff_chain_create(setup->system->process, FF_MAX_STATES, &setup->chain) != FF_OK)
        setup->chain = NULL;
    setup->plan.chain = setup->chain;
}

double *ff_setup_initial_theta(const struct ff_setup *setup)
{
    double *theta = FF_NEW(double, setup->system->design->n_parameters);
    ff_design_clip(setup->system->design, theta);
    return theta;
}

/* Scales from the fluxes of an estimate. */
static enum ff_status scales_from(const struct ff_system *system,
                                  const struct ff_estimate *estimate, double *current_scale,
                                  double *entropy_scale)
{
    *current_scale = *entropy_scale = 0.0;
    for (int r = 0; r < system->process->n_channels; r++) {
        *current_scale += fabs(system->observables->current[r]) * estimate->flux[r];
        *entropy_scale += estimate->flux[r];
    }
    CHECK(*current_scale > 0.0 && isfinite(*current_scale), FF_ERR_NUMERICAL,
          "the scale of the current is %g at the initial design; give objective.scale",
          *current_scale);
    return FF_OK;
}

/* By the score estimator, which never diverges; only its fluxes are used. */
static enum ff_status measure_scales(const struct ff_setup *setup, const double *rates,
                                     double *current_scale, double *entropy_scale)
{
    struct ff_gradient_options options = setup->plan.gradient;
    struct ff_gradient *gradient;
    struct ff_estimate estimate;
    options.estimator = &ff_estimator_score;
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

enum ff_status ff_setup_scales(const struct ff_setup *setup, double *current_scale,
                               double *entropy_scale)
{
    const struct ff_system *system = setup->system;
    if (system->observables->current_scale > 0.0) {
        *current_scale = system->observables->current_scale;
        *entropy_scale = system->observables->entropy_scale;
        return FF_OK;
    }
    double *theta = ff_setup_initial_theta(setup);
    double *rates = FF_RAW(double, system->process->n_channels);
    ff_design_rates(system->design, theta, rates);
    const enum ff_status status = measure_scales(setup, rates, current_scale, entropy_scale);
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
