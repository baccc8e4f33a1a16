/* Potentials by joining trees; blocks by a depth-first search.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/hops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the graph of hops ---------------------------------------------------------------------- */

/* Whether a channel takes one particle from one place to another. */
static bool find_hop(const struct ff_process *process, int channel, int *from, int *to)
{
    const int first = process->change_start[channel], last = process->change_start[channel + 1];
    *from = *to = process->n_sites;
    for (int e = first; e < last; e++) {
        const int amount = process->change_amount[e];
        int *end = amount < 0 ? from : to;
        if (abs(amount) != 1 || *end != process->n_sites)
            return false;
        *end = process->change_site[e];
    }
    return true;
}

void ff_hops_free(struct ff_hops *graph)
{
    free(graph->from);
    free(graph->to);
}

bool ff_hops_find(const struct ff_process *process, struct ff_hops *graph)
{
    bool is_graph = true;
    *graph = (struct ff_hops){.n_vertices = process->n_sites + 1, .n_edges = process->n_edges};
    graph->from = FF_RAW(int, process->n_edges);
    graph->to = FF_RAW(int, process->n_edges);
    for (int e = 0; e < process->n_edges && is_graph; e++)
        is_graph = find_hop(process, process->edge_forward[e], &graph->from[e], &graph->to[e]);
    if (!is_graph)
        ff_hops_free(graph);
    return is_graph;
}

bool ff_hops_are_independent(const struct ff_process *process)
{
    int from, to;
    for (int r = 0; r < process->n_channels; r++) {
        const int first = process->reactant_start[r];
        const int n_reactants = process->reactant_start[r + 1] - first;
        if (!find_hop(process, r, &from, &to) || n_reactants != (from < process->n_sites))
            return false;
        if (n_reactants == 1 &&
            (process->reactant_order[first] != 1 || process->reactant_site[first] != from))
            return false;
    }
    return true;
}

/* ---- potentials ----------------------------------------------------------------------------- */

/* Trees of vertices, with the potential of each less that of its parent. */
struct forest {
    int *parent, *size;
    double *offset;
};

/* The root of a vertex, and its potential against it; paths are halved on the way. */
static int find_root(struct forest *forest, int vertex, double *potential)
{
    *potential = 0.0;
    while (forest->parent[vertex] != vertex) {
        const int parent = forest->parent[vertex];
        forest->offset[vertex] += forest->offset[parent];
        forest->parent[vertex] = forest->parent[parent];
        *potential += forest->offset[vertex];
        vertex = forest->parent[vertex];
    }
    return vertex;
}

/* Let the potential rise by `weight` along an edge; false if it rises by something else already. */
static bool join(struct forest *forest, int from, int to, double weight, double tolerance)
{
    double low, high;
    int a = find_root(forest, from, &low), b = find_root(forest, to, &high);
    if (a == b)
        return fabs(high - low - weight) <= tolerance;
    double rise = weight + low - high; /* of root b over root a */
    if (forest->size[a] < forest->size[b]) {
        const int other = a;
        a = b;
        b = other;
        rise = -rise;
    }
    forest->parent[b] = a;
    forest->offset[b] = rise;
    forest->size[a] += forest->size[b];
    return true;
}

bool ff_hops_have_potential(const struct ff_hops *graph, const double *weight, double tolerance)
{
    struct forest forest = {.parent = FF_RAW(int, graph->n_vertices),
                            .size = FF_RAW(int, graph->n_vertices),
                            .offset = FF_NEW(double, graph->n_vertices)};
    for (int v = 0; v < graph->n_vertices; v++) {
        forest.parent[v] = v;
        forest.size[v] = 1;
    }
    bool is_potential = true;
    for (int e = 0; e < graph->n_edges && is_potential; e++)
        is_potential = join(&forest, graph->from[e], graph->to[e], weight[e], tolerance);
    free(forest.parent);
    free(forest.size);
    free(forest.offset);
    return is_potential;
}

/* ---- two-connected blocks ------------------------------------------------------------------- */

/* A depth-first search (Hopcroft and Tarjan, Commun. ACM 16:372, 1973); half-edge 2e leaves the start of edge e, 2e + 1 its
 * end. */
struct search {
    const struct ff_hops *graph;
    int *start, *half; /* half-edges out of each vertex */
    int *next;         /* [V] the half-edge to follow next */
    int *depth, *low;  /* [V] from 1; 0 before the visit */
    int *path;         /* half-edges from the root to here */
    int *pending;      /* edges that have no block yet */
    int n_path, n_pending, n_blocks;
    int *block; /* [E] */
};

static int tail_of(const struct ff_hops *graph, int half)
{
    return half % 2 == 0 ? graph->from[half / 2] : graph->to[half / 2];
}

static void list_halves(struct search *search)
{
    const struct ff_hops *graph = search->graph;
    for (int half = 0; half < 2 * graph->n_edges; half++)
        search->start[tail_of(graph, half) + 1]++;
    for (int v = 0; v < graph->n_vertices; v++)
        search->start[v + 1] += search->start[v];
    memcpy(search->next, search->start, sizeof(int) * (size_t)graph->n_vertices);
    for (int half = 0; half < 2 * graph->n_edges; half++)
        search->half[search->next[tail_of(graph, half)]++] = half;
    memcpy(search->next, search->start, sizeof(int) * (size_t)graph->n_vertices);
}

/* Leave a vertex by the half-edge through which it was entered. */
static void retreat(struct search *search, int vertex)
{
    const int half = search->path[--search->n_path];
    const int parent = tail_of(search->graph, half);
    if (search->low[vertex] < search->low[parent])
        search->low[parent] = search->low[vertex];
    if (search->low[vertex] < search->depth[parent])
        return;
    int edge;
    do {
        edge = search->pending[--search->n_pending];
        search->block[edge] = search->n_blocks;
    } while (edge != half / 2);
    search->n_blocks++;
}

static void visit_from(struct search *search, int root)
{
    int vertex = root;
    search->depth[root] = search->low[root] = 1;
    for (;;) {
        if (search->next[vertex] == search->start[vertex + 1]) {
            if (search->n_path == 0)
                return;
            const int left = vertex;
            vertex = tail_of(search->graph, search->path[search->n_path - 1]);
            retreat(search, left);
            continue;
        }
        const int half = search->half[search->next[vertex]++];
        const int to = tail_of(search->graph, half ^ 1);
        if (search->block[half / 2] != -1) /* -1: not met before */
            continue;
        search->block[half / 2] = -2;
        search->pending[search->n_pending++] = half / 2;
        if (search->depth[to] == 0) {
            search->path[search->n_path++] = half;
            search->depth[to] = search->low[to] = search->depth[vertex] + 1;
            vertex = to;
        } else if (search->depth[to] < search->low[vertex]) {
            search->low[vertex] = search->depth[to];
        }
    }
}

int ff_hops_blocks(const struct ff_hops *graph, int *block)
{
    struct search search = {.graph = graph,
                            .start = FF_NEW(int, graph->n_vertices + 1),
                            .half = FF_RAW(int, 2 * graph->n_edges),
                            .next = FF_RAW(int, graph->n_vertices),
                            .depth = FF_NEW(int, graph->n_vertices),
                            .low = FF_RAW(int, graph->n_vertices),
                            .path = FF_RAW(int, graph->n_vertices),
                            .pending = FF_RAW(int, graph->n_edges),
                            .block = block};
    list_halves(&search);
    for (int e = 0; e < graph->n_edges; e++)
        block[e] = -1;
    for (int v = 0; v < graph->n_vertices; v++)
        if (search.depth[v] == 0)
            visit_from(&search, v);
    free(search.start);
    free(search.half);
    free(search.next);
    free(search.depth);
    free(search.low);
    free(search.path);
    free(search.pending);
    return search.n_blocks;
}
