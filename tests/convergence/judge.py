# SPDX-License-Identifier: GPL-3.0-or-later
"""What a front is worth: its points against exact optima, its error bars against exact values."""

import os

import h5py
import numpy as np

from optimum import Goal, loss

KINDS = ("weighted", "chebyshev")
FIELDS = ("weight", "current_scale", "entropy_scale", "current_ideal", "entropy_ideal", "current", "current_stderr",
          "entropy_production", "entropy_production_stderr", "status", "scalarization", "events", "converged")


def read_front(path):
    """Datasets of /front by name, and designs that the program itself holds for optimal; None if there is no file."""
    if not os.path.exists(path):
        return None
    with h5py.File(path, "r") as file:
        group = file["front"]
        front = {name: group[name][()] for name in (*FIELDS, "theta") if name in group}
        front["hints"] = file["reference/theta"][()] if "reference/theta" in file else front["theta"]
        return front


def goal_of(front, i):
    """The scalarisation of a point."""
    return Goal(KINDS[int(front["scalarization"][i])], *(float(front[name][i]) for name in FIELDS[:5]))


def deviation(value, stderr, exact):
    """A z-score; NaN if the value is exact and says so, infinite if it only says so."""
    if stderr > 0.0:
        return (value - exact) / stderr
    return np.nan if abs(value - exact) <= 1e-6 * abs(exact) else np.inf


def hypervolume(points, corner):
    """Area that points (J, sigma) dominate within a corner."""
    area, least = 0.0, corner[1]
    for current, entropy in sorted(map(tuple, points), key=lambda point: (-point[0], point[1])):
        if current > corner[0] and entropy < least:
            area += (current - corner[0]) * (least - entropy)
            least = entropy
    return area


def corner_of(points):
    """The reference point of the hypervolume: the worst of both, and a tenth of the extent (or of the size) beyond."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.1 * np.where(high > low, high - low, np.abs(high) + 1e-300)
    return low[0] - margin[0], high[1] + margin[1]


def n_distinct(points, extent, resolution=0.005):
    """Points that differ from all counted before by this fraction of the extent of the front in J or sigma."""
    kept = []
    for point in points:
        if all((np.abs(point - other) > resolution * extent).any() for other in kept):
            kept.append(point)
    return len(kept)


def judge_point(search, front, i, place, fine):
    """The row of one point; `place` is that of its optimum."""
    means = search.system.values(front["theta"][i])
    goal = goal_of(front, i)
    value, optimum = (float(loss(goal, *pair)[0]) for pair in (means, search.means[place]))
    along = loss(goal, *np.vstack([fine, search.means[place]]).T)[0]
    excess = max(value - optimum, 0.0)
    return {"point": i, "weight": goal.weight, "is_ok": 1, "exact_current": means[0],
            "exact_entropy_production": means[1], "best_current": search.means[place][0],
            "best_entropy_production": search.means[place][1], "objective": value, "optimum": optimum,
            "excess_of_optimum": excess / (abs(optimum) + 1e-300),
            "excess_of_range": excess / (float(np.ptp(along)) + 1e-300),
            "z_current": deviation(front["current"][i], front["current_stderr"][i], means[0]),
            "z_entropy": deviation(front["entropy_production"][i], front["entropy_production_stderr"][i], means[1]),
            "converged": int(front["converged"][i]) if "converged" in front else -1,
            "events": int(front["events"][i])}


def lost_point(i):
    """The row of a point that failed, or that never was."""
    return {"point": i, "is_ok": 0, "excess_of_optimum": np.inf, "excess_of_range": np.inf, "z_current": np.nan,
            "z_entropy": np.nan, "converged": 0, "objective": np.nan, "optimum": np.nan}


def judge_front(search, front, n_points, weights):
    """Rows of the points, and the row of the front."""
    fine = search.solve_fine(*weights)
    good = [] if front is None else [i for i in range(len(front["weight"]))
                                     if front["status"][i] == 0 and np.isfinite(front["theta"][i]).all()]
    for i in good:
        for theta in (front["theta"][i], front["hints"][i]):
            search.add(np.clip(theta, *search.system.bounds.T))
    goals = [goal_of(front, i) for i in good]
    places = dict(zip(good, search.solve(goals, search.n_random())))
    n_rows = n_points if front is None else len(front["weight"])
    rows = [judge_point(search, front, i, places[i], fine) if i in places else lost_point(i) for i in range(n_rows)]
    return rows, judge_whole(rows, fine)


def judge_whole(rows, fine):
    """Hypervolume and spread of all points of a front, from exact values."""
    rows = [row for row in rows if row["is_ok"]]
    if not rows:
        return {"hypervolume": 0.0, "coverage": 0.0, "n_distinct": 0, "n_distinct_best": 0}
    found, best = (np.array([[row[kind + "_current"], row[kind + "_entropy_production"]] for row in rows])
                   for kind in ("exact", "best"))
    corner, fine_corner = corner_of(best), corner_of(fine)
    extent = np.ptp(fine, axis=0)
    return {"hypervolume": hypervolume(found, corner) / hypervolume(best, corner),
            "coverage": hypervolume(found, fine_corner) / hypervolume(fine, fine_corner),
            "n_distinct": n_distinct(found, extent), "n_distinct_best": n_distinct(best, extent)}
