/* The command line.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "build_info.h"
#include "cluster/cluster.h"
#include "command/command.h"
#include "gradient/estimator.h"
#include "gradient/gradient.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

const struct ff_command *const ff_commands[] = {
    &ff_command_run,   &ff_command_gradcheck, &ff_command_exact, &ff_command_simulate,
    &ff_command_check, &ff_command_info,      &ff_command_help,  NULL};

enum { N_OPTIONS = 13, MAX_REPEATS = 1000000 };

/* One option of the command line. */
static const struct {
    unsigned needs; /* of enum ff_option */
    struct option option;
    const char *doc;
} option_table[N_OPTIONS] = {
    {FF_OPTION_OUTPUT,
     {"output", required_argument, NULL, 'o'},
     "-o, --output FILE    where the result goes"},
    {FF_OPTION_FORCE,
     {"force", no_argument, NULL, 'f'},
     "--force              replace an existing output"},
    {FF_OPTION_CONFIG,
     {"set", required_argument, NULL, 's'},
     "--set SEC.KEY=VALUE  override one value, as in --set model.edges[0].forward=2; may be repeated"},
    {FF_OPTION_CONFIG,
     {"seed", required_argument, NULL, 'S'},
     "--seed N             the same as --set seed=N"},
    {FF_OPTION_FRONT,
     {"front", no_argument, NULL, 'F'},
     "--front              the best known front, by exact values, instead of one point"},
    {FF_OPTION_REPEATS,
     {"repeats", required_argument, NULL, 'n'},
     "--repeats N          independent estimates of each kind (default 400)"},
    {FF_OPTION_FROM,
     {"from", required_argument, NULL, 'r'},
     "--from FRONT.h5      the initial design is a point of this front, not theta = 0; without CONFIG, the\n"
     "                       configuration is that of the front"},
    {FF_OPTION_FROM,
     {"point", required_argument, NULL, 'p'},
     "--point N            which point of it, numbered from 0 as by `info`"},
    {FF_OPTION_JSON,
     {"json", no_argument, NULL, 'j'},
     "--json               one JSON document on standard output"},
    {FF_OPTION_FORMAT,
     {"format", no_argument, NULL, 'l'},
     "--format             the layout of the files this program writes"},
    {FF_OPTION_STRICT,
     {"strict", no_argument, NULL, 't'},
     "--strict             exit with code 5 when a result is not converged, or a point failed"},
    {FF_OPTION_VERBOSITY,
     {"quiet", no_argument, NULL, 'q'},
     "-q, --quiet          no progress on standard error"},
    {FF_OPTION_VERBOSITY,
     {"verbose", no_argument, NULL, 'v'},
     "-v, --verbose        a line for every point, and the line of the source of an error"},
};

static void print_version(void)
{
    if (!ff_cluster_is_extra_process())
        printf("fluxfront %s (%s)\n", FF_VERSION, FF_GIT_SHA1);
}

/* One text for each exit code; statuses that share one follow each other. */
static void print_exit_codes(void)
{
    printf("exit codes:\n");
    for (int status = FF_OK, last = -1; status <= FF_ERR_UNCONVERGED; status++) {
        const int code = ff_status_exit_code((enum ff_status)status);
        if (code != last)
            printf("  %-10d %s\n", code, ff_status_text((enum ff_status)status));
        last = code;
    }
}

static void print_program_help(void)
{
    if (ff_cluster_is_extra_process())
        return;
    printf("fluxfront %s: Pareto fronts of current against entropy production for Markov jump "
           "processes\n\nusage: [mpirun -n N] fluxfront COMMAND ...\n\n",
           FF_VERSION);
    for (int i = 0; ff_commands[i] != NULL; i++)
        printf("  %-28s %s\n", ff_commands[i]->synopsis, ff_commands[i]->doc);
    printf(
        "\nfluxfront COMMAND --help says more, fluxfront help SECTION what its keys mean.\n\nmodels:\n");
    for (int i = 0; ff_model_types[i] != NULL; i++)
        printf("  %-10s %s\n", ff_model_types[i]->name, ff_model_types[i]->doc);
    printf("gradient estimators:\n");
    for (int i = 0; ff_estimator_types[i] != NULL; i++)
        printf("  %-10s %s\n", ff_estimator_types[i]->name, ff_estimator_types[i]->doc);
    printf("  %-10s %s\n", ff_estimator_auto.name, ff_estimator_auto.doc);
    printf("optimizers:\n");
    for (int i = 0; ff_optimizer_types[i] != NULL; i++)
        printf("  %-10s %s\n", ff_optimizer_types[i]->name, ff_optimizer_types[i]->doc);
    print_exit_codes();
}

static void print_command_help(const struct ff_command *command)
{
    if (ff_cluster_is_extra_process())
        return;
    printf("usage: fluxfront %s\n%s\n", command->synopsis, command->doc);
    for (int i = 0; i < N_OPTIONS; i++)
        if (command->options & option_table[i].needs)
            printf("  %s\n", option_table[i].doc);
}

static const struct ff_command *find_command(const char *name)
{
    for (int i = 0; ff_commands[i] != NULL; i++)
        if (strcmp(ff_commands[i]->name, name) == 0)
            return ff_commands[i];
    return NULL;
}

static enum ff_status unknown_command(const char *name)
{
    const char *names[sizeof ff_commands / sizeof *ff_commands] = {NULL};
    for (int i = 0; ff_commands[i] != NULL; i++)
        names[i] = ff_commands[i]->name;
    const int near = ff_nearest_word(name, names);
    if (near >= 0)
        return ff_status_raise(FF_ERR_CONFIG, "no command `%s`; did you mean `%s`?", name,
                               names[near]);
    return ff_status_raise(FF_ERR_CONFIG, "no command `%s`; see fluxfront --help", name);
}

static enum ff_status parse_repeats(const char *text, int *out)
{
    char *end;
    const long value = strtol(text, &end, 10);
    CHECK(end != text && *end == '\0' && value >= 8 && value <= MAX_REPEATS, FF_ERR_CONFIG,
          "--repeats: must be a whole number from 8 to %d, got `%s`", MAX_REPEATS, text);
    *out = (int)value;
    return FF_OK;
}

static enum ff_status parse_point(const char *text, int *out)
{
    char *end;
    errno = 0;
    const long value = strtol(text, &end, 10);
    CHECK(end != text && *end == '\0' && errno == 0 && value >= 0 && value <= INT_MAX,
          FF_ERR_CONFIG, "--point: must be the whole number of a point, from 0, got `%s`", text);
    *out = (int)value;
    return FF_OK;
}

static enum ff_status take_option(int letter, struct ff_arguments *out)
{
    switch (letter) {
    case 'o':
        out->output = optarg;
        return FF_OK;
    case 'f':
        out->is_forced = true;
        return FF_OK;
    case 's':
        out->overrides[out->n_overrides++] = optarg;
        return FF_OK;
    case 'S':
        out->seed = optarg;
        return FF_OK;
    case 'F':
        out->is_front = true;
        return FF_OK;
    case 'j':
        out->is_json = true;
        return FF_OK;
    case 'l':
        out->is_format = true;
        return FF_OK;
    case 't':
        out->is_strict = true;
        return FF_OK;
    case 'q':
        out->is_quiet = true;
        return FF_OK;
    case 'v':
        out->is_verbose = true;
        return FF_OK;
    case 'r':
        out->from = optarg;
        return FF_OK;
    case 'p':
        return parse_point(optarg, &out->point);
    default:
        return parse_repeats(optarg, &out->n_repeats);
    }
}

static char *join_words(int argc, char **argv)
{
    size_t size = 1;
    for (int i = 0; i < argc; i++)
        size += strlen(argv[i]) + 1;
    char *line = ff_allocate(size, 1);
    for (int i = 0; i < argc; i++) {
        strcat(line, i > 0 ? " " : "");
        strcat(line, argv[i]);
    }
    return line;
}

/* What getopt_long may find: the options of one command, behind those that are there; `letters` are the short ones. */
static void list_options(const struct ff_command *command, struct option *options, char *letters)
{
    int n = 1;
    for (int i = 0; i < N_OPTIONS; i++) {
        if (!(command->options & option_table[i].needs))
            continue;
        options[n++] = option_table[i].option;
        const char letter = (char)option_table[i].option.val;
        if (strchr("oqv", letter) != NULL)
            strncat(letters, &letter, 1);
        if (letter == 'o')
            strcat(letters, ":");
    }
}

/* What is left behind the options. */
static enum ff_status take_input(const struct ff_command *command, int n_words, char **words,
                                 struct ff_arguments *out)
{
    out->is_config_stored = n_words == 0 && out->from != NULL;
    const bool is_left_out = out->is_format || out->is_config_stored ||
                             (n_words == 0 && (command->options & FF_OPTION_NO_INPUT) != 0);
    CHECK(n_words == (is_left_out ? 0 : 1), FF_ERR_CONFIG, "usage: fluxfront %s",
          command->synopsis);
    out->input = is_left_out ? out->from : words[0];
    CHECK(out->from == NULL || out->point >= 0, FF_ERR_CONFIG,
          "%s: --from needs --point N, which point of %s", command->name, out->from);
    CHECK(out->from != NULL || out->point < 0, FF_ERR_CONFIG,
          "%s: --point needs --from FRONT.h5, the file of the point", command->name);
    CHECK(out->from == NULL || !out->is_front, FF_ERR_CONFIG,
          "%s: --front has no initial design; leave out --front, or --from and --point",
          command->name);
    CHECK(!(command->options & FF_OPTION_MUST_OUTPUT) || out->output != NULL, FF_ERR_CONFIG,
          "%s: say where the result goes, with -o FILE", command->name);
    return FF_OK;
}

/* Options of one command; `help` is set when they ask for it. */
static enum ff_status parse_options(const struct ff_command *command, int argc, char **argv,
                                    struct ff_arguments *out, bool *is_help)
{
    struct option options[N_OPTIONS + 2] = {{"help", no_argument, NULL, 'h'}};
    char letters[2 * N_OPTIONS + 4] = ":h";
    list_options(command, options, letters);
    optind = 1;
    opterr = 0;
    for (int letter; (letter = getopt_long(argc, argv, letters, options, NULL)) != -1;) {
        if (letter == 'h') {
            *is_help = true;
            return FF_OK;
        }
        CHECK(letter != ':', FF_ERR_CONFIG, "%s: option %s needs a value", command->name,
              argv[optind - 1]);
        CHECK(letter != '?', FF_ERR_CONFIG, "%s: unknown option %s; see fluxfront %s --help",
              command->name, argv[optind - 1], command->name);
        TRY(take_option(letter, out));
    }
    return take_input(command, argc - optind, argv + optind, out);
}

enum ff_status ff_arguments_parse(int argc, char **argv, const struct ff_command **command,
                                  struct ff_arguments *out)
{
    *command = NULL;
    *out = (struct ff_arguments){.n_repeats = 400, .point = -1};
    CHECK(argc >= 2, FF_ERR_CONFIG, "no command given; see fluxfront --help");
    if (strcmp(argv[1], "--version") == 0) {
        print_version();
        return FF_OK;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_program_help();
        return FF_OK;
    }
    const struct ff_command *found = find_command(argv[1]);
    if (found == NULL)
        return unknown_command(argv[1]);
    out->overrides = FF_RAW(const char *, argc);
    out->command_line = join_words(argc, argv);
    bool is_help = false;
    TRY(parse_options(found, argc - 1, argv + 1, out, &is_help));
    if (is_help)
        print_command_help(found);
    else
        *command = found;
    return FF_OK;
}

void ff_arguments_free(struct ff_arguments *arguments)
{
    free(arguments->overrides);
    free(arguments->command_line);
}
