#!/usr/bin/env python3
# labels: unit
# timeout: 400
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run as its user meets it: its exit code, what it says and where, what it counts, and what it leaves behind when killed."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import unittest

import h5py

from check_cli import FLUXFRONT, SMALL, call, config, document
from check_ranks import SCIENCE, differing, science


class Strict(unittest.TestCase):
    """--strict: the same answer, and exit code 5 where it has not converged."""

    RING = config("ring_disorder")
    FEW_EVENTS = ["--set", "evaluation.events=10"]
    RUN = [word for setting in ("front.points=3", "gradient.estimator=exact", "optimizer.kind=trust",
                                "reference.exact=false") for word in ("--set", setting)]

    def test_averages(self):
        for words, is_converged in (([], 1), (self.FEW_EVENTS, 0)):
            lenient = call("simulate", self.RING, "--json", *words)
            strict = call("simulate", self.RING, "--json", *words, "--strict", code=0 if is_converged else 5)
            self.assertEqual(strict.stdout, lenient.stdout)
            self.assertEqual(json.loads(strict.stdout)["converged"], is_converged)
            self.assertEqual("not converged: " in strict.stderr, not is_converged)
        table = call("simulate", self.RING, *self.FEW_EVENTS, "--strict", code=5)
        self.assertIn("\nnot converged: ", table.stdout)

    def test_the_front(self):
        for iterations, n_unconverged in ((200, 0), (1, 3)):
            words = ["run", self.RING, "-o", "strict.h5", "--force", *self.RUN,
                     "--set", f"optimizer.iterations={iterations}"]
            call(*words)
            lenient = science("strict.h5")
            strict = call(*words, "--strict", code=5 if n_unconverged else 0)
            self.assertEqual(differing(science("strict.h5"), lenient), [])
            self.assertIn(f" {n_unconverged} not converged", strict.stdout)
            self.assertEqual("strict.h5: 3 of 3 points have not converged" in strict.stderr, n_unconverged == 3)
            with h5py.File("strict.h5", "r") as file:
                self.assertEqual((file["front/converged"][()] == 0).sum(), n_unconverged)

    def test_a_point_that_failed_has_not_converged_either(self):
        """An estimator without tempering overflows at one of two weights."""
        settings = ("front.points=2", "front.starts=0", "reference.exact=false", "optimizer.tolerance=1",
                    "gradient.estimator=stgs", "gradient.temperature=1", "gradient.tracked=4", "simulation.events=20",
                    "simulation.burn_in=10", "objective.scale.current=1", "objective.scale.entropy_production=1")
        words = ["run", config("ring"), "-o", "fragile.h5", "--force", "--seed", "5",
                 *(word for setting in settings for word in ("--set", setting))]
        self.assertIn(" 1 failed, 0 not converged", call(*words).stdout)
        self.assertEqual(call(*words, "--strict", "-q", code=5).stderr, "fluxfront: fragile.h5: 1 of 2 tasks failed\n")


class Events(unittest.TestCase):
    def test_the_search_for_starts_is_counted(self):
        """By simulated gradients it takes events, by exact ones none."""
        for estimator, starts, is_any in (("score", 1, True), ("score", 0, False), ("exact", 1, False)):
            call("run", config("ring"), "-o", "events.h5", "--force", *SMALL, "--set", f"gradient.estimator={estimator}",
                 "--set", f"front.starts={starts}")
            with h5py.File("events.h5") as file:
                self.assertEqual(file["metrics/scout_events"][()] > 0, is_any, (estimator, starts))


class Scales(unittest.TestCase):
    def test_what_is_solved_has_scales_without_noise(self):
        """Those of theta = 0, the same for all random numbers; what is sampled has others each time."""
        for gauge, is_same in (("poisson", True), ("sites", False)):
            scales = []
            for seed in ("1", "2"):
                call("run", config("network"), "-o", "scales.h5", "--force", "--seed", seed, *SMALL, "--set",
                     f"gradient.gauge={gauge}", "--set", "front.starts=0", "--set", "reference.exact=false")
                with h5py.File("scales.h5") as file:
                    scales.append((file["front/current_scale"][0], file["front/entropy_scale"][0]))
            self.assertEqual(scales[0] == scales[1], is_same, (gauge, scales))


class Streams(unittest.TestCase):
    def test_progress_goes_to_standard_error_only(self):
        process = call("run", config("ring"), "-o", "verbose.h5", "--verbose", *SMALL)
        self.assertEqual(process.stdout.count("\n"), 1)
        self.assertEqual(len(re.findall(r"(?m)^task \d+: weight ", process.stderr)), 4)
        self.assertEqual(process.stderr.count("\n"), 4)

    def test_quiet_says_nothing_but_the_result(self):
        process = call("run", config("ring"), "-o", "quiet.h5", "--quiet", *SMALL)
        self.assertEqual(process.stderr, "")

    def test_force_replaces_the_output(self):
        call("run", config("ring"), "-o", "forced.h5", *SMALL)
        before = science("forced.h5")
        call("run", config("ring"), "-o", "forced.h5", "--force", "--seed", "2", *SMALL)
        self.assertIn("front/current", differing(before, science("forced.h5")))


class Kills(unittest.TestCase):
    """kill -9 at many moments: the name of the output stays free, or holds a whole file."""

    def kill_after(self, seconds, output, *options):
        process = subprocess.Popen([FLUXFRONT, "run", config("ring"), "-o", output, *SMALL, *options],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        return process.wait()

    def check_kills(self, output, is_fine, *options):
        start = time.monotonic()
        call("run", config("ring"), "-o", "timed.h5", "--force", *SMALL)
        duration = time.monotonic() - start
        n_killed = 0
        for i in range(12):
            n_killed += self.kill_after(duration * i / 10, output, *options) == -signal.SIGKILL
            is_fine(output)
        self.assertGreaterEqual(n_killed, 5)

    def test_new_output_is_absent_or_whole(self):
        def is_fine(output):
            if os.path.exists(output):
                self.assertIn(document("info", output)["status"], ("running", "complete"))
                os.remove(output)
        self.check_kills("killed.h5", is_fine)

    def test_replaced_output_is_the_old_or_the_new_one(self):
        call("run", config("ring"), "-o", "old.h5", "--seed", "2", *SMALL)
        shutil.copy("old.h5", "replaced.h5")
        call("run", config("ring"), "-o", "new.h5", *SMALL)
        old, new = science("old.h5"), science("new.h5")
        self.assertNotEqual(old, new)

        # The points are all in the new file, before the exact reference joins them.
        def is_fine(output):
            found = science(output)
            without_reference = {name: data for name, data in new.items()
                                 if not name.startswith("reference/")}
            self.assertTrue(found in (old, new, without_reference))
        self.check_kills("replaced.h5", is_fine, "--force")

    def test_the_science_compared_is_all_of_the_file(self):
        call("run", config("ring"), "-o", "groups.h5", *SMALL)
        with h5py.File("groups.h5", "r") as file:
            self.assertEqual(set(file), {*SCIENCE, "code", "runtime"})


if __name__ == "__main__":
    unittest.main()
