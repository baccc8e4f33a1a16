/* What tests against the exact solution share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_TESTS_ORACLE_H
#define FF_TESTS_ORACLE_H

#include "exact/exact.h"
#include "near.h"
#include "support.h"

/** The chain of a system that has one; the caller frees it. */
static inline struct ff_chain *make_chain(const struct ff_system *system)
{
    struct ff_chain *chain = NULL;
    if (ff_chain_create(system->process, FF_MAX_STATES, &chain) != FF_OK)
        fail_msg("not enumerated: %s", ff_status_message());
    return chain;
}

/* The exact solution for J and sigma, with its chain. */
struct oracle {
    struct ff_chain *chain;
    struct ff_exact *exact;
};

/** Of a system that has one, not solved yet; `solver` NULL chooses by size. */
static inline struct oracle make_oracle(const struct ff_system *system,
                                        const struct ff_solver_type *solver)
{
    struct oracle oracle = {.chain = make_chain(system)};
    assert_int_equal(
        ff_exact_create(system, ff_system_functionals(system), oracle.chain, solver, &oracle.exact),
        FF_OK);
    return oracle;
}

static inline void free_oracle(struct oracle *oracle)
{
    ff_exact_free(oracle->exact);
    ff_chain_free(oracle->chain);
}

/** An oracle solved at these rates [R]. */
static inline struct oracle solved(const struct ff_system *system,
                                   const struct ff_solver_type *solver, const double *rates)
{
    const struct oracle oracle = make_oracle(system, solver);
    if (ff_exact_solve(oracle.exact, rates) != FF_OK)
        fail_msg("not solved: %s", ff_status_message());
    return oracle;
}

static inline struct ff_exact_values values_of(const struct ff_system *system, const double *rates)
{
    struct oracle oracle = solved(system, NULL, rates);
    const struct ff_exact_values values = ff_exact_observe(oracle.exact);
    free_oracle(&oracle);
    return values;
}

/** The values of a configuration at its base rates. */
static inline struct ff_exact_values values_of_text(const char *text)
{
    struct ff_system *system = read_system(text);
    const struct ff_exact_values values = values_of(system, system->process->rates);
    ff_system_free(system);
    return values;
}

#endif
