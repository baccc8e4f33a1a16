/* What each kind of file is made of, for those who write it and for the page that describes it; private to this folder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_STORE_LAYOUT_H
#define FF_STORE_LAYOUT_H

#include "store/table.h"

enum { FF_FRONT_FORMAT_MAJOR = 1, FF_FRONT_FORMAT_MINOR = 4 };
enum { FF_COURSE_FORMAT_MAJOR = 1, FF_COURSE_FORMAT_MINOR = 1 };

/* The parts of a front file, in the order in which a group has their fields. */
enum {
    FF_PART_AXES,
    FF_PART_RESULTS,
    FF_PART_POINTS,
    FF_PART_MODEL,
    FF_PART_METRICS,
    FF_PART_REFERENCE_AXES,
    FF_PART_REFERENCE,
    FF_PART_CONFIG,
    FF_PART_CODE,
    FF_PART_RUNTIME,
    FF_N_FRONT_PARTS
};

/* Parts without records, which writers put in. */
extern const struct ff_part ff_front_layout[FF_N_FRONT_PARTS];

enum { FF_PART_COURSE, FF_PART_COURSE_CONFIG, FF_PART_COURSE_CODE, FF_PART_COURSE_RUNTIME };
enum { FF_N_COURSE_PARTS = 4 };
extern const struct ff_part ff_timecourse_layout[FF_N_COURSE_PARTS];

#endif
