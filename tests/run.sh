#!/usr/bin/env bash
# Install what is missing, then all tests: the release build; the unit tests under the address and
# undefined-behaviour sanitizers, with fresh memory filled with NaN; and a build by clang. A warning of
# either compiler is an error here. Stops at the first stage that fails.
# SPDX-License-Identifier: GPL-3.0-or-later
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jobs=$(nproc)

build() {
    echo "== build: $1"
    cmake --preset "$1" -DFF_WERROR=ON
    cmake --build --preset "$1" --parallel "$jobs"
}

run_tests() { # PRESET CTEST-OPTION...
    echo "== test: $1"
    ctest --preset "$1" --parallel "$jobs" "${@:2}" | tee "build/$1/tests.log"
}

bash jobs/setup.sh --tests
build release
run_tests release
build sanitizers
run_tests sanitizers --label-regex '^unit$'
build clang

echo "== summary"
for preset in release sanitizers; do
    echo "$preset: $(grep 'tests passed' "build/$preset/tests.log")"
done
