"""The console's modules that need no document, each tested in JavaScript in this folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fixtures.processes import BIN

HERE = Path(__file__).parent
TESTS = sorted(path.name for path in HERE.glob("*_test.js"))


@pytest.mark.parametrize("file", TESTS)
def test_the_modules_do_what_their_tests_in_javascript_say(file: str) -> None:
    argv = [str(BIN / "deno"), "test", "--no-check", "--quiet", "--no-config", file]
    done = subprocess.run(
        argv, cwd=HERE, capture_output=True, text=True, check=False, env={"NO_COLOR": "1"}, timeout=25
    )
    assert done.returncode == 0, done.stdout + done.stderr
