/* Enumeration of one walker's states.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "exact/chain.h"

#include <stdlib.h>

void ff_chain_create(const struct ff_process *process, struct ff_chain **out)
{
    struct ff_chain *chain = FF_NEW(struct ff_chain, 1);
    chain->n_states = process->n_sites;
    chain->n_transitions = process->n_channels;
    chain->start = FF_NEW(int, chain->n_states + 1);
    chain->target = FF_NEW(int, chain->n_transitions);
    chain->channel = FF_NEW(int, chain->n_transitions);
    for (int r = 0; r < process->n_channels; r++)
        chain->start[process->reactant_site[r] + 1]++;
    for (int i = 0; i < chain->n_states; i++)
        chain->start[i + 1] += chain->start[i];
    int *next = FF_NEW(int, chain->n_states);
    for (int r = 0; r < process->n_channels; r++) {
        const int from = process->reactant_site[r];
        const int t = chain->start[from] + next[from]++;
        chain->channel[t] = r;
        chain->target[t] = process->change_site[process->change_start[r] + 1];
    }
    free(next);
    *out = chain;
}

void ff_chain_free(struct ff_chain *chain)
{
    if (chain == NULL)
        return;
    free(chain->start);
    free(chain->target);
    free(chain->channel);
    free(chain);
}
