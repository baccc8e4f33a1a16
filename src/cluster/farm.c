/* The manager's and the workers' loops.
 *
 * A message is an array of doubles: integers below 2^53 travel exactly, and no padding is sent. Waiting is
 * probing with naps that grow to ten milliseconds, because blocking receives of most MPI libraries spin.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cluster/cluster.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TAG_TASK = 1, TAG_RESULT = 2, TAG_STOP = 3 };
enum { SCALARIZATION_WORDS = 6, TASK_HEAD = 2, RESULT_HEAD = 11, N_TRACES = 4 };
enum { SHORTEST_NAP_US = 50, LONGEST_NAP_US = 10000, TICK_US = 100000 };

/* ---- messages ------------------------------------------------------------------------------- */

static double *put_scalarization(double *at, const struct ff_scalarization *s)
{
    const double words[SCALARIZATION_WORDS] = {(double)s->kind,  s->weight,
                                               s->current_scale, s->entropy_scale,
                                               s->current_ideal, s->entropy_ideal};
    memcpy(at, words, sizeof words);
    return at + SCALARIZATION_WORDS;
}

static const double *get_scalarization(const double *at, struct ff_scalarization *s)
{
    *s = (struct ff_scalarization){.kind = (enum ff_scalarization_kind)at[0],
                                   .weight = at[1],
                                   .current_scale = at[2],
                                   .entropy_scale = at[3],
                                   .current_ideal = at[4],
                                   .entropy_ideal = at[5]};
    return at + SCALARIZATION_WORDS;
}

static double *put_array(double *at, const double *values, int count)
{
    memcpy(at, values, sizeof *values * (size_t)count);
    return at + count;
}

static const double *get_array(const double *at, double *values, int count)
{
    memcpy(values, at, sizeof *values * (size_t)count);
    return at + count;
}

static void send_task(const struct ff_task *task, int rank)
{
    const int n_starts = task->n_starts * task->n_parameters;
    const int size = TASK_HEAD + SCALARIZATION_WORDS + n_starts;
    double *message = FF_NEW(double, size), *at = message;
    *at++ = (double)task->id;
    *at++ = (double)task->n_starts;
    at = put_scalarization(at, &task->scalarization);
    put_array(at, task->starts, n_starts);
    MPI_Send(message, size, MPI_DOUBLE, rank, TAG_TASK, MPI_COMM_WORLD);
    free(message);
}

static void receive_task(const MPI_Status *envelope, int n_parameters, struct ff_task *task)
{
    int size;
    MPI_Get_count(envelope, MPI_DOUBLE, &size);
    double *message = FF_NEW(double, size);
    MPI_Recv(message, size, MPI_DOUBLE, 0, TAG_TASK, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    const double *at = message;
    const uint32_t id = (uint32_t)*at++;
    ff_task_create(n_parameters, (int)*at++, task);
    task->id = id;
    at = get_scalarization(at, &task->scalarization);
    get_array(at, task->starts, task->n_starts * n_parameters);
    free(message);
}

static int result_size(int n_parameters, int n_iterations)
{
    return RESULT_HEAD + SCALARIZATION_WORDS + n_parameters + N_TRACES * n_iterations;
}

static void send_result(const struct ff_result *result)
{
    const struct ff_trace *trace = &result->trace;
    const int size = result_size(result->n_parameters, trace->capacity);
    double *message = FF_NEW(double, size);
    const double head[RESULT_HEAD] = {(double)result->id,
                                      (double)result->status,
                                      (double)result->outcome,
                                      (double)result->n_events,
                                      (double)trace->n_recorded,
                                      result->exact_current,
                                      result->exact_entropy_production,
                                      result->means.current,
                                      result->means.current_stderr,
                                      result->means.entropy_production,
                                      result->means.entropy_production_stderr};
    double *at = put_array(message, head, RESULT_HEAD);
    at = put_scalarization(at, &result->scalarization);
    at = put_array(at, result->theta, result->n_parameters);
    at = put_array(at, trace->value, trace->capacity);
    at = put_array(at, trace->current, trace->capacity);
    at = put_array(at, trace->entropy_production, trace->capacity);
    put_array(at, trace->gradient_norm, trace->capacity);
    MPI_Send(message, size, MPI_DOUBLE, 0, TAG_RESULT, MPI_COMM_WORLD);
    free(message);
}

static void receive_result(int source, int n_parameters, int n_iterations, struct ff_result *result)
{
    const int size = result_size(n_parameters, n_iterations);
    double *message = FF_NEW(double, size);
    MPI_Recv(message, size, MPI_DOUBLE, source, TAG_RESULT, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    ff_result_create(n_parameters, n_iterations, result);
    result->id = (uint32_t)message[0];
    result->status = (enum ff_status)message[1];
    result->outcome = (enum ff_outcome)message[2];
    result->n_events = (int64_t)message[3];
    result->trace.n_recorded = (int)message[4];
    result->exact_current = message[5];
    result->exact_entropy_production = message[6];
    result->means = (struct ff_means){.current = message[7],
                                      .current_stderr = message[8],
                                      .entropy_production = message[9],
                                      .entropy_production_stderr = message[10]};
    const double *at = get_scalarization(message + RESULT_HEAD, &result->scalarization);
    at = get_array(at, result->theta, n_parameters);
    at = get_array(at, result->trace.value, n_iterations);
    at = get_array(at, result->trace.current, n_iterations);
    at = get_array(at, result->trace.entropy_production, n_iterations);
    get_array(at, result->trace.gradient_norm, n_iterations);
    free(message);
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

static void manage_alone(struct ff_scheduler *scheduler, struct ff_task_solver *solver,
                         int n_parameters, int n_iterations, ff_cluster_tick *tick, void *context)
{
    struct ff_task task;
    while (ff_scheduler_next(scheduler, &task)) {
        struct ff_result result;
        ff_result_create(n_parameters, n_iterations, &result);
        ff_task_solver_run(solver, &task, &result);
        ff_task_free(&task);
        ff_scheduler_complete(scheduler, &result);
        tick(context, true);
    }
}

/* Hand tasks to idle workers while there are both. */
static void feed_workers(struct ff_scheduler *scheduler, int *idle, int *n_idle)
{
    struct ff_task task;
    while (*n_idle > 0 && ff_scheduler_next(scheduler, &task)) {
        send_task(&task, idle[--*n_idle]);
        ff_task_free(&task);
    }
}

static void manage_workers(struct ff_scheduler *scheduler, int n_parameters, int n_iterations,
                           ff_cluster_tick *tick, void *context)
{
    const int n_workers = ff_cluster_size() - 1;
    int *idle = FF_NEW(int, n_workers);
    int n_idle = n_workers, nap_us = SHORTEST_NAP_US, since_tick_us = 0;
    for (int i = 0; i < n_workers; i++)
        idle[i] = n_workers - i;
    feed_workers(scheduler, idle, &n_idle);
    while (!ff_scheduler_is_done(scheduler)) {
        MPI_Status envelope;
        if (!has_message(MPI_ANY_SOURCE, TAG_RESULT, &envelope)) {
            since_tick_us += nap(&nap_us);
            if (since_tick_us >= TICK_US) {
                tick(context, false);
                since_tick_us = 0;
            }
            continue;
        }
        struct ff_result result;
        receive_result(envelope.MPI_SOURCE, n_parameters, n_iterations, &result);
        idle[n_idle++] = envelope.MPI_SOURCE;
        ff_scheduler_complete(scheduler, &result);
        feed_workers(scheduler, idle, &n_idle);
        tick(context, true);
        nap_us = SHORTEST_NAP_US;
    }
    free(idle);
}

void ff_cluster_manage(struct ff_scheduler *scheduler, struct ff_task_solver *solver,
                       int n_parameters, int n_iterations, ff_cluster_tick *tick, void *context)
{
    if (ff_cluster_size() == 1)
        manage_alone(scheduler, solver, n_parameters, n_iterations, tick, context);
    else
        manage_workers(scheduler, n_parameters, n_iterations, tick, context);
    for (int rank = 1; rank < ff_cluster_size(); rank++)
        MPI_Send(NULL, 0, MPI_DOUBLE, rank, TAG_STOP, MPI_COMM_WORLD);
}

void ff_cluster_work(struct ff_task_solver *solver, int n_parameters, int n_iterations)
{
    int nap_us = SHORTEST_NAP_US;
    for (;;) {
        MPI_Status envelope;
        if (!has_message(0, MPI_ANY_TAG, &envelope)) {
            nap(&nap_us);
            continue;
        }
        nap_us = SHORTEST_NAP_US;
        if (envelope.MPI_TAG == TAG_STOP) {
            MPI_Recv(NULL, 0, MPI_DOUBLE, 0, TAG_STOP, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            return;
        }
        struct ff_task task;
        struct ff_result result;
        receive_task(&envelope, n_parameters, &task);
        ff_result_create(n_parameters, n_iterations, &result);
        ff_task_solver_run(solver, &task, &result);
        send_result(&result);
        ff_result_free(&result);
        ff_task_free(&task);
    }
}
