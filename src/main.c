/* fluxfront: find the subcommand, run it, turn its status into an exit code.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cluster/cluster.h"
#include "command/command.h"

/* The status of a parallel command is that of rank 0: a launcher ends the job at the first process that
 * fails, which must be the one that says why. */
static enum ff_status run_command(const struct ff_command *command,
                                  const struct ff_arguments *arguments, int *argc, char ***argv)
{
    if (!command->is_parallel)
        return ff_cluster_is_extra_process() ? FF_OK : command->run(arguments);
    ff_cluster_start(argc, argv);
    const enum ff_status status = command->run(arguments);
    const bool is_first = ff_cluster_rank() == 0;
    ff_cluster_stop();
    return is_first ? status : FF_OK;
}

int main(int argc, char **argv)
{
    const struct ff_command *command;
    struct ff_arguments arguments;
    enum ff_status status = ff_arguments_parse(argc, argv, &command, &arguments);
    if (status != FF_OK && ff_cluster_is_extra_process())
        status = FF_OK; /* the first process says it */
    if (status == FF_OK && command != NULL)
        status = run_command(command, &arguments, &argc, &argv);
    if (status != FF_OK)
        fprintf(stderr, "fluxfront: %s\n", ff_status_message());
    if (status != FF_OK && arguments.is_verbose)
        fprintf(stderr, "fluxfront: raised at %s\n", ff_status_place());
    ff_arguments_free(&arguments);
    return ff_status_exit_code(status);
}
