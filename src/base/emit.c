/* Writing a document as YAML text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/yaml.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { BLOCK_DEPTH = 2 }; /* deeper mappings and lists are written in flow style */

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
    emit_node(&emitter, ff_yaml_root(document), 0);
    emit(&emitter, &event, yaml_document_end_event_initialize(&event, 1));
    emit(&emitter, &event, yaml_stream_end_event_initialize(&event));
    yaml_emitter_delete(&emitter);
    fclose(memory);
    return text;
}
