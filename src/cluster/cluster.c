/* Start, stop, and what rank 0 shares with the others.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cluster/cluster.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double started_at;
static const size_t most_in_message = 1 << 20; /* values: the length of a message is an int */

void ff_cluster_start(int *argc, char ***argv)
{
    MPI_Init(argc, argv);
    started_at = MPI_Wtime();
}

void ff_cluster_stop(void)
{
    MPI_Finalize();
}

int ff_cluster_rank(void)
{
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

int ff_cluster_size(void)
{
    int size;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    return size;
}

bool ff_cluster_is_extra_process(void)
{
    static const char *const variables[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *rank = getenv(variables[i]);
        if (rank != NULL)
            return atoi(rank) > 0;
    }
    return false;
}

enum ff_status ff_cluster_share_status(enum ff_status status)
{
    int value = (int)status;
    MPI_Bcast(&value, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return (enum ff_status)value;
}

enum ff_status ff_cluster_agree_status(enum ff_status status)
{
    const int n_ranks = ff_cluster_size(), rank = ff_cluster_rank();
    int first = status == FF_OK ? n_ranks : rank, value = (int)status;
    char message[1024], place[128];
    MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (first == n_ranks)
        return FF_OK;
    snprintf(message, sizeof message, "%s", ff_status_message());
    snprintf(place, sizeof place, "%s", ff_status_place());
    MPI_Bcast(&value, 1, MPI_INT, first, MPI_COMM_WORLD);
    MPI_Bcast(message, sizeof message, MPI_CHAR, first, MPI_COMM_WORLD);
    MPI_Bcast(place, sizeof place, MPI_CHAR, first, MPI_COMM_WORLD);
    return ff_status_raise_from(place, (enum ff_status)value, "%s", message);
}

/* Of type MPI_User_function; MPI need not align its buffers as ff_wide is. */
static void add_wide(void *in, void *inout, int *length, MPI_Datatype *type)
{
    (void)type;
    for (int i = 0; i < *length; i++) {
        ff_wide term, sum;
        const size_t at = (size_t)i * sizeof sum;
        memcpy(&term, (char *)in + at, sizeof term);
        memcpy(&sum, (char *)inout + at, sizeof sum);
        sum += term;
        memcpy((char *)inout + at, &sum, sizeof sum);
    }
}

void ff_cluster_share_reals(double *values, size_t count)
{
    for (size_t i = 0; i < count; i += most_in_message) {
        const size_t length = count - i < most_in_message ? count - i : most_in_message;
        MPI_Bcast(values + i, (int)length, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    }
}

void ff_cluster_sum(ff_wide *values, size_t count)
{
    const bool is_root = ff_cluster_rank() == 0;
    MPI_Datatype type;
    MPI_Op sum;
    MPI_Type_contiguous(sizeof *values, MPI_BYTE, &type);
    MPI_Type_commit(&type);
    MPI_Op_create(add_wide, true, &sum);
    for (size_t i = 0; i < count; i += most_in_message) {
        const int length = (int)(count - i < most_in_message ? count - i : most_in_message);
        MPI_Reduce(is_root ? MPI_IN_PLACE : values + i, is_root ? values + i : NULL, length, type,
                   sum, 0, MPI_COMM_WORLD);
    }
    MPI_Op_free(&sum);
    MPI_Type_free(&type);
}

void ff_cluster_share_text(char **text)
{
    const bool is_source = ff_cluster_rank() == 0;
    int size = is_source ? (int)strlen(*text) + 1 : 0;
    MPI_Bcast(&size, 1, MPI_INT, 0, MPI_COMM_WORLD);
    if (!is_source)
        *text = ff_allocate_raw((unsigned long)size, 1);
    MPI_Bcast(*text, size, MPI_CHAR, 0, MPI_COMM_WORLD);
}

static bool is_listed(const char *list, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = strstr(list, name); at != NULL; at = strstr(at + 1, name))
        if ((at == list || at[-1] == ',') && (at[length] == '\0' || at[length] == ','))
            return true;
    return false;
}

char *ff_cluster_hosts(void)
{
    char name[MPI_MAX_PROCESSOR_NAME] = "";
    int length;
    MPI_Get_processor_name(name, &length);
    const int size = ff_cluster_size();
    const bool is_root = ff_cluster_rank() == 0;
    char *names = is_root ? ff_allocate_raw((unsigned long)size, sizeof name) : NULL;
    MPI_Gather(name, sizeof name, MPI_CHAR, names, sizeof name, MPI_CHAR, 0, MPI_COMM_WORLD);
    if (!is_root)
        return NULL;
    char *list = ff_allocate((unsigned long)size, sizeof name + 1);
    for (int i = 0; i < size; i++) {
        const char *host = names + (size_t)i * sizeof name;
        if (is_listed(list, host))
            continue;
        if (list[0] != '\0')
            strcat(list, ",");
        strcat(list, host);
    }
    free(names);
    return list;
}

double ff_cluster_seconds(void)
{
    return MPI_Wtime() - started_at;
}
