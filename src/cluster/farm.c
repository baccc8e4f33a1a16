/* The manager's and the workers' loops.
 *
 * A message is a packed record. Waiting is probing with naps that grow to ten milliseconds, because blocking receives
 * of most MPI libraries spin.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cluster/cluster.h"

#include <limits.h>
#include <mpi.h>
#include <stdlib.h>
#include <time.h>

enum { TAG_TASK = 1, TAG_RESULT = 2, TAG_STOP = 3 };
enum { SHORTEST_NAP_US = 50, LONGEST_NAP_US = 10000, TICK_US = 100000 };

/* ---- messages ------------------------------------------------------------------------------- */

static void send_record(const struct ff_record_type *type, const void *record, int rank, int tag)
{
    const size_t size = ff_record_size(type, record);
    if (size > INT_MAX)
        ff_status_abort(__FILE__, __LINE__, "a record is too large for one message");
    void *bytes = ff_allocate_raw(size, 1);
    ff_record_pack(type, record, bytes);
    MPI_Send(bytes, (int)size, MPI_BYTE, rank, tag, MPI_COMM_WORLD);
    free(bytes);
}

/* Ranks run the same program on machines of one kind, so bytes that do not unpack are a programmer's error. */
static void receive_record(const struct ff_record_type *type, const MPI_Status *envelope,
                           void *record)
{
    int size;
    MPI_Get_count(envelope, MPI_BYTE, &size);
    void *bytes = ff_allocate_raw((unsigned long)size, 1);
    MPI_Recv(bytes, size, MPI_BYTE, envelope->MPI_SOURCE, envelope->MPI_TAG, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
    if (ff_record_unpack(type, bytes, (size_t)size, record) != FF_OK)
        ff_status_abort(__FILE__, __LINE__, ff_status_message());
    free(bytes);
}

/* ---- waiting -------------------------------------------------------------------------------- */

/* Sleep; the next nap is twice as long, up to the longest. Returns the time slept. */
static int nap(int *length_us)
{
    const int slept = *length_us;
    const struct timespec pause = {.tv_nsec = 1000L * slept};
    nanosleep(&pause, NULL);
    *length_us = slept < LONGEST_NAP_US / 2 ? 2 * slept : LONGEST_NAP_US;
    return slept;
}

static bool has_message(int source, int tag, MPI_Status *envelope)
{
    int is_there = 0;
    MPI_Iprobe(source, tag, MPI_COMM_WORLD, &is_there, envelope);
    return is_there != 0;
}

/* ---- loops ---------------------------------------------------------------------------------- */

/* What rank 0 manages, with room for one task and one result. */
struct farm {
    const struct ff_job_kind *kind;
    const struct ff_source *source;
    ff_cluster_tick *tick;
    void *context; /* of tick */
    void *task, *result;
};

static void manage_alone(const struct farm *farm, void *worker)
{
    const struct ff_source *source = farm->source;
    while (source->next(source->context, farm->task)) {
        farm->kind->solve(worker, farm->task, farm->result);
        ff_record_free(farm->kind->task, farm->task);
        source->complete(source->context, farm->result);
        farm->tick(farm->context, true);
    }
}

/* Hand tasks to idle workers while there are both. */
static void feed_workers(const struct farm *farm, int *idle, int *n_idle)
{
    const struct ff_source *source = farm->source;
    while (*n_idle > 0 && source->next(source->context, farm->task)) {
        send_record(farm->kind->task, farm->task, idle[--*n_idle], TAG_TASK);
        ff_record_free(farm->kind->task, farm->task);
    }
}

static void manage_workers(const struct farm *farm)
{
    const struct ff_source *source = farm->source;
    const int n_workers = ff_cluster_size() - 1;
    int *idle = FF_RAW(int, n_workers);
    int n_idle = n_workers, nap_us = SHORTEST_NAP_US, since_tick_us = 0;
    for (int i = 0; i < n_workers; i++)
        idle[i] = n_workers - i;
    feed_workers(farm, idle, &n_idle);
    while (!source->is_done(source->context)) {
        MPI_Status envelope;
        if (!has_message(MPI_ANY_SOURCE, TAG_RESULT, &envelope)) {
            since_tick_us += nap(&nap_us);
            if (since_tick_us >= TICK_US) {
                farm->tick(farm->context, false);
                since_tick_us = 0;
            }
            continue;
        }
        receive_record(farm->kind->result, &envelope, farm->result);
        idle[n_idle++] = envelope.MPI_SOURCE;
        source->complete(source->context, farm->result);
        feed_workers(farm, idle, &n_idle);
        farm->tick(farm->context, true);
        nap_us = SHORTEST_NAP_US;
    }
    for (int rank = 1; rank <= n_workers; rank++)
        MPI_Send(NULL, 0, MPI_BYTE, rank, TAG_STOP, MPI_COMM_WORLD);
    free(idle);
}

/* Solve tasks until told to stop. */
static void work(const struct farm *farm, void *worker)
{
    const struct ff_job_kind *kind = farm->kind;
    int nap_us = SHORTEST_NAP_US;
    for (;;) {
        MPI_Status envelope;
        if (!has_message(0, MPI_ANY_TAG, &envelope)) {
            nap(&nap_us);
            continue;
        }
        nap_us = SHORTEST_NAP_US;
        if (envelope.MPI_TAG == TAG_STOP) {
            MPI_Recv(NULL, 0, MPI_BYTE, 0, TAG_STOP, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            return;
        }
        receive_record(kind->task, &envelope, farm->task);
        kind->solve(worker, farm->task, farm->result);
        send_record(kind->result, farm->result, 0, TAG_RESULT);
        ff_record_free(kind->task, farm->task);
        ff_record_free(kind->result, farm->result);
    }
}

enum ff_status ff_cluster_run(const struct ff_job_kind *kind, const void *plan,
                              const struct ff_source *source, ff_cluster_tick *tick, void *context)
{
    const bool is_manager = ff_cluster_rank() == 0, is_alone = ff_cluster_size() == 1;
    void *worker = NULL;
    enum ff_status status = FF_OK;
    if (!is_manager || is_alone)
        status = kind->worker_create(plan, &worker);
    const bool has_worker = status == FF_OK && (!is_manager || is_alone);
    status = ff_cluster_agree_status(status);
    if (status == FF_OK) {
        struct farm farm = {kind,
                            source,
                            tick,
                            context,
                            ff_allocate(1, kind->task->size),
                            ff_allocate(1, kind->result->size)};
        if (is_alone)
            manage_alone(&farm, worker);
        else if (is_manager)
            manage_workers(&farm);
        else
            work(&farm, worker);
        free(farm.task);
        free(farm.result);
    }
    if (has_worker)
        kind->worker_free(worker);
    return status;
}
