from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[4]
PACKAGES = ("shared/rulemint_shared", "gateway/rulemint_gateway", "rule-runner/rulemint_runner", "cli/rulemint_cli")
SPELLERS = {"redis_keys.py", "old_redis_keys.py"}
NAME = re.compile(r"(rulemint|arq):\S|.*:\{(config|runners|packages|clocks|tenant:)")
"""Where a Redis name begins, as `keys` and `old_keys` spell it."""


def test_no_other_module_spells_a_redis_name() -> None:
    """A name that is spelled twice is renamed once."""
    found = [(path, text) for path, text in _texts() if NAME.match(text)]
    assert {path.name for path, _ in found} == SPELLERS


def _texts() -> Iterator[tuple[Path, str]]:
    """Every text in the code of the services."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield path, node.value
