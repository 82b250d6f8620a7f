"""The console's bundle of third parties is what its lock file makes, byte for byte."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fixtures.node import OUT_OF_REACH
from fixtures.processes import ROOT

pytestmark = pytest.mark.timeout(300)


def test_the_lock_file_makes_the_committed_bundle_again_with_the_same_bytes() -> None:
    argv = [sys.executable, str(ROOT / "gateway/console_vendor/bundle.py"), "--check"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=280, check=False)
    if any(code in done.stderr for code in OUT_OF_REACH):
        pytest.skip("NOT TESTED: THE PUBLIC NPM REGISTRY DOES NOT ANSWER")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
