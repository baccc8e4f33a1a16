/* The rates of one design, with what the functionals make of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_KINETICS_H
#define FF_SIMULATE_KINETICS_H

#include "model/system.h"
#include "simulate/gauge.h"

/* Over R channels and Q functionals. */
struct ff_kinetics {
    const struct ff_system *system; /* borrowed, as are the functionals */
    struct ff_functionals functionals;
    double *rates; /* [R] k_r */
    double *
        coefficient; /* [Q][R] c~_r of channel functionals in the gauge of simulate/gauge.h; else 0 */
    double *forces; /* [R] scratch: s_r */
    struct ff_gauge gauge;
};

/** Room for the rates of a system; fill it with ff_kinetics_set. */
void ff_kinetics_create(const struct ff_system *system, struct ff_functionals functionals,
                        struct ff_kinetics **out);

/** NULL-safe. */
void ff_kinetics_free(struct ff_kinetics *kinetics);

/** Take rates [R], copied. */
void ff_kinetics_set(struct ff_kinetics *kinetics, const double *rates);

/** The coefficients of functional q, [R]. */
static inline double *ff_kinetics_coefficient(const struct ff_kinetics *kinetics, int q)
{
    return kinetics->coefficient + (size_t)q * (size_t)kinetics->system->process->n_channels;
}

#endif
