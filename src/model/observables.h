/* What is measured: the current of interest and the entropy production rate.
 *
 *     J     = sum_r c_r <a_r>
 *     sigma = sum_r <a_r> s_r    k_B per unit time, over the channels not excluded
 *     s_r   = ln(k_r/k_r') + sum_i ln(order'_i!/order_i!)
 *
 * s_r is ln(a_r(x)/a_r'(x + S_r)) less a state function. With multiplicities h = prod x!/((x - o)! o!) the x! are
 * state functions, the o! are not: they differ between reactions that join the same two states.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_MODEL_OBSERVABLES_H
#define FF_MODEL_OBSERVABLES_H

#include "base/keys.h"
#include "model/functional.h"
#include "model/steady.h"

#include <stdbool.h>

/* Positions in the list of functionals of a front. */
enum { FF_J, FF_SIGMA, FF_N_OBSERVABLES };

struct ff_observables {
    double *current;  /* [R] c_r */
    bool *in_entropy; /* [R] whether r counts in sigma; such a channel has a reverse */
    double current_scale, entropy_scale; /* of the scalarised objective; 0: measured at theta = 0 */
    bool is_current_zero;                /* in every steady state */
    bool has_excluded;                   /* whether some channel does not count */
    enum ff_partial entropy_kind;        /* of the sum over those that count */
    char *refusal; /* why the two cannot be optimised, with the place in the file; or NULL */
};

/** The section `objective`; it fills the scales of a struct ff_observables. */
extern const struct ff_keys ff_keys_objective;

/** Read the section `objective`.
 * FF_ERR_CONFIG for unknown names, and when sigma is asked of a channel without a reverse. */
enum ff_status ff_observables_read(struct ff_node *section, const struct ff_process *process,
                                   struct ff_observables **out);

/** Whether a front of the two has an answer: FF_ERR_CONFIG for a current that is zero in every steady state, and for a
 * sigma over some of the channels that is zero or has no lower bound. */
enum ff_status ff_observables_check_front(const struct ff_observables *observables);

/** NULL-safe. */
void ff_observables_free(struct ff_observables *observables);

/** s_r [R], zero for excluded channels. */
void ff_observables_entropy(const struct ff_observables *observables,
                            const struct ff_process *process, const double *rates, double *entropy);

/** The list J, sigma; borrows the observables. The explicit part of sigma is that of ln(k_r/k_r'): each counted
 * channel adds its flux <a_r> to its own entry and takes it from its reverse's. */
void ff_observables_functionals(const struct ff_observables *observables,
                                struct ff_functional out[FF_N_OBSERVABLES]);

#endif
