/* docs/format.md: a row for each field of each part, between words on what they have in common; then the JSON documents.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/format.h"

#include "store/layout.h"

#include <string.h>

static const char front_head[] =
    "# The front file\n"
    "\n"
    "One HDF5 file per run, `format_version` %d.%d. Open a group with\n"
    "`xarray.open_dataset(FILE, group=\"front\")` (engines `h5netcdf` and `netcdf4`), or the\n"
    "file with `h5py`. Every axis has a dimension scale in its own group, every dataset\n"
    "`units` and `long_name`, and flags their `flag_values` and `flag_meanings`; strings\n"
    "are variable-length UTF-8; missing values are NaN, and so is every real number of a\n"
    "failed point in `/front` and `/history` but those of its scalarisation: weight, scales\n"
    "and ideal point. Equal runs (same configuration, seed, start and program) agree bit\n"
    "for bit in every group except `/runtime` and `/code`, whatever the number of ranks.\n"
    "\n"
    "Axes: `point` in order of weight, `parameter` and `channel` by name in the model's\n"
    "order, `iteration` of the optimiser, `objective` (`current`, `entropy_production`).\n"
    "`1/time` stands for the inverse of the unit in which the rates were given.\n"
    "\n";

static const char front_tail[] =
    "\n"
    "`/reference` is absent when it was not computed, its `bound` datasets where there is\n"
    "no bound. Format 1.1 has `reason` and `exact_status` in `/front`, and the\n"
    "scalarisation of failed points; 1.2 has `converged` and `verdict` in `/front`, and\n"
    "`from` in `/config`; 1.3 has `gap` and `evaluation_*` in `/front`; 1.4 has\n"
    "`bound_slope` in `/front` and `/reference` and `scout_events` in `/metrics`; nothing\n"
    "else has changed since 1.0.\n"
    "\n"
    "Root attributes: `filetype` = `fluxfront-front`, `format_version` (int32[2]),\n"
    "`software_version`, `git_sha1`, `seed` (int64), `propensity` = `k * prod_i\n"
    "binomial(n_i, order_i)` (the convention of rate constants: k n(n−1)/2 for `2 X`),\n"
    "`rng` = `philox4x32-10`, `status` (`running`, `complete`, `stopped-early`, `failed`),\n"
    "`message`, `Conventions` = `CF-1.10`.\n";

static const char course_head[] =
    "\n"
    "# The time-course file\n"
    "\n"
    "`simulate CONFIG -o FILE.h5` with a section `timecourse`: `format_version` %d.%d, the\n"
    "same conventions, and the groups `/config`, `/code` and `/runtime` of the front file.\n"
    "Equal runs agree bit for bit in `/timecourse` and `/config`, whatever the number of\n"
    "ranks. A trajectory that reaches `max_events` before a time is not there to be\n"
    "averaged, so times that not all reached are NaN. `xarray.open_dataset(FILE,\n"
    "group=\"timecourse\")` has `time` and `site` as coordinates.\n"
    "\n";

static const char course_tail[] =
    "\n"
    "Root attributes: `filetype` = `fluxfront-timecourse`, and those of the front file\n"
    "without `status` and `message`. Format 1.1 has `from` in `/config`.\n";

/* Rows by hand: the commands make these documents from no table. */
static const char json_page[] =
    "\n"
    "# What --json prints\n"
    "\n"
    "One object on standard output. A number that is not finite is null, a flag its number; units\n"
    "are those of the files. J, sigma, activity, noise, occupancies and fluxes of `exact` and\n"
    "`simulate` are per walker. `info --json` has a list `front` of points, each with those datasets\n"
    "of `/front` that are one value per point, and with `reference_objective`; its other keys are\n"
    "attributes and datasets of the file.\n"
    "\n"
    "## exact --json\n"
    "\n"
    "| key | shape | units | what |\n"
    "|---|---|---|---|\n"
    "| `n_states` | scalar | 1 | states that were enumerated |\n"
    "| `solver` | scalar | 1 | how the steady state was solved |\n"
    "| `current` | scalar | 1/time | exact current J |\n"
    "| `entropy_production` | scalar | k_B/time | exact entropy production rate sigma |\n"
    "| `activity` | scalar | 1/time | events per unit time |\n"
    "| `current_noise` | scalar | 1/time | long-time variance of the integrated current, per unit time |\n"
    "| `tur_ratio` | scalar | 1 | current_noise sigma / (2 J^2); null where J is zero or channels are excluded |\n"
    "| `site` | site | 1 | sites, or species, of the process |\n"
    "| `occupancy` | site | 1 | mean count |\n"
    "| `channel` | channel | 1 | channels of the process |\n"
    "| `rates` | channel | 1/time | rate constants |\n"
    "| `flux` | channel | 1/time | events of the channel per unit time |\n"
    "| `current_gradient` | channel | 1/time | dJ/dlogk |\n"
    "| `entropy_gradient` | channel | k_B/time | dsigma/dlogk |\n"
    "\n"
    "## exact --front --json\n"
    "\n"
    "| key | shape | units | what |\n"
    "|---|---|---|---|\n"
    "| `weight` | point | 1 | weight w of the current in the scalarisation |\n"
    "| `current` | point | 1/time | current of the best known optimum |\n"
    "| `entropy_production` | point | k_B/time | entropy production rate of the best known optimum |\n"
    "| `objective` | point | 1 | scalarised objective of the best known optimum |\n"
    "| `bounds` | scalar | 1 | which parameters are at their bounds in how many points, empty if the bounds limit none |\n"
    "\n"
    "## simulate --json\n"
    "\n"
    "| key | shape | units | what |\n"
    "|---|---|---|---|\n"
    "| `current` | scalar | 1/time | mean current J |\n"
    "| `current_stderr` | scalar | 1/time | its standard error |\n"
    "| `current_converged` | scalar | 1 | whether no test speaks against it |\n"
    "| `current_verdict` | scalar | 1 | `converged`, or `not converged: ` and why |\n"
    "| `entropy_production` | scalar | k_B/time | mean entropy production rate sigma |\n"
    "| `entropy_production_stderr` | scalar | k_B/time | its standard error |\n"
    "| `entropy_production_converged` | scalar | 1 | whether no test speaks against it |\n"
    "| `entropy_production_verdict` | scalar | 1 | as for the current |\n"
    "| `activity` | scalar | 1/time | events per unit time |\n"
    "| `activity_stderr` | scalar | 1/time | its standard error |\n"
    "| `activity_converged` | scalar | 1 | whether no test speaks against it |\n"
    "| `activity_verdict` | scalar | 1 | as for the current |\n"
    "| `site` | site | 1 | sites, or species, of the process |\n"
    "| `occupancy` | site | 1 | mean count |\n"
    "| `occupancy_stderr` | site | 1 | its standard error |\n"
    "| `occupancy_converged` | site | 1 | whether no test speaks against it |\n"
    "| `occupancy_verdict` | site | 1 | as for the current |\n"
    "| `converged` | scalar | 1 | whether all averages have converged, and the states seen speak against none |\n"
    "| `verdict` | scalar | 1 | `converged`, or what speaks against which of them |\n"
    "| `trajectories` | scalar | trajectories | independent trajectories |\n"
    "| `events` | scalar | events | length of each, after its burn-in |\n"
    "| `burn_in` | scalar | events | what was thrown away of each |\n"
    "\n"
    "## simulate --json of a time course\n"
    "\n"
    "| key | shape | units | what |\n"
    "|---|---|---|---|\n"
    "| `time` | time | time | time since the start |\n"
    "| `site` | site | 1 | sites, or species, of the process |\n"
    "| `mean` | time, site | 1 | mean count over trajectories |\n"
    "| `mean_stderr` | time, site | 1 | its standard error |\n"
    "| `std` | time, site | 1 | standard deviation of the count over trajectories |\n"
    "| `std_stderr` | time, site | 1 | its standard error |\n"
    "| `n_truncated` | scalar | trajectories | those that reached max_events |\n"
    "| `n_events` | scalar | events | events of all trajectories |\n";

static void print_shape(FILE *out, const struct ff_part *part, const struct ff_field *field)
{
    const int n_axes = ff_field_n_axes(field);
    if (part->axis == NULL && n_axes == 0)
        fprintf(out, "scalar");
    if (part->axis != NULL)
        fprintf(out, "%s%s", part->axis, n_axes > 0 ? ", " : "");
    for (int a = 0; a < n_axes; a++)
        fprintf(out, "%s%s", a > 0 ? ", " : "", field->axis[a]);
}

static void print_row(FILE *out, const struct ff_part *part, const struct ff_field *field)
{
    static const char *const elements[] = {
        [FF_FLOAT64] = "float64", [FF_INT8] = "int8",   [FF_INT32] = "int32",
        [FF_INT64] = "int64",     [FF_TEXT] = "string",
    };
    fprintf(out, "| `/%s/%s` | ", field->group, field->name);
    print_shape(out, part, field);
    fprintf(out, " | %s | %s | %s", field->unit, elements[ff_table_element(field)], field->doc);
    if (ff_table_is_scale(part, field))
        fprintf(out, "; dimension scale");
    if (field->flags == NULL) {
        fprintf(out, " |\n");
        return;
    }
    const char *name = field->flags;
    for (int i = 0; i < ff_field_n_flags(field); i++) {
        const int length = (int)strcspn(name, " ");
        fprintf(out, "%s%d %.*s", i > 0 ? ", " : ": ", field->first_flag + i, length, name);
        name += length + 1;
    }
    fprintf(out, " |\n");
}

static void print_rows(FILE *out, const struct ff_part *parts, int n_parts)
{
    fprintf(out, "| dataset | shape | units | type | what |\n|---|---|---|---|---|\n");
    for (int g = 0; ff_table_groups[g] != NULL; g++)
        for (int p = 0; p < n_parts; p++)
            for (int f = 0; f < parts[p].type->n_fields; f++)
                if (ff_table_is_in(&parts[p].type->fields[f], ff_table_groups[g]))
                    print_row(out, &parts[p], &parts[p].type->fields[f]);
}

void ff_format_print(FILE *out)
{
    fprintf(out, front_head, FF_FRONT_FORMAT_MAJOR, FF_FRONT_FORMAT_MINOR);
    print_rows(out, ff_front_layout, FF_N_FRONT_PARTS);
    fputs(front_tail, out);
    fprintf(out, course_head, FF_COURSE_FORMAT_MAJOR, FF_COURSE_FORMAT_MINOR);
    print_rows(out, &ff_timecourse_layout[FF_PART_COURSE], 1);
    fputs(course_tail, out);
    fputs(json_page, out);
}
