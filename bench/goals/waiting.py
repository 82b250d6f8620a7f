"""A rule that waits for HTTP on many connections, and what another tenant's requests notice of it."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bench.asking import Asking
from bench.goals.measured import ES256, Measured, Run
from bench.load import Loaded
from bench.rounds import WARM_UP_S
from bench.subjects.ours import make_subjects, started_ours

CONNECTIONS = 40
PER_SECOND = 40
"""Requests of the other tenant, one at a time: few, so that they are no load themselves."""

FIRST_S = 5.0
"""Of load before anything is timed: each connection gets a host, and these start one after the other."""


def measure(run: Run) -> Measured:
    """Both lines about rules that wait; calm and disturbed take turns."""
    loads: list[Loaded] = []
    calm_ms: list[float] = []
    disturbed_ms: list[float] = []
    with tempfile.TemporaryDirectory(prefix="rulemint-bench-") as name, started_ours(Path(name), {}) as ours:
        waiting, other = asyncio.run(make_subjects(*ours, ["waits-for-http", "javascript"], [ES256]))
        load = partial(run.load.run, waiting.request, connections=CONNECTIONS)
        load(seconds=FIRST_S)
        with ThreadPoolExecutor(1) as pool, Asking(other.request) as asking:
            for done in range(run.rounds):
                calm_ms += asking.steadily(PER_SECOND, run.seconds)
                load(seconds=WARM_UP_S)
                loading = pool.submit(load, seconds=run.seconds)
                disturbed_ms += asking.steadily(PER_SECOND, run.seconds)
                loads.append(loading.result())
                p99s = f"another tenant's p99 {_p99(calm_ms):.1f} ms calm, {_p99(disturbed_ms):.1f} ms during it"
                run.say(f"waiting: {done + 1} of {run.rounds}: {loads[-1].per_second:.0f} tokens/s; {p99s}")
    figures: dict[str, list[float | None]] = {
        "waiting": [round(statistics.median(each.per_second for each in loads), 1)],
        "neighbour": [round(_p99(disturbed_ms) / _p99(calm_ms), 2)],
    }
    return Measured(figures=figures, failed=sum(each.failed for each in loads))


def _p99(times_ms: list[float]) -> float:
    return statistics.quantiles(times_ms, n=100, method="inclusive")[98]
