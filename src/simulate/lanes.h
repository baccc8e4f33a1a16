/* Ensembles of small chains, many trajectories at once in the lanes of vector registers.
 *
 * When the states of a process are few they are enumerated, and what an event needs is in tables: the expected
 * dwell and the conditional rates of a state, and the next state by the alias method (alias.h), one draw of 64 bits. Each lane is a trajectory with its own random stream; sixteen run in step.
 * The kernel is compiled for AVX-512, AVX2 and plain C, chosen at run time; all give the same bits.
 *
 * Trajectories differ from those of a walk in one thing: the order in which their streams are used. Block 0
 * gives the initial state and the length of the burn-in, every later draw one event.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_LANES_H
#define FF_SIMULATE_LANES_H

#include "exact/chain.h"
#include "simulate/alias.h"
#include "simulate/horizon.h"
#include "simulate/kinetics.h"

enum { FF_N_LANES = FF_BLOCK_SIZE, FF_LANES_ROW = 4 };

/* Sixteen trajectories in flight. */
struct ff_bundle {
    uint64_t state[FF_N_LANES];
    uint64_t start[FF_N_LANES]; /* the half-block at which the lane starts to move */
    uint64_t trajectory[FF_N_LANES];
    uint64_t purpose, task; /* words 2 and 3 of the counters */
    uint32_t key[2];
    double sum[FF_N_LANES][FF_LANES_ROW]; /* rows of sums */
};

/* Plain data. */
struct ff_lanes {
    const struct ff_chain *chain; /* borrowed */
    int log_width;                /* each state has 2^log_width slots */
    int n_starts, *starts;        /* [n_starts] initial states, equally likely */
    struct ff_alias *alias;       /* [n_states][2^log_width] */
    double (
        *value)[FF_LANES_ROW]; /* [n_states] dwell, and each functional times dwell, of one visit */
    double *state_value;       /* [n_states][Q] of state functionals; else 0 */
    double *share;             /* [2^log_width] scratch: of a state's slots */
    uint32_t *target;          /* [2^log_width] scratch: and where they lead */
    int *pending;              /* [2 2^log_width] scratch */
};

/* Move the lanes by blocks first..first+n-1, two events each; with `is_measured` all lanes move and add the
 * values of the states they leave, else only lanes that have started move. */
typedef void ff_lanes_kernel(const struct ff_lanes *lanes, struct ff_bundle *bundle, int64_t first,
                             int64_t n_blocks, bool is_measured);

extern ff_lanes_kernel ff_lanes_portable, ff_lanes_avx2, ff_lanes_avx512;

/** The best kernel for this processor. */
ff_lanes_kernel *ff_lanes_best_kernel(void);

/** Tables for a process and its chain, which is borrowed, or *out = NULL: without a chain, for too many states,
 * several independent walkers, more than three functionals or samples. */
void ff_lanes_create(const struct ff_process *process, struct ff_functionals functionals,
                     const struct ff_chain *chain, struct ff_lanes **out);

/** NULL-safe. */
void ff_lanes_free(struct ff_lanes *lanes);

/** Fill the tables at these rates.  No allocation. */
void ff_lanes_set(struct ff_lanes *lanes, const struct ff_kinetics *kinetics);

/** Run a block into rows of sums [block.n][width]. */
void ff_lanes_run(const struct ff_lanes *lanes, ff_lanes_kernel *kernel,
                  const struct ff_block *block, struct ff_horizon horizon, int width, double *sums);

#endif
