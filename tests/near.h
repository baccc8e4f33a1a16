/* Assertions that two numbers agree, and cmocka, which they come with.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_TESTS_NEAR_H
#define FF_TESTS_NEAR_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/** False, with a message, where two numbers differ by more than `error` or one is NaN. */
static inline bool is_near(double value, double expected, double error)
{
    const bool is_within = fabs(value - expected) <= error;
    if (!is_within)
        print_error("%.17g is not within %g of %.17g\n", value, error, expected);
    return is_within;
}

/** Up to an error. */
#define assert_near(value, expected, error) assert_true(is_near(value, expected, error))

/** Up to a part of what is expected. */
#define assert_close(value, expected, relative)                                                    \
    assert_true(is_near(value, expected, (relative)*fabs(expected)))

#endif
