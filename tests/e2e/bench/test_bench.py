"""The bench, run for a few seconds: what it prints and writes is whole. How fast anything is says no test."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from bench.peers import PeerMissingError
from bench.peers.oidc import require_isolates

from fixtures.node import OUT_OF_REACH
from fixtures.processes import family_of, is_alive, until

pytestmark = pytest.mark.timeout(180)

ROOT = Path(__file__).parents[3]
SUBJECTS = ("javascript", "oidc-webhook", "arq")
"""Ours, a server that is told apart from its hook, and a program in Python."""
QUICK = [
    sys.executable, "-m", "bench.tokens", "--subjects", ",".join(SUBJECTS), "--algorithms", "ES256",
    "--connections", "2", "--rounds", "1", "--warm-up", "0", "--seconds", "1", "--no-charts",
]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any], str]:
    """What a run printed, its JSON and its Markdown."""
    into = tmp_path_factory.mktemp("bench") / "tokens.json"
    done = subprocess.run([*QUICK, "--into", into], cwd=ROOT, capture_output=True, text=True, timeout=150, check=False)
    if any(code in done.stderr for code in OUT_OF_REACH):
        pytest.skip("NOT TESTED: THE PUBLIC NPM REGISTRY DOES NOT ANSWER")
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(into.read_text()), into.with_suffix(".md").read_text()


def test_every_subject_has_a_row_with_every_figure(run: tuple[str, dict[str, Any], str]) -> None:
    _printed, report, _markdown = run
    assert [row["subject"] for row in report["rows"]] == list(SUBJECTS)
    for row in report["rows"]:
        assert (row["algorithm"], row["connections"], row["rounds"], row["failed"]) == ("ES256", 2, 1, 0)
        assert row["per_second"] > 0
        assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"]
        assert sum(row["processor_us"].values()) > 0
        assert sum(row["unique_mib"].values()) > 0


def test_processor_time_and_memory_of_ours_are_told_apart_by_process(run: tuple[str, dict[str, Any], str]) -> None:
    _printed, report, _markdown = run
    ours = report["rows"][0]
    assert {"gateway", "runner", "hosts", "spawner", "broker", "valkey"} <= ours["processor_us"].keys()
    assert ours["processes"]["hosts"] >= 1
    assert ours["unique_mib"]["hosts"] > 0


def test_the_hook_and_the_server_that_asks_it_are_told_apart(run: tuple[str, dict[str, Any], str]) -> None:
    _printed, report, _markdown = run
    webhook = next(row for row in report["rows"] if row["subject"] == "oidc-webhook")
    assert webhook["processor_us"].keys() == {"server", "hook"}
    assert webhook["processes"] == {"server": 1, "hook": 1}


def test_a_peer_that_cannot_be_had_is_left_out_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PeerMissingError, match=r"isolated-vm does not load on this machine \(.*Cannot find module"):
        require_isolates(tmp_path)


def test_figures_say_where_they_come_from(run: tuple[str, dict[str, Any], str]) -> None:
    _printed, report, markdown = run
    origin = report["origin"]
    assert origin["command"].startswith("python -m bench.tokens --subjects javascript,oidc-webhook")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d\+00:00", origin["date"])
    assert origin["load"] in {"wrk", "autocannon"}
    assert all(origin.values())
    assert all(origin[name] in markdown for name in ("command", "date", "machine", "commit"))


def test_the_table_and_the_bars_name_every_subject(run: tuple[str, dict[str, Any], str]) -> None:
    printed, report, markdown = run
    for row in report["rows"]:
        assert f"{row['title']}, ES256, 2" in printed
        assert f"| {row['title']} | ES256 | 2 | {row['per_second']:.0f} |" in markdown
    assert "CPU µs/token" in printed


def test_ctrl_c_ends_it_with_no_process_left(tmp_path: Path) -> None:
    into = tmp_path / "tokens.json"
    command = [*QUICK, "--subjects", "javascript,oidc-webhook", "--rounds", "30", "--into", str(into)]
    bench = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert bench.stderr is not None
    too_late_s = time.monotonic() + 60
    while not (line := bench.stderr.readline()).startswith("1 of") and time.monotonic() < too_late_s:
        if any(code in line for code in OUT_OF_REACH):
            pytest.skip("NOT TESTED: THE PUBLIC NPM REGISTRY DOES NOT ANSWER")
    family = family_of(bench.pid)
    assert len(family) > len(SUBJECTS)  # hosts of rules among them
    bench.send_signal(signal.SIGINT)
    _out, said = bench.communicate(timeout=30)
    assert bench.returncode == 130
    assert "interrupted" in said
    until(lambda: not any(map(is_alive, family)), timeout_s=5)  # who dies with its parent does so a moment later
    assert not into.exists()


def test_a_subject_that_there_is_not_is_named_with_those_that_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.tokens", "--subjects", "javascript,fast"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "fast: choose from no-rule, javascript" in done.stderr
