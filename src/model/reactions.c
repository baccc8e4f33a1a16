/* Reaction networks: mass action with combinatorial propensities, any stoichiometry.
 *
 * A reaction is written `2 P + E -> P2 @ 0.001`, or with its reverse `2 P <-> P2 @ 0.001, 0.01`; `0` is the empty
 * side. The propensity of `2 P` is k n (n-1) / 2. A constant species keeps its count: it multiplies the rate
 * by binomial(count, order), and so enters the entropy production as a chemical potential.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/system.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TERMS = 8, NAME_SIZE = 64, LARGEST_ORDER = 1000, LARGEST_COUNT = 1000000000 };

/* Species of the section: the dynamic ones first, then the constant ones. */
struct species {
    int n_dynamic, n_all;
    const char **names;
    int *counts;
};

/* One side of a reaction. */
struct complex {
    int n_terms;
    struct ff_term terms[MAX_TERMS]; /* site: number of the species */
    char text[NAME_SIZE];
};

/* A reaction as written. */
struct reaction {
    struct complex left, right;
    bool is_reversible;
    double rates[2];
    const char *name; /* NULL unless given */
    struct ff_term reactants[2][MAX_TERMS], changes[2][2 * MAX_TERMS];
    char names[2][2 * NAME_SIZE + 4];
};

/* ---- keys ----------------------------------------------------------------------------------- */

/* An item of `reactions` that is a mapping; texts are borrowed from the document. */
struct item_options {
    const char *name, *reaction;
};

static const struct ff_key item_rows[] = {
    {.name = "name",
     FF_FILLS(struct item_options, name),
     .doc = "Calls the edge x and its channels x+ and x-, instead of by the text of the reaction."},
    {.name = "reaction",
     FF_FILLS(struct item_options, reaction),
     .doc =
         "The text of the reaction: \"2 P + E -> P2 @ 0.001\", or with its reverse \"2 P <-> P2 @ "
         "0.001, 0.01\"; `0` is the empty side, rates are in 1/time."},
};

static const struct ff_keys item_keys = {
    .doc =
        "The reactions, each a channel and, if written with `<->`, its reverse, by mass action: "
        "the propensity of `2 X` is k n(n-1)/2. An item is the text of a reaction or, to give it a "
        "name, a mapping.",
    FF_ROWS(item_rows),
};

static const struct ff_key rows[] = {
    {.name = "species",
     .type = FF_KEY_OTHER,
     .is_special = true,
     .form = "mapping of names to counts",
     .unit = "molecules",
     .doc = "The species whose counts change, each with its count at time 0."},
    {.name = "constant",
     .type = FF_KEY_OTHER,
     .is_special = true,
     .is_optional = true,
     .form = "mapping of names to counts",
     .unit = "molecules",
     .doc = "Species that keep their count, such as a fuel: it multiplies the rates of the "
            "reactions that consume it, and so drives them."},
    {.name = "reactions",
     .type = FF_KEY_LIST,
     .is_special = true,
     .form = "list, each item the text of a reaction or a mapping",
     .keys = &item_keys},
};

static const struct ff_keys reactions_keys = {
    .doc = "Species and reactions; without entropy production if some reactions have no reverse "
           "(see `objective.exclude`).",
    FF_ROWS(rows),
    .base = &ff_keys_model,
};

/* ---- species -------------------------------------------------------------------------------- */

static bool is_name(const char *text)
{
    if (!isalpha((unsigned char)text[0]) && text[0] != '_')
        return false;
    for (const char *c = text; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '_')
            return false;
    return strlen(text) < NAME_SIZE / 2;
}

static enum ff_status read_species(struct ff_node *list, struct species *species, int *count)
{
    TRY(ff_node_expect(list, FF_NODE_MAPPING));
    for (int i = 0; i < list->n_items; i++) {
        const struct ff_node *item = list->items[i];
        if (!is_name(item->key))
            return ff_node_error(item, "a species is named by letters, digits and `_`");
        for (int k = 0; k < species->n_all; k++)
            if (strcmp(species->names[k], item->key) == 0)
                return ff_node_error(item, "is a dynamic species already");
        const struct ff_integer_rule rule = {.required = true, .min = 0, .max = LARGEST_COUNT};
        TRY(ff_node_int(list, item->key, rule, &species->counts[species->n_all]));
        species->names[species->n_all++] = item->key;
        ++*count;
    }
    return FF_OK;
}

static enum ff_status read_all_species(struct ff_node *section, struct species *species)
{
    struct ff_node *dynamic = ff_node_find(section, "species");
    struct ff_node *constant = ff_node_find(section, "constant");
    int n_constant = 0;
    if (dynamic == NULL)
        return ff_node_error(section, "the key `species` is missing");
    const int n = dynamic->n_items + (constant != NULL ? constant->n_items : 0);
    species->names = FF_RAW(const char *, n);
    species->counts = FF_RAW(int, n);
    TRY(read_species(dynamic, species, &species->n_dynamic));
    if (species->n_dynamic == 0)
        return ff_node_error(dynamic, "names no species");
    return constant != NULL ? read_species(constant, species, &n_constant) : FF_OK;
}

static int find_species(const struct species *species, const char *name, size_t length)
{
    for (int i = 0; i < species->n_all; i++)
        if (strlen(species->names[i]) == length && strncmp(species->names[i], name, length) == 0)
            return i;
    return -1;
}

/* ---- reactions as text ---------------------------------------------------------------------- */

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

static enum ff_status add_term(const struct ff_node *node, struct complex *complex, int species,
                               long order)
{
    if (order < 1 || order > LARGEST_ORDER)
        return ff_node_error(node, "a stoichiometric number must be from 1 to %d", LARGEST_ORDER);
    for (int i = 0; i < complex->n_terms; i++)
        if (complex->terms[i].site == species) {
            complex->terms[i].count += (int)order;
            return complex->terms[i].count <= LARGEST_ORDER
                       ? FF_OK
                       : ff_node_error(node, "more than %d of one species on one side",
                                       LARGEST_ORDER);
        }
    if (complex->n_terms == MAX_TERMS)
        return ff_node_error(node, "more than %d species on one side", MAX_TERMS);
    complex->terms[complex->n_terms++] = (struct ff_term){species, (int)order};
    return FF_OK;
}

/* `[number] species`, from *at on, which moves behind it. */
static enum ff_status read_term(const struct ff_node *node, const struct species *species,
                                const char **at, struct complex *complex)
{
    long order = 1;
    if (isdigit((unsigned char)**at)) {
        char *end;
        order = strtol(*at, &end, 10);
        *at = skip_blanks(end);
    }
    const char *start = *at;
    while (isalnum((unsigned char)**at) || **at == '_')
        ++*at;
    if (*at == start)
        return ff_node_error(node, "expected a species at `%.20s`", start);
    const int found = find_species(species, start, (size_t)(*at - start));
    if (found < 0)
        return ff_node_error(node, "no species is called `%.*s`", (int)(*at - start), start);
    return add_term(node, complex, found, order);
}

static void write_complex(const struct species *species, struct complex *complex)
{
    size_t used = 0;
    for (int i = 0; i < complex->n_terms && used < NAME_SIZE; i++) {
        const struct ff_term *term = &complex->terms[i];
        char number[16] = "";
        if (term->count > 1)
            snprintf(number, sizeof number, "%d ", term->count);
        used += (size_t)snprintf(complex->text + used, NAME_SIZE - used, "%s%s%s",
                                 i > 0 ? " + " : "", number, species->names[term->site]);
    }
    if (complex->n_terms == 0)
        strcpy(complex->text, "0");
}

/* A side, up to an arrow or `@`. */
static enum ff_status read_complex(const struct ff_node *node, const struct species *species,
                                   const char **at, struct complex *complex)
{
    *at = skip_blanks(*at);
    const char *behind_zero = **at == '0' ? skip_blanks(*at + 1) : *at;
    if (**at == '0' && strchr("-<@", *behind_zero) != NULL) { /* also at the end of the text */
        *at = behind_zero;
    } else {
        for (;;) {
            TRY(read_term(node, species, at, complex));
            *at = skip_blanks(*at);
            if (**at != '+')
                break;
            *at = skip_blanks(*at + 1);
        }
    }
    write_complex(species, complex);
    return FF_OK;
}

static enum ff_status read_rate(const struct ff_node *node, const char **at, double *rate)
{
    char *end;
    *at = skip_blanks(*at);
    *rate = strtod(*at, &end);
    if (end == *at || !isfinite(*rate) || !(*rate > 0.0) || isalpha((unsigned char)**at))
        return ff_node_error(node, "expected a rate above 0 at `%.20s`", *at);
    *at = skip_blanks(end);
    return FF_OK;
}

static enum ff_status read_reaction_text(const struct ff_node *node, const struct species *species,
                                         const char *at, struct reaction *reaction)
{
    TRY(read_complex(node, species, &at, &reaction->left));
    reaction->is_reversible = strncmp(at, "<->", 3) == 0;
    if (!reaction->is_reversible && strncmp(at, "->", 2) != 0)
        return ff_node_error(node, "expected `->` or `<->` at `%.20s`", at);
    at += reaction->is_reversible ? 3 : 2;
    TRY(read_complex(node, species, &at, &reaction->right));
    if (*at != '@')
        return ff_node_error(node, "expected `@ rate` at `%.20s`", at);
    at++;
    TRY(read_rate(node, &at, &reaction->rates[0]));
    if (reaction->is_reversible) {
        if (*at != ',')
            return ff_node_error(node,
                                 "a reversible reaction needs two rates: `@ forward, backward`");
        at++;
        TRY(read_rate(node, &at, &reaction->rates[1]));
    }
    if (*at != '\0')
        return ff_node_error(node, "not understood: `%.20s`", at);
    return FF_OK;
}

static enum ff_status read_reaction(struct ff_node *node, const struct species *species,
                                    struct reaction *reaction)
{
    struct item_options options;
    if (node->kind == FF_NODE_SCALAR)
        return read_reaction_text(node, species, node->text, reaction);
    TRY(ff_keys_read(&item_keys, node, &options));
    reaction->name = options.name;
    return read_reaction_text(ff_node_find(node, "reaction"), species, options.reaction, reaction);
}

/* ---- channels ------------------------------------------------------------------------------- */

static int net_change(const struct complex *complex, int species)
{
    for (int i = 0; i < complex->n_terms; i++)
        if (complex->terms[i].site == species)
            return complex->terms[i].count;
    return 0;
}

/* Direction 0 goes from left to right, 1 back. */
static enum ff_status make_channel(const struct ff_node *node, const struct species *species,
                                   struct reaction *reaction, int direction, int number,
                                   struct ff_channel *channel)
{
    const struct complex *from = direction == 0 ? &reaction->left : &reaction->right;
    const struct complex *to = direction == 0 ? &reaction->right : &reaction->left;
    *channel = (struct ff_channel){.rate = reaction->rates[direction],
                                   .reverse = -1,
                                   .reactants = reaction->reactants[direction],
                                   .changes = reaction->changes[direction],
                                   .name = reaction->names[direction]};
    for (int i = 0; i < from->n_terms; i++) {
        const struct ff_term term = from->terms[i];
        if (term.site < species->n_dynamic)
            reaction->reactants[direction][channel->n_reactants++] = term;
        else
            channel->rate *= ff_binomial(species->counts[term.site], term.count);
    }
    if (!(channel->rate > 0.0))
        return ff_node_error(node, "can never fire: too few of a constant species");
    for (int i = 0; i < species->n_dynamic; i++) {
        const int change = net_change(to, i) - net_change(from, i);
        if (change != 0)
            reaction->changes[direction][channel->n_changes++] = (struct ff_term){i, change};
    }
    if (channel->n_changes == 0)
        return ff_node_error(node, "changes no species");
    if (reaction->is_reversible)
        channel->reverse = direction == 0 ? number + 1 : number - 1;
    if (reaction->name != NULL)
        snprintf(reaction->names[direction], sizeof reaction->names[direction], "%s%c",
                 reaction->name, direction == 0 ? '+' : '-');
    else
        snprintf(reaction->names[direction], sizeof reaction->names[direction], "%s -> %s",
                 from->text, to->text);
    return FF_OK;
}

/* The propensity at time 0. */
static enum ff_status check_range(const struct ff_node *node, const struct species *species,
                                  const struct ff_channel *channel)
{
    double propensity = channel->rate;
    for (int i = 0; i < channel->n_reactants; i++) {
        const struct ff_term *term = &channel->reactants[i];
        propensity *= ff_binomial(species->counts[term->site], term->count);
    }
    if (!(channel->rate <= ff_most_propensity))
        return ff_node_error(
            node, "the rate of `%s`, times its constant species, is %g, but must be at most %g",
            channel->name, channel->rate, ff_most_propensity);
    if (!(propensity <= ff_most_propensity))
        return ff_node_error(
            node,
            "`%s` would fire %g times per unit time at the initial counts, but may at "
            "most %g times",
            channel->name, propensity, ff_most_propensity);
    return FF_OK;
}

static enum ff_status check_name(const struct ff_node *node, const struct ff_channel *channels,
                                 int number)
{
    for (int r = 0; r < number; r++)
        if (strcmp(channels[r].name, channels[number].name) == 0)
            return ff_node_error(node,
                                 "channel `%s` exists already; write {name: ..., reaction: ...}",
                                 channels[number].name);
    return FF_OK;
}

static enum ff_status read_reactions(const struct ff_node *list, const struct species *species,
                                     struct reaction *reactions, struct ff_channel *channels,
                                     const char **edge_names, int *n_channels)
{
    int n = 0;
    for (int i = 0; i < list->n_items; i++) {
        struct ff_node *node = list->items[i];
        struct reaction *reaction = &reactions[i];
        TRY(read_reaction(node, species, reaction));
        for (int direction = 0; direction <= reaction->is_reversible; direction++) {
            TRY(make_channel(node, species, reaction, direction, n, &channels[n]));
            TRY(check_range(node, species, &channels[n]));
            TRY(check_name(node, channels, n));
            n++;
        }
        edge_names[i] = reaction->name != NULL ? reaction->name : reaction->names[0];
    }
    *n_channels = n;
    return FF_OK;
}

static enum ff_status build_from(struct ff_node *section, struct species *species,
                                 struct ff_process **out)
{
    TRY(read_all_species(section, species));
    const struct ff_node *list = ff_node_find(section, "reactions");
    if (list == NULL)
        return ff_node_error(section, "the key `reactions` is missing");
    TRY(ff_node_expect(list, FF_NODE_SEQUENCE));
    if (list->n_items == 0)
        return ff_node_error(list, "names no reactions");
    struct reaction *reactions = FF_NEW(struct reaction, list->n_items);
    struct ff_channel *channels = FF_RAW(struct ff_channel, 2 * list->n_items);
    const char **edge_names = FF_RAW(const char *, list->n_items);
    int n_channels = 0;
    const enum ff_status status =
        read_reactions(list, species, reactions, channels, edge_names, &n_channels);
    if (status == FF_OK) {
        ff_process_create(species->names, species->n_dynamic, channels, n_channels, edge_names,
                          out);
        (*out)->initial = FF_RAW(int, species->n_dynamic);
        memcpy((*out)->initial, species->counts, sizeof(int) * (size_t)species->n_dynamic);
    }
    free(edge_names);
    free(channels);
    free(reactions);
    return status;
}

static enum ff_status reactions_build(struct ff_node *section, struct ff_process **out)
{
    TRY(ff_keys_read(&reactions_keys, section, NULL));
    struct species species = {0};
    const enum ff_status status = build_from(section, &species, out);
    free(species.names);
    free(species.counts);
    return status;
}

const struct ff_model_type ff_model_reactions = {
    .name = "reactions",
    .doc = "species and reactions with mass action, e.g. \"2 P <-> P2 @ 0.001, 0.01\"",
    .keys = &reactions_keys,
    .build = reactions_build,
};
