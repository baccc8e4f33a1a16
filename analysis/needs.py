# SPDX-License-Identifier: GPL-3.0-or-later
"""Leave with one line where this Python lacks what a program imports."""

import importlib.util
import os
import sys

FINDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "jobs", "python.sh")


def check(*modules):
    lacking = [name for name in modules if importlib.util.find_spec(name) is None]
    if lacking:
        program = os.path.basename(sys.argv[0])
        sys.exit(f"{program}: {sys.executable} lacks {', '.join(lacking)}; "
                 f"`bash {FINDER}` prints a Python that has what is needed")
