/* Stages of doubled length, and the judgement after each.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "job/averages.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum {
    AUTO_TRAJECTORIES = 32,
    PILOT_EVENTS = 1 << 19, /* of all trajectories together */
    LEAST_PILOT = 1 << 10,  /* of each */
    MAX_BATCHES = 32,       /* of a trajectory */
    LEAST_BATCHES = 8,      /* where sites are many */
    MAX_NUMBERS = 1 << 24,  /* held in rows */
    BURN_IN_PART = 4,       /* of all batches one in so many is thrown away */
    LEAST_BURN_IN = 200,    /* spreads the phase of a chain that is nearly periodic */
};
const struct ff_budget ff_budget_of_seconds = {.on_chain = INT64_C(1) << 28,
                                               .by_walks = INT64_C(1) << 26};

static const double rounding = 1e-11; /* relative to the values summed */

struct stage {
    const struct ff_averages_task *task;
    struct ff_survey *survey;
    int n_trajectories, n_given, n_batches, first_batch, width;
    int64_t events; /* of each trajectory, in all batches */
    double *rows;   /* [n_trajectories][n_batches][width] */
};

/* ---- horizons ------------------------------------------------------------------------------- */

static int choose_batches(int n_trajectories, int width, int64_t events)
{
    const double numbers = (double)n_trajectories * width * MAX_BATCHES;
    const int n = numbers <= MAX_NUMBERS ? MAX_BATCHES : LEAST_BATCHES;
    return events < n ? (int)events : n;
}

/* What is asked for by hand is all measured, apart from its burn-in; the pilot holds its burn-in in its first batches. */
static int64_t choose_events(const struct ff_evaluation_options *options, int n_trajectories)
{
    if (options->has_events && options->has_burn_in)
        return options->horizon.events;
    if (options->has_events)
        return options->horizon.events + options->horizon.events / (BURN_IN_PART - 1);
    const int64_t pilot = PILOT_EVENTS / n_trajectories;
    return pilot < LEAST_PILOT ? LEAST_PILOT : pilot;
}

/* What is thrown away before the first batch. */
static int64_t first_burn_in(const struct ff_evaluation_options *options)
{
    return options->has_burn_in ? options->horizon.burn_in : LEAST_BURN_IN;
}

static void begin(struct stage *stage)
{
    const struct ff_averages_task *task = stage->task;
    const struct ff_evaluation_options *options = &task->options;
    stage->n_trajectories = options->has_trajectories ? options->trajectories : AUTO_TRAJECTORIES;
    stage->n_given = (stage->n_trajectories + 1) / 2;
    stage->events = choose_events(options, stage->n_trajectories);
    ff_survey_create(task->system, task->rates, task->chain, task->key, stage->n_trajectories,
                     stage->n_given, &stage->survey);
    stage->width = ff_survey_width(stage->survey);
    stage->n_batches = choose_batches(stage->n_trajectories, stage->width, stage->events);
    stage->first_batch = options->has_burn_in ? 0 : stage->n_batches / BURN_IN_PART;
    stage->rows = FF_RAW(
        double, (size_t)stage->n_trajectories *(size_t)stage->n_batches *(size_t)stage->width);
    ff_survey_burn_in(stage->survey, first_burn_in(options));
    ff_survey_run(stage->survey, stage->events, 0, stage->n_batches, stage->n_batches, stage->rows);
}

/* Two batches become one; the second half is then run anew. */
static void merge_batches(const struct stage *stage)
{
    const size_t width = (size_t)stage->width, n = (size_t)stage->n_batches;
    for (size_t k = 0; k < (size_t)stage->n_trajectories; k++)
        for (size_t b = 0; b < n / 2; b++) {
            double *to = stage->rows + (k * n + b) * width;
            const double *from = stage->rows + (k * n + 2 * b) * width;
            for (size_t i = 0; i < width; i++)
                to[i] = from[i] + from[width + i];
        }
}

static void double_length(struct stage *stage)
{
    merge_batches(stage);
    ff_survey_forget(stage->survey);
    ff_survey_run(stage->survey, stage->events, stage->n_batches / 2, stage->n_batches,
                  stage->n_batches, stage->rows);
    stage->events *= 2;
}

static bool has_budget(const struct stage *stage)
{
    const struct ff_averages_task *task = stage->task;
    const int64_t budget =
        ff_survey_is_on_chain(stage->survey) ? task->budget.on_chain : task->budget.by_walks;
    return !task->options.has_events && 2 * stage->events <= budget / stage->n_trajectories;
}

/* ---- judgement ------------------------------------------------------------------------------ */

/* Mean magnitude of what is summed into a column, of all walkers, in the measured batches. */
static double magnitude(const struct stage *stage, int column)
{
    double sum = 0.0, time = 0.0;
    for (int k = 0; k < stage->n_trajectories; k++)
        for (int b = stage->first_batch; b < stage->n_batches; b++) {
            const double *row = stage->rows + ((size_t)k * (size_t)stage->n_batches + (size_t)b) *
                                                  (size_t)stage->width;
            sum += fabs(row[column]);
            time += row[FF_SURVEY_TIME];
        }
    return sum / time;
}

static struct ff_series series_of(const struct stage *stage, int column)
{
    return (struct ff_series){.numerator = stage->rows + column,
                              .denominator = stage->rows + FF_SURVEY_TIME,
                              .stride = stage->width,
                              .n_batches_held = stage->n_batches,
                              .first_batch = stage->first_batch,
                              .n_trajectories = stage->n_trajectories,
                              .n_given = stage->n_given,
                              .scale = 1.0 / stage->task->system->process->n_walkers,
                              .resolution = rounding * magnitude(stage, column)};
}

static void judge(const struct stage *stage, struct ff_series series, int index, double gauge_z,
                  double chance, struct ff_averages *out)
{
    const int column = (int)(series.numerator - stage->rows);
    struct ff_judged *item = &out->items[index];
    ff_evidence_find(&series, &item->evidence);
    item->evidence.gauge_z = gauge_z;
    ff_evidence_add_rare(&item->evidence,
                         series.scale * ff_survey_rare_error(stage->survey, column,
                                                             item->evidence.mean / series.scale));
    if (stage->task->exact != NULL)
        item->evidence.exact_z = ff_evidence_z(&series, &item->evidence, stage->task->exact[index]);
    item->verdict = ff_evidence_judge(&item->evidence, out->n, chance);
}

/* Through the gauge if that makes no difference and nothing speaks against it, else as it is. */
static void judge_observable(const struct stage *stage, int q, double chance,
                             struct ff_averages *out)
{
    struct ff_series gauged = series_of(stage, FF_SURVEY_GAUGED + q),
                     plain = series_of(stage, FF_SURVEY_PLAIN + q), difference = gauged;
    struct ff_evidence evidence;
    difference.subtrahend = plain.numerator;
    gauged.resolution = difference.resolution = plain.resolution + gauged.resolution;
    ff_evidence_find(&difference, &evidence);
    const double z = ff_evidence_z(&difference, &evidence, 0.0);
    judge(stage, gauged, q, z, chance, out);
    if (!out->items[q].verdict.is_converged) {
        const struct ff_verdict verdict = out->items[q].verdict;
        judge(stage, plain, q, z, chance, out);
        if (out->items[q].verdict.is_converged)
            out->items[q].verdict = verdict;
    }
}

/* The longest time that one trajectory spent in what is thrown away, over the mean time measured. */
static double relaxation_share(const struct stage *stage)
{
    const size_t width = (size_t)stage->width, n = (size_t)stage->n_batches;
    double longest = 0.0, measured = 0.0;
    for (size_t k = 0; k < (size_t)stage->n_trajectories; k++) {
        double thrown_away = 0.0;
        for (size_t b = 0; b < n; b++) {
            const double time = stage->rows[(k * n + b) * width + FF_SURVEY_TIME];
            *(b < (size_t)stage->first_batch ? &thrown_away : &measured) += time;
        }
        longest = fmax(longest, thrown_away);
    }
    return longest * stage->n_trajectories / measured;
}

static void judge_coverage(const struct stage *stage, struct ff_averages *out)
{
    const struct ff_process *process = stage->task->system->process;
    const struct ff_sight sight = ff_survey_sight(stage->survey);
    const struct ff_series series = series_of(stage, FF_SURVEY_EVENTS);
    const double activity = magnitude(stage, FF_SURVEY_EVENTS);
    const double n_measured = (double)stage->events * stage->n_trajectories *
                              (stage->n_batches - stage->first_batch) / stage->n_batches;
    const struct ff_coverage coverage = {
        .dwell_share = sight.longest_dwell * activity / n_measured,
        .unseen_share = sight.unseen_share,
        .effective_share = ff_series_effective_share(&series),
        .relaxation_share = relaxation_share(stage),
        .unfired = sight.unfired >= 0 ? process->channel_names[sight.unfired] : NULL,
        .unfired_events = sight.unfired_events,
        .has_sink = sight.has_sink};
    out->coverage = ff_coverage_judge(&coverage);
}

static int find_worst(const struct ff_averages *averages)
{
    for (int i = 0; averages->coverage.is_converged && i < averages->n; i++)
        if (!averages->items[i].verdict.is_converged)
            return i;
    return -1;
}

static void judge_all(const struct stage *stage, double chance, struct ff_averages *out)
{
    judge_coverage(stage, out);
    for (int q = 0; q < FF_N_OBSERVABLES; q++)
        judge_observable(stage, q, chance, out);
    for (int i = FF_AVERAGE_ACTIVITY; i < out->n; i++) /* columns are in the same order */
        judge(stage, series_of(stage, FF_SURVEY_EVENTS + i - FF_AVERAGE_ACTIVITY), i, NAN, chance,
              out);
    out->is_finite =
        isfinite(out->items[FF_J].evidence.mean) && magnitude(stage, FF_SURVEY_EVENTS) > 0.0;
    out->worst = find_worst(out);
    out->is_converged = out->coverage.is_converged && out->worst < 0;
}

/* ---- all of it ------------------------------------------------------------------------------ */

/* Batches that are thrown away are burn-in too. */
static void note_horizon(const struct stage *stage, struct ff_averages *out)
{
    const int64_t thrown_away = stage->events * stage->first_batch / stage->n_batches;
    out->n_trajectories = stage->n_trajectories;
    out->horizon =
        (struct ff_horizon){.events = stage->events - thrown_away,
                            .burn_in = first_burn_in(&stage->task->options) + thrown_away};
}

enum ff_status ff_averages_measure(const struct ff_averages_task *task, struct ff_averages *out)
{
    struct stage stage = {.task = task};
    assert(task->n >= FF_N_OBSERVABLES);
    *out = (struct ff_averages){.n = task->n};
    out->items = FF_RAW(struct ff_judged, out->n);
    begin(&stage);
    enum ff_status status = ff_survey_check(stage.survey);
    if (status == FF_OK)
        judge_all(&stage, ff_chance_strict, out);
    while (status == FF_OK && !out->is_converged && out->is_finite && has_budget(&stage)) {
        double_length(&stage);
        judge_all(&stage, ff_chance_strict, out);
        status = ff_survey_check(stage.survey);
    }
    if (status == FF_OK && !out->is_converged)
        judge_all(&stage, ff_chance_final, out);
    note_horizon(&stage, out);
    ff_survey_free(stage.survey);
    free(stage.rows);
    if (status != FF_OK)
        ff_averages_free(out);
    return status;
}

void ff_averages_free(struct ff_averages *averages)
{
    free(averages->items);
}

const char *ff_averages_name(const struct ff_process *process, int index)
{
    static const char *const names[] = {"current", "entropy_production", "activity"};
    return index < FF_AVERAGE_SITES ? names[index] : process->site_names[index - FF_AVERAGE_SITES];
}

struct ff_verdict ff_averages_verdict(const struct ff_averages *averages,
                                      const struct ff_process *process)
{
    if (averages->worst < 0)
        return averages->coverage;
    return ff_verdict_refuse("%.40s: %.110s", ff_averages_name(process, averages->worst),
                             averages->items[averages->worst].verdict.reason);
}
