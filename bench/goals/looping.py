"""52 requests of one rule at once, of which one loops for ever and one throws: how long the 50 good ones take.

A host runs one invocation at a time, and those that wait behind the one that loops have to go to other hosts. Each
round has new clients for the two bad ones: a client that keeps failing is kept away from its rule for a while.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from http import HTTPStatus

import aiohttp

from bench.goals.measured import Measured, Run
from bench.growth.made import ALGORITHM, make_tenant
from bench.load import Request
from bench.subjects.ours import add_client
from bench.system import System, started_system
from bench.tenants import log_in

GOOD = 50
BAD = ("loop", "throw")
LOOPS_AT, THROWS_AT = 10, 30
"""Their places among all that are asked at once."""
RULE = """
module.exports = async (client, scope, audience, context) => {
  console.log(context.body.does);
  if (context.body.does === 'loop') for (;;);
  if (context.body.does === 'throw') throw new Error('thrown');
  return { scope };
};
"""
TIMEOUT_S = 60


def measure(run: Run) -> Measured:
    """The line about a loop: the slowest of a round, the median over rounds."""
    with started_system({}) as system:
        slowest_ms = asyncio.run(_rounds(system, run))
    return Measured(figures={"looping": [round(statistics.median(slowest_ms), 1)]})


async def _rounds(system: System, run: Run) -> list[float]:
    """The slowest good answer of each round, in ms."""
    slowest_ms = []
    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        operator = await log_in(session, system.url, system.admin, {})
        good, headers = await make_tenant(session, system, operator, "looping", {"name": "looping", "script": RULE})
        for done in range(run.rounds):
            bad = [await add_client(session, system, ALGORITHM, headers) for _ in BAD]
            await asyncio.gather(
                *(_asked(session, good, "well") for _ in range(GOOD + len(BAD)))
            )  # opens all connections
            slowest_ms.append(await _one_round(session, good, bad))
            run.say(f"looping: {done + 1} of {run.rounds}: slowest good answer {slowest_ms[-1]:.0f} ms")
    return slowest_ms


async def _one_round(session: aiohttp.ClientSession, good: Request, bad: list[Request]) -> float:
    asked = [(good, "well")] * GOOD
    asked.insert(LOOPS_AT, (bad[0], BAD[0]))
    asked.insert(THROWS_AT, (bad[1], BAD[1]))
    answers = await asyncio.gather(*(_asked(session, request, does) for request, does in asked))
    good_ms = []
    for (_request, does), (status, took_ms) in zip(asked, answers, strict=True):
        if (status == HTTPStatus.OK) != (does == "well"):
            raise SystemExit(f"looping: an invocation that was to {does} was answered with {status}")
        if does == "well":
            good_ms.append(took_ms)
    return max(good_ms)


async def _asked(session: aiohttp.ClientSession, request: Request, does: str) -> tuple[int, float]:
    headers = {"Host": request.host, "Content-Type": "application/x-www-form-urlencoded"}
    began_s = time.perf_counter()
    async with session.post(request.url, data=f"{request.body}&does={does}", headers=headers) as response:
        await response.read()
        return response.status, (time.perf_counter() - began_s) * 1000
