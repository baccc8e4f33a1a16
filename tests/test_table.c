/* Records in files: shapes, filling, what is left out; and that every table can be written at all.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/task.h"
#include "store/layout.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N_RUNS = 3, WIDTH = 4 };

/* Runs of different lengths, and their common axes. */
struct run {
    int length, id, kind;
    char *remark;
    double *trace; /* [length] */
};

struct axes {
    int n_runs, width;
    int64_t *run, *step;
    double *absent; /* [width] or NULL */
};

static const struct ff_field run_fields[] = {
    FF_FIELD(run, length, INT, "length", "1", "its length", NULL),
    FF_FIELD(run, id, INT, "id", "1", "its number", "front"),
    FF_FIELD(run, kind, FLAG, "kind", "1", "its kind", "front", FF_FLAGS(-1, "none short long")),
    FF_FIELD(run, remark, TEXT, "remark", "1", "a remark", "front"),
    FF_FIELD(run, trace, REAL, "trace", "1", "its trace", "history", FF_AXIS(run, length, "step")),
};
static const struct ff_field axes_fields[] = {
    FF_FIELD(axes, n_runs, INT, "n_runs", "1", "number of runs", NULL),
    FF_FIELD(axes, width, INT, "width", "1", "longest run", NULL),
    FF_FIELD(axes, run, INT64, "run", "1", "run", "front", FF_AXIS(axes, n_runs, "run")),
    FF_FIELD(axes, run, INT64, "run", "1", "run", "history", FF_AXIS(axes, n_runs, "run")),
    FF_FIELD(axes, step, INT64, "step", "1", "step", "history", FF_AXIS(axes, width, "step")),
    FF_FIELD(axes, absent, REAL, "absent", "1", "may be absent", "history",
             FF_AXIS(axes, width, "step")),
};
static const struct ff_record_type run_record = FF_RECORD_TYPE(run, run_fields);
static const struct ff_record_type axes_record = FF_RECORD_TYPE(axes, axes_fields);

static double traces[2][WIDTH] = {{1, 2, 3, 4}, {5, 6, 7, 8}};
static char remark[] = "σ";
static struct run runs[N_RUNS] = {
    {4, 10, 1, remark, traces[0]}, {2, 11, 0, NULL, traces[1]}, {4, 12, -1, NULL, NULL}};
static int64_t numbers[] = {0, 1, 2, 3};

/* A file in memory with the runs, whose axis `step` has this length. */
static enum ff_status write(int width, double *absent, struct ff_group *file)
{
    const struct axes axes = {N_RUNS, width, numbers, numbers, absent};
    const struct ff_part parts[] = {{&axes_record, NULL, &axes, 1},
                                    {&run_record, "run", runs, N_RUNS}};
    assert_int_equal(ff_hdf5_create("memory", file), FF_OK);
    return ff_table_write(file, parts, 2);
}

static void shorter_arrays_are_filled_with_nan(void **state)
{
    (void)state;
    struct ff_group file;
    double values[N_RUNS * WIDTH];
    assert_int_equal(write(WIDTH, NULL, &file), FF_OK);
    assert_int_equal(ff_hdf5_read(&file, "history/trace", N_RUNS * WIDTH, values), FF_OK);
    const double expected[] = {1, 2, 3, 4, 5, 6, NAN, NAN, NAN, NAN, NAN, NAN};
    for (int i = 0; i < N_RUNS * WIDTH; i++)
        assert_true(isnan(expected[i]) ? isnan(values[i]) : values[i] == expected[i]);
    ff_group_close(&file);
}

static void arrays_longer_than_their_axis_are_refused(void **state)
{
    (void)state;
    struct ff_group file;
    assert_int_equal(write(WIDTH - 1, NULL, &file), FF_ERR_RUNTIME);
    assert_non_null(strstr(ff_status_message(), "trace"));
    ff_group_close(&file);
}

static void an_array_that_is_not_there_is_left_out(void **state)
{
    (void)state;
    struct ff_group file;
    double there[WIDTH] = {0};
    assert_int_equal(write(WIDTH, NULL, &file), FF_OK);
    assert_false(ff_hdf5_has(&file, "history/absent"));
    ff_group_close(&file);
    assert_int_equal(write(WIDTH, there, &file), FF_OK);
    assert_true(ff_hdf5_has(&file, "history/absent"));
    ff_group_close(&file);
}

static void single_values_are_read_back(void **state)
{
    (void)state;
    struct ff_group file;
    struct run back[N_RUNS] = {{0}};
    assert_int_equal(write(WIDTH, NULL, &file), FF_OK);
    assert_int_equal(ff_table_read(&file, "front", &run_record, false, back, N_RUNS), FF_OK);
    for (int i = 0; i < N_RUNS; i++) {
        assert_int_equal(back[i].id, runs[i].id);
        assert_int_equal(back[i].kind, runs[i].kind);
        assert_string_equal(back[i].remark, i == 0 ? "σ" : "");
        free(back[i].remark);
    }
    ff_group_close(&file);
}

/* As long as their axis, NaN where they were shorter; what the record had is replaced. */
static void arrays_are_read_back(void **state)
{
    (void)state;
    struct ff_group file;
    struct run back[N_RUNS] = {{.trace = FF_RAW(double, 1)}};
    assert_int_equal(write(WIDTH, NULL, &file), FF_OK);
    assert_int_equal(ff_table_read(&file, "history", &run_record, false, back, N_RUNS), FF_OK);
    for (int i = 0; i < N_RUNS; i++) {
        assert_int_equal(back[i].length, WIDTH);
        for (int t = 0; t < WIDTH; t++) {
            const bool is_there = runs[i].trace != NULL && t < runs[i].length;
            assert_true(is_there ? back[i].trace[t] == runs[i].trace[t] : isnan(back[i].trace[t]));
        }
        free(back[i].trace);
    }
    ff_group_close(&file);
}

static void an_array_of_another_size_is_an_error(void **state)
{
    (void)state;
    struct ff_group file;
    struct run back[N_RUNS + 1] = {{0}};
    assert_int_equal(write(WIDTH, NULL, &file), FF_OK);
    assert_int_equal(ff_table_read(&file, "history", &run_record, false, back, N_RUNS + 1),
                     FF_ERR_RUNTIME);
    assert_null(back[0].trace);
    ff_group_close(&file);
}

static void a_missing_field_is_an_error_unless_allowed(void **state)
{
    (void)state;
    struct ff_group file;
    const struct ff_field more[] = {
        FF_FIELD(run, length, INT, "added", "1", "added later", "front")};
    const struct ff_record_type newer = FF_RECORD_TYPE(run, more);
    struct run back[N_RUNS] = {{.length = 7}};
    assert_int_equal(write(WIDTH, NULL, &file), FF_OK);
    assert_int_equal(ff_table_read(&file, "front", &newer, false, back, N_RUNS), FF_ERR_RUNTIME);
    assert_int_equal(ff_table_read(&file, "front", &newer, true, back, N_RUNS), FF_OK);
    assert_int_equal(back[0].length, 7);
    ff_group_close(&file);
}

static bool is_known(const char *group)
{
    for (int g = 0; ff_table_groups[g] != NULL; g++)
        if (strcmp(ff_table_groups[g], group) == 0)
            return true;
    return false;
}

/* Nothing is lost because its group is misspelt. */
static void check_parts(const struct ff_part *parts, int n_parts)
{
    for (int p = 0; p < n_parts; p++) {
        const struct ff_record_type *type = parts[p].type;
        if (ff_record_check_type(type) != FF_OK)
            fail_msg("%s", ff_status_message());
        for (int f = 0; f < type->n_fields; f++)
            if (type->fields[f].group != NULL && !is_known(type->fields[f].group))
                fail_msg("%s: no group %s", type->fields[f].name, type->fields[f].group);
    }
}

static void every_table_can_be_written(void **state)
{
    (void)state;
    check_parts(ff_front_layout, FF_N_FRONT_PARTS);
    check_parts(ff_timecourse_layout, FF_N_COURSE_PARTS);
    assert_int_equal(ff_record_check_type(&ff_task_record), FF_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shorter_arrays_are_filled_with_nan),
        cmocka_unit_test(arrays_longer_than_their_axis_are_refused),
        cmocka_unit_test(an_array_that_is_not_there_is_left_out),
        cmocka_unit_test(single_values_are_read_back),
        cmocka_unit_test(arrays_are_read_back),
        cmocka_unit_test(an_array_of_another_size_is_an_error),
        cmocka_unit_test(a_missing_field_is_an_error_unless_allowed),
        cmocka_unit_test(every_table_can_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
