/* Set-up of a walk, and what changes when a channel fires.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEADROOM_BITS = 6, /* a propensity may grow by 2^6 before the quantum is chosen anew */
    EVENTS_BETWEEN_SUMS = 16384, /* sums are updated by differences, which round */
};
/* ---- engine --------------------------------------------------------------------------------- */

/* Often enough for rounding, and for counts: no event adds more than the largest change. */
static int find_interval(const struct ff_process *process)
{
    int largest = 1;
    for (int e = 0; e < process->change_start[process->n_channels]; e++)
        if (process->change_amount[e] > largest)
            largest = process->change_amount[e];
    const int by_counts = (FF_MAX_COUNT - 1) / largest;
    const int by_rounding = EVENTS_BETWEEN_SUMS + process->n_channels;
    return by_counts < by_rounding ? by_counts : by_rounding;
}

void ff_engine_create(const struct ff_process *process, struct ff_engine **out)
{
    struct ff_engine *engine = FF_NEW(struct ff_engine, 1);
    engine->process = process;
    engine->events_between_sums = find_interval(process);
    ff_stencils_create(process, &engine->stencils);
    *out = engine;
}

void ff_engine_free(struct ff_engine *engine)
{
    if (engine == NULL)
        return;
    ff_stencils_free(&engine->stencils);
    free(engine);
}

/* ---- walk ----------------------------------------------------------------------------------- */

void ff_walk_create(const struct ff_engine *engine, struct ff_walk **out)
{
    const struct ff_process *process = engine->process;
    struct ff_walk *walk = FF_NEW(struct ff_walk, 1);
    walk->engine = engine;
    walk->failed_channel = walk->failed_site = -1;
    walk->x = FF_RAW(int, process->n_sites);
    walk->load = FF_RAW(struct ff_load, process->n_channels);
    walk->weight = FF_RAW(int64_t, process->n_channels);
    ff_tree_create(process->n_channels, &walk->tree);
    walk->most_quanta = 0x1p62;
    for (int n = 1; n < process->n_channels; n *= 2)
        walk->most_quanta *= 0.5;
    *out = walk;
}

void ff_walk_free(struct ff_walk *walk)
{
    if (walk == NULL)
        return;
    ff_tree_free(&walk->tree);
    free(walk->x);
    free(walk->load);
    free(walk->weight);
    free(walk);
}

/* ---- ranges --------------------------------------------------------------------------------- */

/* Stand still; the first failure is the one to be told. */
static void fail(struct ff_walk *walk, int channel, int site)
{
    if (walk->failed_channel < 0) {
        walk->failed_channel = channel;
        walk->failed_site = site;
    }
    walk->tree.total = 0;
    for (int i = 0; i < FF_WIDEST_ROW; i++)
        walk->totals[i] = NAN;
}

/* The channel that adds most to the count of a site. */
static int main_source(const struct ff_walk *walk, int site)
{
    const struct ff_process *process = walk->engine->process;
    double most = 0.0;
    int source = 0;
    for (int r = 0; r < process->n_channels; r++)
        for (int e = process->change_start[r]; e < process->change_start[r + 1]; e++) {
            const double gain = process->change_amount[e] * (double)walk->load[r].weight;
            if (process->change_site[e] == site && gain > most) {
                most = gain;
                source = r;
            }
        }
    return source;
}

static bool check_counts(struct ff_walk *walk)
{
    for (int i = 0; i < walk->engine->process->n_sites; i++)
        if (walk->x[i] > FF_MAX_COUNT) {
            fail(walk, main_source(walk, i), i);
            return false;
        }
    return true;
}

enum ff_status ff_walk_check(struct ff_walk *walk)
{
    const struct ff_process *process = walk->engine->process;
    const int channel = walk->failed_channel, site = walk->failed_site;
    walk->failed_channel = walk->failed_site = -1;
    CHECK(channel < 0 || site < 0, FF_ERR_NUMERICAL,
          "simulation: the count of `%s` grows beyond %d, most of it by `%s`",
          process->site_names[site < 0 ? 0 : site], FF_MAX_COUNT, process->channel_names[channel]);
    CHECK(
        channel < 0, FF_ERR_NUMERICAL,
        "simulation: the propensity of `%s` leaves the range of numbers, from %g to %g per unit time",
        process->channel_names[channel], 1.0 / ff_most_propensity, ff_most_propensity);
    return FF_OK;
}

/* The largest propensity; a negative number where one is out of range, and the walk has failed. */
static double find_largest(struct ff_walk *walk)
{
    const double *rates = walk->kinetics->rates;
    double largest = 0.0;
    int channel = 0;
    for (int r = 0; r < walk->engine->process->n_channels; r++) {
        const double a = rates[r] * ff_engine_multiplicity(walk->engine, r, walk->x);
        if (a > largest || !(a <= ff_most_propensity)) {
            largest = a;
            channel = r;
        }
        if (!(a <= ff_most_propensity))
            break;
    }
    if (largest == 0.0 || (largest <= ff_most_propensity && largest >= 1.0 / ff_most_propensity))
        return largest;
    fail(walk, channel, -1);
    return -1.0;
}

/* The totals, from sums in quanta. */
static inline void set_totals(struct ff_walk *walk, int n_functionals)
{
    const double quantum = 1.0 / walk->quanta;
    walk->totals[0] = (double)walk->tree.total * quantum;
    for (int q = 0; q < n_functionals; q++)
        walk->totals[1 + q] = walk->sums[q] * quantum;
}

/* The totals, those of state functionals from the state. */
static void set_all_totals(struct ff_walk *walk)
{
    const struct ff_functionals functionals = walk->kinetics->functionals;
    set_totals(walk, functionals.count);
    for (int q = 0; q < functionals.count; q++)
        if (functionals.items[q].kind == FF_STATE)
            walk->totals[1 + q] = functionals.items[q].value(&functionals.items[q], walk->x);
}

/* The sums from the weights of all channels; the first two in one pass over what lies together. */
static void sum_anew(struct ff_walk *walk)
{
    const int n_channels = walk->engine->process->n_channels;
    double first = 0.0, second = 0.0;
    for (int r = 0; r < n_channels; r++) {
        const struct ff_load *load = &walk->load[r];
        first += (double)load->weight * load->coefficient[0];
        second += (double)load->weight * load->coefficient[1];
    }
    walk->sums[0] = first;
    walk->sums[1] = second;
    for (int q = 2; q < walk->kinetics->functionals.count; q++) {
        const double *coefficient = ff_kinetics_coefficient(walk->kinetics, q);
        walk->sums[q] = 0.0;
        for (int r = 0; r < n_channels; r++)
            walk->sums[q] += (double)walk->load[r].weight * coefficient[r];
    }
    walk->until_sums = walk->engine->events_between_sums;
    if (check_counts(walk))
        set_all_totals(walk);
}

/* Choose the quantum by the largest propensity, with room for it to grow, and fill the tree. */
static void weigh_anew(struct ff_walk *walk)
{
    const struct ff_engine *engine = walk->engine;
    const struct ff_kinetics *kinetics = walk->kinetics;
    const int n_channels = engine->process->n_channels;
    const double largest = find_largest(walk);
    if (largest < 0.0)
        return;
    int exponent;
    frexp(largest > 0.0 ? largest : 1.0, &exponent);
    walk->quanta = ldexp(walk->most_quanta, -exponent - HEADROOM_BITS);
    for (int r = 0; r < n_channels; r++) {
        const double quanta = kinetics->rates[r] * walk->quanta;
        walk->weight[r] = (int64_t)(quanta * ff_engine_multiplicity(engine, r, walk->x));
        walk->load[r] = (struct ff_load){.quanta = quanta * engine->stencils.symmetry[r],
                                         .weight = walk->weight[r]};
        for (int q = 0; q < kinetics->functionals.count && q < 2; q++)
            walk->load[r].coefficient[q] = ff_kinetics_coefficient(kinetics, q)[r];
    }
    ff_tree_fill(&walk->tree, walk->weight);
    walk->least_total = walk->tree.total >> HEADROOM_BITS;
    sum_anew(walk);
}

static bool is_plain(const struct ff_engine *engine, struct ff_functionals functionals)
{
    bool is_plain = engine->stencils.is_bilinear && functionals.count <= 2;
    for (int q = 0; q < functionals.count; q++)
        is_plain = is_plain && functionals.items[q].kind == FF_CHANNEL;
    return is_plain;
}

/* In the state that walk->x holds. */
static void begin(struct ff_walk *walk, const struct ff_kinetics *kinetics)
{
    walk->kinetics = kinetics;
    walk->is_plain = is_plain(walk->engine, kinetics->functionals);
    memset(walk->sums, 0, sizeof walk->sums);
    memset(walk->totals, 0, sizeof walk->totals);
    weigh_anew(walk);
}

void ff_walk_start(struct ff_walk *walk, const struct ff_kinetics *kinetics,
                   struct ff_stream stream)
{
    walk->stream = stream;
    ff_process_draw_initial(walk->engine->process, &walk->stream, walk->x);
    begin(walk, kinetics);
}

void ff_walk_place(struct ff_walk *walk, const struct ff_kinetics *kinetics,
                   struct ff_stream stream, const int *x)
{
    walk->stream = stream;
    memcpy(walk->x, x, sizeof *x * (size_t)walk->engine->process->n_sites);
    begin(walk, kinetics);
}

/* A weight has grown, in sums over the functionals from the third on. */
static void add_growth(struct ff_walk *walk, int channel, int64_t growth)
{
    for (int q = 2; q < walk->kinetics->functionals.count; q++)
        walk->sums[q] += (double)growth * ff_kinetics_coefficient(walk->kinetics, q)[channel];
}

/* Move x, then add to the sums what has changed; false when a propensity has outgrown its quanta. What the
 * inner loop needs is in local variables: the compiler must assume that stores change what pointers show. */
static inline bool fire(struct ff_walk *walk, int fired, bool is_bilinear, bool is_plain)
{
    const struct ff_place place = walk->engine->stencils.place[fired];
    const struct ff_stencil *stencil = place.stencil;
    const struct ff_process *process = walk->engine->process;
    const struct ff_reader *reader = stencil->readers;
    const struct ff_piece *piece = stencil->pieces, *last = piece + stencil->n_pieces;
    struct ff_load *loads = walk->load;
    struct ff_tree_node *nodes = walk->tree.level[0];
    int *x = walk->x, *here = x + place.origin;
    const double most_quanta = walk->most_quanta;
    double sums[2] = {0.0, 0.0};
    int64_t any = 0;
    for (int e = 0; e < stencil->n_changes; e++)
        here[stencil->changes[e].site] += stencil->changes[e].amount;

    for (; piece < last; piece++) {
        int64_t first = 0, both = 0; /* sums of growth */
        for (const struct ff_reader *end = reader + piece->n_readers; reader < end; reader++) {
            struct ff_load *load = &loads[fired + reader->channel];
            const double value =
                is_bilinear ? ff_form_value(&reader->form, here)
                            : ff_process_multiplicity(process, fired + (int)reader->channel, x);
            const double quanta = load->quanta * value;
            const int64_t weight = (int64_t)(quanta < most_quanta ? quanta : most_quanta);
            const int64_t growth = weight - load->weight;
            load->weight = weight;
            any |= weight;
            sums[0] += (double)growth * load->coefficient[0];
            sums[1] += (double)growth * load->coefficient[1];
            if (!is_plain)
                add_growth(walk, fired + (int)reader->channel, growth);
            ff_tree_add(nodes, (unsigned)(fired + reader->channel), growth);
            first += growth & reader->in_first;
            both += growth;
        }
        const unsigned node = (unsigned)fired / FF_TREE_WIDTH;
        ff_tree_lift(&walk->tree, node + (unsigned)piece->node[0], first);
        ff_tree_lift(&walk->tree, node + (unsigned)piece->node[1], both - first);
    }
    walk->sums[0] += sums[0];
    walk->sums[1] += sums[1];
    if (is_plain)
        set_totals(walk, 2);
    else
        set_all_totals(walk);
    /* Of weights or-ed together none is as large as a power of two unless one of them is. */
    return any < (int64_t)most_quanta;
}

/* Compiled twice, and chosen at run time, where the compiler can: integer vectors of 256 bits save a tenth. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__)
#define FOR_AVX2_TOO __attribute__((target_clones("avx2", "default")))
#else
#define FOR_AVX2_TOO
#endif

/* Apart from the fast case, whose frame it would enlarge. */
static __attribute__((noinline)) bool fire_any(struct ff_walk *walk, int fired)
{
    return walk->engine->stencils.is_bilinear ? fire(walk, fired, true, false)
                                              : fire(walk, fired, false, false);
}

FOR_AVX2_TOO void ff_walk_fire(struct ff_walk *walk, int channel)
{
    if (walk->tree.total == 0)
        return;
    const bool has_room =
        walk->is_plain ? fire(walk, channel, true, true) : fire_any(walk, channel);
    if (!has_room || walk->tree.total < walk->least_total)
        weigh_anew(walk);
    else if (--walk->until_sums == 0)
        sum_anew(walk);
}
