/* The tests that a point must pass.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/verdict.h"

#include <math.h>

static const double least_current = 1e-6;   /* relative to its scale */
static const double largest_excess = 0.005; /* relative to the optimum */

/* Where J and sigma vanish the descent of sigma ends, whatever lies elsewhere. */
static bool is_at_rest(const struct ff_result *result)
{
    return fabs(ff_result_values(result).current) <
           least_current * result->scalarization.current_scale;
}

struct ff_verdict ff_verdict_of(const struct ff_result *result, double optimum)
{
    if (result->status != FF_OK)
        return ff_verdict_refuse("the task failed");
    if (result->outcome == FF_OUTCOME_MAX_ITERATIONS)
        return ff_verdict_refuse("the optimiser ran to its last iteration without passing a test; "
                                 "raise optimizer.iterations");
    if (result->outcome != FF_OUTCOME_CONVERGED)
        return ff_verdict_refuse("the optimiser stalled above its tolerance, the objective may "
                                 "fall by %.2g; raise optimizer.iterations or gradient.tracked",
                                 result->gap);
    if (is_at_rest(result))
        return ff_verdict_refuse("J and sigma vanish here; other designs may do better, start from "
                                 "one of them with --from");
    const double excess = ff_result_objective(result, &result->scalarization) - optimum;
    if (result->exact_status == FF_EXACT_OK && excess > largest_excess * fabs(optimum))
        return ff_verdict_refuse("the best known optimum of its objective is lower by %.2g %%; "
                                 "raise front.starts",
                                 100.0 * excess / fabs(optimum));
    if (!result->measurement.is_converged)
        return ff_verdict_refuse("%s", result->measurement.reason);
    return (struct ff_verdict){.is_converged = true};
}

int ff_verdict_count(const struct ff_result *results, int n, const double *optima)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += results[i].status == FF_OK &&
                 !ff_verdict_of(&results[i], optima != NULL ? optima[i] : NAN).is_converged;
    return count;
}
