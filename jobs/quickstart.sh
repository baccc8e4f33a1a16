#!/usr/bin/env bash
# From a fresh Debian or Ubuntu machine to a plotted front: install, build, run, print, plot.
# SPDX-License-Identifier: GPL-3.0-or-later
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ranks=3
front=results/ring_front.h5
plot=results/ring_front.png

bash jobs/setup.sh
python=$(bash jobs/python.sh)

cmake --preset release
cmake --build --preset release --parallel "$(nproc)"

# Open MPI refuses root, as in a container, and more ranks than cores, unless told otherwise.
# The OMPI_MCA_ spelling is that of Open MPI 4, the PRTE_MCA_ one that of Open MPI 5.
if [ "$(id -u)" -eq 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
if [ "$(nproc)" -lt "$ranks" ]; then
    export OMPI_MCA_rmaps_base_oversubscribe=1
    export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
fi

mkdir -p results
mpirun -n "$ranks" build/release/fluxfront run config/ring.yaml -o "$front" --force

build/release/fluxfront info "$front"
"$python" analysis/plot_front.py "$front" -o "$plot"
echo "plot: $plot"
