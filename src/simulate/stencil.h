/* What an event touches, found in a few cache lines: the stencil of a channel.
 *
 * When channel r fires, some occupations change, and with them the multiplicities of the channels that read
 * them. Relative to r and to its first site this pattern is the same all over a lattice, so
 * equal patterns are stored once: in a regular system of any size they stay in the nearest cache. In an
 * irregular one every channel has its own.
 *
 * A multiplicity of up to two particles is written as one bilinear form without branches,
 *     h = symmetry (base_0 + slope_0 x_0)(base_1 + slope_1 x_1):
 * x is (0, 1), a vacancy 1 - x is (1, -1), a missing factor (1, 0), and binomial(x, 2) is x (x - 1)/2.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_STENCIL_H
#define FF_SIMULATE_STENCIL_H

#include "model/process.h"
#include "simulate/tree.h"

/* How a channel's multiplicity reads x, without the symmetry. */
struct ff_form {
    int64_t site[2];
    int base[2], slope[2];
};

/* A channel whose multiplicity an event may change. */
struct ff_reader {
    int64_t channel;     /* relative to the channel that fired */
    struct ff_form form; /* sites are relative to the origin */
    int64_t in_first;    /* -1 if it lies in the first node of its piece, 0 if in the second */
};

/* An occupation that an event changes; the site is relative to the origin. */
struct ff_change {
    int site, amount;
};

/* Readers in a row that lie in at most two nodes of the lowest level of the tree. */
struct ff_piece {
    int n_readers;
    int node[2]; /* relative to the node of the channel that fired; equal when one is enough */
};

/* Readers are in ascending order. */
struct ff_stencil {
    int n_changes, n_readers, n_pieces;
    struct ff_reader *readers;
    struct ff_piece *pieces;
    struct ff_change changes[];
};

/* Where a channel's events happen. The origin is the first site that changes. */
struct ff_place {
    const struct ff_stencil *stencil;
    int origin;
};

/* The stencils of a process. */
struct ff_stencils {
    struct ff_place *place; /* [R] */
    struct ff_form *form;   /* [R] with the numbers of sites */
    double *symmetry;       /* [R] */
    bool is_bilinear; /* every multiplicity is; else forms mean nothing, and symmetries are 1 */
    int n_stencils;
    struct ff_stencil **stencils;
};

void ff_stencils_create(const struct ff_process *process, struct ff_stencils *out);
void ff_stencils_free(struct ff_stencils *stencils);

/** h/symmetry in the state x; sites of the form are relative to where x points. */
static inline double ff_form_value(const struct ff_form *form, const int *x)
{
    const int first = form->base[0] + form->slope[0] * x[form->site[0]];
    const int second = form->base[1] + form->slope[1] * x[form->site[1]];
    return (double)((int64_t)first * second);
}

#endif
