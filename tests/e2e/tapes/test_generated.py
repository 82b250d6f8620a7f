"""Exchanges of generated rules replay equal, and diverge where a frame was altered: a few; the bench makes 1,000."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(180)

ROOT = Path(__file__).parents[3]


def test_exchanges_of_generated_rules_replay_equal_and_diverge_where_a_frame_was_altered() -> None:
    few = [sys.executable, "-m", "bench.replays", "--exchanges", "6", "--each", "2", "--seed", "3"]
    done = subprocess.run(few, cwd=ROOT, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("replays: {'equal': 6}")
    assert "with one frame altered: {'right': 6}" in done.stdout
