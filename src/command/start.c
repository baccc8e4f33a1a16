/* From a point of a front file to an initial design.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "command/start.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How far a bound may be overstepped, relative to the interval: what rounding does to a point on it. */
static const double bound_tolerance = 1e-9;

/* What the point is held against. */
static const char *wanting(const struct ff_arguments *arguments)
{
    return arguments->is_config_stored ? "its configuration with --set" : arguments->input;
}

static enum ff_status check_names(const struct ff_arguments *arguments, const char *what,
                                  char *const *found, int n_found, char *const *wanted,
                                  int n_wanted)
{
    CHECK(n_found == n_wanted, FF_ERR_CONFIG, "--from: %s has %d %ss, %s has %d", arguments->from,
          n_found, what, wanting(arguments), n_wanted);
    for (int i = 0; i < n_found; i++)
        CHECK(strcmp(found[i], wanted[i]) == 0, FF_ERR_CONFIG,
              "--from: %s %d is `%s` in %s, `%s` in %s", what, i, found[i], arguments->from,
              wanted[i], wanting(arguments));
    return FF_OK;
}

static enum ff_status check_point(const struct ff_arguments *arguments,
                                  const struct ff_front_summary *front)
{
    const int point = arguments->point;
    CHECK(front->n_points > 0, FF_ERR_CONFIG, "--from: %s has no points", arguments->from);
    CHECK(point < front->n_points, FF_ERR_CONFIG, "--point: %s has points 0 to %d, none is %d",
          arguments->from, front->n_points - 1, point);
    const char *reason = front->results[point].reason;
    CHECK(front->points[point].status == FF_POINT_OK, FF_ERR_CONFIG,
          "--point: point %d of %s failed and is no design%s%s", point, arguments->from,
          reason != NULL && reason[0] != '\0' ? ": " : "", reason != NULL ? reason : "");
    return FF_OK;
}

/* A point beyond the bounds would be another design within them. */
static enum ff_status check_bounds(const struct ff_arguments *arguments,
                                   const struct ff_design *design, const double *theta)
{
    for (int p = 0; p < design->n_parameters; p++) {
        const double lower = design->lower[p], upper = design->upper[p];
        const double room = bound_tolerance * (upper - lower);
        CHECK(isfinite(theta[p]), FF_ERR_RUNTIME, "%s: point %d has a parameter that is no number",
              arguments->from, arguments->point);
        CHECK(theta[p] >= lower - room && theta[p] <= upper + room, FF_ERR_CONFIG,
              "--point: `%s` is %.10g at point %d of %s, beyond the bounds [%.10g, %.10g] of %s",
              design->parameter_names[p], theta[p], arguments->point, arguments->from, lower, upper,
              wanting(arguments));
    }
    return FF_OK;
}

static char *name_point(const struct ff_arguments *arguments)
{
    const size_t size = strlen(arguments->from) + 32;
    char *name = ff_allocate_raw(size, 1);
    snprintf(name, size, "%s, point %d", arguments->from, arguments->point);
    return name;
}

enum ff_status ff_start_take(const struct ff_arguments *arguments,
                             const struct ff_front_summary *front, const struct ff_system *system,
                             double **theta, char **from)
{
    const struct ff_process *process = system->process;
    const struct ff_design *design = system->design;
    TRY(check_point(arguments, front));
    TRY(check_names(arguments, "channel", front->channel_names, front->n_channels,
                    process->channel_names, process->n_channels));
    TRY(check_names(arguments, "parameter", front->parameter_names, front->n_parameters,
                    design->parameter_names, design->n_parameters));
    const double *found = front->results[arguments->point].theta;
    TRY(check_bounds(arguments, design, found));
    *theta = FF_RAW(double, design->n_parameters);
    memcpy(*theta, found, sizeof *found * (size_t)design->n_parameters);
    ff_design_clip(design, *theta);
    *from = name_point(arguments);
    return FF_OK;
}
