"""What do watchers of the log cost those who ask for tokens, and does a watcher that reads lose a line?

``python -m bench.watchers --watchers 200 --seconds 10`` starts a system of its own with a rule that writes three lines,
and has ``wrk`` ask for tokens as fast as they come, or ``hey`` for so many a second (``--rate 1000``): unwatched and
watched in turns, so that both see the same machine.
The watchers (`bench.watching`) are a process of their own, one more of them never reads. Printed are the tokens per
second of each turn, the lines seen beside those written, the time from a line's timestamp to its arrival, and what a
million records handed to watchers cost: in processor time of the gateway beyond what the same tokens cost it unwatched,
and of the watchers. On a machine that others use too, only these costs can be compared.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp

from bench import paced
from bench.command import run
from bench.load import Request, Wrk, load_generator
from bench.processes import processor_us
from bench.system import System, started_system
from bench.tenants import create, log_in, make_client

ROUNDS = 5
CONNECTIONS = 32
LINES_OF_A_TOKEN = 3
RECORDS_OF_A_TOKEN = LINES_OF_A_TOKEN + 2
"""With the invocation's beginning and end."""
WARM_UP_S = 3
SETTLE_S = 3.0
RESULTS = Path(__file__).parent / "results"
RULE = """
module.exports = async (client, scope, audience, context) => {
  console.log(`asked by ${client.id}`);
  console.log('checking', { scope });
  console.warn('granting');
  return { scope };
};
"""


class Load:
    """One token request, again and again: as fast as answers come (``wrk``), or so many a second (``hey``)."""

    def __init__(self, url: str, request: dict[str, str], *, rate: int | None) -> None:
        self._request = Request(url=f"{url}/oauth/token", host=urlsplit(url).netloc, body=urlencode(request))
        self._rate = rate

    def run(self, seconds: int) -> float:
        """Tokens per second.

        Raises:
            SystemExit: some request got no token.
        """
        if self._rate is None:
            loaded = Wrk().run(self._request, connections=CONNECTIONS, seconds=seconds)
        else:
            loaded = paced.ask(self._request, rate=self._rate, connections=CONNECTIONS, seconds=seconds)
        if loaded.failed:
            raise SystemExit(f"{loaded.failed} of {loaded.failed + loaded.tokens} requests got no token")
        return loaded.per_second


class Bench:
    """One system with one rule, unwatched and watched in turns."""

    def __init__(self, system: System, session: aiohttp.ClientSession, *, rate: int | None = None) -> None:
        """*rate*: tokens a second to ask for; None: as many as there are."""
        self._system = system
        self._session = session
        self._rate = rate
        self._headers: dict[str, str] = {}

    async def run(self, *, watchers: int, seconds: int, rounds: int) -> list[dict[str, Any]]:
        """The rounds."""
        url = self._system.url
        self._headers = await log_in(self._session, url, self._system.admin, {})
        await create(self._session, url, "rules", {"name": "chatty", "script": RULE}, self._headers)
        load = Load(url, await make_client(self._session, url, self._headers), rate=self._rate)
        await asyncio.to_thread(load.run, WARM_UP_S)
        measured = []
        for number in range(rounds):
            unwatched, unwatched_s = await self._loaded(load, seconds)
            watched = await self._watched(load, watchers=watchers, seconds=seconds)
            spared_s = unwatched_s * watched["watched"] / unwatched  # by as many tokens, had nobody watched
            gateway_s = (watched.pop("gateway_s") - spared_s) / watched["delivered"] * 1_000_000
            measured.append({"unwatched": unwatched, **watched, "gateway_s_per_million": round(gateway_s, 3)})
            _say(f"round {number + 1} of {rounds}: {unwatched:.0f} tokens/s, watched {watched['watched']:.0f}")
        return measured

    async def _loaded(self, load: Load, seconds: int) -> tuple[float, float]:
        """Tokens per second, and seconds of processor time that the gateway took."""
        before_us = processor_us([self._system.process.pid])["gateway"]
        tokens_per_s = await asyncio.to_thread(load.run, seconds)
        return tokens_per_s, (processor_us([self._system.process.pid])["gateway"] - before_us) / 1_000_000

    async def _watched(self, load: Load, *, watchers: int, seconds: int) -> dict[str, Any]:
        before = await self._tokens()
        watching = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.watching", self._system.url, str(watchers),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        if watching.stdin is None or watching.stdout is None:
            raise SystemExit("the watchers did not start")
        watching.stdin.write(self._headers["Authorization"].removeprefix("Bearer ").encode() + b"\n")
        if await watching.stdout.readline() != b"ready\n":
            raise SystemExit("the watchers are not let in")
        watched, gateway_s = await self._loaded(load, seconds)
        watching.stdin.write(b"enough\n")
        seen = json.loads(await watching.stdout.readline())
        await watching.wait()
        tokens = await self._tokens() - before
        delivered = tokens * RECORDS_OF_A_TOKEN * watchers
        return {
            "watched": watched,
            "lines_written": tokens * LINES_OF_A_TOKEN,
            "delivered": delivered,
            "gateway_s": gateway_s,
            "watchers_s_per_million": round(seen.pop("processor_s") / delivered * 1_000_000, 3),
            **seen,
        }

    async def _tokens(self) -> int:
        """How many tokens there ever were, once the count, which comes behind the answers, has come to rest."""
        count, asked_s = -1, time.monotonic()
        while time.monotonic() - asked_s < SETTLE_S:
            async with self._session.get(f"{self._system.url}/api/v2/stats/daily", headers=self._headers) as answer:
                counted = sum(day["logins"] for day in await answer.json())
            if counted != count:
                count, asked_s = counted, time.monotonic()
            await asyncio.sleep(0.2)
        return count


async def _bench(system: System, *, watchers: int, seconds: int, rounds: int, rate: int | None) -> list[dict[str, Any]]:
    async with aiohttp.ClientSession() as session:
        return await Bench(system, session, rate=rate).run(watchers=watchers, seconds=seconds, rounds=rounds)


def _report(result: dict[str, Any]) -> str:
    rows = [
        "unwatched/s  watched/s  lines written  seen     others  dropped  p50 ms  p99 ms  s/million: gateway, watchers"
    ]
    rows += [
        f"{each['unwatched']:11.0f}  {each['watched']:9.0f}  {each['lines_written']:13}  {each['lines']:7}  "
        f"{each['others']:6}  {each['dropped']:7}  {each['delay_p50_ms'] or 0:6}  {each['delay_p99_ms'] or 0:6}  "
        f"{each['gateway_s_per_million']:.3f}, {each['watchers_s_per_million']:.3f}"
        for each in result["rounds"]
    ]
    return "\n".join([*rows, f"with {result['watchers']} watchers: {result['ratio']:.0%} of the unwatched tokens"])


def main() -> int:
    """Measure and print; 0 if no watcher that reads lost a line."""
    parser = argparse.ArgumentParser(prog="bench.watchers", description=__doc__)
    parser.add_argument("--watchers", type=int, default=200, help="that read (default: 200)")
    parser.add_argument("--seconds", type=int, default=10, help="of each turn (default: 10)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of two turns (default: {ROUNDS})")
    parser.add_argument("--rate", type=int, help="tokens a second (default: as fast as answers come)")
    arguments = parser.parse_args()
    if arguments.rate is None:
        load_generator(Wrk.name)
    else:
        paced.require()
    with started_system({}) as system:
        rounds = asyncio.run(_bench(system, **vars(arguments)))
    ratio = statistics.median(each["watched"] / each["unwatched"] for each in rounds)  # of a round: machines drift
    result = {"watchers": arguments.watchers, "rate": arguments.rate, "ratio": ratio, "rounds": rounds}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"watchers-{arguments.watchers}.json").write_text(json.dumps(result, indent=2) + "\n")
    _say(_report(result))
    return 0 if all(each["lines"] == each["lines_written"] and not each["others"] for each in rounds) else 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    run(main)
