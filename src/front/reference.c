/* Exact optima by the same machinery as a task, with the exact gradient and a quasi-Newton method.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/reference.h"

#include "front/bounds.h"
#include "front/scout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SWEEPS = 5 };
static const double better = 1e-6; /* relative: what makes another weight's optimum worth a start */

#define POINTS FF_AXIS(ff_reference, n_points, "point")
#define PARAMETERS FF_SECOND_AXIS(ff_reference, n_parameters, "parameter")
#define BOUND FF_AXIS(ff_reference, n_bound, "bound")

static const struct ff_field fields[] = {
    FF_FIELD(ff_reference, n_points, INT, "n_points", FF_UNIT_ONE, "number of points", NULL),
    FF_FIELD(ff_reference, n_parameters, INT, "n_parameters", FF_UNIT_ONE, "design parameters",
             NULL),
    FF_FIELD(ff_reference, n_bound, INT, "n_bound", FF_UNIT_ONE, "points of the bound", NULL),
    FF_FIELD(ff_reference, current, REAL, "current", FF_UNIT_RATE,
             "current of the best known optimum at the point's scalarisation", "reference", POINTS),
    FF_FIELD(ff_reference, entropy_production, REAL, "entropy_production", FF_UNIT_ENTROPY_RATE,
             "entropy production rate of the best known optimum", "reference", POINTS),
    FF_FIELD(ff_reference, objective, REAL, "objective", FF_UNIT_ONE,
             "scalarised objective of the best known optimum", "reference", POINTS),
    FF_FIELD(ff_reference, theta, REAL, "theta", FF_UNIT_ONE,
             "design parameters of the best known optimum", "reference", POINTS, PARAMETERS),
    FF_FIELD(
        ff_reference, bound_slope, REAL, "bound_slope", FF_UNIT_ONE,
        "slope of the objective by a parameter that the best known optimum has at a bound beyond "
        "which the objective would fall, else 0",
        "reference", POINTS, PARAMETERS),
    FF_FIELD(ff_reference, bound_current, REAL, "bound_current", FF_UNIT_RATE,
             "current on the analytic bound, where there is one", "reference", BOUND),
    FF_FIELD(ff_reference, bound_entropy_production, REAL, "bound_entropy_production",
             FF_UNIT_ENTROPY_RATE, "least entropy production rate at this current", "reference",
             BOUND),
};

const struct ff_record_type ff_reference_record = FF_RECORD_TYPE(ff_reference, fields);

/* What one exact minimisation needs. */
struct search {
    const struct ff_design *design;
    struct ff_evaluator *evaluator;
    double *theta; /* [P] */
    double *level; /* [P] see ff_scout_draw */
    double *slope; /* [P] of the last evaluation */
};

static void note_slope(void *context, int step, const struct ff_evaluation *evaluation)
{
    (void)step;
    ff_bounds_slope(evaluation, ((const struct search *)context)->slope);
}

/* Minimise from search->theta; keep the result as point i of the reference if it is the best so far. A start
 * from which the chain falls apart is passed over. */
static void try_start(struct search *search, const struct ff_scalarization *scalarization,
                      struct ff_reference *reference, int i)
{
    const struct ff_minimize_hooks hooks = {.context = search, .note = note_slope};
    const size_t n_parameters = (size_t)search->design->n_parameters;
    const size_t at = (size_t)i * n_parameters, row = sizeof(double) * n_parameters;
    enum ff_outcome outcome;
    double means[FF_N_OBSERVABLES];
    if (ff_evaluator_minimize(search->evaluator, ff_scalarization_loss(scalarization), 0, &hooks,
                              search->theta, &outcome) != FF_OK ||
        ff_evaluator_exact(search->evaluator, search->theta, means) != FF_EXACT_OK)
        return;
    const double value = ff_scalarize(scalarization, means[FF_J], means[FF_SIGMA], NULL, NULL);
    if (!isnan(reference->objective[i]) && !(value < reference->objective[i]))
        return;
    reference->objective[i] = value;
    reference->current[i] = means[FF_J];
    reference->entropy_production[i] = means[FF_SIGMA];
    ff_bounds_keep(search->design, search->theta, search->slope);
    memcpy(reference->theta + at, search->theta, row);
    memcpy(reference->bound_slope + at, search->slope, row);
}

/* Starts in turn: theta = 0, random ones, the hint, and the optimum of the scalarisation before. */
static void search_point(struct search *search, const struct ff_scalarization *scalarization,
                         const struct ff_reference_options *options, uint64_t seed,
                         const double *hint, struct ff_reference *reference, int i)
{
    const size_t n_parameters = (size_t)search->design->n_parameters;
    const size_t size = sizeof *search->theta * n_parameters;
    struct ff_stream stream = ff_stream_at(seed, (uint32_t)i, FF_PURPOSE_START, 1, 0);
    reference->objective[i] = reference->current[i] = reference->entropy_production[i] = NAN;
    for (size_t p = 0; p < n_parameters; p++)
        reference->theta[(size_t)i * n_parameters + p] =
            reference->bound_slope[(size_t)i * n_parameters + p] = NAN;
    for (int start = 0; start < options->n_starts; start++) {
        memset(search->theta, 0, size);
        if (start > 0)
            ff_scout_draw(&stream, start, search->level, (int)n_parameters, search->theta);
        ff_design_clip(search->design, search->theta);
        try_start(search, scalarization, reference, i);
    }
    const double *before = i > 0 ? reference->theta + (size_t)(i - 1) * n_parameters : NULL;
    const double *more[2] = {hint, before};
    for (int k = 0; k < 2; k++) {
        if (more[k] == NULL || isnan(more[k][0]))
            continue;
        memcpy(search->theta, more[k], size);
        try_start(search, scalarization, reference, i);
    }
}

/* The point whose optimum is best for another's scalarisation, if it is better than what that one has; else -1. */
static int find_better(const struct ff_reference *reference,
                       const struct ff_scalarization *scalarization, int i)
{
    double least = reference->objective[i] - better * fabs(reference->objective[i]);
    int best = -1;
    for (int k = 0; k < reference->n_points; k++) {
        const double value = ff_scalarize(scalarization, reference->current[k],
                                          reference->entropy_production[k], NULL, NULL);
        if (value < least) {
            least = value;
            best = k;
        }
    }
    return best;
}

/* Start every point from the optimum of another that is better for it, if there is one; whether there was. */
static bool sweep(struct search *search, const struct ff_scalarization *scalarizations,
                  struct ff_reference *reference)
{
    bool has_moved = false;
    const size_t n_parameters = (size_t)reference->n_parameters;
    for (int i = 0; i < reference->n_points; i++) {
        const int best = find_better(reference, &scalarizations[i], i);
        if (best < 0)
            continue;
        has_moved = true;
        memcpy(search->theta, reference->theta + (size_t)best * n_parameters,
               sizeof *search->theta * n_parameters);
        try_start(search, &scalarizations[i], reference, i);
    }
    return has_moved;
}

static void fill_bound(const struct ff_system *system, struct ff_reference *reference)
{
    if (system->bound_total <= 0.0)
        return;
    const double n = system->process->n_sites, total = system->bound_total;
    reference->n_bound = FF_BOUND_POINTS;
    reference->bound_current = FF_RAW(double, FF_BOUND_POINTS);
    reference->bound_entropy_production = FF_RAW(double, FF_BOUND_POINTS);
    for (int i = 0; i < FF_BOUND_POINTS; i++) {
        const double fraction = 0.99 * i / (FF_BOUND_POINTS - 1); /* N J / K */
        reference->bound_current[i] = fraction * total / n;
        reference->bound_entropy_production[i] = 2.0 * total * fraction * atanh(fraction);
    }
}

enum ff_status ff_reference_create(const struct ff_system *system, const struct ff_chain *chain,
                                   const struct ff_reference_options *options, uint64_t seed,
                                   const struct ff_scalarization *scalarizations, int n,
                                   const double *hints, struct ff_reference **out)
{
    const size_t n_parameters = (size_t)system->design->n_parameters;
    const struct ff_plan plan = {
        .system = system,
        .functionals = ff_system_functionals(system),
        .chain = chain,
        .gradient = {.estimator = &ff_estimator_exact, .seed = seed},
        .optimizer = {.type = &ff_optimizer_bfgs, .iterations = options->iterations},
    };
    CHECK(chain != NULL && chain->n_states <= options->max_states, FF_ERR_NUMERICAL,
          "more than %d states; raise reference.max_states", options->max_states);
    struct search search = {.design = system->design};
    TRY(ff_evaluator_create(&plan, &search.evaluator));
    search.theta = FF_RAW(double, n_parameters);
    search.level = FF_RAW(double, n_parameters);
    ff_design_level(system->design, search.level);
    search.slope = FF_NEW(double, n_parameters);
    struct ff_reference *reference = FF_NEW(struct ff_reference, 1);
    reference->n_points = n;
    reference->n_parameters = (int)n_parameters;
    reference->current = FF_RAW(double, n);
    reference->entropy_production = FF_RAW(double, n);
    reference->objective = FF_RAW(double, n);
    reference->theta = FF_RAW(double, (size_t)n *n_parameters);
    reference->bound_slope = FF_RAW(double, (size_t)n *n_parameters);
    for (int i = 0; i < n; i++)
        search_point(&search, &scalarizations[i], options, seed,
                     hints != NULL ? hints + (size_t)i * n_parameters : NULL, reference, i);
    for (int k = 0; k < MOST_SWEEPS && sweep(&search, scalarizations, reference); k++)
        continue;
    fill_bound(system, reference);
    ff_evaluator_free(search.evaluator);
    free(search.level);
    free(search.theta);
    free(search.slope);
    *out = reference;
    return FF_OK;
}

void ff_reference_free(struct ff_reference *reference)
{
    if (reference == NULL)
        return;
    free(reference->current);
    free(reference->entropy_production);
    free(reference->objective);
    free(reference->theta);
    free(reference->bound_slope);
    free(reference->bound_current);
    free(reference->bound_entropy_production);
    free(reference);
}
