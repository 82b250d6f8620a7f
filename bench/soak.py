"""Honest and hostile tenants side by side: what do the honest ones notice?

``python -m bench.soak`` starts a system of its own with 20 tenants. Ten honest ones ask for tokens at a steady rate, at
first alone, then beside ten hostile ones whose rules loop, eat memory, crash, flood and fork without a pause. Printed
are the honest half's quantiles in both parts and in each minute, what failed, the memory of each service over time, and
what was left. A request's time is taken from when it was due, so that a system which falls behind does not look quick.
Of records so few are kept that their streams are full before the hostile ones come: what grows then is no history.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import statistics
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bench.command import run
from bench.system import System, started_system
from bench.tenants import ATTACKS, Tenant, make_tenants

HONEST, HOSTILE = 10, 10
INTERVAL_S = 0.2
"""Between two requests of one honest tenant: 50 a second from all of them."""
WARM_UP_S = 3.0
PROGRESS_S = 10.0
RECORDS_KEPT = "200"
SETTINGS = {
    "RULEMINT_RULE_TIMEOUT": "2",
    "RULEMINT_LOG_HISTORY": RECORDS_KEPT,
    "RULEMINT_EXCHANGES_KEPT": RECORDS_KEPT,
}
RESULTS = Path(__file__).parent / "results"


@dataclass
class Part:
    """What one part of the soak saw."""

    minutes: defaultdict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Minute of the part → how long the tokens took that were due in it, in ms."""
    failures: Counter[str] = field(default_factory=Counter)
    attacks: Counter[str] = field(default_factory=Counter)
    usage: list[dict[str, tuple[int, int]]] = field(default_factory=list)

    @property
    def times_ms(self) -> list[float]:
        """How long each token took."""
        return [took_ms for minute in sorted(self.minutes) for took_ms in self.minutes[minute]]

    def progress(self) -> str:
        """So far, in one line."""
        hosts, memory_kib = self.usage[-1]["hosts"]
        counted = f"{len(self.times_ms)} tokens, {self.failures.total()} failures, {self.attacks.total()} attacks"
        return f"{counted}, {hosts} hosts with {memory_kib // 1024} MiB"

    def summary(self) -> dict[str, Any]:
        """Its numbers; memory in MiB at the start and at the end, and at its peak."""
        times_ms = self.times_ms
        memory = {
            kind: {
                "start_mib": self.usage[0][kind][1] // 1024,
                "peak_mib": max(sample[kind][1] for sample in self.usage) // 1024,
                "end_mib": self.usage[-1][kind][1] // 1024,
                "processes_at_peak": max(sample[kind][0] for sample in self.usage),
            }
            for kind in self.usage[0]
        }
        return {
            "honest_requests": len(times_ms) + self.failures.total(),
            "p50_ms": _percentile(times_ms, 50),
            "p99_ms": _percentile(times_ms, 99),
            "p99_ms_of_minutes": [_percentile(self.minutes[minute], 99) for minute in sorted(self.minutes)],
            "max_ms": round(max(times_ms, default=0.0), 2),
            "failures": dict(self.failures),
            "attacks": dict(self.attacks),
            "memory": memory,
        }


def _percentile(times_ms: list[float], percent: int) -> float:
    if len(times_ms) < 2:
        return 0.0
    return round(statistics.quantiles(times_ms, n=100)[percent - 1], 2)


class Soak:
    """Drives the tenants of one system."""

    def __init__(self, system: System, session: aiohttp.ClientSession) -> None:
        self._system = system
        self._session = session

    async def run(self, *, alone_s: float, together_s: float) -> dict[str, Any]:
        """Both parts, one after the other."""
        tenants = await make_tenants(self._session, self._system, honest=HONEST, hostile=HOSTILE)
        honest, hostile = tenants[:HONEST], tenants[HONEST:]
        await self._part(honest, [], WARM_UP_S, "warming up")
        alone = await self._part(honest, [], alone_s, "honest tenants alone")
        together = await self._part(honest, hostile, together_s, "beside hostile tenants")
        return {"alone": alone.summary(), "beside_hostile": together.summary()}

    async def _part(self, honest: list[Tenant], hostile: list[Tenant], seconds: float, name: str) -> Part:
        part = Part()
        until_s = time.monotonic() + seconds
        asking = [self._ask_steadily(tenant, index, part, until_s) for index, tenant in enumerate(honest)]
        attacks = [self._attack(tenant, index, part, until_s) for index, tenant in enumerate(hostile)]
        await asyncio.gather(*asking, *attacks, self._watch(part, until_s, name))
        return part

    async def _ask_steadily(self, tenant: Tenant, index: int, part: Part, until_s: float) -> None:
        """A request whenever one is due, whether or not the ones before were answered."""
        began_s = time.monotonic()
        due_s = began_s + index * INTERVAL_S / HONEST
        async with asyncio.TaskGroup() as asking:
            while due_s < until_s:
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
                asking.create_task(self._ask(tenant, part, due_s, minute=int(due_s - began_s) // 60))
                due_s += INTERVAL_S

    async def _ask(self, tenant: Tenant, part: Part, due_s: float, *, minute: int) -> None:
        try:
            status, why = await tenant.ask(self._session, self._system.url)
        except (aiohttp.ClientError, TimeoutError) as error:
            part.failures[type(error).__name__] += 1
            return
        if status == 200:
            part.minutes[minute].append((time.monotonic() - due_s) * 1000)
        else:
            part.failures[f"{status} {_described(why)}"] += 1

    async def _attack(self, tenant: Tenant, index: int, part: Part, until_s: float) -> None:
        """One attack after the other, without a pause."""
        for attack in itertools.islice(itertools.cycle(ATTACKS), index, None):
            if time.monotonic() > until_s:
                return
            try:
                status, _why = await tenant.ask(self._session, self._system.url, attack=attack)
            except (aiohttp.ClientError, TimeoutError):
                status = 0
            part.attacks[f"{attack} {status}"] += 1

    async def _watch(self, part: Part, until_s: float, name: str) -> None:
        """Sample the memory every second; say now and then that something goes on."""
        said_s = time.monotonic()
        while True:
            part.usage.append(await asyncio.to_thread(self._system.usage))
            now_s = time.monotonic()
            if now_s >= until_s:
                return
            if now_s - said_s > PROGRESS_S:
                said_s = now_s
                _say(f"  {name}: {part.progress()}")
            await asyncio.sleep(min(1.0, until_s - now_s))


async def _soak(system: System, *, alone_s: float, together_s: float) -> dict[str, Any]:
    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        return await Soak(system, session).run(alone_s=alone_s, together_s=together_s)


def _described(why: str) -> str:
    try:
        return str(json.loads(why)["error_description"])[:60]
    except (ValueError, KeyError, TypeError):
        return why[:60]


def _report(result: dict[str, Any]) -> str:
    lines = []
    for name in ("alone", "beside_hostile"):
        part = result[name]
        lines.append(
            f"{name.replace('_', ' ')}: {part['honest_requests']} honest requests, p50 {part['p50_ms']} ms, "
            f"p99 {part['p99_ms']} ms, max {part['max_ms']} ms, failures {part['failures'] or 'none'}"
        )
        lines.append(f"  p99 of each minute: {', '.join(map(str, part['p99_ms_of_minutes']))} ms")
        for kind, memory in part["memory"].items():
            lines.append(
                f"  {kind:8} {memory['start_mib']:5} MiB → {memory['end_mib']:5} MiB, peak {memory['peak_mib']} MiB "
                f"in {memory['processes_at_peak']} processes"
            )
    lines += [f"attacks: {result['beside_hostile']['attacks']}", f"processes left: {result['processes_left']}"]
    return "\n".join(lines)


def main() -> int:
    """Soak and print; 0 if every honest request got its token and nothing was left."""
    parser = argparse.ArgumentParser(prog="bench.soak", description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=10, help="all in all; a quarter, but one at most, is the part alone"
    )
    minutes: float = parser.parse_args().minutes
    alone_s = min(60.0, minutes * 60 / 4)
    with started_system(SETTINGS) as system:
        result = asyncio.run(_soak(system, alone_s=alone_s, together_s=minutes * 60 - alone_s))
    result["processes_left"] = len(system.left())
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "soak.json").write_text(json.dumps(result, indent=2) + "\n")
    _say(_report(result))
    failed = any(result[part]["failures"] for part in ("alone", "beside_hostile"))
    return 1 if failed or result["processes_left"] else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    run(main)
