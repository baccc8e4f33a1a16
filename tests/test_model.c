/* Models, designs and observables: what configurations build, which are refused and why, and the map.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/system.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"

enum { MAX = 16 };

/* A few roundings of numbers of the size of `expected`. */
#define assert_rounded(actual, expected)                                                           \
    assert_near(actual, expected, 1e-14 * (1.0 + fabs(expected)))

static enum ff_status try_system(const char *text, struct ff_system **out)
{
    struct ff_yaml *document;
    *out = NULL;
    enum ff_status status = ff_yaml_read_text("c.yaml", text, &document);
    if (status != FF_OK)
        return status;
    status = ff_system_read(ff_yaml_root(document), out);
    ff_yaml_free(document);
    return status;
}

static struct ff_system *system_of(const char *text)
{
    struct ff_system *system;
    if (try_system(text, &system) != FF_OK)
        fail_msg("refused: %s", ff_status_message());
    return system;
}

static void assert_refused(const char *text, const char *message)
{
    struct ff_system *system;
    assert_int_equal(try_system(text, &system), FF_ERR_CONFIG);
    assert_string_equal(ff_status_message(), message);
    assert_null(system);
}

/* Channel r hops from one site to another at this rate, and its reverse is `reverse`. */
static void assert_hop(const struct ff_process *process, const char *name, int from, int to,
                       double rate, const char *reverse)
{
    const int r = ff_process_find_channel(process, name);
    assert_true(r >= 0);
    assert_true(process->rates[r] == rate);
    assert_int_equal(process->reverse[r],
                     reverse != NULL ? ff_process_find_channel(process, reverse) : -1);
    assert_int_equal(process->reactant_site[process->reactant_start[r]], from);
    int x[MAX] = {0};
    for (int e = process->change_start[r]; e < process->change_start[r + 1]; e++)
        x[process->change_site[e]] += process->change_amount[e];
    for (int i = 0; i < process->n_sites; i++)
        assert_int_equal(x[i], (i == to) - (i == from));
}

/* ---- builders ------------------------------------------------------------------------------- */

static void ring_has_one_edge_from_each_site_to_the_next(void **state)
{
    (void)state;
    struct ff_system *system = system_of("model: {kind: ring, sites: 3, walkers: 5, "
                                         "forward: [1, 2, 3], backward: 0.25}\n");
    const struct ff_process *process = system->process;
    assert_int_equal(process->n_sites, 3);
    assert_int_equal(process->n_channels, 6);
    assert_int_equal(process->n_edges, 3);
    assert_int_equal(process->n_walkers, 5);
    assert_hop(process, "0->1", 0, 1, 1.0, "1->0");
    assert_hop(process, "1->0", 1, 0, 0.25, "0->1");
    assert_hop(process, "1->2", 1, 2, 2.0, "2->1");
    assert_hop(process, "2->0", 2, 0, 3.0, "0->2");
    assert_hop(process, "0->2", 0, 2, 0.25, "2->0");
    assert_int_equal(process->edge_forward[ff_process_find_edge(process, "2->0")],
                     ff_process_find_channel(process, "2->0"));
    assert_int_equal(ff_process_find_edge(process, "0->2"), -1);
    ff_system_free(system);
}

static void network_keeps_names_and_parallel_edges(void **state)
{
    (void)state;
    struct ff_system *system =
        system_of("model:\n"
                  "  kind: network\n"
                  "  states: [A, B, C]\n"
                  "  edges:\n"
                  "    - {from: A, to: B, forward: 2, backward: 1}\n"
                  "    - {from: A, to: B, forward: 4, backward: 3, name: fuel}\n"
                  "    - {from: B, to: C, forward: 5, backward: 0}\n"
                  "    - {from: C, to: A, forward: 6, backward: 0, name: out}\n"
                  "objective: {current: {fuel: 1}, exclude: [\"B->C\", \"out+\"]}\n");
    const struct ff_process *process = system->process;
    assert_int_equal(process->n_channels, 6);
    assert_int_equal(process->n_edges, 4);
    assert_string_equal(process->site_names[2], "C");
    assert_hop(process, "A->B", 0, 1, 2.0, "B->A");
    assert_hop(process, "B->A", 1, 0, 1.0, "A->B");
    assert_hop(process, "fuel+", 0, 1, 4.0, "fuel-");
    assert_hop(process, "fuel-", 1, 0, 3.0, "fuel+");
    assert_hop(process, "B->C", 1, 2, 5.0, NULL);
    assert_hop(process, "out+", 2, 0, 6.0, NULL);
    assert_int_equal(process->edge_forward[ff_process_find_edge(process, "fuel")],
                     ff_process_find_channel(process, "fuel+"));
    ff_system_free(system);
}

static void channels_that_share_a_site_affect_each_other(void **state)
{
    (void)state;
    struct ff_system *system = system_of("model: {kind: ring, sites: 5}\n");
    const struct ff_process *process = system->process;
    for (int r = 0; r < process->n_channels; r++) {
        bool is_affected[MAX] = {false};
        for (int e = process->affected_start[r]; e < process->affected_start[r + 1]; e++) {
            assert_false(is_affected[process->affected[e]]);
            is_affected[process->affected[e]] = true;
        }
        for (int s = 0; s < process->n_channels; s++) {
            bool reads_change = false;
            for (int e = process->change_start[r]; e < process->change_start[r + 1]; e++)
                reads_change = reads_change || process->change_site[e] == process->reactant_site[s];
            assert_int_equal(is_affected[s], reads_change);
        }
    }
    ff_system_free(system);
}

#define NETWORK(states, edges) "model: {kind: network, states: [" states "], edges: [" edges "]}\n"
#define EDGE(from, to) "{from: " from ", to: " to ", forward: 1, backward: 1}"
#define ONE_WAY(from, to) "{from: " from ", to: " to ", forward: 1, backward: 0}"

static void impossible_networks_are_refused_with_the_reason(void **state)
{
    (void)state;
    assert_refused(NETWORK("A", EDGE("A", "A")),
                   "c.yaml:1:32: model.states: a network needs at least two states, got 1");
    assert_refused(NETWORK("A, B, A", EDGE("A", "B")),
                   "c.yaml:1:39: model.states[2]: state `A` is listed twice");
    assert_refused(NETWORK("A, B", ""),
                   "c.yaml:1:47: model.edges: the network is empty: it has no edges");
    assert_refused(NETWORK("A, B", EDGE("A", "A")),
                   "c.yaml:1:48: model.edges[0]: an edge must join two different states, got `A` "
                   "twice");
    assert_refused(NETWORK("Alpha, B", EDGE("Alpa", "B")),
                   "c.yaml:1:59: model.edges[0].from: no state is called `Alpa`; did you mean "
                   "`Alpha`?");
    assert_refused(NETWORK("A, B", EDGE("A", "B") ", " EDGE("B", "A")),
                   "c.yaml:1:91: model.edges[1]: the name `A->B` exists already; give parallel "
                   "edges a `name` each");
    assert_refused(NETWORK("A, B, C, D", EDGE("A", "B") ", " EDGE("C", "D")),
                   "c.yaml:1:32: model.states: the network is disconnected: `C` cannot be reached "
                   "from `A`");
    assert_refused(NETWORK("A, B", ONE_WAY("A", "B")),
                   "c.yaml:1:32: model.states: state `B` is absorbing: no channel leaves it");
    assert_refused(NETWORK("A, B, C", ONE_WAY("A", "B") ", " EDGE("B", "C")),
                   "c.yaml:1:32: model.states: the network has a trap: `A` cannot be reached from "
                   "`B`");
}

static void ambiguous_edge_names_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        NETWORK("A, B", EDGE("A", "B") ", {name: \"A->B\", from: B, to: A, forward: 1, "
                                       "backward: 1}"),
        NETWORK("A, B", "{name: x, from: A, to: B, forward: 1, backward: 1}, "
                        "{name: x+, from: B, to: A, forward: 1, backward: 1}"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct ff_system *system;
        assert_int_equal(try_system(texts[i], &system), FF_ERR_CONFIG);
    }
}

static void impossible_rings_are_refused_with_the_reason(void **state)
{
    (void)state;
    assert_refused("seed: 1\n", "c.yaml:1:1: top level: the section `model` is missing");
    assert_refused("model: {kind: ring, sites: 2}\n",
                   "c.yaml:1:28: model.sites: must be from 3 to 1000000, got 2");
    assert_refused("model: {kind: ring, sites: 3, forward: 0}\n",
                   "c.yaml:1:40: model.forward: must be greater than 0, got 0");
    assert_refused("model: {kind: ring, sites: 3, forward: [1, 2]}\n",
                   "c.yaml:1:40: model.forward: must have one rate for each of the 3 edges, got 2");
    assert_refused("model: {kind: ring, sites: 3, states: [A]}\n",
                   "c.yaml:1:31: model.states: unknown key; did you mean `sites`?");
}

/* ---- disorder ------------------------------------------------------------------------------- */

#define DISORDERED(n, seed)                                                                        \
    "model: {kind: ring, sites: " n ", forward: 2, backward: 0.5, "                                \
    "disorder: {barrier: 0.7, energy: 1.1, seed: " seed "}}\n"

static double affinity(const struct ff_process *process)
{
    double sum = 0.0;
    for (int e = 0; e < process->n_edges; e++) {
        const int forward = process->edge_forward[e];
        sum += log(process->rates[forward] / process->rates[process->reverse[forward]]);
    }
    return sum;
}

static void disorder_leaves_the_affinity(void **state)
{
    (void)state;
    struct ff_system *system = system_of(DISORDERED("7", "3"));
    const struct ff_process *process = system->process;
    assert_near(affinity(process), 7.0 * log(2.0 / 0.5), 1e-13);
    for (int e = 0; e < process->n_edges; e++) {
        const int forward = process->edge_forward[e];
        const double force = log(process->rates[forward] / process->rates[forward + 1]);
        assert_false(fabs(force - log(4.0)) < 1e-3);
    }
    ff_system_free(system);
}

static void disorder_is_a_function_of_its_seed(void **state)
{
    (void)state;
    struct ff_system *first = system_of(DISORDERED("7", "3"));
    struct ff_system *same = system_of(DISORDERED("7", "3"));
    struct ff_system *other = system_of(DISORDERED("7", "4"));
    for (int r = 0; r < first->process->n_channels; r++) {
        assert_true(first->process->rates[r] == same->process->rates[r]);
        assert_true(first->process->rates[r] != other->process->rates[r]);
    }
    ff_system_free(first);
    ff_system_free(same);
    ff_system_free(other);
}

/* ---- design --------------------------------------------------------------------------------- */

static void designs_change_what_they_say(void **state)
{
    (void)state;
    const double theta[2] = {0.3, -0.8};
    double k[6];
    struct ff_system *rates = system_of(
        "model: {kind: ring, sites: 3}\ndesign: {kind: rates, free: [\"2->1\", \"0->1\"]}\n");
    assert_int_equal(rates->design->n_parameters, 2);
    assert_string_equal(rates->design->parameter_names[0], "0->1");
    ff_design_rates(rates->design, theta, k);
    const double of_rates[] = {exp(0.3), 0.5, 1.0, 0.5 * exp(-0.8), 1.0, 0.5};
    for (int r = 0; r < 6; r++)
        assert_rounded(k[r], of_rates[r]);
    ff_system_free(rates);

    struct ff_system *linear =
        system_of("model: {kind: ring, sites: 3}\n"
                  "design: {kind: linear, parameters: {load: {\"0->1\": 0.65, \"1->0\": -0.35}, "
                  "heat: {\"0->1\": 2, \"2->0\": 1}}}\n");
    assert_string_equal(linear->design->parameter_names[1], "heat");
    ff_design_rates(linear->design, theta, k);
    const double of_linear[] = {
        exp(0.65 * 0.3 - 1.6), 0.5 * exp(-0.35 * 0.3), 1.0, 0.5, exp(-0.8), 0.5};
    for (int r = 0; r < 6; r++)
        assert_rounded(k[r], of_linear[r]);
    ff_system_free(linear);
}

static void forces_change_affinities_but_not_barriers(void **state)
{
    (void)state;
    const double theta[3] = {0.3, -0.8, 1.7};
    double k[6];
    struct ff_system *system = system_of("model: {kind: ring, sites: 3}\ndesign: {kind: forces}\n");
    assert_int_equal(system->design->n_parameters, 3);
    ff_design_rates(system->design, theta, k);
    for (int e = 0; e < 3; e++) {
        assert_string_equal(system->design->parameter_names[e], system->process->edge_names[e]);
        assert_rounded(log(k[2 * e] / k[2 * e + 1]), log(2.0) + theta[e]);
        assert_rounded(k[2 * e] * k[2 * e + 1], 0.5);
    }
    ff_system_free(system);
}

static void budgets_fix_the_sum_over_their_channels_only(void **state)
{
    (void)state;
    double theta[6], k[6];
    for (int p = 0; p < 6; p++)
        theta[p] = sin(p + 1.0);
    struct ff_system *system =
        system_of("model: {kind: ring, sites: 3}\n"
                  "design: {budget: {total: 2.5, channels: [\"0->1\", \"1->2\", \"0->2\"]}}\n");
    ff_design_rates(system->design, theta, k);
    assert_rounded(k[0] + k[2] + k[5], 2.5);
    assert_rounded(k[0] / k[2], exp(theta[0] - theta[2]));
    assert_rounded(k[0] / k[5], exp(theta[0] - theta[5]) / 0.5);
    assert_rounded(k[1], 0.5 * exp(theta[1]));
    assert_rounded(k[4], exp(theta[4]));
    ff_system_free(system);
}

static const char *const mapped_designs[] = {
    "design: {kind: rates}\n",
    "design: {kind: rates, budget: {total: 3}}\n",
    "design: {kind: forces, budget: {total: 3}}\n",
    "design: {kind: rates, free: [\"0->1\", \"3->2\"], budget: {total: 3, channels: [\"0->1\", "
    "\"2->3\"]}}\n",
    "design: {kind: linear, parameters: {a: {\"0->1\": 0.65, \"1->0\": -2}, b: {\"0->1\": 3}}, "
    "budget: {total: 3}}\n",
};

static struct ff_system *mapped_system(size_t i)
{
    char text[512];
    snprintf(text, sizeof text, "model: {kind: ring, sites: 4, disorder: {energy: 1}}\n%s",
             mapped_designs[i]);
    return system_of(text);
}

static void pull_back_equals_finite_differences_of_the_map(void **state)
{
    (void)state;
    const double step = 1e-5;
    for (size_t i = 0; i < sizeof mapped_designs / sizeof *mapped_designs; i++) {
        struct ff_system *system = mapped_system(i);
        const int n_channels = system->process->n_channels;
        double theta[MAX], k[MAX], gradient[MAX], pulled[MAX];
        for (int p = 0; p < MAX; p++) {
            theta[p] = 0.4 * sin(3.0 * p + 1.0);
            gradient[p] = cos(2.0 * p + 0.5);
        }
        ff_design_rates(system->design, theta, k);
        ff_design_pull_back(system->design, k, gradient, pulled);
        for (int p = 0; p < system->design->n_parameters; p++) {
            double up[MAX], down[MAX], slope = 0.0;
            const double centre = theta[p];
            theta[p] = centre + step;
            ff_design_rates(system->design, theta, up);
            theta[p] = centre - step;
            ff_design_rates(system->design, theta, down);
            theta[p] = centre;
            for (int r = 0; r < n_channels; r++)
                slope += gradient[r] * log(up[r] / down[r]) / (2.0 * step);
            /* The map is smooth with derivatives of order one: step^2, and roundings / step. */
            assert_near(pulled[p], slope, 1e-9);
        }
        ff_system_free(system);
    }
}

static void metric_is_the_diagonal_of_the_pulled_back_one(void **state)
{
    (void)state;
    const double metric[6] = {1, 2, 3, 4, 5, 6};
    double theta_metric[6];
    struct ff_system *system =
        system_of("model: {kind: ring, sites: 3}\n"
                  "design: {kind: linear, parameters: {a: {\"0->1\": 3, \"1->0\": -2}, "
                  "b: {\"0->1\": 1, \"0->2\": 0.5}}}\n");
    ff_design_metric(system->design, metric, theta_metric);
    assert_rounded(theta_metric[0], 9.0 * 1.0 + 4.0 * 2.0);
    assert_rounded(theta_metric[1], 1.0 * 1.0 + 0.25 * 6.0);
    ff_system_free(system);
}

#define UNEVEN "model: {kind: ring, sites: 3, forward: [1, 2, 5], backward: [0.5, 0.1, 3]}\n"

static void at_the_level_design_free_rates_are_all_alike(void **state)
{
    (void)state;
    double theta[6], k[6];
    struct ff_system *system = system_of(UNEVEN "design: {kind: rates, budget: {total: 12}}\n");
    ff_design_level(system->design, theta);
    ff_design_rates(system->design, theta, k);
    for (int r = 0; r < 6; r++)
        assert_rounded(k[r], 2.0);
    ff_system_free(system);
}

/* No force changes the product of the two rates of an edge. */
static void at_the_level_design_of_forces_both_rates_of_an_edge_are_alike(void **state)
{
    (void)state;
    const double products[3] = {1.0 * 0.5, 2.0 * 0.1, 5.0 * 3.0};
    double theta[3], k[6];
    struct ff_system *system = system_of(UNEVEN "design: {kind: forces}\n");
    ff_design_level(system->design, theta);
    ff_design_rates(system->design, theta, k);
    for (int e = 0; e < 3; e++) {
        assert_rounded(k[2 * e], sqrt(products[e]));
        assert_rounded(k[2 * e + 1], sqrt(products[e]));
    }
    ff_system_free(system);
}

/* Against the normal equations [[5/4, 1/2], [1/2, 5/4]] theta = A' (mean - log k0). */
static void the_level_design_of_overlapping_columns_is_that_of_least_squares(void **state)
{
    (void)state;
    double theta[2];
    struct ff_system *system =
        system_of(UNEVEN "design: {kind: linear, parameters: {a: {\"0->1\": 1, \"1->0\": 0.5}, "
                         "b: {\"0->1\": 0.5, \"1->2\": 1}}}\n");
    const double mean = log(1.0 * 2.0 * 5.0 * 0.5 * 0.1 * 3.0) / 6.0;
    const double a = mean - log(1.0) + 0.5 * (mean - log(0.5));
    const double b = 0.5 * (mean - log(1.0)) + mean - log(2.0);
    ff_design_level(system->design, theta);
    /* The farther of its two modes has decayed by (4/7)^30. */
    assert_near(theta[0], (1.25 * a - 0.5 * b) / (1.25 * 1.25 - 0.25), 1e-7);
    assert_near(theta[1], (1.25 * b - 0.5 * a) / (1.25 * 1.25 - 0.25), 1e-7);
    ff_system_free(system);
}

static void the_level_design_lies_within_the_bounds(void **state)
{
    (void)state;
    double theta[3];
    struct ff_system *system = system_of(UNEVEN "design: {kind: forces, bounds: [-2, 2]}\n");
    ff_design_level(system->design, theta);
    assert_rounded(theta[0], log(0.5));
    assert_true(theta[1] == -2.0);
    assert_rounded(theta[2], log(0.6));
    ff_system_free(system);
}

static void clipping_brings_theta_into_the_bounds(void **state)
{
    (void)state;
    double theta[3] = {-3.0, 0.5, 3.0};
    struct ff_system *system =
        system_of("model: {kind: ring, sites: 3}\ndesign: {kind: forces, bounds: [-1, 2]}\n");
    ff_design_clip(system->design, theta);
    assert_true(theta[0] == -1.0 && theta[1] == 0.5 && theta[2] == 2.0);
    ff_system_free(system);
}

static void impossible_designs_are_refused_with_the_reason(void **state)
{
    (void)state;
#define RING "model: {kind: ring, sites: 3}\n"
    assert_refused(RING "design: {kind: forces, free: [\"0->1\"]}\n",
                   "c.yaml:2:30: design.free: belongs to `kind: rates`, not `forces`");
    assert_refused(RING "design: {free: [\"0->1\", \"0->1\"]}\n",
                   "c.yaml:2:25: design.free[1]: channel `0->1` is listed twice");
    assert_refused(RING "design: {free: []}\n",
                   "c.yaml:2:16: design.free: names no channels; list some or write `all`");
    assert_refused(RING "design: {free: [\"0->7\"]}\n",
                   "c.yaml:2:17: design.free[0]: no channel is called `0->7`; did you mean "
                   "`0->1`?");
    assert_refused(RING "design: {budget: {total: 0}}\n",
                   "c.yaml:2:26: design.budget.total: must be greater than 0, got 0");
    assert_refused(RING "design: {kind: linear}\n",
                   "c.yaml:2:9: design: the key `parameters` is missing");
    assert_refused("model: {kind: ring, sites: 3, backward: 0}\ndesign: {kind: forces}\n",
                   "c.yaml:1:41: model.backward: must be greater than 0, got 0");
}

/* ---- observables ---------------------------------------------------------------------------- */

static void currents_count_forward_minus_backward(void **state)
{
    (void)state;
    struct ff_system *all = system_of(RING "objective: {current: all}\n");
    for (int r = 0; r < 6; r++)
        assert_rounded(all->observables->current[r], (r % 2 == 0 ? 1.0 : -1.0) / 3.0);
    ff_system_free(all);

    /* A backward channel's name stands for the edge walked the other way. */
    struct ff_system *some =
        system_of(RING "objective: {current: {\"0->1\": 2, \"2->1\": 0.5, \"2->0\": -1}}\n");
    const double expected[6] = {2.0, -2.0, -0.5, 0.5, -1.0, 1.0};
    for (int r = 0; r < 6; r++)
        assert_rounded(some->observables->current[r], expected[r]);
    ff_system_free(some);
    assert_refused(RING "objective: {current: {\"0->7\": 1}}\n",
                   "c.yaml:2:31: objective.current.0->7: no edge is called `0->7`; did you mean "
                   "`0->1`?");
    assert_refused(RING "objective: {current: {}}\n",
                   "c.yaml:2:22: objective.current: names no edge; write `all` or {edge: weight}");
}

static void excluded_channels_have_no_entropy(void **state)
{
    (void)state;
    struct ff_system *system = system_of(RING "objective: {exclude: [\"1->0\"]}\n");
    const double k[6] = {4.0, 2.0, 1.0, 0.5, 3.0, 1.5}, flux[6] = {1, 2, 3, 4, 5, 6};
    double s[6], gradient[6] = {0};
    ff_observables_entropy(system->observables, system->process, k, s);
    const struct ff_functional *sigma = &ff_system_functionals(system).items[FF_SIGMA];
    sigma->add_explicit(sigma, system->process, flux, gradient);
    const double entropy[6] = {log(2.0), 0.0, log(2.0), -log(2.0), log(2.0), -log(2.0)};
    const double explicit_part[6] = {1.0, -1.0, 3.0 - 4.0, 4.0 - 3.0, 5.0 - 6.0, 6.0 - 5.0};
    for (int r = 0; r < 6; r++) {
        assert_rounded(s[r], entropy[r]);
        assert_rounded(gradient[r], explicit_part[r]);
    }
    ff_system_free(system);
}

static void entropy_of_an_irreversible_channel_is_refused(void **state)
{
    (void)state;
    static const char edges[] = NETWORK("A, B", ONE_WAY("A", "B") ", " ONE_WAY("B", "A"));
    char text[512];
    snprintf(text, sizeof text, "%sobjective: {exclude: [\"A->B\"]}\n", edges);
    assert_refused(text, "c.yaml:2:12: objective: channel `B->A` has no reverse, so its entropy "
                         "production is infinite; give its edge a backward rate or list it under "
                         "`exclude`");
    snprintf(text, sizeof text, "%sobjective: {exclude: [\"A->B\", \"B->A\"]}\n", edges);
    ff_system_free(system_of(text));
}

static void analytic_bound_applies_only_where_it_is_proven(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double total;
    } cases[] = {
        {RING "design: {budget: {total: 6}}\n", 2.0},
        {RING "design: {kind: forces, budget: {total: 6}}\n", 2.0},
        {RING "design: {budget: {total: 6}}\nobjective: {current: {\"1->2\": 1}}\n", 2.0},
        {RING "design: {budget: {total: 6}}\nobjective: {current: {\"1->2\": 2}}\n", 0.0},
        {RING "design: {budget: {total: 6}}\nobjective: {exclude: [\"0->1\"]}\n", 0.0},
        {RING "design: {budget: {total: 6, channels: [\"0->1\", \"1->2\", \"2->0\"]}}\n", 0.0},
        {RING "design: {kind: rates}\n", 0.0},
        {NETWORK("A, B, C", EDGE("A", "B") ", " EDGE("B", "C") ", " EDGE("C", "A")) //
         "design: {budget: {total: 6}}\n",
         0.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ff_system *system = system_of(cases[i].text);
        assert_rounded(system->bound_total, cases[i].total);
        ff_system_free(system);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_has_one_edge_from_each_site_to_the_next),
        cmocka_unit_test(network_keeps_names_and_parallel_edges),
        cmocka_unit_test(channels_that_share_a_site_affect_each_other),
        cmocka_unit_test(impossible_networks_are_refused_with_the_reason),
        cmocka_unit_test(ambiguous_edge_names_are_refused),
        cmocka_unit_test(impossible_rings_are_refused_with_the_reason),
        cmocka_unit_test(disorder_leaves_the_affinity),
        cmocka_unit_test(disorder_is_a_function_of_its_seed),
        cmocka_unit_test(designs_change_what_they_say),
        cmocka_unit_test(forces_change_affinities_but_not_barriers),
        cmocka_unit_test(budgets_fix_the_sum_over_their_channels_only),
        cmocka_unit_test(pull_back_equals_finite_differences_of_the_map),
        cmocka_unit_test(metric_is_the_diagonal_of_the_pulled_back_one),
        cmocka_unit_test(at_the_level_design_free_rates_are_all_alike),
        cmocka_unit_test(at_the_level_design_of_forces_both_rates_of_an_edge_are_alike),
        cmocka_unit_test(the_level_design_of_overlapping_columns_is_that_of_least_squares),
        cmocka_unit_test(the_level_design_lies_within_the_bounds),
        cmocka_unit_test(clipping_brings_theta_into_the_bounds),
        cmocka_unit_test(impossible_designs_are_refused_with_the_reason),
        cmocka_unit_test(currents_count_forward_minus_backward),
        cmocka_unit_test(excluded_channels_have_no_entropy),
        cmocka_unit_test(entropy_of_an_irreversible_channel_is_refused),
        cmocka_unit_test(analytic_bound_applies_only_where_it_is_proven),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
