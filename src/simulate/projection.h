/* Poisson's equation on the states that are met: a control variate for molecules that interact.
 *
 * For any function h of the state that is bounded, f + Q h has the steady mean of f, Q being the generator. With the
 * solution of Poisson's equation, Q h = m - f, it is the mean m in every state and has no noise (Henderson and Glynn,
 * Math. Oper. Res. 27:253, 2002). Here h solves the equation on a finite set of states, the core: those that a few
 * trajectories meet, and what can be reached from them in a few jumps. All states outside are taken for one, which is
 * left as the states of the rim, one jump away from the core, are left on average (finite state projection, Munsky and
 * Khammash, J. Chem. Phys. 124:044104, 2006). Then f + Q h = m in all of the core, differs from m on the rim, and is f
 * beyond it. The means are right whatever is outside: trajectories that go there measure what the projection leaves out.
 *
 * The gradient of a functional by log k_s is the mean of a_s (c_s + h(x + S_s) - h(x)) and the score of f + Q h, of which
 * nothing is left in the core. That mean, and the flux <a_s>, are means of functions of the state, which have potentials of
 * their own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_PROJECTION_H
#define FF_SIMULATE_PROJECTION_H

#include "exact/solver.h"
#include "exact/states.h"
#include "simulate/horizon.h"
#include "simulate/walk.h"

/* Over R channels, Q functionals, all of them sums over channels. */
struct ff_projection {
    const struct ff_process *process;
    struct ff_states states; /* the core, then the rim */
    int n_core;              /* 0: there is none */
    double
        outside; /* probability of the state outside, by the projection itself; 0: the core is closed */
    int n_functionals, stride;
    int *next; /* [states][R] the state to which a jump leads, or -1: neither core nor rim */
    double *multiplicity; /* [states][R] */
    double *row;          /* [states][stride] see ff_projection_row */
    double **change;      /* [Q + 1][states][R] of a potential in each jump; the last is scratch */
    double *propensity;   /* [states][R] */
    double *source;       /* [states] */
    double *g, *h, *pi;   /* [core + 1] of exact/solver.h */
};

/** *out = NULL for a process of more than 32 sites or 64 channels. Borrows the process. */
void ff_projection_create(const struct ff_process *process, int n_functionals,
                          struct ff_projection **out);

/** NULL-safe. */
void ff_projection_free(struct ff_projection *projection);

/** Find the core with a block of trajectories of the walk, and solve at the rates of the kinetics. Without a core, where too
 * many states are met or the equations have no solution in floating point, all rows are missing. Adds the events that it
 * takes to *n_events.  FF_ERR_NUMERICAL as ff_walk_check. */
enum ff_status ff_projection_solve(struct ff_projection *projection, struct ff_walk *walk,
                                   const struct ff_kinetics *kinetics, struct ff_draw_key key,
                                   struct ff_horizon horizon, int64_t *n_events);

/** Whether no state lies outside: there is no noise. NULL-safe, like the next. */
bool ff_projection_is_closed(const struct ff_projection *projection);

/** Whether so little is outside that it does not matter how long trajectories are. */
bool ff_projection_is_tight(const struct ff_projection *projection);

/** The state to which a jump has led, with occupations x [I], from state `from` (-1: none of the projection). */
static inline int ff_projection_follow(const struct ff_projection *projection, int from,
                                       int channel, const int *x)
{
    const int next =
        from < 0 ? -1 : projection->next[(long)from * projection->process->n_channels + channel];
    return next < 0 ? ff_states_find(&projection->states, x) : next;
}

/** What state i adds: [q] to the value of functional q; then for each channel s, [q] to a_s times its coefficient and [Q] to
 * h_s, whose means are the direct part of the gradient and <a_s>/k_s. */
static inline const double *ff_projection_row(const struct ff_projection *projection, int state)
{
    return projection->row + (long)state * projection->stride;
}

#endif
