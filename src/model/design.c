/* Reading the section `design`, and the map with its pull-back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/design.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys ----------------------------------------------------------------------------------- */

enum design_kind { DESIGN_RATES, DESIGN_FORCES, DESIGN_LINEAR };

struct design_options {
    enum design_kind kind;
    double bounds[2];    /* on every component of theta */
    double budget_total; /* per unit time; 0 without a budget */
};

static const struct ff_word kinds[] = {
    {.name = "rates", .doc = "a parameter for each free channel: the log of a factor on its rate"},
    {.name = "forces",
     .doc =
         "a parameter F for each reversible edge: a factor exp(F/2) on its forward and exp(-F/2) "
         "on its backward rate"},
    {.name = "linear", .doc = "parameters with coefficients of your own"},
    {.name = NULL}};

static const struct ff_key budget_rows[] = {
    {.name = "total",
     FF_FILLS(struct design_options, budget_total),
     .real = {.required = true, .min = 0.0, .above_min = true, .max = 1e100},
     .unit = "1/time",
     .doc = "What the rate constants add up to."},
    {.name = "channels",
     .type = FF_KEY_OTHER,
     .is_special = true,
     .word = "all",
     .form = "list of channels, or `all`",
     .doc = "The channels that share the budget."},
};

static const struct ff_keys budget_keys = {
    .doc =
        "Holds the sum of rate constants fixed: after theta has set them, all are multiplied by one "
        "factor.",
    FF_ROWS(budget_rows),
};

static const struct ff_key rows[] = {
    {.name = "kind",
     FF_FILLS(struct design_options, kind),
     .word = "rates",
     .words = kinds,
     .doc = "What the parameters theta are."},
    {.name = "free",
     .type = FF_KEY_OTHER,
     .is_special = true,
     .word = "all",
     .form = "list of channels, or `all`",
     .doc = "For `kind: rates`, the channels whose rates may change."},
    {.name = "parameters",
     .type = FF_KEY_OTHER,
     .is_special = true,
     .is_optional = true,
     .form = "mapping of names to mappings of channels to coefficients",
     .unit = "1",
     .doc =
         "For `kind: linear`, which requires it: {load: {\"A->B\": 0.65, \"B->A\": -0.35}} makes one "
         "parameter that multiplies those rates by exp(0.65 theta) and exp(-0.35 theta)."},
    {.name = "budget", .type = FF_KEY_SECTION, .is_optional = true, .keys = &budget_keys},
    {.name = "bounds",
     FF_FILLS(struct design_options, bounds),
     .ends = {-8.0, 8.0},
     .unit = "1",
     .doc =
         "Least and largest value of every parameter theta; as theta is the log of a factor on a "
         "rate, [-8, 8] is a factor of e^8 = 2981 either way; no rate may change by more than e^345. "
         "Where the objective falls on beyond a bound the front is that of the bound, and `run` "
         "names the parameter."},
};

const struct ff_keys ff_keys_design = {
    .doc =
        "What may be changed: parameters theta with log k = log k0 + A theta, where k0 are the rate "
        "constants of the model and theta = 0 is the initial design, or what --from names.",
    FF_ROWS(rows),
};

/* ---- reading -------------------------------------------------------------------------------- */

/* One entry of A before it is sorted by rows. */
struct entry {
    int channel, parameter;
    double coefficient;
};

struct entries {
    struct entry *items;
    int count, capacity;
};

static void add_entry(struct entries *entries, int channel, int parameter, double coefficient)
{
    if (entries->count == entries->capacity) {
        entries->capacity = 2 * entries->capacity + 16;
        entries->items = ff_grow(entries->items, (size_t)entries->capacity, sizeof *entries->items);
    }
    entries->items[entries->count++] = (struct entry){channel, parameter, coefficient};
}

static enum ff_status find_channel(const struct ff_node *node, const char *name,
                                   const struct ff_process *process, int *out)
{
    *out = ff_process_find_channel(process, name);
    if (*out >= 0)
        return FF_OK;
    return ff_node_unknown(node, "channel", name, (const char *const *)process->channel_names,
                           process->n_channels);
}

/* A list of channel names as marks [R]; `all`, or an absent key, marks every channel. */
static enum ff_status read_channels(struct ff_node *section, const char *key,
                                    const struct ff_process *process, bool *marked)
{
    struct ff_node *node = ff_node_find(section, key);
    const bool is_all =
        node == NULL || (node->kind == FF_NODE_SCALAR && strcmp(node->text, "all") == 0);
    for (int r = 0; r < process->n_channels; r++)
        marked[r] = is_all;
    if (is_all)
        return FF_OK;
    TRY(ff_node_expect(node, FF_NODE_SEQUENCE));
    if (node->n_items == 0)
        return ff_node_error(node, "names no channels; list some or write `all`");
    for (int i = 0; i < node->n_items; i++) {
        int channel;
        TRY(ff_node_expect(node->items[i], FF_NODE_SCALAR));
        TRY(find_channel(node->items[i], node->items[i]->text, process, &channel));
        if (marked[channel])
            return ff_node_error(node->items[i], "channel `%s` is listed twice",
                                 node->items[i]->text);
        marked[channel] = true;
    }
    return FF_OK;
}

static enum ff_status read_free_rates(struct ff_node *section, const struct ff_process *process,
                                      struct ff_design *design, struct entries *entries)
{
    bool *is_free = FF_RAW(bool, process->n_channels);
    const enum ff_status status = read_channels(section, "free", process, is_free);
    for (int r = 0; status == FF_OK && r < process->n_channels; r++) {
        if (!is_free[r])
            continue;
        design->parameter_names[design->n_parameters] = ff_copy_text(process->channel_names[r]);
        add_entry(entries, r, design->n_parameters++, 1.0);
    }
    free(is_free);
    return status;
}

static enum ff_status make_forces(const struct ff_node *section, const struct ff_process *process,
                                  struct ff_design *design, struct entries *entries)
{
    for (int e = 0; e < process->n_edges; e++) {
        const int forward = process->edge_forward[e], backward = process->reverse[forward];
        if (backward < 0)
            continue;
        design->parameter_names[design->n_parameters] = ff_copy_text(process->edge_names[e]);
        add_entry(entries, forward, design->n_parameters, 0.5);
        add_entry(entries, backward, design->n_parameters++, -0.5);
    }
    if (design->n_parameters == 0)
        return ff_node_error(section, "no edge is reversible, so there are no forces to change");
    return FF_OK;
}

static enum ff_status read_linear(struct ff_node *section, const struct ff_process *process,
                                  struct ff_design *design, struct entries *entries)
{
    const struct ff_node *parameters = ff_node_find(section, "parameters");
    if (parameters == NULL)
        return ff_node_error(section, "the key `parameters` is missing");
    TRY(ff_node_expect(parameters, FF_NODE_MAPPING));
    if (parameters->n_items == 0)
        return ff_node_error(parameters, "names no parameters");
    if (parameters->n_items > process->n_channels)
        return ff_node_error(parameters, "more parameters than channels (%d)", process->n_channels);
    for (int p = 0; p < parameters->n_items; p++) {
        const struct ff_node *parameter = parameters->items[p];
        TRY(ff_node_expect(parameter, FF_NODE_MAPPING));
        if (parameter->n_items == 0)
            return ff_node_error(parameter, "changes no channel");
        design->parameter_names[design->n_parameters++] = ff_copy_text(parameter->key);
        for (int i = 0; i < parameter->n_items; i++) {
            const struct ff_real_rule rule = {.min = -1e6, .max = 1e6};
            int channel;
            double coefficient;
            TRY(find_channel(parameter->items[i], parameter->items[i]->key, process, &channel));
            TRY(ff_node_as_real(parameter->items[i], rule, &coefficient));
            add_entry(entries, channel, p, coefficient);
        }
    }
    return FF_OK;
}

static void fill_rows(struct ff_design *design, const struct entries *entries)
{
    design->column = FF_RAW(int, entries->count);
    design->coefficient = FF_RAW(double, entries->count);
    for (int e = 0; e < entries->count; e++)
        design->row_start[entries->items[e].channel + 1]++;
    for (int r = 0; r < design->n_channels; r++)
        design->row_start[r + 1] += design->row_start[r];
    int *next = FF_NEW(int, design->n_channels);
    for (int e = 0; e < entries->count; e++) {
        const struct entry *entry = &entries->items[e];
        const int at = design->row_start[entry->channel] + next[entry->channel]++;
        design->column[at] = entry->parameter;
        design->coefficient[at] = entry->coefficient;
    }
    free(next);
}

static enum ff_status read_budget(struct ff_node *section, const struct ff_process *process,
                                  struct ff_design *design)
{
    struct ff_node *budget = ff_node_find(section, "budget");
    if (budget == NULL)
        return FF_OK;
    design->has_budget = true;
    return read_channels(budget, "channels", process, design->in_budget);
}

/* Squares of factors from e^-345 to e^345, 1e150, are numbers. Within bounds that let a rate change by more nothing says
 * where an objective ends that falls for ever. */
static const double largest_change = 345.0;

/* How far the bounds let the log of a channel's rate go, upwards (sign 1) or downwards (-1), with the parameter that has most
 * part in it, -1 if none has. */
static double farthest(const struct ff_design *design, int channel, double sign, int *parameter)
{
    double change = 0.0, largest = 0.0;
    *parameter = -1;
    for (int e = design->row_start[channel]; e < design->row_start[channel + 1]; e++) {
        const double slope = sign * design->coefficient[e];
        const int p = design->column[e];
        const double part = fmax(slope * design->lower[p], slope * design->upper[p]);
        change += part;
        if (part > largest) {
            largest = part;
            *parameter = p;
        }
    }
    return change;
}

static enum ff_status check_range(struct ff_node *section, const struct ff_process *process,
                                  const struct ff_design *design)
{
    const struct ff_node *bounds = ff_node_find(section, "bounds");
    for (int r = 0; r < design->n_channels; r++)
        for (int side = 0; side < 2; side++) {
            const double sign = side == 0 ? -1.0 : 1.0;
            int p;
            const double change = farthest(design, r, sign, &p);
            if (change > largest_change)
                return ff_node_error(bounds != NULL ? bounds : section,
                                     "parameter `%s` can run away: the bounds let it change the "
                                     "rate of `%s` by a factor of e^%.4g, beyond e^%g; narrow them",
                                     design->parameter_names[p], process->channel_names[r],
                                     sign * change, sign * largest_change);
        }
    return FF_OK;
}

static enum ff_status read_options(struct ff_node *section, struct design_options *options)
{
    *options = (struct design_options){.budget_total = 0.0};
    TRY(ff_keys_read(&ff_keys_design, section, options));
    const struct ff_node *free_rates = ff_node_find(section, "free");
    const struct ff_node *parameters = ff_node_find(section, "parameters");
    const char *kind = kinds[options->kind].name;
    if (free_rates != NULL && options->kind != DESIGN_RATES)
        return ff_node_error(free_rates, "belongs to `kind: rates`, not `%s`", kind);
    if (parameters != NULL && options->kind != DESIGN_LINEAR)
        return ff_node_error(parameters, "belongs to `kind: linear`, not `%s`", kind);
    return FF_OK;
}

enum ff_status ff_design_read(struct ff_node *section, const struct ff_process *process,
                              struct ff_design **out)
{
    struct design_options options;
    TRY(read_options(section, &options));
    struct ff_design *design = FF_NEW(struct ff_design, 1);
    struct entries entries = {0};
    enum ff_status status;
    design->n_channels = process->n_channels;
    design->budget_total = options.budget_total;
    design->parameter_names = FF_RAW(char *, process->n_channels);
    design->log_base = FF_RAW(double, process->n_channels);
    for (int r = 0; r < process->n_channels; r++)
        design->log_base[r] = log(process->rates[r]);
    design->row_start = FF_NEW(int, process->n_channels + 1);
    design->in_budget = FF_NEW(bool, process->n_channels);
    TRY_OR_FAIL(read_budget(section, process, design));
    if (options.kind == DESIGN_RATES)
        status = read_free_rates(section, process, design, &entries);
    else if (options.kind == DESIGN_FORCES)
        status = make_forces(section, process, design, &entries);
    else
        status = read_linear(section, process, design, &entries);
    TRY_OR_FAIL(status);
    fill_rows(design, &entries);
    design->lower = FF_RAW(double, design->n_parameters);
    design->upper = FF_RAW(double, design->n_parameters);
    for (int p = 0; p < design->n_parameters; p++) {
        design->lower[p] = options.bounds[0];
        design->upper[p] = options.bounds[1];
    }
    TRY_OR_FAIL(check_range(section, process, design));
    free(entries.items);
    *out = design;
    return FF_OK;
fail:
    free(entries.items);
    ff_design_free(design);
    return status;
}

void ff_design_free(struct ff_design *design)
{
    if (design == NULL)
        return;
    for (int p = 0; p < design->n_parameters; p++)
        free(design->parameter_names[p]);
    free(design->parameter_names);
    free(design->log_base);
    free(design->row_start);
    free(design->column);
    free(design->coefficient);
    free(design->lower);
    free(design->upper);
    free(design->in_budget);
    free(design);
}

/* ---- the map -------------------------------------------------------------------------------- */

void ff_design_rates(const struct ff_design *design, const double *theta, double *rates)
{
    double budget_sum = 0.0;
    for (int r = 0; r < design->n_channels; r++) {
        double log_rate = design->log_base[r];
        for (int e = design->row_start[r]; e < design->row_start[r + 1]; e++)
            log_rate += design->coefficient[e] * theta[design->column[e]];
        rates[r] = exp(log_rate);
        budget_sum += design->in_budget[r] ? rates[r] : 0.0;
    }
    if (!design->has_budget)
        return;
    for (int r = 0; r < design->n_channels; r++)
        if (design->in_budget[r])
            rates[r] *= design->budget_total / budget_sum;
}

void ff_design_pull_back(const struct ff_design *design, const double *rates,
                         const double *log_rate_gradient, double *theta_gradient)
{
    /* d log k_r / d log k~_s = 1{r=s} - 1{r,s in B} k_s / K, for k~ the rates before the budget. */
    double budget_gradient = 0.0;
    for (int r = 0; r < design->n_channels; r++)
        budget_gradient += design->in_budget[r] ? log_rate_gradient[r] : 0.0;
    memset(theta_gradient, 0, sizeof *theta_gradient * (size_t)design->n_parameters);
    for (int r = 0; r < design->n_channels; r++) {
        double gradient = log_rate_gradient[r];
        if (design->in_budget[r])
            gradient -= rates[r] / design->budget_total * budget_gradient;
        for (int e = design->row_start[r]; e < design->row_start[r + 1]; e++)
            theta_gradient[design->column[e]] += design->coefficient[e] * gradient;
    }
}

void ff_design_metric(const struct ff_design *design, const double *metric, double *theta_metric)
{
    memset(theta_metric, 0, sizeof *theta_metric * (size_t)design->n_parameters);
    for (int r = 0; r < design->n_channels; r++)
        for (int e = design->row_start[r]; e < design->row_start[r + 1]; e++)
            theta_metric[design->column[e]] +=
                design->coefficient[e] * design->coefficient[e] * metric[r];
}

/* Sum over channels of |A_rp| sum_q |A_rq|, [P]: by which simultaneous relaxation converges for any A, and at once where its
 * columns do not overlap. */
static void find_weights(const struct ff_design *design, double *weight)
{
    memset(weight, 0, sizeof *weight * (size_t)design->n_parameters);
    for (int r = 0; r < design->n_channels; r++) {
        double size = 0.0;
        for (int e = design->row_start[r]; e < design->row_start[r + 1]; e++)
            size += fabs(design->coefficient[e]);
        for (int e = design->row_start[r]; e < design->row_start[r + 1]; e++)
            weight[design->column[e]] += fabs(design->coefficient[e]) * size;
    }
}

void ff_design_level(const struct ff_design *design, double *theta)
{
    enum { SWEEPS = 30 };
    const size_t size = sizeof *theta * (size_t)design->n_parameters;
    double mean = 0.0, *pull = FF_RAW(double, design->n_parameters);
    double *weight = FF_RAW(double, design->n_parameters);
    for (int r = 0; r < design->n_channels; r++)
        mean += design->log_base[r] / design->n_channels;
    find_weights(design, weight);
    memset(theta, 0, size);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        memset(pull, 0, size);
        for (int r = 0; r < design->n_channels; r++) {
            double residual = mean - design->log_base[r];
            for (int e = design->row_start[r]; e < design->row_start[r + 1]; e++)
                residual -= design->coefficient[e] * theta[design->column[e]];
            for (int e = design->row_start[r]; e < design->row_start[r + 1]; e++)
                pull[design->column[e]] += design->coefficient[e] * residual;
        }
        for (int p = 0; p < design->n_parameters; p++)
            theta[p] += weight[p] > 0.0 ? pull[p] / weight[p] : 0.0;
    }
    ff_design_clip(design, theta);
    free(weight);
    free(pull);
}

void ff_design_clip(const struct ff_design *design, double *theta)
{
    for (int p = 0; p < design->n_parameters; p++)
        theta[p] = fmin(fmax(theta[p], design->lower[p]), design->upper[p]);
}
