#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How good are fronts of systems that nobody has tuned, and do they know?

    python3 tests/convergence/run.py build/release/fluxfront --seed 1 -o DIR

draws systems by seed, runs each with the defaults of the program, and judges every point against the exact optimum
of its own scalarisation. Tables go to the terminal, rows to DIR/points.csv and DIR/fronts.csv, tables to
DIR/summary.json. Optima are kept in DIR/optima and serve every later run with the same DIR and seed.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import subprocess
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: the matrices are small

import numpy as np  # noqa: E402

import draw  # noqa: E402
import judge  # noqa: E402
import optimum  # noqa: E402
import oracle  # noqa: E402
import tables  # noqa: E402

WEIGHTS = (0.02, 0.98)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("program", help="path of fluxfront")
    parser.add_argument("-o", dest="folder", required=True, help="folder for everything that is made")
    parser.add_argument("--seed", type=int, default=1, help="selects the systems, and the random numbers of their runs")
    parser.add_argument("--networks", type=int, default=40)
    parser.add_argument("--lattices", type=int, default=10)
    parser.add_argument("--reactions", type=int, default=5)
    parser.add_argument("--points", type=int, default=10, help="of each front")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="SEC.KEY=VALUE",
                        help="passed on to every run; may be repeated")
    parser.add_argument("--jobs", type=int, default=1, help="systems at a time; times are those of a shared machine then")
    parser.add_argument("--timeout", type=float, default=3600.0, help="seconds for one front")
    return parser.parse_args()


def run_front(arguments, name):
    """Run one front: exit code, seconds by the clock and of the processor, last line of what was said."""
    base = os.path.join(arguments.folder, "fronts", name)
    command = [arguments.program, "run", os.path.join(arguments.folder, "systems", name + ".yaml"), "-o", base + ".h5",
               "--force", "--seed", str(arguments.seed)]
    for setting in arguments.settings:
        command += ["--set", setting]
    if os.path.exists(base + ".h5"):
        os.remove(base + ".h5")
    start = time.monotonic()
    with open(base + ".log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        usage = wait(process, start + arguments.timeout)
    with open(base + ".log", encoding="utf-8") as log:
        said = (log.read().splitlines() or [""])[-1]
    return {"exit_code": process.returncode, "wall_seconds": time.monotonic() - start,
            "cpu_seconds": usage.ru_utime + usage.ru_stime, "said": said}


def wait(process, deadline):
    """Wait for a process of ours, and end it at the deadline: the resources it used."""
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.02)


def judge_system(arguments, system):
    """Rows of the points, and the row of the front, of one system."""
    _, name, config = system
    digest = hashlib.sha256(json.dumps([config, WEIGHTS], sort_keys=True).encode()).hexdigest()[:12]
    search = optimum.Search(oracle.System(config), os.path.join(arguments.folder, "optima", f"{name}_{digest}.json"))
    front = judge.read_front(os.path.join(arguments.folder, "fronts", name + ".h5"))
    start = time.monotonic()
    points, whole = judge.judge_front(search, front, arguments.points, WEIGHTS)
    search.save()
    whole.update(n_states=len(search.system.process.states), n_parameters=search.system.n_parameters,
                 judged_seconds=time.monotonic() - start)
    return points, whole


def prepare(arguments):
    """Folders and configurations: the systems drawn."""
    for name in ("systems", "fronts", "optima"):
        os.makedirs(os.path.join(arguments.folder, name), exist_ok=True)
    systems = draw.draw_all(arguments.seed, arguments.networks, arguments.lattices, arguments.reactions)
    for _, name, config in systems:
        front = {"points": arguments.points, "weights": {"min": WEIGHTS[0], "max": WEIGHTS[1]}}
        draw.write_config({**config, "front": front}, os.path.join(arguments.folder, "systems", name + ".yaml"))
    return systems


def main():
    arguments = parse_arguments()
    arguments.program = os.path.abspath(arguments.program)
    systems = prepare(arguments)
    names = [name for _, name, _ in systems]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        runs = list(pool.map(run_front, [arguments] * len(systems), names))
    points, fronts = [], []
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        judged = pool.map(judge_system, [arguments] * len(systems), systems)
        for (family, name, _), ran, (rows, whole) in zip(systems, runs, judged):
            points += [{"family": family, "system": name, **row} for row in rows]
            fronts.append({"family": family, "system": name, **whole, **ran})
            excess = np.max([row["excess_of_optimum"] for row in rows])
            print(f"{name:36s} {whole['n_states']:5d} states {ran['wall_seconds']:7.1f} s, exit {ran['exit_code']}, "
                  f"worst excess {excess:.2g}, judged in {whole['judged_seconds']:.0f} s", file=sys.stderr, flush=True)
    title = f"{len(systems)} systems of seed {arguments.seed}, " + (" ".join(arguments.settings) or "all by default")
    tables.report(points, fronts, arguments.folder, title)


if __name__ == "__main__":
    main()
