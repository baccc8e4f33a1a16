/* Records: every type and shape makes the round trip, and bytes that are not a record are refused.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/record.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum colour { NONE = -1, RED, GREEN };

struct sample {
    int rows, columns;
    double real;
    int64_t large;
    uint32_t id;
    enum colour colour;
    char *text;
    double *table;   /* [rows][columns] */
    int64_t *counts; /* [rows] */
    int *colours;    /* [columns] */
    char **names;    /* [rows] */
    int untold;      /* in no table */
};

static const struct ff_field fields[] = {
    FF_FIELD(sample, rows, INT, "rows", "1", "number of rows", NULL),
    FF_FIELD(sample, columns, INT, "columns", "1", "number of columns", NULL),
    FF_FIELD(sample, real, REAL, "real", "1/time", "a real", "group"),
    FF_FIELD(sample, large, INT64, "large", "1", "a large number", "group"),
    FF_FIELD(sample, id, UINT32, "id", "1", "an identity", "group"),
    FF_FIELD(sample, colour, FLAG, "colour", "1", "a flag", "group",
             FF_FLAGS(-1, "none red green")),
    FF_FIELD(sample, text, TEXT, "text", "1", "a text", "group"),
    FF_FIELD(sample, table, REAL, "table", "1", "a table", "group", FF_AXIS(sample, rows, "row"),
             FF_SECOND_AXIS(sample, columns, "column")),
    FF_FIELD(sample, counts, INT64, "counts", "1", "counts", "group", FF_AXIS(sample, rows, "row")),
    FF_FIELD(sample, colours, FLAG, "colours", "1", "flags", "group",
             FF_AXIS(sample, columns, "column"), FF_FLAGS(-1, "none red green")),
    FF_FIELD(sample, names, TEXT, "names", "1", "names", "group", FF_AXIS(sample, rows, "row")),
};

static const struct ff_record_type type = FF_RECORD_TYPE(sample, fields);

static struct sample make_sample(int rows, int columns)
{
    struct sample sample = {.rows = rows,
                            .columns = columns,
                            .real = 0.1,
                            .large = INT64_MIN,
                            .id = UINT32_MAX,
                            .colour = GREEN,
                            .text = ff_copy_text("σ, with a\nline"),
                            .untold = 7};
    sample.table = FF_NEW(double, rows *columns);
    sample.counts = FF_NEW(int64_t, rows);
    sample.colours = FF_NEW(int, columns);
    sample.names = FF_NEW(char *, rows);
    for (int i = 0; i < rows * columns; i++)
        sample.table[i] = 1.0 / (i + 3);
    for (int i = 0; i < rows; i++) {
        sample.counts[i] = INT64_MAX - i;
        sample.names[i] = i == 1 ? NULL : ff_copy_text(i == 0 ? "" : "row");
    }
    for (int i = 0; i < columns; i++)
        sample.colours[i] = i % 3 - 1;
    return sample;
}

static void assert_same_text(const char *a, const char *b)
{
    assert_string_equal(a != NULL ? a : "", b != NULL ? b : "");
}

static void assert_same(const struct sample *a, const struct sample *b)
{
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->columns, b->columns);
    assert_memory_equal(&a->real, &b->real, sizeof a->real);
    assert_true(a->large == b->large);
    assert_int_equal(a->id, b->id);
    assert_int_equal(a->colour, b->colour);
    assert_same_text(a->text, b->text);
    for (int i = 0; i < a->rows * a->columns; i++)
        assert_memory_equal(&a->table[i], &b->table[i], sizeof *a->table);
    for (int i = 0; i < a->rows; i++) {
        assert_true(a->counts[i] == b->counts[i]);
        assert_same_text(a->names[i], b->names[i]);
    }
    for (int i = 0; i < a->columns; i++)
        assert_int_equal(a->colours[i], b->colours[i]);
}

/* The packed record, with its size; the caller frees it. */
static unsigned char *pack(const struct sample *sample, size_t *size)
{
    *size = ff_record_size(&type, sample);
    unsigned char *bytes = FF_RAW(unsigned char, *size);
    ff_record_pack(&type, sample, bytes);
    return bytes;
}

static void check_round_trip(struct sample sample)
{
    size_t size;
    unsigned char *bytes = pack(&sample, &size);
    struct sample back;
    memset(&back, 0xff, sizeof back);
    assert_int_equal(ff_record_unpack(&type, bytes, size, &back), FF_OK);
    assert_same(&sample, &back);
    assert_non_null(back.text);
    assert_int_equal(back.untold, 0);
    free(bytes);
    ff_record_free(&type, &back);
    ff_record_free(&type, &sample);
}

static void every_type_and_shape_makes_the_round_trip(void **state)
{
    (void)state;
    const int shapes[][2] = {{3, 4}, {1, 1}, {4, 1}, {0, 3}, {3, 0}, {0, 0}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        check_round_trip(make_sample(shapes[i][0], shapes[i][1]));
}

static void a_null_text_is_an_empty_one(void **state)
{
    (void)state;
    struct sample sample = make_sample(2, 2);
    free(sample.text);
    sample.text = NULL;
    check_round_trip(sample);
}

static void empty_arrays_need_no_memory(void **state)
{
    (void)state;
    check_round_trip((struct sample){.real = NAN, .colour = NONE});
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    struct sample sample = make_sample(3, 2);
    size_t size;
    unsigned char *bytes = pack(&sample, &size);
    for (size_t n = 0; n < size; n++) {
        unsigned char *part =
            FF_RAW(unsigned char, n); /* so that a sanitizer sees reads behind it */
        memcpy(part, bytes, n);
        struct sample back;
        assert_int_equal(ff_record_unpack(&type, part, n, &back), FF_ERR_RUNTIME);
        assert_null(back.table);
        assert_null(back.text);
        free(part);
    }
    free(bytes);
    ff_record_free(&type, &sample);
}

static void bytes_behind_the_record_are_refused(void **state)
{
    (void)state;
    struct sample sample = make_sample(1, 1), back;
    const size_t size = ff_record_size(&type, &sample);
    unsigned char *bytes = FF_NEW(unsigned char, size + 1);
    ff_record_pack(&type, &sample, bytes);
    assert_int_equal(ff_record_unpack(&type, bytes, size + 1, &back), FF_ERR_RUNTIME);
    assert_non_null(strstr(ff_status_message(), "sample"));
    assert_int_equal(ff_record_unpack(&type, bytes, size, &back), FF_OK);
    ff_record_free(&type, &back);
    free(bytes);
    ff_record_free(&type, &sample);
}

/* Unpack after replacing the int at an offset of the packed bytes. */
static enum ff_status unpack_with(const struct sample *sample, size_t at, int value)
{
    size_t size;
    unsigned char *bytes = pack(sample, &size);
    struct sample back;
    memcpy(bytes + at, &value, sizeof value);
    const enum ff_status status = ff_record_unpack(&type, bytes, size, &back);
    free(bytes);
    ff_record_free(&type, &back);
    return status;
}

static void lengths_that_disagree_are_refused(void **state)
{
    (void)state;
    struct sample sample = make_sample(3, 2);
    const int wrong[] = {-1, 0, 1, 2, 4, 1000, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(unpack_with(&sample, 0, wrong[i]), FF_ERR_RUNTIME);
    assert_int_equal(unpack_with(&sample, sizeof(int), INT32_MAX), FF_ERR_RUNTIME);
    assert_int_equal(unpack_with(&sample, 0, 3), FF_OK);
    ff_record_free(&type, &sample);
}

static void flags_without_a_name_are_refused(void **state)
{
    (void)state;
    struct sample sample = make_sample(1, 1);
    const size_t at = 2 * sizeof(int) + sizeof(double) + sizeof(int64_t) + sizeof(uint32_t);
    assert_int_equal(unpack_with(&sample, at, -2), FF_ERR_RUNTIME);
    assert_int_equal(unpack_with(&sample, at, 2), FF_ERR_RUNTIME);
    assert_int_equal(unpack_with(&sample, at, INT32_MIN), FF_ERR_RUNTIME);
    assert_int_equal(unpack_with(&sample, at, NONE), FF_OK);
    ff_record_free(&type, &sample);
}

/* Whatever single byte is wrong, the record is refused or another one of the same size, never a crash. */
static void no_wrong_byte_is_followed(void **state)
{
    (void)state;
    struct sample sample = make_sample(2, 2);
    size_t size;
    unsigned char *bytes = pack(&sample, &size);
    for (size_t i = 0; i < size; i++) {
        struct sample back;
        bytes[i] ^= 0xff;
        if (ff_record_unpack(&type, bytes, size, &back) == FF_OK)
            assert_int_equal(ff_record_size(&type, &back), size);
        ff_record_free(&type, &back);
        bytes[i] ^= 0xff;
    }
    free(bytes);
    ff_record_free(&type, &sample);
}

static void a_copy_is_independent(void **state)
{
    (void)state;
    struct sample sample = make_sample(3, 2), copy;
    ff_record_copy(&type, &sample, &copy);
    assert_same(&sample, &copy);
    assert_int_equal(copy.untold, 7);
    assert_null(copy.names[1]);
    assert_ptr_not_equal(copy.table, sample.table);
    assert_ptr_not_equal(copy.text, sample.text);
    assert_ptr_not_equal(copy.names[2], sample.names[2]);
    ff_record_free(&type, &sample);
    ff_record_free(&type, &sample);
    assert_null(sample.table);
    assert_string_equal(copy.names[2], "row");
    ff_record_free(&type, &copy);
}

static void blanking_touches_reals_only(void **state)
{
    (void)state;
    struct sample sample = make_sample(2, 3), blank;
    ff_record_copy(&type, &sample, &blank);
    ff_record_blank(&type, &blank);
    assert_true(isnan(blank.real));
    for (int i = 0; i < 6; i++)
        assert_true(isnan(blank.table[i]));
    blank.real = sample.real;
    memcpy(blank.table, sample.table, 6 * sizeof *blank.table);
    assert_same(&sample, &blank);
    ff_record_free(&type, &sample);
    ff_record_free(&type, &blank);
}

/* The negative control: a table that forgets a field loses it, so the comparison above can fail. */
static void a_field_in_no_table_does_not_travel(void **state)
{
    (void)state;
    const struct ff_record_type shorter = {"sample", sizeof(struct sample), fields, 3};
    struct sample sample = make_sample(1, 1), back;
    const size_t size = ff_record_size(&shorter, &sample);
    unsigned char *bytes = FF_RAW(unsigned char, size);
    ff_record_pack(&shorter, &sample, bytes);
    assert_int_equal(ff_record_unpack(&shorter, bytes, size, &back), FF_OK);
    assert_true(back.real == sample.real);
    assert_true(back.large != sample.large);
    free(bytes);
    ff_record_free(&type, &sample);
}

static void tables_are_checked(void **state)
{
    (void)state;
    assert_int_equal(ff_record_check_type(&type), FF_OK);
    const struct ff_field late[] = {fields[8], fields[0]}, silent[] = {{.name = "silent"}},
                          nameless[] = {{.name = "flag",
                                         .unit = "1",
                                         .doc = "a flag",
                                         .type = FF_FIELD_FLAG}};
    const struct ff_record_type wrong[] = {
        {"late", sizeof(struct sample), late, 2},
        {"silent", sizeof(struct sample), silent, 1},
        {"nameless", sizeof(struct sample), nameless, 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(ff_record_check_type(&wrong[i]), FF_ERR_RUNTIME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_and_shape_makes_the_round_trip),
        cmocka_unit_test(a_null_text_is_an_empty_one),
        cmocka_unit_test(empty_arrays_need_no_memory),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(bytes_behind_the_record_are_refused),
        cmocka_unit_test(lengths_that_disagree_are_refused),
        cmocka_unit_test(flags_without_a_name_are_refused),
        cmocka_unit_test(no_wrong_byte_is_followed),
        cmocka_unit_test(a_copy_is_independent),
        cmocka_unit_test(blanking_touches_reals_only),
        cmocka_unit_test(a_field_in_no_table_does_not_travel),
        cmocka_unit_test(tables_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
