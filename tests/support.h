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

/** The system of a YAML text, of which only the syntax must be good; the caller frees it. */
static inline enum ff_status try_system(const char *text, struct ff_system **system)
{
    struct ff_yaml *document;
    assert_int_equal(ff_yaml_read_text("test", text, &document), FF_OK);
    const enum ff_status status = ff_system_read(ff_yaml_root(document), system);
    ff_yaml_free(document);
    return status;
}

/** The same of a text that must be a good one. */
static inline struct ff_system *read_system(const char *text)
{
    struct ff_system *system = NULL;
    if (try_system(text, &system) != FF_OK)
        fail_msg("refused: %s", ff_status_message());
    return system;
}

#endif
