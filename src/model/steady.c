/* Which currents vanish, by the graph of hops or the row space of the stoichiometry; what partial sums are.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/steady.h"

#include "model/hops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Relative to the terms of a sum that is zero but for rounding. */
static const double rounding = 1e-10;

/* ---- the row space of the stoichiometry ----------------------------------------------------- */

static const double most_operations = 1e9; /* about a second */

/* Orthonormal rows [rank][E] that span the changes of each site, by edges. */
struct rows {
    int rank;
    size_t n_edges;
    double *row;
};

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Take from v what lies in the span; twice, so that rounding of the first pass does not matter. */
static void project_out(const struct rows *rows, double *v)
{
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < rows->rank; k++) {
            const double *row = rows->row + (size_t)k * rows->n_edges;
            const double along = dot(row, v, rows->n_edges);
            for (size_t e = 0; e < rows->n_edges; e++)
                v[e] -= along * row[e];
        }
}

/* False where that would take too long. */
static bool find_rows(const struct ff_process *process, struct rows *rows)
{
    const size_t n_sites = (size_t)process->n_sites, n_edges = (size_t)process->n_edges;
    if ((double)n_sites * (double)n_sites * (double)n_edges > most_operations)
        return false;
    *rows = (struct rows){.n_edges = n_edges, .row = FF_NEW(double, n_sites *n_edges)};
    double *changes = FF_NEW(double, n_sites *n_edges);
    for (size_t e = 0; e < n_edges; e++) {
        const int r = process->edge_forward[e];
        for (int k = process->change_start[r]; k < process->change_start[r + 1]; k++)
            changes[(size_t)process->change_site[k] * n_edges + e] = process->change_amount[k];
    }
    for (size_t i = 0; i < n_sites; i++) {
        double *row = rows->row + (size_t)rows->rank * n_edges;
        memcpy(row, changes + i * n_edges, sizeof *row * n_edges);
        const double before = sqrt(dot(row, row, n_edges));
        project_out(rows, row);
        const double after = sqrt(dot(row, row, n_edges));
        if (!(after > rounding * before))
            continue;
        for (size_t e = 0; e < n_edges; e++)
            row[e] /= after;
        rows->rank++;
    }
    free(changes);
    return true;
}

static bool is_in_rows(const struct rows *rows, const double *weight)
{
    const size_t n = rows->n_edges;
    double *rest = FF_RAW(double, n);
    memcpy(rest, weight, sizeof *rest * n);
    project_out(rows, rest);
    const bool is_inside = sqrt(dot(rest, rest, n)) <= rounding * sqrt(dot(weight, weight, n));
    free(rest);
    return is_inside;
}

/* ---- currents that vanish ------------------------------------------------------------------- */

bool ff_steady_is_zero(const struct ff_process *process, const double *weight)
{
    struct ff_hops graph;
    struct rows rows;
    double size = 0.0;
    for (int e = 0; e < process->n_edges; e++)
        size += fabs(weight[e]);
    if (ff_hops_find(process, &graph)) {
        const bool is_zero = ff_hops_have_potential(&graph, weight, rounding * size);
        ff_hops_free(&graph);
        return is_zero;
    }
    if (!find_rows(process, &rows))
        return size == 0.0;
    const bool is_zero = is_in_rows(&rows, weight);
    free(rows.row);
    return is_zero;
}

/* The blocks of a graph of hops, and which edges carry no net current in any steady state: blocks of their own, or unit
 * vectors in the row space; is_idle comes cleared. */
static void find_idle(const struct ff_process *process, int *block, bool *is_idle)
{
    const int n_edges = process->n_edges;
    struct ff_hops graph;
    struct rows rows;
    if (ff_hops_find(process, &graph)) {
        const int n_blocks = ff_hops_blocks(&graph, block);
        int *size = FF_NEW(int, n_blocks);
        for (int e = 0; e < n_edges; e++)
            size[block[e]]++;
        for (int e = 0; e < n_edges; e++)
            is_idle[e] = size[block[e]] == 1;
        free(size);
        ff_hops_free(&graph);
    } else if (find_rows(process, &rows)) {
        for (int e = 0; e < n_edges; e++) {
            double length = 0.0; /* of the projection of a unit vector, squared */
            for (int k = 0; k < rows.rank; k++) {
                const double part = rows.row[(size_t)k * rows.n_edges + (size_t)e];
                length += part * part;
            }
            is_idle[e] = length > 1.0 - rounding;
        }
        free(rows.row);
    }
}

/* ---- partial sums --------------------------------------------------------------------------- */

/* Edges [E] of a process, some of which count. */
struct parts {
    const struct ff_process *process;
    bool *is_counted, *is_idle;
    int *block;
};

/* A counted edge in the block of an excluded one, or -1. */
static int find_mixed_block(const struct parts *parts)
{
    const int n_edges = parts->process->n_edges;
    bool *has_excluded = FF_NEW(bool, n_edges); /* there are no more blocks than edges */
    int found = -1;
    for (int e = 0; e < n_edges; e++)
        has_excluded[parts->block[e]] = has_excluded[parts->block[e]] || !parts->is_counted[e];
    for (int e = 0; e < n_edges && found < 0; e++)
        if (parts->is_counted[e] && has_excluded[parts->block[e]])
            found = e;
    free(has_excluded);
    return found;
}

static bool are_excluded_idle(const struct parts *parts)
{
    const struct ff_process *process = parts->process;
    for (int e = 0; e < process->n_edges; e++)
        if (!parts->is_counted[e] &&
            (!parts->is_idle[e] || process->reverse[process->edge_forward[e]] < 0))
            return false;
    return true;
}

/* Mark the sites that the two channels of an edge read or change; false if all were marked already. */
static bool mark_sites(const struct ff_process *process, int edge, bool *is_marked)
{
    const int forward = process->edge_forward[edge];
    bool is_new = false;
    for (int r = forward; r >= 0; r = r == forward ? process->reverse[forward] : -1) {
        for (int k = process->reactant_start[r]; k < process->reactant_start[r + 1]; k++) {
            is_new = is_new || !is_marked[process->reactant_site[k]];
            is_marked[process->reactant_site[k]] = true;
        }
        for (int k = process->change_start[r]; k < process->change_start[r + 1]; k++) {
            is_new = is_new || !is_marked[process->change_site[k]];
            is_marked[process->change_site[k]] = true;
        }
    }
    return is_new;
}

static bool changes_marked(const struct ff_process *process, int edge, const bool *is_marked)
{
    const int r = process->edge_forward[edge];
    bool is_changed = false;
    for (int k = process->change_start[r]; k < process->change_start[r + 1]; k++)
        is_changed = is_changed || is_marked[process->change_site[k]];
    return is_changed;
}

/* Whether the counted edges, with idle ones where they are needed, are a process of their own. An idle pair may be added or
 * left out: its term is zero. */
static bool is_autonomous(const struct parts *parts)
{
    const struct ff_process *process = parts->process;
    bool *is_marked = FF_NEW(bool, process->n_sites);
    bool is_closed = true, has_grown = true;
    for (int e = 0; e < process->n_edges; e++)
        if (parts->is_counted[e] && !parts->is_idle[e])
            mark_sites(process, e, is_marked);
    while (is_closed && has_grown) {
        has_grown = false;
        for (int e = 0; e < process->n_edges && is_closed; e++) {
            const bool is_free =
                parts->is_idle[e] && process->reverse[process->edge_forward[e]] >= 0;
            if (!changes_marked(process, e, is_marked))
                continue;
            is_closed = parts->is_counted[e] || is_free;
            has_grown = (is_closed && mark_sites(process, e, is_marked)) || has_grown;
        }
    }
    free(is_marked);
    return is_closed;
}

static enum ff_partial classify(const struct parts *parts, int *culprit)
{
    const struct ff_process *process = parts->process;
    int working = -1; /* a counted edge with a net current */
    for (int e = 0; e < process->n_edges && working < 0; e++)
        if (parts->is_counted[e] && !parts->is_idle[e])
            working = e;
    if (working < 0)
        return FF_PARTIAL_ZERO;
    if (ff_hops_are_independent(process)) {
        const int mixed = find_mixed_block(parts);
        *culprit = mixed >= 0 ? process->edge_forward[mixed] : -1;
        return mixed >= 0 ? FF_PARTIAL_UNBOUNDED : FF_PARTIAL_ENTROPY;
    }
    if (are_excluded_idle(parts) || is_autonomous(parts))
        return FF_PARTIAL_ENTROPY;
    *culprit = process->edge_forward[working];
    return FF_PARTIAL_UNBOUNDED;
}

enum ff_partial ff_steady_partial(const struct ff_process *process, const bool *is_counted,
                                  int *culprit)
{
    int n_counted = 0;
    *culprit = -1;
    for (int r = 0; r < process->n_channels; r++)
        n_counted += is_counted[r];
    if (n_counted == 0)
        return FF_PARTIAL_ZERO;
    if (n_counted == process->n_channels)
        return FF_PARTIAL_ENTROPY;
    for (int r = 0; r < process->n_channels; r++)
        if (is_counted[r] && !is_counted[process->reverse[r]]) {
            *culprit = r;
            return FF_PARTIAL_UNBOUNDED;
        }
    struct parts parts = {.process = process,
                          .is_counted = FF_RAW(bool, process->n_edges),
                          .is_idle = FF_NEW(bool, process->n_edges),
                          .block = FF_RAW(int, process->n_edges)};
    for (int e = 0; e < process->n_edges; e++)
        parts.is_counted[e] = is_counted[process->edge_forward[e]];
    find_idle(process, parts.block, parts.is_idle);
    const enum ff_partial partial = classify(&parts, culprit);
    free(parts.is_counted);
    free(parts.is_idle);
    free(parts.block);
    return partial;
}
