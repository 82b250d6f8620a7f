"""What happens to tokens, writes and lists while a gateway with a large store loses its subscription."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp

from bench.load import Request
from bench.stores.gateway import RunningGateway
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient

LISTENERS_TIMEOUT_S = 60.0
TIMES = 10
SETTLED_S = 1.0
BETWEEN_S = 0.002
AFTERWARDS_S = 4.0
"""Tokens are asked for so long after a disturbance: what it costs may come later."""


@dataclass
class Measured:
    """A name, and its figures with their unit."""

    name: str
    figures: str


class Disturbed:
    """Tokens one after the other, and what is done to the gateway meanwhile."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        redis: RedisClient,
        token: Request,
        headers: dict[str, str],
        gateway: RunningGateway,
    ) -> None:
        self._gateway = gateway
        self._session = session
        self._redis = redis
        self._token = token
        self._headers = headers
        self._url = token.url.removesuffix("/oauth/token")

    async def tokens(self, name: str, disturb: Callable[[], Awaitable[str]]) -> Measured:
        """The longest of all tokens from just before *disturb* until some time after it; it says what it has seen.

        Tokens come 2 ms after each other, so that a stall of 2 ms or more is met by one.
        """
        times_ms: list[float] = []
        is_over = asyncio.Event()

        async def ask() -> None:
            while not is_over.is_set():
                began_s = time.perf_counter()
                async with self._session.post(
                    self._token.url,
                    data=self._token.body,
                    headers={"Host": self._token.host, "Content-Type": "application/x-www-form-urlencoded"},
                ) as answer:
                    said = await answer.text()
                    if answer.status != 200:
                        raise RuntimeError(f"no token: {answer.status} {said}")
                times_ms.append((time.perf_counter() - began_s) * 1_000)
                await asyncio.sleep(BETWEEN_S)

        asking = asyncio.create_task(ask())
        await asyncio.sleep(SETTLED_S)
        before_ms = self._gateway.processor_ms()
        seen = await disturb()
        await asyncio.sleep(AFTERWARDS_S)
        used_ms = self._gateway.processor_ms() - before_ms
        is_over.set()
        await asking
        usual = statistics.median(times_ms)
        longest = f"longest token {max(times_ms):.1f} ms, usual {usual:.2f} ms"
        return Measured(name, f"{longest}, processor {used_ms:.0f} ms in all; {seen}")

    async def cost(self) -> Measured:
        """The processor time that a lost subscription takes by itself, without tokens."""
        idle_ms = await self._used_ms(lambda: asyncio.sleep(0))
        used_ms = await self._used_ms(lambda: self._redis.client_kill_filter(_type="pubsub"))
        return Measured("a lost subscription by itself", f"processor {(used_ms - idle_ms) / TIMES:.1f} ms each")

    async def _used_ms(self, disturb: Callable[[], Awaitable[object]]) -> float:
        before_ms = self._gateway.processor_ms()
        for _ in range(TIMES):
            await disturb()
            await asyncio.sleep(SETTLED_S)
        return self._gateway.processor_ms() - before_ms

    async def nothing(self) -> str:
        """So the machine alone."""
        return "nothing done"

    async def lose_subscription(self) -> str:
        """Cut all subscriptions; when the gateway listens again, and how long a write took that began at once."""
        began_s = time.perf_counter()
        await self._redis.client_kill_filter(_type="pubsub")
        write = asyncio.create_task(self.write())
        while not (await self._redis.pubsub_numsub(redis_keys.CHANGES))[0][1]:
            if time.perf_counter() - began_s > LISTENERS_TIMEOUT_S:
                raise SystemExit("the gateway does not listen again")
            await asyncio.sleep(0.001)
        listening_ms = (time.perf_counter() - began_s) * 1_000
        return f"listens again after {listening_ms:.0f} ms, a write meanwhile: {await write}"

    async def read_everything(self) -> str:
        """A change that nobody has written down, as of an older gateway: everything is read again."""
        await self._redis.incr(redis_keys.REVISION)
        await asyncio.sleep(1.1)
        return f"a write meanwhile: {await self.write()}"

    async def write(self) -> str:
        """One more client, through the management API."""
        began_s = time.perf_counter()
        async with self._session.post(
            f"{self._url}/api/v2/clients", json={"name": "made meanwhile"}, headers=self._headers
        ) as answer:
            await answer.read()
            return f"{answer.status} in {(time.perf_counter() - began_s) * 1_000:.0f} ms"

    async def page(self, noun: str, query: str) -> Measured:
        """One page of a list, several times."""
        times_ms = []
        shown = ""
        for _ in range(TIMES):
            began_s = time.perf_counter()
            async with self._session.get(f"{self._url}/api/v2/{noun}?{query}", headers=self._headers) as answer:
                body = await answer.json()
                if answer.status != 200:
                    raise SystemExit(f"{query}: {body}")
            times_ms.append((time.perf_counter() - began_s) * 1_000)
            shown = f"{len(body)} records" if isinstance(body, list) else f"total {body.get('total', '-')}"
        return Measured(
            f"GET /{noun}?{query}", f"{statistics.median(times_ms):.1f} ms, longest {max(times_ms):.1f} ms ({shown})"
        )
