/* Document trees: parsing by libyaml events, and overrides.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAX_DEPTH = 16 };

struct ff_yaml {
    struct ff_node *root;
    char *text;
    char **sources; /* file name, then one per override */
    int n_sources;
};

/* ---- nodes ---------------------------------------------------------------------------------- */

static void node_free(struct ff_node *node)
{
    if (node == NULL)
        return;
    for (int i = 0; i < node->n_items; i++)
        node_free(node->items[i]);
    free(node->items);
    free(node->key);
    free(node->text);
    free(node->path);
    free(node);
}

static char *child_path(const struct ff_node *parent, const char *key)
{
    const char *base = parent != NULL ? parent->path : "";
    const size_t size = strlen(base) + (key != NULL ? strlen(key) : 0) + 24;
    char *path = ff_allocate_raw(size, 1);
    if (parent != NULL && parent->kind == FF_NODE_SEQUENCE)
        snprintf(path, size, "%s[%d]", base, parent->n_items);
    else
        snprintf(path, size, "%s%s%s", base, base[0] != '\0' ? "." : "", key != NULL ? key : "");
    return path;
}

/* A new node, not yet attached; its path is that of the next child of `parent`. */
static struct ff_node *node_create(enum ff_node_kind kind, const struct ff_node *parent,
                                   const char *key, const char *source)
{
    struct ff_node *node = FF_NEW(struct ff_node, 1);
    node->kind = kind;
    node->key = key != NULL ? ff_copy_text(key) : NULL;
    node->path = child_path(parent, key);
    node->source = source;
    return node;
}

static void node_append(struct ff_node *parent, struct ff_node *child)
{
    parent->items = ff_grow(parent->items, (size_t)parent->n_items + 1, sizeof(struct ff_node *));
    parent->items[parent->n_items++] = child;
}

/* ---- parsing -------------------------------------------------------------------------------- */

struct reader {
    yaml_parser_t parser;
    const char *source;
};

static const char *problem_of(const yaml_parser_t *parser)
{
    const bool is_here = parser->mark.index == parser->problem_mark.index && parser->unread > 0;
    if (is_here && *parser->buffer.pointer == '\t')
        return "a tab, where only spaces may be";
    return parser->problem != NULL ? parser->problem : "syntax error";
}

static enum ff_status next_event(struct reader *reader, yaml_event_t *event)
{
    if (yaml_parser_parse(&reader->parser, event))
        return FF_OK;
    const yaml_mark_t at = reader->parser.problem_mark;
    return ff_status_raise(FF_ERR_CONFIG, "%s:%lu:%lu: not valid YAML: %s", reader->source,
                           (unsigned long)at.line + 1, (unsigned long)at.column + 1,
                           problem_of(&reader->parser));
}

static enum ff_status event_error(const struct reader *reader, const yaml_event_t *event,
                                  const char *what)
{
    return ff_status_raise(FF_ERR_CONFIG, "%s:%lu:%lu: %s", reader->source,
                           (unsigned long)event->start_mark.line + 1,
                           (unsigned long)event->start_mark.column + 1, what);
}

static enum ff_status read_node(struct reader *reader, yaml_event_t *event,
                                const struct ff_node *parent, const char *key, int depth,
                                struct ff_node **out);

static enum ff_status read_entry(struct reader *reader, yaml_event_t *event,
                                 struct ff_node *mapping, int depth)
{
    if (event->type != YAML_SCALAR_EVENT)
        return event_error(reader, event, "a key must be a plain word");
    const char *key = (const char *)event->data.scalar.value;
    if (strlen(key) != event->data.scalar.length)
        return event_error(reader, event, "a key may not contain a NUL character");
    if (ff_node_find(mapping, key) != NULL)
        return ff_status_raise(FF_ERR_CONFIG, "%s:%lu:%lu: %s%s%s: duplicate key", reader->source,
                               (unsigned long)event->start_mark.line + 1,
                               (unsigned long)event->start_mark.column + 1, mapping->path,
                               mapping->path[0] != '\0' ? "." : "", key);
    yaml_event_t value;
    TRY(next_event(reader, &value));
    struct ff_node *child = NULL;
    const enum ff_status status = read_node(reader, &value, mapping, key, depth, &child);
    yaml_event_delete(&value);
    if (status == FF_OK) {
        child->key_line = (int)event->start_mark.line + 1;
        child->key_column = (int)event->start_mark.column + 1;
        node_append(mapping, child);
    }
    return status;
}

/* Items up to the closing event of a sequence or mapping. */
static enum ff_status read_items(struct reader *reader, struct ff_node *node, int depth)
{
    const yaml_event_type_t end =
        node->kind == FF_NODE_MAPPING ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    for (;;) {
        yaml_event_t event;
        TRY(next_event(reader, &event));
        enum ff_status status = FF_OK;
        struct ff_node *child = NULL;
        const bool is_end = event.type == end;
        if (!is_end && node->kind == FF_NODE_MAPPING) {
            status = read_entry(reader, &event, node, depth);
        } else if (!is_end) {
            status = read_node(reader, &event, node, NULL, depth, &child);
            if (status == FF_OK)
                node_append(node, child);
        }
        yaml_event_delete(&event);
        if (status != FF_OK || is_end)
            return status;
    }
}

static enum ff_status read_node(struct reader *reader, yaml_event_t *event,
                                const struct ff_node *parent, const char *key, int depth,
                                struct ff_node **out)
{
    if (depth > MAX_DEPTH)
        return event_error(reader, event, "nested too deeply");
    enum ff_node_kind kind = FF_NODE_SCALAR;
    if (event->type == YAML_MAPPING_START_EVENT)
        kind = FF_NODE_MAPPING;
    else if (event->type == YAML_SEQUENCE_START_EVENT)
        kind = FF_NODE_SEQUENCE;
    else if (event->type != YAML_SCALAR_EVENT)
        return event_error(reader, event, "aliases are not supported, write the value out");

    struct ff_node *node = node_create(kind, parent, key, reader->source);
    node->line = (int)event->start_mark.line + 1;
    node->column = (int)event->start_mark.column + 1;
    if (kind == FF_NODE_SCALAR) {
        if (strlen((const char *)event->data.scalar.value) != event->data.scalar.length) {
            node_free(node);
            return event_error(reader, event, "a value may not contain a NUL character");
        }
        node->text = ff_copy_text((const char *)event->data.scalar.value);
        node->is_quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    } else {
        const enum ff_status status = read_items(reader, node, depth + 1);
        if (status != FF_OK) {
            node_free(node);
            return status;
        }
    }
    *out = node;
    return FF_OK;
}

/* One whole document, and nothing after it. */
static enum ff_status read_document(struct reader *reader, const struct ff_node *parent,
                                    const char *key, struct ff_node **out)
{
    struct ff_node *node = NULL;
    enum ff_status status = FF_OK;
    bool is_end = false;
    while (status == FF_OK && !is_end) {
        yaml_event_t event;
        TRY_OR_FAIL(next_event(reader, &event));
        switch (event.type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
            break;
        case YAML_DOCUMENT_START_EVENT:
            if (node != NULL)
                status = event_error(reader, &event, "one document only, found a second");
            break;
        case YAML_STREAM_END_EVENT:
            is_end = true;
            if (node == NULL)
                status = event_error(reader, &event, "the file is empty");
            break;
        default:
            status = read_node(reader, &event, parent, key, 0, &node);
        }
        yaml_event_delete(&event);
    }
    if (status == FF_OK) {
        *out = node;
        return FF_OK;
    }
fail:
    node_free(node);
    return status;
}

static enum ff_status read_text(const char *source, const char *text, const struct ff_node *parent,
                                const char *key, struct ff_node **out)
{
    struct reader reader = {.source = source};
    if (!yaml_parser_initialize(&reader.parser))
        ff_status_abort(__FILE__, __LINE__, "out of memory");
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, strlen(text));
    const enum ff_status status = read_document(&reader, parent, key, out);
    yaml_parser_delete(&reader.parser);
    return status;
}

/* ---- documents ------------------------------------------------------------------------------ */

static const char *keep_source(struct ff_yaml *document, const char *name)
{
    document->sources = ff_grow(document->sources, (size_t)document->n_sources + 1, sizeof(char *));
    document->sources[document->n_sources] = ff_copy_text(name);
    return document->sources[document->n_sources++];
}

enum ff_status ff_yaml_read_text(const char *name, const char *text, struct ff_yaml **out)
{
    struct ff_yaml *document = FF_NEW(struct ff_yaml, 1);
    enum ff_status status;
    document->text = ff_copy_text(text);
    TRY_OR_FAIL(read_text(keep_source(document, name), text, NULL, NULL, &document->root));
    TRY_OR_FAIL(ff_node_expect(document->root, FF_NODE_MAPPING));
    *out = document;
    return FF_OK;
fail:
    ff_yaml_free(document);
    return status;
}

enum ff_status ff_yaml_read_file(const char *path, struct ff_yaml **out)
{
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL, FF_ERR_CONFIG, "%s: cannot open: %s", path, strerror(errno));
    char *text = NULL;
    size_t capacity = 0;
    errno = 0;
    const ssize_t length = getdelim(&text, &capacity, '\0', file);
    const bool has_nul = length > 0 && text[length - 1] == '\0';
    const int failure = ferror(file) ? errno : 0;
    fclose(file);
    enum ff_status status;
    if (failure != 0)
        status = ff_status_raise(FF_ERR_CONFIG, "%s: cannot read: %s", path, strerror(failure));
    else if (has_nul)
        status = ff_status_raise(FF_ERR_CONFIG, "%s: not a text file", path);
    else
        status = ff_yaml_read_text(path, length > 0 ? text : "", out);
    free(text);
    return status;
}

void ff_yaml_free(struct ff_yaml *document)
{
    if (document == NULL)
        return;
    node_free(document->root);
    free(document->text);
    for (int i = 0; i < document->n_sources; i++)
        free(document->sources[i]);
    free(document->sources);
    free(document);
}

struct ff_node *ff_yaml_root(const struct ff_yaml *document)
{
    return document->root;
}

const char *ff_yaml_text(const struct ff_yaml *document)
{
    return document->text;
}

/* Turn a path as messages spell it into segments between points, in place: `edges[3].to` becomes
 * `edges.[3.to`, of the same length, so that a segment which begins with a bracket can only be an item. */
static bool split_items(char *path)
{
    if (path[0] == '[')
        return false;
    for (char *open = strchr(path, '['); open != NULL; open = strchr(open + 2, '[')) {
        const size_t n_digits = strspn(open + 1, "0123456789");
        const char *close = open + 1 + n_digits;
        if (n_digits == 0 || close[0] != ']' || strchr(".[", close[1]) == NULL) /* or at the end */
            return false;
        memmove(open + 1, open, n_digits + 1);
        *open = '.';
    }
    return strpbrk(path, "]") == NULL;
}

static enum ff_status step_into(struct ff_node *node, const char *segment, const char *source,
                                struct ff_node **out)
{
    const bool is_item = segment[0] == '[';
    const char *name = is_item ? segment + 1 : segment;
    if (node->kind == FF_NODE_SEQUENCE) {
        const bool is_number = *name != '\0' && name[strspn(name, "0123456789")] == '\0';
        const long index = is_number ? strtol(name, NULL, 10) : -1;
        CHECK(index >= 0 && index < node->n_items, FF_ERR_CONFIG,
              "%s: `%s` is not an item of %s, which has %d", source, name, node->path,
              node->n_items);
        *out = node->items[index];
        return FF_OK;
    }
    CHECK(node->kind == FF_NODE_MAPPING, FF_ERR_CONFIG, "%s: %s is a single value, it has no %s",
          source, node->path, is_item ? "items" : "keys");
    CHECK(!is_item, FF_ERR_CONFIG, "%s: %s is a mapping, it has keys but no item `%s`", source,
          node->path, name);
    *out = ff_node_find(node, name);
    return FF_OK;
}

/* The node at the end of a path but for its last segment; mappings on the way are made. */
static enum ff_status walk_path(struct ff_node *root, char *path, const char *source,
                                struct ff_node **out, const char **last)
{
    struct ff_node *node = root;
    char *rest = path;
    const char *segment = strsep(&rest, ".");
    while (rest != NULL) {
        struct ff_node *child = NULL;
        TRY(step_into(node, segment, source, &child));
        if (child == NULL) {
            CHECK(rest[0] != '[', FF_ERR_CONFIG, "%s: there is no list `%s`", source, segment);
            child = node_create(FF_NODE_MAPPING, node, segment, source);
            child->line = child->column = child->key_line = child->key_column = 1;
            node_append(node, child);
        }
        node = child;
        segment = strsep(&rest, ".");
    }
    *out = node;
    *last = segment;
    return FF_OK;
}

/* Put `value` where `old` stands below `parent`, or behind the last item. */
static void node_replace(struct ff_node *parent, struct ff_node *old, struct ff_node *value)
{
    for (int i = 0; i < parent->n_items; i++) {
        if (parent->items[i] == old) {
            parent->items[i] = value;
            node_free(old);
            return;
        }
    }
    node_append(parent, value);
}

enum ff_status ff_yaml_override(struct ff_yaml *document, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    CHECK(equals != NULL && equals != assignment, FF_ERR_CONFIG,
          "--set %s: expected section.key=value", assignment);
    char *path = ff_copy_text(assignment);
    path[equals - assignment] = '\0';
    char name[256];
    snprintf(name, sizeof name, "--set %s", path);
    const char *source = keep_source(document, name);

    enum ff_status status;
    struct ff_node *node = NULL;
    const char *segment = NULL;
    if (!split_items(path)) {
        status =
            ff_status_raise(FF_ERR_CONFIG, "%s: an item of a list is written key[number]", source);
        goto fail;
    }
    TRY_OR_FAIL(walk_path(document->root, path, source, &node, &segment));
    struct ff_node *old = NULL, *value = NULL;
    TRY_OR_FAIL(step_into(node, segment, source, &old));
    const char *key = node->kind == FF_NODE_MAPPING ? segment : NULL;
    /* An item's path counts the items before it, so it is read as if those after it were not there. */
    const int n_items = node->n_items;
    for (int i = 0; node->kind == FF_NODE_SEQUENCE && i < n_items; i++)
        if (node->items[i] == old)
            node->n_items = i;
    status = read_text(source, equals + 1, node, key, &value);
    node->n_items = n_items;
    if (status == FF_OK) {
        value->key_line = value->key_column = 1;
        node_replace(node, old, value);
    }
fail:
    free(path);
    return status;
}

struct ff_node *ff_node_find(const struct ff_node *mapping, const char *key)
{
    for (int i = 0; i < mapping->n_items; i++)
        if (mapping->items[i]->key != NULL && strcmp(mapping->items[i]->key, key) == 0)
            return mapping->items[i];
    return NULL;
}

struct ff_node *ff_node_add_default(struct ff_node *parent, const char *key, enum ff_node_kind kind,
                                    const char *text)
{
    struct ff_node *node = node_create(kind, parent, key, parent->source);
    node->line = parent->line;
    node->column = parent->column;
    node->text = text != NULL ? ff_copy_text(text) : NULL;
    node_append(parent, node);
    return node;
}
