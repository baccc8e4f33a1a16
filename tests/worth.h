/* What the estimates of an estimator are worth, against the exact gradients of J and sigma.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_TESTS_WORTH_H
#define FF_TESTS_WORTH_H

#include "front/accuracy.h"

#include <math.h>
#include <stdlib.h>

#include "oracle.h"

/* The worse of J and sigma. */
struct worth {
    double z;          /* largest against the exact gradient, over parameters */
    double error;      /* of the mean, relative to the gradient */
    double noise;      /* of one estimate, relative to the gradient */
    double cosine;     /* of the mean with the exact gradient */
    double resolution; /* to which the mean is known */
};

/* By n_repeats estimates at the base rates. */
static inline struct worth judge(const struct ff_system *system,
                                 const struct ff_gradient_options *options, int n_repeats)
{
    struct ff_chain *chain = make_chain(system);
    struct ff_scalarization scalarizations[2];
    struct ff_accuracy accuracy;
    struct worth worth = {.cosine = 1.0};
    const int n = system->design->n_parameters;
    double *exact = FF_NEW(double, FF_N_TARGETS *n);
    const double *rates = system->process->rates;
    assert_int_equal(ff_accuracy_exact(system, chain, rates, scalarizations, exact), FF_OK);
    ff_accuracy_measure(system, chain, options, rates, scalarizations, 1, n_repeats, &accuracy);
    assert_int_equal(accuracy.status, FF_OK);
    for (int t = FF_TARGET_CURRENT; t <= FF_TARGET_ENTROPY; t++) {
        const struct ff_accuracy_summary summary =
            ff_accuracy_summarize(&accuracy, (enum ff_target)t, exact + t * n);
        worth.z = fmax(worth.z, summary.largest_z);
        worth.error = fmax(worth.error, summary.relative_error);
        worth.noise = fmax(worth.noise, 1.0 / summary.snr);
        worth.cosine = fmin(worth.cosine, summary.cosine);
        worth.resolution = fmax(worth.resolution, summary.resolution);
    }
    ff_accuracy_free(&accuracy);
    ff_chain_free(chain);
    free(exact);
    return worth;
}

#endif
