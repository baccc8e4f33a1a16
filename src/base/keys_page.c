/* Printing tables of keys as Markdown that also reads well in a terminal, and finding what a path names.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/keys.h"

#include <string.h>

enum { PAGE_WIDTH = 100, PATH_SIZE = 256, LARGEST_HEADING = 6 };

/* ---- one row -------------------------------------------------------------------------------- */

/* Words of a text, filled into lines from `column` on; all but the first begin with `indent` blanks. */
static void print_filled(const char *text, int column, int indent, FILE *out)
{
    bool is_first = true;
    for (; *text != '\0'; text += strspn(text, " ")) {
        const int length = (int)strcspn(text, " ");
        if (!is_first && column + 1 + length > PAGE_WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (!is_first) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", length, text);
        column += length;
        text += length;
        is_first = false;
    }
    fputc('\n', out);
}

static const char *form_of(const struct ff_key *key)
{
    static const char *const forms[] = {
        [FF_KEY_REAL] = "number",        [FF_KEY_INT] = "whole number",
        [FF_KEY_INT64] = "whole number", [FF_KEY_TEXT] = "text",
        [FF_KEY_BOOL] = "word",          [FF_KEY_CHOICE] = "word",
        [FF_KEY_DESCRIPTOR] = "word",    [FF_KEY_INTERVAL] = "[low, high]",
        [FF_KEY_SECTION] = "mapping",    [FF_KEY_LIST] = "list of mappings",
        [FF_KEY_OTHER] = "see its code"};
    return key->form != NULL ? key->form : forms[key->type];
}

/* Limits that only keep numbers finite are not worth a word. */
static void print_range(const struct ff_key *key, FILE *out)
{
    const double unlimited = 1e100;
    const struct ff_real_rule *real = &key->real;
    const struct ff_integer_rule *integer = &key->integer;
    if (key->type == FF_KEY_REAL && real->min > -unlimited)
        fprintf(out, ", %s %g", real->above_min ? "above" : "at least", real->min);
    if (key->type == FF_KEY_REAL && real->max < unlimited)
        fprintf(out, ", at most %g", real->max);
    if (key->type != FF_KEY_INT && key->type != FF_KEY_INT64)
        return;
    if (integer->max == INT64_MAX)
        fprintf(out, ", at least %lld", (long long)integer->min);
    else
        fprintf(out, ", %lld to %lld", (long long)integer->min, (long long)integer->max);
    if (key->word != NULL)
        fprintf(out, ", or `%s`", key->word);
}

static void print_unit(const struct ff_key *key, FILE *out)
{
    const bool is_integer = key->type == FF_KEY_INT || key->type == FF_KEY_INT64;
    if (key->unit == NULL || strcmp(key->unit, key->name) == 0) /* `sites` are in sites */
        return;
    if (strcmp(key->unit, "1") != 0)
        fprintf(out, ", in %s", key->unit);
    else if (!is_integer)
        fputs(", dimensionless", out);
}

static bool is_required(const struct ff_key *key)
{
    switch (key->type) {
    case FF_KEY_REAL:
        return key->real.required;
    case FF_KEY_INT:
    case FF_KEY_INT64:
        return key->integer.required;
    case FF_KEY_INTERVAL:
    case FF_KEY_SECTION:
        return false;
    default:
        return key->word == NULL;
    }
}

static void print_default(const struct ff_key *key, FILE *out)
{
    if (key->is_optional)
        fputs("; optional", out);
    else if (is_required(key))
        fputs("; required", out);
    else if (key->type == FF_KEY_REAL)
        fprintf(out, "; default %g", key->real.fallback);
    else if ((key->type == FF_KEY_INT || key->type == FF_KEY_INT64) && key->word == NULL)
        fprintf(out, "; default %lld", (long long)key->integer.fallback);
    else if (key->type == FF_KEY_INTERVAL)
        fprintf(out, "; default [%g, %g]", key->ends[0], key->ends[1]);
    else if (key->word != NULL)
        fprintf(out, "; default `%s`", key->word);
}

static void print_words(const struct ff_key *key, FILE *out)
{
    for (int i = 0; ff_key_word(key, i).name != NULL && (key->words != NULL || key->word_at); i++) {
        const struct ff_word word = ff_key_word(key, i);
        const int column = fprintf(out, "  - `%s`: ", word.name);
        print_filled(word.doc, column, 4, out);
    }
}

static void print_row(const struct ff_key *key, const char *name, FILE *out)
{
    fprintf(out, "- `%s`: %s", name, form_of(key));
    if (key->type == FF_KEY_BOOL && key->words == NULL)
        fputs(", `false` or `true`", out);
    print_range(key, out);
    print_unit(key, out);
    print_default(key, out);
    fputs(".\n  ", out);
    assert(key->doc != NULL || key->keys != NULL);
    print_filled(key->doc != NULL ? key->doc : key->keys->doc, 2, 2, out);
    print_words(key, out);
}

/* ---- sections ------------------------------------------------------------------------------- */

/* The path of a table below `path`: of a list's items it ends in `[]`. */
static void join(char *joined, const char *path, const char *name, const struct ff_key *key)
{
    const char *items = key != NULL && key->type == FF_KEY_LIST ? "[]" : "";
    snprintf(joined, PATH_SIZE, "%s%s%s%s", path, path[0] != '\0' ? "." : "", name, items);
}

void ff_keys_print_rows(const struct ff_keys *keys, const char *path, FILE *out)
{
    for (int i = 0; i < keys->n_rows; i++) {
        char name[PATH_SIZE];
        join(name, path, keys->rows[i].name, NULL);
        print_row(&keys->rows[i], name, out);
    }
}

static void print_section(const struct ff_keys *keys, const struct ff_keys *parent,
                          const char *path, const char *title, FILE *out);

static void print_below(const struct ff_keys *keys, const struct ff_key *key, const char *path,
                        FILE *out)
{
    char below[PATH_SIZE];
    if (key->keys != NULL) {
        join(below, path, key->name, key);
        fputc('\n', out);
        print_section(key->keys, keys, below, NULL, out);
    }
    for (int i = 0; ff_key_word(key, i).name != NULL; i++) {
        const struct ff_word word = ff_key_word(key, i);
        join(below, path, word.name, NULL);
        if (word.keys == NULL)
            continue;
        fputc('\n', out);
        print_section(word.keys, keys, below, NULL, out);
    }
}

/* The keys of the parent, which may be a base, stand in its own section. */
static void print_section(const struct ff_keys *keys, const struct ff_keys *parent,
                          const char *path, const char *title, FILE *out)
{
    int level = 2;
    for (const char *c = path; *c != '\0'; c++)
        level += *c == '.';
    fprintf(out, "%.*s %s\n\n", level < LARGEST_HEADING ? level : LARGEST_HEADING, "######",
            title != NULL ? title : path);
    print_filled(keys->doc, 0, 0, out);
    fputc('\n', out);
    for (const struct ff_keys *table = keys; table != NULL && table != parent; table = table->base)
        ff_keys_print_rows(table, "", out);
    for (const struct ff_keys *table = keys; table != NULL && table != parent; table = table->base)
        for (int i = 0; i < table->n_rows; i++)
            print_below(table, &table->rows[i], path, out);
}

void ff_keys_print(const struct ff_keys *keys, const char *path, const char *title, FILE *out)
{
    print_section(keys, NULL, path, title, out);
}

/* ---- what a path names ---------------------------------------------------------------------- */

/* What was printed, and the farthest that the path led. */
struct search {
    FILE *out;
    int n_shown;
    const struct ff_keys *keys; /* that lack the name; NULL where there is no table at all */
    const char *rest;           /* of the path, from that name on */
    char path[PATH_SIZE];       /* of the table */
};

static void note_miss(struct search *search, const struct ff_keys *keys, const char *path,
                      const char *rest)
{
    if (search->rest != NULL && rest <= search->rest)
        return;
    search->keys = keys;
    search->rest = rest;
    snprintf(search->path, sizeof search->path, "%s", path);
}

static void show(struct search *search, const struct ff_keys *keys, const struct ff_keys *parent,
                 const char *path, const char *rest);

/* At or below a name that was found: a key, which may have a table, or a choice, which has one. */
static void show_found(struct search *search, const struct ff_keys *parent,
                       const struct ff_keys *keys, const struct ff_key *key, const char *path,
                       const char *rest)
{
    if (*rest == '.' && keys != NULL) {
        show(search, keys, parent, path, rest + 1);
        return;
    }
    if (*rest == '.') {
        note_miss(search, NULL, path, rest + 1);
        return;
    }
    if (search->n_shown++ > 0)
        fputc('\n', search->out);
    if (keys != NULL)
        print_section(keys, parent, path, NULL, search->out);
    else
        print_row(key, path, search->out);
}

/* Among the words that bring keys: one of that name, or, if `is_key`, a key that some of them bring. */
static void show_in_words(struct search *search, const struct ff_keys *keys, const char *path,
                          const char *rest, size_t length, bool is_key)
{
    for (int i = 0; i < keys->n_rows; i++)
        for (int w = 0; ff_key_word(&keys->rows[i], w).name != NULL; w++) {
            const struct ff_word word = ff_key_word(&keys->rows[i], w);
            char below[PATH_SIZE];
            if (word.keys == NULL)
                continue;
            join(below, path, word.name, NULL);
            if (is_key)
                show(search, word.keys, keys, below, rest);
            else if (strlen(word.name) == length && strncmp(word.name, rest, length) == 0)
                show_found(search, keys, word.keys, NULL, below, rest + length);
        }
}

static void show(struct search *search, const struct ff_keys *keys, const struct ff_keys *parent,
                 const char *path, const char *rest)
{
    assert(keys != NULL);
    const size_t length = strcspn(rest, ".[");
    const size_t index = rest[length] == '[' ? strcspn(rest + length, ".") : 0;
    for (const struct ff_keys *table = keys; table != NULL && table != parent; table = table->base)
        for (int i = 0; i < table->n_rows; i++) {
            const struct ff_key *key = &table->rows[i];
            char below[PATH_SIZE];
            if (strlen(key->name) != length || strncmp(key->name, rest, length) != 0)
                continue;
            join(below, path, key->name, key);
            show_found(search, keys, key->keys, key, below, rest + length + index);
            return;
        }
    note_miss(search, keys, path, rest);
    const int n_shown = search->n_shown;
    show_in_words(search, keys, path, rest, length, false);
    if (search->n_shown == n_shown)
        show_in_words(search, keys, path, rest, length, true);
}

/* Names that may stand below a table, to suggest one of them. */
static int list_names(const struct ff_keys *keys, const char **names, int capacity)
{
    int n = 0;
    for (; keys != NULL; keys = keys->base)
        for (int i = 0; i < keys->n_rows; i++) {
            if (n < capacity)
                names[n++] = keys->rows[i].name;
            for (int w = 0; ff_key_word(&keys->rows[i], w).name != NULL; w++) {
                const struct ff_word word = ff_key_word(&keys->rows[i], w);
                if (word.keys == NULL || n >= capacity)
                    continue;
                names[n++] = word.name;
                for (int k = 0; k < word.keys->n_rows && n < capacity; k++)
                    names[n++] = word.keys->rows[k].name;
            }
        }
    return n;
}

enum ff_status ff_keys_help(const struct ff_keys *keys, const char *path, FILE *out)
{
    enum { CAPACITY = 255 };
    struct search search = {.out = out};
    show(&search, keys, NULL, "", path);
    if (search.n_shown > 0)
        return FF_OK;
    CHECK(search.keys != NULL, FF_ERR_CONFIG, "help: %s has no keys", search.path);
    const char *names[CAPACITY + 1] = {NULL};
    list_names(search.keys, names, CAPACITY);
    const int near = ff_nearest_word(search.rest, names);
    const char *where = search.path[0] != '\0' ? search.path : "the configuration";
    CHECK(near < 0, FF_ERR_CONFIG, "help: no key `%s` in %s; did you mean `%s`?", search.rest,
          where, names[near]);
    return ff_status_raise(FF_ERR_CONFIG, "help: no key `%s` in %s; see fluxfront help",
                           search.rest, where);
}
