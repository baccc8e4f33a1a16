#!/usr/bin/env python3
# labels: analysis, slow
# timeout: 120
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark of convergence judges rightly: its oracle against closed forms and against fluxfront, its optima
against an analytic bound, and its verdicts on points and error bars that are wrong on purpose."""

import argparse
import fractions
import json
import os
import subprocess
import sys
import unittest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, os.path.join(os.environ["SOURCE_DIR"], "tests", "convergence"))

import numpy as np  # noqa: E402

import averages  # noqa: E402
import draw  # noqa: E402
import judge  # noqa: E402
import optimum  # noqa: E402
import oracle  # noqa: E402
import tables  # noqa: E402

FLUXFRONT = os.environ["FLUXFRONT"]
SYSTEMS = [draw.draw_network(7, 2), draw.draw_network(7, 7), draw.draw_lattice(7, 0), draw.draw_lattice(7, 1),
           draw.draw_vessel(7, 3)]


def at_start(config):
    """System, steady state and theta of the initial design."""
    system = oracle.System(config)
    theta = np.zeros(system.n_parameters)
    return system, system.solve(system.log_rates(theta)), theta


def uniform_ring(n, p, q):
    return {"model": {"kind": "ring", "sites": n, "forward": p, "backward": q},
            "design": {"kind": "rates", "budget": {"total": n * (p + q)}}}


def solve_in_fractions(rates):
    """The steady state of a chain with these rates, without rounding."""
    rates = [[fractions.Fraction(value) for value in row] for row in rates.tolist()]
    for k in range(len(rates) - 1, 0, -1):
        total = sum(rates[k][:k])
        for i in range(k):
            rates[i][k] /= total
            for j in range(k):
                rates[i][j] += rates[i][k] * rates[k][j]
    occupancy = [fractions.Fraction(1)]
    for k in range(1, len(rates)):
        occupancy.append(sum(occupancy[i] * rates[i][k] for i in range(k)))
    return np.array([float(value / sum(occupancy)) for value in occupancy])


class Oracle(unittest.TestCase):
    def test_uniform_ring_has_the_least_entropy_production_of_its_current(self):
        for n, p, q in ((3, 1.3, 0.7), (6, 1.9, 0.1)):
            current, entropy = at_start(uniform_ring(n, p, q))[1].means()
            self.assertAlmostEqual(current, (p - q) / n, delta=1e-14)
            self.assertAlmostEqual(entropy, 2 * n * current * np.arctanh(n * current / (p + q)), delta=1e-13)

    def test_uniform_ring_has_the_gradient_of_the_closed_form(self):
        n, p, q = 5, 1.7, 0.4
        gradient = at_start(uniform_ring(n, p, q))[1].gradients().reshape(n, 2, 2)
        force = np.log(p / q)
        np.testing.assert_allclose(gradient[:, 0], np.tile([p / n ** 2, (p * force + p - q) / n], (n, 1)), rtol=1e-12)
        np.testing.assert_allclose(gradient[:, 1], np.tile([-q / n ** 2, -(q * force + p - q) / n], (n, 1)), rtol=1e-12)

    def test_ring_of_any_rates_produces_current_times_affinity(self):
        forward, backward = 10.0 ** np.random.default_rng(3).uniform(-3, 3, (2, 7))
        config = {"model": {"kind": "ring", "sites": 7, "forward": forward.tolist(), "backward": backward.tolist()}}
        current, entropy = at_start(config)[1].means()
        self.assertAlmostEqual(entropy / (current * np.log(forward / backward).sum()), 1.0, delta=1e-9)

    def test_exclusion_on_a_ring_is_uniform(self):
        model = {"kind": "exclusion", "sites": 8, "particles": 3, "forward": 1.5, "backward": 0.2}
        current, entropy = at_start({"model": model})[1].means()
        self.assertAlmostEqual(current, 1.3 * 3 * 5 / (8 * 7), delta=1e-13)
        self.assertAlmostEqual(entropy, 8 * current * np.log(1.5 / 0.2), delta=1e-11)

    def test_stiff_chains_keep_their_digits_in_panels_of_any_size(self):
        rng = np.random.default_rng(5)
        rates = 10.0 ** rng.uniform(-9, 9, (11, 11)) * (rng.random((11, 11)) < 0.4)
        rates += np.diag(np.full(10, 1e-9), 1) + np.diag(np.full(10, 1e-9), -1)
        exact = solve_in_fractions(rates)
        for panel in (1, 3, 64):
            eliminated = rates.copy()
            oracle.eliminate(eliminated, panel)
            np.testing.assert_allclose(oracle.stationary(eliminated), exact, rtol=1e-12)

    def test_gradients_agree_with_finite_differences_in_every_design(self):
        step = 1e-5
        for _, name, config in [draw.draw_network(7, i) for i in range(3)] + SYSTEMS[2:]:
            system = oracle.System(config)
            theta = np.random.default_rng(2).uniform(-0.5, 0.5, system.n_parameters)
            gradient = system.values_and_gradients(theta)[1]
            for p, unit in enumerate(np.eye(theta.size)):
                ends = [np.array(system.values(theta + sign * step * unit)) for sign in (1, -1)]
                size = np.abs(gradient).max(axis=0)
                np.testing.assert_allclose((ends[0] - ends[1]) / (2 * step) / size, gradient[p] / size, atol=1e-6,
                                           err_msg=name)

    def test_currents_obey_the_thermodynamic_uncertainty_relation(self):
        for _, name, config in SYSTEMS:
            steady = at_start(config)[1]
            current, entropy = steady.means()
            self.assertGreaterEqual(steady.noise() * entropy / (2 * current ** 2), 1.0 - 1e-9, name)

    def test_open_exclusion_in_one_direction_has_the_current_of_the_matrix_ansatz(self):
        tiny = 1e-30
        model = {"kind": "exclusion", "lattice": "open", "sites": 5, "forward": 1.0, "backward": tiny,
                 "left": {"in": 0.2, "out": tiny}, "right": {"in": tiny, "out": 0.8}}
        self.assertAlmostEqual(at_start({"model": model})[1].means()[0], averages.tasep_current(5, "1/5", "4/5"),
                               delta=1e-13)
        self.assertAlmostEqual(averages.tasep_current(64, "1/5", "4/5"), 0.16, delta=1e-9)


class Agreement(unittest.TestCase):
    def exact(self, config):
        draw.write_config(config, "system.yaml")
        done = subprocess.run([FLUXFRONT, "exact", "system.yaml", "--json"], check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    def distance(self, config, output):
        """Largest relative difference of J, sigma, noise and gradients from those that fluxfront printed."""
        system, steady, theta = at_start(config)
        order = [system.place[name] for name in output["channel"]]
        ours = [*steady.means(), steady.noise(), np.exp(system.log_rates(theta))[order], *steady.gradients()[order].T]
        theirs = [output[name] for name in ("current", "entropy_production", "current_noise", "rates",
                                            "current_gradient", "entropy_gradient")]
        return max(np.abs(np.subtract(a, b)).max() / np.abs(a).max() for a, b in zip(ours, theirs))

    def test_fluxfront_agrees_to_nine_digits_and_another_rate_does_not(self):
        for _, name, config in SYSTEMS:
            output = self.exact(config)
            self.assertLess(self.distance(config, output), 1e-9, name)
            config = json.loads(json.dumps(config))
            config["design"]["budget"] = {"total": 1.00001 * sum(output["rates"])}
            self.assertGreater(self.distance(config, output), 1e-6, name)

    def test_systems_are_connected_and_carry_a_current_and_depend_on_the_seed(self):
        drawn = draw.draw_all(11, 9, 4, 5)
        for _, name, config in drawn:
            system, steady, theta = at_start(config)
            self.assertTrue((steady.occupancy > 0).all(), name)
            self.assertGreater(np.abs(system.values_and_gradients(theta)[1][:, 0]).max(), 0.0, name)
        self.assertNotEqual(drawn, draw.draw_all(12, 9, 4, 5))
        self.assertEqual(drawn, draw.draw_all(11, 9, 4, 5))


class Judgement(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.search = optimum.Search(oracle.System(uniform_ring(4, 1.5, 0.5)), None)
        cls.goals = [optimum.Goal("weighted", weight, 0.5, 4.0) for weight in (0.5, 0.8, 0.9)]
        cls.places = cls.search.solve(cls.goals, 2)

    def test_optima_lie_on_the_bound_of_the_ring(self):
        for place in self.places:
            current, entropy = self.search.means[place]
            self.assertAlmostEqual(entropy / (8 * current * np.arctanh(4 * current / 2)), 1.0, delta=1e-5)

    def test_chebyshev_slopes_are_those_of_its_value(self):
        goal, step = optimum.Goal("chebyshev", 0.4, 0.5, 4.0, 0.4, 0.1), 1e-6
        for current, entropy in ((0.1, 0.3), (0.37, 0.2), (0.3, 2.0)):
            _, *slopes = optimum.loss(goal, current, entropy)
            for slope, (a, b) in zip(slopes, ((step, 0), (0, step))):
                up, down = (optimum.loss(goal, current + s * a, entropy + s * b)[0] for s in (1, -1))
                self.assertAlmostEqual((up - down) / (2 * step), slope, delta=1e-6)

    def front(self, shift):
        """A front at the optima, but for the first point, whose theta is shifted; its means are the exact ones + 1."""
        thetas = np.array([self.search.thetas[place] for place in self.places])
        thetas[0, 0] += shift
        means = np.array([self.search.system.values(theta) for theta in thetas])
        scales = {name: np.array([getattr(goal, name) for goal in self.goals]) for name in optimum.Goal._fields[1:]}
        return {**scales, "theta": thetas, "hints": thetas, "scalarization": np.zeros(3, int), "status": np.zeros(3, int),
                "current": means[:, 0] + 1.0, "entropy_production": means[:, 1] + 1.0,
                "current_stderr": np.full(3, 0.5), "entropy_production_stderr": np.zeros(3),
                "converged": np.ones(3, int), "events": np.ones(3, int)}

    def test_a_shifted_point_is_off_and_the_others_are_not(self):
        for shift, expected in ((0.0, 0), (1.0, 1)):
            rows, whole = judge.judge_front(self.search, self.front(shift), 3, (0.3, 0.9))
            excess = [row["excess_of_optimum"] for row in rows]
            self.assertEqual(sum(value > 0.01 for value in excess), expected, excess)
            self.assertTrue(abs(whole["hypervolume"] - 1.0) < 1e-6 or shift > 0.0)
            rows = [{"family": "ring", **row} for row in rows]
            self.assertEqual(tables.verdicts(rows)[-1]["of these off > 1 % optimum"], expected)
            for row in rows:
                self.assertAlmostEqual(row["z_current"], 2.0, delta=1e-9)
                self.assertEqual(row["z_entropy"], np.inf)

    def test_lost_fronts_count(self):
        rows, whole = judge.judge_front(self.search, None, 3, (0.3, 0.9))
        self.assertEqual([row["is_ok"] for row in rows], [0, 0, 0])
        self.assertEqual(tables.accuracy([{"family": "ring", **row} for row in rows])[-1]["both 5 %"], "0 %")
        self.assertEqual(whole["hypervolume"], 0.0)

    def test_hypervolume_counts_what_is_dominated_once(self):
        self.assertEqual(judge.hypervolume([(2, 1), (1, 0.5), (1, 2), (-1, 0.1)], (0, 3)), 2 * 2 + 1 * 0.5)

    def test_only_standard_normal_scores_pass(self):
        z = np.random.default_rng(1).normal(size=400)
        for factor, shift, is_right in ((1.0, 0.0, True), (1.3, 0.0, False), (1.0, 0.4, False), (0.7, 0.0, False)):
            tested = tables.normality(factor * z + shift)
            self.assertEqual(min(tested["p chi2"], tested["p KS"]) > 0.001, is_right)


class Averages(unittest.TestCase):
    OUTPUT = {"current": 1.0, "current_stderr": 0.1, "current_converged": 1, "current_verdict": "converged",
              "occupancy": [3.0, 9.0], "occupancy_stderr": [0.1, 0.1], "occupancy_converged": [0, 1],
              "occupancy_verdict": ["not converged: 2.5e+03 events", "converged"], "converged": 0,
              "verdict": "not converged: X: 7 events"}

    def test_each_average_has_its_own_verdict_and_is_held_against_its_exact_value(self):
        for exact, n_wrong in ((1.2, 0), (2.0, 1)):
            rows = [row for name in ("a", "b")
                    for row in averages.rows_of(name, {"current": exact, "occupancy": 3.1}, self.OUTPUT, 0)]
            self.assertEqual([(row["own"], row["converged"]) for row in rows], 2 * [(1, 0), (0, 0)])
            current, occupancy = averages.count_verdicts(rows)
            self.assertEqual((current["own: converged"], current["own: converged, wrong"]), (2, 2 * n_wrong))
            self.assertEqual((current["all: not"], current["all: not, wrong"]), (2, 2 * n_wrong))
            self.assertEqual((occupancy["own: not"], occupancy["own: not, wrong"]), (2, 0))
            self.assertEqual(averages.count_reasons(rows),
                             [{"verdict": "converged", "averages": 2, "systems": 0},
                              {"verdict": "not converged: # events", "averages": 2, "systems": 0},
                              {"verdict": "not converged: X: # events", "averages": 0, "systems": 2}])

    def test_passes_share_the_seeds_of_their_systems_and_differ_in_what_is_known(self):
        os.makedirs(os.path.join("passes", "averages"), exist_ok=True)
        arguments = argparse.Namespace(program=FLUXFRONT, folder="passes", seed=1, settings=["evaluation.events=1000"])
        config = {"model": {"kind": "ring", "sites": 4, "forward": [1.0, 2.0, 1.0, 3.0]}}
        systems = [(name, config, averages.solved(config)) for name in ("one", "two")]
        known, unknown = (averages.run_pass(arguments, systems, extra) for extra in averages.PASSES.values())
        self.assertEqual([row["value"] for row in known], [row["value"] for row in unknown])
        self.assertNotEqual(known[0]["value"], known[2]["value"])
        self.assertFalse(any(map(averages.is_wrong, known)))
        texts = []
        for name in ("one_as_it_is", "one_with_reference"):
            with open(os.path.join("passes", "averages", name + ".yaml"), encoding="utf-8") as file:
                texts.append(file.read())
        self.assertEqual([text.count('"exact": false') for text in texts], [0, 1])


if __name__ == "__main__":
    unittest.main()
