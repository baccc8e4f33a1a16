# SPDX-License-Identifier: GPL-3.0-or-later
"""Random systems by seed, as configurations: networks, disordered exclusion, reaction vessels."""

import json

import numpy as np

MAX_RING, MAX_OPEN = 10, 8  # sites: 252 and 256 states at most
DESIGNS = ("forces", "rates", "linear")
VESSELS = (
    ({"A": 1, "X": 0, "Y": 0}, (6, 11), {"fuel": 3}, "autocatalysis",
     {"supply": "A + fuel <-> Y", "autocatalysis": "2 X + Y <-> 3 X", "release": "X <-> A"}),
    ({"E": 1, "ES": 0, "I": 0}, (4, 11), {"S": 4, "P": 1}, "catalysis",
     {"binding": "E + S <-> ES", "catalysis": "ES <-> E + P", "resting": "E <-> I"}),
    ({"A": 1, "B": 0, "C": 0}, (4, 11), {"fuel": 5}, "charge",
     {"charge": "A + fuel <-> B", "turn": "B <-> C", "reset": "C <-> A"}),
    ({"A": 1, "B": 0, "C": 0}, (6, 15), {"fuel": 4}, "activation",
     {"assembly": "2 A <-> B", "activation": "B + fuel <-> C", "decay": "C <-> 2 A"}),
    ({"S": 1, "T": 0}, (8, 21), {"ATP": 6}, "kinase",
     {"kinase": "S + ATP <-> T", "phosphatase": "T <-> S", "cooperation": "2 T <-> S + T"}),
)


def rates(rng, spread, n):
    return (10.0 ** rng.uniform(-spread, spread, n)).tolist()


def backbone(rng, n_states):
    """A random cycle or tree through all states, as pairs."""
    order = rng.permutation(n_states)
    if rng.random() < 0.5:
        return [(int(order[i]), int(order[(i + 1) % n_states])) for i in range(n_states)]
    return [(int(order[rng.integers(i)]), int(order[i])) for i in range(1, n_states)]


def add_extra(rng, pairs, n_states, n_extra):
    """Join so many further pairs of states, as far as there are any."""
    joined = {frozenset(pair) for pair in pairs}
    others = [(i, j) for i in range(n_states) for j in range(i) if frozenset((i, j)) not in joined]
    return pairs + [others[i] for i in rng.permutation(len(others))[:n_extra]]


def is_on_cycle(pairs, edge):
    """Whether the ends of this edge are joined without it."""
    reached, rest = {pairs[edge][0]}, pairs[:edge] + pairs[edge + 1:]
    for _ in rest:
        reached |= {state for pair in rest if reached & set(pair) for state in pair}
    return pairs[edge][1] in reached


def linear_design(rng, edges, first):
    """Loads shared by the two directions of one or two edges; the first acts on the edge of the current."""
    parameters = {}
    for p in range(int(rng.integers(2, min(6, len(edges)) + 1))):
        chosen = rng.permutation(len(edges))[:rng.integers(1, 3)].tolist()
        if p == 0 and first not in chosen:
            chosen[0] = first
        coefficients = {}
        for edge in chosen:
            share, sign = rng.uniform(0.2, 0.8), rng.choice([-1.0, 1.0])
            forward, backward = edges[edge]
            coefficients.update({forward: float(sign * share), backward: float(-sign * (1.0 - share))})
        parameters[f"load{p}"] = coefficients
    return {"kind": "linear", "parameters": parameters}


def make_design(rng, kind, edges, first, total):
    """A design of this kind over edges given as pairs of channels; `rates` have the budget that they start with."""
    if kind == "linear":
        return linear_design(rng, edges, first)
    return {"kind": kind, "budget": {"total": total}} if kind == "rates" else {"kind": kind}


def draw_network(seed, i):
    """4 to 12 states joined by a cycle or tree and 1 to 4 edges more, rates over 2, 4 or 6 decades."""
    rng = np.random.default_rng([seed, 0, i])
    kind, spread = DESIGNS[i % 3], 1 + i // 3 % 3
    n_states = int(rng.integers(4, 13))
    pairs = add_extra(rng, backbone(rng, n_states), n_states, int(rng.integers(1, 5)))
    forward, backward = rates(rng, spread, len(pairs)), rates(rng, spread, len(pairs))
    states = [f"s{k}" for k in range(n_states)]
    edges = [{"from": states[a], "to": states[b], "forward": p, "backward": q}
             for (a, b), p, q in zip(pairs, forward, backward)]
    first = int(rng.choice([e for e in range(len(pairs)) if is_on_cycle(pairs, e)]))
    channels = [(f"{e['from']}->{e['to']}", f"{e['to']}->{e['from']}") for e in edges]
    config = {"model": {"kind": "network", "states": states, "edges": edges},
              "design": make_design(rng, kind, channels, first, sum(forward) + sum(backward)),
              "objective": {"current": {channels[first][0]: 1}}}
    return f"network s={spread}", f"network{i:02d}_s{spread}_{kind}", config


def draw_lattice(seed, i):
    """Exclusion with random energies and barriers, on a ring or between reservoirs in turn."""
    rng = np.random.default_rng([seed, 1, i])
    is_open = i % 2 == 1
    sites = int(rng.integers(4, (MAX_OPEN if is_open else MAX_RING) + 1))
    energy, barrier = (rng.normal(0.0, rng.uniform(0.3, 1.5), sites) for _ in range(2))
    n_bonds, bias = sites - is_open, 10.0 ** rng.uniform(-1.0, 0.0)
    forward = np.exp(energy - barrier)[:n_bonds].tolist()
    backward = (bias * np.exp(np.roll(energy, -1) - barrier))[:n_bonds].tolist()
    model = {"kind": "exclusion", "lattice": "open" if is_open else "ring", "sites": sites,
             "forward": forward, "backward": backward}
    total = sum(forward) + sum(backward)
    if is_open:
        ends = rates(rng, 1, 4)
        model.update(left={"in": ends[0], "out": ends[1]}, right={"in": ends[2], "out": ends[3]})
        total += sum(ends)
    else:
        model["particles"] = int(rng.integers(2, sites - 1))
    kind = DESIGNS[i // 2 % 2]
    design = {"kind": kind, "budget": {"total": total}} if i // 4 % 2 == 0 or kind == "rates" else {"kind": kind}
    config = {"model": model, "design": design, "objective": {"current": "all"}}
    return "exclusion", f"exclusion{i:02d}_{model['lattice']}{sites}_{kind}", config


def draw_vessel(seed, i):
    """A closed vessel of molecules, driven by a species that is held constant."""
    rng = np.random.default_rng([seed, 2, i])
    species, sizes, constant, current, equations = VESSELS[i % len(VESSELS)]
    kind, n_molecules = DESIGNS[i % 3], int(rng.integers(*sizes))
    ends = [rates(rng, 1, 2) for _ in equations]
    total = sum(p * constant_factor(equation.split("<->")[0], constant)
                + q * constant_factor(equation.split("<->")[1], constant)
                for equation, (p, q) in zip(equations.values(), ends))
    channels = [(name + "+", name + "-") for name in equations]
    config = {"model": {"kind": "reactions", "species": {name: n * n_molecules for name, n in species.items()},
                        "constant": constant,
                        "reactions": [{"name": name, "reaction": f"{equation} @ {p!r}, {q!r}"}
                                      for (name, equation), (p, q) in zip(equations.items(), ends)]},
              "design": make_design(rng, kind, channels, list(equations).index(current), total),
              "objective": {"current": {current: 1}}}
    return "reactions", f"reactions{i:02d}_{current}_{kind}", config


def constant_factor(side, constant):
    """What the constant species on this side of a reaction multiply its rate by."""
    factor = 1
    for word in side.split():
        factor *= constant.get(word, 1)
    return factor


def draw_all(seed, n_networks, n_lattices, n_vessels):
    """(family, name, configuration) of every system."""
    return ([draw_network(seed, i) for i in range(n_networks)] + [draw_lattice(seed, i) for i in range(n_lattices)]
            + [draw_vessel(seed, i) for i in range(n_vessels)])


def write_config(config, path):
    """A configuration as YAML, a section to a line."""
    with open(path, "w", encoding="utf-8") as file:
        for section, content in config.items():
            file.write(f"{section}: {json.dumps(content)}\n")
