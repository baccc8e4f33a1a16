/* The time course that `fluxfront simulate` prints or writes where the configuration has a section `timecourse`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cluster/cluster.h"
#include "command/command.h"
#include "command/json.h"
#include "store/output.h"
#include "store/timecourse_file.h"

#include <stdlib.h>
#include <string.h>

/* The trajectories of this rank: every so many from its own number on. */
static enum ff_status measure(const struct ff_setup *setup, const double *rates,
                              struct ff_timecourse_sums *sums)
{
    const struct ff_draw_key key = {setup->plan.gradient.seed, 0, 0, FF_PURPOSE_TIMECOURSE};
    struct ff_engine *engine;
    struct ff_kinetics *kinetics;
    struct ff_walk *walk;
    ff_engine_create(setup->system->process, &engine);
    ff_kinetics_create(setup->system, setup->plan.functionals, &kinetics);
    ff_kinetics_set(kinetics, rates);
    ff_walk_create(engine, &walk);
    enum ff_status status = FF_OK;
    for (int i = ff_cluster_rank(); i < setup->timecourse.trajectories && status == FF_OK;
         i += ff_cluster_size())
        status = ff_timecourse_add(walk, kinetics, ff_draw_stream(key, (uint32_t)i),
                                   &setup->timecourse, sums);
    ff_walk_free(walk);
    ff_kinetics_free(kinetics);
    ff_engine_free(engine);
    return status;
}

/* Collective. On rank 0 the sums become those over all ranks: exact, so the same however they are split. */
static void gather(struct ff_timecourse_sums *sums)
{
    const size_t n_points = (size_t)sums->n_points, n_sites = (size_t)sums->n_sites;
    ff_wide *counts = ff_allocate_raw(n_points + 2, sizeof *counts);
    for (size_t t = 0; t < n_points; t++)
        counts[t] = (ff_wide)sums->reached[t];
    counts[n_points] = (ff_wide)sums->n_events;
    counts[n_points + 1] = (ff_wide)sums->n_truncated;
    ff_cluster_sum(counts, n_points + 2);
    ff_cluster_sum(sums->power[0], 4 * n_points * n_sites);
    for (size_t t = 0; t < n_points; t++)
        sums->reached[t] = (int64_t)counts[t];
    sums->n_events = (int64_t)counts[n_points];
    sums->n_truncated = (int64_t)counts[n_points + 1];
    free(counts);
}

/* A name as a field (RFC 4180): within quotes, themselves doubled, where it would not be one field bare. */
static void print_field(const char *name, FILE *file)
{
    if (strpbrk(name, ",\"\r\n") == NULL) {
        fputs(name, file);
        return;
    }
    fputc('"', file);
    for (const char *c = name; *c != '\0'; c++)
        fputs(*c == '"' ? "\"\"" : (const char[]){*c, '\0'}, file);
    fputc('"', file);
}

/* A header line of names, then one line per time and site; `nan` where there is no estimate. */
static void print_csv(const struct ff_setup *setup, const struct ff_timecourse *course, FILE *file)
{
    const struct ff_process *process = setup->system->process;
    fprintf(file, "time,site,mean,mean_stderr,std,std_stderr\n");
    for (int t = 0; t < setup->timecourse.points; t++)
        for (int i = 0; i < process->n_sites; i++) {
            const size_t k = (size_t)t * (size_t)process->n_sites + (size_t)i;
            fprintf(file, "%.17g,", ff_timecourse_time(&setup->timecourse, t));
            print_field(process->site_names[i], file);
            fprintf(file, ",%.17g,%.17g,%.17g,%.17g\n", course->mean[k], course->mean_stderr[k],
                    course->std[k], course->std_stderr[k]);
        }
}

static void print_json(const struct ff_setup *setup, const struct ff_timecourse_sums *sums,
                       const struct ff_timecourse *course)
{
    const struct ff_process *process = setup->system->process;
    const double *const fields[] = {course->mean, course->mean_stderr, course->std,
                                    course->std_stderr};
    static const char *const names[] = {"mean", "mean_stderr", "std", "std_stderr"};
    json_t *document = json_object(), *times = json_array();
    for (int t = 0; t < sums->n_points; t++)
        json_array_append_new(times, ff_json_number(ff_timecourse_time(&setup->timecourse, t)));
    json_object_set_new(document, "time", times);
    json_object_set_new(document, "site", ff_json_texts(process->site_names, process->n_sites));
    for (int f = 0; f < 4; f++) { /* [time][site] */
        json_t *rows = json_array();
        for (int t = 0; t < sums->n_points; t++)
            json_array_append_new(
                rows,
                ff_json_numbers(fields[f] + (size_t)t * (size_t)sums->n_sites, sums->n_sites));
        json_object_set_new(document, names[f], rows);
    }
    json_object_set_new(document, "n_truncated", json_integer(sums->n_truncated));
    json_object_set_new(document, "n_events", json_integer(sums->n_events));
    ff_json_print(document);
}

static enum ff_status write_csv(const struct ff_setup *setup, const struct ff_timecourse *course,
                                const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    CHECK(file != NULL, FF_ERR_RUNTIME, "no memory for the time course");
    print_csv(setup, course, file);
    fclose(file);
    const enum ff_status status = ff_output_replace(path, text, size);
    free(text);
    return status;
}

static bool has_suffix(const char *path, const char *suffix)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && strcmp(dot, suffix) == 0;
}

enum ff_status ff_timecourse_check_output(const struct ff_arguments *arguments)
{
    const char *path = arguments->output;
    if (path == NULL)
        return FF_OK;
    CHECK(has_suffix(path, ".csv") || has_suffix(path, ".h5"), FF_ERR_CONFIG,
          "%s: a time course is written to a file that ends in .csv or .h5", path);
    return ff_output_check(path, arguments->is_forced);
}

static enum ff_status write_hdf5(const struct ff_arguments *arguments, const struct ff_setup *setup,
                                 const struct ff_timecourse_sums *sums,
                                 const struct ff_timecourse *course, const struct ff_run_info *info)
{
    const struct ff_timecourse_record record = {
        .process = setup->system->process,
        .options = &setup->timecourse,
        .sums = sums,
        .course = course,
        .config_given = setup->given,
        .config_resolved = setup->resolved,
        .config_from = setup->from,
        .seed = setup->plan.gradient.seed,
        .info = *info,
    };
    return ff_timecourse_file_write(arguments->output, &record);
}

/* Rank 0 only. */
static enum ff_status report(const struct ff_arguments *arguments, const struct ff_setup *setup,
                             const struct ff_timecourse_sums *sums, const struct ff_run_info *info)
{
    struct ff_timecourse course;
    enum ff_status status = FF_OK;
    if (sums->n_truncated > 0)
        fprintf(stderr,
                "fluxfront: %lld of %d trajectories reached timecourse.max_events; times that "
                "not all reached have no estimate (nan)\n",
                (long long)sums->n_truncated, setup->timecourse.trajectories);
    ff_timecourse_estimate(sums, setup->timecourse.trajectories, &course);
    if (arguments->output != NULL && has_suffix(arguments->output, ".h5"))
        status = write_hdf5(arguments, setup, sums, &course, info);
    else if (arguments->output != NULL)
        status = write_csv(setup, &course, arguments->output);
    else if (arguments->is_json)
        print_json(setup, sums, &course);
    else
        print_csv(setup, &course, stdout);
    ff_timecourse_free(&course);
    return status;
}

enum ff_status ff_timecourse_command(const struct ff_arguments *arguments,
                                     const struct ff_setup *setup, const double *rates)
{
    struct ff_timecourse_sums sums;
    char started[32], *hosts = ff_cluster_hosts();
    ff_note_start(started, sizeof started);
    ff_timecourse_sums_create(setup->timecourse.points, setup->system->process->n_sites, &sums);
    enum ff_status status = ff_cluster_agree_status(measure(setup, rates, &sums));
    if (status == FF_OK) {
        gather(&sums);
        const struct ff_run_info info = {ff_cluster_size(), ff_cluster_seconds(), started, hosts,
                                         arguments->command_line};
        if (ff_cluster_rank() == 0)
            status = report(arguments, setup, &sums, &info);
    }
    free(hosts);
    ff_timecourse_sums_free(&sums);
    return status;
}
