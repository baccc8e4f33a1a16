/* Subcommands: their list, the options they share, and what a configuration becomes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_COMMAND_COMMAND_H
#define FF_COMMAND_COMMAND_H

#include "front/reference.h"
#include "front/scheduler.h"
#include "simulate/timecourse.h"

#include <stdio.h>

/* What the command line asked for. */
struct ff_arguments {
    const char *input;      /* CONFIG, FILE.h5 or SECTION; NULL if it may be and was left out */
    const char *output;     /* -o */
    const char **overrides; /* --set, in order; owned */
    int n_overrides;
    const char *seed; /* --seed, NULL if not given */
    bool is_forced, is_quiet, is_verbose, is_json, is_front, is_format, is_strict;
    int n_repeats;         /* gradcheck --repeats */
    const char *from;      /* --from: a front file, NULL if not given */
    int point;             /* --point of it, -1 if not given */
    bool is_config_stored; /* CONFIG was left out: `input` is `from`, which holds it */
    char *command_line;    /* owned */
};

/* Options a subcommand understands besides --help. */
enum ff_option {
    FF_OPTION_OUTPUT = 1 << 0,
    FF_OPTION_FORCE = 1 << 1,
    FF_OPTION_CONFIG = 1 << 2, /* --set, --seed */
    FF_OPTION_VERBOSITY = 1 << 3,
    FF_OPTION_JSON = 1 << 4,
    FF_OPTION_FRONT = 1 << 5,
    FF_OPTION_REPEATS = 1 << 6,
    FF_OPTION_MUST_OUTPUT = 1 << 7, /* -o may not be left out */
    FF_OPTION_NO_INPUT = 1 << 8,    /* the input may be left out */
    FF_OPTION_FORMAT = 1 << 9,
    FF_OPTION_FROM = 1 << 10, /* --from, --point; then the input may be left out */
    FF_OPTION_STRICT = 1 << 11
};

struct ff_command {
    const char *name, *synopsis, *doc;
    unsigned options; /* of enum ff_option */
    bool is_parallel; /* runs on all ranks; others run on the first process only */
    enum ff_status (*run)(const struct ff_arguments *arguments);
};

extern const struct ff_command ff_command_run, ff_command_gradcheck, ff_command_exact,
    ff_command_simulate, ff_command_check, ff_command_info, ff_command_help;

/** All subcommands, NULL-terminated. */
extern const struct ff_command *const ff_commands[];

/** Parse the words after the program's name. On FF_OK either *command is set, or it is NULL and help or
 * version was printed.  FF_ERR_CONFIG on bad usage. */
enum ff_status ff_arguments_parse(int argc, char **argv, const struct ff_command **command,
                                  struct ff_arguments *out);
void ff_arguments_free(struct ff_arguments *arguments);

/* A whole configuration, read and checked. */
struct ff_setup {
    char *given, *resolved; /* YAML: the file's text, and the configuration with every default */
    struct ff_system *system;
    struct ff_chain *chain; /* NULL before ff_setup_enumerate, and where the states are too many */
    struct ff_plan plan;
    struct ff_front_options front;
    struct ff_reference_options reference;
    struct ff_timecourse_options timecourse; /* points 0 without the section */
    double *start; /* [P] the initial design that --from asked for; else NULL */
    char *from;    /* on rank 0: the file and point it came from, "" without --from */
};

/** All sections and top keys; it fills a struct ff_setup, but for the system. */
extern const struct ff_keys ff_keys_configuration;

/** Read the configuration the arguments name, and the start if they name one.  FF_ERR_CONFIG with position; FF_ERR_RUNTIME
 * if the file of the start cannot be read. */
enum ff_status ff_setup_read(const struct ff_arguments *arguments, struct ff_setup *out);

/** The same from YAML text, without a start. */
enum ff_status ff_setup_read_text(const char *name, const char *text, struct ff_setup *out);

/** Collective. Copy the configuration and the start of rank 0 to the others. */
void ff_setup_share(const struct ff_arguments *arguments, struct ff_setup *setup);

/** Enumerate the states, up to FF_MAX_STATES, for the setup and its plan, and choose the estimator where that was left
 * open: once, before anything that borrows the chain. */
void ff_setup_enumerate(struct ff_setup *setup);

/** Whether the states, which ff_setup_enumerate found, have one closed class, of more than one state, so that there is a
 * steady state.  FF_ERR_CONFIG with the position of the model; FF_OK where the states are too many. */
enum ff_status ff_setup_check_states(const struct ff_setup *setup);

/** NULL-safe members. */
void ff_setup_free(struct ff_setup *setup);

/** The start or, without one, theta = 0 clipped to the bounds, [P]; the caller frees it. */
double *ff_setup_initial_theta(const struct ff_setup *setup);

/** The present time, UTC, as ISO 8601 text. */
void ff_note_start(char *text, size_t size);

/** Rank 0 only. Whether the time course can go to the output named.  FF_ERR_CONFIG. */
enum ff_status ff_timecourse_check_output(const struct ff_arguments *arguments);

/** Collective. Simulate the time course at rates [R]; rank 0 prints it, or writes it to the output named. */
enum ff_status ff_timecourse_command(const struct ff_arguments *arguments,
                                     const struct ff_setup *setup, const double *rates);

/** Scales of J and sigma: those given, else the traffic sum |c_r| <a_r> and the activity sum <a_r> at theta = 0,
 * estimated by simulation: a start does not change what a weight means. */
enum ff_status ff_setup_scales(const struct ff_setup *setup, double *current_scale,
                               double *entropy_scale);

#endif
