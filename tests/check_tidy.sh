#!/usr/bin/env bash
# clang-tidy finds nothing in src/, by the checks of .clang-tidy. About one minute on two free cores.
# labels: style
# timeout: 600
# SPDX-License-Identifier: GPL-3.0-or-later
set -euo pipefail

tidy=$(command -v clang-tidy-14 || command -v clang-tidy) || {
    echo "clang-tidy is missing: install clang-tidy-14" >&2
    exit 1
}
"$tidy" --version | grep -q 'version 14\.' || {
    echo "$tidy is not version 14: install clang-tidy-14" >&2
    exit 1
}

# Findings go to standard output; standard error also counts what was suppressed in system headers.
errors=$PWD/errors
cd "$SOURCE_DIR"
find src -name '*.c' -print0 |
    nice xargs -0 -n 1 -P "$(nproc)" "$tidy" -p "$BINARY_DIR" --quiet 2>"$errors" || {
    grep -v 'warnings\? generated' "$errors" >&2
    exit 1
}
