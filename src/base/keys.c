/* Reading a section by its table.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/keys.h"

#include <stdlib.h>
#include <string.h>

struct ff_word ff_key_word(const struct ff_key *key, int index)
{
    static const struct ff_word truth[] = {
        {.name = "false", .doc = "no"}, {.name = "true", .doc = "yes"}, {.name = NULL}};
    if (key->word_at != NULL)
        return key->word_at(index);
    if (key->words != NULL)
        return key->words[index];
    return key->type == FF_KEY_BOOL ? truth[index] : (struct ff_word){.name = NULL};
}

/* Bases come first: those are the keys that all sections of their kind have. */
static int list_names(const struct ff_keys *keys, const char **names)
{
    if (keys == NULL)
        return 0;
    int n = list_names(keys->base, names);
    for (int i = 0; i < keys->n_rows; i++)
        names[n++] = keys->rows[i].name;
    return n;
}

enum ff_status ff_keys_allow(const struct ff_keys *keys, const struct ff_node *section)
{
    int n = 0;
    for (const struct ff_keys *table = keys; table != NULL; table = table->base)
        n += table->n_rows;
    const char **names = FF_NEW(const char *, n + 1);
    list_names(keys, names);
    const enum ff_status status = ff_node_allow(section, names);
    free(names);
    return status;
}

static enum ff_status read_word(const struct ff_key *key, struct ff_node *section, void *member)
{
    const char *names[FF_MAX_CHOICES + 1] = {NULL};
    for (int i = 0; i < FF_MAX_CHOICES; i++)
        if ((names[i] = ff_key_word(key, i).name) == NULL)
            break;
    int index;
    TRY(ff_node_choice(section, key->name, names, key->word, &index));
    const unsigned number = (unsigned)index;
    const bool truth = index == 1;
    const struct ff_word word = ff_key_word(key, index);
    if (key->type == FF_KEY_BOOL)
        memcpy(member, &truth, sizeof truth);
    else if (key->type == FF_KEY_CHOICE)
        memcpy(member, &number, sizeof number);
    else
        memcpy(member, &word.value, sizeof word.value);
    return FF_OK;
}

/* A whole number, or the word that stands for the fallback; the tree keeps the word. */
static enum ff_status read_integer(const struct ff_key *key, struct ff_node *section, int64_t *out)
{
    struct ff_node *node = ff_node_find(section, key->name);
    if (key->word != NULL && node == NULL)
        node = ff_node_add_default(section, key->name, FF_NODE_SCALAR, key->word);
    if (key->word == NULL || node->kind != FF_NODE_SCALAR || node->is_quoted ||
        strcmp(node->text, key->word) != 0)
        return ff_node_integer(section, key->name, key->integer, out);
    *out = key->integer.fallback;
    return FF_OK;
}

static enum ff_status read_int(const struct ff_key *key, struct ff_node *section, int *out)
{
    int64_t value = 0;
    TRY(read_integer(key, section, &value));
    *out = (int)value;
    return FF_OK;
}

static enum ff_status read_key(const struct ff_key *key, struct ff_node *section, void *member)
{
    struct ff_node *child;
    switch (key->type) {
    case FF_KEY_REAL:
        return ff_node_real(section, key->name, key->real, member);
    case FF_KEY_INT:
        return read_int(key, section, member);
    case FF_KEY_INT64:
        return read_integer(key, section, member);
    case FF_KEY_TEXT:
        return ff_node_text(section, key->name, key->word, member);
    case FF_KEY_BOOL:
    case FF_KEY_CHOICE:
    case FF_KEY_DESCRIPTOR:
        return read_word(key, section, member);
    case FF_KEY_INTERVAL:
        return ff_node_interval(section, key->name, key->ends[0], key->ends[1], member);
    case FF_KEY_SECTION:
        TRY(ff_node_section(section, key->name, &child));
        return ff_keys_read(key->keys, child, member);
    default:
        ff_status_abort(__FILE__, __LINE__, "a key without code that reads it");
    }
}

enum ff_status ff_keys_fill(const struct ff_keys *keys, struct ff_node *section, void *options)
{
    for (int i = 0; i < keys->n_rows; i++) {
        const struct ff_key *key = &keys->rows[i];
        const bool is_left_out = key->is_optional && ff_node_find(section, key->name) == NULL;
        if (!key->is_special && !is_left_out)
            TRY(read_key(key, section, (char *)options + key->offset));
    }
    return keys->check != NULL ? keys->check(section, options) : FF_OK;
}

enum ff_status ff_keys_read(const struct ff_keys *keys, struct ff_node *section, void *options)
{
    TRY(ff_keys_allow(keys, section));
    return ff_keys_fill(keys, section, options);
}
