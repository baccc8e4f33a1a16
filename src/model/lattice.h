/* What ring and exclusion models share: sites in a row, edges between neighbours, quenched disorder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_MODEL_LATTICE_H
#define FF_MODEL_LATTICE_H

#include "base/keys.h"
#include "model/process.h"

/** The keys `forward`, `backward` and `disorder`. Base of the tables of lattice models. */
extern const struct ff_keys ff_keys_lattice;

/** Read `forward`, `backward` (one number, or a list of one per edge) and `disorder` of a model section into
 * edges [n_edges], edge e joining sites e and (e+1) mod n_sites. With `disorder`, a hop out of site i over
 * the barrier b of its edge has the rate k exp(E_i - B_b): Arrhenius, energies and barriers in units of k_B T,
 * normally distributed with the given standard deviations. */
enum ff_status ff_lattice_read_edges(struct ff_node *section, int n_sites, int n_edges,
                                     struct ff_edge *edges);

/** Names "0", "1", ... [n_sites], in one piece of memory, which the caller frees. */
const char **ff_lattice_names(int n_sites);

#endif
