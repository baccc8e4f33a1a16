/* fluxfront info: what a front file holds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "command/command.h"
#include "command/json.h"
#include "store/front_file.h"

#include <math.h>

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
    printf("holds         %d points, %d parameters, %d channels\n", summary->n_points,
           summary->n_parameters, summary->n_channels);
    printf("hypervolume   %.8g with reference point (%.6g, %.6g)\n\n", summary->hypervolume,
           summary->reference_point[0], summary->reference_point[1]);
}

/* Excess of the scalarised objective over the exact optimum, relative to its size. */
static double excess(const struct ff_front_row *row)
{
    return (row->objective - row->reference_objective) / fabs(row->reference_objective);
}

static void print_rows(const struct ff_front_summary *summary)
{
    printf("%5s %9s %12s %9s %12s %9s %12s %12s %9s\n", "point", "weight", "current", "+-",
           "entropy", "+-", "exact J", "exact sigma", "excess");
    for (int i = 0; i < summary->n_points; i++) {
        const struct ff_front_row *row = &summary->rows[i];
        if (row->status != FF_POINT_OK) {
            printf("%5d %9.5f failed\n", i, row->weight);
            continue;
        }
        printf("%4d%c %9.5f %12.6g %9.2g %12.6g %9.2g %12.6g %12.6g %9.2g\n", i,
               row->is_nondominated ? ' ' : '*', row->weight, row->current, row->current_stderr,
               row->entropy_production, row->entropy_production_stderr, row->exact_current,
               row->exact_entropy_production, excess(row));
    }
    printf(
        "* dominated. entropy: entropy production, k_B per unit time. excess: of the objective over "
        "its exact optimum, relative\n");
}

static void print_json(const struct ff_front_summary *summary)
{
    json_t *rows = json_array();
    for (int i = 0; i < summary->n_points; i++) {
        const struct ff_front_row *row = &summary->rows[i];
        json_t *point = json_object();
        ff_json_put(point, "weight", row->weight);
        json_object_set_new(point, "status", json_integer(row->status));
        json_object_set_new(point, "nondominated", json_boolean(row->is_nondominated));
        ff_json_put(point, "current", row->current);
        ff_json_put(point, "current_stderr", row->current_stderr);
        ff_json_put(point, "entropy_production", row->entropy_production);
        ff_json_put(point, "entropy_production_stderr", row->entropy_production_stderr);
        ff_json_put(point, "exact_current", row->exact_current);
        ff_json_put(point, "exact_entropy_production", row->exact_entropy_production);
        ff_json_put(point, "objective", row->objective);
        ff_json_put(point, "reference_objective", row->reference_objective);
        json_array_append_new(rows, point);
    }
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
    json_object_set_new(document, "front", rows);
    ff_json_print(document);
}

static enum ff_status info_run(const struct ff_arguments *arguments)
{
    struct ff_front_summary *summary;
    TRY(ff_front_file_read(arguments->input, &summary));
    if (arguments->is_json) {
        print_json(summary);
    } else {
        print_header(summary);
        print_rows(summary);
    }
    ff_front_summary_free(summary);
    return FF_OK;
}

const struct ff_command ff_command_info = {
    .name = "info",
    .synopsis = "info FRONT.h5",
    .doc = "what a file holds: status, provenance, the table of points",
    .options = FF_OPTION_JSON,
    .run = info_run,
};
