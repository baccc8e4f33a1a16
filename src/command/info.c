/* fluxfront info: what a front file holds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "command/command.h"
#include "command/json.h"
#include "store/format.h"
#include "store/front_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void print_header(const struct ff_front_summary *summary)
{
    printf("status        %s%s%s\n", summary->status, summary->message[0] != '\0' ? ": " : "",
           summary->message);
    printf("format        fluxfront-front %d.%d\n", summary->format_version[0],
           summary->format_version[1]);
    printf("software      fluxfront %s (%s), %s\n", summary->software_version, summary->git_sha1,
           summary->rng);
    printf("run           started %s, %.1f s, %d rank%s on %s, seed %llu\n", summary->started,
           summary->wall_seconds, summary->n_ranks, summary->n_ranks > 1 ? "s" : "", summary->hosts,
           (unsigned long long)summary->seed);
    if (summary->config_from[0] != '\0')
        printf("from          %s\n", summary->config_from);
    printf("holds         %d points, %d parameters, %d channels\n", summary->n_points,
           summary->n_parameters, summary->n_channels);
    printf("hypervolume   %.8g with reference point (%.6g, %.6g)\n\n", summary->hypervolume,
           summary->reference_point[0], summary->reference_point[1]);
}

/* Excess of the scalarised objective over the best known optimum, relative to its size. */
static double excess(const struct ff_front_summary *summary, int i)
{
    const double best = summary->reference_objective[i];
    return (summary->points[i].objective - best) / fabs(best);
}

static void print_row(const struct ff_front_summary *summary, int i)
{
    const struct ff_result *result = &summary->results[i];
    const struct ff_means *means = &result->means;
    if (summary->points[i].status != FF_POINT_OK) {
        printf("%5d %9.5f failed%s%s\n", i, result->scalarization.weight,
               result->reason != NULL ? ": " : "", result->reason != NULL ? result->reason : "");
        return;
    }
    printf("%4d%c%c %8.5f %12.6g %9.2g %12.6g %9.2g %12.6g %12.6g %9.2g\n", i,
           summary->points[i].is_nondominated ? ' ' : '*',
           summary->points[i].is_converged ? ' ' : '!', result->scalarization.weight,
           means->current, means->current_stderr, means->entropy_production,
           means->entropy_production_stderr, result->exact_current,
           result->exact_entropy_production, excess(summary, i));
}

static void print_rows(const struct ff_front_summary *summary)
{
    printf("%5s %9s %12s %9s %12s %9s %12s %12s %9s\n", "point", "weight", "current", "+-",
           "entropy", "+-", "exact J", "exact sigma", "excess");
    for (int i = 0; i < summary->n_points; i++)
        print_row(summary, i);
    printf(
        "* dominated. ! not converged, or not said. entropy: entropy production, k_B per unit time. excess: of the objective over "
        "the best known optimum, relative\n");
}

/* What is said against a point, or NULL; the rows say why points failed. */
static const char *objection(const struct ff_front_summary *summary, int i)
{
    const struct ff_front_point *point = &summary->points[i];
    const bool is_said = point->status == FF_POINT_OK && !point->is_converged &&
                         point->verdict != NULL && point->verdict[0] != '\0';
    return is_said ? point->verdict : NULL;
}

static bool is_objection(const struct ff_front_summary *summary, int i, const char *text)
{
    const char *other = i < summary->n_points ? objection(summary, i) : NULL;
    return other != NULL && strcmp(other, text) == 0;
}

/* The points against which this is said, of which i is the first, as in `3`, or `0-2, 5`. */
static void print_points(const struct ff_front_summary *summary, int i, const char *text)
{
    for (int k = i; k < summary->n_points; k++) {
        if (!is_objection(summary, k, text))
            continue;
        printf(k == i ? "%5d" : ", %d", k);
        const int first = k;
        while (is_objection(summary, k + 1, text))
            k++;
        if (k > first)
            printf("-%d", k);
    }
}

/* Why points have not converged, each reason once. */
static void print_verdicts(const struct ff_front_summary *summary)
{
    for (int i = 0; i < summary->n_points; i++) {
        const char *text = objection(summary, i);
        int first = 0;
        while (text != NULL && first < i && !is_objection(summary, first, text))
            first++;
        if (text == NULL || first < i)
            continue;
        print_points(summary, i, text);
        printf(" %s\n", text);
    }
}

/* The single values of a record that /front holds, under their names there; flags as their numbers. */
static void put_record(json_t *object, const struct ff_record_type *type, const void *record)
{
    for (int f = 0; f < type->n_fields; f++) {
        const struct ff_field *field = &type->fields[f];
        if (field->group != NULL && strcmp(field->group, "front") == 0 &&
            ff_field_n_axes(field) == 0)
            ff_json_put_field(object, field, record);
    }
}

static json_t *point_document(const struct ff_front_summary *summary, int i)
{
    json_t *point = json_object();
    put_record(point, &ff_result_record, &summary->results[i]);
    put_record(point, &ff_front_point_record, &summary->points[i]);
    ff_json_put(point, "reference_objective", summary->reference_objective[i]);
    return point;
}

static void print_json(const struct ff_front_summary *summary)
{
    json_t *rows = json_array();
    for (int i = 0; i < summary->n_points; i++)
        json_array_append_new(rows, point_document(summary, i));
    json_t *document = json_object();
    json_object_set_new(document, "status", json_string(summary->status));
    json_object_set_new(document, "message", json_string(summary->message));
    json_object_set_new(document, "software_version", json_string(summary->software_version));
    json_object_set_new(document, "git_sha1", json_string(summary->git_sha1));
    json_object_set_new(document, "seed", json_integer((json_int_t)summary->seed));
    json_object_set_new(document, "ranks", json_integer(summary->n_ranks));
    ff_json_put(document, "wall_seconds", summary->wall_seconds);
    ff_json_put(document, "hypervolume", summary->hypervolume);
    json_object_set_new(document, "config_resolved", json_string(summary->config_resolved));
    json_object_set_new(document, "config_from", json_string(summary->config_from));
    json_object_set_new(document, "front", rows);
    ff_json_print(document);
}

static enum ff_status info_run(const struct ff_arguments *arguments)
{
    struct ff_front_summary *summary;
    if (arguments->is_format) {
        ff_format_print(stdout);
        return FF_OK;
    }
    TRY(ff_front_file_read(arguments->input, &summary));
    if (arguments->is_json) {
        print_json(summary);
    } else {
        print_header(summary);
        print_rows(summary);
        print_verdicts(summary);
    }
    ff_front_summary_free(summary);
    return FF_OK;
}

const struct ff_command ff_command_info = {
    .name = "info",
    .synopsis = "info FRONT.h5 | --format",
    .doc = "what a file holds: status, provenance, the table of points",
    .options = FF_OPTION_JSON | FF_OPTION_FORMAT,
    .run = info_run,
};
