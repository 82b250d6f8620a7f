"""Writes the table of tested faults in docs/reliability.md from the tests' own names: ``make docs``."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN = "<!-- From here on made by docs/faults.py (make docs). -->\n"
INTRODUCTION = """
## What is tested

Each line is what the tests of one name promise, and the faults that they cause, in real processes and with a real
Valkey. `make faults` runs all and prints what was seen of each: tokens, 503s, anything else, the longest answer and how
long it took until all was well again. `make test` runs those that take less than two seconds.
"""


def render() -> str:
    """The whole page; what is written by hand stays."""
    kept, _, _ = PAGE.read_text().partition(BEGIN)
    files = groupby(_collected(), key=lambda nodeid: nodeid.partition("::")[0])
    parts = [INTRODUCTION, *(_section(path, nodeids) for path, nodeids in files)]
    return kept + BEGIN + "\n".join(parts)


def _collected() -> list[str]:
    """The ids of all tests of faults, in the order of their files."""
    options = ["--collect-only", "--quiet", "--faults-everything", "-p", "no:randomly", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "tests/faults", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = [line for line in done.stdout.splitlines() if line.startswith("tests/faults/")]
    return sorted(found, key=lambda nodeid: nodeid.partition("::")[0])  # the tests' own order is that of their length


def _section(path: str, nodeids: Iterable[str]) -> str:
    """A table of one file, below what it says of itself."""
    about = (ast.get_docstring(ast.parse((ROOT / path).read_text())) or path).partition("\n")[0]
    faults: dict[str, list[str]] = {}
    for nodeid in nodeids:
        name, _, parameters = nodeid.rpartition("::")[2].partition("[")
        promise = name.removeprefix("test_").replace("_", " ")
        faults.setdefault(promise, []).extend([parameters.removesuffix("]")] if parameters else [])
    rows = [f"| {promise} | {' · '.join(causes)} |\n" for promise, causes in faults.items()]
    return f"### {about}\n\n`{path}`\n\n| promise | faults |\n|---|---|\n{''.join(rows)}"


if __name__ == "__main__":
    PAGE.write_text(render())
