/* Configuration, code and run, as written into every file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/provenance.h"

#include "build_info.h"
#include "store/output.h"

#include <stdlib.h>

#define TEXT(record, group, member, doc)                                                           \
    FF_FIELD(record, member, TEXT, #member, FF_UNIT_ONE, doc, group)

static const struct ff_field config_fields[] = {
    TEXT(ff_config_texts, "config", given, "configuration as given, YAML"),
    TEXT(ff_config_texts, "config", resolved, "configuration with every default, YAML"),
    TEXT(ff_config_texts, "config", from,
         "front file and point that the initial design was taken from, empty if it is theta = 0"),
};

static const struct ff_field code_fields[] = {
    TEXT(ff_code_info, "code", version, "version of fluxfront"),
    TEXT(ff_code_info, "code", git_sha1, "revision of the sources"),
    TEXT(ff_code_info, "code", compiler, "compiler"),
    TEXT(ff_code_info, "code", flags, "compiler flags"),
    TEXT(ff_code_info, "code", build_type, "build type"),
};

static const struct ff_field run_fields[] = {
    FF_FIELD(ff_run_info, n_ranks, INT, "ranks", FF_UNIT_ONE, "number of MPI ranks", "runtime"),
    FF_FIELD(ff_run_info, wall_seconds, REAL, "wall_seconds", "s", "wall time of the run",
             "runtime"),
    TEXT(ff_run_info, "runtime", started, "start of the run, UTC"),
    TEXT(ff_run_info, "runtime", hosts, "machines of the run"),
    TEXT(ff_run_info, "runtime", command_line, "command line"),
};

const struct ff_record_type ff_config_texts_record = FF_RECORD_TYPE(ff_config_texts, config_fields);
const struct ff_record_type ff_code_info_record = FF_RECORD_TYPE(ff_code_info, code_fields);
const struct ff_record_type ff_run_info_record = FF_RECORD_TYPE(ff_run_info, run_fields);

const struct ff_code_info ff_this_code = {FF_VERSION, FF_GIT_SHA1, FF_COMPILER, FF_C_FLAGS,
                                          FF_BUILD_TYPE};

enum ff_status ff_provenance_write_attributes(const struct ff_group *file, const char *filetype,
                                              const int32_t *version, uint64_t seed)
{
    const int64_t stored_seed = (int64_t)seed;
    TRY(ff_group_set_text(file, "Conventions", "CF-1.10"));
    TRY(ff_group_set_text(file, "filetype", filetype));
    TRY(ff_group_set_numbers(file, "format_version", FF_INT32, version, 2));
    TRY(ff_group_set_text(file, "software_version", FF_VERSION));
    TRY(ff_group_set_text(file, "git_sha1", FF_GIT_SHA1));
    TRY(ff_group_set_numbers(file, "seed", FF_INT64, &stored_seed, 0));
    TRY(ff_group_set_text(file, "propensity", "k * prod_i binomial(n_i, order_i)"));
    return ff_group_set_text(file, "rng", "philox4x32-10");
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
