#!/usr/bin/env python3
# labels: style
# SPDX-License-Identifier: GPL-3.0-or-later
"""No circle between modules of src/: x.c and x.h are module x, and a module uses those whose headers it includes."""

import os
import re
import unittest

SOURCE = os.path.join(os.environ["SOURCE_DIR"], "src")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)\.h"', re.MULTILINE)


def modules_of(root):
    """Module name -> the modules that it includes."""
    uses = {}
    for folder, _, files in os.walk(root):
        for file in files:
            stem, extension = os.path.splitext(file)
            if extension not in (".c", ".h"):
                continue
            path = os.path.join(folder, file)
            name = os.path.relpath(os.path.join(folder, stem), root)
            with open(path, encoding="utf-8") as source:
                uses.setdefault(name, set()).update(INCLUDE.findall(source.read()))
            uses[name].discard(name)
    return uses


def circles_of(uses):
    """The sets of modules that include each other, directly or through others."""
    reach = {}
    for start in uses:
        seen, stack = set(), list(uses[start])
        while stack:
            name = stack.pop()
            if name not in seen:
                seen.add(name)
                stack.extend(uses.get(name, ()))
        reach[start] = seen
    circles = {tuple(sorted(b for b in reach[a] if b in reach and a in reach[b]))
               for a in uses if a in reach[a]}
    return sorted(circles)


class Circles(unittest.TestCase):
    def test_no_module_includes_itself_through_others(self):
        uses = modules_of(SOURCE)
        self.assertIn("base/status", uses["base/yaml"])
        self.assertEqual(circles_of(uses), [])

    def test_a_circle_is_found(self):
        self.assertEqual(circles_of({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}), [("b", "c")])
        self.assertEqual(circles_of({"a": {"b", "c"}, "b": {"c"}, "c": set()}), [])


if __name__ == "__main__":
    unittest.main()
