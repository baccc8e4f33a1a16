#!/usr/bin/env bash
# Every C file is formatted as .clang-format says, by the version it is written for.
# labels: style
# SPDX-License-Identifier: GPL-3.0-or-later
set -euo pipefail

formatter=$(command -v clang-format-14 || command -v clang-format) || {
    echo "clang-format is missing: install clang-format-14" >&2
    exit 1
}
"$formatter" --version | grep -q 'version 14\.' || {
    echo "$formatter is not version 14: install clang-format-14" >&2
    exit 1
}

cd "$SOURCE_DIR"
find src tests -name '*.[ch]' -print0 | xargs -0 "$formatter" --dry-run -Werror
