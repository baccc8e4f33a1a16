/* fluxfront run: the whole front, over all ranks, into one HDF5 file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cluster/cluster.h"
#include "command/command.h"
#include "command/progress.h"
#include "front/bounds.h"
#include "front/verdict.h"
#include "gradient/estimator.h"
#include "store/front_file.h"
#include "store/output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double seconds_between_writes = 30.0;

/* What rank 0 holds during a run. */
struct run {
    const struct ff_arguments *arguments;
    const struct ff_setup *setup;
    struct ff_scheduler *scheduler;
    struct ff_progress *progress;
    double last_write; /* seconds since the start */
    char started[32];
    char *hosts;
};

static struct ff_front_metrics metrics_of(const struct run *run)
{
    const struct ff_front_options *front = &run->setup->front;
    return ff_archive_metrics(ff_scheduler_archive(run->scheduler),
                              front->has_reference_point ? front->reference_point : NULL);
}

static enum ff_status write_file(const struct run *run, const struct ff_reference *reference,
                                 enum ff_run_status status, const char *message)
{
    const struct ff_setup *setup = run->setup;
    double current_scale, entropy_scale;
    ff_scheduler_scales(run->scheduler, &current_scale, &entropy_scale);
    const struct ff_front_record record = {
        .system = setup->system,
        .archive = ff_scheduler_archive(run->scheduler),
        .reference = reference,
        .metrics = metrics_of(run),
        .current_scale = current_scale,
        .entropy_scale = entropy_scale,
        .scout_events = ff_scheduler_scout_events(run->scheduler),
        .config_given = setup->given,
        .config_resolved = setup->resolved,
        .config_from = setup->from,
        .seed = setup->plan.gradient.seed,
        .status = status,
        .message = message,
        .info = {.n_ranks = ff_cluster_size(),
                 .wall_seconds = ff_cluster_seconds(),
                 .started = run->started,
                 .hosts = run->hosts,
                 .command_line = run->arguments->command_line},
    };
    return ff_front_file_write(run->arguments->output, &record);
}

/* After every result: show progress, and now and then leave a file with what there is. */
static void tick(void *context, bool is_new)
{
    struct run *run = context;
    const double now = ff_cluster_seconds();
    int n_planned, n_completed;
    ff_scheduler_progress(run->scheduler, &n_planned, &n_completed);
    if (is_new && n_completed > 0) {
        const struct ff_front_metrics metrics = metrics_of(run);
        ff_progress_update(run->progress, ff_scheduler_archive(run->scheduler), &metrics,
                           ff_scheduler_scout_events(run->scheduler));
    }
    const int n_points = run->setup->front.n_points;
    ff_progress_show(run->progress, n_completed, n_planned > n_points ? n_planned : n_points, now);
    const bool has_points = ff_scheduler_archive(run->scheduler)->n_points > 0;
    if (is_new && has_points && now - run->last_write >= seconds_between_writes) {
        if (write_file(run, NULL, FF_RUN_RUNNING, "") != FF_OK)
            fprintf(stderr, "fluxfront: warning: %s; the run goes on\n", ff_status_message());
        run->last_write = now;
    }
}

/* The exact optimum at every point's scalarisation. */
static enum ff_status find_reference(const struct run *run, struct ff_reference **out)
{
    const struct ff_archive *archive = ff_scheduler_archive(run->scheduler);
    const struct ff_setup *setup = run->setup;
    const size_t n = (size_t)archive->n_points;
    const size_t n_parameters = (size_t)setup->system->design->n_parameters;
    struct ff_scalarization *scalarizations = FF_RAW(struct ff_scalarization, n);
    double *hints = FF_RAW(double, n *n_parameters);
    for (size_t i = 0; i < n; i++) {
        scalarizations[i] = archive->points[i].scalarization;
        hints[i * n_parameters] = NAN;
        if (archive->points[i].status == FF_OK)
            memcpy(hints + i * n_parameters, archive->points[i].theta,
                   sizeof *hints * n_parameters);
    }
    const enum ff_status status = ff_reference_create(
        setup->system, setup->chain, &setup->reference, setup->plan.gradient.seed, scalarizations,
        archive->n_points, hints, out);
    free(scalarizations);
    free(hints);
    return status;
}

/* Add to a message, behind what there is. */
static void say_more(char *message, size_t size, const char *what, const char *why)
{
    const size_t used = strlen(message);
    snprintf(message + used, size - used, "%s%s%s", used > 0 ? "; " : "", what, why);
}

static void say_bounds(const struct run *run, char *text, size_t size)
{
    const struct ff_archive *archive = ff_scheduler_archive(run->scheduler);
    struct ff_bounds_point *points = FF_RAW(struct ff_bounds_point, archive->n_points);
    for (int i = 0; i < archive->n_points; i++)
        points[i] = ff_result_bounds(&archive->points[i]);
    ff_bounds_say(points, archive->n_points, run->setup->system->design, text, size);
    free(points);
}

/* The reference may take long, so the points are in the file before it is begun. */
static enum ff_status finish(const struct run *run)
{
    const struct ff_archive *archive = ff_scheduler_archive(run->scheduler);
    const struct ff_front_metrics metrics = metrics_of(run);
    const struct ff_plan *plan = &run->setup->plan;
    char message[1200] = "", failed[64] = "", unconverged[64] = "", held[600];
    if (metrics.n_failed == archive->n_points) {
        snprintf(message, sizeof message, "every task failed; the first one: %s",
                 archive->points[0].reason);
        TRY(write_file(run, NULL, FF_RUN_FAILED, message));
        return ff_status_raise_from(archive->points[0].place, FF_ERR_NUMERICAL, "%s", message);
    }
    TRY(write_file(run, NULL, FF_RUN_RUNNING, "all points found, exact reference to come"));
    if (metrics.n_failed > 0) {
        snprintf(failed, sizeof failed, "%d of %d tasks failed", metrics.n_failed,
                 archive->n_points);
        say_more(message, sizeof message, failed, "");
    }
    struct ff_reference *reference = NULL;
    if (run->setup->reference.is_wanted && find_reference(run, &reference) != FF_OK)
        say_more(message, sizeof message, "no exact reference: ", ff_status_message());
    const int n_unconverged = ff_verdict_count(archive->points, archive->n_points,
                                               reference != NULL ? reference->objective : NULL);
    if (n_unconverged > 0) {
        snprintf(unconverged, sizeof unconverged, "%d of %d points have not converged",
                 n_unconverged, archive->n_points);
        say_more(message, sizeof message, unconverged, ", see /front/verdict");
    }
    say_bounds(run, held, sizeof held);
    if (held[0] != '\0')
        say_more(message, sizeof message, held, ", see /front/bound_slope");
    const enum ff_status status = write_file(run, reference, FF_RUN_COMPLETE, message);
    ff_reference_free(reference);
    TRY(status);
    printf("%s: %d points by %s and %s, %d non-dominated, %d failed, %d not converged, hypervolume "
           "%.6g, largest gap %.3f, %.1f s on %d rank%s\n",
           run->arguments->output, archive->n_points, plan->gradient.estimator->name,
           plan->optimizer.type->name, metrics.n_nondominated, metrics.n_failed, n_unconverged,
           metrics.hypervolume, metrics.largest_gap, ff_cluster_seconds(), ff_cluster_size(),
           ff_cluster_size() > 1 ? "s" : "");
    if (held[0] != '\0')
        printf("%s: %s, see /front/bound_slope\n", run->arguments->output, held);
    CHECK(metrics.n_failed + n_unconverged == 0 || !run->arguments->is_strict, FF_ERR_UNCONVERGED,
          "%s: %s%s%s", run->arguments->output, failed,
          metrics.n_failed > 0 && n_unconverged > 0 ? "; " : "", unconverged);
    return FF_OK;
}

/* As many as the configuration says, else those that are cheap. */
static int n_random_starts(const struct ff_setup *setup)
{
    enum { SIMULATED = 6 };
    if (setup->front.has_starts || setup->plan.gradient.estimator->is_exact)
        return setup->front.n_starts;
    return setup->chain != NULL ? SIMULATED : 0;
}

/* Rank 0 only; takes part in ff_cluster_run. */
static enum ff_status manage(const struct ff_arguments *arguments, const struct ff_setup *setup,
                             double current_scale, double entropy_scale, char *hosts)
{
    struct run run = {.arguments = arguments, .setup = setup, .hosts = hosts};
    ff_note_start(run.started, sizeof run.started);
    double *level = FF_RAW(double, setup->system->design->n_parameters);
    ff_design_level(setup->system->design, level);
    const struct ff_front_problem problem = {.n_parameters = setup->system->design->n_parameters,
                                             .current_scale = current_scale,
                                             .entropy_scale = entropy_scale,
                                             .is_scale_given =
                                                 setup->system->observables->current_scale > 0.0,
                                             .start = setup->start,
                                             .level = level,
                                             .n_random = n_random_starts(setup),
                                             .seed = setup->plan.gradient.seed};
    ff_scheduler_create(&setup->front, &problem, &run.scheduler);
    free(level);
    ff_progress_create(arguments->is_quiet, arguments->is_verbose, &run.progress);
    const struct ff_source source = ff_scheduler_source(run.scheduler);
    enum ff_status status = ff_cluster_run(&ff_front_kind, &setup->plan, &source, tick, &run);
    ff_progress_free(run.progress);
    if (status == FF_OK)
        status = finish(&run);
    ff_scheduler_free(run.scheduler);
    return status;
}

/* The exact estimator, which an optimiser may need too, needs states that can be enumerated; to be told before the output
 * is touched. */
static enum ff_status check_estimator(const struct ff_plan *plan)
{
    const struct ff_estimator_type *estimator = plan->gradient.estimator;
    struct ff_gradient *gradient;
    if (ff_gradient_create(plan->system, plan->functionals, plan->chain, &plan->gradient,
                           &gradient) != FF_OK)
        return ff_status_raise_from(ff_status_place(), FF_ERR_CONFIG, "gradient.estimator: %s",
                                    ff_status_message());
    ff_gradient_free(gradient);
    CHECK(estimator->is_exact || !plan->optimizer.type->needs_exact, FF_ERR_CONFIG,
          "optimizer.kind: `%s` needs a gradient without noise, but gradient.estimator `auto` "
          "became `%s`, the states being too many%s; use `trust`, which knows the noise",
          plan->optimizer.type->name, estimator->name,
          plan->chain != NULL ? " for `exact` unless it is asked for" : "");
    return FF_OK;
}

/* Rank 0 only: everything that can be wrong before any work is done. */
static enum ff_status prepare(const struct ff_arguments *arguments, struct ff_setup *setup,
                              double *current_scale, double *entropy_scale)
{
    TRY(ff_setup_read(arguments, setup));
    TRY(ff_observables_check_front(setup->system->observables));
    ff_setup_enumerate(setup);
    TRY(ff_setup_check_states(setup));
    TRY(check_estimator(&setup->plan));
    TRY(ff_output_check(arguments->output, arguments->is_forced));
    return ff_setup_scales(setup, current_scale, entropy_scale);
}

static enum ff_status run_run(const struct ff_arguments *arguments)
{
    const bool is_manager = ff_cluster_rank() == 0;
    double current_scale = 1.0, entropy_scale = 1.0;
    struct ff_setup setup = {0};
    enum ff_status status = FF_OK;
    if (is_manager)
        status = prepare(arguments, &setup, &current_scale, &entropy_scale);
    status = ff_cluster_share_status(status);
    if (status != FF_OK) {
        ff_setup_free(&setup);
        return status;
    }
    ff_setup_share(arguments, &setup);
    if (!is_manager)
        ff_setup_enumerate(&setup);
    char *hosts = ff_cluster_hosts();
    if (is_manager)
        status = manage(arguments, &setup, current_scale, entropy_scale, hosts);
    else
        status = ff_cluster_run(&ff_front_kind, &setup.plan, NULL, NULL, NULL);
    free(hosts);
    ff_setup_free(&setup);
    return ff_cluster_share_status(status);
}

const struct ff_command ff_command_run = {
    .name = "run",
    .synopsis = "run CONFIG -o FRONT.h5",
    .doc = "map the front, with mpirun on many ranks or without it on one",
    .options = FF_OPTION_FROM | FF_OPTION_OUTPUT | FF_OPTION_MUST_OUTPUT | FF_OPTION_FORCE |
               FF_OPTION_CONFIG | FF_OPTION_VERBOSITY | FF_OPTION_STRICT,
    .is_parallel = true,
    .run = run_run,
};
