/* A tree of prefix sums: choosing an item with probability proportional to its integer weight.
 *
 * Weights are integers, so that sums are exact in any order: nothing drifts, and an empty branch is never
 * entered. A node has eight branches in one cache line and holds, for each, the sum of the branches
 * before it. To choose is to count, per level, the entries not above the target; to change a weight is
 * to add the difference to the entries after it. Both cost O(log_8 n) and take no branch that depends on data.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_TREE_H
#define FF_SIMULATE_TREE_H

#include <stdint.h>

enum { FF_TREE_WIDTH = 8, FF_TREE_LEVELS = 11 };

/* Sums of the branches before each; the first is 0. */
struct ff_tree_node {
    _Alignas(64) int64_t before[FF_TREE_WIDTH];
};

/* The numbers of a node as one vector, of GCC and Clang. */
typedef int64_t ff_tree_row __attribute__((vector_size(64), may_alias));

struct ff_tree {
    int n_items, n_levels;
    int64_t total;
    struct ff_tree_node *level[FF_TREE_LEVELS]; /* [0] holds the items; the last is a single node */
};

/** Room for weights of n_items, all 0. */
void ff_tree_create(int n_items, struct ff_tree *out);
void ff_tree_free(struct ff_tree *tree);

/** Set all weights [n_items], none negative; their sum must be below 2^63. The array is used as scratch. */
void ff_tree_fill(struct ff_tree *tree, int64_t *weight);

/** Add a difference to the entries that come after a branch in its node; branches of a level are numbered through. */
static inline void ff_tree_add(struct ff_tree_node *nodes, unsigned branch, int64_t difference)
{
    static const _Alignas(64) int64_t after[FF_TREE_WIDTH][FF_TREE_WIDTH] = {
        {0, -1, -1, -1, -1, -1, -1, -1}, {0, 0, -1, -1, -1, -1, -1, -1},
        {0, 0, 0, -1, -1, -1, -1, -1},   {0, 0, 0, 0, -1, -1, -1, -1},
        {0, 0, 0, 0, 0, -1, -1, -1},     {0, 0, 0, 0, 0, 0, -1, -1},
        {0, 0, 0, 0, 0, 0, 0, -1},       {0, 0, 0, 0, 0, 0, 0, 0}};
    ff_tree_row *before = (ff_tree_row *)nodes[branch / FF_TREE_WIDTH].before;
    *before += difference & *(const ff_tree_row *)after[branch % FF_TREE_WIDTH];
}

/** Tell the levels above that the weights in a node of the lowest level have grown by `difference` in sum. */
static inline void ff_tree_lift(struct ff_tree *tree, unsigned node, int64_t difference)
{
    const int n_levels = tree->n_levels;
    for (int l = 1; l < n_levels; l++) {
        ff_tree_add(tree->level[l], node, difference);
        node /= FF_TREE_WIDTH;
    }
    tree->total += difference;
}

/** The item in whose share of [0, total) the target lies. */
static inline int ff_tree_find(const struct ff_tree *tree, int64_t target)
{
    int at = 0;
    for (int l = tree->n_levels - 1; l >= 0; l--) {
        const int64_t *before = tree->level[l][at].before;
        const int low = (target >= before[1]) + (target >= before[2]) + (target >= before[3]);
        const int high = (target >= before[5]) + (target >= before[6]) + (target >= before[7]);
        const int branch = low + (target >= before[4]) + high;
        target -= before[branch];
        at = at * FF_TREE_WIDTH + branch;
    }
    return at;
}

#endif
