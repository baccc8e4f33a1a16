/* The archive: dominance and hypervolume against brute force, and independence of the order of arrival.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/stream.h"
#include "front/archive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"

enum { N_POINTS = 30, GRID = 8, N_ROUNDS = 200 };

static struct ff_stream stream_of(int round)
{
    return ff_stream_at(1, (uint32_t)round, FF_PURPOSE_START, 0, 0);
}

static int draw_int(struct ff_stream *stream, int count)
{
    return (int)(ff_stream_uniform(stream) * count);
}

/* A result as data; the archive gets a copy with arrays of its own. */
struct entry {
    uint32_t id;
    enum ff_status status;
    double weight, current, entropy;
};

static void insert(struct ff_archive *archive, const struct entry *entry)
{
    struct ff_result result;
    ff_result_create(1, 1, &result);
    result.id = entry->id;
    result.status = entry->status;
    result.scalarization.weight = entry->weight;
    result.means.current = entry->current;
    result.means.entropy_production = entry->entropy;
    ff_archive_insert(archive, &result);
}

static struct ff_archive *make_archive(const struct entry *entries, int n)
{
    struct ff_archive *archive;
    ff_archive_create(n, &archive);
    for (int i = 0; i < n; i++)
        insert(archive, &entries[i]);
    return archive;
}

/* Points on a small grid, so that ties and equal points are frequent; one in six has failed. */
static void draw_entries(struct ff_stream *stream, struct entry *entries, int n)
{
    for (int i = 0; i < n; i++) {
        const bool has_failed = draw_int(stream, 6) == 0;
        entries[i] = (struct entry){.id = (uint32_t)i,
                                    .status = has_failed ? FF_ERR_DIVERGED : FF_OK,
                                    .weight = 0.1 * draw_int(stream, 9),
                                    .current = has_failed ? (double)NAN : draw_int(stream, GRID),
                                    .entropy = has_failed ? (double)NAN : draw_int(stream, GRID)};
    }
}

static const struct entry *entry_of(const struct entry *entries, uint32_t id)
{
    return &entries[id];
}

/* A point is dominated if another is in its upper left quadrant and is not the same point. */
static bool is_dominated(const struct entry *entries, int n, const struct entry *point)
{
    for (int j = 0; j < n; j++) {
        const struct entry *other = &entries[j];
        if (other->status != FF_OK)
            continue;
        const bool is_same = other->current == point->current && other->entropy == point->entropy;
        if (other->current >= point->current && other->entropy <= point->entropy && !is_same)
            return true;
    }
    return false;
}

static void nondominated_points_match_brute_force(void **state)
{
    (void)state;
    for (int round = 0; round < N_ROUNDS; round++) {
        struct entry entries[N_POINTS];
        struct ff_stream stream = stream_of(round);
        draw_entries(&stream, entries, N_POINTS);
        struct ff_archive *archive = make_archive(entries, N_POINTS);
        int n_marked = 0;
        for (int i = 0; i < N_POINTS; i++) {
            const struct entry *entry = entry_of(entries, archive->points[i].id);
            const bool expected = entry->status == FF_OK && !is_dominated(entries, N_POINTS, entry);
            assert_int_equal(archive->is_nondominated[i], expected);
            n_marked += expected;
        }
        assert_true(n_marked > 0 && n_marked < N_POINTS);
        assert_int_equal(ff_archive_metrics(archive, NULL).n_nondominated, n_marked);
        ff_archive_free(archive);
    }
}

static void points_are_ordered_by_weight_then_id(void **state)
{
    (void)state;
    struct entry entries[N_POINTS];
    struct ff_stream stream = stream_of(0);
    draw_entries(&stream, entries, N_POINTS);
    struct ff_archive *archive = make_archive(entries, N_POINTS);
    for (int i = 1; i < N_POINTS; i++) {
        const struct ff_result *a = &archive->points[i - 1], *b = &archive->points[i];
        const double step = b->scalarization.weight - a->scalarization.weight;
        assert_true(step > 0.0 || (step == 0.0 && a->id < b->id));
    }
    ff_archive_free(archive);
}

static void shuffle(struct ff_stream *stream, struct entry *entries, int n)
{
    for (int i = n - 1; i > 0; i--) {
        const int j = draw_int(stream, i + 1);
        const struct entry swapped = entries[i];
        entries[i] = entries[j];
        entries[j] = swapped;
    }
}

static void order_of_insertion_does_not_matter(void **state)
{
    (void)state;
    struct entry entries[N_POINTS];
    struct ff_stream stream = stream_of(1);
    draw_entries(&stream, entries, N_POINTS);
    struct ff_archive *first = make_archive(entries, N_POINTS);
    const struct ff_front_metrics expected = ff_archive_metrics(first, NULL);
    for (int round = 0; round < N_ROUNDS; round++) {
        shuffle(&stream, entries, N_POINTS);
        struct ff_archive *again = make_archive(entries, N_POINTS);
        for (int i = 0; i < N_POINTS; i++) {
            assert_int_equal(again->points[i].id, first->points[i].id);
            assert_int_equal(again->is_nondominated[i], first->is_nondominated[i]);
        }
        const struct ff_front_metrics metrics = ff_archive_metrics(again, NULL);
        assert_memory_equal(metrics.ideal, expected.ideal, sizeof metrics.ideal);
        assert_memory_equal(metrics.nadir, expected.nadir, sizeof metrics.nadir);
        assert_true(metrics.hypervolume == expected.hypervolume);
        assert_true(metrics.largest_gap == expected.largest_gap);
        ff_archive_free(again);
    }
    ff_archive_free(first);
}

/* Number of unit cells [j, j+1] x [s-1, s] of the grid that some point dominates, inside the corner. */
static int count_cells(const double (*points)[2], int n, const double reference[2])
{
    int count = 0;
    for (int j = (int)reference[0]; j < GRID; j++)
        for (int s = 1; s <= (int)reference[1]; s++) {
            bool is_covered = false;
            for (int i = 0; i < n && !is_covered; i++)
                is_covered = points[i][0] >= j + 1 && points[i][1] <= s - 1;
            count += is_covered;
        }
    return count;
}

static void hypervolume_matches_counted_cells(void **state)
{
    (void)state;
    for (int round = 0; round < N_ROUNDS; round++) {
        struct ff_stream stream = stream_of(round);
        const int n = 1 + draw_int(&stream, 12);
        double points[12][2];
        for (int i = 0; i < n; i++)
            for (int q = 0; q < 2; q++)
                points[i][q] = draw_int(&stream, GRID + 1);
        const double reference[2] = {draw_int(&stream, 3), GRID - draw_int(&stream, 3)};
        const double area = ff_hypervolume((const double(*)[2])points, n, reference);
        assert_true(area == count_cells((const double(*)[2])points, n, reference));
    }
}

/* Inclusion and exclusion over all subsets: an intersection of boxes is the box of the worst of each. */
static void hypervolume_matches_inclusion_and_exclusion(void **state)
{
    (void)state;
    enum { N = 6 };
    struct ff_stream stream = stream_of(2);
    double points[N][2];
    for (int i = 0; i < N; i++)
        for (int q = 0; q < 2; q++)
            points[i][q] = ff_stream_uniform(&stream);
    const double reference[2] = {-0.5, 1.5};
    double expected = 0.0;
    for (int subset = 1; subset < 1 << N; subset++) {
        double current = INFINITY, entropy = -INFINITY, sign = -1.0;
        for (int i = 0; i < N; i++)
            if (subset & (1 << i)) {
                current = fmin(current, points[i][0]);
                entropy = fmax(entropy, points[i][1]);
                sign = -sign;
            }
        expected += sign * (current - reference[0]) * (reference[1] - entropy);
    }
    assert_near(ff_hypervolume((const double(*)[2])points, N, reference), expected, 1e-12);
}

static void points_outside_the_corner_add_no_hypervolume(void **state)
{
    (void)state;
    const double points[][2] = {{-1.0, 0.5}, {0.0, 0.2}, {2.0, 1.0}, {3.0, 7.0}, {1.0, 0.25}};
    const double reference[2] = {0.0, 1.0};
    assert_true(ff_hypervolume(points, 4, reference) == 0.0);
    assert_true(ff_hypervolume(points, 5, reference) == 0.75);
    assert_true(ff_hypervolume(points, 0, reference) == 0.0);
}

/* Non-dominated: (1,1), (2,3), (4,9); ranges 3 and 8; the widest step is that of J, or of sigma, 3/4. */
static void metrics_match_a_front_worked_out_by_hand(void **state)
{
    (void)state;
    const struct entry entries[] = {
        {0, FF_OK, 0.2, 1.0, 1.0}, {1, FF_OK, 0.9, 4.0, 9.0},           {2, FF_OK, 0.5, 2.0, 3.0},
        {3, FF_OK, 0.6, 1.5, 4.0}, {4, FF_ERR_DIVERGED, 0.7, NAN, NAN},
    };
    struct ff_archive *archive = make_archive(entries, 5);
    struct ff_front_metrics metrics = ff_archive_metrics(archive, NULL);
    assert_int_equal(metrics.n_nondominated, 3);
    assert_int_equal(metrics.n_failed, 1);
    assert_true(metrics.ideal[0] == 4.0 && metrics.ideal[1] == 1.0);
    assert_true(metrics.nadir[0] == 1.0 && metrics.nadir[1] == 9.0);
    assert_memory_equal(metrics.reference, metrics.nadir, sizeof metrics.nadir);
    assert_true(metrics.largest_gap == 0.75);
    assert_true(metrics.hypervolume == 6.0); /* (2-1)(9-3) */
    const double corner[2] = {0.0, 10.0};
    metrics = ff_archive_metrics(archive, corner);
    assert_true(metrics.hypervolume == 4.0 * 1.0 + 2.0 * 6.0 + 1.0 * 2.0);
    assert_memory_equal(metrics.reference, corner, sizeof corner);
    ff_archive_free(archive);
}

static void failed_points_neither_dominate_nor_count(void **state)
{
    (void)state;
    const struct entry entries[] = {{0, FF_OK, 0.2, 1.0, 1.0},
                                    {1, FF_ERR_NUMERICAL, 0.5, 100.0, 0.0}};
    struct ff_archive *archive = make_archive(entries, 2);
    assert_true(archive->is_nondominated[0]);
    assert_false(archive->is_nondominated[1]);
    const struct ff_front_metrics metrics = ff_archive_metrics(archive, NULL);
    assert_int_equal(metrics.n_failed, 1);
    assert_true(metrics.ideal[0] == 1.0 && metrics.hypervolume == 0.0);
    ff_archive_free(archive);
}

static void an_archive_of_failures_has_an_empty_front(void **state)
{
    (void)state;
    const struct entry entries[] = {{0, FF_ERR_DIVERGED, 0.2, NAN, NAN},
                                    {1, FF_ERR_DIVERGED, 0.5, NAN, NAN}};
    struct ff_archive *archive = make_archive(entries, 2);
    const struct ff_front_metrics metrics = ff_archive_metrics(archive, NULL);
    assert_int_equal(metrics.n_nondominated, 0);
    assert_int_equal(metrics.n_failed, 2);
    assert_true(metrics.hypervolume == 0.0 && metrics.largest_gap == 0.0);
    ff_archive_free(archive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nondominated_points_match_brute_force),
        cmocka_unit_test(points_are_ordered_by_weight_then_id),
        cmocka_unit_test(order_of_insertion_does_not_matter),
        cmocka_unit_test(hypervolume_matches_counted_cells),
        cmocka_unit_test(hypervolume_matches_inclusion_and_exclusion),
        cmocka_unit_test(points_outside_the_corner_add_no_hypervolume),
        cmocka_unit_test(metrics_match_a_front_worked_out_by_hand),
        cmocka_unit_test(failed_points_neither_dominate_nor_count),
        cmocka_unit_test(an_archive_of_failures_has_an_empty_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
