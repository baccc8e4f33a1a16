/* One line, now and then.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "command/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct ff_progress {
    bool is_quiet, is_verbose, is_terminal, has_line;
    double hypervolume, last_shown;
    int64_t last_printed; /* id of the newest point so far */
    int64_t n_events;
};

static const double interval_plain = 10.0, interval_terminal = 0.5;

void ff_progress_create(bool is_quiet, bool is_verbose, struct ff_progress **out)
{
    struct ff_progress *progress = FF_NEW(struct ff_progress, 1);
    progress->is_quiet = is_quiet;
    progress->is_verbose = is_verbose;
    progress->last_printed = -1;
    progress->is_terminal = isatty(STDERR_FILENO) == 1;
    *out = progress;
}

void ff_progress_free(struct ff_progress *progress)
{
    if (progress != NULL && progress->has_line)
        fputc('\n', stderr);
    free(progress);
}

/* The newest point, if it has not been printed. */
static void print_newest(struct ff_progress *progress, const struct ff_archive *archive)
{
    const struct ff_result *newest = NULL;
    for (int i = 0; i < archive->n_points; i++)
        if (archive->points[i].id > progress->last_printed) {
            newest = &archive->points[i];
            progress->last_printed = newest->id;
        }
    if (newest == NULL)
        return;
    if (newest->status != FF_OK)
        fprintf(stderr, "task %u: weight %.4f failed: %s (raised at %s)\n", newest->id,
                newest->scalarization.weight, newest->reason, newest->place);
    else
        fprintf(stderr,
                "task %u: weight %.4f, current %.6g +- %.2g, entropy production %.6g +- %.2g\n",
                newest->id, newest->scalarization.weight, newest->means.current,
                newest->means.current_stderr, newest->means.entropy_production,
                newest->means.entropy_production_stderr);
}

void ff_progress_update(struct ff_progress *progress, const struct ff_archive *archive,
                        const struct ff_front_metrics *metrics, int64_t scout_events)
{
    progress->hypervolume = metrics->hypervolume;
    progress->n_events = scout_events;
    for (int i = 0; i < archive->n_points; i++)
        progress->n_events += archive->points[i].n_events;
    if (progress->is_verbose && !progress->is_quiet)
        print_newest(progress, archive);
}

void ff_progress_show(struct ff_progress *progress, int n_done, int n_total, double seconds)
{
    const double interval = progress->is_terminal ? interval_terminal : interval_plain;
    if (progress->is_quiet || seconds - progress->last_shown < interval)
        return;
    progress->last_shown = seconds;
    char left[32] = "?";
    if (n_done > 0)
        snprintf(left, sizeof left, "%.0f s", seconds / n_done * (n_total - n_done));
    fprintf(stderr, "%s%d/%d tasks, hypervolume %.6g, %.3g events/s, %s left%s",
            progress->is_terminal ? "\r\033[K" : "", n_done, n_total, progress->hypervolume,
            (double)progress->n_events / seconds, left, progress->is_terminal ? "" : "\n");
    fflush(stderr);
    progress->has_line = progress->is_terminal;
}
