/* Repeated estimates and their moments.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/accuracy.h"

#include "gradient/estimator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const ff_target_names[FF_N_TARGETS] = {"current", "entropy_production", "weighted",
                                                   "chebyshev"};

void ff_accuracy_scalarizations(double current, double entropy_production,
                                struct ff_scalarization out[2])
{
    const double current_scale = current != 0.0 ? fabs(current) : 1.0;
    const double entropy_scale = entropy_production > 0.0 ? entropy_production : 1.0;
    out[0] = (struct ff_scalarization){.kind = FF_SCALARIZATION_WEIGHTED,
                                       .weight = 0.75,
                                       .current_scale = current_scale,
                                       .entropy_scale = entropy_scale};
    out[1] = out[0];
    out[1].kind = FF_SCALARIZATION_CHEBYSHEV;
    out[1].weight = 0.5;
    out[1].current_ideal = current + current_scale;
    out[1].entropy_ideal = entropy_production - entropy_scale;
}

/* Gradients of all targets in theta, [FF_N_TARGETS][P], from those of J and sigma in log k. */
static void pull_back_targets(const struct ff_system *system, const double *rates,
                              const struct ff_estimate *estimate,
                              const struct ff_scalarization scalarizations[2], double *out)
{
    const struct ff_design *design = system->design;
    const int n = design->n_parameters;
    double *by_current = out, *by_entropy = out + n;
    ff_design_pull_back(design, rates, ff_estimate_gradient(estimate, FF_J), by_current);
    ff_design_pull_back(design, rates, ff_estimate_gradient(estimate, FF_SIGMA), by_entropy);
    for (int s = 0; s < 2; s++) {
        double slope_j, slope_s;
        ff_scalarize(&scalarizations[s], estimate->mean[FF_J], estimate->mean[FF_SIGMA], &slope_j,
                     &slope_s);
        for (int p = 0; p < n; p++)
            out[(FF_TARGET_WEIGHTED + s) * n + p] =
                slope_j * by_current[p] + slope_s * by_entropy[p];
    }
}

enum ff_status ff_accuracy_exact(const struct ff_system *system, const struct ff_chain *chain,
                                 const double *rates, struct ff_scalarization scalarizations[2],
                                 double *out)
{
    const struct ff_gradient_options options = {.estimator = &ff_estimator_exact};
    struct ff_gradient *gradient;
    struct ff_estimate estimate;
    TRY(ff_gradient_create(system, ff_system_functionals(system), chain, &options, &gradient));
    ff_estimate_create(gradient, &estimate);
    const enum ff_status status = ff_gradient_estimate(gradient, rates, 0, 0, 1, &estimate);
    if (status == FF_OK) {
        ff_accuracy_scalarizations(estimate.mean[FF_J], estimate.mean[FF_SIGMA], scalarizations);
        pull_back_targets(system, rates, &estimate, scalarizations, out);
    }
    ff_estimate_free(&estimate);
    ff_gradient_free(gradient);
    return status;
}

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Welford's update of mean and summed square. */
static void add_sample(const double *sample, int count, int n_before, double *mean, double *square)
{
    for (int i = 0; i < count; i++) {
        const double delta = sample[i] - mean[i];
        mean[i] += delta / (n_before + 1);
        square[i] += delta * (sample[i] - mean[i]);
    }
}

/* All repeats, each a sample of all targets. */
static enum ff_status repeat(struct ff_gradient *gradient, const double *rates,
                             const struct ff_scalarization scalarizations[2], uint32_t task,
                             struct ff_accuracy *out)
{
    const int count = FF_N_TARGETS * out->n_parameters;
    enum ff_status status = FF_OK;
    struct ff_estimate estimate;
    double *sample = FF_RAW(double, count);
    ff_estimate_create(gradient, &estimate);
    for (int i = 0; i < out->n_repeats && status == FF_OK; i++) {
        const double before = processor_seconds();
        status = ff_gradient_estimate(gradient, rates, task, (uint32_t)i, 1, &estimate);
        out->seconds += processor_seconds() - before;
        if (status != FF_OK)
            break;
        out->n_events += estimate.n_events;
        pull_back_targets(gradient->system, rates, &estimate, scalarizations, sample);
        add_sample(sample, count, i, out->mean, out->variance);
    }
    ff_estimate_free(&estimate);
    free(sample);
    return status;
}

void ff_accuracy_measure(const struct ff_system *system, const struct ff_chain *chain,
                         const struct ff_gradient_options *options, const double *rates,
                         const struct ff_scalarization scalarizations[2], uint32_t task,
                         int n_repeats, struct ff_accuracy *out)
{
    const int n = system->design->n_parameters, count = FF_N_TARGETS * n;
    *out = (struct ff_accuracy){.n_parameters = n,
                                .n_repeats = n_repeats,
                                .mean = FF_NEW(double, count),
                                .variance = FF_NEW(double, count)};
    struct ff_gradient *gradient;
    out->status =
        ff_gradient_create(system, ff_system_functionals(system), chain, options, &gradient);
    if (out->status == FF_OK) {
        out->status = repeat(gradient, rates, scalarizations, task, out);
        ff_gradient_free(gradient);
    }
    for (int i = 0; i < count; i++)
        out->variance[i] /= n_repeats - 1;
    out->failure = out->status != FF_OK ? ff_copy_text(ff_status_message()) : NULL;
}

void ff_accuracy_free(struct ff_accuracy *accuracy)
{
    free(accuracy->mean);
    free(accuracy->variance);
    free(accuracy->failure);
}

struct ff_accuracy_summary ff_accuracy_summarize(const struct ff_accuracy *accuracy,
                                                 enum ff_target target, const double *exact)
{
    const int n = accuracy->n_parameters;
    const double *mean = accuracy->mean + (size_t)target * (size_t)n;
    const double *variance = accuracy->variance + (size_t)target * (size_t)n;
    double difference = 0.0, norm = 0.0, mean_norm = 0.0, product = 0.0, largest_z = 0.0;
    for (int p = 0; p < n; p++) {
        const double bias = mean[p] - exact[p];
        const double standard_error = sqrt(variance[p] / accuracy->n_repeats);
        difference += bias * bias;
        norm += exact[p] * exact[p];
        mean_norm += mean[p] * mean[p];
        product += mean[p] * exact[p];
        if (standard_error > 0.0)
            largest_z = fmax(largest_z, fabs(bias) / standard_error);
    }
    const double total = ff_accuracy_total_variance(accuracy, target);
    return (struct ff_accuracy_summary){
        .relative_error = sqrt(difference / norm),
        .resolution = sqrt(total / accuracy->n_repeats / norm),
        .cosine = product / sqrt(norm * mean_norm),
        .snr = sqrt(norm / total),
        .largest_z = largest_z,
    };
}

double ff_accuracy_total_variance(const struct ff_accuracy *accuracy, enum ff_target target)
{
    double total = 0.0;
    for (int p = 0; p < accuracy->n_parameters; p++)
        total += accuracy->variance[(int)target * accuracy->n_parameters + p];
    return total;
}
