from __future__ import annotations

import subprocess
import sys

import pytest

from fixtures.processes import BIN

HEAVY = ("aiohttp", "rich", "watchfiles", "platformdirs", "cryptography", "trustme", "redis", "arq")


def test_help_loads_nothing_heavy() -> None:
    look = f"import sys, rulemint_cli.__main__; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("words", "completed"),
    [("rulemint cl", ["clients"]), ("rulemint rules de", ["deploy", "deploy-version", "delete"])],
)
def test_a_shell_can_complete_commands(words: str, completed: list[str]) -> None:
    asked = {"_RULEMINT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = subprocess.run([str(BIN / "rulemint")], env=asked, capture_output=True, text=True, check=True)
    assert done.stdout.split() == completed
