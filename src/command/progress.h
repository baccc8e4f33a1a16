/* Progress on standard error: one updating line on a terminal, else a plain line every ten seconds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_COMMAND_PROGRESS_H
#define FF_COMMAND_PROGRESS_H

#include "front/archive.h"

struct ff_progress;

void ff_progress_create(bool is_quiet, bool is_verbose, struct ff_progress **out);

/** Ends an updating line.  NULL-safe. */
void ff_progress_free(struct ff_progress *progress);

/** Take note of a new point; scout_events: those simulated before any point. */
void ff_progress_update(struct ff_progress *progress, const struct ff_archive *archive,
                        const struct ff_front_metrics *metrics, int64_t scout_events);

/** Print if it is time: done of total, hypervolume, events per second, time left. */
void ff_progress_show(struct ff_progress *progress, int n_done, int n_total, double seconds);

#endif
