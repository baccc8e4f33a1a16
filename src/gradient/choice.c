/* The estimator that suits a system: what the measurements in the README recommend.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gradient/estimator.h"
#include "gradient/gradient.h"

enum {
    MOST_STATES = 2000, /* up to here a solve of the chain is cheaper than what its noise costs */
    LEAST_LOCAL_CHANNELS = 400 /* of a lattice, from where credit that is local in space pays */
};

static const struct ff_estimator_type *best(const struct ff_process *process,
                                            const struct ff_chain *chain)
{
    if (chain != NULL && chain->n_states <= MOST_STATES)
        return &ff_estimator_exact;
    if (process->is_exclusive && process->n_channels >= LEAST_LOCAL_CHANNELS)
        return &ff_estimator_local;
    return &ff_estimator_score;
}

const struct ff_estimator_type ff_estimator_auto = {
    .name = "auto",
    .doc =
        "`exact` for at most 2000 states, `local` for exclusion with at least 400 channels, else "
        "`score`",
    .choose = best,
};

const struct ff_estimator_type *ff_estimator_choose(const struct ff_estimator_type *type,
                                                    const struct ff_process *process,
                                                    const struct ff_chain *chain)
{
    return type->choose != NULL ? type->choose(process, chain) : type;
}
