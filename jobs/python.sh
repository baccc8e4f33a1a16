#!/usr/bin/env bash
# Print the first Python that can import h5py, numpy and matplotlib: python.sh [CANDIDATE...]
#
# Tried in turn: the candidates, $PYTHON, python3 on the PATH, the system's python3.
# SPDX-License-Identifier: GPL-3.0-or-later
set -euo pipefail

for python in "$@" "${PYTHON-}" python3 /usr/bin/python3; do
    if [ -n "$python" ] && "$python" -c 'import h5py, numpy, matplotlib' 2>/dev/null; then
        command -v "$python"
        exit 0
    fi
done
echo "no Python with h5py, numpy and matplotlib found; set PYTHON to one" >&2
exit 1
