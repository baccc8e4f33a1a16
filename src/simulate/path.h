/* The one event loop: along a trajectory, telling a visitor of every stay and every jump.
 *
 * The loop is inlined into each of its callers together with the visitor's functions, which must therefore be
 * constants there; none of it costs a call per event.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_SIMULATE_PATH_H
#define FF_SIMULATE_PATH_H

#include "simulate/horizon.h"
#include "simulate/walk.h"

#include <math.h>

#define FF_INLINE static inline __attribute__((always_inline))

/* Who looks on. Either function may be NULL. */
struct ff_visitor {
    void *context;
    /** The walk stays in its state from time `from` for `dwell`: the expected dwell 1/a_0 on a path of events, a drawn
     * one on a path of time. False ends the path. */
    bool (*stay)(void *context, const struct ff_walk *walk, double from, double dwell);
    /** It is about to leave its state through this channel. */
    void (*leave)(void *context, const struct ff_walk *walk, int channel);
};

/* How a path ended. */
enum ff_path_end { FF_PATH_DONE, FF_PATH_CAPPED };

/* `end` is that of a path of time, of at most n_events events; infinite for a path of exactly n_events events. */
FF_INLINE enum ff_path_end ff_path_follow(struct ff_walk *walk, int64_t n_events, double end,
                                          const struct ff_visitor visitor)
{
    const bool is_timed = end < INFINITY;
    double time = 0.0;
    for (int64_t n = 0;; n++) {
        if (!is_timed && n == n_events)
            return FF_PATH_DONE;
        const double total = ff_walk_totals(walk)[0];
        double dwell;
        if (!is_timed)
            dwell = 1.0 / total;
        else if (total > 0.0)
            dwell = -log(ff_stream_uniform_open(&walk->stream)) / total;
        else
            dwell = INFINITY; /* an absorbing state lasts for ever */
        if (visitor.stay != NULL && !visitor.stay(visitor.context, walk, time, dwell))
            return FF_PATH_DONE;
        time += dwell;
        if (is_timed && time > end)
            return FF_PATH_DONE;
        if (is_timed && n == n_events)
            return FF_PATH_CAPPED;
        const int channel = ff_walk_choose(walk);
        if (visitor.leave != NULL)
            visitor.leave(visitor.context, walk, channel);
        ff_walk_fire(walk, channel);
    }
}

/** From where the walk is, n events. */
FF_INLINE void ff_path_events(struct ff_walk *walk, int64_t n_events,
                              const struct ff_visitor visitor)
{
    ff_path_follow(walk, n_events, INFINITY, visitor);
}

/** From where the walk is at time 0 up to a time, finite; the walk is left in the state that holds then.
 * FF_PATH_CAPPED if that takes more than max_events events. */
FF_INLINE enum ff_path_end ff_path_until(struct ff_walk *walk, double end, int64_t max_events,
                                         const struct ff_visitor visitor)
{
    return ff_path_follow(walk, max_events, end, visitor);
}

/** Begin a trajectory and leave its initial state behind, by a number of events drawn with
 * ff_burn_in_events. */
void ff_path_begin(struct ff_walk *walk, const struct ff_kinetics *kinetics,
                   struct ff_stream stream, int64_t burn_in);

/** Add dwell times the totals of a state to a row of sums; its last number is never a functional's. */
FF_INLINE void ff_row_add(double *row, const double *totals, double dwell, int width)
{
    row[0] += dwell;
    for (int i = 1; i < width - 1; i++)
        row[i] += totals[i] * dwell;
}

#endif
