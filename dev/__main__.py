"""``python3 -m dev <command>``: what the Makefile's targets call."""

from __future__ import annotations

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 12):
    sys.exit(
        f"ClusterHub needs Python 3.11 or 3.12; this is {sys.version.split()[0]} ({sys.executable}).\n"
        "What to do: name another one, for example: make demo PYTHON=python3.11"
    )

from dev.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
