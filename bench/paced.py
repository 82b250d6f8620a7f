"""The load at a steady rate: so many token requests a second, by ``hey`` (<https://github.com/rakyll/hey>)."""

from __future__ import annotations

import re
import shutil
import subprocess

from bench.load import TIMEOUT_S, Loaded, Request

_FORM = "application/x-www-form-urlencoded"
_TOOK = re.compile(r"^  Total:\s+([0-9.]+) secs", re.MULTILINE)
_STATUSES = re.compile(r"^  \[(\d+)\]\t(\d+) responses$", re.MULTILINE)
_ERRORS = re.compile(r"^  \[(\d+)\]\t(?!\d+ responses$)", re.MULTILINE)


def require() -> None:
    """See that there is one.

    Raises:
        SystemExit: it is missing.
    """
    if shutil.which("hey") is None:
        raise SystemExit("hey is missing: it is the load (Debian: apt-get install hey)")


def ask(request: Request, *, rate: float, connections: int, seconds: int) -> Loaded:
    """Ask *rate* times a second in all; a connection whose answer is late leaves out what was due meanwhile.

    Raises:
        SystemExit: hey failed.
    """
    command = [
        "hey", "-c", str(connections), "-q", str(rate / connections), "-z", f"{seconds}s", "-t", str(TIMEOUT_S),
        "-m", "POST", "-T", _FORM, "-host", request.host, "-d", request.body, request.url,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    took = _TOOK.search(done.stdout)
    if done.returncode != 0 or took is None:
        raise SystemExit(f"hey failed: {done.stderr.strip() or done.stdout.strip()}")
    return _read(done.stdout, seconds=float(took[1]))


def _read(printed: str, *, seconds: float) -> Loaded:
    answers = {int(status): int(count) for status, count in _STATUSES.findall(printed)}
    tokens = answers.pop(200, 0)
    return Loaded(
        tokens=tokens,
        failed=sum(answers.values()) + sum(map(int, _ERRORS.findall(printed))),
        seconds=seconds,
        p50_ms=_percentile(printed, 50),
        p95_ms=_percentile(printed, 95),
        p99_ms=_percentile(printed, 99),
    )


def _percentile(printed: str, percent: int) -> float:
    """In ms; 0 where there were too few answers for one."""
    found = re.search(rf"^  {percent}% in ([0-9.]+) secs$", printed, re.MULTILINE)
    return float(found[1]) * 1000 if found else 0.0
