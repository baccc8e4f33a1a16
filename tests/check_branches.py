#!/usr/bin/env python3
# labels: unit
# timeout: 200
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fronts of two branches. From weight 0.887 upwards the optimum of the antiporter is its cycle of four steps, which descents
from theta = 0 miss. The better branch of the corner network has its first parameter at the far corner of the box."""

import os
import unittest

import h5py
import numpy as np

from check_cli import call

TESTS = os.path.join(os.environ["SOURCE_DIR"], "tests")
ANTIPORTER = os.path.join(TESTS, "antiporter.yaml")
CORNER = os.path.join(TESTS, "corner.yaml")
BEST = -5.01565  # at the last point, of weight 0.95


def front(*words, config=ANTIPORTER):
    """Objective, best known optimum and verdict of every point, in order of weight."""
    call("run", config, "-o", "branches.h5", "--force", *words)
    with h5py.File("branches.h5") as file:
        return (file["front/objective"][()], file["reference/objective"][()], file["front/converged"][()] == 1)


def is_off(objective, optimum):
    return objective - optimum > 0.01 * np.abs(optimum)


class Branches(unittest.TestCase):
    def test_by_default_the_last_point_reaches_the_better_one(self):
        for seed in range(1, 6):
            with self.subTest(seed=seed):
                objective, optimum, is_converged = front("--seed", str(seed))
                self.assertAlmostEqual(objective[-1] / BEST, 1.0, delta=1e-5)
                self.assertAlmostEqual(optimum[-1] / BEST, 1.0, delta=1e-5)
                self.assertFalse((is_off(objective, optimum) & is_converged).any())

    def test_points_of_the_other_branch_have_not_converged(self):
        """Control: without scouts there are such points."""
        objective, optimum, is_converged = front("--set", "front.starts=0")
        self.assertGreater(np.count_nonzero(is_off(objective, optimum)), 1)
        self.assertFalse((is_off(objective, optimum) & is_converged).any())

    def test_what_misses_the_far_corner_has_not_converged(self):
        """Seeds 1 to 8: most find it, and no point on the other branch, of twice the objective, is called converged."""
        n_found = 0
        for seed in range(1, 9):
            with self.subTest(seed=seed):
                objective, optimum, is_converged = front("--seed", str(seed), config=CORNER)
                self.assertFalse((is_off(objective, optimum) & is_converged).any())
                with h5py.File("branches.h5") as file:
                    is_found = file["front/theta"][5, 0] < -7.9
                self.assertTrue(is_found or not is_converged[5])
                n_found += is_found
        self.assertGreaterEqual(n_found, 4)


if __name__ == "__main__":
    unittest.main()
