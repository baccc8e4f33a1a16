#!/usr/bin/env python3
# labels: unit
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/configuration.md is what the program prints, and says something of every key there is."""

import difflib
import os
import re
import subprocess
import unittest

FLUXFRONT, SOURCE = os.environ["FLUXFRONT"], os.environ["SOURCE_DIR"]
PAGE = os.path.join(SOURCE, "docs", "configuration.md")
NAMES = """free parameters constant left right decay average starts reference_point scale spacing
    walkers states edges from to forward backward disorder barrier energy species reactions lattice
    particles in out budget channels bounds exclude weights estimator window locality temperature
    truncation tracked baseline burn_in learning_rate end max_events exact max_states seed""".split()


def fluxfront(*words):
    return subprocess.run([FLUXFRONT, *words], text=True, check=True, capture_output=True,
                          stdin=subprocess.DEVNULL).stdout


def difference(committed, printed):
    """Empty where the two pages are the same."""
    return "\n".join(difflib.unified_diff(committed.splitlines(), printed.splitlines(),
                                          "docs/configuration.md", "fluxfront help all", lineterm=""))


def mute_keys(page):
    """Keys of a page that no sentence follows."""
    keys = re.findall(r"^- `([^`]+)`: [^\n]*;? ?[^\n]*\.\n(.*)$", page, re.MULTILINE)
    return [name for name, sentence in keys if not re.match(r"  \S", sentence)]


class Docs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.printed = fluxfront("help", "all")
        with open(PAGE, encoding="utf-8") as file:
            cls.committed = file.read()

    def test_committed_page_is_what_the_program_prints(self):
        self.assertEqual(difference(self.committed, self.printed), "",
                         "write it anew: fluxfront help all > docs/configuration.md")

    def test_a_page_that_is_out_of_date_is_found(self):
        self.assertNotEqual(difference(self.committed.replace("default 64", "default 65"), self.printed), "")

    def test_every_key_has_a_sentence(self):
        self.assertEqual(mute_keys(self.printed), [])

    def test_a_key_without_a_sentence_is_found(self):
        page = re.sub(r"(- `window`: .*\n)(?:  .*\n)+", r"\1", self.printed)
        self.assertEqual(mute_keys(page), ["window"])

    def test_every_key_is_on_the_page(self):
        self.assertEqual([name for name in NAMES if f"\n- `{name}`: " not in self.printed], [])

    def test_every_key_of_a_resolved_configuration_is_on_the_page(self):
        resolved = fluxfront("check", os.path.join(SOURCE, "config", "ring.yaml"))
        for section, keys in re.findall(r"^(\w+):\n((?:  .*\n)+)", resolved, re.MULTILINE):
            for key in re.findall(r"^  (\w+):", keys, re.MULTILINE):
                with self.subTest(section=section, key=key):
                    self.assertIn(key, fluxfront("help", f"{section}.{key}"))

    def test_sections_and_keys_print_what_the_page_says(self):
        headings = re.findall(r"^##+ ([a-z][\w.\[\]]*)\n", self.printed, re.MULTILINE)
        self.assertGreater(len(headings), 20)
        for path in headings:
            with self.subTest(path=path):
                self.assertIn(fluxfront("help", path), self.printed + "\n")

    def test_help_without_a_word_lists_the_sections(self):
        listed = re.findall(r"^- `(\w+)`: ", fluxfront("help"), re.MULTILINE)
        self.assertEqual(listed, ["model", "design", "objective", "front", "gradient", "simulation", "seed",
                                  "optimizer", "evaluation", "timecourse", "reference"])

    def test_words_of_the_results_are_explained(self):
        words = self.printed[self.printed.index("\n## Words\n"):self.printed.index("\n## Sections\n")]
        for word in ("1/time", "k_B", "log of a factor", "e^8", "Hypervolume", "Excess", "TUR ratio"):
            self.assertIn(word, words)


if __name__ == "__main__":
    unittest.main()
