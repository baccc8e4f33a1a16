/* Where a chain ends: its closed classes, sets of states that lead to each other and to nothing else.
 *
 * A chain with one closed class has one steady state, which lives there: probabilities elsewhere are zero, and so are
 * their derivatives. With two it depends on the start and on chance, and there is no answer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_EXACT_CLASSES_H
#define FF_EXACT_CLASSES_H

#include "exact/chain.h"

/** Strongly connected component [n_states] of every state, in an order in which no channel leads from a component to one of
 * a higher number; returns how many there are (Tarjan, SIAM J. Comput. 1:146, 1972). */
int ff_classes_find(const struct ff_chain *chain, int *component);

/** The states of the closed class, ascending, [n_closed]; the caller frees them.
 * FF_ERR_NUMERICAL when there are several, naming a state of two, and when it is one state that nothing leaves. */
enum ff_status ff_classes_closed(const struct ff_process *process, const struct ff_chain *chain,
                                 int **states, int *n_closed);

/** The chain on these states alone, ascending, which nothing leaves: state i is states[i] of the whole. */
struct ff_chain *ff_classes_restrict(const struct ff_chain *whole, const int *states, int n_states);

#endif
