/* Strict YAML reading with positions, defaults and a resolved form.
 *
 * A document is a tree of nodes. Readers take the keys of a mapping one by one; a key that is absent is
 * *added to the tree with its default*, so that after every section was read the tree is the resolved
 * configuration and emitting it gives a file that means the same run. Unknown and duplicate keys,
 * trailing characters, nan, inf and quoted numbers are errors, reported as
 * `file:line:column: section.key: what`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_BASE_YAML_H
#define FF_BASE_YAML_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { FF_MAX_CHOICES = 16 }; /* words to choose from */

enum ff_node_kind { FF_NODE_SCALAR, FF_NODE_SEQUENCE, FF_NODE_MAPPING };

/* Readable by all, written by this module only. A child of a mapping has a key. */
struct ff_node {
    enum ff_node_kind kind;
    bool is_quoted;     /* scalars: written in quotes, hence a string */
    char *key;          /* NULL for the root and for sequence items */
    char *text;         /* scalars: the characters; else NULL */
    char *path;         /* `model.edges[2].from`, for messages */
    const char *source; /* borrowed from the document: file name or `--set` */
    int line, column;   /* of the value, one-based; a default has its mapping's */
    int key_line, key_column;
    struct ff_node **items;
    int n_items;
};

struct ff_yaml; /* a document; owns all its nodes and names */

/** Read a file.  FF_ERR_CONFIG with position on bad syntax, duplicate keys, or an unreadable file. */
enum ff_status ff_yaml_read_file(const char *path, struct ff_yaml **out);

/** Read a NUL-terminated text; `name` stands for the file in messages. */
enum ff_status ff_yaml_read_text(const char *name, const char *text, struct ff_yaml **out);

/** NULL-safe. */
void ff_yaml_free(struct ff_yaml *document);

/** The top mapping; valid until the document is freed. */
struct ff_node *ff_yaml_root(const struct ff_yaml *document);

/** The text the document was read from, before any override; borrowed. */
const char *ff_yaml_text(const struct ff_yaml *document);

/** Apply one `section.key=value` override; the value is YAML. An item of a list is `key[3]`, or `key.3`.
 * FF_ERR_CONFIG when there is no such place. */
enum ff_status ff_yaml_override(struct ff_yaml *document, const char *assignment);

/** The tree as YAML text; the caller frees it.  Never fails (aborts without memory). */
char *ff_yaml_emit(const struct ff_yaml *document);

/** Raise FF_ERR_CONFIG with the node's position and path in front of the message.
 *     enum ff_status ff_node_error(const struct ff_node *node, const char *format, ...); */
#define ff_node_error(node, ...) ff_status_not_ok(ff_node_error_from(FF_PLACE, node, __VA_ARGS__))

/** The same for an error that happened at another place in the source. */
enum ff_status ff_node_error_from(const char *place, const struct ff_node *node, const char *format,
                                  ...) __attribute__((format(printf, 3, 4)));

/** The child under `key`, or NULL. */
struct ff_node *ff_node_find(const struct ff_node *mapping, const char *key);

/** Append a child that was not written: a default, at its mapping's position.  Copies key and text; key is
 * NULL in a sequence, text NULL unless the child is a scalar. */
struct ff_node *ff_node_add_default(struct ff_node *parent, const char *key, enum ff_node_kind kind,
                                    const char *text);

/** The node must be of this kind. */
enum ff_status ff_node_expect(const struct ff_node *node, enum ff_node_kind kind);

/** Refuse every key outside the NULL-terminated list, suggesting the nearest one. */
enum ff_status ff_node_allow(const struct ff_node *mapping, const char *const *keys);

/** A child mapping, created empty when absent. */
enum ff_status ff_node_section(struct ff_node *mapping, const char *key, struct ff_node **out);

/* What a number must satisfy. Without `required`, an absent key takes `fallback`. */
struct ff_real_rule {
    double fallback, min, max;
    bool required, above_min; /* above_min: `min` itself is refused */
};
struct ff_integer_rule {
    int64_t fallback, min, max;
    bool required;
};

enum ff_status ff_node_as_real(const struct ff_node *node, struct ff_real_rule rule, double *out);
enum ff_status ff_node_real(struct ff_node *mapping, const char *key, struct ff_real_rule rule,
                            double *out);
enum ff_status ff_node_integer(struct ff_node *mapping, const char *key,
                               struct ff_integer_rule rule, int64_t *out);
/** The same into an int; the rule's bounds must fit one. */
enum ff_status ff_node_int(struct ff_node *mapping, const char *key, struct ff_integer_rule rule,
                           int *out);

/** A string; `fallback` NULL makes the key required.  *out is borrowed from the document. */
enum ff_status ff_node_text(struct ff_node *mapping, const char *key, const char *fallback,
                            const char **out);

/** One word of a NULL-terminated list, as its index; `fallback` NULL makes the key required. */
enum ff_status ff_node_choice(struct ff_node *mapping, const char *key, const char *const *words,
                              const char *fallback, int *out);

/** `[low, high]` with low < high. */
enum ff_status ff_node_interval(struct ff_node *mapping, const char *key, double low, double high,
                                double out[2]);

/** Index of the word in the NULL-terminated list that differs least from `text`, or -1 if none is near; case counts less. */
int ff_nearest_word(const char *text, const char *const *words);

/** The error that no `what` is called `text`, with the nearest of the names [n], of which there must be one, or the first. */
enum ff_status ff_node_unknown(const struct ff_node *node, const char *what, const char *text,
                               const char *const *names, int n);

#endif
