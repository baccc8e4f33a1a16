/* Whether a number can be believed and, if not, why.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_JOB_VERDICT_H
#define FF_JOB_VERDICT_H

#include <stdbool.h>

enum { FF_REASON_SIZE = 160 };

struct ff_verdict {
    bool is_converged;
    char reason[FF_REASON_SIZE]; /* a phrase with a number, and what to do; empty if converged */
};

/** Not converged, for this reason, cut to its size. */
struct ff_verdict ff_verdict_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** "converged", or "not converged: " and the reason; the caller frees it. */
char *ff_verdict_text(const struct ff_verdict *verdict);

#endif
