/* Work that can be given away: what a worker needs to know of it, and where it comes from.
 *
 * A kind is what manager and workers agree on before they start; a source is the manager's alone. Whoever moves tasks
 * and results between the two, src/cluster, knows no more of them than their field tables.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_JOB_JOB_H
#define FF_JOB_JOB_H

#include "base/record.h"

/* How tasks of one kind become results. */
struct ff_job_kind {
    const struct ff_record_type *task, *result; /* everything that must travel is in their tables */
    /* A worker borrows the plan, which is the same on all ranks. */
    enum ff_status (*worker_create)(const void *plan, void **worker);
    void (*worker_free)(void *worker);
    /* Fills the result, whose arrays and texts the caller frees through its table.  A function of plan and task
     * alone.  Never fails: trouble is in the result. */
    void (*solve)(void *worker, const void *task, void *result);
};

/* Where tasks come from and results go. */
struct ff_source {
    void *context;
    /* The next task, if one is ready: true, and the caller frees it through its table.  False: wait for results, or
     * all is done. */
    bool (*next)(void *context, void *task);
    /* Take in the result of a task that was given out, in whatever order, and what it owns. */
    void (*complete)(void *context, const void *result);
    /* No task is out and none will come. */
    bool (*is_done)(void *context);
};

#endif
