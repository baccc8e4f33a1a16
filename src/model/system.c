/* Reading model, design and objective together; the list of model kinds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/system.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const struct ff_model_type *const ff_model_types[] = {
    &ff_model_ring, &ff_model_network, &ff_model_exclusion, &ff_model_reactions, NULL};

struct model_options {
    const struct ff_model_type *type;
};

static struct ff_word model_at(int index)
{
    const struct ff_model_type *type = ff_model_types[index];
    return type != NULL ? (struct ff_word){.name = type->name,
                                           .doc = type->doc,
                                           .value = type,
                                           .keys = type->keys}
                        : (struct ff_word){.name = NULL};
}

static const struct ff_key model_rows[] = {
    {.name = "kind",
     FF_FILLS(struct model_options, type),
     .word_at = model_at,
     .doc = "What kind of process; it says which other keys the section has."},
};

const struct ff_keys ff_keys_model = {
    .doc = "The Markov jump process: its states or species, its channels and their rate constants "
           "at theta = 0.",
    FF_ROWS(model_rows),
};

static enum ff_status build_process(struct ff_node *section, const struct ff_model_type **out_type,
                                    struct ff_process **out)
{
    struct model_options options;
    TRY(ff_keys_fill(&ff_keys_model, section, &options));
    *out_type = options.type;
    return options.type->build(section, out);
}

/* The bound sigma >= 2 N J atanh(N J / K) holds on a ring whose 2N rates sum to N K, for the current through
 * the ring. With t_e the traffic of edge e and F_i the mean traffic of the two edges at site i, the rates
 * sum to sum_i F_i/p_i >= (sum_i sqrt(F_i))^2, since sum_i p_i = 1. Every edge produces g(t_e) = 2 J atanh(J/t_e),
 * convex and falling in t and in sqrt(t); Jensen's inequality twice gives
 * sum_e g(t_e) >= sum_i g(F_i) >= N g((sum_i sqrt(F_i) / N)^2) >= N g(K/N). */
static double ring_bound_total(const struct ff_system *system, const struct ff_model_type *type)
{
    const struct ff_process *process = system->process;
    double current_weight = 0.0;
    bool is_covered = type->is_ring && system->design->has_budget;
    for (int r = 0; r < process->n_channels; r++)
        is_covered =
            is_covered && system->design->in_budget[r] && system->observables->in_entropy[r];
    for (int e = 0; e < process->n_edges; e++)
        current_weight += system->observables->current[process->edge_forward[e]];
    if (!is_covered || fabs(current_weight - 1.0) > 1e-12)
        return 0.0;
    return system->design->budget_total / process->n_sites;
}

static char *place_of(const struct ff_node *node)
{
    char text[512];
    snprintf(text, sizeof text, "%s:%d:%d: %s", node->source, node->line, node->column, node->path);
    return ff_copy_text(text);
}

enum ff_status ff_system_read(struct ff_node *root, struct ff_system **out)
{
    struct ff_node *model, *design, *objective;
    if (ff_node_find(root, "model") == NULL)
        return ff_node_error(root, "the section `model` is missing");
    TRY(ff_node_section(root, "model", &model));
    TRY(ff_node_section(root, "design", &design));
    TRY(ff_node_section(root, "objective", &objective));
    struct ff_system *system = FF_NEW(struct ff_system, 1);
    const struct ff_model_type *type;
    enum ff_status status;
    TRY_OR_FAIL(build_process(model, &type, &system->process));
    system->place = place_of(model);
    TRY_OR_FAIL(ff_design_read(design, system->process, &system->design));
    TRY_OR_FAIL(ff_observables_read(objective, system->process, &system->observables));
    ff_observables_functionals(system->observables, system->functionals);
    system->bound_total = ring_bound_total(system, type);
    *out = system;
    return FF_OK;
fail:
    ff_system_free(system);
    return status;
}

struct ff_functionals ff_system_functionals(const struct ff_system *system)
{
    return (struct ff_functionals){FF_N_OBSERVABLES, system->functionals};
}

void ff_system_free(struct ff_system *system)
{
    if (system == NULL)
        return;
    free(system->place);
    ff_process_free(system->process);
    ff_design_free(system->design);
    ff_observables_free(system->observables);
    free(system);
}
