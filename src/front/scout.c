/* Rounds of scouts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/scout.h"

#include <math.h>
#include <string.h>

static const double longest_step = 0.7; /* between weights, in ln(w/(1-w)) */
/* Of random designs, in theta: about 0, and about the level design. */
static const double wide = 8.0, narrow = 2.0;

void ff_scout_draw(struct ff_stream *stream, int i, const double *level, int n_parameters,
                   double *theta)
{
    for (int p = 0; p < n_parameters; p++) {
        const double u = 2.0 * ff_stream_uniform(stream) - 1.0;
        theta[p] = i % 2 == 1 ? wide * u : level[p] + narrow * u;
    }
}

static double middle(const struct ff_scout *scout)
{
    return 0.5 * (ff_logit(scout->options.weights[0]) + ff_logit(scout->options.weights[1]));
}

void ff_scout_create(const struct ff_scout_options *options, struct ff_scout *out)
{
    *out = (struct ff_scout){.options = *options};
    if (options->n_random > 0)
        out->n_steps = (int)ceil((ff_logit(options->weights[1]) - middle(out)) / longest_step);
    ff_archive_create(ff_scout_capacity(out), &out->found);
}

void ff_scout_free(struct ff_scout *scout)
{
    ff_archive_free(scout->found);
}

void ff_scout_repeat(struct ff_scout *scout)
{
    scout->round = 0;
    scout->is_second = true;
}

int ff_scout_capacity(const struct ff_scout *scout)
{
    const int n_random = scout->options.n_random;
    return n_random > 0 ? 2 * (2 * (1 + n_random) + 2 * scout->n_steps) : 0;
}

static void make_task(const struct ff_scout *scout, const struct ff_scalarization *base,
                      double log_odds, uint32_t id, struct ff_task *out)
{
    ff_task_create(scout->options.n_parameters, 1, out);
    out->id = id;
    out->is_rough = true;
    out->scalarization = *base;
    out->scalarization.kind = FF_SCALARIZATION_WEIGHTED;
    out->scalarization.weight = 1.0 / (1.0 + exp(-log_odds));
}

/* The start, and random designs, for the middle and for the top. */
static int plan_starts(const struct ff_scout *scout, const struct ff_scalarization *base,
                       uint32_t first_id, struct ff_task *tasks)
{
    const struct ff_scout_options *options = &scout->options;
    const double places[2] = {middle(scout), ff_logit(options->weights[1])};
    int n = 0;
    for (int i = 0; i <= options->n_random; i++)
        for (int k = 0; k < 2; k++, n++) {
            make_task(scout, base, places[k], first_id + (uint32_t)n, &tasks[n]);
            struct ff_stream stream =
                ff_stream_at(options->seed, (uint32_t)i, FF_PURPOSE_START, 2, 0);
            if (i > 0)
                ff_scout_draw(&stream, i, options->level, options->n_parameters, tasks[n].starts);
            else
                memcpy(tasks[n].starts, options->start,
                       sizeof *options->start * (size_t)options->n_parameters);
        }
    return n;
}

/* One step further down and one further up, from the best design so far. */
static int plan_step(const struct ff_scout *scout, const struct ff_scalarization *base,
                     uint32_t first_id, struct ff_task *tasks)
{
    const double centre = middle(scout), share = (double)scout->round / scout->n_steps;
    for (int k = 0; k < 2; k++) {
        struct ff_task *task = &tasks[k];
        const double end = ff_logit(scout->options.weights[k]);
        make_task(scout, base, centre + share * (end - centre), first_id + (uint32_t)k, task);
        const struct ff_result *best = ff_archive_best(scout->found, &task->scalarization);
        memcpy(task->starts, best != NULL ? best->theta : scout->options.start,
               sizeof *task->starts * (size_t)scout->options.n_parameters);
    }
    return 2;
}

int ff_scout_plan(struct ff_scout *scout, const struct ff_scalarization *base, uint32_t first_id,
                  struct ff_task *tasks)
{
    int n = 0;
    if (scout->options.n_random > 0 && scout->round == 0)
        n = plan_starts(scout, base, first_id, tasks);
    else if (scout->options.n_random > 0 && scout->round <= scout->n_steps)
        n = plan_step(scout, base, first_id, tasks);
    scout->round++;
    return n;
}

void ff_scout_take(struct ff_scout *scout, const struct ff_result *result)
{
    ff_archive_insert(scout->found, result);
}
