/* Coefficients at the rates at hand, in their gauge.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/kinetics.h"

#include <stdlib.h>
#include <string.h>

void ff_kinetics_create(const struct ff_system *system, struct ff_functionals functionals,
                        struct ff_kinetics **out)
{
    const int n = system->process->n_channels;
    struct ff_kinetics *kinetics = FF_NEW(struct ff_kinetics, 1);
    kinetics->system = system;
    kinetics->functionals = functionals;
    kinetics->rates = FF_RAW(double, n);
    kinetics->coefficient = FF_NEW(double, functionals.count *n);
    kinetics->forces = FF_RAW(double, n);
    ff_gauge_create(system->process, &kinetics->gauge);
    *out = kinetics;
}

void ff_kinetics_free(struct ff_kinetics *kinetics)
{
    if (kinetics == NULL)
        return;
    free(kinetics->rates);
    free(kinetics->coefficient);
    free(kinetics->forces);
    ff_gauge_free(&kinetics->gauge);
    free(kinetics);
}

void ff_kinetics_set(struct ff_kinetics *kinetics, const double *rates)
{
    const struct ff_process *process = kinetics->system->process;
    memcpy(kinetics->rates, rates, sizeof *rates * (size_t)process->n_channels);
    ff_observables_entropy(kinetics->system->observables, process, rates, kinetics->forces);
    ff_gauge_weigh(&kinetics->gauge, process, rates, kinetics->forces);
    for (int q = 0; q < kinetics->functionals.count; q++) {
        const struct ff_functional *functional = &kinetics->functionals.items[q];
        double *coefficient = ff_kinetics_coefficient(kinetics, q);
        if (functional->kind != FF_CHANNEL)
            continue;
        functional->coefficients(functional, process, rates, coefficient);
        ff_gauge_apply(&kinetics->gauge, process, rates, coefficient);
    }
}
