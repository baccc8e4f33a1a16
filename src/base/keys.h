/* Sections of the configuration as tables of keys.
 *
 * One row says everything about a key: its name, where its value goes, default, range, unit and meaning. The table
 * reads the section, checks it, adds the defaults to the tree, and writes the page of the manual. What a row
 * cannot say, such as names of channels, is read by code of its own; its row allows and documents it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_BASE_KEYS_H
#define FF_BASE_KEYS_H

#include "base/yaml.h"

#include <stddef.h>
#include <stdio.h>

enum ff_key_type {
    FF_KEY_REAL,
    FF_KEY_INT,
    FF_KEY_INT64,
    FF_KEY_TEXT,
    FF_KEY_BOOL,       /* `false` or `true`, or the two `words` of the row in this order */
    FF_KEY_CHOICE,     /* one of `words`, as its index in an enum */
    FF_KEY_DESCRIPTOR, /* one of `words`, as its value: a pointer to a descriptor */
    FF_KEY_INTERVAL,   /* [low, high] */
    FF_KEY_SECTION,    /* a mapping with a table of its own */
    FF_KEY_LIST,       /* special: a list of mappings, each of the table `keys` */
    FF_KEY_OTHER       /* special: see `form` */
};

/* One word to choose from. */
struct ff_word {
    const char *name, *doc;
    const void *value;          /* of FF_KEY_DESCRIPTOR */
    const struct ff_keys *keys; /* that this choice brings to the section, or NULL */
};

/* The word of that index, all zero behind the last. */
typedef struct ff_word ff_word_at(int index);

/* One key. Values go to a member of the struct that its section fills; see FF_FILLS. */
struct ff_key {
    const char *name;
    size_t offset;
    enum ff_key_type type;
    bool is_optional; /* absent stays absent: its member is left alone */
    bool is_special;  /* read by code of its own */

    struct ff_real_rule real;       /* FF_KEY_REAL */
    struct ff_integer_rule integer; /* FF_KEY_INT, FF_KEY_INT64 */
    double ends[2];                 /* FF_KEY_INTERVAL: the default */
    const char
        *word; /* other types: the default; NULL makes the key required. Of whole numbers: a word
                                       that may stand instead, is the default, and means `integer.fallback` */
    const struct ff_word *words; /* to choose from, ended by one without a name, */
    ff_word_at *word_at;         /* or from a registry */
    const struct ff_keys *keys;  /* FF_KEY_SECTION, FF_KEY_LIST: the table below; else NULL */

    const char *form; /* how the value is written, where the type does not say it */
    const char *unit; /* "1" if it has none; NULL for what is no number */
    const char *doc;  /* one sentence; NULL: that of `keys` */
};

/* A section. */
struct ff_keys {
    const char *doc; /* sentences */
    const struct ff_key *rows;
    int n_rows;
    const struct ff_keys *base; /* its keys belong here too, but it is read apart; or NULL */
    /** What no row can say, once all were read; optional. */
    enum ff_status (*check)(struct ff_node *section, void *options);
};

#define FF_ROWS(array) .rows = (array), .n_rows = sizeof(array) / sizeof *(array)

/* Type and place of the value follow from the member, so they cannot disagree with it. */
// clang-format off
#define FF_FILLS(structure, member)                                                                \
    .offset = offsetof(structure, member),                                                         \
    .type = _Generic(((structure *)0)->member,                                                     \
                     double: FF_KEY_REAL,                                                          \
                     int: FF_KEY_INT,                                                              \
                     int64_t: FF_KEY_INT64,                                                        \
                     uint64_t: FF_KEY_INT64,                                                       \
                     const char *: FF_KEY_TEXT,                                                    \
                     bool: FF_KEY_BOOL,                                                            \
                     unsigned: FF_KEY_CHOICE, /* an enum */                                        \
                     double *: FF_KEY_INTERVAL,                                                    \
                     default: FF_KEY_DESCRIPTOR)
// clang-format on

/** Refuse every key that has no row, its base included.  FF_ERR_CONFIG with position. */
enum ff_status ff_keys_allow(const struct ff_keys *keys, const struct ff_node *section);

/** Refuse unknown keys, then fill the options, adding defaults to the tree.  Texts are borrowed from the
 * document.  FF_ERR_CONFIG with position. */
enum ff_status ff_keys_read(const struct ff_keys *keys, struct ff_node *section, void *options);

/** The same without refusing anything: for a table that is the base of another. */
enum ff_status ff_keys_fill(const struct ff_keys *keys, struct ff_node *section, void *options);

/** The word of that index to choose from, all zero behind the last. */
struct ff_word ff_key_word(const struct ff_key *key, int index);

/** Print a section as Markdown: a heading with `path` (or `title` for the empty path), its rows, and the
 * tables below it. */
void ff_keys_print(const struct ff_keys *keys, const char *path, const char *title, FILE *out);

/** Print the rows alone. */
void ff_keys_print_rows(const struct ff_keys *keys, const char *path, FILE *out);

/** Print what `path` names below the table: a section, or one key of it. A path is spelled as in messages,
 * `model.edges[0].from`, or with the choice that brings the key, `model.ring.sites`.
 * FF_ERR_CONFIG when there is no such key. */
enum ff_status ff_keys_help(const struct ff_keys *keys, const char *path, FILE *out);

#endif
