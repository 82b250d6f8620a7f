"""What do records take of Valkey's memory: those of a flow that logs very much, and those of junk?

``python -m bench.records --tokens 400 --junk 2000,13000`` starts a system of its own whose flow writes 4,096 lines for
each token, asks for tokens, and then sends requests that anybody can send, as large as they may be. Printed are the
server's ``used_memory`` and what it has of each kind of key, after each step, and how many tokens' records are left.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
from redis.asyncio import Redis

from bench.command import run
from bench.system import System, started_system
from bench.tenants import create, log_in, make_client

AT_ONCE = 8
RULE = """
module.exports = (client, scope, audience, context, cb) => {
  for (let n = 0; n < 4096; n++) console.log(`${n} what the rule of a chatty author has to say of it`);
  cb(null, { scope });
};
"""
SETTINGS = {"RULEMINT_FAILURES_PER_CLIENT": "0", "RULEMINT_FAILURES_PER_SOURCE": "0"}
"""Throttling would refuse most of the junk without a record: here it is measured what its records take."""
SETTLE_S = 2.0
MIB = 1024 * 1024


class Bench:
    """One system, and what its server holds."""

    def __init__(self, system: System, session: aiohttp.ClientSession, server: Redis) -> None:
        self._system = system
        self._session = session
        self._server = server

    async def run(self, *, tokens: int, junk: list[int]) -> None:
        """The steps."""
        headers = await log_in(self._session, self._system.url, self._system.admin, {})
        rule = await create(self._session, self._system.url, "rules", {"name": "chatty", "script": RULE}, headers)
        request = await make_client(self._session, self._system.url, headers)
        await self._say("at the start")
        issued = await self._send([request] * tokens)
        await self._say(f"{tokens} chatty tokens")
        async with self._session.delete(f"{self._system.url}/api/v2/rules/{rule['id']}", headers=headers) as answer:
            answer.raise_for_status()
        issued += await self._send([request] * 100)
        await self._say("100 quiet tokens")
        for count in junk:
            await self._send([{**request, "client_secret": "wrong", "scope": _scope(n)} for n in range(count)])
            await self._say(f"{count} junk requests")
            await self._say_what_is_left([issue[1] for issue in issued if issue[0] == 200], headers)

    async def _send(self, requests: list[dict[str, str]]) -> list[tuple[int, str]]:
        """Status and id of each answer."""
        waiting = iter(requests)

        async def in_turn() -> list[tuple[int, str]]:
            answered = []
            for request in waiting:
                async with self._session.post(f"{self._system.url}/oauth/token", json=request) as answer:
                    await answer.read()
                    answered.append((answer.status, answer.headers.get("X-Request-Id", "")))
            return answered

        began_s = time.monotonic()
        answers = [each for some in await asyncio.gather(*(in_turn() for _ in range(AT_ONCE))) for each in some]
        statuses = Counter(status for status, _ in answers)
        _print(f"  {len(answers)} requests in {time.monotonic() - began_s:.1f} s: {dict(statuses)}")
        await asyncio.sleep(SETTLE_S)
        return answers

    async def _say_what_is_left(self, issued: list[str], headers: dict[str, str]) -> None:
        left = 0
        for exchange in issued[-100:]:
            url = f"{self._system.url}/api/v2/exchanges/{exchange}"
            async with self._session.get(url, headers=headers) as answer:
                left += answer.status == 200
        _print(f"  of the last {len(issued[-100:])} tokens {left} have their record")

    async def _say(self, when: str) -> None:
        memory: dict[str, Any] = await self._server.info("memory")
        kinds: Counter[str] = Counter()
        async for key in self._server.scan_iter(count=1_000):
            used = await self._server.memory_usage(key, samples=0)
            kinds[_kind_of(key.decode())] += used or 0
        rows = ", ".join(f"{kind} {used / MIB:.1f}" for kind, used in kinds.most_common(6) if used > MIB // 20)
        peak = memory["used_memory_peak"]
        _print(f"{when}: used_memory {memory['used_memory'] / MIB:.1f} MiB (peak {peak / MIB:.1f}); {rows}")


def _scope(number: int) -> str:
    """The largest that a request may ask for; no two are the same."""
    return " ".join(f"{number}-{part}-".ljust(240, "x") for part in range(250))


def _kind_of(key: str) -> str:
    return key.split(":")[1] if key.startswith("arq:") else key.partition(":")[2].partition(":")[2] or key


async def _bench(system: System, data_dir: Path, *, tokens: int, junk: list[int]) -> None:
    password = (data_dir / "valkey.password").read_text().strip()
    socket = data_dir / "run" / "valkey.sock"
    async with aiohttp.ClientSession() as session, Redis(unix_socket_path=str(socket), password=password) as server:
        await Bench(system, session, server).run(tokens=tokens, junk=junk)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.records", description=__doc__)
    parser.add_argument("--tokens", type=int, default=400, help="of the flow that logs very much (default: 400)")
    parser.add_argument(
        "--junk", default="2000,13000", help="requests that are refused, in so many steps (default: 2000,13000)"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rulemint-bench-") as folder:
        data_dir = Path(folder) / "data"
        with started_system(SETTINGS, data_dir=data_dir) as system:
            steps = [int(count) for count in arguments.junk.split(",") if count]
            asyncio.run(_bench(system, data_dir, tokens=arguments.tokens, junk=steps))
    return 0


if __name__ == "__main__":
    run(main)
