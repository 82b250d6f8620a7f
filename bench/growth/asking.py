"""Asks again and again, so many at once, and says how long each took: the other end of `bench.growth.dispatch`."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable

WARM_UP_S = 1.0


async def ask_and_print(ask: Callable[[], Awaitable[object]], *, in_flight: int, seconds: float) -> None:
    """Keep *in_flight* calls of *ask* under way for *seconds*, after a warm-up; prints the figures as JSON."""
    await _asked(ask, in_flight, WARM_UP_S)
    times_ms = await _asked(ask, in_flight, seconds)
    cuts = statistics.quantiles(times_ms, n=100) if len(times_ms) > 1 else times_ms * 99
    figures = {"per_second": len(times_ms) / seconds, "p50_ms": cuts[49], "p99_ms": cuts[98]}
    sys.stdout.write(f"{json.dumps(figures)}\n")


async def _asked(ask: Callable[[], Awaitable[object]], in_flight: int, seconds: float) -> list[float]:
    times_ms: list[float] = []
    until_s = time.perf_counter() + seconds

    async def one_after_the_other() -> None:
        while (began_s := time.perf_counter()) < until_s:
            await ask()
            ended_s = time.perf_counter()
            if ended_s < until_s:
                times_ms.append((ended_s - began_s) * 1000)

    await asyncio.gather(*(one_after_the_other() for _ in range(in_flight)))
    return times_ms
