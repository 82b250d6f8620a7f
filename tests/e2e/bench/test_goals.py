"""The benches of what is to be reached and of hops, run for moments: what they print and write is whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bench.interpreters import interpreters, probe

pytestmark = pytest.mark.timeout(180)

ROOT = Path(__file__).parents[3]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)


def test_50_answers_beside_one_that_loops_and_one_that_throws_are_timed(tmp_path: Path) -> None:
    into = tmp_path / "goals.json"
    done = run("bench.goals", "--only", "looping", "--rounds", "1", "--into", str(into))
    assert done.returncode == 0, done.stderr
    assert "looping: 1 of 1: slowest good answer" in done.stderr
    assert "slowest good answer of 50 at once" in done.stdout
    goals = json.loads(into.read_text())
    assert goals["figures"].keys() == {"looping"}
    assert goals["figures"]["looping"][0] > 0
    assert goals["origin"]["python"].startswith("Python 3.")
    assert "| slowest good answer of 50 at once" in into.with_suffix(".md").read_text()


def test_hops_add_up_to_what_the_client_waits_for(tmp_path: Path) -> None:
    into = tmp_path / "hops.json"
    done = run("bench.hops", "--requests", "30", "--into", str(into))
    assert done.returncode == 0, done.stderr
    hops, processes, commands = json.loads(into.read_text())["parts"]
    *each, (_name, whole, _share) = hops["rows"]
    assert sum(float(took) for _hop, took, _of_all in each) == pytest.approx(float(whole), abs=0.01)
    assert {"gateway", "runner", "hosts", "valkey"} <= {row[0] for row in processes["rows"]}
    assert "publish" in {row[0] for row in commands["rows"]}


def test_of_pythons_those_are_found_that_run_have_venv_and_are_known_to_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.interpreters.ROUNDS", 1)
    broken = tmp_path / "python3.12"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    assert probe(str(broken)) is None
    assert probe(sys.executable) is None  # it is that of an environment
    assert probe(str(tmp_path / "python3.13")) is None
    found = interpreters()
    assert found
    assert all(each.version[:2] in {(3, 11), (3, 12), (3, 13)} and each.work_us > 0 for each in found)
