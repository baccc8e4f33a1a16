#!/usr/bin/env bash
# A kind of job that src/cluster knows nothing of, on any number of ranks: same sums, failures in their results, and a
# worker that cannot be created ends all ranks with its message.
# labels: mpi
# timeout: 120
# SPDX-License-Identifier: GPL-3.0-or-later
set -euo pipefail

fail() {
    echo "$*" >&2
    exit 1
}

farm() {
    timeout 30 "$MPIEXEC" -n "$1" "$BINARY_DIR/tests/mpi_farm" "${@:2}" || fail "mpi_farm $*: exit code $?"
}

# expect WHAT ACTUAL EXPECTED
expect() {
    [ "$2" = "$3" ] || fail "$1: got
$2
expected
$3"
}

first=$(farm 1 sum)
expect "integrals" "$(grep -c right <<<"$first")" 5
for ranks in 1 2 3 5; do
    expect "sums on $ranks ranks" "$(farm "$ranks" sum)" "$first"
    expect "failures on $ranks ranks" "$(farm "$ranks" fail 3 | tail -n 1)" "27 of 80 tasks failed, 80 ticks"
    expect "only failures on $ranks ranks" "$(farm "$ranks" fail 1 | tail -n 1)" "80 of 80 tasks failed, 80 ticks"
    # The last rank always works, rank 0 only when it is alone.
    refused=$(farm "$ranks" refuse $((ranks - 1)) | LC_ALL=C sort)
    expected=$(for ((rank = 0; rank < ranks; rank++)); do
        echo "rank $rank: status 3: rank $((ranks - 1)) has no abacus"
    done)
    expect "a refusal on $ranks ranks" "$refused" "$expected"
done
# Negative control: other sums are seen as such.
[ "$(farm 2 fail 3)" != "$first" ] || fail "failed tasks do not show in the sums"
