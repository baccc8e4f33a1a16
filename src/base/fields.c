/* Typed readers: a key of a mapping as a number, word, text or interval, put there when it is absent.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum ff_status ff_node_section(struct ff_node *mapping, const char *key, struct ff_node **out)
{
    struct ff_node *node = ff_node_find(mapping, key);
    if (node == NULL)
        node = ff_node_add_default(mapping, key, FF_NODE_MAPPING, NULL);
    *out = node;
    return ff_node_expect(node, FF_NODE_MAPPING);
}

/* The scalar under `key`, or the default put there; a NULL default makes the key required. */
static enum ff_status find_or_add(struct ff_node *mapping, const char *key, const char *fallback,
                                  struct ff_node **out)
{
    *out = ff_node_find(mapping, key);
    if (*out != NULL)
        return FF_OK;
    if (fallback == NULL)
        return ff_node_error(mapping, "the key `%s` is missing", key);
    *out = ff_node_add_default(mapping, key, FF_NODE_SCALAR, fallback);
    return FF_OK;
}

/* Shortest decimal text that reads back as the same number. */
static void format_real(double value, char *text, size_t size)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
}

enum ff_status ff_node_real(struct ff_node *mapping, const char *key, struct ff_real_rule rule,
                            double *out)
{
    char text[32];
    format_real(rule.fallback, text, sizeof text);
    struct ff_node *node;
    TRY(find_or_add(mapping, key, rule.required ? NULL : text, &node));
    return ff_node_as_real(node, rule, out);
}

enum ff_status ff_node_integer(struct ff_node *mapping, const char *key,
                               struct ff_integer_rule rule, int64_t *out)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)rule.fallback);
    struct ff_node *node;
    TRY(find_or_add(mapping, key, rule.required ? NULL : text, &node));
    TRY(ff_node_expect(node, FF_NODE_SCALAR));
    char *end;
    errno = 0;
    const long long value = strtoll(node->text, &end, 10);
    const bool is_integer = !node->is_quoted && end != node->text && *end == '\0' &&
                            strchr(" +\t", node->text[0]) == NULL;
    if (!is_integer)
        return ff_node_error(node, "must be a whole number, got `%s`", node->text);
    if (errno == ERANGE || value < rule.min || value > rule.max)
        return ff_node_error(node, "must be from %lld to %lld, got %s", (long long)rule.min,
                             (long long)rule.max, node->text);
    *out = value;
    return FF_OK;
}

enum ff_status ff_node_int(struct ff_node *mapping, const char *key, struct ff_integer_rule rule,
                           int *out)
{
    int64_t value = 0;
    TRY(ff_node_integer(mapping, key, rule, &value));
    *out = (int)value;
    return FF_OK;
}

enum ff_status ff_node_text(struct ff_node *mapping, const char *key, const char *fallback,
                            const char **out)
{
    struct ff_node *node;
    TRY(find_or_add(mapping, key, fallback, &node));
    TRY(ff_node_expect(node, FF_NODE_SCALAR));
    if (node->text[0] == '\0')
        return ff_node_error(node, "must not be empty");
    *out = node->text;
    return FF_OK;
}

enum ff_status ff_node_choice(struct ff_node *mapping, const char *key, const char *const *words,
                              const char *fallback, int *out)
{
    struct ff_node *node;
    TRY(find_or_add(mapping, key, fallback, &node));
    TRY(ff_node_expect(node, FF_NODE_SCALAR));
    char list[256] = "";
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], node->text) == 0) {
            *out = i;
            return FF_OK;
        }
        const size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    const int near = ff_nearest_word(node->text, words);
    if (near >= 0)
        return ff_node_error(node, "`%s` is not one of %s; did you mean `%s`?", node->text, list,
                             words[near]);
    return ff_node_error(node, "`%s` is not one of %s", node->text, list);
}

enum ff_status ff_node_interval(struct ff_node *mapping, const char *key, double low, double high,
                                double out[2])
{
    struct ff_node *node = ff_node_find(mapping, key);
    if (node == NULL) {
        node = ff_node_add_default(mapping, key, FF_NODE_SEQUENCE, NULL);
        const double ends[2] = {low, high};
        for (int i = 0; i < 2; i++) {
            char text[32];
            format_real(ends[i], text, sizeof text);
            ff_node_add_default(node, NULL, FF_NODE_SCALAR, text);
        }
    }
    TRY(ff_node_expect(node, FF_NODE_SEQUENCE));
    if (node->n_items != 2)
        return ff_node_error(node, "must be [low, high], got %d items", node->n_items);
    const struct ff_real_rule any = {.min = -1e300, .max = 1e300};
    TRY(ff_node_as_real(node->items[0], any, &out[0]));
    TRY(ff_node_as_real(node->items[1], any, &out[1]));
    if (!(out[0] < out[1]))
        return ff_node_error(node, "must be [low, high] with low below high");
    return FF_OK;
}
