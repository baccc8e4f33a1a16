/* The design map: from parameters theta to rate constants, log-linear with an optional budget.
 *
 *     log k = log k0 + A theta,   then   k_r <- K k_r / sum_B k   for the channels r of a budget B.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_MODEL_DESIGN_H
#define FF_MODEL_DESIGN_H

#include "base/keys.h"
#include "model/process.h"

#include <stdbool.h>

/* Plain data. R channels, P parameters; A is stored by rows (channels). */
struct ff_design {
    int n_channels, n_parameters;
    char **parameter_names; /* [P] */
    double *log_base;       /* [R] log k0 */
    int *row_start;         /* [R+1] into the next two */
    int *column;
    double *coefficient;
    double *lower, *upper; /* [P] box bounds on theta */
    bool has_budget;
    double budget_total; /* K, per unit time */
    bool *in_budget;     /* [R]; all false without a budget */
};

/** The section `design`. */
extern const struct ff_keys ff_keys_design;

/** Read the section `design`.  FF_ERR_CONFIG with position. */
enum ff_status ff_design_read(struct ff_node *section, const struct ff_process *process,
                              struct ff_design **out);

/** NULL-safe. */
void ff_design_free(struct ff_design *design);

/** rates [R] for theta [P]. */
void ff_design_rates(const struct ff_design *design, const double *theta, double *rates);

/** Pull a gradient with respect to log k [R], at these rates, back to theta [P]. */
void ff_design_pull_back(const struct ff_design *design, const double *rates,
                         const double *log_rate_gradient, double *theta_gradient);

/** Diagonal of A' diag(metric) A, [P], for a diagonal metric in log k [R]. */
void ff_design_metric(const struct ff_design *design, const double *metric, double *theta_metric);

/** The theta [P] whose rates are most nearly all alike, in the least squares of their logarithms, clipped to the bounds: as far
 * from any preference among the channels as the design allows. */
void ff_design_level(const struct ff_design *design, double *theta);

/** Clip theta [P] to the bounds. */
void ff_design_clip(const struct ff_design *design, double *theta);

#endif
