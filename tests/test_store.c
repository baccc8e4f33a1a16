/* The front file: what is written is read back, and output files are replaced whole or not at all.
 *
 * Called as `test_store --write FILE [RANKS]` it only writes the file that check_store.py reads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/system.h"
#include "store/front_file.h"
#include "store/output.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { N_POINTS = 3, N_ITERATIONS = 4, FAILED = 1, UNKNOWN = 2, N_BOUND = 5 };

static const char config[] = "model: {kind: ring, sites: 3, forward: 1.0, backward: 0.5}\n"
                             "design: {kind: rates, budget: {total: 3.0}}\n"
                             "objective: {current: all} # σ\n";

static const char why[] = "the gradient is no number, Σ = ∞";
static const char doubt[] = "current: different starts differ";

/* A run of three points: a good one, a failed one, and one without exact values. */
struct run {
    struct ff_yaml *document;
    struct ff_system *system;
    struct ff_result points[N_POINTS];
    bool is_nondominated[N_POINTS];
    struct ff_archive archive;
    struct ff_reference reference;
    double reference_values[3][N_POINTS], reference_theta[N_POINTS][6], bound[2][N_BOUND];
    double theta[N_POINTS][6], trace[N_POINTS][4][N_ITERATIONS];
    struct ff_front_record record;
};

static struct ff_result make_point(struct run *run, int i)
{
    double(*trace)[N_ITERATIONS] = run->trace[i];
    for (int p = 0; p < run->system->design->n_parameters; p++)
        run->theta[i][p] = 0.1 * p - i;
    for (int t = 0; t < 4; t++)
        for (int k = 0; k < N_ITERATIONS; k++)
            trace[t][k] = k < N_ITERATIONS - 1 ? t + 0.5 * k : NAN;
    return (struct ff_result){
        .id = (uint32_t)(10 - i),
        .outcome = FF_OUTCOME_STALLED,
        .scalarization = {FF_SCALARIZATION_WEIGHTED, 0.25 * (i + 1), 2.0, 4.0, 0.0, 0.0},
        .n_parameters = run->system->design->n_parameters,
        .theta = run->theta[i],
        .means = {0.1 + i, 0.01, 1.0 + i, 0.02},
        .exact_status = i == UNKNOWN ? FF_EXACT_NOT_ENUMERABLE : FF_EXACT_OK,
        .exact_current = i == UNKNOWN ? NAN : 0.125 + i,
        .exact_entropy_production = i == UNKNOWN ? NAN : 1.125 + i,
        .measurement = {.is_converged = i == 0,
                        .reason = ff_copy_text(doubt),
                        .n_trajectories = 32,
                        .horizon = {3000000000, 1000000200}},
        .n_events = 1000000000000 + i,
        .trace = {N_ITERATIONS, N_ITERATIONS - 1, trace[0], trace[1], trace[2], trace[3]},
    };
}

static void make_reference(struct run *run)
{
    for (int i = 0; i < N_POINTS; i++)
        for (int k = 0; k < 3; k++)
            run->reference_values[k][i] = k + 0.1 * i;
    for (int i = 0; i < N_BOUND; i++)
        run->bound[0][i] = run->bound[1][i] = i;
    run->reference = (struct ff_reference){
        .n_points = N_POINTS,
        .n_parameters = run->system->design->n_parameters,
        .current = run->reference_values[0],
        .entropy_production = run->reference_values[1],
        .objective = run->reference_values[2],
        .theta = run->reference_theta[0],
        .bound_slope = run->reference_theta[0],
        .n_bound = N_BOUND,
        .bound_current = run->bound[0],
        .bound_entropy_production = run->bound[1],
    };
}

static struct run *run_create(void)
{
    struct run *run = FF_NEW(struct run, 1);
    if (ff_yaml_read_text("test", config, &run->document) != FF_OK ||
        ff_system_read(ff_yaml_root(run->document), &run->system) != FF_OK)
        ff_status_abort(__FILE__, __LINE__, ff_status_message());
    for (int i = 0; i < N_POINTS; i++)
        run->points[i] = make_point(run, i);
    ff_result_fail(&run->points[FAILED], ff_status_raise(FF_ERR_DIVERGED, "%s", why));
    run->is_nondominated[0] = true;
    run->archive = (struct ff_archive){N_POINTS, N_POINTS, run->points, run->is_nondominated};
    make_reference(run);
    run->record = (struct ff_front_record){
        .system = run->system,
        .archive = &run->archive,
        .reference = &run->reference,
        .metrics = {{1.0, 0.5}, {0.0, 2.0}, {0.0, 2.5}, 1.75, 0.3, 1, 1},
        .current_scale = 2.0,
        .entropy_scale = 4.0,
        .config_given = config,
        .config_from = "other.h5, point 3",
        .config_resolved = config,
        .seed = 42,
        .status = FF_RUN_STOPPED_EARLY,
        .message = "wall time",
        .info = {2, 1.5, "2026-01-02T03:04:05Z", "", "fluxfront run"},
    };
    return run;
}

static void run_free(struct run *run)
{
    ff_system_free(run->system);
    ff_yaml_free(run->document);
    for (int i = 0; i < N_POINTS; i++)
        free(run->points[i].measurement.reason);
    free(run->points[FAILED].reason);
    free(run->points[FAILED].place);
    free(run);
}

static int set_up(void **state)
{
    *state = run_create();
    return 0;
}

static int tear_down(void **state)
{
    run_free(*state);
    return 0;
}

static const struct ff_front_record *record_of(void **state)
{
    return &((struct run *)*state)->record;
}

static void put_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static char *get_bytes(const char *path, size_t *size)
{
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    *size = (size_t)found.st_size;
    char *bytes = ff_allocate(*size, 1);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static void expect_refused(const char *path, bool may_replace, const char *reason)
{
    assert_int_equal(ff_output_check(path, may_replace), FF_ERR_CONFIG);
    if (strstr(ff_status_message(), reason) == NULL)
        fail_msg("`%s` is not in: %s", reason, ff_status_message());
    assert_null(strchr(ff_status_message(), '\n'));
}

/* ---- content -------------------------------------------------------------------------------- */

static void summary_has_what_was_written(void **state)
{
    struct ff_front_summary *summary;
    assert_int_equal(ff_front_file_write("front.h5", record_of(state)), FF_OK);
    assert_int_equal(ff_front_file_read("front.h5", &summary), FF_OK);
    assert_int_equal(summary->n_points, N_POINTS);
    assert_int_equal(summary->n_parameters, 6);
    assert_int_equal(summary->n_channels, 6);
    assert_string_equal(summary->status, "stopped-early");
    assert_string_equal(summary->message, "wall time");
    assert_string_equal(summary->rng, "philox4x32-10");
    assert_string_equal(summary->started, "2026-01-02T03:04:05Z");
    assert_string_equal(summary->hosts, "");
    assert_string_equal(summary->config_resolved, config);
    assert_string_equal(summary->config_from, "other.h5, point 3");
    assert_int_equal(summary->format_version[0], 1);
    assert_int_equal(summary->format_version[1], 4);
    assert_int_equal(summary->seed, 42);
    assert_int_equal(summary->n_ranks, 2);
    assert_true(summary->wall_seconds == 1.5 && summary->hypervolume == 1.75);
    assert_true(summary->reference_point[0] == 0.0 && summary->reference_point[1] == 2.5);
    const struct ff_result *result = &summary->results[0];
    assert_true(summary->points[0].status == FF_POINT_OK && summary->points[0].is_nondominated);
    assert_int_equal(result->id, 10);
    assert_true(result->scalarization.weight == 0.25 && result->scalarization.current_scale == 2.0);
    assert_true(result->means.current == 0.1 && result->means.current_stderr == 0.01);
    assert_true(result->means.entropy_production == 1.0 &&
                result->means.entropy_production_stderr == 0.02);
    assert_true(result->exact_current == 0.125 && result->exact_entropy_production == 1.125);
    assert_int_equal(result->exact_status, FF_EXACT_OK);
    assert_int_equal(summary->results[UNKNOWN].exact_status, FF_EXACT_NOT_ENUMERABLE);
    assert_int_equal(result->outcome, FF_OUTCOME_STALLED);
    assert_true(result->n_events == 1000000000000);
    assert_true(result->measurement.is_converged == 1 &&
                summary->results[UNKNOWN].measurement.is_converged == 0);
    assert_string_equal(result->measurement.reason, doubt);
    assert_int_equal(result->measurement.n_trajectories, 32);
    assert_true(result->measurement.horizon.events == 3000000000 &&
                result->measurement.horizon.burn_in == 1000000200);
    assert_string_equal(result->reason, "");
    assert_true(summary->reference_objective[0] == 2.0);
    const struct names {
        char **found, **written;
    } names[] = {{summary->parameter_names, record_of(state)->system->design->parameter_names},
                 {summary->channel_names, record_of(state)->system->process->channel_names}};
    for (int p = 0; p < 6; p++) {
        assert_true(result->theta[p] == record_of(state)->archive->points[0].theta[p]);
        for (int k = 0; k < 2; k++)
            assert_string_equal(names[k].found[p], names[k].written[p]);
    }
    ff_front_summary_free(summary);
}

static void objective_is_exact_where_known_and_estimated_elsewhere(void **state)
{
    const struct ff_result *points = record_of(state)->archive->points;
    struct ff_front_summary *summary;
    assert_int_equal(ff_front_file_write("objective.h5", record_of(state)), FF_OK);
    assert_int_equal(ff_front_file_read("objective.h5", &summary), FF_OK);
    assert_true(summary->points[0].objective ==
                ff_scalarize(&points[0].scalarization, 0.125, 1.125, NULL, NULL));
    assert_true(summary->points[UNKNOWN].objective ==
                ff_scalarize(&points[UNKNOWN].scalarization, 2.1, 3.0, NULL, NULL));
    ff_front_summary_free(summary);
}

static void failed_point_is_nan_except_for_its_scalarisation(void **state)
{
    struct run *run = *state;
    struct ff_front_summary *summary;
    run->points[FAILED].theta = NULL;
    run->is_nondominated[FAILED] = true;
    assert_int_equal(ff_front_file_write("failed.h5", &run->record), FF_OK);
    assert_int_equal(ff_front_file_read("failed.h5", &summary), FF_OK);
    const struct ff_result *result = &summary->results[FAILED];
    assert_int_equal(summary->points[FAILED].status, FF_POINT_FAILED);
    assert_false(summary->points[FAILED].is_nondominated);
    assert_true(isnan(summary->points[FAILED].objective));
    assert_true(result->scalarization.weight == 0.5 && result->scalarization.entropy_scale == 4.0);
    assert_string_equal(result->reason, why);
    assert_int_equal(result->outcome, FF_OUTCOME_NONE);
    assert_int_equal(result->exact_status, FF_EXACT_NONE);
    assert_true(result->n_events == 0 && result->measurement.horizon.events == 0);
    assert_int_equal(result->measurement.n_trajectories, 0);
    assert_string_equal(result->measurement.reason, "");
    assert_true(isnan(result->means.current) && isnan(result->means.current_stderr));
    assert_true(isnan(result->means.entropy_production));
    assert_true(isnan(result->means.entropy_production_stderr));
    assert_true(isnan(result->exact_current) && isnan(result->exact_entropy_production));
    ff_front_summary_free(summary);
}

static void run_without_points_or_reference_is_a_front_file(void **state)
{
    struct run *run = *state;
    struct ff_front_summary *summary;
    run->archive.n_points = 0;
    run->record.reference = NULL;
    run->record.message = NULL;
    assert_int_equal(ff_front_file_write("empty.h5", &run->record), FF_OK);
    assert_int_equal(ff_front_file_read("empty.h5", &summary), FF_OK);
    assert_int_equal(summary->n_points, 0);
    assert_string_equal(summary->message, "");
    ff_front_summary_free(summary);
}

static void equal_records_give_equal_bytes(void **state)
{
    struct run *other = run_create();
    size_t size, other_size;
    assert_int_equal(ff_front_file_write("a.h5", record_of(state)), FF_OK);
    sleep(1); /* time stamps would count in seconds */
    assert_int_equal(ff_front_file_write("b.h5", &other->record), FF_OK);
    char *bytes = get_bytes("a.h5", &size), *other_bytes = get_bytes("b.h5", &other_size);
    assert_int_equal(size, other_size);
    assert_memory_equal(bytes, other_bytes, size);
    free(bytes);
    free(other_bytes);
    run_free(other);
}

static void other_files_are_not_read(void **state)
{
    struct ff_front_summary *summary;
    size_t size;
    assert_int_equal(ff_front_file_read("missing.h5", &summary), FF_ERR_RUNTIME);
    put_text("text.h5", "not HDF5\n");
    assert_int_equal(ff_front_file_read("text.h5", &summary), FF_ERR_RUNTIME);
    assert_int_equal(ff_front_file_read(".", &summary), FF_ERR_RUNTIME);
    assert_int_equal(ff_front_file_write("whole.h5", record_of(state)), FF_OK);
    free(get_bytes("whole.h5", &size));
    assert_int_equal(truncate("whole.h5", (off_t)size / 2), 0);
    assert_int_equal(ff_front_file_read("whole.h5", &summary), FF_ERR_RUNTIME);
    assert_non_null(strstr(ff_status_message(), "whole.h5"));
}

/* ---- replacing ------------------------------------------------------------------------------ */

static void existing_output_is_refused_without_force(void **state)
{
    (void)state;
    put_text("exists.h5", "precious");
    expect_refused("exists.h5", false, "--force");
    assert_int_equal(ff_output_check("exists.h5", true), FF_OK);
    assert_int_equal(ff_output_check("new.h5", false), FF_OK);
    assert_int_not_equal(access("new.h5", F_OK), 0);
}

static void names_that_cannot_be_written_are_refused(void **state)
{
    (void)state;
    mkdir("folder", 0777);
    put_text("file", "");
    expect_refused("", true, "empty");
    expect_refused("folder", true, "is a folder");
    expect_refused("folder/", true, "folder");
    expect_refused("nowhere/front.h5", true, "create it");
    expect_refused("file/front.h5", true, "is not a folder");
    expect_refused("/dev/null", true, "not a regular file");
    expect_refused("/proc/front.h5", true, "cannot create");
}

static void unwritable_folder_is_refused(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip(); /* permissions do not bind root; /proc above does */
    assert_int_equal(mkdir("locked", 0555), 0);
    expect_refused("locked/front.h5", true, "cannot create");
    rmdir("locked");
}

static void leftovers_of_a_killed_run_do_not_matter(void **state)
{
    char name[64];
    struct ff_front_summary *summary;
    snprintf(name, sizeof name, "killed.h5.tmp.%ld", (long)getpid());
    put_text(name, "half a file");
    put_text("killed.h5.tmp.1", "half a file");
    assert_int_equal(ff_output_check("killed.h5", false), FF_OK);
    assert_int_equal(ff_front_file_write("killed.h5", record_of(state)), FF_OK);
    assert_int_equal(ff_front_file_read("killed.h5", &summary), FF_OK);
    assert_int_not_equal(access(name, F_OK), 0);
    ff_front_summary_free(summary);
}

static void failed_write_leaves_the_previous_file(void **state)
{
    char name[64];
    size_t size;
    struct rlimit limit, small;
    put_text("previous.h5", "precious");
    snprintf(name, sizeof name, "previous.h5.tmp.%ld", (long)getpid());
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 1000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const enum ff_status status = ff_front_file_write("previous.h5", record_of(state));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(status, FF_ERR_RUNTIME);
    assert_non_null(strstr(ff_status_message(), "previous.h5"));
    assert_int_not_equal(access(name, F_OK), 0);
    char *bytes = get_bytes("previous.h5", &size);
    assert_int_equal(size, strlen("precious"));
    free(bytes);
}

static int write_only(const char *path, const char *ranks)
{
    struct run *run = run_create();
    if (ranks != NULL)
        run->record.info = (struct ff_run_info){atoi(ranks), 99.0, "later", "a,b", "other"};
    const enum ff_status status = ff_front_file_write(path, &run->record);
    if (status != FF_OK)
        fprintf(stderr, "%s\n", ff_status_message());
    run_free(run);
    return ff_status_exit_code(status);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "--write") == 0)
        return write_only(argv[2], argv[3]);
    const struct CMUnitTest tests[] = {
        CASE(summary_has_what_was_written),
        CASE(objective_is_exact_where_known_and_estimated_elsewhere),
        CASE(failed_point_is_nan_except_for_its_scalarisation),
        CASE(run_without_points_or_reference_is_a_front_file),
        CASE(equal_records_give_equal_bytes),
        CASE(other_files_are_not_read),
        CASE(existing_output_is_refused_without_force),
        CASE(names_that_cannot_be_written_are_refused),
        CASE(unwritable_folder_is_refused),
        CASE(leftovers_of_a_killed_run_do_not_matter),
        CASE(failed_write_leaves_the_previous_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
