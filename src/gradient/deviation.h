/* How much of an estimate is due to each block: the covariance of everything in it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_GRADIENT_DEVIATION_H
#define FF_GRADIENT_DEVIATION_H

#include "gradient/estimate.h"

/** How far block b has pulled the means, into `out` [Q]: the covariance of two linear combinations of estimates is the sum
 * over blocks of the products of their deviations. To first order in the spread (delta method), for B independent
 * blocks, B/(B-1) included; NaN if there are not two blocks. */
void ff_estimate_mean_deviation(const struct ff_estimate *estimate, int block, double *out);

/** The same for the gradient of functional q, into `out` [R]; NaN if there are not two tracked blocks.  Uses scratch of the
 * estimate. */
void ff_estimate_gradient_deviation(struct ff_estimate *estimate, int block, int q, double *out);

#endif
