#!/usr/bin/env bash
# Run a command in an empty directory: in_empty_directory.sh DIRECTORY COMMAND...
# SPDX-License-Identifier: GPL-3.0-or-later
set -euo pipefail

rm -rf -- "$1"
mkdir -p -- "$1"
cd -- "$1"
shift
exec "$@"
