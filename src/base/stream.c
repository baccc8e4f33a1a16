/* Random variates that are not on any hot path.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/stream.h"

#include <math.h>

double ff_stream_normal(struct ff_stream *stream)
{
    const double radius = sqrt(-2.0 * log(ff_stream_uniform_open(stream)));
    return radius * cos(2.0 * 3.14159265358979323846 * ff_stream_uniform_open(stream));
}
