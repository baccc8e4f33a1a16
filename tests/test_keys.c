/* Sections as tables: what a row fills, what it refuses, what is printed of it; and that every row of the
 * program says all that it must.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "command/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- a section with a key of every type ----------------------------------------------------- */

enum colour { COLOUR_RED, COLOUR_BLUE };

struct options {
    double real;
    int number;
    int64_t large;
    uint64_t seed;
    bool flag, is_far;
    const char *text, *name;
    enum colour colour;
    const struct ff_model_type *model;
    double bounds[2];
    double inner, outer;
};

static struct ff_word model_at(int index)
{
    const struct ff_model_type *type = ff_model_types[index];
    return type != NULL ? (struct ff_word){.name = type->name, .doc = type->doc, .value = type}
                        : (struct ff_word){.name = NULL};
}

static const struct ff_word colours[] = {
    {.name = "red", .doc = "warm"}, {.name = "blue", .doc = "cold"}, {.name = NULL}};
static const struct ff_word distances[] = {
    {.name = "near", .doc = "here"}, {.name = "far", .doc = "there"}, {.name = NULL}};

static const struct ff_key inner_rows[] = {
    {.name = "inner",
     FF_FILLS(struct options, inner),
     .real = {.fallback = 2.5, .min = 0.0, .max = 9.0},
     .unit = "1",
     .doc = "Inside."},
};
static const struct ff_keys inner_keys = {.doc = "Nested.", FF_ROWS(inner_rows)};

static const struct ff_key outer_rows[] = {
    {.name = "outer",
     FF_FILLS(struct options, outer),
     .real = {.required = true, .max = 1.0},
     .unit = "1",
     .doc = "Outside."},
};
static const struct ff_keys outer_keys = {.doc = "Optional.", FF_ROWS(outer_rows)};

static const struct ff_key base_rows[] = {
    {.name = "special", .type = FF_KEY_OTHER, .is_special = true, .form = "words", .doc = "Apart."},
};
static const struct ff_keys base_keys = {.doc = "Below.", FF_ROWS(base_rows)};

static const struct ff_key rows[] = {
    {.name = "real",
     FF_FILLS(struct options, real),
     .real = {.fallback = 0.25, .min = 0.0, .above_min = true, .max = 1.0},
     .unit = "1/time",
     .doc = "A real number."},
    {.name = "number",
     FF_FILLS(struct options, number),
     .integer = {.fallback = 3, .min = 1, .max = 9},
     .unit = "things",
     .doc = "How many."},
    {.name = "large",
     FF_FILLS(struct options, large),
     .integer = {.fallback = 5, .min = -9, .max = INT64_MAX},
     .unit = "1",
     .doc = "Many."},
    {.name = "seed",
     FF_FILLS(struct options, seed),
     .integer = {.fallback = 7, .min = 0, .max = INT64_MAX},
     .unit = "1",
     .doc = "Chance."},
    {.name = "flag", FF_FILLS(struct options, flag), .word = "true", .doc = "Whether."},
    {.name = "distance",
     FF_FILLS(struct options, is_far),
     .word = "near",
     .words = distances,
     .doc = "How far."},
    {.name = "text", FF_FILLS(struct options, text), .word = "hello", .doc = "What."},
    {.name = "name", FF_FILLS(struct options, name), .is_optional = true, .doc = "Who."},
    {.name = "colour",
     FF_FILLS(struct options, colour),
     .word = "blue",
     .words = colours,
     .doc = "Which."},
    {.name = "model",
     FF_FILLS(struct options, model),
     .word = "ring",
     .word_at = model_at,
     .doc = "What kind."},
    {.name = "bounds",
     FF_FILLS(struct options, bounds),
     .ends = {-1.0, 2.0},
     .unit = "1",
     .doc = "From where to where."},
    {.name = "nested", .type = FF_KEY_SECTION, .keys = &inner_keys},
    {.name = "maybe", .type = FF_KEY_SECTION, .is_optional = true, .keys = &outer_keys},
};

static enum ff_status check(struct ff_node *section, void *options)
{
    const struct options *given = options;
    return given->inner > given->real ? FF_OK : ff_node_error(section, "the inner must be larger");
}

static const struct ff_keys table = {
    .doc = "Everything.", FF_ROWS(rows), .base = &base_keys, .check = check};

static enum ff_status read(const char *text, struct options *options, struct ff_yaml **document)
{
    assert_int_equal(ff_yaml_read_text("c.yaml", text, document), FF_OK);
    return ff_keys_read(&table, ff_yaml_root(*document), options);
}

static void assert_refused(const char *text, const char *message)
{
    struct ff_yaml *document;
    struct options options;
    assert_int_equal(read(text, &options, &document), FF_ERR_CONFIG);
    assert_string_equal(ff_status_message(), message);
    ff_yaml_free(document);
}

static void rows_fill_the_members_they_name(void **state)
{
    (void)state;
    struct ff_yaml *document;
    struct options options;
    const enum ff_status status = read(
        "{real: 0.5, number: 4, large: -8, seed: 9223372036854775807, flag: false, distance: far,\n"
        " text: hi, name: me, colour: red, model: network, bounds: [0, 1], special: anything,\n"
        " nested: {inner: 1.5}, maybe: {outer: 0.75}}\n",
        &options, &document);
    assert_int_equal(status, FF_OK);
    assert_true(options.real == 0.5 && options.number == 4 && options.large == -8);
    assert_true(options.seed == INT64_MAX && !options.flag && options.is_far);
    assert_string_equal(options.text, "hi");
    assert_string_equal(options.name, "me");
    assert_int_equal(options.colour, COLOUR_RED);
    assert_ptr_equal(options.model, &ff_model_network);
    assert_true(options.bounds[0] == 0.0 && options.bounds[1] == 1.0);
    assert_true(options.inner == 1.5 && options.outer == 0.75);
    ff_yaml_free(document);
}

static void absent_keys_take_their_defaults_and_enter_the_tree_in_order(void **state)
{
    (void)state;
    struct ff_yaml *document;
    struct options options = {.name = "untouched", .outer = 42.0};
    assert_int_equal(read("{}", &options, &document), FF_OK);
    assert_true(options.real == 0.25 && options.number == 3 && options.seed == 7 && options.flag);
    assert_true(!options.is_far && options.colour == COLOUR_BLUE && options.inner == 2.5);
    assert_ptr_equal(options.model, &ff_model_ring);
    assert_string_equal(options.name, "untouched");
    assert_true(options.outer == 42.0);
    char *resolved = ff_yaml_emit(document);
    assert_string_equal(resolved, "real: 0.25\nnumber: 3\nlarge: 5\nseed: 7\nflag: true\n"
                                  "distance: near\ntext: hello\ncolour: blue\nmodel: ring\n"
                                  "bounds:\n- -1\n- 2\nnested:\n  inner: 2.5\n");
    free(resolved);
    ff_yaml_free(document);
}

static void values_outside_a_row_are_refused_where_they_stand(void **state)
{
    (void)state;
    assert_refused("real: 0", "c.yaml:1:7: real: must be greater than 0, got 0");
    assert_refused("number: 10", "c.yaml:1:9: number: must be from 1 to 9, got 10");
    assert_refused("flag: maybe", "c.yaml:1:7: flag: `maybe` is not one of false, true");
    assert_refused("distance: fra",
                   "c.yaml:1:11: distance: `fra` is not one of near, far; did you mean `far`?");
    assert_refused("nested: {innner: 1}",
                   "c.yaml:1:10: nested.innner: unknown key; did you mean `inner`?");
    assert_refused("maybe: {}", "c.yaml:1:8: maybe: the key `outer` is missing");
    assert_refused("speciel: 1", "c.yaml:1:1: speciel: unknown key; did you mean `special`?");
}

static void a_section_is_checked_once_its_rows_are_read(void **state)
{
    (void)state;
    assert_refused("{real: 0.9, nested: {inner: 0.5}}",
                   "c.yaml:1:1: top level: the inner must be larger");
}

/* ---- what is printed ------------------------------------------------------------------------ */

/* What `help` prints of a path; the caller frees it. NULL when it is refused. */
static char *help_of(const struct ff_keys *keys, const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    const enum ff_status status = ff_keys_help(keys, path, memory);
    fclose(memory);
    if (status == FF_OK)
        return text;
    assert_int_equal(size, 0);
    free(text);
    return NULL;
}

static void assert_help(const struct ff_keys *keys, const char *path, const char *expected)
{
    char *text = help_of(keys, path);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void assert_helps_with(const char *path, const char *expected)
{
    char *text = help_of(&ff_keys_configuration, path);
    assert_non_null(text);
    if (strstr(text, expected) == NULL)
        fail_msg("help %s: no `%s` in\n%s", path, expected, text);
    free(text);
}

static void assert_no_help(const char *path, const char *message)
{
    assert_null(help_of(&ff_keys_configuration, path));
    assert_string_equal(ff_status_message(), message);
}

static void a_row_is_printed_with_range_unit_default_and_meaning(void **state)
{
    (void)state;
    assert_help(&table, "real",
                "- `real`: number, above 0, at most 1, in 1/time; default 0.25.\n"
                "  A real number.\n");
    assert_help(&table, "number",
                "- `number`: whole number, 1 to 9, in things; default 3.\n  How many.\n");
    assert_help(&table, "large", "- `large`: whole number, at least -9; default 5.\n  Many.\n");
    assert_help(&table, "flag", "- `flag`: word, `false` or `true`; default `true`.\n  Whether.\n");
    assert_help(&table, "colour",
                "- `colour`: word; default `blue`.\n  Which.\n  - `red`: warm\n  - `blue`: cold\n");
    assert_help(&table, "bounds",
                "- `bounds`: [low, high], dimensionless; default [-1, 2].\n"
                "  From where to where.\n");
    assert_help(&table, "name", "- `name`: text; optional.\n  Who.\n");
    assert_help(&table, "special", "- `special`: words; required.\n  Apart.\n");
    assert_help(&table, "maybe",
                "## maybe\n\nOptional.\n\n"
                "- `outer`: number, at least 0, at most 1, dimensionless; required.\n"
                "  Outside.\n");
}

static void keys_are_found_as_messages_spell_them_and_by_the_kind_that_has_them(void **state)
{
    (void)state;
    assert_helps_with("gradient.window", "- `gradient.window`: whole number, 0 to 1000000");
    assert_helps_with("model", "### model.exclusion");
    assert_helps_with("model.ring.disorder", "- `barrier`: number");
    assert_helps_with("model.disorder.seed", "- `model.ring.disorder.seed`: whole number");
    assert_helps_with("model.disorder.seed", "- `model.exclusion.disorder.seed`: whole number");
    assert_helps_with("model.edges[2].from", "- `model.network.edges[].from`: text; required");
    assert_helps_with("model.reactions.reactions[0].name", "`model.reactions.reactions[].name`");
    assert_helps_with("seed", "- `seed`: whole number, at least 0; default 1.");
}

static void what_is_not_there_is_refused_with_the_nearest_name(void **state)
{
    (void)state;
    assert_no_help("gradient.windw", "help: no key `windw` in gradient; did you mean `window`?");
    assert_no_help("model.stes", "help: no key `stes` in model; did you mean `sites`?");
    assert_no_help("model.edges[0].frm",
                   "help: no key `frm` in model.network.edges[]; did you mean `from`?");
    assert_no_help("seed.x", "help: seed has no keys");
    assert_no_help("", "help: no key `` in the configuration; see fluxfront help");
}

/* ---- every row of the program --------------------------------------------------------------- */

static bool is_sentence(const char *text)
{
    return text != NULL && strlen(text) > 3 && text[strlen(text) - 1] == '.' && text[0] != ' ';
}

static bool is_read_from_nothing(const struct ff_key *key)
{
    static max_align_t room[1 << 12];
    const struct ff_keys alone = {.rows = key, .n_rows = 1};
    struct ff_yaml *document;
    assert_int_equal(ff_yaml_read_text("c.yaml", "{}", &document), FF_OK);
    assert_true(key->offset < sizeof room / 2);
    const enum ff_status status = ff_keys_fill(&alone, ff_yaml_root(document), room);
    ff_yaml_free(document);
    return status == FF_OK || strstr(ff_status_message(), "is missing") != NULL;
}

/* What a row fails to say; NULL if nothing. */
static const char *flaw_of(const struct ff_key *key)
{
    const bool is_integer = key->type == FF_KEY_INT || key->type == FF_KEY_INT64;
    const bool is_number = is_integer || key->type == FF_KEY_REAL || key->type == FF_KEY_INTERVAL;
    const bool is_table = key->type == FF_KEY_SECTION || key->type == FF_KEY_LIST;
    const bool is_choice = key->type == FF_KEY_CHOICE || key->type == FF_KEY_DESCRIPTOR;
    if (key->name == NULL || key->name[0] == '\0')
        return "no name";
    if (is_table != (key->keys != NULL))
        return "a table where none belongs, or none where one does";
    if (!is_sentence(key->doc != NULL || !is_table ? key->doc : key->keys->doc))
        return "no sentence";
    if (is_number && key->unit == NULL)
        return "no unit";
    if ((key->type == FF_KEY_OTHER || key->type == FF_KEY_LIST) && !key->is_special)
        return "read by nothing";
    if (key->type == FF_KEY_OTHER && key->form == NULL)
        return "no form";
    if (is_choice && ff_key_word(key, 0).name == NULL)
        return "no words";
    for (int i = 0; is_choice && ff_key_word(key, i).name != NULL; i++)
        if (ff_key_word(key, i).doc == NULL || ff_key_word(key, i).doc[0] == '\0')
            return "a word without meaning";
    if (key->type == FF_KEY_REAL && !(key->real.min < key->real.max))
        return "no range";
    if (is_integer && !(key->integer.min < key->integer.max))
        return "no range";
    return is_read_from_nothing(key) ? NULL : "a default that it refuses itself";
}

/* The row of that name, its base included; NULL if there is none. */
static const struct ff_key *find_row(const struct ff_keys *keys, const char *name)
{
    for (; keys != NULL; keys = keys->base)
        for (int i = 0; i < keys->n_rows; i++)
            if (strcmp(keys->rows[i].name, name) == 0)
                return &keys->rows[i];
    return NULL;
}

static int count_flaws(const struct ff_keys *keys, const char *path);

static int count_flaws_below(const struct ff_key *key, const char *path)
{
    int n = key->keys != NULL ? count_flaws(key->keys, path) : 0;
    for (int i = 0; ff_key_word(key, i).name != NULL; i++)
        if (ff_key_word(key, i).keys != NULL)
            n += count_flaws(ff_key_word(key, i).keys, path);
    return n;
}

/* Over a table and all below it; says what is wrong. */
static int count_flaws(const struct ff_keys *keys, const char *path)
{
    int n_flaws = 0;
    for (int i = 0; i < keys->n_rows; i++) {
        const struct ff_key *key = &keys->rows[i];
        const char *flaw = flaw_of(key);
        if (flaw == NULL && find_row(keys, key->name) != key)
            flaw = "the name of another key";
        if (flaw == NULL && keys->base != NULL && find_row(keys->base, key->name) != NULL)
            flaw = "the name of a key of the base";
        if (flaw != NULL) {
            print_message("%s.%s: %s\n", path, key->name, flaw);
            n_flaws++;
            continue;
        }
        n_flaws += count_flaws_below(key, key->name);
    }
    if (!is_sentence(keys->doc))
        n_flaws++;
    return n_flaws;
}

static void every_key_of_the_program_says_all_that_it_must(void **state)
{
    (void)state;
    assert_int_equal(count_flaws(&ff_keys_configuration, "configuration"), 0);
    assert_int_equal(count_flaws(&table, "table"), 0);
}

static void a_row_that_says_too_little_is_found(void **state)
{
    (void)state;
    struct flawed {
        struct ff_key key;
        const char *flaw;
    } const flawed[] = {
        {{.name = "x", .type = FF_KEY_TEXT, .word = "a"}, "no sentence"},
        {{.name = "x", .type = FF_KEY_TEXT, .word = "a", .doc = ""}, "no sentence"},
        {{.name = "x", .type = FF_KEY_TEXT, .word = "a", .doc = "No full stop"}, "no sentence"},
        {{.name = "x", .type = FF_KEY_REAL, .real = {.max = 1.0}, .doc = "Good."}, "no unit"},
        {{.name = "x", .type = FF_KEY_REAL, .unit = "1", .doc = "Good."}, "no range"},
        {{.name = "x", .type = FF_KEY_INT, .unit = "1", .doc = "Good."}, "no range"},
        {{.name = "x",
          .type = FF_KEY_INT,
          .integer = {.fallback = 9, .min = 0, .max = 8},
          .unit = "1",
          .doc = "Good."},
         "a default that it refuses itself"},
        {{.name = "x", .type = FF_KEY_CHOICE, .word = "pink", .words = colours, .doc = "Good."},
         "a default that it refuses itself"},
        {{.name = "x", .type = FF_KEY_DESCRIPTOR, .word = "pink", .doc = "Good."}, "no words"},
        {{.name = "x", .type = FF_KEY_OTHER, .is_special = true, .doc = "Good."}, "no form"},
        {{.name = "x", .type = FF_KEY_OTHER, .form = "words", .doc = "Good."}, "read by nothing"},
        {{.name = "x", .type = FF_KEY_SECTION, .doc = "Good."},
         "a table where none belongs, or none where one does"},
    };
    for (size_t i = 0; i < sizeof flawed / sizeof *flawed; i++) {
        const char *flaw = flaw_of(&flawed[i].key);
        assert_non_null(flaw);
        assert_string_equal(flaw, flawed[i].flaw);
    }
    static const struct ff_key twice[] = {
        {.name = "x", .type = FF_KEY_TEXT, .word = "a", .doc = "Good."},
        {.name = "x", .type = FF_KEY_TEXT, .word = "b", .doc = "Good."}};
    const struct ff_keys doubled = {.doc = "Good.", FF_ROWS(twice)};
    assert_int_equal(count_flaws(&doubled, "doubled"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_fill_the_members_they_name),
        cmocka_unit_test(absent_keys_take_their_defaults_and_enter_the_tree_in_order),
        cmocka_unit_test(values_outside_a_row_are_refused_where_they_stand),
        cmocka_unit_test(a_section_is_checked_once_its_rows_are_read),
        cmocka_unit_test(a_row_is_printed_with_range_unit_default_and_meaning),
        cmocka_unit_test(keys_are_found_as_messages_spell_them_and_by_the_kind_that_has_them),
        cmocka_unit_test(what_is_not_there_is_refused_with_the_nearest_name),
        cmocka_unit_test(every_key_of_the_program_says_all_that_it_must),
        cmocka_unit_test(a_row_that_says_too_little_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
