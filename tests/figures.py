#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure every figure that the project promises, print them, and name those that fall short.

    $(bash jobs/python.sh) tests/figures.py build/release/fluxfront

Takes some minutes; exit code 1 if a promise is broken. Not part of the tests, because it measures time.
"""

import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np

from check_ranks import RANKS, SMALL, differing, run, science

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SCORE_SETTINGS = {1: (), 10: ("gradient.window=600", "simulation.events=2000", "simulation.burn_in=500")}
DIVERGED = 1e3  # a relative error beyond this is no estimate at all

shortfalls = []


def promise(is_kept, what):
    """Note a broken promise."""
    if not is_kept:
        shortfalls.append(what)
        print(f"FALLS SHORT: {what}")


def title(text):
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def row(*cells, widths=(34, 14)):
    """A line of cells: the first left, the others right."""
    print(f"{cells[0]:<{widths[0]}}" + "".join(f"{cell:>{widths[1]}}" for cell in cells[1:]), flush=True)


def config(name):
    return os.path.join(ROOT, "config", name + ".yaml")


def timed_front(name):
    """Run a shipped configuration on three ranks: its datasets as arrays, and the seconds it took."""
    path = name + ".h5"
    start = time.monotonic()
    code, _, stderr = run(3, config(name), path, ())
    seconds = time.monotonic() - start
    if code != 0:
        sys.exit(f"{name}: exit code {code}\n{stderr}")
    with h5py.File(path, "r") as file:
        return {item: file[item][()] for item in science(path)}, seconds


def ring():
    title("config/ring.yaml on 3 ranks, against sigma*(J) = 2 N J atanh(N J / K), N = 6, K = 2")
    front, seconds = timed_front("ring")
    fraction = np.sort(6 * front["front/exact_current"] / 2)
    bound = 2 * 2 * fraction * np.arctanh(fraction)
    order = np.argsort(front["front/exact_current"])
    excess = front["front/exact_entropy_production"][order] / bound - 1
    gap = np.diff(fraction).max() / np.ptp(fraction)
    row("points", fraction.size)
    row("failed points", int((front["front/status"] != 0).sum()))
    row("least N J / K", f"{fraction[0]:.4f}")
    row("greatest N J / K", f"{fraction[-1]:.4f}")
    row("largest gap in J / range", f"{gap:.4f}")
    row("largest sigma / sigma*(J) - 1", f"{excess.max():.3e}")
    row("smallest sigma / sigma*(J) - 1", f"{excess.min():.3e}")
    row("wall time", f"{seconds:.1f} s")
    promise((front["front/status"] == 0).all(), "ring: no failed point")
    promise(fraction.size >= 20, "ring: at least 20 points")
    promise(fraction[0] < 0.1 and fraction[-1] > 0.9, "ring: NJ/K from below 0.1 to above 0.9")
    promise(gap < 0.1, "ring: gaps below a tenth of the range")
    promise(excess.max() <= 0.01, "ring: within 1 % of the closed form")
    promise(excess.min() > -1e-9, "ring: nothing below the bound")
    promise(seconds < 60, "ring: less than 60 s")


def largest_z(front, quantity):
    deviation = front["front/" + quantity] - front["front/exact_" + quantity]
    return np.abs(deviation / front["front/" + quantity + "_stderr"]).max()


def other_fronts():
    title("other fronts on 3 ranks, against exact optima at every weight")
    row("", "points", "failed", "excess", "max |z| J", "max |z| sigma", "wall time", widths=(16, 14))
    for name in ("ring_disorder", "network", "kinesin"):
        front, seconds = timed_front(name)
        reference = front["reference/objective"]
        excess = ((front["front/objective"] - reference) / np.abs(reference)).max()
        z_current, z_entropy = (largest_z(front, item) for item in ("current", "entropy_production"))
        n_failed = int((front["front/status"] != 0).sum())
        row(name, reference.size, n_failed, f"{excess:.3e}", f"{z_current:.2f}", f"{z_entropy:.2f}",
            f"{seconds:.1f} s", widths=(16, 14))
        promise(n_failed == 0, f"{name}: no failed point")
        promise(excess <= 0.01, f"{name}: objective within 1 % of the exact optimum")
        promise(max(z_current, z_entropy) <= 5, f"{name}: |z| of J and sigma at most 5")
        promise(seconds < 120, f"{name}: less than 120 s")


def identity():
    title("bit identity of " + ", ".join(map(str, RANKS)) + " ranks (small ring_disorder)")
    files = [f"ranks{n}.h5" for n in RANKS]
    for n_ranks, file in zip(RANKS, files):
        code, _, stderr = run(n_ranks, config("ring_disorder"), file, SMALL)
        if code != 0:
            sys.exit(stderr)
    first = science(files[0])
    for n_ranks, file in zip(RANKS, files):
        names = differing(first, science(file))
        row(f"{n_ranks} ranks", f"{len(first) - len(names)} of {len(first)} datasets equal",
            widths=(12, 32))
        promise(not names, f"{n_ranks} ranks: equal bytes")
    run(3, config("ring_disorder"), "seed2.h5", SMALL, "--seed", "2")
    row("another seed", f"{len(differing(first, science('seed2.h5')))} datasets differ", widths=(12, 32))


def gradcheck(settings, n_repeats=400):
    command = [os.environ["FLUXFRONT"], "gradcheck", config("ring_disorder"), "--json", "--repeats",
               str(n_repeats)]
    for setting in settings:
        command += ["--set", setting]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(text)["estimators"]


def cell(value, form):
    return "-" if value is None else format(value, form)


def gradient_quality():
    title("gradients of config/ring_disorder.yaml against exact ones, 400 estimates of 64 trajectories")
    row("walkers, estimator, gradient of", "rel. error", "resolution", "cosine", "max |z|", "ns/event",
        widths=(42, 12))
    baselines = []
    for walkers, settings in SCORE_SETTINGS.items():
        checked = gradcheck((f"model.walkers={walkers}", *settings))
        baselines += [(walkers, name, entry) for name, entry in checked.items() if "failure" not in entry]
        for name, entry in checked.items():
            for target in ("current", "entropy_production"):
                label = f"{walkers:3d}  {name:6s} {target}"
                if "failure" in entry:
                    row(label, "diverged", widths=(42, 12))
                    continue
                figures = entry[target]
                row(label, cell(figures["relative_error"], ".4f"), cell(figures["resolution"], ".4f"),
                    cell(figures["cosine"], ".6f"), cell(figures["largest_z"], ".2f"),
                    cell(entry["ns_per_event"], ".1f"), widths=(42, 12))
        check_promises(walkers, checked)
    print_baselines(baselines)


def check_promises(walkers, checked):
    for target in ("current", "entropy_production"):
        score, what = checked["score"], f"gradient of {target}, {walkers} walkers"
        is_whole = "failure" not in score
        promise(is_whole and score[target]["largest_z"] <= 5, f"score, {what}: |z| at most 5")
        promise(is_whole and score[target]["relative_error"] <= 0.02, f"score, {what}: error at most 2 %")
        if walkers == 10:
            rbst = checked["rbst"]
            promise("failure" not in rbst and rbst[target]["cosine"] >= 0.99,
                    f"rbst, {what}: cosine at least 0.99")


def print_baselines(entries):
    title("variance of tracked + baseline over tracked alone at equal processor time (below 1: it pays)")
    row("walkers, estimator", "baseline", "tracked alone", "weighted", "chebyshev", widths=(24, 14))
    for walkers, name, entry in entries:
        row(f"{walkers:3d}  {name}", entry["n_baseline"], entry["n_tracked_alone"],
            cell(entry["variance_ratio_weighted"], ".3f"),
            cell(entry["variance_ratio_chebyshev"], ".3f"), widths=(24, 14))


def relaxed_figures(entry):
    """`error (cosine)` of the gradient of J, or that there is none."""
    if "failure" in entry:
        return "diverged"
    figures = entry["current"]
    if figures["relative_error"] is None or figures["relative_error"] > DIVERGED:
        return "diverged"
    return f"{figures['relative_error']:.3g} ({figures['cosine']:.4f})"


def relaxation():
    title("straight-through gradients of J: relative error (cosine); truncation in events, 0 = none")
    temperatures, truncations, all_walkers = (1, 0.5, 0.25), (0, 2, 4, 10), (1, 10, 100)
    cases = [(w, c, t) for w in all_walkers for c in truncations for t in temperatures]

    def measure(case):
        walkers, truncation, temperature = case
        size = {1: (200, 64), 10: (2000, 16), 100: (5000, 8)}[walkers]  # events, trajectories
        return gradcheck((f"model.walkers={walkers}", f"gradient.truncation={truncation}",
                          f"gradient.temperature={temperature}", f"simulation.events={size[0]}",
                          f"simulation.burn_in={size[0] // 4}", f"gradient.tracked={size[1]}"), 40)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = dict(zip(cases, pool.map(measure, cases)))
    row("walkers, truncation", *(f"stgs, t = {t}" for t in temperatures), "rbst", widths=(22, 20))
    for walkers in all_walkers:
        for truncation in truncations:
            entries = [results[walkers, truncation, t] for t in temperatures]
            row(f"{walkers:4d}  {truncation}", *(relaxed_figures(e["stgs"]) for e in entries),
                relaxed_figures(entries[0]["rbst"]), widths=(22, 20))


def measure_all(*measures):
    """Run the measures with the program named on the command line, in an empty folder: the exit code."""
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} PATH-OF-FLUXFRONT")
    os.environ["FLUXFRONT"] = os.path.abspath(sys.argv[1])
    os.environ.setdefault("MPIEXEC", "mpirun")
    for name in ("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
                 "OMPI_MCA_rmaps_base_oversubscribe"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for measure in measures:
            measure()
        os.chdir(ROOT)
    title("promises")
    print("\n".join(f"falls short: {what}" for what in shortfalls) or "all kept")
    return 1 if shortfalls else 0


if __name__ == "__main__":
    sys.exit(measure_all(ring, other_fronts, identity, gradient_quality, relaxation))
