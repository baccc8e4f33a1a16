/* fluxfront check: validate a configuration and print it with every default.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "command/command.h"

static enum ff_status check_run(const struct ff_arguments *arguments)
{
    struct ff_setup setup;
    TRY(ff_setup_read(arguments, &setup));
    fputs(setup.resolved, stdout);
    ff_setup_free(&setup);
    return FF_OK;
}

const struct ff_command ff_command_check = {
    .name = "check",
    .synopsis = "check CONFIG",
    .doc = "validate, print the resolved configuration, run nothing",
    .options = FF_OPTION_CONFIG,
    .run = check_run,
};
