#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure what is promised of fronts of interacting systems.

    $(bash jobs/python.sh) tests/figures_interacting.py build/release/fluxfront

Takes some minutes; exit code 1 if a promise is broken. Not part of the tests, because it measures time.
"""

import sys
import time

import h5py
import numpy as np

from check_ranks import run, science
from figures import config, largest_z, measure_all, promise, row, title

SITES = 64
LEAST_CURRENT = 0.039  # per bond
RING10 = ("model.sites=10", "model.particles=5", "design.budget.total=15", "front.points=12",
          "front.weights={min: 0.1, max: 0.95}", "gradient.window=100", "gradient.tracked=64",
          "simulation.events=500", "simulation.burn_in=300", "optimizer.learning_rate=0.03",
          "optimizer.iterations=600", "evaluation={trajectories: 256, events: 2000, burn_in: 300}",
          "reference.max_states=300")


def front_of(name, *settings):
    """Run a shipped configuration on three ranks: its datasets as arrays, and the seconds it took."""
    start = time.monotonic()
    code, _, stderr = run(3, config(name), "front.h5", settings, "--force")
    seconds = time.monotonic() - start
    if code != 0:
        sys.exit(f"{name}: exit code {code}\n{stderr}")
    with h5py.File("front.h5", "r") as file:
        return {item: file[item][()] for item in science("front.h5")}, seconds


def common_force():
    """Settings that leave one parameter: the same force on every bond."""
    bonds = ((i, (i + 1) % SITES) for i in range(SITES))
    halves = ", ".join(f'"{a}->{b}": 0.5, "{b}->{a}": -0.5' for a, b in bonds)
    return (f"design={{kind: linear, bounds: [-8, 8], budget: {{total: 96.0}}, "
            f"parameters: {{force: {{{halves}}}}}}}", "front.weights={min: 0.2, max: 0.999}",
            "optimizer.learning_rate=0.3", "optimizer.iterations=100")


def by_current(front):
    """J, ln(sigma/J^2) and relative standard errors of J and sigma, in order of J."""
    order = np.argsort(front["front/current"])
    current, entropy, current_error, entropy_error = (
        front["front/" + name][order] for name in ("current", "entropy_production", "current_stderr",
                                                   "entropy_production_stderr"))
    return current, np.log(entropy / current**2), current_error / current, entropy_error / entropy


def margins(better, worse):
    """How much less entropy production `better` has at the currents that both fronts reach: J, the fraction,
    and its z-score. ln(sigma/J^2), which is smooth, is interpolated in J. Errors of J and sigma are added as
    if independent; they are positively correlated, so the z-scores are too small rather than too large."""
    current, log_entropy, current_error, entropy_error = by_current(better)
    known, log_known, known_current_error, known_entropy_error = by_current(worse)
    inside = (current >= known[0]) & (current <= known[-1])
    difference = np.interp(current, known, log_known) - log_entropy
    right = np.clip(np.searchsorted(known, current), 1, known.size - 1)
    slope = 2 + current * (log_known[right] - log_known[right - 1]) / (known[right] - known[right - 1])
    share = (current - known[right - 1]) / (known[right] - known[right - 1])
    variance = entropy_error**2 + (slope * current_error)**2
    for at, part in ((right - 1, 1 - share), (right, share)):
        variance += part**2 * (known_entropy_error[at]**2 + (slope * known_current_error[at])**2)
    fraction, z = 1 - np.exp(-difference), difference / np.sqrt(variance)
    return current[inside], fraction[inside], z[inside]


def large_ring():
    title("config/exclusion.yaml (64 sites, 1.8e18 states) on 3 ranks, against one common force")
    front, seconds = front_of("exclusion")
    common, _ = front_of("exclusion", *common_force())
    current, margin, z = margins(front, common)
    n_points = int((front["front/nondominated"] == 1).sum())
    row("non-dominated points", n_points)
    row("wall time", f"{seconds:.1f} s")
    for name, data in (("all forces", front), ("one force", common)):
        row(f"range of J, {name}", f"{data['front/current'].min():.4f}",
            f"{data['front/current'].max():.4f}")
    row("J", "less sigma", "z")
    for values in zip(current, margin, z):
        row(f"{values[0]:.4f}", f"{values[1]:.2%}", f"{values[2]:.1f}")
    row("min, median, max", *(f"{f(margin):.2%}" for f in (np.min, np.median, np.max)))
    promise(n_points >= 12, "exclusion: at least 12 non-dominated points")
    promise(seconds < 300, "exclusion: less than 5 minutes")
    # In linear response free forces gain nothing: the margin goes as J^2, and is lost in the noise below.
    is_driven = current >= LEAST_CURRENT
    promise(margin[is_driven].min() > 0.004 and z[is_driven].min() > 3,
            f"exclusion: less sigma than one common force at every J from {LEAST_CURRENT} up that both reach")
    promise(front["front/current"].max() > common["front/current"].max(),
            "exclusion: a larger current than any common force")


def against_exact(name, what, *settings):
    title(f"{what}, against exact optima at every weight")
    front, seconds = front_of(name, *settings)
    reference = front["reference/objective"]
    excess = (front["front/objective"] - reference) / np.abs(reference)
    converged = front["front/converged"] == 1
    row("weight", "exact J", "exact sigma", "excess")
    for i in np.argsort(front["front/weight"]):
        row(f"{front['front/weight'][i]:.4f}", f"{front['front/exact_current'][i]:.5g}",
            f"{front['front/exact_entropy_production'][i]:.5g}", f"{excess[i]:.2e}")
    z_scores = [largest_z(front, item) for item in ("current", "entropy_production")]
    of_range = (front["front/objective"] - reference).max() / np.ptp(reference)
    row("largest excess", f"{excess.max():.2e}")
    row("of points that have converged", f"{excess[converged].max():.2e}")
    row("relative to the range of the objective", f"{of_range:.2e}")
    row("max |z| of J, sigma", *(f"{z:.2f}" for z in z_scores))
    row("wall time", f"{seconds:.1f} s")
    promise(excess[converged].max() <= 0.01, f"{what}: converged points within 1 % of the exact optimum")
    promise(of_range <= 0.01, f"{what}: all points within 1 % of the range of the objective")
    promise(max(z_scores) <= 5, f"{what}: |z| of J and sigma at most 5")


def small_ring():
    against_exact("exclusion", "disordered exclusion ring, 5 particles on 10 sites", *RING10)


def open_lattice():
    against_exact("asep_open", "config/asep_open.yaml", "reference.max_states=256")


def reactions():
    against_exact("schnakenberg", "config/schnakenberg.yaml")


if __name__ == "__main__":
    sys.exit(measure_all(large_ring, small_ring, open_lattice, reactions))
