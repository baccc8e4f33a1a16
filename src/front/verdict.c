/* The tests that a point must pass.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/verdict.h"

#include <math.h>
#include <stdio.h>

static const double largest_z = 5.0;
/* Errors below this part of the value are rounding, where the gauge leaves no noise. */
static const double rounding = 1e-9;

static const double least_current = 1e-6; /* relative to its scale */

/* Where J and sigma vanish the descent of sigma ends, whatever lies elsewhere. */
static bool is_at_rest(const struct ff_result *result)
{
    return fabs(ff_result_values(result).current) <
           least_current * result->scalarization.current_scale;
}

static double z_score(double value, double standard_error, double exact)
{
    return fabs(value - exact) / fmax(standard_error, rounding * fabs(exact) + 1e-300);
}

/* The larger deviation of J and sigma from their exact values, 0 without these. */
static double deviation(const struct ff_result *result)
{
    const struct ff_means *means = &result->means;
    if (result->exact_status != FF_EXACT_OK)
        return 0.0;
    return fmax(z_score(means->current, means->current_stderr, result->exact_current),
                z_score(means->entropy_production, means->entropy_production_stderr,
                        result->exact_entropy_production));
}

bool ff_verdict_of(const struct ff_result *result, char *verdict, size_t size)
{
    const double z = deviation(result);
    if (result->status != FF_OK)
        snprintf(verdict, size, "not converged: the task failed");
    else if (result->outcome == FF_OUTCOME_MAX_ITERATIONS)
        snprintf(verdict, size,
                 "not converged: the optimiser ran to its last iteration without a test; raise "
                 "optimizer.iterations, or use `trust`, which ends by itself");
    else if (result->outcome != FF_OUTCOME_CONVERGED)
        snprintf(verdict, size, "not converged: the optimiser stalled above its tolerance");
    else if (is_at_rest(result))
        snprintf(verdict, size,
                 "not converged: J and sigma vanish here; other designs may do better, start from "
                 "one of them with --from");
    else if (!(z <= largest_z))
        snprintf(
            verdict, size,
            "not converged: the estimates are %.1f standard errors from the exact values; raise "
            "evaluation.burn_in and evaluation.events",
            z);
    else
        snprintf(verdict, size, "converged");
    return result->status == FF_OK && result->outcome == FF_OUTCOME_CONVERGED &&
           !is_at_rest(result) && z <= largest_z;
}

int ff_verdict_count(const struct ff_result *results, int n, bool ends_itself)
{
    char verdict[256];
    int count = 0;
    for (int i = 0; i < n; i++) {
        struct ff_result result = results[i];
        if (!ends_itself && result.outcome == FF_OUTCOME_MAX_ITERATIONS)
            result.outcome = FF_OUTCOME_CONVERGED;
        count += result.status == FF_OK && !ff_verdict_of(&result, verdict, sizeof verdict);
    }
    return count;
}
