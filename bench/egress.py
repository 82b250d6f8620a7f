"""What a call of a rule costs: through the egress broker, to a server on this machine, over TLS and kept connections.

``python -m bench.egress`` starts a broker and a server of its own and makes calls as a runner does for one tenant, with
one and with many under way. A call's time is from the runner's request to the whole response: it has the broker's
checks of the name and its addresses in it, and, for each connection once, the handshake.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.command import run
from bench.system import resident_kib
from bench.tls_server import ANSWER, NAME, started_server
from rulemint_runner.egress.client import EgressBroker, open_egress
from rulemint_runner.egress.messages import OutboundRequest
from rulemint_shared.deadline import Deadline

IN_FLIGHT = (1, 32)
PROGRESS_EVERY = 100
CALL_TIMEOUT_S = 30.0
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Row:
    """What one number of calls under way gave; the memory is the broker's."""

    in_flight: int
    calls: int
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    memory_mib: float
    peak_memory_mib: float


async def measure(port: int, folder: Path, calls: int, warm_up: int) -> list[Row]:
    """*calls* calls for each of `IN_FLIGHT`, with *warm_up* before them, to the server at *port*."""
    hosts_file = folder / "hosts"
    hosts_file.write_text(f"127.0.0.1 {NAME}\n")
    certificate = str(folder / "certificate.pem")
    async with open_egress(allow_private=["127.0.0.0/8"], hosts_file=str(hosts_file), ca_file=certificate) as broker:
        rows = []
        for in_flight in IN_FLIGHT:
            await _make(broker, port, max(warm_up, in_flight), in_flight)
            began_s = time.perf_counter()
            times_ms = await _make(broker, port, calls, in_flight, title=f"{in_flight} in flight")
            rows.append(_row(broker, in_flight, times_ms, time.perf_counter() - began_s))
    return rows


async def _make(broker: EgressBroker, port: int, calls: int, in_flight: int, title: str = "") -> list[float]:
    """The milliseconds of each of *calls* calls, *in_flight* of them at any time."""
    times_ms: list[float] = []
    numbers = iter(range(calls))
    async with asyncio.TaskGroup() as callers:
        for _ in range(in_flight):
            callers.create_task(_call_on(broker, port, numbers, times_ms, f"{title}: {{}} of {calls}" if title else ""))
    if title:
        sys.stderr.write("\n")
    return times_ms


async def _call_on(broker: EgressBroker, port: int, numbers: Iterator[int], times_ms: list[float], said: str) -> None:
    """One call after the other until *numbers* are used up."""
    for number in numbers:
        began_s = time.perf_counter()
        fetched = await broker.fetch(
            tenant="bench",
            allow_hosts=(f"{NAME}:{port}",),
            request=OutboundRequest(url=f"https://{NAME}:{port}/plans/{number}"),
            deadline=Deadline.after(CALL_TIMEOUT_S),
        )
        times_ms.append((time.perf_counter() - began_s) * 1000)
        if fetched.body != ANSWER:
            raise SystemExit(f"a call got {fetched.status} {fetched.reason}")
        if said and len(times_ms) % PROGRESS_EVERY == 0:
            sys.stderr.write(f"\r{said.format(len(times_ms))}")


def _row(broker: EgressBroker, in_flight: int, times_ms: list[float], took_s: float) -> Row:
    assert broker.pid is not None  # noqa: S101  # it has just answered
    cuts = statistics.quantiles(times_ms, n=100)
    return Row(
        in_flight=in_flight,
        calls=len(times_ms),
        per_second=round(len(times_ms) / took_s, 1),
        p50_ms=round(cuts[49], 2),
        p95_ms=round(cuts[94], 2),
        p99_ms=round(cuts[98], 2),
        memory_mib=round(resident_kib(broker.pid) / 1024, 1),
        peak_memory_mib=round(resident_kib(broker.pid, "VmHWM:") / 1024, 1),
    )


def show(rows: list[Row]) -> None:
    """Print one line for each number of calls under way."""
    table = Table(title="Calls through the egress broker, TLS, connections kept")
    for heading in ("in flight", "calls", "calls/s", "p50, ms", "p95, ms", "p99, ms", "broker, MiB", "at its peak"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(*(str(value) for value in asdict(row).values()))
    Console().print(table)


def main() -> int:
    """Measure, print, and write ``bench/results/egress.json``."""
    parser = argparse.ArgumentParser(prog="bench.egress", description=__doc__)
    parser.add_argument("--calls", type=int, default=2_000, help="timed calls, two at least (default: 2000)")
    parser.add_argument("--warm-up", type=int, default=100, help="calls before them (default: 100)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rulemint-bench-") as name, started_server(Path(name)) as port:
        rows = asyncio.run(measure(port, Path(name), max(2, arguments.calls), arguments.warm_up))
    show(rows)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "egress.json").write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    return 0


if __name__ == "__main__":
    run(main)
