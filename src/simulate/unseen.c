/* Elimination without subtractions for few states, iteration from below for many.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/unseen.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DENSE = 400, MAX_SWEEPS = 1000 };

struct unseen {
    const struct ff_chain *chain;
    const double *rates;
    int n, *state; /* [n] the unknown states */
    int *index;    /* [n_states] among them, or -1 */
    double *entry; /* [n] how often they are entered from known ones */
};

static void find_states(struct unseen *unseen, const bool *is_known)
{
    const int n_states = unseen->chain->n_states;
    unseen->state = FF_RAW(int, n_states);
    unseen->index = FF_RAW(int, n_states);
    for (int x = 0; x < n_states; x++) {
        unseen->index[x] = is_known[x] ? -1 : unseen->n;
        if (!is_known[x])
            unseen->state[unseen->n++] = x;
    }
}

static void find_entries(struct unseen *unseen, const bool *is_known, const double *time)
{
    const struct ff_chain *chain = unseen->chain;
    unseen->entry = FF_NEW(double, unseen->n + 1);
    for (int x = 0; x < chain->n_states; x++)
        for (int t = chain->start[x]; is_known[x] && t < chain->start[x + 1]; t++)
            if (!is_known[chain->target[t]])
                unseen->entry[unseen->index[chain->target[t]]] +=
                    time[x] * ff_chain_rate(chain, t, unseen->rates);
}

/* Rates between unknown states into k [n][n], and out of them into `leave` [n]. */
static void fill_rates(const struct unseen *unseen, double *k, double *leave)
{
    const struct ff_chain *chain = unseen->chain;
    const size_t n = (size_t)unseen->n;
    for (size_t i = 0; i < n; i++)
        for (int t = chain->start[unseen->state[i]]; t < chain->start[unseen->state[i] + 1]; t++) {
            const int to = unseen->index[chain->target[t]];
            *(to >= 0 ? &k[i * n + (size_t)to] : &leave[i]) +=
                ff_chain_rate(chain, t, unseen->rates);
        }
}

/* Take the last state out: who would enter it goes on at once to where it leads, or is gone where it leads nowhere.
 * Returns its exit rate. */
static double eliminate(size_t last, size_t n, double *k, double *leave, double *entry)
{
    const double *from_last = k + last * n;
    double total = leave[last];
    for (size_t j = 0; j < last; j++)
        total += from_last[j];
    for (size_t i = 0; i < last; i++) {
        if (!(total > 0.0)) {
            leave[i] += k[i * n + last];
            continue;
        }
        const double share = k[i * n + last] / total;
        for (size_t j = 0; j < last && share > 0.0; j++)
            k[i * n + j] += share * from_last[j];
        leave[i] += share * leave[last];
        entry[i] += entry[last] * from_last[i] / total;
    }
    return total;
}

static void solve_few(const struct unseen *unseen, double *time)
{
    const size_t n = (size_t)unseen->n;
    double *k = FF_NEW(double, n *n), *leave = FF_NEW(double, n), *total = FF_RAW(double, n);
    fill_rates(unseen, k, leave);
    for (size_t i = n; i-- > 0;)
        total[i] = eliminate(i, n, k, leave, unseen->entry);
    for (size_t i = 0; i < n; i++) {
        double inflow = unseen->entry[i];
        for (size_t j = 0; j < i; j++)
            if (k[j * n + i] > 0.0) /* times may be infinite */
                inflow += time[unseen->state[j]] * k[j * n + i];
        time[unseen->state[i]] = inflow > 0.0 ? inflow / total[i] : 0.0;
    }
    free(total);
    free(leave);
    free(k);
}

/* From times of entries that are known to inflows, and from these to times. */
static void sweep(const struct unseen *unseen, double *inflow, double *time)
{
    const struct ff_chain *chain = unseen->chain;
    memcpy(inflow, unseen->entry, sizeof *inflow * (size_t)unseen->n);
    for (int i = 0; i < unseen->n; i++) {
        const int y = unseen->state[i];
        for (int t = chain->start[y]; t < chain->start[y + 1]; t++)
            if (unseen->index[chain->target[t]] >= 0)
                inflow[unseen->index[chain->target[t]]] +=
                    time[y] * ff_chain_rate(chain, t, unseen->rates);
    }
    for (int i = 0; i < unseen->n; i++) {
        const int y = unseen->state[i];
        double total = 0.0;
        for (int t = chain->start[y]; t < chain->start[y + 1]; t++)
            total += ff_chain_rate(chain, t, unseen->rates);
        time[y] = inflow[i] > 0.0 ? inflow[i] / total : 0.0;
    }
}

static double sum_of(const struct unseen *unseen, const double *time)
{
    double sum = 0.0;
    for (int i = 0; i < unseen->n; i++)
        sum += time[unseen->state[i]];
    return sum;
}

static void solve_many(const struct unseen *unseen, double *time)
{
    double *inflow = FF_RAW(double, unseen->n), before = -1.0, sum = 0.0;
    for (int i = 0; i < unseen->n; i++)
        time[unseen->state[i]] = 0.0;
    for (int s = 0; s < MAX_SWEEPS && sum - before > 1e-4 * sum; s++) {
        before = sum;
        sweep(unseen, inflow, time);
        sum = sum_of(unseen, time);
    }
    free(inflow);
}

void ff_unseen_times(const struct ff_chain *chain, const double *rates, const bool *is_known,
                     double *time)
{
    struct unseen unseen = {.chain = chain, .rates = rates};
    find_states(&unseen, is_known);
    find_entries(&unseen, is_known, time);
    if (unseen.n <= MAX_DENSE)
        solve_few(&unseen, time);
    else
        solve_many(&unseen, time);
    free(unseen.entry);
    free(unseen.index);
    free(unseen.state);
}
