/* Checks on nodes that leave the tree as it is: kinds, allowed keys, numbers, nearest words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/yaml.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORD = 63 };

static enum ff_status error_at(const char *place, const struct ff_node *node, int line, int column,
                               const char *what)
{
    return ff_status_raise_from(place, FF_ERR_CONFIG, "%s:%d:%d: %s: %s", node->source, line,
                                column, node->path[0] != '\0' ? node->path : "top level", what);
}

enum ff_status ff_node_error_from(const char *place, const struct ff_node *node, const char *format,
                                  ...)
{
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return error_at(place, node, node->line, node->column, what);
}

enum ff_status ff_node_expect(const struct ff_node *node, enum ff_node_kind kind)
{
    static const char *const names[] = {"a single value", "a list [...]", "a mapping {key: value}"};
    if (node->kind == kind)
        return FF_OK;
    return ff_node_error(node, "must be %s, got %s", names[kind], names[node->kind]);
}

/* Digits, sign, point and exponent only: no hexadecimal, nan, inf or trailing characters. */
static bool is_decimal(const char *text)
{
    bool has_digit = false;
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr("0123456789+-.eE", *c) == NULL)
            return false;
        has_digit = has_digit || isdigit((unsigned char)*c);
    }
    return has_digit;
}

enum ff_status ff_node_allow(const struct ff_node *mapping, const char *const *keys)
{
    TRY(ff_node_expect(mapping, FF_NODE_MAPPING));
    for (int i = 0; i < mapping->n_items; i++) {
        const struct ff_node *item = mapping->items[i];
        bool is_known = false;
        for (int k = 0; keys[k] != NULL; k++)
            is_known = is_known || strcmp(keys[k], item->key) == 0;
        if (is_known)
            continue;
        const int near = ff_nearest_word(item->key, keys);
        char what[160] = "unknown key";
        if (is_decimal(item->key))
            snprintf(what, sizeof what, "unknown key; a list is written [low, high]");
        else if (near >= 0)
            snprintf(what, sizeof what, "unknown key; did you mean `%s`?", keys[near]);
        return error_at(FF_PLACE, item, item->key_line, item->key_column, what);
    }
    return FF_OK;
}

enum ff_status ff_node_as_real(const struct ff_node *node, struct ff_real_rule rule, double *out)
{
    TRY(ff_node_expect(node, FF_NODE_SCALAR));
    char *end;
    const double value = strtod(node->text, &end);
    if (node->is_quoted || !is_decimal(node->text) || *end != '\0' || !isfinite(value))
        return ff_node_error(node, "must be a finite number, got `%s`", node->text);
    if (rule.above_min && value <= rule.min)
        return ff_node_error(node, "must be greater than %g, got %s", rule.min, node->text);
    if (value < rule.min)
        return ff_node_error(node, "must be at least %g, got %s", rule.min, node->text);
    if (value > rule.max)
        return ff_node_error(node, "must be at most %g, got %s", rule.max, node->text);
    *out = value;
    return FF_OK;
}

/* What edits cost; letters that differ in case alone are near to each other. */
enum { OTHER_CASE = 1, EDIT = 2 };

static int replacement_cost(char a, char b)
{
    if (a == b)
        return 0;
    return tolower((unsigned char)a) == tolower((unsigned char)b) ? OTHER_CASE : EDIT;
}

/* Levenshtein distance, by these costs, of two words of at most MAX_WORD characters. */
static int edit_distance(const char *a, const char *b)
{
    int row[MAX_WORD + 1];
    const int n_b = (int)strlen(b);
    for (int j = 0; j <= n_b; j++)
        row[j] = EDIT * j;
    for (int i = 1; a[i - 1] != '\0'; i++) {
        int diagonal = row[0];
        row[0] = EDIT * i;
        for (int j = 1; j <= n_b; j++) {
            const int replace = diagonal + replacement_cost(a[i - 1], b[j - 1]);
            const int change = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + EDIT;
            diagonal = row[j];
            row[j] = replace < change ? replace : change;
        }
    }
    return row[n_b];
}

int ff_nearest_word(const char *text, const char *const *words)
{
    const int length = (int)strlen(text);
    int best = -1, best_distance = EDIT * (length / 3 + 2);
    for (int i = 0; words[i] != NULL; i++) {
        if (length > MAX_WORD || strlen(words[i]) > MAX_WORD)
            continue;
        const int distance = edit_distance(text, words[i]);
        if (distance < best_distance && distance < EDIT * (int)strlen(words[i])) {
            best = i;
            best_distance = distance;
        }
    }
    return best;
}

enum ff_status ff_node_unknown(const struct ff_node *node, const char *what, const char *text,
                               const char *const *names, int n)
{
    const char **words = FF_NEW(const char *, n + 1);
    memcpy(words, names, sizeof *words * (size_t)n);
    const int near = ff_nearest_word(text, words);
    free(words);
    if (near >= 0)
        return ff_node_error(node, "no %s is called `%s`; did you mean `%s`?", what, text,
                             names[near]);
    return ff_node_error(node, "no %s is called `%s`; the first is `%s`", what, text, names[0]);
}
