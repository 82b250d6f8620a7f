"""The first token of a tenant whose host has ended because nobody asked for a while."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterable, Iterator

from bench.asking import Asking
from bench.growth.made import RULES, make_tenants
from bench.growth.parts import Part
from bench.load import Request
from bench.processes import counted
from bench.system import System, started_system

HOST_IDLE_S = 1
TENANTS = 5
PAUSE_S = 1.0
"""Between two of them, so that blank hosts are ready again."""
QUIET_S = 3.0
ENDED_TIMEOUT_S = 30.0


def measure(*, times: int, say: Callable[[str], None]) -> Part:
    """A row for each language: the first token after idle and the one right after it, *times* of each."""
    rows = []
    for language, first_ms, next_ms in measured(RULES, times=times, say=say):
        for what, seen in (("first after idle", first_ms), ("right after it", next_ms)):
            figures = [statistics.median(seen), statistics.quantiles(seen, n=20, method="inclusive")[-1], max(seen)]
            rows.append([f"{language}, {what}", str(len(seen)), *(f"{ms:.1f}" for ms in figures)])
    return Part(
        name="idle",
        title=f"A tenant's first token after its host ended, {HOST_IDLE_S} s after its last; one connection for each",
        columns=("case", "times", "p50 ms", "p95 ms", "most ms"),
        rows=rows,
    )


def measured(
    languages: Iterable[str], *, times: int, say: Callable[[str], None]
) -> Iterator[tuple[str, list[float], list[float]]]:
    """Each language with the ms of *times* first tokens after idle, and of those right after them."""
    with started_system({"RULEMINT_HOST_IDLE": str(HOST_IDLE_S)}) as system:
        blank = _blank_hosts(system)
        for language in languages:
            names = [f"{language}-{number}" for number in range(TENANTS)]
            requests = asyncio.run(make_tenants(system, names, language=language))
            for request in requests:
                _token_ms(request)
            first_ms, next_ms = _alternating(system, requests, times, blank)
            say(f"first token after idle, {language}: p50 {statistics.median(first_ms):.1f} ms")
            yield language, first_ms, next_ms


def _alternating(system: System, requests: list[Request], times: int, blank: int) -> tuple[list[float], list[float]]:
    first_ms: list[float] = []
    next_ms: list[float] = []
    while len(first_ms) < times:
        _until_hosts_ended(system, blank)
        for request in requests[: times - len(first_ms)]:
            first_ms.append(_token_ms(request))
            next_ms.append(_token_ms(request))
            time.sleep(PAUSE_S)
    return first_ms, next_ms


def _blank_hosts(system: System) -> int:
    """How many hosts are kept ready for no tenant, once as many run as are to."""
    seen, since_s = -1, time.monotonic()
    while time.monotonic() - since_s < QUIET_S:
        if (now := counted([system.process.pid])["hosts"]) != seen:
            seen, since_s = now, time.monotonic()
        time.sleep(0.1)
    return seen


def _until_hosts_ended(system: System, blank: int) -> None:
    until_s = time.monotonic() + ENDED_TIMEOUT_S
    while counted([system.process.pid])["hosts"] > blank:
        if time.monotonic() > until_s:
            raise SystemExit("idle hosts do not end")
        time.sleep(0.2)


def _token_ms(request: Request) -> float:
    """Of a token on a connection that is open already."""
    with Asking(request) as asking:
        return asking.token()[0]
