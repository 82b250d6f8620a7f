"""The bench of endurance, run for a few seconds: what it prints and writes is whole."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bench.load import Request
from bench.paced import ask

pytestmark = pytest.mark.timeout(120)

ROOT = Path(__file__).parents[3]
KINDS = {"gateway", "runner", "valkey", "broker", "hosts"}
MEASURED = ("p50_ms", "p95_ms", "p99_ms")
HEY = """#!/bin/sh
cat <<'END'

Summary:
  Total:\t2.0000 secs

Latency distribution:
  10% in 0.0011 secs
  50% in 0.0024 secs
  95% in 0.0044 secs
  0% in 0.0000 secs

Status code distribution:
  [200]\t40 responses
  [503]\t3 responses

Error distribution:
  [2]\tPost "http://127.0.0.1:1/oauth/token": context deadline exceeded
END
"""


def test_what_got_no_token_is_counted_whatever_it_got_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hey = tmp_path / "hey"
    hey.write_text(HEY)
    hey.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    request = Request(url="http://127.0.0.1:1/oauth/token", host="bench.test", body="")
    loaded = ask(request, rate=20, connections=2, seconds=2)
    assert (loaded.tokens, loaded.failed, loaded.per_second) == (40, 5, 20.0)
    assert [round(getattr(loaded, name), 1) for name in MEASURED] == [2.4, 4.4, 0.0]


def test_a_machine_without_hey_is_told_where_to_get_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.endurance"], cwd=ROOT, env={"PATH": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "hey is missing: it is the load (Debian: apt-get install hey)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(shutil.which("hey") is None, reason="NOT TESTED: THERE IS NO hey (Debian: apt-get install hey)")
def test_each_minute_has_tokens_latency_and_the_memory_of_each_kind_of_process(tmp_path: Path) -> None:
    into = tmp_path / "endurance.json"
    short = ["--minutes", "2", "--seconds", "2", "--rule", "python", "--into", str(into)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.endurance", *short], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(into.read_text())
    assert report["rule"] == "python"
    assert len(report["minutes"]) == 2
    for minute in report["minutes"]:
        assert (minute["loaded"]["tokens"] > 0, minute["loaded"]["failed"]) == (True, 0)
        assert all(minute["loaded"][name] > 0 for name in MEASURED)
        assert minute["unique_mib"].keys() == KINDS
    assert "last beside second" in done.stdout
    assert "last beside second" in into.with_suffix(".md").read_text()
