/* Reading the coefficients of the current, and which channels count in the entropy production.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/observables.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct ff_key scale_rows[] = {
    {.name = "current",
     FF_FILLS(struct ff_observables, current_scale),
     .real = {.required = true, .min = 0.0, .above_min = true, .max = 1e100},
     .unit = "1/time",
     .doc = "J_scale, a typical current."},
    {.name = "entropy_production",
     FF_FILLS(struct ff_observables, entropy_scale),
     .real = {.required = true, .min = 0.0, .above_min = true, .max = 1e100},
     .unit = "k_B/time",
     .doc = "sigma_scale, a typical entropy production rate."},
};

static const struct ff_keys scale_keys = {
    .doc =
        "The units in which the objective measures current and entropy production; without it the "
        "traffic and the number of events per unit time at theta = 0; where with these all weights "
        "lead to one corner of the front, J and sigma of that corner.",
    FF_ROWS(scale_rows),
};

static const struct ff_key rows[] = {
    {.name = "current",
     .type = FF_KEY_OTHER,
     .is_special = true,
     .word = "all",
     .form = "`all`, or a mapping of edges to weights",
     .unit = "1",
     .doc =
         "The current J: the sum of the net currents through these edges times their weights, as in "
         "{\"E->ES\": 1}; `all` is the mean over all edges. "
         "`run` refuses a current that is zero in every steady state, whatever the rates."},
    {.name = "exclude",
     .type = FF_KEY_OTHER,
     .is_special = true,
     .is_optional = true,
     .form = "list of channels, or `all`",
     .doc =
         "Channels that do not count in the entropy production; a channel without a reverse, whose "
         "entropy production is infinite, must be among them. `run` refuses to optimise what is left "
         "where excluded channels can drive others against their force, and where nothing is left."},
    {.name = "scale", .type = FF_KEY_SECTION, .is_optional = true, .keys = &scale_keys},
};

const struct ff_keys ff_keys_objective = {
    .doc = "What is measured: the current J, which is to be large, and the entropy production rate "
           "sigma, which is to be small.",
    FF_ROWS(rows),
};

/* The current across an edge counts its forward jumps and, with the other sign, its backward ones. */
static void add_edge(struct ff_observables *observables, const struct ff_process *process,
                     int forward, double weight)
{
    observables->current[forward] += weight;
    if (process->reverse[forward] >= 0)
        observables->current[process->reverse[forward]] -= weight;
}

static enum ff_status read_edge_weights(const struct ff_node *current,
                                        const struct ff_process *process,
                                        struct ff_observables *observables)
{
    if (current->n_items == 0)
        return ff_node_error(current, "names no edge; write `all` or {edge: weight}");
    for (int i = 0; i < current->n_items; i++) {
        const struct ff_node *item = current->items[i];
        const struct ff_real_rule rule = {.min = -1e100, .max = 1e100};
        double weight;
        TRY(ff_node_as_real(item, rule, &weight));
        const int edge = ff_process_find_edge(process, item->key);
        const int channel = ff_process_find_channel(process, item->key);
        if (edge >= 0)
            add_edge(observables, process, process->edge_forward[edge], weight);
        else if (channel >= 0)
            add_edge(observables, process, channel, weight);
        else
            return ff_node_unknown(item, "edge", item->key,
                                   (const char *const *)process->edge_names, process->n_edges);
    }
    return FF_OK;
}

static enum ff_status read_current(struct ff_node *section, const struct ff_process *process,
                                   struct ff_observables *observables)
{
    const struct ff_node *current = ff_node_find(section, "current");
    if (current != NULL && current->kind == FF_NODE_MAPPING)
        return read_edge_weights(current, process, observables);
    const char *word;
    TRY(ff_node_text(section, "current", "all", &word));
    if (strcmp(word, "all") != 0)
        return ff_node_error(current, "must be `all` or {edge: weight}, got `%s`", word);
    for (int e = 0; e < process->n_edges; e++)
        add_edge(observables, process, process->edge_forward[e], 1.0 / process->n_edges);
    return FF_OK;
}

static enum ff_status read_excluded(struct ff_node *section, const struct ff_process *process,
                                    struct ff_observables *observables)
{
    for (int r = 0; r < process->n_channels; r++)
        observables->in_entropy[r] = true;
    const struct ff_node *exclude = ff_node_find(section, "exclude");
    const bool is_all =
        exclude != NULL && exclude->kind == FF_NODE_SCALAR && strcmp(exclude->text, "all") == 0;
    for (int r = 0; is_all && r < process->n_channels; r++)
        observables->in_entropy[r] = false;
    if (exclude != NULL && !is_all) {
        TRY(ff_node_expect(exclude, FF_NODE_SEQUENCE));
        for (int i = 0; i < exclude->n_items; i++) {
            TRY(ff_node_expect(exclude->items[i], FF_NODE_SCALAR));
            const int r = ff_process_find_channel(process, exclude->items[i]->text);
            if (r < 0)
                return ff_node_unknown(exclude->items[i], "channel", exclude->items[i]->text,
                                       (const char *const *)process->channel_names,
                                       process->n_channels);
            observables->in_entropy[r] = false;
        }
    }
    for (int r = 0; r < process->n_channels; r++)
        if (observables->in_entropy[r] && process->reverse[r] < 0)
            return ff_node_error(
                section,
                "channel `%s` has no reverse, so its entropy production is "
                "infinite; give its edge a backward rate or list it under `exclude`",
                process->channel_names[r]);
    return FF_OK;
}

/* ---- questions without an answer ------------------------------------------------------------- */

static enum ff_status check_current(const struct ff_node *section, const struct ff_process *process,
                                    struct ff_observables *observables)
{
    double *weight = FF_RAW(double, process->n_edges);
    for (int e = 0; e < process->n_edges; e++)
        weight[e] = observables->current[process->edge_forward[e]];
    observables->is_current_zero = ff_steady_is_zero(process, weight);
    free(weight);
    if (!observables->is_current_zero)
        return FF_OK;
    return ff_node_error(
        ff_node_find(section, "current"),
        "this current is zero in every steady state, whatever the rates: its edges lie on no "
        "cycle, or its weights cancel around each; name edges of a cycle");
}

static enum ff_status check_entropy(const struct ff_node *section, const struct ff_process *process,
                                    struct ff_observables *observables)
{
    int culprit;
    observables->entropy_kind = ff_steady_partial(process, observables->in_entropy, &culprit);
    for (int r = 0; r < process->n_channels; r++)
        observables->has_excluded = observables->has_excluded || !observables->in_entropy[r];
    const struct ff_node *exclude = ff_node_find(section, "exclude");
    if (!observables->has_excluded || observables->entropy_kind == FF_PARTIAL_ENTROPY)
        return FF_OK;
    if (observables->entropy_kind == FF_PARTIAL_ZERO)
        return ff_node_error(exclude,
                             "nothing is left of the entropy production: the channels that are not "
                             "excluded carry no net current in any steady state");
    return ff_node_error(
        exclude,
        "the sum of (w+ - w-) ln(k+/k-) over the channels that are not excluded has no lower bound, so it cannot "
        "be made least: excluded channels can drive `%s` against its force; it is the entropy production of a part "
        "only where whole cycles are excluded",
        process->channel_names[culprit]);
}

/* What is found wrong is kept, for it matters to those who optimise only. */
static void find_refusal(const struct ff_node *section, const struct ff_process *process,
                         struct ff_observables *observables)
{
    const enum ff_status current = check_current(section, process, observables);
    if (current != FF_OK)
        observables->refusal = ff_copy_text(ff_status_message());
    const enum ff_status entropy = check_entropy(section, process, observables);
    if (current == FF_OK && entropy != FF_OK)
        observables->refusal = ff_copy_text(ff_status_message());
}

enum ff_status ff_observables_check_front(const struct ff_observables *observables)
{
    CHECK(observables->refusal == NULL, FF_ERR_CONFIG, "%s", observables->refusal);
    return FF_OK;
}

enum ff_status ff_observables_read(struct ff_node *section, const struct ff_process *process,
                                   struct ff_observables **out)
{
    struct ff_observables *observables = FF_NEW(struct ff_observables, 1);
    observables->current = FF_NEW(double, process->n_channels);
    observables->in_entropy = FF_RAW(bool, process->n_channels);
    enum ff_status status;
    TRY_OR_FAIL(ff_keys_read(&ff_keys_objective, section, observables));
    TRY_OR_FAIL(read_current(section, process, observables));
    TRY_OR_FAIL(read_excluded(section, process, observables));
    find_refusal(section, process, observables);
    *out = observables;
    return FF_OK;
fail:
    ff_observables_free(observables);
    return status;
}

void ff_observables_free(struct ff_observables *observables)
{
    if (observables == NULL)
        return;
    free(observables->current);
    free(observables->in_entropy);
    free(observables->refusal);
    free(observables);
}

void ff_observables_entropy(const struct ff_observables *observables,
                            const struct ff_process *process, const double *rates, double *entropy)
{
    for (int r = 0; r < process->n_channels; r++)
        entropy[r] = observables->in_entropy[r]
                         ? log(rates[r] / rates[process->reverse[r]]) + process->log_symmetry[r]
                         : 0.0;
}

/* ---- functionals ---------------------------------------------------------------------------- */

static void current_coefficients(const struct ff_functional *functional,
                                 const struct ff_process *process, const double *rates,
                                 double *coefficients)
{
    (void)rates;
    const struct ff_observables *observables = functional->context;
    memcpy(coefficients, observables->current, sizeof *coefficients * (size_t)process->n_channels);
}

static void entropy_coefficients(const struct ff_functional *functional,
                                 const struct ff_process *process, const double *rates,
                                 double *coefficients)
{
    ff_observables_entropy(functional->context, process, rates, coefficients);
}

static void add_explicit_entropy(const struct ff_functional *functional,
                                 const struct ff_process *process, const double *flux,
                                 double *gradient)
{
    const struct ff_observables *observables = functional->context;
    for (int r = 0; r < process->n_channels; r++) {
        if (!observables->in_entropy[r])
            continue;
        gradient[r] += flux[r];
        gradient[process->reverse[r]] -= flux[r];
    }
}

void ff_observables_functionals(const struct ff_observables *observables,
                                struct ff_functional out[FF_N_OBSERVABLES])
{
    out[FF_J] = (struct ff_functional){.name = "current",
                                       .unit = "1/time",
                                       .doc = "current J, per walker",
                                       .kind = FF_CHANNEL,
                                       .context = observables,
                                       .coefficients = current_coefficients};
    out[FF_SIGMA] = (struct ff_functional){.name = "entropy_production",
                                           .unit = "k_B/time",
                                           .doc = "entropy production rate sigma, per walker",
                                           .kind = FF_CHANNEL,
                                           .context = observables,
                                           .coefficients = entropy_coefficients,
                                           .add_explicit = add_explicit_entropy};
}
