#!/usr/bin/env python3
# labels: unit
# timeout: 300
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every mistake in a configuration or on the command line is one line, exit code 2 and no file.

In the texts below a `¦` marks the place that the message must name; it is not part of the text.
"""

import concurrent.futures
import os
import subprocess
import tempfile
import unittest

# LeakSanitizer cannot stop the threads that Open MPI is ending when a process leaves on an error.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"

FLUXFRONT, MPIEXEC = os.environ["FLUXFRONT"], os.environ["MPIEXEC"]
MARK = "¦"
RING = "model: {kind: ring, sites: 4}\n"
EDGES = "- {from: A, to: B, forward: 1, backward: 1}\n    - {from: B, to: A, forward: 2, backward: 1, name: b}\n"
NETWORK = "model:\n  kind: network\n  states: [A, B]\n  edges:\n    " + EDGES
NETWORK3 = "model:\n  kind: network\n  states: ¦[A, B, C]\n  edges:\n    "

# name: (configuration with the mark, path of the key, key phrase)
CONFIGURATIONS = {
    # The file as a whole.
    "empty file": ("¦", None, "the file is empty"),
    "comment only": ("# nothing\n¦", None, "the file is empty"),
    "not YAML": ("model: {kind: ring, sites: 4\ndesign¦: {}\n", None, "not valid YAML"),
    "tab as indentation": ("model:\n¦\tkind: ring\n", None, "not valid YAML: a tab, where only spaces may be"),
    "alias": ("model: &m {kind: ring, sites: 4}\ndesign: ¦*m\n", None, "aliases are not supported"),
    "two documents": (RING + "¦---\nseed: 1\n", None, "found a second"),
    "list at top level": ("¦- model\n", "top level", "must be a mapping"),
    "word at top level": ("¦model\n", "top level", "must be a mapping"),
    "list as a key": ("¦[a, b]: 1\n" + RING, None, "a key must be a plain word"),
    "deep nesting": ("model: " + "[" * 16 + "¦[" + "]" * 17 + "\n", None, "nested too deeply"),
    # Keys.
    "unknown section": (RING + "¦zebra: 1\n", "zebra", "unknown key"),
    "unknown key in model": ("model: {kind: ring, sites: 4, ¦zebra: 1}\n", "model.zebra", "unknown key"),
    "unknown key in disorder": ("model: {kind: ring, sites: 4, disorder: {¦zebra: 1}}\n",
                                "model.disorder.zebra", "unknown key"),
    "unknown key in an edge": (NETWORK + "    - {from: A, to: B, ¦zebra: 1}\n",
                               "model.edges[2].zebra", "unknown key"),
    "unknown key in design": (RING + "design: {¦zebra: 1}\n", "design.zebra", "unknown key"),
    "unknown key in budget": (RING + "design: {budget: {¦zebra: 1}}\n", "design.budget.zebra",
                              "unknown key"),
    "unknown key in objective": (RING + "objective: {¦zebra: 1}\n", "objective.zebra", "unknown key"),
    "unknown key in scale": (RING + "objective: {scale: {¦zebra: 1}}\n", "objective.scale.zebra",
                             "unknown key"),
    "unknown key in front": (RING + "front: {¦zebra: 1}\n", "front.zebra", "unknown key"),
    "unknown key in weights": (RING + "front: {weights: {¦zebra: 1}}\n", "front.weights.zebra",
                               "unknown key"),
    "unknown key in gradient": (RING + "gradient: {¦zebra: 1}\n", "gradient.zebra", "unknown key"),
    "unknown key in optimizer": (RING + "optimizer: {¦zebra: 1}\n", "optimizer.zebra", "unknown key"),
    "unknown key in simulation": (RING + "simulation: {¦zebra: 1}\n", "simulation.zebra",
                                  "unknown key"),
    "unknown key in evaluation": (RING + "evaluation: {¦zebra: 1}\n", "evaluation.zebra",
                                  "unknown key"),
    "unknown key in reference": (RING + "reference: {¦zebra: 1}\n", "reference.zebra", "unknown key"),
    "unknown key in timecourse": (RING + "timecourse: {end: 1, ¦zebra: 1}\n", "timecourse.zebra",
                                  "unknown key"),
    "list without brackets": (RING + "design: {bounds: -8, ¦8}\n", "design.8",
                              "unknown key; a list is written [low, high]"),
    "misspelt section": (RING + "¦optimiser: {}\n", "optimiser", "did you mean `optimizer`?"),
    "misspelt key": (RING + "gradient: {¦estimater: score}\n", "gradient.estimater",
                     "did you mean `estimator`?"),
    "duplicate section": (RING + "seed: 1\n¦seed: 2\n", "seed", "duplicate key"),
    "duplicate key": ("model: {kind: ring, sites: 4, ¦sites: 5}\n", "model.sites", "duplicate key"),
    "missing section": ("¦seed: 1\n", "top level", "the section `model` is missing"),
    "missing model kind": ("model: ¦{sites: 4}\n", "model", "`kind` is missing"),
    "missing sites": ("model: ¦{kind: ring}\n", "model", "`sites` is missing"),
    "missing states": ("model: ¦{kind: network, edges: []}\n", "model", "`states` is missing"),
    "missing edges": ("model: ¦{kind: network, states: [A, B]}\n", "model", "`edges` is missing"),
    "missing backward rate": (NETWORK + "    - ¦{from: A, to: B, forward: 1}\n", "model.edges[2]",
                              "`backward` is missing"),
    "missing budget total": (RING + "design: {budget: ¦{channels: all}}\n", "design.budget",
                             "`total` is missing"),
    # Numbers.
    "trailing letters": ("model: {kind: ring, sites: ¦12abc}\n", "model.sites", "12abc"),
    "nan": ("model: {kind: ring, sites: 4, forward: ¦nan}\n", "model.forward", "finite number"),
    ".nan": ("model: {kind: ring, sites: 4, forward: ¦.nan}\n", "model.forward", "finite number"),
    ".inf": ("model: {kind: ring, sites: 4, forward: ¦.inf}\n", "model.forward", "finite number"),
    "overflow": ("model: {kind: ring, sites: 4, forward: ¦1e999}\n", "model.forward", "finite number"),
    "hexadecimal real": ("model: {kind: ring, sites: 4, forward: ¦0x10}\n", "model.forward",
                         "finite number"),
    "hexadecimal integer": ("model: {kind: ring, sites: ¦0x10}\n", "model.sites", "whole number"),
    "fractional integer": ("model: {kind: ring, sites: ¦4.5}\n", "model.sites", "whole number"),
    "integer beyond 64 bits": (RING + "seed: ¦9223372036854775808\n", "seed", "9223372036854775807"),
    "quoted number": ("model: {kind: ring, sites: 4, forward: ¦'1.0'}\n", "model.forward",
                      "finite number"),
    "empty number": ("model: {kind: ring, sites: 4, forward: ¦}\n", "model.forward", "finite number"),
    "mapping as a number": ("model: {kind: ring, sites: ¦{a: 4}}\n", "model.sites",
                            "must be a single value"),
    "number as a section": (RING + "gradient: ¦3\n", "gradient", "must be a mapping"),
    "word as a truth value": (RING + "reference: {exact: ¦maybe}\n", "reference.exact", "true"),
    "negative rate": ("model: {kind: ring, sites: 4, forward: ¦-1}\n", "model.forward",
                      "greater than 0"),
    "zero rate": ("model: {kind: ring, sites: 4, backward: ¦0}\n", "model.backward", "greater than 0"),
    "too few rates": ("model: {kind: ring, sites: 4, forward: ¦[1, 2, 3]}\n", "model.forward",
                      "each of the 4 edges, got 3"),
    "negative rate in a list": ("model: {kind: ring, sites: 3, forward: [1, ¦-2, 3]}\n",
                                "model.forward[1]", "greater than 0"),
    "two sites": ("model: {kind: ring, sites: ¦2}\n", "model.sites", "must be from 3 to"),
    "no walkers": ("model: {kind: ring, sites: 4, walkers: ¦0}\n", "model.walkers", "must be from 1 to"),
    "negative disorder": ("model: {kind: ring, sites: 4, disorder: {barrier: ¦-1}}\n",
                          "model.disorder.barrier", "at least 0"),
    # Networks.
    "unknown model kind": ("model: {kind: ¦rings, sites: 4}\n", "model.kind", "ring"),
    "empty network": ("model: {kind: network, states: [A, B], edges: ¦[]}\n", "model.edges",
                      "the network is empty"),
    "one state": ("model: {kind: network, states: ¦[A], edges: []}\n", "model.states",
                  "at least two states, got 1"),
    "state listed twice": ("model: {kind: network, states: [A, B, ¦A], edges: []}\n",
                           "model.states[2]", "`A` is listed twice"),
    "unknown state": (NETWORK + "    - {from: A, to: ¦Z, forward: 1, backward: 1}\n",
                      "model.edges[2].to", "no state is called `Z`; the first is `A`"),
    "state in another case": ("model: {kind: network, states: [CoN, CiN], edges: [{from: ¦CIN, to: CoN, forward: 1, "
                              "backward: 1}]}\n", "model.edges[0].from", "did you mean `CiN`?"),
    "self loop": (NETWORK + "    - ¦{from: A, to: A, forward: 1, backward: 1}\n", "model.edges[2]",
                  "two different states"),
    "disconnected network": (
        "model:\n  kind: network\n  states: ¦[A, B, C, D]\n  edges:\n"
        "    - {from: A, to: B, forward: 1, backward: 1}\n"
        "    - {from: C, to: D, forward: 1, backward: 1}\n", "model.states", "disconnected"),
    "absorbing state": (NETWORK3 + EDGES + "    - {from: B, to: C, forward: 1, backward: 0}\n",
                        "model.states", "`C` is absorbing"),
    "trap": ("model:\n  kind: network\n  states: ¦[A, B, C]\n  edges:\n"
             "    - {from: A, to: B, forward: 1, backward: 0}\n"
             "    - {from: B, to: C, forward: 1, backward: 1}\n", "model.states", "trap"),
    "parallel edges without names": (NETWORK + "    - ¦{from: A, to: B, forward: 1, backward: 1}\n",
                                     "model.edges[2]", "give parallel edges a `name`"),
    # Design and objective.
    "unknown design kind": (RING + "design: {kind: ¦speeds}\n", "design.kind", "rates"),
    "free rates of another kind": (RING + "design: {kind: forces, free: ¦all}\n", "design.free",
                                   "belongs to `kind: rates`"),
    "free unknown channel": (RING + "design: {free: [¦0->2]}\n", "design.free[0]", "no channel is called"),
    "linear without parameters": (RING + "design: ¦{kind: linear}\n", "design",
                                  "`parameters` is missing"),
    "linear with unknown channel": (RING + "design: {kind: linear, parameters: {load: {0->2: ¦1}}}\n",
                                    "design.parameters.load.0->2", "no channel is called"),
    "negative budget": (RING + "design: {budget: {total: ¦-3}}\n", "design.budget.total",
                        "greater than 0"),
    "budget without channels": (RING + "design: {budget: {total: 3, channels: ¦[]}}\n",
                                "design.budget.channels", "names no channels"),
    "budget on unknown channel": (RING + "design: {budget: {total: 3, channels: [¦x+]}}\n",
                                  "design.budget.channels[0]", "no channel is called `x+`"),
    "budget on a channel twice": (RING + "design: {budget: {total: 3, channels: [0->1, ¦0->1]}}\n",
                                  "design.budget.channels[1]", "listed twice"),
    "inverted bounds": (RING + "design: {bounds: ¦[2, -2]}\n", "design.bounds", "below"),
    "three bounds": (RING + "design: {bounds: ¦[1, 2, 3]}\n", "design.bounds", "[low, high]"),
    "bounds beyond numbers": (RING + "design: {bounds: ¦[-8, 1000]}\n", "design.bounds",
                              "parameter `0->1` can run away: the bounds let it change the rate of `0->1` by a factor of e^1000"),
    "coefficient beyond numbers": (
        RING + "design: {kind: linear, parameters: {tilt: {0->1: 1}, load: {0->1: -100}}, bounds: ¦[-8, 8]}\n", "design.bounds",
        "parameter `load` can run away: the bounds let it change the rate of `0->1` by a factor of e^-808"),
    "sigma of an irreversible channel": (
        "model:\n  kind: network\n  states: [A, B]\n  edges:\n"
        "    - {from: A, to: B, forward: 1, backward: 0}\n"
        "    - {from: B, to: A, forward: 1, backward: 0}\nobjective: ¦{current: all}\n",
        "objective", "`A->B` has no reverse"),
    "exclude of an unknown channel": (RING + "objective: {exclude: [¦x]}\n", "objective.exclude[0]",
                                      "no channel is called `x`"),
    "current through an unknown edge": (RING + "objective: {current: {x: ¦1}}\n",
                                        "objective.current.x", "no edge is called `x`; the first is"),
    "misspelt edge in current": (NETWORK + "objective: {current: {a->B: ¦1}}\n", "objective.current.a->B",
                                 "no edge is called `a->B`; did you mean `A->B`?"),
    "misspelt channel in exclude": (NETWORK + "objective: {exclude: [¦a->B]}\n", "objective.exclude[0]",
                                    "no channel is called `a->B`; did you mean `A->B`?"),
    "current through no edge": (RING + "objective: {current: ¦{}}\n", "objective.current",
                                "names no edge"),
    "current of an unknown word": (RING + "objective: {current: ¦none}\n", "objective.current",
                                   "must be `all`"),
    "zero scale": (RING + "objective: {scale: {current: ¦0, entropy_production: 1}}\n",
                   "objective.scale.current", "greater than 0"),
    # Questions without an answer.
    "current of a tree": (
        "model:\n  kind: network\n  states: [A, B, C]\n  edges:\n"
        "    - {from: A, to: B, forward: 1, backward: 2}\n"
        "    - {from: B, to: C, forward: 1, backward: 3}\nobjective: {current: ¦all}\n",
        "objective.current", "zero in every steady state"),
    "current of one reaction": (
        'model: {kind: reactions, species: {A: 1, B: 0}, reactions: ["A <-> B @ 2, 1"]}\n'
        "objective: {current: ¦all}\n", "objective.current", "zero in every steady state"),
    "current that cancels": (
        "model:\n  kind: network\n  states: [A, B]\n  edges:\n"
        "    - {name: a, from: A, to: B, forward: 1, backward: 2}\n"
        "    - {name: b, from: B, to: A, forward: 1, backward: 3}\n"
        "objective: {current: ¦{a: 1, b: -1}}\n", "objective.current", "zero in every steady state"),
    "everything excluded": (RING + "objective: {exclude: ¦all}\n", "objective.exclude",
                            "nothing is left of the entropy production"),
    "sigma of a part of a cycle": (
        "model:\n  kind: network\n  states: [a, b]\n  edges:\n"
        "    - {from: a, to: b, forward: 2, backward: 1}\n"
        "    - {name: x, from: a, to: b, forward: 10, backward: 0}\n"
        'objective: {current: {"a->b": 1}, exclude: ¦["x+"]}\n', "objective.exclude",
        "can drive `a->b` against its force"),
    "sigma of one direction": (RING + 'objective: {exclude: ¦["0->1"]}\n', "objective.exclude",
                               "has no lower bound"),
    "two closed classes": (
        "model: ¦{kind: reactions, species: {S: 1, A: 0, B: 0, C: 0, D: 0}, reactions: [S -> A @ 1, S -> C @ 1, "
        '"A <-> B @ 2, 1", {name: b, reaction: "B <-> A @ 2, 3"}, "C <-> D @ 1, 1"]}\n'
        'objective: {current: {b: 1}, exclude: [S -> A, S -> C]}\n', "model",
        "those of (S = 0, A = 1, B = 0, C = 0, D = 0) and of (S = 0, A = 0, B = 0, C = 1, D = 0)"),
    "a state that nothing leaves": (
        "model: ¦{kind: reactions, species: {A: 1, B: 0, C: 0}, reactions: [A -> C @ 1, "
        '"A <-> B @ 2, 1", {name: b, reaction: "B <-> A @ 2, 3"}]}\n'
        'objective: {current: {b: 1}, exclude: [A -> C]}\n', "model",
        "ends in the state (A = 0, B = 0, C = 1), which nothing leaves"),
    "propensity beyond all numbers": (
        'model: {kind: reactions, species: {X: 1000000000}, reactions: [¦"3 X <-> 0 @ 1e240, 1"]}\n',
        "model.reactions[0]", "`3 X -> 0` would fire 1.66667e+266 times"),
    "a thousand molecules at once": (
        'model: {kind: reactions, species: {X: 1000000000}, reactions: [¦"1000 X <-> 0 @ 1, 1"]}\n',
        "model.reactions[0]", "`1000 X -> 0` would fire inf times"),
    "rate beyond all propensities": (
        'model: {kind: reactions, species: {X: 0}, reactions: [¦"3 X <-> 0 @ 1e300, 1"]}\n',
        "model.reactions[0]", "the rate of `3 X -> 0`"),
    "constant species beyond all numbers": (
        'model: {kind: reactions, species: {X: 0}, constant: {A: 1000000}, reactions: [¦"900 A -> X @ 1"]}\n',
        "model.reactions[0]", "the rate of `900 A -> X`"),
    "order of a sum": (
        'model: {kind: reactions, species: {X: 0}, reactions: [¦"900 X + 900 X -> 0 @ 1"]}\n',
        "model.reactions[0]", "more than 1000 of one species"),
    # Methods.
    "unknown estimator": (RING + "gradient: {estimator: ¦scores}\n", "gradient.estimator", "score"),
    "unknown optimizer": (RING + "optimizer: {kind: ¦adm}\n", "optimizer.kind", "adam"),
    "temperature 0": (RING + "gradient: {temperature: ¦0}\n", "gradient.temperature",
                      "greater than 0"),
    "temperature 2": (RING + "gradient: {temperature: ¦2}\n", "gradient.temperature", "at most 1"),
    "negative window": (RING + "gradient: {window: ¦-1}\n", "gradient.window", "must be from 0 to"),
    "no tracked trajectories": (RING + "gradient: {tracked: ¦0}\n", "gradient.tracked", "must be from 1 to"),
    "bfgs with a noisy gradient": (RING + "gradient: {estimator: score}\noptimizer: ¦{kind: bfgs}\n", "optimizer",
                                   "needs a gradient without noise; set gradient.estimator to `exact`, or use "
                                   "`trust`"),
    "no iterations": (RING + "optimizer: {iterations: ¦0}\n", "optimizer.iterations", "must be from 1 to"),
    "no events": (RING + "simulation: {events: ¦0}\n", "simulation.events", "must be from 1 to"),
    "one trajectory": (RING + "evaluation: {trajectories: ¦1}\n", "evaluation.trajectories",
                       "must be from 2 to"),
    "inverted weights": (RING + "front: {weights: ¦{min: 0.9, max: 0.1}}\n", "front.weights",
                         "`min` must be below `max`"),
    "weight of one": (RING + "front: {weights: {max: ¦1}}\n", "front.weights.max", "at most"),
    "one point": (RING + "front: {points: ¦1}\n", "front.points", "must be from 2 to"),
    "unknown spacing": (RING + "front: {spacing: ¦even}\n", "front.spacing", "adaptive"),
    "reference point of three": (RING + "front: {reference_point: ¦[1, 2, 3]}\n",
                                 "front.reference_point", "[current, entropy_production]"),
    "negative seed": (RING + "seed: ¦-1\n", "seed", "must be from 0 to"),
    # Time courses.
    "time course without end": (RING + "timecourse: ¦{points: 5}\n", "timecourse", "`end` is missing"),
    "time course to 0": (RING + "timecourse: {end: ¦0}\n", "timecourse.end", "greater than 0"),
    "time course to before 0": (RING + "timecourse: {end: ¦-1}\n", "timecourse.end", "greater than 0"),
    "time course of no points": (RING + "timecourse: {end: 1, points: ¦0}\n", "timecourse.points",
                                 "must be from 1 to"),
    "time course of one trajectory": (RING + "timecourse: {end: 1, trajectories: ¦1}\n",
                                      "timecourse.trajectories", "must be from 2 to"),
    "time course without events": (RING + "timecourse: {end: 1, max_events: ¦0}\n",
                                   "timecourse.max_events", "must be from 1 to"),
    "time course of a word": (RING + "timecourse: ¦long\n", "timecourse", "must be a mapping"),
}

# name: (words after the program's name, what the line starts with, key phrase).
# `good.yaml`, `course.yaml` and `large.yaml` are valid configurations, `old.h5` and `old.csv` existing files, `folder` a folder.
COMMAND_LINES = {
    "no command": ([], "no command given", "--help"),
    "unknown command": (["zebra"], "no command `zebra`", "--help"),
    "misspelt command": (["rnu"], "no command `rnu`", "did you mean `run`?"),
    "unknown option": (["run", "good.yaml", "-o", "out.h5", "--zebra"], "run: unknown option --zebra", ""),
    "option of another command": (["check", "good.yaml", "--json"], "check: unknown option --json", ""),
    "no configuration": (["run", "-o", "out.h5"], "usage: fluxfront run", ""),
    "two configurations": (["check", "good.yaml", "good.yaml"], "usage: fluxfront check", ""),
    "no output": (["run", "good.yaml"], "run: say where the result goes", "-o FILE"),
    "option without its value": (["run", "good.yaml", "-o"], "run: option -o needs a value", ""),
    "missing file": (["run", "no.yaml", "-o", "out.h5"], "no.yaml: cannot open", "No such file"),
    "a folder as configuration": (["run", "folder", "-o", "out.h5"], "folder: cannot", "directory"),
    "binary configuration": (["check", "binary"], "binary: not a text file", ""),
    "unwritable output folder": (["run", "good.yaml", "-o", "/proc/out.h5"],
                                 "/proc/out.h5: cannot create a file in folder `/proc`", ""),
    "missing output folder": (["run", "good.yaml", "-o", "no/out.h5"],
                              "no/out.h5: folder `no` cannot be used", "create it"),
    "file as output folder": (["run", "good.yaml", "-o", "old.h5/out.h5"], "old.h5/out.h5: ", "old.h5"),
    "output is a folder": (["run", "good.yaml", "-o", "folder"], "folder: is a folder", ""),
    "output is a folder, with --force": (["run", "good.yaml", "-o", "folder", "--force"],
                                         "folder: is a folder", ""),
    "empty output name": (["run", "good.yaml", "-o", ""], "the name of the output is empty", ""),
    "existing output": (["run", "good.yaml", "-o", "old.h5"], "old.h5: exists already", "--force"),
    "time course as a table of another kind": (["simulate", "course.yaml", "-o", "out.txt"],
                                               "out.txt: a time course is written", ".csv"),
    "time course without extension": (["simulate", "course.yaml", "-o", "out"],
                                      "out: a time course is written", ".csv"),
    "existing time course in HDF5": (["simulate", "course.yaml", "-o", "old.h5"], "old.h5: exists already",
                                     "--force"),
    "existing time course": (["simulate", "course.yaml", "-o", "old.csv"], "old.csv: exists already",
                             "--force"),
    "time course into a missing folder": (["simulate", "course.yaml", "-o", "no/out.csv"],
                                          "no/out.csv: folder `no` cannot be used", "create it"),
    "bfgs where `auto` is no exact gradient": (
        ["run", "large.yaml", "-o", "out.h5"], "optimizer.kind: `bfgs` needs a gradient without noise, but "
        "gradient.estimator `auto` became `score`, the states being too many; use `trust`", ""),
    "bfgs where `exact` is to be asked for": (
        ["run", "large.yaml", "-o", "out.h5", "--set", "model.particles=2"], "optimizer.kind: `bfgs`",
        "too many for `exact` unless it is asked for; use `trust`"),
    "verdict on a time course": (["simulate", "course.yaml", "--strict"], "--strict is for averages",
                                 "course.yaml has a section `timecourse`"),
    "averages into a file": (["simulate", "good.yaml", "-o", "out.csv"], "-o is for time courses",
                             "good.yaml has no section `timecourse`"),
    "too few repeats": (["gradcheck", "good.yaml", "--repeats", "3"], "--repeats: must be", "from 8"),
    "repeats of a word": (["gradcheck", "good.yaml", "--repeats", "9x"], "--repeats: must be", "`9x`"),
    "set without =": (["run", "good.yaml", "-o", "out.h5", "--set", "front.points"],
                      "--set front.points: expected section.key=value", ""),
    "set without a key": (["check", "good.yaml", "--set", "=1"], "--set =1: expected", ""),
    "set into a single value": (["run", "good.yaml", "-o", "out.h5", "--set", "seed.x=1"],
                                "--set seed.x: seed is a single value", ""),
    "set beyond a list": (["check", "good.yaml", "--set", "design.bounds.2=1"],
                          "--set design.bounds.2: `2` is not an item of design.bounds", ""),
    "set beyond a list, as messages spell it": (
        ["check", "good.yaml", "--set", "design.bounds[2]=1"],
        "--set design.bounds[2]: `2` is not an item of design.bounds", "which has 2"),
    "set a malformed item": (["check", "good.yaml", "--set", "design.bounds[one]=1"],
                             "--set design.bounds[one]: an item of a list", "key[number]"),
    "set a bad item": (["check", "good.yaml", "--set", "design.bounds[1]=low"],
                       "--set design.bounds[1]:1:1: design.bounds[1]: must be a finite number", "`low`"),
    "help of an unknown section": (["help", "zebra"], "help: no key `zebra` in the configuration",
                                   "fluxfront help"),
    "help of a misspelt section": (["help", "optimiser"], "help: no key `optimiser`",
                                   "did you mean `optimizer`?"),
    "help of a misspelt key": (["help", "gradient.windw"], "help: no key `windw` in gradient",
                               "did you mean `window`?"),
    "help of a misspelt key of a model": (["help", "model.edges[0].forwrd"],
                                          "help: no key `forwrd` in model.network.edges[]",
                                          "did you mean `forward`?"),
    "help below a value": (["help", "seed.x"], "help: seed has no keys", ""),
    "help of a command": (["help", "run"], "help: `run` is a command", "fluxfront run --help"),
    "help of two keys": (["help", "seed", "front"], "usage: fluxfront help", ""),
    "set nothing": (["check", "good.yaml", "--set", "seed="], "--set seed:1:1: ", "empty"),
    "set an unknown key": (["check", "good.yaml", "--set", "front.pionts=4"],
                           "--set front.pionts:", "front.pionts: unknown key; did you mean `points`?"),
    "set a bad value": (["check", "good.yaml", "--set", "front.points=many"],
                        "--set front.points:1:1: front.points: must be a whole number", "`many`"),
    "seed of letters": (["run", "good.yaml", "-o", "out.h5", "--seed", "abc"],
                        "--set seed:1:1: seed: must be a whole number", "`abc`"),
    "negative seed option": (["run", "good.yaml", "-o", "out.h5", "--seed", "-1"],
                             "--set seed:1:1: seed: must be from 0 to", ""),
}


def without_mark(text):
    """The text to write, and the one-based line and column of the mark."""
    before, after = text.split(MARK)
    return before + after, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def fill(folder):
    """The files that the command lines name."""
    os.mkdir(os.path.join(folder, "folder"))
    files = {"good.yaml": (RING + "design: {bounds: [-2, 2]}\nseed: 1\n").encode(), "old.h5": b"precious",
             "old.csv": b"precious", "course.yaml": (RING + "timecourse: {end: 1}\n").encode(),
             "binary": b"model\0",
             "large.yaml": b"model: {kind: exclusion, sites: 80, particles: 40}\noptimizer: {kind: bfgs}\n"}
    for name, content in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


def listing(folder):
    """Names and contents of everything below a folder."""
    found = {}
    for path, folders, files in os.walk(folder):
        found.update({os.path.join(path, name): None for name in folders})
        for name in files:
            with open(os.path.join(path, name), "rb") as file:
                found[os.path.join(path, name)] = file.read()
    return found


def complaints(words, folder, launcher=()):
    """Run in a folder; what is wrong with how the program refused, and its line on stderr."""
    before = listing(folder)
    process = subprocess.run([*launcher, FLUXFRONT, *words], cwd=folder, text=True, check=False,
                             capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    lines = process.stderr.splitlines()
    if launcher:  # mpirun has its own words on a job that failed
        lines = [line for line in lines if "fluxfront: " in line]
    wrong = []
    if process.returncode != 2:
        wrong.append(f"exit code {process.returncode}")
    if process.stdout:
        wrong.append(f"stdout {process.stdout!r}")
    if len(lines) != 1 or not lines[0].startswith("fluxfront: "):
        wrong.append(f"stderr {process.stderr!r}")
    if listing(folder) != before:
        wrong.append("files have changed")
    return wrong, lines[0].removeprefix("fluxfront: ") if lines else ""


def check_configuration(text, path, phrase, launcher=()):
    content, line, column = without_mark(text)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        with open(os.path.join(folder, "bad.yaml"), "w", encoding="utf-8") as file:
            file.write(content)
        wrong, message = complaints(["run", "bad.yaml", "-o", "out.h5"], folder, launcher)
    start = f"bad.yaml:{line}:{column}: " + (f"{path}: " if path else "")
    if not message.startswith(start) or phrase not in message:
        wrong.append(f"said {message!r}, not {start!r} ... {phrase!r}")
    return wrong


def check_command_line(words, start, phrase, launcher=()):
    with tempfile.TemporaryDirectory(dir=".") as folder:
        fill(folder)
        wrong, message = complaints(words, folder, launcher)
    if not message.startswith(start) or phrase not in message:
        wrong.append(f"said {message!r}, not {start!r} ... {phrase!r}")
    return wrong


class Errors(unittest.TestCase):
    def check_table(self, check, table, launcher=(), n_workers=8):
        with concurrent.futures.ThreadPoolExecutor(n_workers) as pool:
            results = pool.map(lambda case: check(*case, launcher=launcher), table.values())
            for name, wrong in zip(table, results):
                with self.subTest(name):
                    self.assertEqual(wrong, [])

    def test_bad_configuration_is_one_line_with_position_and_path(self):
        self.check_table(check_configuration, CONFIGURATIONS)

    def test_bad_command_line_is_one_line(self):
        self.check_table(check_command_line, COMMAND_LINES)

    def test_three_ranks_say_it_once(self):
        launcher = (MPIEXEC, "-n", "3")
        names = ["two documents", "negative rate"]
        self.check_table(check_configuration, {name: CONFIGURATIONS[name] for name in names},
                         launcher, n_workers=1)
        names = ["unknown command", "existing output", "too few repeats", "existing time course"]
        self.check_table(check_command_line, {name: COMMAND_LINES[name] for name in names},
                         launcher, n_workers=1)

    def test_a_good_configuration_is_not_refused(self):
        """The negative control of the tests above: they do not take every run for an error."""
        with tempfile.TemporaryDirectory(dir=".") as folder:
            fill(folder)
            wrong, _ = complaints(["check", "good.yaml"], folder)
        self.assertIn("exit code 0", wrong)


if __name__ == "__main__":
    unittest.main()
