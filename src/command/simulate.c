/* fluxfront simulate: steady-state averages or the time course of the initial design, by exact simulation.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cluster/cluster.h"
#include "command/command.h"
#include "command/json.h"
#include "simulate/occupancy.h"

#include <math.h>
#include <stdlib.h>

static void print_row(const char *name, struct ff_average average, const char *unit)
{
    printf("%-20s %18.10g %12.3g%s\n", name, average.mean, average.standard_error, unit);
}

static void print_table(const struct ff_process *process, const struct ff_occupancy *occupancy)
{
    enum { MAX_ROWS = 40 };
    printf("%-20s %18s %12s\n", "", "mean", "stderr");
    print_row("current", occupancy->observables[FF_J], "  per unit time");
    print_row("entropy_production", occupancy->observables[FF_SIGMA], "  k_B per unit time");
    print_row("activity", occupancy->activity, "  events per unit time");
    printf("\n%-20s %18s %12s\n", "site", "occupancy", "stderr");
    for (int i = 0; i < process->n_sites && i < MAX_ROWS; i++)
        print_row(process->site_names[i], occupancy->sites[i], "");
    if (process->n_sites > MAX_ROWS)
        printf("... %d more, all with --json\n", process->n_sites - MAX_ROWS);
}

/* A mean under its name, and its standard error. */
static void put_average(json_t *document, const char *name, struct ff_average average)
{
    char stderr_name[64];
    snprintf(stderr_name, sizeof stderr_name, "%s_stderr", name);
    ff_json_put(document, name, average.mean);
    ff_json_put(document, stderr_name, average.standard_error);
}

static void print_json(const struct ff_process *process, const struct ff_occupancy *occupancy)
{
    json_t *document = json_object(), *means = json_array(), *errors = json_array();
    put_average(document, "current", occupancy->observables[FF_J]);
    put_average(document, "entropy_production", occupancy->observables[FF_SIGMA]);
    put_average(document, "activity", occupancy->activity);
    for (int i = 0; i < process->n_sites; i++) {
        json_array_append_new(means, ff_json_number(occupancy->sites[i].mean));
        json_array_append_new(errors, ff_json_number(occupancy->sites[i].standard_error));
    }
    json_object_set_new(document, "site", ff_json_texts(process->site_names, process->n_sites));
    json_object_set_new(document, "occupancy", means);
    json_object_set_new(document, "occupancy_stderr", errors);
    ff_json_print(document);
}

/* Rank 0 only: everything that can be wrong before any work is done. */
static enum ff_status prepare(const struct ff_arguments *arguments, struct ff_setup *setup)
{
    TRY(ff_setup_read(arguments, setup));
    if (setup->timecourse.points > 0)
        return ff_timecourse_check_output(arguments);
    CHECK(arguments->output == NULL, FF_ERR_CONFIG,
          "-o is for time courses; %s has no section `timecourse`", arguments->input);
    return ff_setup_check_states(setup);
}

static enum ff_status print_averages(const struct ff_arguments *arguments,
                                     const struct ff_setup *setup, const double *rates)
{
    const struct ff_draw_key key = {setup->plan.gradient.seed, 0, 0, FF_PURPOSE_EVALUATE};
    struct ff_occupancy occupancy;
    TRY(ff_occupancy_measure(setup->system, rates, key, setup->plan.evaluation.horizon,
                             setup->plan.evaluation.trajectories, &occupancy));
    const bool is_steady =
        isfinite(occupancy.observables[FF_J].mean) && occupancy.activity.mean > 0.0;
    if (is_steady)
        (arguments->is_json ? print_json : print_table)(setup->system->process, &occupancy);
    ff_occupancy_free(&occupancy);
    CHECK(is_steady, FF_ERR_NUMERICAL,
          "%s: trajectories end in a state that nothing leaves: there are no steady-state averages",
          arguments->input);
    return FF_OK;
}

/* Time courses are the work of all ranks, averages that of rank 0. */
static enum ff_status simulate_run(const struct ff_arguments *arguments)
{
    const bool is_first = ff_cluster_rank() == 0;
    struct ff_setup setup = {0};
    enum ff_status status = ff_cluster_share_status(is_first ? prepare(arguments, &setup) : FF_OK);
    if (status != FF_OK) {
        ff_setup_free(&setup);
        return status;
    }
    ff_setup_share(arguments, &setup);
    double *theta = ff_setup_initial_theta(&setup);
    double *rates = FF_RAW(double, setup.system->process->n_channels);
    ff_design_rates(setup.system->design, theta, rates);
    if (setup.timecourse.points > 0)
        status = ff_timecourse_command(arguments, &setup, rates);
    else if (is_first)
        status = print_averages(arguments, &setup, rates);
    free(rates);
    free(theta);
    ff_setup_free(&setup);
    return status;
}

const struct ff_command ff_command_simulate = {
    .name = "simulate",
    .synopsis = "simulate CONFIG [-o FILE.h5|.csv]",
    .doc =
        "plain exact simulation of the initial design (theta = 0): averages with errors (section `evaluation`), or the time course (section `timecourse`)",
    .options =
        FF_OPTION_FROM | FF_OPTION_CONFIG | FF_OPTION_JSON | FF_OPTION_OUTPUT | FF_OPTION_FORCE,
    .is_parallel = true,
    .run = simulate_run,
};
