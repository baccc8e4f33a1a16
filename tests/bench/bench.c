/* Cost of simulation and of gradients: ns per event, against the size of the system.
 *
 * Prints a table on standard error and one JSON document on standard output. Every figure is the least of several
 * rounds, in processor time; rounds of all cases are interleaved, so that a noisy machine is noisy for all.
 * Usage: bench [ROUNDS]
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "command/json.h"
#include "gradient/estimator.h"
#include "gradient/gradient.h"
#include "simulate/lanes.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_CASES = 16, EVENTS = 400000, DEFAULT_ROUNDS = 7, MOST_STATES = 4096 };

/* The kernels of simulate/lanes.h. */
static const struct {
    const char *name;
    ff_lanes_kernel *run;
} kernels[] = {
    {"plain C", ff_lanes_portable}, {"AVX2", ff_lanes_avx2}, {"AVX-512", ff_lanes_avx512}};
enum { N_KERNELS = sizeof kernels / sizeof *kernels };

/* What is timed. */
struct bench_case {
    const char *name, *model;
    bool is_tracked; /* gradient by `score` besides plain simulation */
    struct ff_system *system;
    double plain_ns, tracked_ns; /* least so far */
    double lanes_ns[N_KERNELS];  /* the same, by kernel; 0 where there is none */
};

static struct bench_case cases[] = {
    {"ring, 6 sites", "{kind: ring, sites: 6}", true, NULL, 1e30, 1e30, {0}},
    {"ring, 6 sites, 10 walkers",
     "{kind: ring, sites: 6, walkers: 10}",
     true,
     NULL,
     1e30,
     1e30,
     {0}},
    {"ring, 64 sites", "{kind: ring, sites: 64}", true, NULL, 1e30, 1e30, {0}},
    {"telegraph promoter",
     "{kind: reactions, species: {off: 1, on: 0, m: 0}, reactions: "
     "[\"off <-> on @ 0.5, 10\", \"on -> on + m @ 100\", \"m -> 0 @ 1\"]}",
     true,
     NULL,
     1e30,
     1e30,
     {0}},
    {"exclusion, 10 sites",
     "{kind: exclusion, sites: 10, particles: 5}",
     true,
     NULL,
     1e30,
     1e30,
     {0}},
    {"exclusion, 64 sites",
     "{kind: exclusion, sites: 64, particles: 32}",
     true,
     NULL,
     1e30,
     1e30,
     {0}},
    {"exclusion, 1024 sites",
     "{kind: exclusion, sites: 1024, particles: 512}",
     true,
     NULL,
     1e30,
     1e30,
     {0}},
    {"exclusion, 65536 sites",
     "{kind: exclusion, sites: 65536, particles: 32768}",
     true,
     NULL,
     1e30,
     1e30,
     {0}},
};
enum { N_CASES = sizeof cases / sizeof *cases };

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void build(struct bench_case *bench)
{
    char text[512];
    snprintf(text, sizeof text, "model: %s\nobjective: {exclude: all}\n", bench->model);
    struct ff_yaml *document;
    if (ff_yaml_read_text(bench->name, text, &document) != FF_OK ||
        ff_system_read(ff_yaml_root(document), &bench->system) != FF_OK)
        ff_status_abort(__FILE__, __LINE__, ff_status_message());
    ff_yaml_free(document);
}

static void time_plain(struct bench_case *bench)
{
    const struct ff_draw_key key = {1, 0, 0, FF_PURPOSE_BASELINE};
    const struct ff_horizon warm = {.events = 1000}, full = {.events = EVENTS};
    double sums[FF_NARROW_ROW];
    struct ff_ensemble ensemble;
    ff_ensemble_create(bench->system, ff_system_functionals(bench->system), NULL, &ensemble);
    ff_ensemble_set(&ensemble, bench->system->process->rates);
    ff_ensemble_trajectory(&ensemble, ff_draw_stream(key, 0), warm, sums);
    /* The start of a trajectory fills the tree, which is no part of an event's cost. */
    const double before = processor_seconds();
    ff_ensemble_trajectory(&ensemble, ff_draw_stream(key, 1), warm, sums);
    const double between = processor_seconds();
    ff_ensemble_trajectory(&ensemble, ff_draw_stream(key, 1), full, sums);
    const double seconds = processor_seconds() - between - (between - before);
    const double ns = 1e9 * seconds / (EVENTS - 1000);
    bench->plain_ns = ns < bench->plain_ns ? ns : bench->plain_ns;
    ff_ensemble_free(&ensemble);
}

/* Those kernels that this processor has; the best is the last of them. */
static void time_lanes(struct bench_case *bench)
{
    const struct ff_draw_key key = {1, 0, 0, FF_PURPOSE_BASELINE};
    const struct ff_block block = ff_block_at(key, FF_N_LANES, 0);
    const struct ff_horizon horizon = {.events = EVENTS / FF_N_LANES};
    double sums[FF_N_LANES * FF_NARROW_ROW];
    struct ff_ensemble ensemble;
    struct ff_chain *chain;
    if (ff_chain_create(bench->system->process, MOST_STATES, &chain) != FF_OK)
        return;
    ff_ensemble_create(bench->system, ff_system_functionals(bench->system), chain, &ensemble);
    ff_ensemble_set(&ensemble, bench->system->process->rates);
    for (int k = 0; k < N_KERNELS && ensemble.lanes != NULL; k++) {
        const double before = processor_seconds();
        ff_lanes_run(ensemble.lanes, kernels[k].run, &block, horizon, FF_NARROW_ROW, sums);
        const double ns = 1e9 * (processor_seconds() - before) / EVENTS;
        if (bench->lanes_ns[k] == 0.0 || ns < bench->lanes_ns[k])
            bench->lanes_ns[k] = ns;
        if (kernels[k].run == ff_lanes_best_kernel())
            break;
    }
    ff_ensemble_free(&ensemble);
    ff_chain_free(chain);
}

static void time_tracked(struct bench_case *bench)
{
    double seconds[2];
    for (int i = 0; i < 2; i++) {
        const struct ff_gradient_options options = {.estimator = &ff_estimator_score,
                                                    .window = 100,
                                                    .tracked = 1,
                                                    .horizon = {.events = i == 0 ? 1000 : EVENTS},
                                                    .seed = 1};
        struct ff_gradient *gradient;
        struct ff_estimate estimate;
        if (ff_gradient_create(bench->system, ff_system_functionals(bench->system), NULL, &options,
                               &gradient) != FF_OK)
            ff_status_abort(__FILE__, __LINE__, ff_status_message());
        ff_estimate_create(gradient, &estimate);
        const double *rates = bench->system->process->rates;
        const double before = processor_seconds();
        if (ff_gradient_estimate(gradient, rates, 0, 0, 1, &estimate) != FF_OK)
            ff_status_abort(__FILE__, __LINE__, ff_status_message());
        seconds[i] = processor_seconds() - before;
        ff_estimate_free(&estimate);
        ff_gradient_free(gradient);
    }
    const double ns = 1e9 * (seconds[1] - seconds[0]) / (EVENTS - 1000);
    bench->tracked_ns = ns < bench->tracked_ns ? ns : bench->tracked_ns;
}

static double random_number_ns(void)
{
    struct ff_stream stream = ff_stream_at(1, 0, FF_PURPOSE_BASELINE, 0, 0);
    double sum = 0.0;
    const double before = processor_seconds();
    for (int i = 0; i < EVENTS; i++)
        sum += ff_stream_uniform(&stream);
    const double seconds = processor_seconds() - before;
    return sum > 0.0 ? 1e9 * seconds / EVENTS : 0.0;
}

static void print_json(double generator_ns)
{
    json_t *document = json_object(), *list = json_array();
    ff_json_put(document, "random_number_ns", generator_ns);
    for (int i = 0; i < N_CASES; i++) {
        json_t *entry = json_object();
        json_object_set_new(entry, "case", json_string(cases[i].name));
        json_object_set_new(entry, "n_channels",
                            json_integer(cases[i].system->process->n_channels));
        ff_json_put(entry, "plain_ns_per_event", cases[i].plain_ns);
        ff_json_put(entry, "events_per_second", 1e9 / cases[i].plain_ns);
        ff_json_put(entry, "tracked_ns_per_event", cases[i].tracked_ns);
        ff_json_put(entry, "tracked_over_plain", cases[i].tracked_ns / cases[i].plain_ns);
        for (int k = 0; k < N_KERNELS && cases[i].lanes_ns[k] > 0.0; k++) {
            char name[64];
            snprintf(name, sizeof name, "lanes_ns_per_event, %s", kernels[k].name);
            ff_json_put(entry, name, cases[i].lanes_ns[k]);
        }
        json_array_append_new(list, entry);
    }
    json_object_set_new(document, "cases", list);
    ff_json_print(document);
}

int main(int argc, char **argv)
{
    const int n_rounds = argc > 1 ? atoi(argv[1]) : DEFAULT_ROUNDS;
    double generator_ns = 1e30;
    for (int i = 0; i < N_CASES; i++)
        build(&cases[i]);
    for (int round = 0; round < n_rounds; round++) {
        const double ns = random_number_ns();
        generator_ns = ns < generator_ns ? ns : generator_ns;
        for (int i = 0; i < N_CASES; i++) {
            time_plain(&cases[i]);
            time_lanes(&cases[i]);
            if (cases[i].is_tracked)
                time_tracked(&cases[i]);
        }
    }
    fprintf(stderr, "%-28s %10s %14s %16s %14s\n", "ns/event", "plain", "events/s",
            "tracked (score)", "over plain");
    for (int i = 0; i < N_CASES; i++)
        fprintf(stderr, "%-28s %10.2f %14.3g %16.2f %14.2f\n", cases[i].name, cases[i].plain_ns,
                1e9 / cases[i].plain_ns, cases[i].tracked_ns,
                cases[i].tracked_ns / cases[i].plain_ns);
    fprintf(stderr, "%-28s %10.2f\n\n%-28s", "one uniform random number", generator_ns,
            "ns/event in lanes");
    for (int k = 0; k < N_KERNELS; k++)
        fprintf(stderr, " %10s", kernels[k].name);
    for (int i = 0; i < N_CASES; i++) {
        if (cases[i].lanes_ns[0] == 0.0)
            continue;
        fprintf(stderr, "\n%-28s", cases[i].name);
        for (int k = 0; k < N_KERNELS && cases[i].lanes_ns[k] > 0.0; k++)
            fprintf(stderr, " %10.2f", cases[i].lanes_ns[k]);
    }
    fprintf(stderr, "\n");
    print_json(generator_ns);
    for (int i = 0; i < N_CASES; i++)
        ff_system_free(cases[i].system);
    return 0;
}
