/* MPI: a manager on rank 0 that hands out tasks of any kind, workers that solve them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_CLUSTER_CLUSTER_H
#define FF_CLUSTER_CLUSTER_H

#include "base/wide.h"
#include "job/job.h"

/** Collective. Start MPI; works without mpirun, as one rank. MPI errors abort the job. */
void ff_cluster_start(int *argc, char ***argv);

/** Collective. */
void ff_cluster_stop(void);

/** Not collective. */
int ff_cluster_rank(void);
int ff_cluster_size(void);

/** Not collective. Whether a launcher started several processes and this is not the first of them; answers
 * from the environment, before or without MPI. */
bool ff_cluster_is_extra_process(void);

/** Collective. The status of rank 0, on every rank. */
enum ff_status ff_cluster_share_status(enum ff_status status);

/** Collective. FF_OK if all ranks give it, else the status and message of the first rank that does not; on
 * every rank. */
enum ff_status ff_cluster_agree_status(enum ff_status status);

/** Collective. On rank 0 the values become the sums over all ranks; on other ranks they stay. */
void ff_cluster_sum(ff_wide *values, size_t count);

/** Collective. Copy a text from rank 0; on other ranks *text is replaced by memory the caller frees. */
void ff_cluster_share_text(char **text);

/** Collective. The values of rank 0, on every rank. */
void ff_cluster_share_reals(double *values, size_t count);

/** Collective. Names of the distinct hosts, comma-separated in order of rank; on rank 0, the caller frees
 * it; NULL elsewhere. */
char *ff_cluster_hosts(void);

/** Not collective. Wall time since the start, seconds. */
double ff_cluster_seconds(void);

/** Called on rank 0 after every result and about ten times a second while waiting; `is_new` says which. */
typedef void ff_cluster_tick(void *context, bool is_new);

/** Collective. Give out all tasks of the source, take in all results. Rank 0 manages and sleeps while there is nothing
 * to do, the others work; a single rank does both. `plan` is what the kind makes workers from, the same on all ranks.
 * `source`, `tick` and its context are those of rank 0, NULL elsewhere.
 * When a worker cannot be created on some rank no task is given out, and every rank has the status and message of the
 * first such rank; nothing else fails. */
enum ff_status ff_cluster_run(const struct ff_job_kind *kind, const void *plan,
                              const struct ff_source *source, ff_cluster_tick *tick, void *context);

#endif
