/* Points in order, dominance, hypervolume.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/archive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void ff_archive_create(int capacity, struct ff_archive **out)
{
    struct ff_archive *archive = FF_NEW(struct ff_archive, 1);
    archive->capacity = capacity;
    archive->points = FF_RAW(struct ff_result, capacity);
    archive->is_nondominated = FF_RAW(bool, capacity);
    *out = archive;
}

void ff_archive_free(struct ff_archive *archive)
{
    if (archive == NULL)
        return;
    for (int i = 0; i < archive->n_points; i++)
        ff_result_free(&archive->points[i]);
    free(archive->points);
    free(archive->is_nondominated);
    free(archive);
}

/* A point is dominated by one at least as good in both objectives and better in one. */
static bool dominates(const struct ff_result *one, const struct ff_result *other)
{
    const struct ff_values a = ff_result_values(one), b = ff_result_values(other);
    return a.current >= b.current && a.entropy_production <= b.entropy_production &&
           (a.current > b.current || a.entropy_production < b.entropy_production);
}

static void mark_nondominated(struct ff_archive *archive)
{
    for (int i = 0; i < archive->n_points; i++) {
        bool is_nondominated = archive->points[i].status == FF_OK;
        for (int j = 0; j < archive->n_points && is_nondominated; j++)
            is_nondominated = archive->points[j].status != FF_OK ||
                              !dominates(&archive->points[j], &archive->points[i]);
        archive->is_nondominated[i] = is_nondominated;
    }
}

static bool is_before(const struct ff_result *a, const struct ff_result *b)
{
    if (a->scalarization.weight != b->scalarization.weight)
        return a->scalarization.weight < b->scalarization.weight;
    return a->id < b->id;
}

void ff_archive_insert(struct ff_archive *archive, const struct ff_result *result)
{
    if (archive->n_points == archive->capacity)
        ff_status_abort(__FILE__, __LINE__, "more results than the archive has room for");
    int at = archive->n_points++;
    while (at > 0 && is_before(result, &archive->points[at - 1])) {
        archive->points[at] = archive->points[at - 1];
        at--;
    }
    archive->points[at] = *result;
    mark_nondominated(archive);
}

/* Whether a result is for the scalarisation of a point. */
static bool is_for(const struct ff_result *result, const struct ff_result *point)
{
    return point->scalarization.weight == result->scalarization.weight &&
           point->scalarization.kind == result->scalarization.kind;
}

void ff_archive_improve(struct ff_archive *archive, const struct ff_result *result)
{
    struct ff_result unused = *result;
    for (int i = 0; i < archive->n_points; i++) {
        struct ff_result *point = &archive->points[i];
        if (!is_for(result, point))
            continue;
        const int64_t n_events = point->n_events + result->n_events;
        if (result->status == FF_OK && ff_result_objective(result, &point->scalarization) <
                                           ff_result_objective(point, &point->scalarization)) {
            unused = *point;
            *point = *result;
        }
        point->n_events = n_events;
        break;
    }
    ff_result_free(&unused);
    mark_nondominated(archive);
}

int ff_archive_good(const struct ff_archive *archive, const struct ff_result **points)
{
    int n = 0;
    for (int i = 0; i < archive->n_points; i++)
        if (archive->points[i].status == FF_OK)
            points[n++] = &archive->points[i];
    return n;
}

const struct ff_result *ff_archive_best(const struct ff_archive *archive,
                                        const struct ff_scalarization *scalarization)
{
    const struct ff_result *best = NULL;
    double least = INFINITY;
    for (int i = 0; i < archive->n_points; i++) {
        const struct ff_result *point = &archive->points[i];
        const double value =
            point->status == FF_OK ? ff_result_objective(point, scalarization) : INFINITY;
        if (value < least) {
            least = value;
            best = point;
        }
    }
    return best;
}

/* ---- metrics -------------------------------------------------------------------------------- */

static int compare_pairs(const void *a, const void *b)
{
    const double *left = a, *right = b;
    if (left[0] != right[0])
        return left[0] > right[0] ? -1 : 1;
    return (left[1] > right[1]) - (left[1] < right[1]);
}

double ff_hypervolume(const double (*points)[2], int n_points, const double reference[2])
{
    double(*sorted)[2] = ff_allocate_raw((unsigned long)n_points, sizeof *sorted);
    memcpy(sorted, points, sizeof *sorted * (size_t)n_points);
    qsort(sorted, (size_t)n_points, sizeof *sorted, compare_pairs);
    /* From the largest J down, each point that lowers sigma adds the strip between the two sigmas. */
    double area = 0.0, lowest = reference[1];
    for (int i = 0; i < n_points && sorted[i][0] > reference[0]; i++) {
        if (sorted[i][1] >= lowest)
            continue;
        area += (sorted[i][0] - reference[0]) * (lowest - sorted[i][1]);
        lowest = sorted[i][1];
    }
    free(sorted);
    return area;
}

/* Largest step between neighbours in J, of either objective in units of its range. */
static double largest_gap(const double (*sorted)[2], int n, const struct ff_front_metrics *metrics)
{
    double largest = 0.0;
    for (int i = 1; i < n; i++)
        for (int q = 0; q < 2; q++) {
            const double range = fabs(metrics->ideal[q] - metrics->nadir[q]);
            if (range > 0.0)
                largest = fmax(largest, fabs(sorted[i][q] - sorted[i - 1][q]) / range);
        }
    return largest;
}

struct ff_front_metrics ff_archive_metrics(const struct ff_archive *archive,
                                           const double *reference)
{
    struct ff_front_metrics metrics = {0};
    double(*pairs)[2] = ff_allocate_raw((unsigned long)archive->n_points, sizeof *pairs);
    int n = 0;
    for (int i = 0; i < archive->n_points; i++) {
        const struct ff_result *point = &archive->points[i];
        metrics.n_failed += point->status != FF_OK;
        if (!archive->is_nondominated[i])
            continue;
        const struct ff_values values = ff_result_values(point);
        pairs[n][0] = values.current;
        pairs[n++][1] = values.entropy_production;
    }
    metrics.n_nondominated = n;
    qsort(pairs, (size_t)n, sizeof *pairs, compare_pairs);
    for (int q = 0; q < 2 && n > 0; q++) { /* sorted from the best J and worst sigma */
        metrics.ideal[q] = pairs[q == 0 ? 0 : n - 1][q];
        metrics.nadir[q] = pairs[q == 0 ? n - 1 : 0][q];
    }
    memcpy(metrics.reference, reference != NULL ? reference : metrics.nadir,
           sizeof metrics.reference);
    metrics.hypervolume = ff_hypervolume((const double(*)[2])pairs, n, metrics.reference);
    metrics.largest_gap = largest_gap((const double(*)[2])pairs, n, &metrics);
    free(pairs);
    return metrics;
}
