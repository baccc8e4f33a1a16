/* What a survey is whichever way it walks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/survey.h"

#include <stdlib.h>

enum { MAX_CHAIN = 4096, MAX_COLUMNS_ON_CHAIN = 1 << 22 };

/* The gauge is taken from the second pair. */
static void set_kinetics(struct ff_survey *survey, const double *rates)
{
    struct ff_kinetics *kinetics = survey->kinetics;
    ff_kinetics_set(kinetics, rates);
    for (int q = FF_N_OBSERVABLES; q < FF_SURVEY_FUNCTIONALS; q++) {
        const struct ff_functional *functional = &survey->functionals[q];
        functional->coefficients(functional, survey->system->process, rates,
                                 ff_kinetics_coefficient(kinetics, q));
    }
}

static bool fits(const struct ff_process *process, const struct ff_chain *chain, int width)
{
    return chain != NULL && chain->n_states <= MAX_CHAIN &&
           (int64_t)chain->n_states * width <= MAX_COLUMNS_ON_CHAIN &&
           !(process->is_independent && process->n_walkers > 1);
}

void ff_survey_create(const struct ff_system *system, const double *rates,
                      const struct ff_chain *chain, struct ff_draw_key key, int n_trajectories,
                      int n_given, struct ff_survey **out)
{
    struct ff_survey *survey = FF_NEW(struct ff_survey, 1);
    const struct ff_functionals list = ff_system_functionals(system);
    survey->system = system;
    survey->key = key;
    survey->n_trajectories = n_trajectories;
    survey->n_given = n_given;
    survey->width = FF_SURVEY_SITES + system->process->n_sites;
    for (int q = 0; q < FF_SURVEY_FUNCTIONALS; q++)
        survey->functionals[q] = list.items[q % FF_N_OBSERVABLES];
    ff_kinetics_create(
        system,
        (struct ff_functionals){.count = FF_SURVEY_FUNCTIONALS, .items = survey->functionals},
        &survey->kinetics);
    set_kinetics(survey, rates);
    survey->chain = fits(system->process, chain, survey->width) ? chain : NULL;
    survey->method = survey->chain != NULL ? &ff_survey_on_chain : &ff_survey_by_walks;
    survey->method->create(survey);
    *out = survey;
}

void ff_survey_free(struct ff_survey *survey)
{
    if (survey == NULL)
        return;
    survey->method->free(survey);
    ff_kinetics_free(survey->kinetics);
    free(survey);
}

int ff_survey_width(const struct ff_survey *survey)
{
    return survey->width;
}

bool ff_survey_is_on_chain(const struct ff_survey *survey)
{
    return survey->chain != NULL;
}

void ff_survey_burn_in(struct ff_survey *survey, int64_t burn_in)
{
    survey->run++;
    for (int k = 0; k < survey->n_trajectories; k++) {
        struct ff_stream stream = ff_survey_start_stream(survey, k);
        survey->method->skip(survey, k, ff_burn_in_events(burn_in, ff_stream_uniform(&stream)));
    }
}

void ff_survey_run(struct ff_survey *survey, int64_t events, int first, int last,
                   int n_batches_held, double *rows)
{
    const size_t width = (size_t)survey->width;
    survey->run++;
    for (int k = 0; k < survey->n_trajectories;)
        k += survey->method->run(survey, k, events, last - first, n_batches_held,
                                 rows +
                                     ((size_t)k * (size_t)n_batches_held + (size_t)first) * width);
    survey->method->conclude(survey);
}

void ff_survey_forget(struct ff_survey *survey)
{
    survey->method->forget(survey);
}

enum ff_status ff_survey_check(const struct ff_survey *survey)
{
    return survey->method->check(survey);
}

struct ff_sight ff_survey_sight(const struct ff_survey *survey)
{
    return survey->method->sight(survey);
}

double ff_survey_rare_error(const struct ff_survey *survey, int column, double mean)
{
    return survey->method->rare_error(survey, column, mean);
}
