/* What several tests begin with.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_TESTS_SUPPORT_H
#define FF_TESTS_SUPPORT_H

#include "model/system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/** The system of a YAML text, which must be a good one; the caller frees it. */
static inline struct ff_system *read_system(const char *text)
{
    struct ff_yaml *document;
    struct ff_system *system;
    assert_int_equal(ff_yaml_read_text("test", text, &document), FF_OK);
    assert_int_equal(ff_system_read(ff_yaml_root(document), &system), FF_OK);
    ff_yaml_free(document);
    return system;
}

#endif
