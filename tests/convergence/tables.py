# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables for the terminal, and the same as CSV and JSON."""

import csv
import json
import os

import numpy as np

try:
    import scipy.stats
except ImportError as error:
    raise SystemExit("the benchmark of convergence needs SciPy: apt-get install python3-scipy") from error


def write_csv(rows, path):
    """Rows as dictionaries; columns in the order in which they first appear."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def show(value):
    """A cell: short, and the same width for like things."""
    if isinstance(value, float):
        return "-" if np.isnan(value) else f"{value:.3g}"
    return str(value)


def print_table(title, rows):
    """Rows as dictionaries with equal keys: the first column left, the others right."""
    print(f"\n{title}\n{'-' * len(title)}")
    cells = [list(rows[0])] + [[show(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    for line in cells:
        print(line[0].ljust(widths[0]) + "".join("  " + cell.rjust(width)
                                                 for cell, width in zip(line[1:], widths[1:])), flush=True)


def percent(flags):
    """The share of the true ones."""
    return f"{100.0 * np.mean(flags):.0f} %" if len(flags) else "-"


def grouped(rows):
    """(family, its rows), and all of them as the last."""
    families = list(dict.fromkeys(row["family"] for row in rows))
    return [(family, [row for row in rows if row["family"] == family]) for family in families] + [("all", rows)]


def column(rows, name):
    return np.array([row.get(name, np.nan) for row in rows], float)


def accuracy(points):
    """How near the points come to their optima; `both`: relative to the smaller of optimum and range."""
    table = []
    for family, rows in grouped(points):
        of_optimum, of_range = column(rows, "excess_of_optimum"), column(rows, "excess_of_range")
        line = {"family": family, "points": len(rows), "lost": int((column(rows, "is_ok") == 0).sum())}
        for limit in (0.01, 0.05):
            for name, excess in (("optimum", of_optimum), ("range", of_range),
                                 ("both", np.maximum(of_optimum, of_range))):
                line[f"{name} {100 * limit:.0f} %"] = percent(excess <= limit)
        finite = np.isfinite(of_optimum)
        line["worst/optimum"] = float(of_optimum[finite].max()) if finite.any() else np.nan
        line["worst/range"] = float(of_range[finite].max()) if finite.any() else np.nan
        table.append(line)
    return table


def verdicts(points):
    """How far `converged` can be believed; and points that are off without being said to be."""
    table = []
    for family, rows in grouped(points):
        said = column(rows, "converged")
        of_optimum, of_range = column(rows, "excess_of_optimum"), column(rows, "excess_of_range")
        is_off = [np.maximum(of_optimum, of_range) > limit for limit in (0.01, 0.05)]
        is_silent = (said < 0).all()
        line = {"family": family, "converged": "not said" if is_silent else percent(said == 1)}
        for name, excess in (("optimum", of_optimum), ("range", of_range)):
            for limit in (0.01, 0.05):
                off = int(((said == 1) & (excess > limit)).sum())
                line[f"of these off > {100 * limit:.0f} % {name}"] = "-" if is_silent else off
        line["off > 5 %, not said"] = int((is_off[1] & (said != 0)).sum())
        line["not converged, yet within 1 %"] = "-" if is_silent else int((~is_off[0] & (said == 0)).sum())
        table.append(line)
    return table


def normality(z):
    """Number, rms, largest, and p of chi-square (two-sided) and Kolmogorov-Smirnov."""
    z = z[~np.isnan(z)]
    if z.size == 0:
        return {"n": 0, "rms": np.nan, "largest": np.nan, "p chi2": np.nan, "p KS": np.nan}
    square = float((z ** 2).sum())
    tails = scipy.stats.chi2.cdf(square, z.size), scipy.stats.chi2.sf(square, z.size)
    return {"n": z.size, "rms": float(np.sqrt(square / z.size)), "largest": float(np.abs(z).max()),
            "p chi2": float(2.0 * min(tails)), "p KS": float(scipy.stats.kstest(z, "norm").pvalue)}


def errors(points):
    """z-scores of J and sigma against exact values at the same rates."""
    table = []
    for family, rows in grouped(points):
        for subset, chosen in (("all", rows), ("converged", [row for row in rows if row["converged"] == 1])):
            if not chosen:
                continue
            for name, key in (("J", "z_current"), ("sigma", "z_entropy")):
                z = column(chosen, key)
                line = {"family": f"{family}, {subset} points: {name}", **normality(z)}
                line["beyond 4"] = int((np.abs(z) > 4.0).sum())
                table.append(line)
    return table


def wholes(fronts):
    """Hypervolume, spread and time of fronts."""
    table = []
    for family, rows in grouped(fronts):
        volume, coverage, wall, cpu = (column(rows, name) for name in
                                       ("hypervolume", "coverage", "wall_seconds", "cpu_seconds"))
        distinct, possible = column(rows, "n_distinct"), column(rows, "n_distinct_best")
        codes = sorted({int(row["exit_code"]) for row in rows})
        table.append({"family": family, "fronts": len(rows), "hypervolume median": f"{np.median(volume):.4f}",
                      "least": f"{volume.min():.4f}", ">= 0.995": percent(volume >= 0.995),
                      "coverage median": float(np.median(coverage)), "distinct median": float(np.median(distinct)),
                      "least ": int(distinct.min()), ">= 8": percent(distinct >= 8),
                      "of optima": float(np.median(possible)),
                      "wall s median": float(np.median(wall)), "max": float(wall.max()),
                      "cpu s median": float(np.median(cpu)), "max ": float(cpu.max()),
                      "exit": ", ".join(f"{code}: {sum(row['exit_code'] == code for row in rows)}" for code in codes)})
    return table


def report(points, fronts, folder, title):
    """Print all tables; write rows as CSV and tables as JSON."""
    summary = {"accuracy": accuracy(points), "verdicts": verdicts(points), "errors": errors(points),
               "fronts": wholes(fronts)}
    print(f"\n{title}")
    print_table("points within 1 % and 5 % of the exact optimum, relative to it, to the range of L along the exact "
                "front, and to both", summary["accuracy"])
    print_table("what is said to have converged", summary["verdicts"])
    print_table("z-scores against the exact values at the same rates", summary["errors"])
    print_table("fronts: hypervolume over that of the optima at the same weights; coverage: over that of the exact "
                "front; time of one process", summary["fronts"])
    write_csv(points, os.path.join(folder, "points.csv"))
    write_csv(fronts, os.path.join(folder, "fronts.csv"))
    with open(os.path.join(folder, "summary.json"), "w", encoding="utf-8") as file:
        json.dump({"title": title, **summary}, file, indent=1)
