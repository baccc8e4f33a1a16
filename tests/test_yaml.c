/* Strict YAML: what is refused and where, defaults, overrides, and that the resolved text means the same.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/yaml.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct ff_real_rule any_real = {.required = true, .min = -DBL_MAX, .max = DBL_MAX};
static const struct ff_integer_rule any_integer = {
    .required = true, .min = INT64_MIN, .max = INT64_MAX};

static struct ff_yaml *read(const char *text)
{
    struct ff_yaml *document = NULL;
    if (ff_yaml_read_text("c.yaml", text, &document) != FF_OK)
        fail_msg("refused: %s", ff_status_message());
    return document;
}

static void assert_refused(enum ff_status status, const char *message)
{
    assert_int_equal(status, FF_ERR_CONFIG);
    assert_string_equal(ff_status_message(), message);
}

static void assert_text_refused(const char *text, const char *message)
{
    struct ff_yaml *document = NULL;
    assert_refused(ff_yaml_read_text("c.yaml", text, &document), message);
    assert_null(document);
}

static enum ff_status real_of(const char *text, double *out)
{
    struct ff_yaml *document = read(text);
    const enum ff_status status = ff_node_real(ff_yaml_root(document), "x", any_real, out);
    ff_yaml_free(document);
    return status;
}

static enum ff_status integer_of(const char *text, int64_t *out)
{
    struct ff_yaml *document = read(text);
    const enum ff_status status = ff_node_integer(ff_yaml_root(document), "x", any_integer, out);
    ff_yaml_free(document);
    return status;
}

/* ---- syntax --------------------------------------------------------------------------------- */

static void nodes_know_their_place(void **state)
{
    (void)state;
    struct ff_yaml *document = read("model:\n"
                                    "  kind: ring\n"
                                    "  edges:\n"
                                    "    - {from: A, to: B}\n"
                                    "    - {from: B, to:   A}\n");
    const struct ff_node *model = ff_node_find(ff_yaml_root(document), "model");
    const struct ff_node *to = ff_node_find(ff_node_find(model, "edges")->items[1], "to");
    assert_string_equal(to->path, "model.edges[1].to");
    assert_string_equal(to->source, "c.yaml");
    assert_int_equal(to->line, 5);
    assert_int_equal(to->column, 23);
    assert_int_equal(to->key_line, 5);
    assert_int_equal(to->key_column, 17);
    assert_refused(ff_node_error(to, "is %d", 7), "c.yaml:5:23: model.edges[1].to: is 7");
    ff_yaml_free(document);
}

static void bad_syntax_is_refused_with_its_position(void **state)
{
    (void)state;
    struct ff_yaml *document = NULL;
    assert_int_equal(ff_yaml_read_text("c.yaml", "a: 1\nb: [1, 2\nc: 3\n", &document),
                     FF_ERR_CONFIG);
    assert_int_equal(strncmp(ff_status_message(), "c.yaml:3:", strlen("c.yaml:3:")), 0);
    assert_text_refused("", "c.yaml:1:1: the file is empty");
    assert_text_refused("- 1\n", "c.yaml:1:1: top level: must be a mapping {key: value}, got a "
                                 "list [...]");
}

static void duplicate_keys_are_refused_where_they_repeat(void **state)
{
    (void)state;
    assert_text_refused("seed: 1\nseed: 2\n", "c.yaml:2:1: seed: duplicate key");
    assert_text_refused("m: {a: 1, b: 2, \"a\": 3}\n", "c.yaml:1:17: m.a: duplicate key");
}

static void aliases_and_second_documents_are_refused(void **state)
{
    (void)state;
    assert_text_refused("a: &x 1\nb: *x\n",
                        "c.yaml:2:4: aliases are not supported, write the value out");
    assert_text_refused("a: 1\n---\nb: 2\n", "c.yaml:2:1: one document only, found a second");
}

static void nul_characters_are_refused(void **state)
{
    (void)state;
    assert_text_refused("a: \"x\\0y\"\n", "c.yaml:1:4: a value may not contain a NUL character");

    FILE *file = fopen("nul.yaml", "wb");
    assert_non_null(file);
    static const char bytes[] = "a: 1\0b: 2\n";
    assert_int_equal(fwrite(bytes, 1, sizeof bytes - 1, file), sizeof bytes - 1);
    fclose(file);
    struct ff_yaml *document = NULL;
    assert_refused(ff_yaml_read_file("nul.yaml", &document), "nul.yaml: not a text file");
    assert_refused(ff_yaml_read_file("missing.yaml", &document),
                   "missing.yaml: cannot open: No such file or directory");
}

static void endless_nesting_is_refused(void **state)
{
    (void)state;
    char text[201] = "a: ";
    memset(text + 3, '[', 98);
    memset(text + 101, ']', 98);
    struct ff_yaml *document = NULL;
    assert_int_equal(ff_yaml_read_text("c.yaml", text, &document), FF_ERR_CONFIG);
    assert_non_null(strstr(ff_status_message(), "nested too deeply"));
}

/* ---- values --------------------------------------------------------------------------------- */

static void unknown_keys_are_refused_with_the_nearest_one(void **state)
{
    (void)state;
    static const char *const keys[] = {"sites", "forward", "backward", NULL};
    struct ff_yaml *document = read("m: {sites: 3, foward: 1}\nn: {zzz: 1}\n");
    struct ff_node *root = ff_yaml_root(document);
    assert_refused(ff_node_allow(ff_node_find(root, "m"), keys),
                   "c.yaml:1:15: m.foward: unknown key; did you mean `forward`?");
    assert_refused(ff_node_allow(ff_node_find(root, "n"), keys), "c.yaml:2:5: n.zzz: unknown key");
    static const char *const all[] = {"m", "n", NULL};
    assert_int_equal(ff_node_allow(root, all), FF_OK);
    ff_yaml_free(document);
}

static void only_plain_decimal_numbers_are_reals(void **state)
{
    (void)state;
    static const char *const refused[] = {"12abc", "nan",   ".nan",   "inf",  "-inf",  ".inf",
                                          "0x10",  "1e",    "e5",     "1 2",  "1_000", "1,5",
                                          "1e999", "0x1p3", "\"12\"", "'12'", "true",  "~"};
    double value = 0.0;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char text[32], message[128];
        snprintf(text, sizeof text, "x: %s\n", refused[i]);
        const bool is_quoted = strchr("'\"", refused[i][0]) != NULL;
        snprintf(message, sizeof message, "c.yaml:1:4: x: must be a finite number, got `%s`",
                 is_quoted ? "12" : refused[i]);
        assert_refused(real_of(text, &value), message);
    }
    assert_refused(real_of("x:\n", &value), "c.yaml:1:3: x: must be a finite number, got ``");
    assert_refused(real_of("x: [1]\n", &value),
                   "c.yaml:1:4: x: must be a single value, got a list [...]");
    assert_refused(real_of("y: 1\n", &value), "c.yaml:1:1: top level: the key `x` is missing");

    static const struct {
        const char *text;
        double value;
    } taken[] = {{"x: 12", 12.0}, {"x: -0.5e-3", -0.5e-3}, {"x: +2.", 2.0}, {"x: .25", 0.25}};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        assert_int_equal(real_of(taken[i].text, &value), FF_OK);
        assert_true(value == taken[i].value);
    }
}

static void only_plain_whole_numbers_are_integers(void **state)
{
    (void)state;
    static const char *const refused[] = {"12abc", "1.0", "1e3", "0x10", "+1", "nan", "'1'", "~"};
    int64_t value = 0;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char text[32];
        snprintf(text, sizeof text, "x: %s\n", refused[i]);
        assert_int_equal(integer_of(text, &value), FF_ERR_CONFIG);
        assert_non_null(strstr(ff_status_message(), "c.yaml:1:4: x: must be a whole number, got"));
    }
    assert_refused(integer_of("x: 9223372036854775808\n", &value),
                   "c.yaml:1:4: x: must be from -9223372036854775808 to 9223372036854775807, got "
                   "9223372036854775808");
    assert_int_equal(integer_of("x: 9223372036854775807\n", &value), FF_OK);
    assert_true(value == INT64_MAX);
    assert_int_equal(integer_of("x: -12\n", &value), FF_OK);
    assert_true(value == -12);
}

static void numbers_outside_their_range_are_refused(void **state)
{
    (void)state;
    struct ff_yaml *document = read("low: 0\nhigh: 11\n");
    struct ff_node *root = ff_yaml_root(document);
    const struct ff_real_rule positive = {.min = 0.0, .above_min = true, .max = 10.0};
    const struct ff_real_rule from_one = {.min = 1.0, .max = 10.0};
    double value;
    assert_refused(ff_node_real(root, "low", positive, &value),
                   "c.yaml:1:6: low: must be greater than 0, got 0");
    assert_refused(ff_node_real(root, "low", from_one, &value),
                   "c.yaml:1:6: low: must be at least 1, got 0");
    assert_refused(ff_node_real(root, "high", positive, &value),
                   "c.yaml:2:7: high: must be at most 10, got 11");
    int number;
    assert_refused(ff_node_int(root, "high", (struct ff_integer_rule){.max = 10}, &number),
                   "c.yaml:2:7: high: must be from 0 to 10, got 11");
    ff_yaml_free(document);
}

static void words_and_intervals_are_checked(void **state)
{
    (void)state;
    static const char *const words[] = {"ring", "network", NULL};
    struct ff_yaml *document = read("kind: rnig\nword: yes\nbounds: [2, 1]\nthree: [1, 2, 3]\n");
    struct ff_node *root = ff_yaml_root(document);
    int index;
    assert_refused(ff_node_choice(root, "kind", words, NULL, &index),
                   "c.yaml:1:7: kind: `rnig` is not one of ring, network; did you mean `ring`?");
    assert_refused(ff_node_choice(root, "word", words, "ring", &index),
                   "c.yaml:2:7: word: `yes` is not one of ring, network");
    double ends[2];
    assert_refused(ff_node_interval(root, "bounds", -1, 1, ends),
                   "c.yaml:3:9: bounds: must be [low, high] with low below high");
    assert_refused(ff_node_interval(root, "three", -1, 1, ends),
                   "c.yaml:4:8: three: must be [low, high], got 3 items");
    ff_yaml_free(document);
}

/* ---- the resolved tree ---------------------------------------------------------------------- */

/* Read a key of every type, all but the last of them with a default. */
static void read_all_types(struct ff_yaml *document)
{
    struct ff_node *section;
    double real, ends[2];
    int64_t integer;
    const char *text;
    assert_int_equal(ff_node_section(ff_yaml_root(document), "s", &section), FF_OK);
    const struct ff_real_rule third = {.fallback = 1.0 / 3.0, .max = 1.0};
    assert_int_equal(ff_node_real(section, "real", third, &real), FF_OK);
    assert_true(real == 1.0 / 3.0);
    const struct ff_integer_rule large = {.fallback = INT64_MAX, .max = INT64_MAX};
    assert_int_equal(ff_node_integer(section, "integer", large, &integer), FF_OK);
    assert_true(integer == INT64_MAX);
    assert_int_equal(ff_node_text(section, "text", "all", &text), FF_OK);
    assert_string_equal(text, "all");
    assert_int_equal(ff_node_interval(section, "bounds", -0.1, 1e-300, ends), FF_OK);
    assert_true(ends[0] == -0.1 && ends[1] == 1e-300);
}

static void assert_same_tree(const struct ff_node *a, const struct ff_node *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->is_quoted, b->is_quoted);
    assert_string_equal(a->path, b->path);
    assert_int_equal(a->n_items, b->n_items);
    if (a->kind == FF_NODE_SCALAR)
        assert_string_equal(a->text, b->text);
    for (int i = 0; i < a->n_items; i++)
        assert_same_tree(a->items[i], b->items[i]);
}

/* Emitting a document and reading it back changes neither the tree nor the text. */
static void assert_emits_itself(struct ff_yaml *document)
{
    char *text = ff_yaml_emit(document);
    struct ff_yaml *again = read(text);
    char *text_again = ff_yaml_emit(again);
    assert_same_tree(ff_yaml_root(document), ff_yaml_root(again));
    assert_string_equal(text, text_again);
    ff_yaml_free(again);
    free(text_again);
    free(text);
}

static void defaults_enter_the_tree(void **state)
{
    (void)state;
    struct ff_yaml *document = read("t: 1\n");
    read_all_types(document);
    char *resolved = ff_yaml_emit(document);
    assert_string_equal(resolved, "t: 1\n"
                                  "s:\n"
                                  "  real: 0.3333333333333333\n"
                                  "  integer: 9223372036854775807\n"
                                  "  text: all\n"
                                  "  bounds: [-0.1, 1e-300]\n");
    assert_string_equal(ff_yaml_text(document), "t: 1\n");
    free(resolved);
    ff_yaml_free(document);
}

static void resolved_text_reads_back_to_the_same_tree(void **state)
{
    (void)state;
    struct ff_yaml *document = read(
        "# a comment\n"
        "model: {kind: network, states: [A, \"1\", 'it''s: #2', \"σ\\n\\t\", \"\"],\n"
        "        edges: [{from: A, to: \"1\", name: \"x y\", forward: 1e3}]}\n"
        "objective: {current: {\"A->1\": 1, \"x: +\": 2, \"- a\": 3, \"{b\": 4, \"\": 5}}\n"
        "empty: {}\n"
        "none: []\n"
        "long: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, \n"
        "       \"cccccccccccccccccccccccc cccccccccccccccccccccccc cccccccccccccccccccccc\"]\n");
    read_all_types(document);
    assert_emits_itself(document);
    ff_yaml_free(document);
}

/* ---- overrides ------------------------------------------------------------------------------ */

static void overrides_replace_add_and_reach_into_lists(void **state)
{
    (void)state;
    static const char *const assignments[] = {"model.sites=8",
                                              "model.edges[1]",
                                              "model.edges.1.forward=2.5",
                                              "model.rates.0=7",
                                              "model.edges[0].forward=1.5",
                                              "model.rates[1]=8",
                                              "model.table[1][0]=9",
                                              "new.deep.key=[1, 2]",
                                              "design={kind: forces}",
                                              "objective.current=\"1\"",
                                              NULL};
    struct ff_yaml *document = read("model:\n"
                                    "  sites: 6\n"
                                    "  edges: [{forward: 1}, {forward: 2}]\n"
                                    "  rates: [1, 2]\n"
                                    "  table: [[1, 2], [3, 4]]\n"
                                    "design: {kind: rates, budget: {total: 1}}\n");
    for (int i = 0; assignments[i] != NULL; i++) {
        const bool is_assignment = strchr(assignments[i], '=') != NULL;
        assert_int_equal(ff_yaml_override(document, assignments[i]),
                         is_assignment ? FF_OK : FF_ERR_CONFIG);
    }
    char *text = ff_yaml_emit(document);
    assert_string_equal(text, "model:\n"
                              "  sites: 8\n"
                              "  edges: [{forward: 1.5}, {forward: 2.5}]\n"
                              "  rates: [7, 8]\n"
                              "  table: [[1, 2], [9, 4]]\n"
                              "design:\n"
                              "  kind: forces\n"
                              "new:\n"
                              "  deep: {key: [1, 2]}\n"
                              "objective:\n"
                              "  current: \"1\"\n");
    free(text);
    assert_emits_itself(document);
    ff_yaml_free(document);
}

static void overridden_values_are_reported_with_their_override(void **state)
{
    (void)state;
    struct ff_yaml *document = read("model: {sites: 6}\n");
    assert_int_equal(ff_yaml_override(document, "model.sites=six"), FF_OK);
    int64_t value;
    assert_refused(ff_node_integer(ff_node_find(ff_yaml_root(document), "model"), "sites",
                                   any_integer, &value),
                   "--set model.sites:1:1: model.sites: must be a whole number, got `six`");
    ff_yaml_free(document);
}

static void replaced_list_items_keep_their_path(void **state)
{
    (void)state;
    struct ff_yaml *document = read("rates: [1, 2, 3]\n");
    assert_int_equal(ff_yaml_override(document, "rates.0=x"), FF_OK);
    assert_string_equal(ff_yaml_root(document)->items[0]->items[0]->path, "rates[0]");
    assert_int_equal(ff_yaml_override(document, "rates[2]=y"), FF_OK);
    assert_string_equal(ff_yaml_root(document)->items[0]->items[2]->path, "rates[2]");
    ff_yaml_free(document);
}

static void impossible_overrides_are_refused_and_change_nothing(void **state)
{
    (void)state;
    static const char given[] = "seed: 1\nrates: [1, 2]\nm:\n  a: 1\n";
    struct ff_yaml *document = read(given);
    assert_refused(ff_yaml_override(document, "seed"), "--set seed: expected section.key=value");
    assert_refused(ff_yaml_override(document, "=1"), "--set =1: expected section.key=value");
    assert_refused(ff_yaml_override(document, "rates.2=1"),
                   "--set rates.2: `2` is not an item of rates, which has 2");
    assert_refused(ff_yaml_override(document, "rates.0x=1"),
                   "--set rates.0x: `0x` is not an item of rates, which has 2");
    assert_refused(ff_yaml_override(document, "seed.deep=1"),
                   "--set seed.deep: seed is a single value, it has no keys");
    assert_refused(ff_yaml_override(document, "rates[2]=1"),
                   "--set rates[2]: `2` is not an item of rates, which has 2");
    assert_refused(ff_yaml_override(document, "rates[18446744073709551616]=1"),
                   "--set rates[18446744073709551616]: `18446744073709551616` is not an item of "
                   "rates, which has 2");
    assert_refused(ff_yaml_override(document, "seed[0]=1"),
                   "--set seed[0]: seed is a single value, it has no items");
    assert_refused(ff_yaml_override(document, "m[0]=1"),
                   "--set m[0]: m is a mapping, it has keys but no item `0`");
    assert_refused(ff_yaml_override(document, "none[0]=1"),
                   "--set none[0]: there is no list `none`");
    static const char *const malformed[] = {"rates[0", "rates[]",   "rates[x]", "rates[-1]",
                                            "rates]",  "rates[0]x", "[0]",      "rates[0]]"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        char assignment[32], message[96];
        snprintf(assignment, sizeof assignment, "%s=1", malformed[i]);
        snprintf(message, sizeof message, "--set %s: an item of a list is written key[number]",
                 malformed[i]);
        assert_refused(ff_yaml_override(document, assignment), message);
    }
    assert_int_equal(ff_yaml_override(document, "seed=[1"), FF_ERR_CONFIG);
    assert_int_equal(ff_yaml_override(document, "seed={a: 1, a: 2}"), FF_ERR_CONFIG);
    assert_int_equal(ff_yaml_override(document, "seed="), FF_ERR_CONFIG);
    char *text = ff_yaml_emit(document);
    assert_string_equal(text, "seed: 1\nrates:\n- 1\n- 2\nm:\n  a: 1\n");
    free(text);
    ff_yaml_free(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_know_their_place),
        cmocka_unit_test(bad_syntax_is_refused_with_its_position),
        cmocka_unit_test(duplicate_keys_are_refused_where_they_repeat),
        cmocka_unit_test(aliases_and_second_documents_are_refused),
        cmocka_unit_test(nul_characters_are_refused),
        cmocka_unit_test(endless_nesting_is_refused),
        cmocka_unit_test(unknown_keys_are_refused_with_the_nearest_one),
        cmocka_unit_test(only_plain_decimal_numbers_are_reals),
        cmocka_unit_test(only_plain_whole_numbers_are_integers),
        cmocka_unit_test(numbers_outside_their_range_are_refused),
        cmocka_unit_test(words_and_intervals_are_checked),
        cmocka_unit_test(defaults_enter_the_tree),
        cmocka_unit_test(resolved_text_reads_back_to_the_same_tree),
        cmocka_unit_test(overrides_replace_add_and_reach_into_lists),
        cmocka_unit_test(overridden_values_are_reported_with_their_override),
        cmocka_unit_test(replaced_list_items_keep_their_path),
        cmocka_unit_test(impossible_overrides_are_refused_and_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
