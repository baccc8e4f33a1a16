/* Room for the levels of a tree, and filling them from the items up.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/tree.h"

#include "base/status.h"

#include <stdlib.h>
#include <string.h>

static int n_nodes(int n_branches)
{
    return (n_branches + FF_TREE_WIDTH - 1) / FF_TREE_WIDTH;
}

void ff_tree_create(int n_items, struct ff_tree *out)
{
    *out = (struct ff_tree){.n_items = n_items};
    int n = n_items;
    do {
        n = n_nodes(n);
        const size_t size = sizeof(struct ff_tree_node) * (size_t)n;
        struct ff_tree_node *nodes = aligned_alloc(_Alignof(struct ff_tree_node), size);
        if (nodes == NULL)
            ff_status_abort(__FILE__, __LINE__, "out of memory");
        memset(nodes, 0, size);
        out->level[out->n_levels++] = nodes;
    } while (n > 1);
}

void ff_tree_free(struct ff_tree *tree)
{
    for (int l = 0; l < tree->n_levels; l++)
        free(tree->level[l]);
}

void ff_tree_fill(struct ff_tree *tree, int64_t *weight)
{
    int n = tree->n_items;
    for (int l = 0; l < tree->n_levels; l++) {
        for (int i = 0; i < n_nodes(n); i++) {
            int64_t running = 0;
            for (int k = 0; k < FF_TREE_WIDTH; k++) {
                const int at = i * FF_TREE_WIDTH + k;
                tree->level[l][i].before[k] = running;
                running += at < n ? weight[at] : 0;
            }
            weight[i] = running; /* of the node, in the place of items that have been read */
        }
        n = n_nodes(n);
    }
    tree->total = weight[0];
}
