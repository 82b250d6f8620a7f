"""A tenant's 99th percentile at each thing that tenants share, calm and while another tenant floods it.

Flooded it should stay below three times what it was, and nothing of it may be refused.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import NamedTuple

import aiohttp

from bench.children import prepare
from bench.fairness.registry import started_registry
from bench.fairness.shared import RULE, Lines, Tenant, make_tenant, measured
from bench.system import System, started_system
from bench.tenants import create

WATCHERS = 100


class Thing(NamedTuple):
    """One thing that is shared: what is measured of it how often, and by how many at once another floods it."""

    name: str
    call: Callable[[Tenant], Awaitable[int]]
    calls: int
    flood: Callable[[Tenant], Awaitable[int]]
    at_once: int


THINGS = (
    Thing("configuration writes", Tenant.write, 200, Tenant.write, 32),
    Thing("RSA signatures", Tenant.sign, 300, Tenant.sign, 32),
    Thing("tries", Tenant.attempt, 60, Tenant.attempt_slowly, 16),
    Thing("installations", Tenant.install, 12, Tenant.install_slowly, 10),
    Thing("lists", Tenant.list_rules, 200, Tenant.list_rules, 32),
)


@asynccontextmanager
async def flooded(flood: Callable[[], Awaitable[int]], *, at_once: int) -> AsyncIterator[None]:
    """Call *flood* again and again in the body, so many at once."""

    async def keep_on() -> None:
        while True:
            with suppress(aiohttp.ClientError):
                await flood()

    tasks = [asyncio.create_task(keep_on()) for _ in range(at_once)]
    await asyncio.sleep(1)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def bench(system: System, only: str) -> bool:
    """Measure and print; whether all is well."""
    sys.stdout.write(f"{'shared by tenants':<24}{'calm p99':>12}{'flooded p99':>14}{'ratio':>8}{'refused':>10}\n")
    well = True
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=120)) as session:
        honest, greedy = [await make_tenant(session, system, name) for name in ("honest", "greedy")]
        for thing in THINGS:
            if only in thing.name:
                well &= await _measure(
                    thing.name,
                    lambda call=thing.call: call(honest),  # type: ignore[misc]  # mypy knows no such lambda
                    lambda flood=thing.flood: flood(greedy),  # type: ignore[misc]  # as above
                    calls=thing.calls,
                    at_once=thing.at_once,
                )
        if only in "log watchers":
            well &= await _measure_watchers(honest, greedy)
    return well


async def _measure_watchers(honest: Tenant, greedy: Tenant) -> bool:
    """Lines on their way to a watcher; the other tenant has many watchers, each with a filter of its own."""
    for tenant in (honest, greedy):
        await create(tenant.session, tenant.url, "rules", {"name": "lines", "script": RULE}, tenant.headers)
    async with AsyncExitStack() as stack:
        lines = Lines(honest)
        watching = asyncio.create_task(lines.watch())
        stack.callback(watching.cancel)
        await asyncio.sleep(0.5)
        for number in range(WATCHERS):
            url = f"{greedy.url}/logs?contains={'e' * (number + 1)}"
            await stack.enter_async_context(greedy.session.get(url, headers=greedy.headers))
        return await _measure("log watchers", lines.see_one, greedy.sign, calls=200, at_once=8)


async def _measure(
    name: str, call: Callable[[], Awaitable[int]], flood: Callable[[], Awaitable[int]], *, calls: int, at_once: int
) -> bool:
    await measured(call, count=5)
    calm_ms, _ = await measured(call, count=calls)
    async with flooded(flood, at_once=at_once):
        flooded_ms, refused = await measured(call, count=calls)
    ratio = flooded_ms / calm_ms
    sys.stdout.write(f"{name:<24}{calm_ms:>9.1f} ms{flooded_ms:>11.1f} ms{ratio:>8.1f}{refused:>10}\n")
    sys.stdout.flush()
    return ratio < 3 and not refused


def main() -> int:
    """Measure; 0 if no tenant is kept waiting by another."""
    parser = argparse.ArgumentParser(prog="bench.fairness", description=__doc__)
    parser.add_argument("--only", default="", help="what has this in its name")
    arguments = parser.parse_args()
    prepare()
    with started_registry() as registry, started_system({"RULEMINT_NPM_REGISTRY": registry}) as system:
        return 0 if asyncio.run(bench(system, arguments.only)) else 1


if __name__ == "__main__":
    sys.exit(main())
