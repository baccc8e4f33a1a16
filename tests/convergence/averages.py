#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Averages of systems that hide what matters from a short simulation, against exact values.

    python3 tests/convergence/averages.py build/release/fluxfront --seed 1 -o DIR

Bistable, slowly relaxing, nearly disconnected and stiff systems go through `simulate --json` with the defaults of the
program. Every average is either right or must not be called converged. A second pass, by the same random numbers, sets
`reference.exact: false`: verdicts must then do without the exact values that the program would find. Those that it is
held against are of other making in both. Rows go to DIR/averages.csv.
"""

import argparse
import fractions
import json
import math
import os
import re
import subprocess

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: the matrices are small

import numpy as np  # noqa: E402

import draw  # noqa: E402
import judge  # noqa: E402
import oracle  # noqa: E402
import tables  # noqa: E402

PASSES = {"known": {}, "unknown": {"reference": {"exact": False}}}  # whether the program knows exact values
ROUNDING = 1e-300  # backward rate constants of a process that only goes forward


# ---- exact values ------------------------------------------------------------------------------------------------

def schloegl(a=0.24, b=0.00576, c=12.5, d=2.95, n_max=2000):
    """J of 2 X <-> 3 X, sigma, and the mean of X: a chain of births and deaths has a steady state in closed form."""
    n = np.arange(n_max, dtype=float)
    up = a * n * (n - 1) / 2, np.full(n_max, c)  # from n
    down = b * (n + 1) * n * (n - 1) / 6, d * (n + 1)  # from n + 1
    log_p = np.concatenate([[0.0], np.cumsum(np.log(sum(up)) - np.log(sum(down)))])
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    sigma = 0.0
    for birth, death in zip(up, down):
        there, back = p[:-1] * birth, p[1:] * death
        sigma += float(((there - back) * np.log(np.maximum(there, 1e-300) / np.maximum(back, 1e-300))).sum())
    return {"current": float((p[:-1] * up[0] - p[1:] * down[0]).sum()), "entropy_production": sigma,
            "occupancy": float(p @ np.arange(n_max + 1))}


def tasep_current(n_sites, alpha, beta):
    """J = Z(N-1) / Z(N) with Z by the matrix ansatz: Derrida, Evans, Hakim and Pasquier, J. Phys. A 26:1493 (1993)."""
    a, b = 1 / fractions.Fraction(alpha), 1 / fractions.Fraction(beta)

    def weight(n):
        return sum(fractions.Fraction(p * math.factorial(2 * n - 1 - p), math.factorial(n) * math.factorial(n - p))
                   * (b ** (p + 1) - a ** (p + 1)) / (b - a) for p in range(1, n + 1))
    return float(weight(n_sites - 1) / weight(n_sites))


def solved(config):
    """Exact values of an enumerable system at its own rates."""
    system = oracle.System(config)
    current, entropy = system.values(np.zeros(system.n_parameters))
    return {"current": current, "entropy_production": entropy}


# ---- systems -----------------------------------------------------------------------------------------------------

def vessels():
    """Schloegl's model from both wells; a species whose relaxation takes many more events than its birth."""
    autocatalysis = [{"name": "autocatalysis", "reaction": "2 X <-> 3 X @ 0.24, 0.00576"},
                     {"name": "feed", "reaction": "0 <-> X @ 12.5, 2.95"}]
    for start in (0, 60):
        config = {"model": {"kind": "reactions", "species": {"X": start}, "reactions": autocatalysis},
                  "objective": {"current": {"autocatalysis": 1}}}
        yield f"Schloegl from {start}", config, schloegl()
    birth = [{"name": "birth", "reaction": "0 -> X @ 1000"}, {"name": "death", "reaction": "X -> 0 @ 0.01"}]
    yield ("slow relaxation",
           {"model": {"kind": "reactions", "species": {"X": 0}, "reactions": birth},
            "objective": {"current": {"birth": 1}, "exclude": "all"}},
           {"current": 1000.0, "occupancy": 100000.0})


def tasep():
    model = {"kind": "exclusion", "lattice": "open", "sites": 64, "forward": 1, "backward": ROUNDING,
             "left": {"in": 0.2, "out": ROUNDING}, "right": {"in": ROUNDING, "out": 0.8}}
    return ("TASEP, 64 sites", {"model": model, "objective": {"current": "all", "exclude": "all"}},
            {"current": tasep_current(64, "1/5", "4/5")})


def edge(start, end, forward, backward):
    return {"from": start, "to": end, "forward": forward, "backward": backward}


def two_cycles():
    """Two driven cycles that are joined by an edge of rate 1e-6; the second turns faster."""
    edges = [edge("A", "B", 3.0, 1.0), edge("B", "C", 3.0, 1.0), edge("C", "A", 3.0, 1.0),
             edge("D", "E", 8.0, 1.0), edge("E", "F", 8.0, 1.0), edge("F", "D", 8.0, 1.0), edge("A", "D", 1e-6, 1e-6)]
    config = {"model": {"kind": "network", "states": list("ABCDEF"), "edges": edges},
              "objective": {"current": {"A->B": 1, "D->E": 1}}}
    return "two cycles, joined by 1e-6", config, solved(config)


def enzyme():
    """An enzyme with a detour."""
    edges = [edge("E", "ES", 10, 1), edge("ES", "EP", 5, 0.1), edge("EP", "E", 3, 0.01), edge("EP", "EI", 1, 0.5),
             edge("EI", "EQ", 1, 0.5), edge("EQ", "E", 2, 0.1)]
    config = {"model": {"kind": "network", "states": ["E", "ES", "EP", "EI", "EQ"], "edges": edges},
              "objective": {"current": {"ES->EP": 1}}}
    return "enzyme with a detour", config, solved(config)


def stiff_rings(seed, n_rings):
    """Rings of 4 to 8 sites with rates of 1e-3 to 1e6."""
    for i in range(n_rings):
        rng = np.random.default_rng([seed, 3, i])
        sites = int(rng.integers(4, 9))
        forward, backward = ((10.0 ** rng.uniform(-3, 6, sites)).tolist() for _ in range(2))
        config = {"model": {"kind": "ring", "sites": sites, "forward": forward, "backward": backward}}
        yield f"stiff ring {i:02d}", config, solved(config)


def all_systems(seed, n_rings):
    return [*vessels(), tasep(), two_cycles(), enzyme(), *stiff_rings(seed, n_rings)]


# ---- running -----------------------------------------------------------------------------------------------------

def seed_of(seed, index):
    """A seed of its own for every system."""
    return int(np.random.SeedSequence([seed, 5, index]).generate_state(1)[0])


def simulate(arguments, name, config, seed):
    """What `simulate --json` prints, and its exit code."""
    path = os.path.join(arguments.folder, "averages", name.replace(" ", "_").replace(",", "") + ".yaml")
    draw.write_config(config, path)
    command = [os.path.abspath(arguments.program), "simulate", path, "--json", "--seed", str(seed)]
    for setting in arguments.settings:
        command += ["--set", setting]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (json.loads(done.stdout) if done.stdout else {}), done.returncode


def first(value):
    """Of the sites, the first one."""
    return value[0] if isinstance(value, list) else value


def number(value):
    return np.nan if first(value) is None else float(first(value))


def rows_of(name, exact, output, code):
    """A row for every average whose exact value is known: `converged` is said of all together, `own` of each; -1 is
    nothing."""
    for quantity, value in exact.items():
        found, stderr = (number(output.get(key, np.nan)) for key in (quantity, quantity + "_stderr"))
        yield {"system": name, "average": quantity, "value": found, "stderr": stderr, "exact": value,
               "off": abs(found - value) / abs(value), "z": judge.deviation(found, stderr, value) if output else np.nan,
               "converged": int(output.get("converged", -1)), "verdict": output.get("verdict", ""),
               "own": int(first(output.get(quantity + "_converged", -1))),
               "own verdict": first(output.get(quantity + "_verdict", "")), "exit": code}


def is_wrong(row):
    """Beyond five standard errors, or missing."""
    return not (abs(row["z"]) <= 5.0 or (np.isnan(row["z"]) and row["off"] < 1e-6))


def summarize(rows):
    """How many averages are wrong, and how many of these are said to be."""
    table = []
    for family, chosen in (("named", [row for row in rows if not row["system"].startswith("stiff")]),
                           ("stiff rings", [row for row in rows if row["system"].startswith("stiff")]), ("all", rows)):
        if not chosen:
            continue
        for name, part in (("all", chosen), ("converged", [row for row in chosen if row["converged"] == 1])):
            for quantity in sorted({row["average"] for row in part}):
                same = [row for row in part if row["average"] == quantity]
                wrong = [row for row in same if is_wrong(row)]
                table.append({"averages": f"{family}, {name}: {quantity}", "beyond 5 or lost": len(wrong),
                              "of these not flagged": sum(row["converged"] != 0 for row in wrong),
                              **tables.normality(np.array([row["z"] for row in same]))})
    return table


def count_verdicts(rows):
    """What is said of each average by itself, and of all of its system, against what is so."""
    table = []
    for quantity in sorted({row["average"] for row in rows}):
        same = [row for row in rows if row["average"] == quantity]
        line = {"average": quantity, "n": len(same)}
        for title, key in (("own", "own"), ("all", "converged")):
            for word, flag in (("converged", 1), ("not", 0)):
                part = [row for row in same if row[key] == flag]
                line[f"{title}: {word}"] = len(part)
                line[f"{title}: {word}, wrong"] = sum(map(is_wrong, part))
        table.append(line)
    return table


def count_reasons(rows):
    """How often each verdict was given, numbers left out: of averages, and of systems."""
    counts = {}
    for row in rows:
        for key in ("own verdict", "verdict"):
            counts.setdefault(re.sub(r"[-+\d.]*\d[\d.e+-]*", "#", row[key]), {"own verdict": set(), "verdict": set()})[
                key].add((row["system"], row["average"] if key == "own verdict" else ""))
    return [{"verdict": text, "averages": len(found["own verdict"]), "systems": len(found["verdict"])}
            for text, found in sorted(counts.items(), key=lambda item: (-len(item[1]["own verdict"]), item[0]))]


def run_pass(arguments, systems, extra):
    """Rows of all systems; `extra` are sections of the configuration."""
    rows = []
    for index, (name, config, exact) in enumerate(systems):
        path = f"{name} {'with ' + ' '.join(extra) if extra else 'as it is'}"
        output, code = simulate(arguments, path, {**config, **extra}, seed_of(arguments.seed, index))
        rows += rows_of(name, exact, output, code)
    return rows


def report(rows, title):
    """Print the tables of one pass; what belongs into a file of them."""
    words = {1: "yes", 0: "no", -1: "not said"}
    shown = [{key: words[value] if key in ("converged", "own") else value for key, value in row.items()
              if "verdict" not in key} for row in rows]
    tables.print_table(f"averages by plain simulation, {title}", shown)
    summary = {"in all": summarize(rows), "verdicts": count_verdicts(rows), "reasons": count_reasons(rows)}
    for name, table in summary.items():
        tables.print_table(f"{name}, {title}", table)
    return summary


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("program", help="path of fluxfront")
    parser.add_argument("-o", dest="folder", required=True, help="folder for everything that is made")
    parser.add_argument("--seed", type=int, default=1, help="selects the rings and the random numbers")
    parser.add_argument("--rings", type=int, default=30)
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="SEC.KEY=VALUE")
    arguments = parser.parse_args()
    os.makedirs(os.path.join(arguments.folder, "averages"), exist_ok=True)
    systems = all_systems(arguments.seed, arguments.rings)
    rows, summary = [], {}
    for name, extra in PASSES.items():
        found = run_pass(arguments, systems, extra)
        summary[name] = report(found, f"exact values {name} to the program")
        rows += [{"exact values": name, **row} for row in found]
    tables.write_csv(rows, os.path.join(arguments.folder, "averages.csv"))
    with open(os.path.join(arguments.folder, "averages.json"), "w", encoding="utf-8") as file:
        json.dump(summary, file, indent=1)


if __name__ == "__main__":
    main()
