"""How long good answers take beside one invocation of the same rule that loops.

``python -m bench.beside_a_loop`` starts a system of its own, sends requests of one rule at once, of which one never
answers, and prints the median and the slowest of the others, round by round. Nobody may wait for the one that loops:
what is behind it in its host's socket is taken back after 20 ms. Another client asks in each round, because a client
whose requests keep ending hosts is made to pause.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Sequence

import aiohttp

from bench.subjects.ours import add_client, make_request
from bench.system import System, started_system
from bench.tenants import create, log_in

RULE = """
module.exports = (client, scope, audience, context, cb) => {
  while (context.body.loop) {}
  cb(null, { scope, 'https://bench.test/n': context.body.n });
};
"""
TENANT = "beside-a-loop"
SETTINGS = {"RULEMINT_RULE_TIMEOUT": "1"}
WARM_UP = 200


async def measure(system: System, *, rounds: int, requests: int) -> list[float]:
    """The slowest good answer of each round, in s."""
    connector = aiohttp.TCPConnector(limit=requests)
    slowest_s = []
    async with aiohttp.ClientSession(connector=connector) as session:
        operator = await log_in(session, system.url, system.admin, {})
        host = {"Host": f"{TENANT}.test"}
        tenant = {"name": TENANT, "hosts": [host["Host"]]}
        made = await create(session, system.url, "tenants", tenant, operator)
        headers = host | await log_in(session, system.url, made["administrator"], host)
        await create(session, system.url, "rules", {"name": "may loop", "script": RULE}, headers)
        await make_request(session, system, "ES256", headers)
        for number in range(rounds):
            body = (await add_client(session, system, "ES256", headers)).body
            await _ask_all(session, system, body, loops=(), requests=WARM_UP)
            times_s = await _ask_all(session, system, body, loops=(requests // 3,), requests=requests)
            slowest_s.append(max(times_s))
            sys.stdout.write(
                f"round {number + 1}: {len(times_s)} good answers, median {statistics.median(times_s) * 1000:.0f} ms, "
                f"slowest {max(times_s) * 1000:.0f} ms\n"
            )
    return slowest_s


async def _ask_all(
    session: aiohttp.ClientSession, system: System, body: str, *, loops: Sequence[int], requests: int
) -> list[float]:
    """Seconds until each good answer; the requests numbered *loops* get none."""

    async def ask(number: int) -> float:
        form = f"{body}&n={number}" + ("&loop=yes" if number in loops else "")
        headers = {"Host": f"{TENANT}.test", "Content-Type": "application/x-www-form-urlencoded"}
        began_s = time.perf_counter()
        async with session.post(f"{system.url}/oauth/token", data=form, headers=headers) as response:
            text = await response.text()
            if response.status != 200 and number not in loops:
                raise SystemExit(f"a good request got no token: {response.status} {text}")
        return time.perf_counter() - began_s

    times_s = await asyncio.gather(*map(ask, range(requests)))
    return [took_s for number, took_s in enumerate(times_s) if number not in loops]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.beside_a_loop", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="with one that loops in each (default: 10)")
    parser.add_argument("--requests", type=int, default=52, help="at once (default: 52)")
    arguments = parser.parse_args()
    with started_system(SETTINGS) as system:
        slowest_s = asyncio.run(measure(system, rounds=arguments.rounds, requests=arguments.requests))
    sys.stdout.write(
        f"slowest good answer: median of the rounds {statistics.median(slowest_s) * 1000:.0f} ms, "
        f"worst {max(slowest_s) * 1000:.0f} ms\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
