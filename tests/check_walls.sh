#!/usr/bin/env bash
# The rules of the source tree that a compiler does not hold.
# labels: style
# SPDX-License-Identifier: GPL-3.0-or-later
set -euo pipefail
shopt -s lastpipe # so that forbid, at the end of a pipe, counts in this shell
cd "$SOURCE_DIR"

failures=0

# forbid RULE: every line on standard input breaks the rule.
forbid() {
    local lines
    lines=$(cat)
    if [ -n "$lines" ]; then
        printf '%s:\n%s\n' "$1" "$lines" >&2
        failures=$((failures + 1))
    fi
}

# includes REGEX: `file:line:#include ...` of every include in src/ whose file name matches.
includes() {
    grep -rnE --include='*.[ch]' "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($1)[>\"]" src || true
}

without() {
    grep -vE "^src/($1)[/.]" || true
}

# The folders whose headers each folder includes: exactly these and its own, not all that lies below them.
declare -A uses
uses[base]=""
uses[model]="base"
uses[exact]="model"
uses[simulate]="base model exact"
uses[gradient]="base exact simulate"
uses[optimize]="base"
uses[job]="base simulate gradient optimize"
uses[front]="model gradient job"
uses[cluster]="base job"
uses[store]="base simulate front"
uses[command]="base simulate gradient job front cluster store"

includes 'mpi\.h' | without cluster | forbid "mpi.h is for src/cluster only"
includes '(hdf5|H5|hdf5_)[A-Za-z0-9_]*\.h' | without store | forbid "HDF5 is for src/store only"
includes 'build_info\.h' | without 'command|store' | forbid "build_info.h is for src/command and src/store only"

for path in src/*/; do
    folder=$(basename "$path")
    if [ -z "${uses[$folder]+known}" ]; then
        echo "$path" | forbid "no rule says what this folder may include"
        continue
    fi
    allowed="$folder${uses[$folder]:+ ${uses[$folder]}}"
    { grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$path" || true; } |
        { grep -vE "\"(${allowed// /|})/|\"build_info\.h\"" || true; } |
        forbid "src/$folder may include only $allowed"
    for other in ${uses[$folder]}; do
        grep -rqE --include='*.[ch]' "#[[:space:]]*include[[:space:]]*\"$other/" "$path" ||
            echo "$folder of $other"
    done | forbid "src/$folder does not need what it may include"
done

{ grep -rnIE --exclude-dir=__pycache__ '(^|[^[:alnum:]_.*})])/(home|root|work|Users|mnt|tmp)/' \
    CMakeLists.txt CMakePresets.json *.md CITATION.cff cmake src config docs jobs tests analysis 2>/dev/null || true; } |
    forbid "absolute paths"

# Every test in the folder is known to ctest, and no C file there is left unbuilt.
registered=$(ctest --test-dir "$BINARY_DIR" -N | sed -nE 's/^ *Test +#[0-9]+: //p')
for file in tests/*.c tests/check_*.sh tests/check_*.py; do
    [ -e "$file" ] || continue
    name=$(basename "${file%.*}")
    name=${name/#mpi_/check_} # the check that runs it
    grep -qxF "$name" <<<"$registered" || echo "$file"
done | forbid "not registered with ctest"

exit $((failures > 0))
