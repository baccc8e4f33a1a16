/* Properties of functionals and their lists.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/functional.h"

_Static_assert((FF_MAX_FUNCTIONALS + 2) <= FF_WIDEST_ROW, "a row holds all functionals");

double ff_functional_scale(const struct ff_functional *functional, const struct ff_process *process)
{
    return functional->kind == FF_CHANNEL ? 1.0 / process->n_walkers : 1.0;
}

bool ff_functionals_are_samples(struct ff_functionals functionals)
{
    return functionals.count > 0 && functionals.items[0].kind == FF_SAMPLE;
}
