/* Verdicts as values and as text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "job/verdict.h"

#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

struct ff_verdict ff_verdict_refuse(const char *format, ...)
{
    struct ff_verdict verdict = {.is_converged = false};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(verdict.reason, sizeof verdict.reason, format, arguments);
    va_end(arguments);
    return verdict;
}

char *ff_verdict_text(const struct ff_verdict *verdict)
{
    char text[sizeof "not converged: " + FF_REASON_SIZE];
    if (verdict->is_converged)
        return ff_copy_text("converged");
    snprintf(text, sizeof text, "not converged: %s", verdict->reason);
    return ff_copy_text(text);
}
