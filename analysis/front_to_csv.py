#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the points of a front file as CSV, one row per point, at full precision.

Columns are the scalar datasets of /front under their own names, then `theta.PARAMETER`, `bound_slope.PARAMETER`
(files since format 1.4) and `rates.CHANNEL`. `nondominated`, `converged`, `status`, `outcome`, `exact_status` and `scalarization` are the codes
of docs/format.md; `verdict` and `reason` are texts; missing values read `nan`. Every number reads back as exactly the number in the file.
"""

import csv
import os
import sys

import needs

needs.check("h5py", "numpy")

import numpy as np  # noqa: E402 (what is needed is known to be there)

import front_file  # noqa: E402

# Order of the first columns; whatever else the group holds per point follows by name.
LEADING = [
    "point",
    "task",
    "weight",
    "current",
    "current_stderr",
    "entropy_production",
    "entropy_production_stderr",
    "exact_current",
    "exact_entropy_production",
    "objective",
    "nondominated",
    "converged",
    "status",
    "outcome",
    "exact_status",
    "events",
]
NAMES_OF = {"theta": "parameter", "bound_slope": "parameter", "rates": "channel"}  # names of the second axis
SINCE_1_4 = {"bound_slope"}  # older files do without


def columns(front):
    """The table of the front: list of (heading, values [point])."""
    n_points = len(front["front/point"])
    names = [name.split("/", 1)[1] for name in front.values if name.startswith("front/")]
    scalars = [
        name
        for name in names
        if name not in NAMES_OF.values() and np.shape(front[f"front/{name}"]) == (n_points,)
    ]
    rank = {name: i for i, name in enumerate(LEADING)}
    scalars.sort(key=lambda name: (rank.get(name, len(LEADING)), name))

    table = [(name, front[f"front/{name}"]) for name in scalars]
    for name, axis in NAMES_OF.items():
        if name in SINCE_1_4 and name not in names:
            continue
        values = front[f"front/{name}"]
        labels = front[f"front/{axis}"]
        table += [(f"{name}.{label}", values[:, i]) for i, label in enumerate(labels)]
    return table


def write(front, stream):
    """Write the table of the front to an open text stream."""
    table = columns(front)
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(heading for heading, _ in table)
    # tolist() makes Python numbers, whose repr() is the shortest text that reads back unchanged.
    for row in zip(*(values.tolist() for _, values in table)):
        writer.writerow(v if isinstance(v, str) else repr(v) for v in row)


def main():
    parser = front_file.ArgumentParser(description=__doc__.split("\n\n")[0],
                                       epilog=" ".join(__doc__.split("\n\n")[1].split()))
    parser.add_argument("front", metavar="FRONT.h5", help="front file written by `fluxfront run`")
    parser.add_argument("-o", "--output", metavar="FILE",
                        help="file to write, replaced if it exists (default: standard output)")
    arguments = parser.parse_args()

    front = front_file.read(arguments.front)
    columns(front)  # a damaged file is reported before the output is touched
    if arguments.output is None:
        write(front, sys.stdout)
    else:
        with open(arguments.output, "w", encoding="utf-8", newline="") as stream:
            write(front, stream)


if __name__ == "__main__":
    front_file.run(os.path.basename(__file__), main)
