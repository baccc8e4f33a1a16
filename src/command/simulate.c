/* fluxfront simulate: steady-state averages or the time course of the initial design, by exact simulation.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cluster/cluster.h"
#include "command/command.h"
#include "command/json.h"
#include "simulate/occupancy.h"

#include <math.h>
#include <stdlib.h>

static void print_table(const struct ff_process *process, const struct ff_averages *averages)
{
    enum { MAX_ROWS = 40 };
    const struct ff_means *means = &averages->means;
    printf("%-20s %18s %12s\n", "", "mean", "stderr");
    printf("%-20s %18.10g %12.3g  per unit time\n", "current", means->current,
           means->current_stderr);
    printf("%-20s %18.10g %12.3g  k_B per unit time\n", "entropy_production",
           means->entropy_production, means->entropy_production_stderr);
    printf("%-20s %18.10g %12.3g  events per unit time\n", "activity", averages->activity,
           averages->activity_stderr);
    printf("\n%-20s %18s %12s\n", "site", "occupancy", "stderr");
    for (int i = 0; i < process->n_sites && i < MAX_ROWS; i++)
        printf("%-20s %18.10g %12.3g\n", process->site_names[i], averages->occupancy[i],
               averages->occupancy_stderr[i]);
    if (process->n_sites > MAX_ROWS)
        printf("... %d more, all with --json\n", process->n_sites - MAX_ROWS);
}

static void print_json(const struct ff_process *process, const struct ff_averages *averages)
{
    json_t *document = json_object();
    const struct ff_means *means = &averages->means;
    ff_json_put(document, "current", means->current);
    ff_json_put(document, "current_stderr", means->current_stderr);
    ff_json_put(document, "entropy_production", means->entropy_production);
    ff_json_put(document, "entropy_production_stderr", means->entropy_production_stderr);
    ff_json_put(document, "activity", averages->activity);
    ff_json_put(document, "activity_stderr", averages->activity_stderr);
    json_object_set_new(document, "site", ff_json_texts(process->site_names, process->n_sites));
    json_object_set_new(document, "occupancy",
                        ff_json_numbers(averages->occupancy, process->n_sites));
    json_object_set_new(document, "occupancy_stderr",
                        ff_json_numbers(averages->occupancy_stderr, process->n_sites));
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
    return FF_OK;
}

static enum ff_status print_averages(const struct ff_arguments *arguments,
                                     const struct ff_setup *setup, const double *rates)
{
    const struct ff_draw_key key = {setup->plan.gradient.seed, 0, 0, FF_PURPOSE_EVALUATE};
    struct ff_averages averages;
    ff_averages_measure(setup->system, rates, key, setup->plan.evaluation.horizon,
                        setup->plan.evaluation.trajectories, &averages);
    const bool is_steady = isfinite(averages.means.current) && averages.activity > 0.0;
    if (is_steady)
        (arguments->is_json ? print_json : print_table)(setup->system->process, &averages);
    ff_averages_free(&averages);
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
    double *rates = FF_NEW(double, setup.system->process->n_channels);
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
        "plain exact simulation at theta = 0: averages with errors (section `evaluation`), or the time course (section `timecourse`)",
    .options = FF_OPTION_CONFIG | FF_OPTION_JSON | FF_OPTION_OUTPUT | FF_OPTION_FORCE,
    .is_parallel = true,
    .run = simulate_run,
};
