/* Whether an average can be believed: what a series of batches says of its own errors.
 *
 * The spread between trajectories says nothing of what none of them has seen: a start that is remembered, a well that is
 * not left, a state that holds the process for most of the time and is visited once. What betrays them is looked for here,
 * on given numbers; nothing is simulated.
 *
 * Deviations are z-scores: a Student t with few degrees of freedom is brought to the normal of the same probability
 * (Wallace, Ann. Math. Stat. 30:1124, 1959). What cannot be known is NaN, and says nothing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_JOB_EVIDENCE_H
#define FF_JOB_EVIDENCE_H

#include "job/verdict.h"

/* A ratio of sums over trajectories that go on through batches. Of trajectory k and batch b the numbers are at
 * (k * n_batches_held + b) * stride; batches first_batch.. are measured. All borrowed. */
struct ff_series {
    const double *numerator, *denominator;
    const double *subtrahend; /* taken from the numerator; or NULL */
    int stride, n_batches_held, first_batch;
    int n_trajectories; /* at least 2 */
    int n_given; /* the first of them began in the initial state as given, the others elsewhere; all or none: unknown */
    double scale;      /* the average is this times the ratio */
    double resolution; /* of the ratio: what is less is rounding */
};

/* What one series says. */
struct ff_evidence {
    double mean, standard_error; /* between trajectories */
    double half_z;               /* second half of each trajectory against the first */
    double start_z; /* trajectories from elsewhere against those from the given state */
    double gauge_z; /* with the gauge against without it; set by whoever has both */
    double exact_z; /* against the exact value; set by whoever has it */
    double
        rare_ratio; /* what states hardly or never visited bring to the error, over what the spread says; NaN where unknown */
    double outlier_z; /* of the trajectory that is farthest from the others */
    double
        correlation; /* integrated correlation time of a trajectory, in batches: 1 if they are independent */
    double length; /* of a trajectory, in correlation times: its effective sample size */
};

/* What all averages of one simulation share. */
struct ff_coverage {
    double dwell_share; /* of all time, of the longest single stay */
    double
        unseen_share; /* of all time, at least, that the states never visited would hold; NaN where unknown */
    double
        effective_share; /* of the trajectories, weighed by their time: (sum T)^2 / (n sum T^2) */
    double
        relaxation_share; /* the longest time of one trajectory before it is measured, over the mean time measured */
    const char *
        unfired; /* a channel that could fire and never did, towards states perhaps not seen; or NULL */
    double unfired_events; /* how often it was expected to */
    bool has_sink;         /* a state that nothing leaves can be reached */
};

/** Probabilities that a right average is called wrong by one test. A horizon is long enough when the strict one is passed:
 * drifts just below a limit are not seen, but die out when the horizon doubles. */
extern const double ff_chance_strict, ff_chance_final;

/** The evidence of a series; gauge_z, exact_z and rare_ratio are NaN. */
void ff_evidence_find(const struct ff_series *series, struct ff_evidence *out);

/** Add what states hardly or never visited bring to the error, which the spread does not know: both are independent. */
void ff_evidence_add_rare(struct ff_evidence *evidence, double rare_error);

/** Deviation of an average from a value known exactly. */
double ff_evidence_z(const struct ff_series *series, const struct ff_evidence *evidence,
                     double exact);

/** Normal deviate as improbable as Student's t with n degrees of freedom. */
double ff_normal_of_student(double t, double n);

/** (sum T)^2 / (n sum T^2) of the denominators T of whole trajectories. */
double ff_series_effective_share(const struct ff_series *series);

/** What the coverage says of all averages. */
struct ff_verdict ff_coverage_judge(const struct ff_coverage *coverage);

/** What the evidence says of one of n_averages that are judged together. */
struct ff_verdict ff_evidence_judge(const struct ff_evidence *evidence, int n_averages,
                                    double chance);

#endif
