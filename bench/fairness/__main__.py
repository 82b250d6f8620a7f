"""A tenant's 99th percentile at each thing that tenants share, calm and while another tenant floods it.

Flooded it should stay below three times what it was, and nothing of it may be refused.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import NamedTuple

import aiohttp

from bench.command import run
from bench.fairness.flood import flooded
from bench.fairness.registry import started_registry
from bench.fairness.shared import RULE, Lines, Tenant, make_tenant, measured
from bench.system import System, started_system
from bench.tenants import create


class Thing(NamedTuple):
    """One thing that is shared: what is measured of it how often, and what another floods it with."""

    name: str
    call: str
    calls: int
    flood: str
    at_once: int
    watchers: int = 0


THINGS = (
    Thing("configuration writes", "write", 200, "write", 32),
    Thing("RSA signatures", "sign", 300, "sign", 32),
    Thing("tries", "attempt", 60, "attempt_slowly", 16),
    Thing("installations", "install", 12, "install_slowly", 10),
    Thing("lists", "list_rules", 200, "list_rules", 32),
)
WATCHING = Thing("log watchers", "see_one", 200, "sign", 2, watchers=200)


async def bench(system: System, only: str) -> bool:
    """Measure and print; whether all is well."""
    sys.stdout.write(f"{'shared by tenants':<24}{'calm p99':>12}{'flooded p99':>14}{'ratio':>8}{'refused':>10}\n")
    well = True
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120)) as session:
        honest, greedy = [await make_tenant(session, system, name) for name in ("honest", "greedy")]
        for thing in THINGS:
            if only in thing.name:
                well &= await _measure(thing, getattr(honest, thing.call), greedy)
        if only in WATCHING.name:
            well &= await _measure_watchers(honest, greedy)
    return well


async def _measure_watchers(honest: Tenant, greedy: Tenant) -> bool:
    """Lines on their way to a watcher; the other tenant's watchers each have a filter of their own, and do not read."""
    for tenant in (honest, greedy):
        await create(tenant.session, tenant.url, "rules", {"name": "lines", "script": RULE}, tenant.headers)
    async with AsyncExitStack() as stack:
        lines = Lines(honest)
        watching = asyncio.create_task(lines.watch())
        stack.callback(watching.cancel)
        await asyncio.sleep(0.5)
        return await _measure(WATCHING, lines.see_one, greedy)


async def _measure(thing: Thing, call: Callable[[], Awaitable[int]], greedy: Tenant) -> bool:
    await measured(call, count=5)
    calm_ms, _ = await measured(call, count=thing.calls)
    async with flooded(greedy, thing.flood, at_once=thing.at_once, watchers=thing.watchers):
        flooded_ms, refused = await measured(call, count=thing.calls)
    ratio = flooded_ms / calm_ms
    sys.stdout.write(f"{thing.name:<24}{calm_ms:>9.1f} ms{flooded_ms:>11.1f} ms{ratio:>8.1f}{refused:>10}\n")
    sys.stdout.flush()
    return ratio < 3 and not refused


def main() -> int:
    """Measure; 0 if no tenant is kept waiting by another."""
    parser = argparse.ArgumentParser(prog="bench.fairness", description=__doc__)
    parser.add_argument("--only", default="", help="what has this in its name")
    arguments = parser.parse_args()
    with started_registry() as registry, started_system({"RULEMINT_NPM_REGISTRY": registry}) as system:
        return 0 if asyncio.run(bench(system, arguments.only)) else 1


if __name__ == "__main__":
    run(main)
