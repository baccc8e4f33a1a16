/* Recording a trajectory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gradient/estimator.h"
#include "simulate/path.h"

#include <string.h>

/* Where the next event goes. */
struct head {
    double *totals;
    int *channel;
    double sums[FF_WIDEST_ROW];
    int width;
};

FF_INLINE bool record_stay(void *context, const struct ff_walk *walk, double from, double dwell)
{
    (void)from;
    struct head *head = context;
    const double *totals = ff_walk_totals(walk);
    memcpy(head->totals, totals, sizeof *totals * (size_t)head->width);
    head->totals += head->width;
    ff_row_add(head->sums, totals, dwell, head->width);
    return true;
}

FF_INLINE void record_leave(void *context, const struct ff_walk *walk, int channel)
{
    (void)walk;
    *((struct head *)context)->channel++ = channel;
}

/* With a width that the compiler knows. */
FF_INLINE void record(struct ff_walk *walk, struct ff_tape *tape, int width, double *sums)
{
    struct head head = {.totals = tape->totals, .channel = tape->channel, .width = width};
    ff_path_events(
        walk, tape->n_events,
        (struct ff_visitor){.context = &head, .stay = record_stay, .leave = record_leave});
    for (int i = 0; i < width; i++)
        sums[i] += head.sums[i];
}

enum ff_status ff_tape_record(struct ff_gradient *gradient, struct ff_stream stream,
                              int64_t n_events, double *sums)
{
    struct ff_walk *walk = gradient->ensemble.walk;
    struct ff_tape *tape = &gradient->tape;
    ff_path_begin(walk, gradient->ensemble.kinetics, stream, gradient->options.horizon.burn_in);
    memcpy(tape->x, walk->x, sizeof *tape->x * (size_t)gradient->system->process->n_sites);
    tape->n_events = n_events;
    if (gradient->width == FF_NARROW_ROW)
        record(walk, tape, FF_NARROW_ROW, sums);
    else
        record(walk, tape, gradient->width, sums);
    return ff_walk_check(walk);
}
