/* fluxfront simulate: steady-state averages or the time course of the initial design, by exact simulation.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cluster/cluster.h"
#include "command/command.h"
#include "command/json.h"
#include "job/averages.h"

#include <stdlib.h>
#include <string.h>

static void print_row(const char *name, const struct ff_judged *judged, const char *unit)
{
    printf("%-20s %18.10g %12.3g%s%s%s\n", name, judged->evidence.mean,
           judged->evidence.standard_error, unit, judged->verdict.is_converged ? "" : "  ! ",
           judged->verdict.reason);
}

static void print_verdict(const struct ff_averages *averages, const struct ff_verdict *verdict)
{
    char *text = ff_verdict_text(verdict);
    printf("\n%s\n", text);
    free(text);
    printf("%d trajectories of %lld events after %lld\n", averages->n_trajectories,
           (long long)averages->horizon.events, (long long)averages->horizon.burn_in);
}

static void print_table(const struct ff_process *process, const struct ff_averages *averages,
                        const struct ff_verdict *verdict)
{
    enum { MAX_ROWS = 40 };
    const struct ff_judged *sites = averages->items + FF_AVERAGE_SITES;
    printf("%-20s %18s %12s\n", "", "mean", "stderr");
    print_row("current", &averages->items[FF_J], "  per unit time");
    print_row("entropy_production", &averages->items[FF_SIGMA], "  k_B per unit time");
    print_row("activity", &averages->items[FF_AVERAGE_ACTIVITY], "  events per unit time");
    printf("\n%-20s %18s %12s\n", "site", "occupancy", "stderr");
    for (int i = 0; i < process->n_sites && i < MAX_ROWS; i++)
        print_row(process->site_names[i], &sites[i], "");
    if (process->n_sites > MAX_ROWS)
        printf("... %d more, all with --json\n", process->n_sites - MAX_ROWS);
    print_verdict(averages, verdict);
}

static json_t *verdict_text(const struct ff_verdict *verdict)
{
    char *text = ff_verdict_text(verdict);
    json_t *string = json_string(text);
    free(text);
    return string;
}

/* A mean under its name, its standard error and its verdict. */
static void put_average(json_t *document, const char *name, const struct ff_judged *judged)
{
    char key[64];
    ff_json_put(document, name, judged->evidence.mean);
    snprintf(key, sizeof key, "%s_stderr", name);
    ff_json_put(document, key, judged->evidence.standard_error);
    snprintf(key, sizeof key, "%s_converged", name);
    json_object_set_new(document, key, json_integer(judged->verdict.is_converged));
    snprintf(key, sizeof key, "%s_verdict", name);
    json_object_set_new(document, key, verdict_text(&judged->verdict));
}

static void put_sites(json_t *document, const struct ff_process *process,
                      const struct ff_judged *sites)
{
    json_t *means = json_array(), *errors = json_array();
    json_t *converged = json_array(), *verdicts = json_array();
    for (int i = 0; i < process->n_sites; i++) {
        json_array_append_new(means, ff_json_number(sites[i].evidence.mean));
        json_array_append_new(errors, ff_json_number(sites[i].evidence.standard_error));
        json_array_append_new(converged, json_integer(sites[i].verdict.is_converged));
        json_array_append_new(verdicts, verdict_text(&sites[i].verdict));
    }
    json_object_set_new(document, "site", ff_json_texts(process->site_names, process->n_sites));
    json_object_set_new(document, "occupancy", means);
    json_object_set_new(document, "occupancy_stderr", errors);
    json_object_set_new(document, "occupancy_converged", converged);
    json_object_set_new(document, "occupancy_verdict", verdicts);
}

static void print_json(const struct ff_process *process, const struct ff_averages *averages,
                       const struct ff_verdict *verdict)
{
    json_t *document = json_object();
    for (int i = 0; i < FF_AVERAGE_SITES; i++)
        put_average(document, ff_averages_name(process, i), &averages->items[i]);
    put_sites(document, process, averages->items + FF_AVERAGE_SITES);
    json_object_set_new(document, "converged", json_integer(averages->is_converged));
    json_object_set_new(document, "verdict", verdict_text(verdict));
    json_object_set_new(document, "trajectories", json_integer(averages->n_trajectories));
    json_object_set_new(document, "events", json_integer(averages->horizon.events));
    json_object_set_new(document, "burn_in", json_integer(averages->horizon.burn_in));
    ff_json_print(document);
}

/* Rank 0 only: everything that can be wrong before any work is done. */
static enum ff_status prepare(const struct ff_arguments *arguments, struct ff_setup *setup)
{
    TRY(ff_setup_read(arguments, setup));
    if (setup->timecourse.points > 0) {
        CHECK(!arguments->is_strict, FF_ERR_CONFIG,
              "--strict is for averages; %s has a section `timecourse`, and a time course has no "
              "verdict",
              arguments->input);
        return ff_timecourse_check_output(arguments);
    }
    CHECK(arguments->output == NULL, FF_ERR_CONFIG,
          "-o is for time courses; %s has no section `timecourse`", arguments->input);
    ff_setup_enumerate(setup);
    return ff_setup_check_states(setup);
}

/* The exact averages [3 + I] of a chain within the limits of the reference; NULL where there are none. */
static double *find_exact(const struct ff_setup *setup, const double *rates)
{
    const struct ff_system *system = setup->system;
    const int n_sites = system->process->n_sites;
    struct ff_exact *exact;
    if (!setup->reference.is_wanted || setup->chain == NULL ||
        setup->chain->n_states > setup->reference.max_states)
        return NULL;
    if (ff_exact_create(system, setup->plan.functionals, setup->chain, NULL, &exact) != FF_OK)
        return NULL;
    double *values = NULL;
    if (ff_exact_solve(exact, rates) == FF_OK) {
        const struct ff_exact_values observed = ff_exact_observe(exact);
        values = FF_RAW(double, FF_AVERAGE_SITES + n_sites);
        values[FF_J] = observed.current;
        values[FF_SIGMA] = observed.entropy_production;
        values[FF_AVERAGE_ACTIVITY] = observed.activity;
        memcpy(values + FF_AVERAGE_SITES, ff_exact_occupancy(exact),
               sizeof *values * (size_t)n_sites);
    }
    ff_exact_free(exact);
    return values;
}

static enum ff_status report(const struct ff_arguments *arguments, const struct ff_setup *setup,
                             const struct ff_averages *averages)
{
    const struct ff_process *process = setup->system->process;
    CHECK(averages->is_finite, FF_ERR_NUMERICAL,
          "%s: trajectories end in a state that nothing leaves: there are no steady-state averages",
          arguments->input);
    const struct ff_verdict verdict = ff_averages_verdict(averages, process);
    (arguments->is_json ? print_json : print_table)(process, averages, &verdict);
    CHECK(averages->is_converged || !arguments->is_strict, FF_ERR_UNCONVERGED,
          "%s: not converged: %s", arguments->input, verdict.reason);
    if (!averages->is_converged)
        fprintf(stderr, "fluxfront: warning: not converged: %s\n", verdict.reason);
    return FF_OK;
}

static enum ff_status print_averages(const struct ff_arguments *arguments,
                                     const struct ff_setup *setup, const double *rates)
{
    struct ff_averages averages;
    double *exact = find_exact(setup, rates);
    const struct ff_averages_task task = {
        .system = setup->system,
        .chain = setup->chain,
        .rates = rates,
        .n = FF_AVERAGE_SITES + setup->system->process->n_sites,
        .exact = exact,
        .options = setup->plan.evaluation,
        .budget = ff_budget_of_seconds,
        .key = {setup->plan.gradient.seed, 0, 0, FF_PURPOSE_EVALUATE}};
    enum ff_status status = ff_averages_measure(&task, &averages);
    if (status == FF_OK) {
        status = report(arguments, setup, &averages);
        ff_averages_free(&averages);
    }
    free(exact);
    return status;
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
        "plain exact simulation of the initial design (theta = 0): averages with errors and a verdict (section `evaluation`), or the time course (section `timecourse`)",
    .options = FF_OPTION_FROM | FF_OPTION_CONFIG | FF_OPTION_JSON | FF_OPTION_OUTPUT |
               FF_OPTION_FORCE | FF_OPTION_STRICT,
    .is_parallel = true,
    .run = simulate_run,
};
