#!/usr/bin/env python3
# labels: unit
# timeout: 400
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands as a user types them: help, resolved configurations, shipped examples, JSON."""

import glob
import json
import math
import os
import re
import subprocess
import unittest

import h5py
import numpy as np

from check_ranks import differing, science

FLUXFRONT, MPIEXEC = os.environ["FLUXFRONT"], os.environ["MPIEXEC"]
CONFIGS = sorted(glob.glob(os.path.join(os.environ["SOURCE_DIR"], "config", "*.yaml")))
COMMANDS = ("run", "gradcheck", "exact", "simulate", "check", "info")
SMALL = [word for setting in ("front.points=4", "optimizer.iterations=10", "gradient.tracked=16",
                              "evaluation.trajectories=16", "reference.starts=1")
         for word in ("--set", setting)]
# The number of messenger molecules of `telegraph` has no bound.
N_STATES = {"asep_open": 256, "exclusion": 70, "kinesin": 6, "network": 4, "ring": 6, "ring_disorder": 6,
            "schnakenberg": 91, "telegraph": None}
# The exclusion ring has 1.8e18 states as it is shipped.
SMALLER = {"exclusion": ["--set", "model.sites=8", "--set", "model.particles=4",
                         "--set", "design.budget.total=12", "--set", "front.starts=0",
                         "--set", "simulation={events: 500, burn_in: 100}",
                         "--set", "evaluation={trajectories: 256, events: 2000, burn_in: 500}"]}
N_PARTICLES = {"exclusion": 4, "asep_open": None, "schnakenberg": 12}


def call(*words, launcher=(), code=0):
    """Run the program, which must end with this exit code; the finished process. LeakSanitizer, in a build
    that has it, now and then crashes on the threads of Open MPI, so it looks at serial commands only."""
    sanitizer = os.environ.get("ASAN_OPTIONS", "")
    if launcher or words[:1] in (("run",), ("simulate",)):
        sanitizer += ":detect_leaks=0"
    process = subprocess.run([*launcher, FLUXFRONT, *words], text=True, check=False, timeout=60,
                             env={**os.environ, "ASAN_OPTIONS": sanitizer},
                             capture_output=True, stdin=subprocess.DEVNULL)
    if process.returncode != code:
        raise AssertionError(f"{words}: exit code {process.returncode}\n{process.stderr}")
    return process


def document(*words):
    """The one JSON document on stdout, in which nan and inf have no place."""
    def refuse(word):
        raise AssertionError(f"{words}: {word} is not JSON")
    return json.loads(call(*words, "--json").stdout, parse_constant=refuse)


def nulls(dataset):
    """The values as JSON has them: null where there is no number."""
    return [None if math.isnan(value) else value for value in dataset[()].tolist()]


def config(name):
    return os.path.join(os.environ["SOURCE_DIR"], "config", name + ".yaml")


def name_of(path):
    return os.path.splitext(os.path.basename(path))[0]


def telegraph_moments(turn_on, turn_off, transcription, times):
    """Means and standard deviations [time][on, mRNA] from off and empty, decay 1: the closed linear equations of
    p = <on>, m = <mRNA>, c = <on mRNA>, s = <mRNA^2>, by classical Runge-Kutta steps of at most 0.001."""
    matrix = np.array([[-turn_on - turn_off, 0, 0, 0], [transcription, -1, 0, 0],
                       [transcription, turn_on, -turn_on - turn_off - 1, 0],
                       [transcription, 1, 2 * transcription, -2]])
    source, state, means, deviations = np.array([turn_on, 0, 0, 0]), np.zeros(4), [], []
    for start, end in zip([0, *times], times):
        n_steps = math.ceil((end - start) / 0.001)
        for _ in range(n_steps):
            h = (end - start) / n_steps
            k1 = matrix @ state + source
            k2 = matrix @ (state + h / 2 * k1) + source
            k3 = matrix @ (state + h / 2 * k2) + source
            k4 = matrix @ (state + h * k3) + source
            state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        p, m, _, s = state
        means.append([p, m])
        deviations.append([math.sqrt(p * (1 - p)), math.sqrt(s - m * m)])
    return np.array(means), np.array(deviations)


class Help(unittest.TestCase):
    def test_help_and_version_start_fast_and_without_mpi(self):
        """Less processor time than MPI needs to start, and no library of a launcher asked for help."""
        start = os.times()
        asked = [["--version"], ["--help"], ["-h"], *([name, "--help"] for name in COMMANDS)]
        for words in asked:
            process = call(*words)
            self.assertTrue(process.stdout.startswith(("fluxfront ", "usage: fluxfront ")), words)
            self.assertEqual(process.stderr, "", words)
        end = os.times()
        seconds = end.children_user + end.children_system - start.children_user - start.children_system
        self.assertLess(seconds / len(asked), 0.1)

    def test_help_names_every_command_and_method(self):
        text = call("--help").stdout
        for word in (*COMMANDS, "ring", "network", "score", "stgs", "rbst", "exact", "auto", "adam", "natural",
                     "bfgs", "trust", "0", "1", "2", "4", "5"):
            self.assertRegex(text, rf"(?m)^  {word}\b")

    def test_version_is_that_of_the_build(self):
        with open(os.path.join(os.environ["SOURCE_DIR"], "CMakeLists.txt"), encoding="utf-8") as file:
            version = re.search(r"project\(fluxfront VERSION ([0-9.]+)", file.read())[1]
        self.assertRegex(call("--version").stdout, rf"^fluxfront {re.escape(version)} \(\w+.*\)\n$")

    def test_serial_commands_print_once_under_mpirun(self):
        launcher = (MPIEXEC, "-n", "3")
        for words in (["--version"], ["check", config("ring")], ["exact", config("ring")]):
            self.assertEqual(call(*words, launcher=launcher).stdout, call(*words).stdout, words)


class Bounds(unittest.TestCase):
    """A front that ends where its bounds do says so, with the names of what runs away."""

    FREE = "model: {kind: ring, sites: 3}\ndesign: {kind: rates}\nfront: {points: 4}\n"

    def run_free(self, *words):
        with open("free.yaml", "w", encoding="utf-8") as file:
            file.write(self.FREE)
        said = call("run", "free.yaml", "-o", "free.h5", "--force", *words).stdout.splitlines()
        with h5py.File("free.h5") as file:
            return said, file["front/bound_slope"][()], file["front/theta"][()], file.attrs["message"]

    def test_a_rate_that_runs_away_is_named(self):
        for bound in (3, 8):
            said, slope, theta, message = self.run_free("--set", f"design.bounds=[-{bound}, {bound}]")
            self.assertEqual(len(said), 2)
            self.assertRegex(said[1], r"^free.h5: bounds limit \d of 4 points: .*`\d->\d` is at its upper bound in \d")
            self.assertIn(message, said[1])
            self.assertIn(message, call("info", "free.h5").stdout)
            self.assertLess(slope[-1, 0], 0.0)
            exact = document("exact", "free.yaml", "--front", "--set", f"design.bounds=[-{bound}, {bound}]")["bounds"]
            self.assertRegex(exact, r"^bounds limit \d of 4 points: .*`\d->\d` is at its upper bound in \d")
            np.testing.assert_allclose(theta[slope < 0.0], bound, atol=2e-3 * bound)
            np.testing.assert_allclose(theta[slope > 0.0], -bound, atol=2e-3 * bound)

    def test_optima_within_the_bounds_are_not(self):
        said, slope, _, message = self.run_free("--set", "design={kind: rates, budget: {total: 6}}")
        self.assertEqual((len(said), message), (1, ""))
        self.assertFalse(slope.any())
        exact = document("exact", "free.yaml", "--front", "--set", "design={kind: rates, budget: {total: 6}}")
        self.assertEqual(exact["bounds"], "")


class Check(unittest.TestCase):
    def test_resolved_configuration_resolves_to_itself(self):
        for path in CONFIGS:
            for extra in ([], SMALL):
                first = call("check", path, *extra).stdout
                with open("resolved.yaml", "w", encoding="utf-8") as file:
                    file.write(first)
                self.assertEqual(call("check", "resolved.yaml").stdout, first, path)

    def test_resolved_configuration_holds_the_overrides(self):
        text = call("check", config("ring"), "--seed", "7", "--set", "gradient.window=33").stdout
        self.assertRegex(text, "(?m)^seed: 7$")
        self.assertRegex(text, "(?m)^ +window: 33$")

    def test_names_like_numbers_keep_their_meaning(self):
        """Quotes tell a name from a number, so they must survive."""
        with open("quoted.yaml", "w", encoding="utf-8") as file:
            file.write('model: {kind: network, states: ["1", "a: b"], edges: [{from: "1", to: "a: b", '
                       'forward: 1, backward: 2, name: "#"}, {from: "1", to: "a: b", forward: 3, '
                       'backward: 4, name: "x y"}]}\nobjective: {current: {"#": 1}}\n')
        first = document("exact", "quoted.yaml")
        with open("resolved.yaml", "w", encoding="utf-8") as file:
            file.write(call("check", "quoted.yaml").stdout)
        self.assertEqual(document("exact", "resolved.yaml"), first)
        self.assertEqual(first["channel"], ["#+", "#-", "x y+", "x y-"])


# For `simulate` only: what `run` says.
NO_FRONT = {"telegraph": "objective.exclude: nothing is left of the entropy production"}


class ShippedConfigurations(unittest.TestCase):
    def test_all_are_known_here(self):
        self.assertEqual(set(map(name_of, CONFIGS)), set(N_STATES))

    def test_run_then_run_of_the_resolved_file_and_info(self):
        for path in CONFIGS:
            with self.subTest(path):
                name = name_of(path)
                if name in NO_FRONT:
                    self.assertIn(NO_FRONT[name], call("run", path, "-o", "none.h5", code=2).stderr)
                    continue
                process = call("run", path, "-o", name + ".h5", *SMALL, *SMALLER.get(name, []))
                self.assertRegex(process.stdout, rf"^{name}\.h5: 4 points by \w+ and \w+, \d non-dominated, 0 failed")
                self.assertRegex(process.stdout, rf"^[^\n]+\n({name}\.h5: bounds limit [^\n]+\n)?$")
                self.check_resolved(name)
                self.check_info(name + ".h5")

    def check_resolved(self, name):
        with h5py.File(name + ".h5", "r") as file, \
                open(name + ".resolved.yaml", "w", encoding="utf-8") as resolved:
            resolved.write(file["config/resolved"].asstr()[()])
        call("run", name + ".resolved.yaml", "-o", name + ".again.h5")
        self.assertEqual(differing(science(name + ".h5"), science(name + ".again.h5")),
                         ["config/given"])

    def check_info(self, path):
        table, info = call("info", path).stdout, document("info", path)
        self.assertIn("complete", table.splitlines()[0])
        self.assertEqual(info["status"], "complete")
        self.assertEqual(info["seed"], 1)
        self.assertEqual(info["ranks"], 1)
        with h5py.File(path, "r") as file:
            self.assertEqual(info["hypervolume"], file["metrics/hypervolume"][()])
            self.assertEqual(info["config_resolved"], file["config/resolved"].asstr()[()])
            for key in ("weight", "current", "current_stderr", "entropy_production", "exact_current",
                        "entropy_production_stderr", "exact_entropy_production", "objective"):
                column = [point[key] for point in info["front"]]
                self.assertEqual(column, nulls(file["front/" + key]), key)
            unknown = [None] * len(info["front"])
            self.assertEqual([point["reference_objective"] for point in info["front"]],
                             nulls(file["reference/objective"]) if "reference" in file else unknown)

    def test_info_describes_the_files_without_one(self):
        page = call("info", "--format").stdout
        self.assertIn("`/front/current`", page)
        self.assertIn("--format", call("info", "--help").stdout)
        call("info", code=2)
        call("info", "--format", "front.h5", code=2)
        call("check", "--format", code=2)

    def test_exact_solves_and_simulate_agrees_with_it(self):
        """Five standard errors of 256 trajectories, one seed; half the value must be seen as wrong. On a
        uniform ring the averages do not fluctuate, so rounding is allowed for."""
        for path in CONFIGS:
            with self.subTest(path):
                name = name_of(path)
                if N_STATES[name] is None:
                    self.assertIn("no exact solution", call("exact", path, code=4).stderr)
                    continue
                smaller = SMALLER.get(name, [])
                exact, simulated = document("exact", path, *smaller), document("simulate", path, *smaller)
                self.assertEqual(exact["n_states"], N_STATES[name])
                if (n_particles := N_PARTICLES.get(name, 1)) is not None:
                    self.assertAlmostEqual(sum(exact["occupancy"]), n_particles, delta=1e-12)
                self.assertGreaterEqual(exact["tur_ratio"], 1 - 1e-12)
                for key in ("current", "entropy_production", "activity"):
                    limit = 5 * simulated[key + "_stderr"] + 1e-13 * exact[key]
                    self.assertLess(abs(simulated[key] - exact[key]), limit, key)
                    self.assertGreater(abs(simulated[key] - exact[key] / 2), limit, key)
                deviations = np.subtract(simulated["occupancy"], exact["occupancy"])
                self.assertTrue((abs(deviations) < 5 * np.array(simulated["occupancy_stderr"])).all())
                self.assertEqual(simulated["site"], exact["site"])

    def test_gradcheck_compares_every_estimator_with_the_exact_gradient(self):
        for path in CONFIGS:
            with self.subTest(path):
                if N_STATES[name_of(path)] is None:
                    self.assertIn("no exact solution", call("gradcheck", path, code=4).stderr)
                    continue
                checked = document("gradcheck", path, "--repeats", "8", "--set", "gradient.tracked=8",
                                   *SMALLER.get(name_of(path), []))
                self.assertEqual(checked["n_repeats"], 8)
                self.assertEqual(set(checked["estimators"]), {"score", "local", "rbst", "stgs"})
                score = checked["estimators"]["score"]
                self.assertLess(score["current"]["snr"], 1e6)  # sampled, also where it could be solved
                self.assertTrue(0 < checked["plain_ns_per_event"] < 1e6)
                for target, exact in checked["exact"].items():
                    self.assertEqual(len(exact), len(checked["parameter"]))
                    self.assertTrue(all(map(math.isfinite, exact)), target)
                    mean = score[target]["mean"]
                    error = np.linalg.norm(np.subtract(mean, exact)) / np.linalg.norm(exact)
                    self.assertAlmostEqual(score[target]["relative_error"], error, delta=1e-9 * error)

    def test_telegraph_follows_its_moment_equations(self):
        """Means and deviations of 10000 trajectories at 40 times and a start without spread, within five
        standard errors; a promoter that stays on half as long again is seen."""
        simulated = document("simulate", config("telegraph"))
        columns = [simulated["site"].index(name) for name in ("on", "mRNA")]
        self.assertEqual(simulated["n_truncated"], 0)
        for on, is_right in ((1, True), (1 / 1.5, False)):
            exact = telegraph_moments(2.844, 0.7528 * on, 10.87, simulated["time"])
            worst = []
            for key, expected in zip(("mean", "std"), exact):
                found, error = (np.array(simulated[name])[:, columns] for name in (key, key + "_stderr"))
                self.assertEqual(found[0].tolist(), expected[0].tolist())
                worst.append((abs(found - expected)[1:] / error[1:]).max())
            print("telegraph: largest |Z| of means and deviations", worst)
            self.assertEqual(max(worst) < 5, is_right, worst)

    def test_tables_are_printed_without_json(self):
        for command, word in (("exact", "entropy_production"), ("simulate", "stderr"),
                              ("gradcheck", "rel.error")):
            extra = ["--repeats", "8"] if command == "gradcheck" else []
            self.assertIn(word, call(command, config("ring"), *extra).stdout)
        self.assertIn("weight", call("exact", config("ring"), "--front", *SMALL).stdout)


class KnownValues(unittest.TestCase):
    def test_uniform_ring_has_its_closed_form(self):
        """Sites 6, rates p = 4/3 and q = 2/3 after the budget of 12: J = (p - q)/N per edge."""
        exact = document("exact", config("ring"))
        p, q = 4 / 3, 2 / 3
        self.assertAlmostEqual(exact["current"], (p - q) / 6, delta=1e-14)
        self.assertAlmostEqual(exact["entropy_production"], (p - q) * math.log(p / q), delta=1e-14)
        self.assertAlmostEqual(exact["activity"], p + q, delta=1e-14)
        np.testing.assert_allclose(exact["occupancy"], 1 / 6, rtol=1e-14)
        np.testing.assert_allclose(exact["current_gradient"], [p / 36, -q / 36] * 6, rtol=1e-12)

    def test_kinesin_hydrolyses_at_the_published_potential(self):
        """Liepelt and Lipowsky (2007): forward and backward cycle each use one ATP, which at 1 mM ATP,
        1 uM ADP and P and the equilibrium constant 4.9e11 uM is worth ln(4.9e14) k_B T."""
        exact = document("exact", config("kinesin"))
        rate = dict(zip(exact["channel"], exact["rates"]))
        flux = dict(zip(exact["channel"], exact["flux"]))

        def affinity(cycle):
            steps = [a + "->" + b for a, b in zip(cycle, cycle[1:] + cycle[0])]
            return sum(math.log(rate[step] / rate[step[::-1].replace(">-", "->")]) for step in steps)

        def net(a, b):
            return flux[f"{a}->{b}"] - flux[f"{b}->{a}"]

        potential = math.log(4.9e14)
        self.assertAlmostEqual(affinity("1256"), potential, delta=1e-12 * potential)
        self.assertAlmostEqual(affinity("2345"), potential, delta=1e-12 * potential)
        sigma = potential * (net(1, 2) + net(2, 3))
        self.assertAlmostEqual(exact["entropy_production"], sigma, delta=1e-12 * sigma)
        self.assertAlmostEqual(exact["current"], net(2, 5), delta=1e-12 * net(2, 5))

    def test_network_currents_solve_the_master_equation(self):
        """Stationary probabilities by numpy's least squares, from the channel names and rates alone."""
        for name in ("kinesin", "network"):
            exact = document("exact", config(name))
            sites = {site: i for i, site in enumerate(exact["site"])}
            generator = np.zeros((len(sites) + 1, len(sites)))
            generator[-1] = 1
            for channel, rate in zip(exact["channel"], exact["rates"]):
                start, end = (sites[site] for site in channel.split("->"))
                generator[end, start] += rate
                generator[start, start] -= rate
            right = np.eye(len(sites) + 1)[-1]
            probability = np.linalg.lstsq(generator, right, rcond=None)[0]
            np.testing.assert_allclose(exact["occupancy"], probability, rtol=1e-7)


class Ends(unittest.TestCase):
    def test_no_averages_where_trajectories_end(self):
        with open("decay.yaml", "w", encoding="utf-8") as file:
            file.write('{model: {kind: reactions, species: {X: 5}, reactions: ["X -> 0 @ 1"]}, '
                       'objective: {exclude: all}}')
        for command in ("simulate", "exact"):
            process = call(command, "decay.yaml", code=2)
            self.assertEqual(process.stdout, "")
            self.assertIn("decay.yaml:1:9: model: the process ends in the state (X = 0)", process.stderr)
            self.assertIn("no steady-state averages", process.stderr)

    def test_a_transient_start_leads_to_the_averages_of_what_it_ends_in(self):
        cycle = '"A <-> B @ 2, 1", "B <-> C @ 1, 1", "C <-> A @ 3, 1"'
        answers = []
        for species, reactions in (("S: 1, A: 0", '"S -> A @ 0.1", ' + cycle), ("A: 1", cycle)):
            with open("start.yaml", "w", encoding="utf-8") as file:
                file.write(f"model: {{kind: reactions, species: {{{species}, B: 0, C: 0}}, reactions: [{reactions}]}}\n"
                           'objective: {current: {"A -> B": 1}'
                           + (", exclude: [S -> A]" if "S" in species else "") + "}\n")
            answers.append(json.loads(call("exact", "start.yaml", "--json").stdout))
        transient, alone = answers
        for name in ("current", "entropy_production", "activity", "current_noise"):
            self.assertAlmostEqual(transient[name], alone[name], delta=1e-13)
        self.assertIsNone(transient["tur_ratio"])  # a channel is excluded
        self.assertGreater(alone["tur_ratio"], 1)

    def test_no_ratio_where_there_is_no_current(self):
        with open("still.yaml", "w", encoding="utf-8") as file:
            file.write('model: {kind: reactions, species: {A: 3, B: 0}, reactions: ["A <-> B @ 0.7, 0.3"]}\n')
        self.assertIsNone(json.loads(call("exact", "still.yaml", "--json").stdout)["tur_ratio"])
        text = call("exact", "still.yaml").stdout
        self.assertNotIn("tur_ratio", text)
        self.assertIn("zero in every steady state", text)

    def test_counts_that_grow_beyond_their_range_are_an_error_with_the_name_of_the_reaction(self):
        with open("growth.yaml", "w", encoding="utf-8") as file:
            file.write('model: {kind: reactions, species: {X: 1000000000}, reactions: ["0 -> 1000 X @ 1"]}\n'
                       "objective: {exclude: all}\nevaluation: {events: 150000, burn_in: 0, trajectories: 2}\n")
        process = call("simulate", "growth.yaml", code=4)
        self.assertEqual(process.stdout, "")
        self.assertIn("the count of `X` grows beyond 1073741824, most of it by `0 -> 1000 X`", process.stderr)
        call("simulate", "growth.yaml", "--set", "evaluation.events=50000")


class JsonPage(unittest.TestCase):
    """docs/format.md has every key of a document, in its order, with its axes."""

    FRONT = ["--front", "--set", "front.points=3", "--set", "reference.starts=1"]
    COURSE = ["--set", "timecourse={end: 1, points: 4, trajectories: 2}"]
    AXES = {"site": 6, "channel": 12, "point": 3, "time": 4}

    @classmethod
    def setUpClass(cls):
        with open(os.path.join(os.environ["SOURCE_DIR"], "docs", "format.md"), encoding="utf-8") as file:
            cls.page = file.read()

    def rows(self, chapter):
        """Key -> (shape, unit) of a chapter."""
        text = re.search(rf"(?ms)^## {chapter}$(.*?)(^#|\Z)", self.page)[1]
        rows = re.findall(r"(?m)^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", text)
        return {key: (shape, unit) for key, shape, unit in rows}

    def shape(self, value):
        return [] if not isinstance(value, list) else [len(value), *self.shape(value[0])]

    def test_keys_and_shapes_are_the_documented_ones(self):
        for chapter, words in (("exact --json", ["exact"]), ("exact --front --json", ["exact", *self.FRONT]),
                               ("simulate --json", ["simulate"]),
                               ("simulate --json of a time course", ["simulate", *self.COURSE])):
            with self.subTest(chapter):
                found, rows = document(words[0], config("ring"), *words[1:]), self.rows(chapter)
                self.assertEqual(list(found), list(rows))
                for key, (shape, _) in rows.items():
                    axes = [] if shape == "scalar" else shape.split(", ")
                    self.assertEqual(self.shape(found[key]), [self.AXES[axis] for axis in axes], key)

    def test_units_are_those_of_the_files(self):
        names = "current|entropy_production|rates"
        units = dict(re.findall(rf"(?m)^\| `/front/({names})` \| [^|]+ \| ([^|]+) \|", self.page))
        rows = {**self.rows("simulate --json"), **self.rows("exact --json")}
        self.assertEqual({key: rows[key][1] for key in units}, units)
        self.assertEqual(len(units), 3)

    def test_verdicts_of_sites_say_what_the_flags_say(self):
        for words in ([], ["--set", "evaluation.events=10"]):
            found = document("simulate", config("ring_disorder"), *words)
            for flag, verdict in zip(found["occupancy_converged"], found["occupancy_verdict"]):
                self.assertRegex(verdict, "^converged$" if flag else "^not converged: .")
        self.assertIn(0, found["occupancy_converged"])


if __name__ == "__main__":
    unittest.main()
