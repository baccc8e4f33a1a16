# SPDX-License-Identifier: GPL-3.0-or-later
"""Exact currents, entropy production rates and their gradients, by means of their own.

Nothing here is shared with fluxfront: the states are enumerated from the configuration again, the steady state
and the Poisson equation are solved by the elimination of Grassmann, Taksar and Heyman, which subtracts nothing and so
keeps every probability to a few last digits however stiff the rates are.
"""

import math

import numpy as np

PANEL = 48  # states eliminated between two updates of the rest by a matrix product


# ---- solving -----------------------------------------------------------------------------------------------------

def eliminate(rates, panel=PANEL):
    """Eliminate the states of rates[n, n] (off-diagonal, overwritten), the last first: what each had left to leave at.

    Afterwards rates[k, :k] is the censored chain's way out of k, rates[:k, k] its way in over the total."""
    n = len(rates)
    totals = np.zeros(n)
    for end in range(n, 1, -panel):
        begin = max(1, end - panel)
        for k in range(end - 1, begin - 1, -1):
            totals[k] = rates[k, :k].sum()
            into = rates[:k, k] = rates[:k, k] / totals[k]
            rates[begin:k, :begin] += into[begin:, None] * rates[k, :begin]
            rates[:k, begin:k] += into[:, None] * rates[k, begin:k]
        rates[:begin, :begin] += rates[:begin, begin:end] @ rates[begin:end, :begin]
    return totals


def stationary(eliminated):
    """The steady state of an eliminated chain."""
    occupancy = np.ones(len(eliminated))
    for k in range(1, len(occupancy)):
        occupancy[k] = occupancy[:k] @ eliminated[:k, k]
        if occupancy[k] > 1e200:
            occupancy[:k + 1] /= occupancy[k]
    return occupancy / occupancy.sum()


def potentials(eliminated, totals, sources):
    """h[n, q] with Q h = -sources[n, q], whose steady-state means must be 0; h[0] = 0."""
    sources = sources.copy()
    for k in range(len(sources) - 1, 0, -1):
        sources[:k] += eliminated[:k, k, None] * sources[k]
    h = np.zeros_like(sources)
    for k in range(1, len(h)):
        h[k] = (sources[k] + eliminated[k, :k] @ h[:k]) / totals[k]
    return h


# ---- models ------------------------------------------------------------------------------------------------------

class Process:
    """Channels (name, rate constant, reverse), edges (name to forward channel), and every jump between states."""

    def __init__(self):
        self.names, self.rates, self.edges = [], [], {}

    def add_edge(self, name, names, rates):
        """Two channels, forward and backward; the index of the forward one."""
        self.edges[name] = len(self.names)
        self.names += names
        self.rates += rates
        return self.edges[name]

    def enumerate(self, initial, moves):
        """Follow moves(state) -> (channel, factor, next state) from the initial state to all others."""
        index, jumps, queue = {initial: 0}, [], [initial]
        for state in queue:
            for channel, factor, target in moves(state):
                if target not in index:
                    index[target] = len(queue)
                    queue.append(target)
                jumps.append((index[state], index[target], channel, factor))
        self.states = queue
        self.source, self.target, self.channel = np.array([jump[:3] for jump in jumps], int).T
        self.factor = np.array([jump[3] for jump in jumps], float)
        self.names, self.rates = list(self.names), np.array(self.rates, float)
        place = {jump[:3]: i for i, jump in enumerate(jumps)}
        self.opposite = np.array([place[target, source, channel ^ 1] for source, target, channel, _ in jumps])
        return self


def names_of_edge(edge):
    """Name of an edge of a network and of its two channels."""
    if "name" in edge:
        return edge["name"], [edge["name"] + "+", edge["name"] + "-"]
    there, back = f"{edge['from']}->{edge['to']}", f"{edge['to']}->{edge['from']}"
    return there, [there, back]


def network(model):
    """One walker on named states."""
    process, ways = Process(), {state: [] for state in model["states"]}
    for edge in model["edges"]:
        name, names = names_of_edge(edge)
        forward = process.add_edge(name, names, [edge["forward"], edge["backward"]])
        ways[edge["from"]].append((forward, 1.0, edge["to"]))
        ways[edge["to"]].append((forward + 1, 1.0, edge["from"]))
    return process.enumerate(model["states"][0], ways.__getitem__)


def lattice_bonds(model, n_bonds):
    """(from, to, forward, backward) of the bonds of a lattice; rates are one number or a list."""
    forward, backward = (np.broadcast_to(model.get(key, default), n_bonds).tolist()
                         for key, default in (("forward", 1.0), ("backward", 0.5)))
    return [(i, (i + 1) % model["sites"], forward[i], backward[i]) for i in range(n_bonds)]


def ring(model):
    """One walker on a ring."""
    edges = [{"from": str(i), "to": str(j), "forward": p, "backward": q}
             for i, j, p, q in lattice_bonds(model, model["sites"])]
    return network({"states": [str(i) for i in range(model["sites"])], "edges": edges})


def exclusion(model):
    """At most one particle on a site."""
    n_sites, is_open = model["sites"], model.get("lattice", "ring") == "open"
    process, hops = Process(), []
    for i, j, p, q in lattice_bonds(model, n_sites - is_open):
        forward = process.add_edge(f"{i}->{j}", [f"{i}->{j}", f"{j}->{i}"], [p, q])
        hops += [(forward, 1 << i, 1 << j), (forward + 1, 1 << j, 1 << i)]
    if is_open:
        left, right, last = model["left"], model["right"], 1 << (n_sites - 1)
        forward = process.add_edge("left", ["left+", "left-"], [left["in"], left["out"]])
        hops += [(forward, 0, 1), (forward + 1, 1, 0)]
        forward = process.add_edge("right", ["right+", "right-"], [right["out"], right["in"]])
        hops += [(forward, last, 0), (forward + 1, 0, last)]

    def moves(state):
        for channel, leaves, enters in hops:
            if state & leaves == leaves and not state & enters:
                yield channel, 1.0, state ^ leaves ^ enters
    return process.enumerate((1 << model.get("particles", 0)) - 1, moves)


def parse_side(text, species):
    """`2 X + Y` as orders by species."""
    orders = dict.fromkeys(species, 0)
    for term in text.split("+"):
        words = term.split()
        if words != ["0"]:
            orders[words[-1]] += int(words[0]) if len(words) == 2 else 1
    return orders


def combinations(counts, orders):
    """In how many ways the reactants can be taken from the counts."""
    return math.prod(math.comb(n, order) for n, order in zip(counts, orders))


def reactions(model):
    """Reversible mass action; a constant species multiplies the rate of what consumes it."""
    process, species, constant = Process(), list(model["species"]), model.get("constant", {})
    ways = []
    for item in model["reactions"]:
        equation, rates = item["reaction"].split("@")
        sides = [parse_side(side, [*species, *constant]) for side in equation.split("<->")]
        scaled = [float(rate) * combinations(constant.values(), [side[name] for name in constant])
                  for rate, side in zip(rates.split(","), sides)]
        forward = process.add_edge(item["name"], [item["name"] + "+", item["name"] + "-"], scaled)
        consumed, produced = ([side[name] for name in species] for side in sides)
        ways += [(forward, consumed, produced), (forward + 1, produced, consumed)]

    def moves(counts):
        for channel, consumed, produced in ways:
            factor = combinations(counts, consumed)
            if factor:
                yield channel, factor, tuple(n - a + b for n, a, b in zip(counts, consumed, produced))
    return process.enumerate(tuple(model["species"].values()), moves)


MODELS = {"network": network, "ring": ring, "exclusion": exclusion, "reactions": reactions}


# ---- systems -----------------------------------------------------------------------------------------------------

class System:
    """A process, a current and a design, from a configuration as nested dictionaries."""

    def __init__(self, config):
        self.process = MODELS[config["model"]["kind"]](config["model"])
        self.place = {name: r for r, name in enumerate(self.process.names)}
        self.current = self._coefficients(config.get("objective", {}).get("current", "all"))
        design = config.get("design", {})
        self.matrix = self._matrix(design)
        self.bounds = np.tile(np.array(design.get("bounds", [-8.0, 8.0]), float), (self.matrix.shape[1], 1))
        budget = design.get("budget", {"total": 0.0, "channels": []})
        chosen = budget.get("channels", "all")
        self.total = budget["total"]
        self.in_budget = np.array([chosen == "all" or name in chosen for name in self.process.names])

    def _coefficients(self, current):
        edges, coefficients = self.process.edges, np.zeros(len(self.process.names))
        weights = dict.fromkeys(edges, 1.0 / len(edges)) if current == "all" else current
        for name, weight in weights.items():
            coefficients[edges[name]] += weight
            coefficients[edges[name] + 1] -= weight
        return coefficients

    def _matrix(self, design):
        n, kind = len(self.process.names), design.get("kind", "rates")
        if kind == "rates":
            free = design.get("free", "all")
            return np.eye(n)[:, [free == "all" or name in free for name in self.process.names]]
        if kind == "forces":
            return np.kron(np.eye(n // 2), [[0.5], [-0.5]])
        matrix = np.zeros((n, len(design["parameters"])))
        for p, coefficients in enumerate(design["parameters"].values()):
            for name, value in coefficients.items():
                matrix[self.place[name], p] = value
        return matrix

    @property
    def n_parameters(self):
        return self.matrix.shape[1]

    def log_rates(self, theta):
        """Logarithms of the rate constants of a design."""
        log_rates = np.log(self.process.rates) + self.matrix @ theta
        if self.total > 0:
            log_rates[self.in_budget] += np.log(self.total) - np.log(np.exp(log_rates[self.in_budget]).sum())
        return log_rates

    def pull_back(self, log_rates, by_log_rates):
        """Gradients [R, q] by the logarithms of the rates as gradients [P, q] by theta."""
        share = np.where(self.in_budget, np.exp(log_rates), 0.0) / self.total if self.total > 0 else 0.0 * log_rates
        return self.matrix.T @ (by_log_rates - np.outer(share, by_log_rates[self.in_budget].sum(axis=0)))

    def solve(self, log_rates):
        """The steady state at these rates, ready for more: see Steady."""
        return Steady(self, log_rates)

    def values(self, theta):
        """(J, sigma) of a design."""
        return self.solve(self.log_rates(theta)).means()

    def values_and_gradients(self, theta):
        """(J, sigma) and their gradients [P, 2] by theta."""
        log_rates = self.log_rates(theta)
        steady = self.solve(log_rates)
        return steady.means(), self.pull_back(log_rates, steady.gradients())


class Steady:
    """The steady state of a system at given rates."""

    def __init__(self, system, log_rates):
        process = self.process = system.process
        n = len(process.states)
        self.current = system.current[process.channel]
        self.rate = np.exp(log_rates[process.channel]) * process.factor
        self.affinity = np.log(self.rate) - np.log(self.rate[process.opposite])
        self.eliminated = np.zeros((n, n))
        np.add.at(self.eliminated, (process.source, process.target), self.rate)
        self.totals = eliminate(self.eliminated)
        self.occupancy = stationary(self.eliminated)
        self.flux = self.occupancy[process.source] * self.rate

    def means(self):
        """J, and sigma as the sum over pairs of jumps of (w - w') ln(w / w') / 2, of which no term is negative."""
        back = self.flux[self.process.opposite]
        terms = (self.flux - back) * np.log(np.maximum(self.flux, 1e-300) / np.maximum(back, 1e-300))
        return float(self.current @ (self.flux - back)) / 2.0, float(terms.sum()) / 2.0

    def _potentials(self):
        """What a start in each state adds to the integrals of J and sigma [n, 2], per jump."""
        process = self.process
        sources = np.zeros((len(process.states), 2))
        np.add.at(sources, process.source, self.rate[:, None] * np.stack([self.current, self.affinity], axis=1))
        h = potentials(self.eliminated, self.totals, sources - self.occupancy @ sources)
        return h[process.target] - h[process.source]

    def gradients(self):
        """Derivatives [R, 2] of J and sigma by the logarithms of the rate constants."""
        process = self.process
        change = self._potentials() + np.stack([self.current, self.affinity], axis=1)
        change[:, 1] += 1.0 - self.flux[process.opposite] / np.maximum(self.flux, 1e-300)
        gradient = np.zeros((len(process.names), 2))
        np.add.at(gradient, process.channel, self.flux[:, None] * change)
        return gradient

    def noise(self):
        """Long-time variance of the integrated current per unit time."""
        return float(self.flux @ (self.current + self._potentials()[:, 0]) ** 2)
