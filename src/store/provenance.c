/* Configuration, code and run, as written into every file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/provenance.h"

#include "build_info.h"
#include "store/output.h"

#include <stdlib.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

enum ff_status ff_provenance_write_attributes(const struct ff_group *file, const char *filetype,
                                              uint64_t seed)
{
    static const int32_t version[] = {1, 0};
    const int64_t stored_seed = (int64_t)seed;
    TRY(ff_group_set_text(file, "Conventions", "CF-1.10"));
    TRY(ff_group_set_text(file, "filetype", filetype));
    TRY(ff_group_set_numbers(file, "format_version", FF_INT32, version, COUNT(version)));
    TRY(ff_group_set_text(file, "software_version", FF_VERSION));
    TRY(ff_group_set_text(file, "git_sha1", FF_GIT_SHA1));
    TRY(ff_group_set_numbers(file, "seed", FF_INT64, &stored_seed, 0));
    TRY(ff_group_set_text(file, "propensity", "k * prod_i binomial(n_i, order_i)"));
    return ff_group_set_text(file, "rng", "philox4x32-10");
}

enum ff_status ff_provenance_write_config(const struct ff_group *group, const char *given,
                                          const char *resolved)
{
    const struct ff_dataset datasets[] = {
        {"given", ff_unit_one, "configuration as given, YAML", FF_TEXT, &given, NULL, NULL},
        {"resolved", ff_unit_one, "configuration with every default, YAML", FF_TEXT, &resolved,
         NULL, NULL},
    };
    return ff_group_write(group, datasets, COUNT(datasets));
}

enum ff_status ff_provenance_write_code(const struct ff_group *group)
{
    static const struct {
        const char *name, *long_name, *text;
    } facts[] = {
        {"version", "version of fluxfront", FF_VERSION},
        {"git_sha1", "revision of the sources", FF_GIT_SHA1},
        {"compiler", "compiler", FF_COMPILER},
        {"flags", "compiler flags", FF_C_FLAGS},
        {"build_type", "build type", FF_BUILD_TYPE},
    };
    for (int i = 0; i < COUNT(facts); i++) {
        const struct ff_dataset dataset = {
            facts[i].name, ff_unit_one, facts[i].long_name, FF_TEXT, &facts[i].text, NULL, NULL};
        TRY(ff_group_write(group, &dataset, 1));
    }
    return FF_OK;
}

enum ff_status ff_provenance_write_runtime(const struct ff_group *group,
                                           const struct ff_run_info *info)
{
    const struct ff_dataset datasets[] = {
        {"ranks", ff_unit_one, "number of MPI ranks", FF_INT32, &info->n_ranks, NULL, NULL},
        {"wall_seconds", "s", "wall time of the run", FF_FLOAT64, &info->wall_seconds, NULL, NULL},
        {"started", ff_unit_one, "start of the run, UTC", FF_TEXT, &info->started, NULL, NULL},
        {"hosts", ff_unit_one, "machines of the run", FF_TEXT, &info->hosts, NULL, NULL},
        {"command_line", ff_unit_one, "command line", FF_TEXT, &info->command_line, NULL, NULL},
    };
    return ff_group_write(group, datasets, COUNT(datasets));
}

enum ff_status ff_hdf5_finish(struct ff_group *file, enum ff_status status)
{
    void *bytes = NULL;
    size_t size = 0;
    if (status == FF_OK)
        status = ff_hdf5_image(file, &bytes, &size);
    ff_group_close(file);
    if (status == FF_OK)
        status = ff_output_replace(file->path, bytes, size);
    free(bytes);
    return status;
}
