/* Document trees: parsing by libyaml events, overrides, emission.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAX_DEPTH = 16, BLOCK_DEPTH = 2 };

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
    char *path = ff_allocate(size, 1);
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
    struct ff_node **items = realloc(parent->items, sizeof *items * ((size_t)parent->n_items + 1));
    if (items == NULL)
        ff_status_abort(__FILE__, __LINE__, "out of memory");
    parent->items = items;
    parent->items[parent->n_items++] = child;
}

/* ---- parsing -------------------------------------------------------------------------------- */

struct reader {
    yaml_parser_t parser;
    const char *source;
};

static enum ff_status next_event(struct reader *reader, yaml_event_t *event)
{
    if (yaml_parser_parse(&reader->parser, event))
        return FF_OK;
    const yaml_mark_t at = reader->parser.problem_mark;
    return ff_status_raise(FF_ERR_CONFIG, "%s:%lu:%lu: not valid YAML: %s", reader->source,
                           (unsigned long)at.line + 1, (unsigned long)at.column + 1,
                           reader->parser.problem != NULL ? reader->parser.problem
                                                          : "syntax error");
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
    char **sources =
        realloc(document->sources, sizeof *sources * ((size_t)document->n_sources + 1));
    if (sources == NULL)
        ff_status_abort(__FILE__, __LINE__, "out of memory");
    document->sources = sources;
    sources[document->n_sources] = ff_copy_text(name);
    return sources[document->n_sources++];
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

struct ff_node *ff_yaml_root(struct ff_yaml *document)
{
    return document->root;
}

const char *ff_yaml_text(const struct ff_yaml *document)
{
    return document->text;
}

static enum ff_status step_into(struct ff_node *node, const char *segment, const char *source,
                                struct ff_node **out)
{
    if (node->kind == FF_NODE_SEQUENCE) {
        char *end;
        const long index = strtol(segment, &end, 10);
        CHECK(*segment != '\0' && *end == '\0' && index >= 0 && index < node->n_items,
              FF_ERR_CONFIG, "%s: `%s` is not an item of %s, which has %d", source, segment,
              node->path, node->n_items);
        *out = node->items[index];
        return FF_OK;
    }
    CHECK(node->kind == FF_NODE_MAPPING, FF_ERR_CONFIG, "%s: %s is a single value, it has no keys",
          source, node->path);
    *out = ff_node_find(node, segment);
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

    enum ff_status status = FF_OK;
    struct ff_node *node = document->root;
    char *rest = path;
    char *segment = strsep(&rest, ".");
    while (rest != NULL) {
        struct ff_node *child = NULL;
        TRY_OR_FAIL(step_into(node, segment, source, &child));
        if (child == NULL) {
            child = node_create(FF_NODE_MAPPING, node, segment, source);
            child->line = child->column = child->key_line = child->key_column = 1;
            node_append(node, child);
        }
        node = child;
        segment = strsep(&rest, ".");
    }
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

/* ---- emission ------------------------------------------------------------------------------- */

static int append_bytes(void *stream, unsigned char *bytes, size_t count)
{
    return fwrite(bytes, 1, count, stream) == count;
}

static void emit(yaml_emitter_t *emitter, yaml_event_t *event, int is_ready)
{
    if (!is_ready || !yaml_emitter_emit(emitter, event))
        ff_status_abort(__FILE__, __LINE__, "cannot emit YAML");
}

static void emit_scalar(yaml_emitter_t *emitter, const char *text, bool is_quoted)
{
    yaml_event_t event;
    const yaml_scalar_style_t style =
        is_quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE;
    emit(emitter, &event,
         yaml_scalar_event_initialize(&event, NULL, NULL, (const unsigned char *)text,
                                      (int)strlen(text), 1, 1, style));
}

static void emit_node(yaml_emitter_t *emitter, const struct ff_node *node, int depth)
{
    yaml_event_t event;
    const bool is_block = depth < BLOCK_DEPTH;
    switch (node->kind) {
    case FF_NODE_SCALAR:
        emit_scalar(emitter, node->text, node->is_quoted);
        return;
    case FF_NODE_SEQUENCE:
        emit(emitter, &event,
             yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                                  is_block ? YAML_BLOCK_SEQUENCE_STYLE
                                                           : YAML_FLOW_SEQUENCE_STYLE));
        for (int i = 0; i < node->n_items; i++)
            emit_node(emitter, node->items[i], depth + 1);
        emit(emitter, &event, yaml_sequence_end_event_initialize(&event));
        return;
    case FF_NODE_MAPPING:
        emit(emitter, &event,
             yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
                                                 is_block ? YAML_BLOCK_MAPPING_STYLE
                                                          : YAML_FLOW_MAPPING_STYLE));
        for (int i = 0; i < node->n_items; i++) {
            emit_scalar(emitter, node->items[i]->key, false);
            emit_node(emitter, node->items[i], depth + 1);
        }
        emit(emitter, &event, yaml_mapping_end_event_initialize(&event));
    }
}

char *ff_yaml_emit(const struct ff_yaml *document)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    yaml_emitter_t emitter;
    if (memory == NULL || !yaml_emitter_initialize(&emitter))
        ff_status_abort(__FILE__, __LINE__, "out of memory");
    yaml_emitter_set_output(&emitter, append_bytes, memory);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, 100);
    yaml_event_t event;
    emit(&emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
    emit(&emitter, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
    emit_node(&emitter, document->root, 0);
    emit(&emitter, &event, yaml_document_end_event_initialize(&event, 1));
    emit(&emitter, &event, yaml_stream_end_event_initialize(&event));
    yaml_emitter_delete(&emitter);
    fclose(memory);
    return text;
}
