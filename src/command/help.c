/* fluxfront help: what the keys of the configuration mean, from the tables that read them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "command/command.h"

#include <string.h>

static const char introduction[] =
    "# Configuration\n"
    "\n"
    "A configuration is one YAML file: a mapping of sections, each a mapping of keys. Only `model` is\n"
    "required, and in every section a key that is left out takes its default. `fluxfront check CONFIG`\n"
    "prints the file with all defaults; `--set section.key=value`, also `--set\n"
    "model.edges[0].forward=2`, overrides a value; `fluxfront help SECTION[.KEY]` prints what is said\n"
    "here, and `fluxfront help all` this page.\n"
    "\n"
    "Unknown and duplicate keys, numbers such as `12abc`, nan, inf and quoted numbers are refused with\n"
    "file, line and column.\n";

static const char glossary[] =
    "\n## Words\n"
    "\n"
    "- Units: a rate constant is in the inverse of a unit of time that is yours to choose, written\n"
    "  1/time; currents are in the same 1/time, entropy production rates in k_B per that time\n"
    "  (k_B/time), times in that unit. Nothing else fixes the unit, so rates in 1/s give a current in\n"
    "  1/s. Lengths of trajectories are in events, that is jumps, not in time.\n"
    "- Channel: one kind of jump with its rate constant k; an edge is a channel and, if it is\n"
    "  reversible, its reverse. The current through an edge is the number of its forward less its\n"
    "  backward jumps per unit time.\n"
    "- Entropy production rate sigma: the sum over channels of the jumps per unit time times ln(k/k'),\n"
    "  k' being the rate constant of the reverse. If channels are excluded, what is left is the\n"
    "  entropy production of a part where whole cycles are excluded; elsewhere it is a bilinear form\n"
    "  without lower bound, which `run` refuses to optimise.\n"
    "- Theta: the parameters of a design. Theta is the log of a factor on a rate constant: theta =\n"
    "  0.69 doubles it, bounds of [-8, 8] let it change by a factor of e^8 = 2981 either way. A force\n"
    "  is shared by the two directions of an edge, so one of 8 is a factor of e^4 = 55 on each. Of a\n"
    "  budget only ratios matter: its channels are rescaled together afterwards.\n"
    "- Walker: an independent particle. Currents and entropy production are per walker; for\n"
    "  `exclusion` the current is per bond, the entropy production of the whole system.\n"
    "- Weight w: what the current counts against the entropy production, from 0 to 1. A point of the\n"
    "  front minimises L = -w J/J_scale + (1-w) sigma/sigma_scale or its Chebyshev form; see\n"
    "  `front.scalarization` and `objective.scale`.\n"
    "- Non-dominated: no other point has a current as large and an entropy production as small, with\n"
    "  one of them better. Those points are the front.\n"
    "- Hypervolume: the area, in the plane of current and entropy production, between the front and a\n"
    "  reference point with less current and more entropy production, in k_B/time^2. It grows as the\n"
    "  front gets better or denser; compare it only at the same `front.reference_point`.\n"
    "- Excess: how much the objective L of a point exceeds that of the best known optimum, which has\n"
    "  exact values, at the same weight, relative to the latter's size; 0.01 is one per cent worse, a\n"
    "  small negative value means that the search of the reference found no better.\n"
    "- TUR ratio: (Var(J)/J^2) sigma/2, Var(J) being the long-time variance of the integrated current\n"
    "  per unit time. By the thermodynamic uncertainty relation it is at least 1 when no channel is\n"
    "  excluded; at 1 the current is as precise as its dissipation allows.\n";

static void print_list(void)
{
    printf(
        "The sections of a configuration; `fluxfront help SECTION[.KEY]` says more, `fluxfront help "
        "all` everything.\n\n");
    ff_keys_print_rows(&ff_keys_configuration, "", stdout);
}

static void print_page(void)
{
    fputs(introduction, stdout);
    fputs(glossary, stdout);
    fputc('\n', stdout);
    ff_keys_print(&ff_keys_configuration, "", "Sections", stdout);
}

static enum ff_status help_run(const struct ff_arguments *arguments)
{
    if (arguments->input == NULL) {
        print_list();
        return FF_OK;
    }
    if (strcmp(arguments->input, "all") == 0) {
        print_page();
        return FF_OK;
    }
    for (int i = 0; ff_commands[i] != NULL; i++)
        CHECK(strcmp(arguments->input, ff_commands[i]->name) != 0, FF_ERR_CONFIG,
              "help: `%s` is a command; see fluxfront %s --help", arguments->input,
              arguments->input);
    return ff_keys_help(&ff_keys_configuration, arguments->input, stdout);
}

const struct ff_command ff_command_help = {
    .name = "help",
    .synopsis = "help [SECTION[.KEY]|all]",
    .doc = "what a key of the configuration means, its unit, default and range",
    .options = FF_OPTION_NO_INPUT,
    .run = help_run,
};
