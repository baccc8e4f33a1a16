/* Building stencils: one per channel, equal ones shared by way of a hash table.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/stencil.h"

#include <stdlib.h>
#include <string.h>

/* ---- one channel ---------------------------------------------------------------------------- */

/* The bilinear form of a channel's multiplicity; false if it has none. */
static bool find_form(const struct ff_process *process, int channel, struct ff_form *form,
                      double *symmetry)
{
    const int first = process->reactant_start[channel];
    const int count = process->reactant_start[channel + 1] - first;
    const int *site = process->reactant_site + first, *order = process->reactant_order + first;
    *form = (struct ff_form){.base = {1, 1}};
    *symmetry = 1.0;
    if (count == 1 && order[0] == 2) {
        *form = (struct ff_form){{site[0], site[0]}, {0, -1}, {1, 1}};
        *symmetry = 0.5;
        return true;
    }
    for (int e = 0; e < count && e < 2; e++) {
        form->site[e] = site[e];
        form->base[e] = order[e] == FF_VACANCY;
        form->slope[e] = order[e] == FF_VACANCY ? -1 : 1;
        if (order[e] > 1)
            return false;
    }
    if (count == 1)
        form->site[1] = form->site[0]; /* any site will do */
    return count <= 2;
}

/* Divide the readers into pieces of two nodes. */
static void cut(int channel, struct ff_stencil *stencil)
{
    stencil->n_pieces = 0;
    for (int k = 0; k < stencil->n_readers;) {
        struct ff_piece *piece = &stencil->pieces[stencil->n_pieces++];
        const int from = k, first = (channel + (int)stencil->readers[k].channel) / FF_TREE_WIDTH;
        int second = first;
        for (; k < stencil->n_readers; k++) {
            struct ff_reader *reader = &stencil->readers[k];
            const int r = channel + (int)reader->channel, node = r / FF_TREE_WIDTH;
            if (second == first)
                second = node;
            if (node != first && node != second)
                break;
            reader->in_first = -(node == first);
        }
        piece->n_readers = k - from;
        piece->node[0] = first - channel / FF_TREE_WIDTH;
        piece->node[1] = second - channel / FF_TREE_WIDTH;
    }
}

static int compare_readers(const void *a, const void *b)
{
    return (int)(((const struct ff_reader *)a)->channel - ((const struct ff_reader *)b)->channel);
}

/* Fill `out`, whose arrays are long enough. */
static void describe(const struct ff_process *process, const struct ff_form *form, int channel,
                     int origin, struct ff_stencil *out)
{
    out->n_changes = out->n_readers = 0;
    for (int e = process->change_start[channel]; e < process->change_start[channel + 1]; e++)
        out->changes[out->n_changes++] =
            (struct ff_change){process->change_site[e] - origin, process->change_amount[e]};
    for (int k = process->affected_start[channel]; k < process->affected_start[channel + 1]; k++) {
        const int r = process->affected[k];
        struct ff_reader *reader = &out->readers[out->n_readers++];
        *reader = (struct ff_reader){.channel = r - channel, .form = form[r]};
        reader->form.site[0] -= origin;
        reader->form.site[1] -= origin;
    }
    qsort(out->readers, (size_t)out->n_readers, sizeof *out->readers, compare_readers);
    cut(channel, out);
}

/* ---- sharing -------------------------------------------------------------------------------- */

static size_t bytes_of_changes(const struct ff_stencil *stencil)
{
    return sizeof *stencil->changes * (size_t)stencil->n_changes;
}

static size_t bytes_of_readers(const struct ff_stencil *stencil)
{
    return sizeof *stencil->readers * (size_t)stencil->n_readers;
}

static size_t bytes_of_pieces(const struct ff_stencil *stencil)
{
    return sizeof *stencil->pieces * (size_t)stencil->n_pieces;
}

static size_t hash_stencil(const struct ff_stencil *stencil)
{
    uint64_t hash = 1469598103934665603u; /* FNV-1a over what tells most stencils apart */
    for (int k = 0; k < stencil->n_readers; k++) {
        const struct ff_reader *reader = &stencil->readers[k];
        const int64_t word[] = {reader->channel, reader->form.site[0], reader->in_first};
        for (int i = 0; i < 3; i++)
            hash = (hash ^ (uint64_t)word[i]) * 1099511628211u;
    }
    return (size_t)(hash ^ (hash >> 29));
}

_Static_assert(sizeof(struct ff_reader) == 48, "readers have no padding: they compare by bytes");

static bool is_same(const struct ff_stencil *a, const struct ff_stencil *b)
{
    return a->n_changes == b->n_changes && a->n_readers == b->n_readers &&
           a->n_pieces == b->n_pieces && memcmp(a->changes, b->changes, bytes_of_changes(a)) == 0 &&
           memcmp(a->readers, b->readers, bytes_of_readers(a)) == 0 &&
           memcmp(a->pieces, b->pieces, bytes_of_pieces(a)) == 0;
}

static struct ff_stencil *copy_stencil(const struct ff_stencil *from)
{
    struct ff_stencil *copy = ff_allocate_raw(1, sizeof *copy + bytes_of_changes(from));
    *copy = *from;
    copy->readers = FF_RAW(struct ff_reader, from->n_readers);
    copy->pieces = FF_RAW(struct ff_piece, from->n_pieces);
    memcpy(copy->changes, from->changes, bytes_of_changes(from));
    memcpy(copy->readers, from->readers, bytes_of_readers(from));
    memcpy(copy->pieces, from->pieces, bytes_of_pieces(from));
    return copy;
}

static void free_stencil(struct ff_stencil *stencil)
{
    free(stencil->readers);
    free(stencil->pieces);
    free(stencil);
}

/* The stored stencil equal to this one, added if there is none; `slot` [n_slots], a power of two. */
static const struct ff_stencil *find_or_add(struct ff_stencils *all,
                                            const struct ff_stencil *stencil,
                                            const struct ff_stencil **slot, size_t n_slots)
{
    size_t at = hash_stencil(stencil) & (n_slots - 1);
    for (; slot[at] != NULL; at = (at + 1) & (n_slots - 1))
        if (is_same(slot[at], stencil))
            return slot[at];
    slot[at] = all->stencils[all->n_stencils++] = copy_stencil(stencil);
    return slot[at];
}

/* Most entries that a channel has in a list of lists. */
static int longest(const int *start, int n)
{
    int most = 0;
    for (int r = 0; r < n; r++)
        most = start[r + 1] - start[r] > most ? start[r + 1] - start[r] : most;
    return most;
}

void ff_stencils_create(const struct ff_process *process, struct ff_stencils *out)
{
    const int n = process->n_channels, most_readers = longest(process->affected_start, n);
    *out = (struct ff_stencils){.place = FF_RAW(struct ff_place, n),
                                .form = FF_RAW(struct ff_form, n),
                                .symmetry = FF_RAW(double, n),
                                .is_bilinear = true,
                                .stencils = FF_RAW(struct ff_stencil *, n)};
    for (int r = 0; r < n; r++)
        out->is_bilinear &= find_form(process, r, &out->form[r], &out->symmetry[r]);
    for (int r = 0; r < n; r++)
        out->symmetry[r] = out->is_bilinear ? out->symmetry[r] : 1.0;

    size_t n_slots = 2;
    while (n_slots < 2 * (size_t)n)
        n_slots *= 2;
    const struct ff_stencil **slot = ff_allocate(n_slots, sizeof *slot);
    struct ff_stencil *own = ff_allocate_raw(
        1, sizeof *own + sizeof *own->changes * (size_t)longest(process->change_start, n));
    own->readers = FF_RAW(struct ff_reader, most_readers);
    own->pieces = FF_RAW(struct ff_piece, most_readers);
    for (int r = 0; r < n; r++) {
        const int first = process->change_start[r];
        const int origin = process->change_start[r + 1] > first ? process->change_site[first] : 0;
        describe(process, out->form, r, origin, own);
        out->place[r] = (struct ff_place){find_or_add(out, own, slot, n_slots), origin};
    }
    free_stencil(own);
    free(slot);
}

void ff_stencils_free(struct ff_stencils *stencils)
{
    for (int i = 0; i < stencils->n_stencils; i++)
        free_stencil(stencils->stencils[i]);
    free(stencils->stencils);
    free(stencils->place);
    free(stencils->form);
    free(stencils->symmetry);
}
