#!/usr/bin/env bash
# docs/format.md is what the program says of its files.
# labels: style
# SPDX-License-Identifier: GPL-3.0-or-later
set -euo pipefail

page="$SOURCE_DIR/docs/format.md"
"$FLUXFRONT" info --format >format.md
diff -u "$page" format.md || {
    echo "docs/format.md is not what the tables say: fluxfront info --format > docs/format.md" >&2
    exit 1
}
# Negative control: a page that lacks a row differs.
grep -v '/front/reason' "$page" >other.md
! diff -q other.md format.md >/dev/null
