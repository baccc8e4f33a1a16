#!/usr/bin/env python3
# labels: mpi
# timeout: 300
# SPDX-License-Identifier: GPL-3.0-or-later
"""The number of ranks changes nothing but the time: same bytes, same failures, an idle rank 0."""

import glob
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

import h5py
import numpy as np

SCIENCE = ("front", "history", "metrics", "model", "reference", "config")
COURSE_SCIENCE = ("timecourse", "config")
RANKS = (1, 2, 3, 5)
SMALL = ("front.points=7", "optimizer.iterations=12", "evaluation.trajectories=16",
         "reference.starts=1")
# Interacting systems at sizes that take a second.
SMALL_OF = {"exclusion.yaml": (*SMALL, "model.sites=8", "model.particles=4", "design.budget.total=12",
                               "gradient.tracked=8", "gradient.window=100", "simulation.events=200",
                               "simulation.burn_in=100", "evaluation.events=500", "evaluation.burn_in=100"),
            "schnakenberg.yaml": (*SMALL, "gradient.tracked=8", "evaluation.events=500")}

# Without tempering the straight-through estimator overflows when a trajectory is long; at this length
# it depends on the weight whether it does. The scales are given, since their measurement would fail too.
UNTEMPERED = ("gradient.estimator=stgs", "optimizer.kind=adam", "gradient.temperature=1", "gradient.tracked=4",
              "objective.scale.current=1", "objective.scale.entropy_production=1", "front.points=12",
              "front.spacing=uniform", "optimizer.iterations=40", "evaluation.trajectories=16",
              "simulation.burn_in=10")
SOME_FAIL = (*UNTEMPERED, "simulation.events=20")
ALL_FAIL = (*UNTEMPERED, "simulation.events=60")


def science(path):
    """Shape, type and bytes of every dataset that must not depend on ranks or time."""
    found = {}

    def note(name, item):
        if isinstance(item, h5py.Dataset) and name.split("/")[0] in (*SCIENCE, *COURSE_SCIENCE):
            values = np.asarray(item[()])
            content = repr(values.tolist()).encode() if values.dtype == object else values.tobytes()
            found[name] = (values.shape, values.dtype.str, content)

    with h5py.File(path, "r") as file:
        file.visititems(note)
    return found


def launch(n_ranks, config, output, settings, *options, **popen):
    """Start `run` on so many ranks."""
    program = os.path.abspath(os.environ["FLUXFRONT"])
    command = [os.environ["MPIEXEC"], "-n", str(n_ranks), program, "run", config, "-o", output, *options]
    for setting in settings:
        command += ["--set", setting]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen)


def run(n_ranks, config, output, settings, *options):
    """Run to the end: exit code, stdout, stderr."""
    process = launch(n_ranks, config, output, settings, *options)
    stdout, stderr = process.communicate()
    return process.returncode, stdout, stderr


def simulate(n_ranks, path, *words):
    """Run `simulate` on so many ranks: exit code, stdout, stderr."""
    program = os.path.abspath(os.environ["FLUXFRONT"])
    process = subprocess.run([os.environ["MPIEXEC"], "-n", str(n_ranks), program, "simulate", path, *words],
                             capture_output=True, text=True, check=False, timeout=60)
    return process.returncode, process.stdout, process.stderr


def config(name):
    return os.path.join(os.environ["SOURCE_DIR"], "config", name)


def differing(one, other):
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


class Ranks(unittest.TestCase):
    def test_science_is_bit_identical_on_any_number_of_ranks(self):
        for name in ("ring_disorder.yaml", "network.yaml", "exclusion.yaml", "schnakenberg.yaml"):
            files = []
            for n_ranks in RANKS:
                files.append(f"{name}.{n_ranks}.h5")
                settings = SMALL_OF.get(name, SMALL)
                self.assertEqual(run(n_ranks, config(name), files[-1], settings)[0], 0)
            first = science(files[0])
            self.assertEqual({dataset.split("/")[0] for dataset in first}, set(SCIENCE))
            for file in files[1:]:
                self.assertEqual(differing(first, science(file)), [], file)
            with h5py.File(files[-1], "r") as last:
                self.assertEqual(last["runtime/ranks"][()], RANKS[-1])

    def test_another_seed_gives_other_results(self):
        """The negative control: the comparison does see a difference."""
        for seed in (1, 2):
            code, _, _ = run(3, config("ring.yaml"), f"seed{seed}.h5", SMALL, "--seed", str(seed))
            self.assertEqual(code, 0)
        names = differing(science("seed1.h5"), science("seed2.h5"))
        for expected in ("front/current", "front/theta", "history/objective", "config/resolved"):
            self.assertIn(expected, names)
        self.assertNotIn("model/base_rate", names)


# Some trajectories are longer than their cap, and the last rank of five has one trajectory less.
COURSE = """model: {kind: reactions, species: {P: 60, P2: 0}, reactions: ["2 P <-> P2 @ 0.002, 0.05"]}
objective: {exclude: all}
timecourse: {end: 20, points: 11, trajectories: 304, max_events: 45}
"""
# Eleven events, of ten to be expected, pass the largest count of a time course.
TOO_MANY = """model: {kind: reactions, species: {X: 67108854}, reactions: ["0 -> X @ 1"]}
objective: {exclude: all}
timecourse: {end: 10, points: 2, trajectories: 8}
"""


class TimeCourses(unittest.TestCase):
    def setUp(self):
        for name, text in (("course.yaml", COURSE), ("too_many.yaml", TOO_MANY)):
            with open(name, "w", encoding="utf-8") as file:
                file.write(text)

    def test_csv_and_json_are_the_same_bytes_on_any_number_of_ranks(self):
        found = set()
        for n_ranks in RANKS:
            output = f"course{n_ranks}.csv"
            code, stdout, _ = simulate(n_ranks, "course.yaml", "-o", output)
            self.assertEqual((code, stdout), (0, ""))
            code, table, warning = simulate(n_ranks, "course.yaml")
            self.assertEqual(code, 0)
            with open(output, encoding="utf-8") as file:
                self.assertEqual(file.read(), table)
            code, document, _ = simulate(n_ranks, "course.yaml", "--json")
            self.assertEqual(code, 0)
            found.add((table, document, warning))
        ((table, document, warning),) = found
        self.assertEqual(table.count("\n"), 1 + 11 * 2)
        self.assertRegex(warning, r"^fluxfront: [1-9]\d* of 304 trajectories reached timecourse.max_events")
        self.assertIn("nan", table.splitlines()[-1])
        self.assertIn('"n_truncated"', document)

    def test_science_of_the_file_is_bit_identical_on_any_number_of_ranks(self):
        files = [f"course{n_ranks}.h5" for n_ranks in RANKS]
        for n_ranks, file in zip(RANKS, files):
            self.assertEqual(simulate(n_ranks, "course.yaml", "-o", file)[0], 0)
        first = science(files[0])
        self.assertEqual({dataset.split("/")[0] for dataset in first}, set(COURSE_SCIENCE))
        for file in files[1:]:
            self.assertEqual(differing(first, science(file)), [], file)
        with h5py.File(files[-1], "r") as last:
            self.assertEqual(last["runtime/ranks"][()], RANKS[-1])
        self.assertEqual(simulate(3, "course.yaml", "-o", "course_seed.h5", "--seed", "2")[0], 0)
        self.assertIn("timecourse/mean", differing(first, science("course_seed.h5")))

    def test_another_seed_or_one_trajectory_less_gives_another_course(self):
        """The negative control: the comparison does see a difference, also of one lost trajectory."""
        _, first, _ = simulate(3, "course.yaml")
        for words in (["--seed", "2"], ["--set", "timecourse.trajectories=303"]):
            code, other, _ = simulate(3, "course.yaml", *words)
            self.assertEqual(code, 0)
            self.assertEqual(other.count("\n"), first.count("\n"))
            self.assertNotEqual(other, first)

    def test_averages_are_printed_once(self):
        found = {simulate(n_ranks, config("ring.yaml"), "--json") for n_ranks in (1, 3)}
        ((code, stdout, stderr),) = found
        self.assertEqual((code, stderr), (0, ""))
        self.assertEqual(stdout.count('"current"'), 1)

    def test_what_goes_wrong_on_a_worker_is_said_by_rank_0(self):
        """The first two trajectories go through, so of eight ranks with one each rank 0 is not to blame."""
        self.assertEqual(simulate(1, "too_many.yaml", "--set", "timecourse.trajectories=2")[0], 0)
        for n_ranks in (1, 2, 3, 8):
            code, stdout, stderr = simulate(n_ranks, "too_many.yaml", "-o", "never.csv")
            self.assertEqual((code, stdout), (4, ""))
            lines = [line for line in stderr.splitlines() if line.startswith("fluxfront: ")]
            self.assertEqual(lines, ["fluxfront: an occupation, of `X`, exceeds 67108864, too large for a time course"])
            self.assertFalse(os.path.exists("never.csv"))


class Failures(unittest.TestCase):
    def test_a_failing_task_leaves_the_others_alone(self):
        files = []
        for n_ranks in (1, 3):
            files.append(f"fragile{n_ranks}.h5")
            code, stdout, stderr = run(n_ranks, config("ring.yaml"), files[-1], SOME_FAIL)
            self.assertEqual(code, 0, stderr)
            self.assertIn(" failed", stdout)
        self.assertEqual(differing(science(files[0]), science(files[1])), [])
        with h5py.File(files[1], "r") as file:
            status = file["front/status"][()]
            self.assertGreater((status == 1).sum(), 0)
            self.assertGreater((status == 0).sum(), 0)
            self.assertTrue(np.isfinite(file["front/current"][()][status == 0]).all())
            self.assertTrue(np.isnan(file["front/current"][()][status == 1]).all())
            self.assertEqual(file.attrs["status"], "complete")
            np.testing.assert_array_equal(file["front/converged"][()], 0, "adam has no test of its end")
            self.assertEqual(file.attrs["message"],
                             f"{(status == 1).sum()} of {status.size} tasks failed; {(status == 0).sum()} of "
                             f"{status.size} points have not converged, see /front/verdict")
            reasons = file["front/reason"].asstr()[()]
            np.testing.assert_array_equal(reasons != "", status == 1)
            np.testing.assert_array_equal(file["front/exact_status"][()], np.where(status == 1, -1, 0))
        self.check_info(files[1], reasons)

    def check_info(self, path, reasons):
        """The table and the document say why each point failed."""
        def info(*words):
            return subprocess.run([os.environ["FLUXFRONT"], "info", path, *words], check=True, text=True,
                                  capture_output=True).stdout

        self.assertEqual([point["reason"] for point in json.loads(info("--json"))["front"]], reasons.tolist())
        said = [line.split(" failed: ", 1)[1] for line in info().splitlines() if " failed: " in line]
        self.assertEqual(said, [reason for reason in reasons if reason])

    def test_why_a_task_failed_is_said_as_it_comes_in(self):
        code, _, stderr = run(2, config("ring.yaml"), "verbose.h5", SOME_FAIL, "-v")
        self.assertEqual(code, 0)
        with h5py.File("verbose.h5", "r") as file:
            reasons = [reason for reason in file["front/reason"].asstr()[()] if reason]
        self.assertTrue(reasons)
        for reason in reasons:
            self.assertIn(" failed: " + reason, stderr)

    def test_states_that_cannot_be_enumerated_are_no_failure(self):
        run(1, config("exclusion.yaml"), "large.h5", ("front.points=2", "optimizer.iterations=2",
            "gradient.tracked=2", "evaluation.trajectories=4", "evaluation.events=100"))
        with h5py.File("large.h5", "r") as file:
            self.assertEqual(file["front/status"][()].tolist(), [0, 0])
            self.assertEqual(file["front/exact_status"][()].tolist(), [1, 1])
            self.assertEqual(file["front/reason"].asstr()[()].tolist(), ["", ""])

    def test_all_tasks_failing_is_exit_code_4(self):
        for n_ranks in (1, 3):
            output = f"hopeless{n_ranks}.h5"
            code, stdout, stderr = run(n_ranks, config("ring.yaml"), output, ALL_FAIL)
            self.assertEqual((code, stdout), (4, ""))
            lines = [line for line in stderr.splitlines() if line.startswith("fluxfront: ")]
            self.assertEqual(len(lines), 1, stderr)
            self.assertRegex(lines[0], "^fluxfront: every task failed; .*overflowed")
            self.assertEqual(lines[0].count("every task failed"), 1, lines[0])
            with h5py.File(output, "r") as file:
                self.assertEqual(file.attrs["status"], "failed")
                self.assertTrue((file["front/status"][()] == 1).all())
                self.assertEqual("fluxfront: " + file.attrs["message"], lines[0])
                self.assertTrue(file.attrs["message"].endswith(file["front/reason"].asstr()[0]))


def scheduler_seconds(pid):
    """Seconds that a process has run, and waited for a core, since it started."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        ran, waited = file.read().split()[:2]
    return np.array([int(ran), int(waited)]) / 1e9


def measure_load(pids, seconds=5.0):
    """The share of a core that each process would take if it never had to wait for one.

    Processor time alone misleads on a crowded machine: a process that waits by yielding in a loop is
    charged next to nothing there. It never sleeps, though, so that what it does not wait, it runs.
    """
    start, before = time.monotonic(), [scheduler_seconds(pid) for pid in pids]
    time.sleep(seconds)
    after, wall = [scheduler_seconds(pid) for pid in pids], time.monotonic() - start
    shares = []
    for ran, waited in np.subtract(after, before):
        slept = max(wall - ran - waited, 0.0)
        shares.append(ran / (ran + slept))
    return shares


def ranks_below(launcher):
    """Process ids of an mpirun's ranks, by rank."""
    found = {}
    for path in glob.glob("/proc/[0-9]*/environ"):
        pid = int(path.split("/")[2])
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                parent = int(file.read().rpartition(")")[2].split()[1])
            if parent != launcher:
                continue
            with open(path, "rb") as file:
                words = dict(word.partition(b"=")[::2] for word in file.read().split(b"\0"))
        except OSError:
            continue
        if b"OMPI_COMM_WORLD_RANK" in words:
            found[int(words[b"OMPI_COMM_WORLD_RANK"])] = pid
    return found


class Idleness(unittest.TestCase):
    def test_rank_0_sleeps_while_workers_work(self):
        """Over five seconds in the middle of a run on three ranks; the workers are the control."""
        long = ("front.points=4", "optimizer.kind=adam", "optimizer.iterations=1000000", "gradient.tracked=8")
        with tempfile.TemporaryDirectory(dir=".") as folder:
            process = launch(3, config("ring.yaml"), os.path.join(folder, "out.h5"), long, "--quiet")
            try:
                pids = self.wait_for_ranks(process.pid)
                load = measure_load([pids[rank] for rank in range(3)])
            finally:
                process.terminate()
                process.communicate()
        self.assertLess(load[0], 0.05)
        self.assertGreater(min(load[1:]), 0.5)

    def wait_for_ranks(self, launcher):
        deadline = time.monotonic() + 20
        pids = {}
        while len(pids) < 3 and time.monotonic() < deadline:
            time.sleep(0.2)
            pids = ranks_below(launcher)
        self.assertEqual(set(pids), {0, 1, 2})
        time.sleep(1.5)  # past the start of MPI
        return pids

    def test_waiting_in_a_loop_is_not_taken_for_sleep(self):
        """The negative control: yielding, as MPI libraries do, counts as load on any machine."""
        loop = "import os\nwhile True: os.sched_yield()"
        with subprocess.Popen([sys.executable, "-c", loop]) as process:
            try:
                time.sleep(0.5)
                (load,) = measure_load([process.pid], 1.0)
            finally:
                process.kill()
        self.assertGreater(load, 0.5)


if __name__ == "__main__":
    unittest.main()
