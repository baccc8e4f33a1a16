/* Writing the front file: its parts, laid out as docs/format.md says, then the bytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/front_file.h"

#include "store/front_parts.h"
#include "store/layout.h"
#include "store/provenance.h"

const struct ff_part ff_front_layout[FF_N_FRONT_PARTS] = {
    [FF_PART_AXES] = {.type = &ff_front_axes_record},
    [FF_PART_RESULTS] = {.type = &ff_result_record, .axis = "point"},
    [FF_PART_POINTS] = {.type = &ff_front_point_record, .axis = "point"},
    [FF_PART_MODEL] = {.type = &ff_front_model_record},
    [FF_PART_METRICS] = {.type = &ff_front_quality_record},
    [FF_PART_REFERENCE_AXES] = {.type = &ff_front_reference_axes_record},
    [FF_PART_REFERENCE] = {.type = &ff_reference_record},
    [FF_PART_CONFIG] = {.type = &ff_config_texts_record},
    [FF_PART_CODE] = {.type = &ff_code_info_record},
    [FF_PART_RUNTIME] = {.type = &ff_run_info_record},
};

static enum ff_status write_attributes(const struct ff_group *file,
                                       const struct ff_front_record *record)
{
    static const char *const statuses[] = {
        [FF_RUN_RUNNING] = "running",
        [FF_RUN_COMPLETE] = "complete",
        [FF_RUN_STOPPED_EARLY] = "stopped-early",
        [FF_RUN_FAILED] = "failed",
    };
    static const int32_t version[] = {FF_FRONT_FORMAT_MAJOR, FF_FRONT_FORMAT_MINOR};
    TRY(ff_provenance_write_attributes(file, "fluxfront-front", version, record->seed));
    TRY(ff_group_set_text(file, "status", statuses[record->status]));
    return ff_group_set_text(file, "message", record->message);
}

static enum ff_status write_parts(const struct ff_group *file, const struct ff_front_record *record,
                                  const struct ff_front_parts *own)
{
    const struct ff_config_texts config = {record->config_given, record->config_resolved,
                                           record->config_from};
    const void *const records[FF_N_FRONT_PARTS] = {
        [FF_PART_AXES] = &own->axes,
        [FF_PART_RESULTS] = record->archive->points,
        [FF_PART_POINTS] = own->points,
        [FF_PART_MODEL] = &own->model,
        [FF_PART_METRICS] = &own->quality,
        [FF_PART_REFERENCE_AXES] = record->reference != NULL ? &own->axes : NULL,
        [FF_PART_REFERENCE] = record->reference,
        [FF_PART_CONFIG] = &config,
        [FF_PART_CODE] = &ff_this_code,
        [FF_PART_RUNTIME] = &record->info,
    };
    struct ff_part parts[FF_N_FRONT_PARTS];
    for (int p = 0; p < FF_N_FRONT_PARTS; p++) {
        parts[p] = ff_front_layout[p];
        parts[p].records = records[p];
        parts[p].n_records = parts[p].axis != NULL ? record->archive->n_points : 1;
    }
    return ff_table_write(file, parts, FF_N_FRONT_PARTS);
}

enum ff_status ff_front_file_write(const char *path, const struct ff_front_record *record)
{
    struct ff_group file;
    struct ff_front_parts parts;
    TRY(ff_hdf5_create(path, &file));
    ff_front_parts_create(record, &parts);
    enum ff_status status = write_attributes(&file, record);
    if (status == FF_OK)
        status = write_parts(&file, record, &parts);
    ff_front_parts_free(&parts);
    return ff_hdf5_finish(&file, status);
}
