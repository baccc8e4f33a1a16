# SPDX-License-Identifier: GPL-3.0-or-later
"""Exact optima of scalarised objectives, by L-BFGS-B in the box from many starts, and the front they make."""

import collections
import json
import os

import numpy as np

try:
    import scipy.optimize
except ImportError as error:
    raise SystemExit("the benchmark of convergence needs SciPy: apt-get install python3-scipy") from error

SMOOTHING, AUGMENTATION = 0.01, 0.01  # of Chebyshev scalarisations, in scaled units
N_FINE = 25  # weights of the exact front, evenly spaced in log(w / (1 - w)) between the two of the benchmark
LOOSE = {"maxiter": 80, "maxcor": 20, "ftol": 1e-6}
TIGHT = {"maxiter": 500, "maxcor": 20, "ftol": 1e-11, "gtol": 1e-10}
LARGE = 100  # states from which on fewer starts are affordable

Goal = collections.namedtuple("Goal", "kind weight current_scale entropy_scale current_ideal entropy_ideal",
                              defaults=(1.0, 1.0, 0.0, 0.0))


def loss(goal, current, entropy):
    """L and its slopes in J and sigma; arrays are served elementwise."""
    by_current, by_entropy = -goal.weight / goal.current_scale, (1.0 - goal.weight) / goal.entropy_scale
    if goal.kind == "weighted":
        return by_current * current + by_entropy * entropy, by_current, by_entropy
    t_current = by_current * (current - goal.current_ideal)
    t_entropy = by_entropy * (entropy - goal.entropy_ideal)
    share = 1.0 / (1.0 + np.exp(np.clip((t_entropy - t_current) / SMOOTHING, -700, 700)))
    value = SMOOTHING * np.logaddexp(t_current / SMOOTHING, t_entropy / SMOOTHING)
    return (value + AUGMENTATION * (t_current + t_entropy), by_current * (share + AUGMENTATION),
            by_entropy * (1.0 - share + AUGMENTATION))


class Search:
    """All designs known of a system; each is a candidate for every goal. Kept in a file."""

    def __init__(self, system, path, seed=0):
        self.system, self.path = system, path
        self.rng = np.random.default_rng(seed)
        self.thetas, self.means, self.solved, self.fine = [], [], {}, None
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                kept = json.load(file)
            self.thetas, self.means = [np.array(theta) for theta in kept["theta"]], kept["means"]
            self.solved = {tuple(key): place for key, place in kept["solved"]}
            self.fine = kept["fine"]

    def save(self):
        kept = {"theta": [theta.tolist() for theta in self.thetas], "means": self.means,
                "solved": list(self.solved.items()), "fine": self.fine}
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump(kept, file)
        os.replace(self.path + ".new", self.path)

    def add(self, theta):
        """Make a design known: its place."""
        means = self.system.values(theta)
        if np.isfinite(means).all():
            self.thetas.append(np.array(theta, float))
            self.means.append(means)
        return len(self.thetas) - 1

    def best(self, goal):
        """Place and L of the best known design."""
        values = loss(goal, *np.array(self.means).T)[0]
        place = int(np.argmin(values))
        return place, float(values[place])

    def descend(self, goal, theta, is_loose=False):
        """A local minimum from theta becomes known. L is measured in its own size, so that small ones are solved too."""
        low, high = self.system.bounds.T
        theta = np.clip(theta, low, high)
        value = loss(goal, *self.system.values(theta))[0]
        for _ in range(1 if is_loose else 6):
            found, before = self._minimize(goal, theta, abs(value) or 1.0, LOOSE if is_loose else TIGHT), value
            theta, value = found.x, loss(goal, *self.system.values(found.x))[0]
            if before - value <= 1e-5 * abs(value) or goal.weight == 0.0:
                break
        self.add(theta)

    def _minimize(self, goal, theta, scale, options):
        def scaled(theta):
            means, gradients = self.system.values_and_gradients(theta)
            value, *slopes = loss(goal, *means)
            return value / scale, gradients @ np.array(slopes) / scale
        return scipy.optimize.minimize(scaled, theta, jac=True, method="L-BFGS-B", bounds=self.system.bounds,
                                       options=options)

    def random_starts(self, n):
        """Half of them near theta = 0, half anywhere in the box."""
        low, high = self.system.bounds.T
        return [np.clip(self.rng.uniform(-2, 2, low.size), low, high) if i % 2 == 0 else self.rng.uniform(low, high)
                for i in range(n)]

    def solve(self, goals, n_random):
        """Places of the optima: loosely from theta = 0, random starts and the neighbours, then closely, again and again
        from whatever other design is better, until none is."""
        new, origin = [goal for goal in goals if goal not in self.solved], np.zeros(self.system.n_parameters)
        for goal in new:
            neighbour = [self.thetas[self.best(goal)[0]]] if self.thetas else []
            for start in [*neighbour, origin, *self.random_starts(n_random)]:
                self.descend(goal, start, is_loose=True)
        values = dict.fromkeys(new, np.inf)
        for _ in range(6):
            behind = [goal for goal in new if self.best(goal)[1] < values[goal] - 1e-7 * abs(self.best(goal)[1])]
            for goal in behind:
                self.descend(goal, self.thetas[self.best(goal)[0]])
                values[goal] = self.best(goal)[1]
        for goal in goals:
            self.solved[goal] = self.best(goal)[0]
        return [self.solved[goal] for goal in goals]

    def n_random(self):
        return 8 if len(self.system.process.states) < LARGE else 2

    def solve_fine(self, least, greatest):
        """The exact front on its own scales: J and sigma between the design of least sigma and that of greatest J."""
        if self.fine is None:
            n_random = self.n_random()
            calm, fast = self.solve([Goal("weighted", 0.0), Goal("weighted", 1.0)], n_random)
            extent = np.abs(np.subtract(self.means[fast], self.means[calm])) + 1e-300
            logits = np.linspace(*(np.log(w / (1.0 - w)) for w in (least, greatest)), N_FINE)
            goals = [Goal("weighted", float(1.0 / (1.0 + np.exp(-t))), *extent.tolist()) for t in logits]
            self.fine = self.solve(goals, n_random // 4)
        return np.array([self.means[place] for place in self.fine])
