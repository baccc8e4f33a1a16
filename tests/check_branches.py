#!/usr/bin/env python3
# labels: unit
# timeout: 200
# SPDX-License-Identifier: GPL-3.0-or-later
"""A front of two branches: from weight 0.887 upwards the optimum of the antiporter is its cycle of four steps, which descents
from theta = 0 miss."""

import os
import unittest

import h5py
import numpy as np

from check_cli import call

ANTIPORTER = os.path.join(os.environ["SOURCE_DIR"], "tests", "antiporter.yaml")
BEST = -5.01565  # at the last point, of weight 0.95


def front(*words):
    """Objective, best known optimum and verdict of every point, in order of weight."""
    call("run", ANTIPORTER, "-o", "branches.h5", "--force", *words)
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


if __name__ == "__main__":
    unittest.main()
