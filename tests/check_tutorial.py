#!/usr/bin/env python3
# labels: analysis
# timeout: 180
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tutorial can be followed: its blocks run in order, and print what it quotes.

`bash` and `python` blocks are run in one session that begins in a copy of the source folder; `yaml` blocks are saved under
the name last mentioned before them; each line of a `text` block must be among what the block before it has printed, where `...`
stands for anything and a number for all that round to it.
"""

import os
import re
import shlex
import subprocess
import unittest

SOURCE = os.environ["SOURCE_DIR"]
PAGE = os.path.join(SOURCE, "docs", "tutorial.md")
ROOT = os.path.abspath("sources")
STATE = os.path.abspath("session")  # the variables that blocks exported, and where they were


def blocks(page):
    """(language, text, what stands before it) of every fenced block."""
    found, end = [], 0
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        found.append((match[1], match[2], page[end:match.start()]))
        end = match.end()
    return found


def as_number(word):
    try:
        return float(word)
    except ValueError:
        return None


def is_same_word(quoted, printed):
    """Equal; or a number that agrees within one unit of the last digit that is quoted."""
    if quoted == printed:
        return True
    value, other = as_number(quoted), as_number(printed)
    if value is None or other is None:
        return False
    mantissa, _, exponent = quoted.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    if len(quoted) < 4 and quoted.isdigit() and printed.isdigit():
        return False  # counts are exact
    unit = 10.0 ** (int(exponent or 0) - decimals)
    if not decimals:  # trailing zeros of a large number are no digits
        unit *= 10 ** (len(mantissa) - len(mantissa.rstrip("0")))
    return abs(value - other) <= 1.001 * unit


def words(line):
    """Numbers apart from the punctuation behind them."""
    return re.sub(r"([,;:)\]}]+)(?=\s|$)", r" \1", line).split()


def is_same_line(quoted, printed):
    """Whether the words agree, `...` being any number of them."""
    if not quoted:
        return not printed
    if quoted[0] == "...":
        return any(is_same_line(quoted[1:], printed[i:]) for i in range(len(printed) + 1))
    return bool(printed) and is_same_word(quoted[0], printed[0]) and is_same_line(quoted[1:], printed[1:])


def missing(quoted, printed):
    """The quoted lines that no printed one agrees with."""
    lines = [words(line) for line in printed.splitlines()]
    return [line for line in quoted.splitlines() if not any(is_same_line(words(line), other) for other in lines)]


def prepare():
    """A folder like that of the sources after a build, and a python3 that has what the examples import."""
    os.makedirs(os.path.join(ROOT, "build"))
    os.makedirs("bin")
    for name in ("analysis", "config"):
        os.symlink(os.path.join(SOURCE, name), os.path.join(ROOT, name))
    os.makedirs(os.path.join(ROOT, "build", "release"))
    os.symlink(os.environ["FLUXFRONT"], os.path.join(ROOT, "build", "release", "fluxfront"))
    with open("bin/python3", "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec {shlex.quote(os.environ["PYTHON"])} "$@"\n')
    os.chmod("bin/python3", 0o755)
    with open(STATE, "w", encoding="utf-8") as file:
        file.write(f'cd {shlex.quote(ROOT)}\nexport PATH={shlex.quote(os.path.abspath("bin"))}:"$PATH"\n')


def run(text):
    """Run commands where the last ones ended; (exit code, all that they printed)."""
    state = shlex.quote(STATE)
    script = f'set -e\n. {state}\n{text}\n{{ export -p; printf "cd %q\\n" "$PWD"; }} > {state}\n'
    done = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True, check=False)
    return done.returncode, done.stdout


def run_python(text):
    return run(f"python3 - <<'END_OF_EXAMPLE'\n{text}END_OF_EXAMPLE")


class Tutorial(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(PAGE, encoding="utf-8") as file:
            cls.blocks = blocks(file.read())

    def save(self, text, before):
        names = re.findall(r"`([\w.]+\.yaml)`", before)
        self.assertTrue(names, "no name for the file:\n" + text)
        with open(STATE, encoding="utf-8") as file:
            folder = shlex.split(file.read().splitlines()[-1])[1]
        with open(os.path.join(folder, names[-1]), "w", encoding="utf-8") as file:
            file.write(text)

    def test_it_can_be_followed(self):
        prepare()
        printed = ""
        for number, (language, text, before) in enumerate(self.blocks):
            with self.subTest(block=number, begins=text.splitlines()[0]):
                if language == "yaml":
                    self.save(text, before)
                elif language == "text":
                    self.assertEqual(missing(text, printed), [], "printed was:\n" + printed)
                else:
                    self.assertIn(language, ("bash", "python"))
                    status, printed = run(text) if language == "bash" else run_python(text)
                    self.assertEqual(status, 0, printed)

    def test_it_has_what_there_is_to_show(self):
        commands = "".join(text for language, text, _ in self.blocks if language == "bash")
        for command in ("check", "help", "exact", "simulate", "run", "info", "gradcheck"):
            self.assertIn(f"fluxfront {command} ", commands)
        self.assertGreater(sum(text.count("\n") for language, text, _ in self.blocks if language == "text"), 20)


class Quotes(unittest.TestCase):
    """What counts as the same."""

    def test_rounded_numbers_and_gaps_agree(self):
        self.assertEqual(missing("current  1.10 ...\n... 0 failed, ...\n16850 for 0.4 %",
                                 "current 1.0998 per unit time\nx: 0 failed, 3 s\n16853.2 for 0.43 %"), [])

    def test_other_numbers_do_not(self):
        for quoted, printed in (("J 1.10", "J 1.12"), ("0 failed, ...", "1 failed, ..."), ("24 points", "23 points"),
                                ("J 1.10", "J 1.10 k_B"), ("a ... b", "a c"), ("16850", "16870.1"), ("x", "")):
            with self.subTest(quoted=quoted, printed=printed):
                self.assertEqual(missing(quoted, printed), [quoted])

    def test_a_command_that_fails_is_found(self):
        for text, is_good in (("echo a\ntrue\n", True), ("echo a\nfalse\ntrue\n", False), ("echo a\nno_such_command\n", False)):
            with open(STATE, "w", encoding="utf-8"):
                pass
            with self.subTest(text=text):
                status, printed = run(text)
                self.assertEqual(status == 0, is_good)
                self.assertEqual(printed.splitlines()[0], "a")

    def test_what_a_block_exports_lasts(self):
        with open(STATE, "w", encoding="utf-8"):
            pass
        os.makedirs("elsewhere")
        self.assertEqual(run("export A=1\ncd elsewhere\n")[0], 0)
        self.assertEqual(run('echo "$A" "${PWD##*/}"\n'), (0, "1 elsewhere\n"))


if __name__ == "__main__":
    unittest.main()
