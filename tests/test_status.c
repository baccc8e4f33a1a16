/* Errors keep their message and the line that raised them; fresh memory is what it is said to be.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/yaml.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Where `refuse` raises. */
static const int check_line = __LINE__ + 3;
static enum ff_status refuse(int number)
{
    CHECK(number < 0, FF_ERR_NUMERICAL, "refused %d", number);
    return FF_OK;
}

static enum ff_status pass_on(int number)
{
    TRY(refuse(number));
    return FF_OK;
}

static enum ff_status pass_on_and_unwind(int number)
{
    enum ff_status status;
    TRY_OR_FAIL(refuse(number));
fail:
    return status;
}

static void assert_raised_at(int line)
{
    char expected[64];
    snprintf(expected, sizeof expected, "tests/test_status.c:%d", line);
    assert_string_equal(ff_status_place(), expected);
}

/* ---- places --------------------------------------------------------------------------------- */

static void there_is_no_place_before_the_first_error(void **state)
{
    (void)state;
    assert_string_equal(ff_status_place(), "");
    assert_string_equal(ff_status_message(), "");
    assert_int_equal(refuse(-1), FF_OK);
    assert_string_equal(ff_status_place(), "");
}

static void the_place_is_that_of_the_check_that_raised(void **state)
{
    (void)state;
    assert_int_equal(refuse(7), FF_ERR_NUMERICAL);
    assert_string_equal(ff_status_message(), "refused 7");
    assert_raised_at(check_line);

    const int line = __LINE__ + 1;
    assert_int_equal(ff_status_raise(FF_ERR_RUNTIME, "no arguments"), FF_ERR_RUNTIME);
    assert_raised_at(line);
}

static void passing_an_error_on_keeps_its_place(void **state)
{
    (void)state;
    enum ff_status (*const callers[])(int) = {pass_on, pass_on_and_unwind};
    for (int i = 0; i < 2; i++) {
        ff_status_raise(FF_ERR_RUNTIME, "an earlier error");
        assert_int_equal(callers[i](8), FF_ERR_NUMERICAL);
        assert_string_equal(ff_status_message(), "refused 8");
        assert_raised_at(check_line);
    }
}

static void raising_an_error_again_keeps_its_original_place(void **state)
{
    (void)state;
    refuse(9);
    assert_int_equal(
        ff_status_raise_from(ff_status_place(), FF_ERR_CONFIG, "key: %s", ff_status_message()),
        FF_ERR_CONFIG);
    assert_string_equal(ff_status_message(), "key: refused 9");
    assert_raised_at(check_line);

    char place[] = "src/gradient/score.c:210"; /* as received from another rank */
    ff_status_raise_from(place, FF_ERR_DIVERGED, "%s", "too large");
    memset(place, 'x', strlen(place));
    assert_string_equal(ff_status_place(), "src/gradient/score.c:210");
    assert_string_equal(ff_status_message(), "too large");
}

static void a_place_that_is_too_long_is_cut(void **state)
{
    (void)state;
    char place[1000];
    memset(place, 'a', sizeof place - 1);
    place[sizeof place - 1] = '\0';
    ff_status_raise_from(place, FF_ERR_RUNTIME, "message");
    assert_in_range(strlen(ff_status_place()), 100, sizeof place - 2);
    assert_memory_equal(ff_status_place(), place, strlen(ff_status_place()));
}

static void an_error_of_a_node_has_the_place_of_its_reader(void **state)
{
    (void)state;
    struct ff_yaml *document;
    assert_int_equal(ff_yaml_read_text("test", "a: {b: 1}", &document), FF_OK);
    const struct ff_node *node = ff_node_find(ff_yaml_root(document), "a");
    const int line = __LINE__ + 1;
    assert_int_equal(ff_node_error(node, "got %d", 3), FF_ERR_CONFIG);
    assert_raised_at(line);
    assert_string_equal(ff_status_message(), "test:1:4: a: got 3");
    ff_yaml_free(document);
}

/* ---- memory --------------------------------------------------------------------------------- */

static void new_memory_is_zero(void **state)
{
    (void)state;
    double *values = FF_NEW(double, 1000);
    for (int i = 0; i < 1000; i++)
        assert_true(values[i] == 0.0);
    free(values);
}

/* Small enough for the allocator to hand out used memory again, and large enough for fresh pages. */
static void raw_memory_reads_as_nan_where_the_build_fills_it(void **state)
{
    (void)state;
#ifndef FF_FILL_NAN
    skip();
#endif
    static const int counts[] = {1, 100, 1000000};
    for (int c = 0; c < 3; c++) {
        double *values = FF_RAW(double, counts[c]);
        for (int i = 0; i < counts[c]; i++)
            assert_true(isnan(values[i]));
        free(values);
        int *numbers = FF_RAW(int, counts[c]);
        for (int i = 0; i < counts[c]; i++)
            assert_int_equal(numbers[i], -1);
        free(numbers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_no_place_before_the_first_error),
        cmocka_unit_test(the_place_is_that_of_the_check_that_raised),
        cmocka_unit_test(passing_an_error_on_keeps_its_place),
        cmocka_unit_test(raising_an_error_again_keeps_its_original_place),
        cmocka_unit_test(a_place_that_is_too_long_is_cut),
        cmocka_unit_test(an_error_of_a_node_has_the_place_of_its_reader),
        cmocka_unit_test(new_memory_is_zero),
        cmocka_unit_test(raw_memory_reads_as_nan_where_the_build_fills_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
