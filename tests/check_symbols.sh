#!/usr/bin/env bash
# Every symbol that a library of this project exports begins with ff_.
# labels: style
# SPDX-License-Identifier: GPL-3.0-or-later
set -euo pipefail

# Names with two leading underscores belong to the compiler and its sanitizers.
cd "$BINARY_DIR"
symbols=$(nm -A --format=posix --extern-only --defined-only libff_*.a)
strays=$(awk '$2 !~ /^(ff_|__)/' <<<"$symbols")
if [ -n "$strays" ]; then
    echo "exported without the prefix ff_:" >&2
    echo "$strays" >&2
    exit 1
fi
