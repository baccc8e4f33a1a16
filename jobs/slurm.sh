#!/usr/bin/env bash
# Example Slurm job: submit with `sbatch jobs/slurm.sh` from the top of the source tree, and adapt
# the lines marked here to the cluster.
# SPDX-License-Identifier: GPL-3.0-or-later
#
#SBATCH --job-name=fluxfront
#SBATCH --time=04:00:00            # wall-time limit
#SBATCH --ntasks=13                # MPI ranks: rank 0 schedules; up to half of front.points can work
#SBATCH --cpus-per-task=1          # ranks are single-threaded
#SBATCH --mem-per-cpu=1G
#SBATCH --output=%x-%j.log         # progress, one plain line every ten seconds or so
set -euo pipefail

# Load what the program was built with; the names differ from cluster to cluster.
# module load openmpi hdf5 nlopt

config=config/ring.yaml
front=results/ring_front.h5
mkdir -p results

# Where srun cannot start Open MPI programs (no PMI support), use `mpirun` in its place; both take
# the number of ranks from the job. The points found so far are in the file, at most
# half a minute old.
srun build/release/fluxfront run "$config" -o "$front" --force
