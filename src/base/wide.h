/* Integers of 128 bits, for sums that must be exact and for products of 64 bits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_BASE_WIDE_H
#define FF_BASE_WIDE_H

__extension__ typedef unsigned __int128 ff_wide;

#endif
