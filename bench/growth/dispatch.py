"""Dispatch alone: from enqueue to outcome, with an echo in place of the host; no HTTP, no signature.

Ours is what gateway and runner have between them: `Dispatcher` in one process, `RuleWorker` and `Invocations` in
another, the embedded Valkey. Stock arq is one job for each invocation, with worker and waiter polling at several
intervals.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench.children import started
from bench.growth.parts import Part
from bench.peers.valkey import started_valkey

IN_FLIGHT = (1, 32, 128)
ARQ_POLLS_S = ("0.5", "0.05", "0.01", "0.002")
"""arq's default, and what might be better."""


class Dispatched(msgspec.Struct, frozen=True, kw_only=True):
    """What one turn saw."""

    per_second: float
    p50_ms: float
    p99_ms: float


def measure(*, rounds: int, seconds: int, say: Callable[[str], None]) -> Part:
    """A row for each number in flight and each way."""
    ways = {"Rulemint": ("bench.growth.dispatch_ours", ""), **{
        f"stock arq, polls every {poll} s": ("bench.growth.dispatch_arq", poll) for poll in ARQ_POLLS_S
    }}  # fmt: skip
    seen: dict[tuple[int, str], list[Dispatched]] = {}
    for in_flight in IN_FLIGHT:
        for _ in range(rounds):
            for way, (module, poll) in ways.items():
                turn = _turn(module, in_flight, seconds, poll)
                seen.setdefault((in_flight, way), []).append(turn)
                say(f"dispatch, {in_flight} in flight, {way}: {turn.per_second:.0f}/s")
    rows = []
    for (in_flight, way), turns in seen.items():
        middle = sorted(turns, key=lambda turn: turn.per_second)[len(turns) // 2]
        figures = [f"{middle.per_second:.0f}", f"{middle.p50_ms:.2f}", f"{middle.p99_ms:.2f}"]
        rows.append([way, str(in_flight), *figures])
    return Part(
        name="dispatch",
        title="Dispatch alone, an echo in place of the host",
        columns=("way", "in flight", "outcomes/s", "p50 ms", "p99 ms"),
        rows=rows,
    )


def _turn(module: str, in_flight: int, seconds: int, poll_s: str) -> Dispatched:
    with tempfile.TemporaryDirectory(prefix="rulemint-bench-") as folder, started_valkey(Path(folder)) as (_, socket):
        common = [str(socket), str(in_flight), str(seconds), poll_s]
        with started([sys.executable, "-m", module, "worker", *common]) as worker:
            done = subprocess.run(
                [sys.executable, "-m", module, "ask", *common], capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                raise SystemExit(f"{module} failed:\n{done.stderr}\n{worker.failure()}")
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Dispatched)
