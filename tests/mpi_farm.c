/* A second kind of job, integrals of x^k over pieces of [0, 1], which src/cluster has never heard of.
 *
 * Run by check_farm.sh under mpirun: mpi_farm sum | fail N | refuse RANK. Rank 0 prints the integrals with all their
 * digits, so that equal lines on any number of ranks are equal sums.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cluster/cluster.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_PIECES = 16, N_POWERS = 5, N_TASKS = N_PIECES * N_POWERS, N_MIDPOINTS = 100 };

/* One piece of one integral, by its edges. */
struct piece {
    int id, power, n_edges;
    double *edges;
};

/* Its integral by the midpoint rule, or why there is none. */
struct part {
    int id;
    double value;
    char *trouble;
};

static const struct ff_field piece_fields[] = {
    FF_FIELD(piece, id, INT, "id", "1", "which piece", NULL),
    FF_FIELD(piece, power, INT, "power", "1", "k of x^k", NULL),
    FF_FIELD(piece, n_edges, INT, "n_edges", "1", "number of edges", NULL),
    FF_FIELD(piece, edges, REAL, "edges", "1", "from and to", NULL,
             FF_AXIS(piece, n_edges, "edge")),
};
static const struct ff_field part_fields[] = {
    FF_FIELD(part, id, INT, "id", "1", "which piece", NULL),
    FF_FIELD(part, value, REAL, "value", "1", "its integral", NULL),
    FF_FIELD(part, trouble, TEXT, "trouble", "1", "why there is none", NULL),
};
static const struct ff_record_type piece_record = FF_RECORD_TYPE(piece, piece_fields);
static const struct ff_record_type part_record = FF_RECORD_TYPE(part, part_fields);

/* ---- the kind ------------------------------------------------------------------------------- */

struct plan {
    int n_midpoints;
    int fails_every; /* of so many tasks one fails; 0: none */
    int refuses;     /* rank whose worker cannot be created; -1: none */
};

static enum ff_status create(const void *plan, void **worker)
{
    const int refuses = ((const struct plan *)plan)->refuses;
    CHECK(refuses != ff_cluster_rank(), FF_ERR_NUMERICAL, "rank %d has no abacus", refuses);
    struct plan *copy = FF_NEW(struct plan, 1);
    *copy = *(const struct plan *)plan;
    *worker = copy;
    return FF_OK;
}

static void solve(void *worker, const void *task, void *result)
{
    const struct plan *plan = worker;
    const struct piece *piece = task;
    const double width = (piece->edges[1] - piece->edges[0]) / plan->n_midpoints;
    double sum = 0.0;
    for (int i = 0; i < plan->n_midpoints; i++)
        sum += pow(piece->edges[0] + (i + 0.5) * width, piece->power);
    const bool has_failed = plan->fails_every > 0 && piece->id % plan->fails_every == 0;
    *(struct part *)result = (struct part){piece->id, has_failed ? NAN : sum * width,
                                           has_failed ? ff_copy_text("a bead is lost") : NULL};
}

static const struct ff_job_kind integrals = {
    .task = &piece_record,
    .result = &part_record,
    .worker_create = create,
    .worker_free = free,
    .solve = solve,
};

/* ---- the source ----------------------------------------------------------------------------- */

/* Pieces in order; parts are kept and added in order at the end, whoever came first. */
struct book {
    int n_given, n_completed, n_failed, n_ticks;
    double parts[N_TASKS];
};

static bool next(void *context, void *task)
{
    struct book *book = context;
    if (book->n_given == N_TASKS)
        return false;
    const int id = book->n_given++, piece = id % N_PIECES;
    double *edges = FF_NEW(double, 2);
    edges[0] = (double)piece / N_PIECES;
    edges[1] = (double)(piece + 1) / N_PIECES;
    *(struct piece *)task = (struct piece){id, id / N_PIECES, 2, edges};
    return true;
}

static void complete(void *context, const void *result)
{
    struct book *book = context;
    struct part part = *(const struct part *)result;
    book->parts[part.id] = part.value;
    book->n_failed += part.trouble != NULL && strcmp(part.trouble, "a bead is lost") == 0;
    book->n_completed++;
    ff_record_free(&part_record, &part);
}

static bool is_done(void *context)
{
    return ((struct book *)context)->n_completed == N_TASKS;
}

static void count_tick(void *context, bool is_new)
{
    ((struct book *)context)->n_ticks += is_new;
}

/* ---- the program ---------------------------------------------------------------------------- */

static void print(const struct book *book)
{
    for (int power = 0; power < N_POWERS; power++) {
        double sum = 0.0;
        for (int i = 0; i < N_PIECES; i++)
            sum += book->parts[power * N_PIECES + i];
        printf("%d %.17g %s\n", power, sum,
               fabs(sum - 1.0 / (power + 1)) < 1e-6 ? "right" : "wrong");
    }
    printf("%d of %d tasks failed, %d ticks\n", book->n_failed, book->n_completed, book->n_ticks);
}

int main(int argc, char **argv)
{
    ff_cluster_start(&argc, &argv);
    const char *mode = argc > 1 ? argv[1] : "sum";
    const int number = argc > 2 ? atoi(argv[2]) : 0;
    const struct plan plan = {.n_midpoints = N_MIDPOINTS,
                              .fails_every = strcmp(mode, "fail") == 0 ? number : 0,
                              .refuses = strcmp(mode, "refuse") == 0 ? number : -1};
    struct book book = {0};
    const struct ff_source source = {&book, next, complete, is_done};
    const bool is_manager = ff_cluster_rank() == 0;
    const enum ff_status status =
        ff_cluster_run(&integrals, &plan, is_manager ? &source : NULL, count_tick, &book);
    if (status != FF_OK) /* in one write, since ranks share the terminal */
        printf("rank %d: status %d: %s\n", ff_cluster_rank(), (int)status, ff_status_message());
    else if (is_manager)
        print(&book);
    ff_cluster_stop();
    return 0;
}
