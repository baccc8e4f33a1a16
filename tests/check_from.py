#!/usr/bin/env python3
# labels: unit
# timeout: 300
# SPDX-License-Identifier: GPL-3.0-or-later
"""--from FRONT.h5 --point N: a point of a front as the initial design of every command that has one."""

import os
import shutil
import unittest

import h5py
import numpy as np

from check_cli import MPIEXEC, call, config, document, name_of
from check_ranks import differing, science

FRONT, N_POINTS, FAILED = "front.h5", 4, 2
RING = config("ring_disorder")
SMALL = [word for setting in (f"front.points={N_POINTS}", "optimizer.iterations=30", "gradient.tracked=16",
                              "evaluation.trajectories=64", "reference.exact=false", "front.starts=0")
         for word in ("--set", setting)]
DESCENT = [word for setting in ("gradient.estimator=exact", "optimizer.kind=bfgs", "front.spacing=uniform",
                                "reference.exact=false", "front.points=2", "evaluation.trajectories=16")
           for word in ("--set", setting)]
COURSE = ["--set", "timecourse={end: 2, points: 3, trajectories: 200}"]


def setUpModule():
    call("run", RING, "-o", FRONT, *SMALL)


def start(point, path=FRONT):
    return ["--from", path, "--point", str(point)]


def column(name, path=FRONT):
    with h5py.File(path, "r") as file:
        return file[name].asstr()[()] if name.startswith("config") else file[name][()]


def altered(path, change):
    """A copy of the front in which something is not as it was."""
    shutil.copy(FRONT, path)
    with h5py.File(path, "r+") as file:
        change(file)
    return path


class Looking(unittest.TestCase):
    def test_exact_gives_the_exact_values_of_the_point(self):
        """To the bit, also with the configuration that is in the file; the points differ from each other."""
        found = set()
        for point in range(N_POINTS):
            exact = document("exact", RING, *SMALL, *start(point))
            for key in ("current", "entropy_production"):
                self.assertEqual(exact[key], column("front/exact_" + key)[point], (point, key))
            self.assertEqual(exact["rates"], column("front/rates")[point].tolist())
            self.assertEqual(document("exact", *start(point)), exact)
            found.add(exact["current"])
        self.assertEqual(len(found), N_POINTS)
        self.assertNotIn(document("exact", RING, *SMALL)["current"], found)

    def test_simulate_agrees_with_the_exact_values(self):
        """Five standard errors; the values of another point are seen as wrong."""
        for point in range(N_POINTS):
            simulated = document("simulate", RING, *start(point))
            for key in ("current", "entropy_production"):
                exact, limit = column("front/exact_" + key), 5 * simulated[key + "_stderr"]
                self.assertLess(abs(simulated[key] - exact[point]), limit)
                self.assertGreater(abs(simulated[key] - exact[point - 1]), limit)

    def test_gradcheck_solves_the_gradient_there(self):
        """The exact gradient, by central differences of the exact values where theta is moved."""
        words = ["--repeats", "8", "--set", "gradient.tracked=8"]
        checked = document("gradcheck", RING, *words, *start(1))
        self.assertEqual(checked["parameter"], column("front/parameter").astype(str).tolist())
        for p in (0, 4):
            moved = []
            for step in (-1e-4, 1e-4):
                theta = column("front/theta")
                theta[1, p] += step
                path = altered("moved.h5", lambda file, theta=theta: file["front/theta"].write_direct(theta))
                moved.append(document("exact", *start(1, path))["current"])
            self.assertAlmostEqual(checked["exact"]["current"][p], (moved[1] - moved[0]) / 2e-4, delta=1e-7)
        self.assertNotEqual(checked["exact"], document("gradcheck", RING, *words)["exact"])
        self.assertEqual(checked["exact"], document("gradcheck", *words, *start(1))["exact"])

    def test_overrides_apply_to_the_configuration_in_the_file(self):
        there = document("exact", *start(1))
        self.assertNotEqual(document("exact", *start(1), "--set", "model.forward=3")["rates"], there["rates"])


class CarryingOn(unittest.TestCase):
    def test_run_at_the_weight_of_the_point_is_no_worse(self):
        """Exact descent from the point: its first task has the same weight and, since a start does not change
        them, the same scales. Without descent, the end tasks stay where they start."""
        for point in range(1, N_POINTS):
            weight = column("front/weight")[point]
            words = ["run", *start(point), "--set", f"front.weights={{min: {weight!r}, max: 0.99}}", "--force"]
            call(*words, "-o", "on.h5", *DESCENT)
            for key in ("weight", "current_scale", "entropy_scale"):
                self.assertEqual(column("front/" + key, "on.h5")[0], column("front/" + key)[point], key)
            before, after = column("front/objective")[point], column("front/objective", "on.h5")[0]
            self.assertLess(after, before + 1e-6 * abs(before))
            call(*words, "-o", "stay.h5", *DESCENT, "--set", "optimizer.kind=adam", "--set", "optimizer.iterations=1",
                 "--set", "optimizer.learning_rate=1e-12")
            np.testing.assert_allclose(column("front/theta", "stay.h5")[0], column("front/theta")[point], atol=1e-9)

    def test_files_say_where_their_start_came_from(self):
        call("run", RING, "-o", "on.h5", "--force", *SMALL, *start(1))
        call("simulate", RING, "-o", "course.h5", "--force", *COURSE, *start(1))
        for path in ("on.h5", "course.h5"):
            self.assertEqual(column("config/from", path), f"{FRONT}, point 1")
        self.assertEqual(column("config/from"), "")
        self.assertEqual(document("info", "on.h5")["config_from"], f"{FRONT}, point 1")
        self.assertIn(f"\nfrom          {FRONT}, point 1\n", call("info", "on.h5").stdout)
        self.assertNotIn("\nfrom ", call("info", FRONT).stdout)

    def test_a_front_may_be_replaced_by_what_starts_from_it(self):
        shutil.copy(FRONT, "same.h5")
        call("run", "-o", "same.h5", "--force", *start(1, "same.h5"))
        self.assertEqual(column("config/from", "same.h5"), "same.h5, point 1")

    def test_ranks_change_nothing(self):
        for command, extra in (("run", SMALL), ("simulate", COURSE)):
            files = []
            for n_ranks in (1, 3):
                files.append(f"{command}{n_ranks}.h5")
                call(command, RING, "-o", files[-1], "--force", *extra, *start(2),
                     launcher=(MPIEXEC, "-n", str(n_ranks)))
            self.assertEqual(differing(*map(science, files)), [])
            call(command, RING, "-o", "cold.h5", "--force", *extra)
            self.assertGreater(len(differing(science("cold.h5"), science(files[0]))), 1)

    def test_other_rates_under_the_same_names_are_allowed(self):
        """The point is theta: what it does to other base rates is a question worth asking."""
        theta = document("exact", RING, *start(1), "--set", "model.forward=2")
        self.assertNotEqual(theta["rates"], column("front/rates")[1].tolist())


class Errors(unittest.TestCase):
    def check(self, phrases, *words, code=2):
        for command in (["exact"], ["simulate"], ["gradcheck"], ["run", "-o", "never.h5"]):
            process = call(*command, *words, code=code)
            self.assertEqual(process.stdout, "")
            self.assertRegex(process.stderr, r"\Afluxfront: [^\n]+\n\Z")
            for phrase in phrases:
                self.assertIn(phrase, process.stderr)
            self.assertFalse(os.path.exists("never.h5"))

    def test_both_options_are_needed(self):
        self.check(["--from needs --point N"], RING, "--from", FRONT)
        self.check(["--point needs --from"], RING, "--point", "1")
        for word in ("-1", "1.5", "x", "", "1x", "99999999999999999999"):
            self.check([f"got `{word}`"], RING, "--from", FRONT, f"--point={word}")

    def test_point_that_is_not_there(self):
        self.check([FRONT, "points 0 to 3", "none is 4"], RING, *start(4))

    def test_failed_point_is_no_design(self):
        def fail(file):
            file["front/status"][FAILED] = 1
            file["front/reason"][FAILED] = "it diverged"
        path = altered("failed.h5", fail)
        self.check([path, f"point {FAILED}", "failed", "it diverged"], RING, *start(FAILED, path))
        call("exact", RING, *start(1, path))

    def test_files_that_are_no_fronts(self):
        call("simulate", RING, "-o", "course.h5", "--force", *COURSE)
        self.check(["absent.h5", "No such file"], RING, *start(1, "absent.h5"), code=1)
        self.check([RING, "not an HDF5 file"], RING, *start(1, RING), code=1)
        self.check(["course.h5", "not a front file"], RING, *start(1, "course.h5"), code=1)

    def test_file_of_another_system(self):
        self.check([FRONT, "has 12 channels", name_of(RING) + ".yaml has 8"], RING, *start(1), "--set", "model.sites=4")
        self.check(["its configuration with --set has 8"], *start(1), "--set", "model.sites=4")
        self.check([FRONT, "parameter"], RING, *start(1), "--set", "design={kind: rates}")

        def rename(file):
            file["front/channel"][3] = "elsewhere"
        path = altered("renamed.h5", rename)
        self.check(["channel 3 is `elsewhere`", path, name_of(RING)], RING, *start(1, path))

    def test_point_beyond_the_bounds(self):
        self.check(["beyond the bounds [-0.001, 0.001]", "point 1"], RING, *start(1), "--set",
                   "design.bounds=[-0.001, 0.001]")

    def test_point_that_is_no_number(self):
        def spoil(file):
            file["front/theta"][1] = np.nan
        self.check(["no number"], RING, *start(1, altered("spoilt.h5", spoil)), code=1)

    def test_messages_on_the_configuration_in_the_file_name_it(self):
        def misspell(file):
            file["config/resolved"][()] = column("config/resolved").replace("seed:", "sead:")
        path = altered("misspelt.h5", misspell)
        self.check([f"{path}:/config/resolved:", "sead: unknown key"], *start(1, path))
        self.check(["--set zebra:1:1: zebra: unknown key"], *start(1), "--set", "zebra=1")

    def test_the_exact_front_has_no_start(self):
        self.assertIn("--front", call("exact", RING, "--front", *start(1), code=2).stderr)

    def test_help_says_it(self):
        for command in ("exact", "simulate", "gradcheck", "run"):
            text = call(command, "--help").stdout
            self.assertIn("--from FRONT.h5", text)
            self.assertIn("--point N", text)
        for command in ("check", "info"):
            self.assertNotIn("--from", call(command, "--help").stdout)


if __name__ == "__main__":
    unittest.main()
