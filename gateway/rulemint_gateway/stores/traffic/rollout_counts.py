"""Counts how the token requests of a rollout end, with its version and with the version that runs.

A gateway counts in its own memory. As soon as it has counted something, it adds that to the counts of all gateways,
behind the answers, and hears the sums. Without a rollout nothing is counted, and Redis is asked nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.rollouts import Rollout, ShadowRun, shadow_field
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

GATHER_S = 0.25
"""From the first count until it is written, with what came after it: a rollback waits no longer."""
KEPT_S = 30 * 86_400
MOST_ROLLOUTS = 1_000
"""In a gateway's memory, while Redis does not answer."""
MOST_CLIENTS = 1_000
"""Of one step, whose requests a gateway counts one by one, should one of them get no token."""
MOST_TOLD = 32
"""Clients of one step that a gateway tells of: those that first got no token by the new version."""


class Side(StrEnum):
    """The version that a request of a rollout met."""

    NEW = "new"
    OLD = "old"


class How(StrEnum):
    """The ways in which a request ends."""

    GRANTED = "granted"
    DENIED = "denied"
    FAILED = "failed"


_NAME = re.compile(f"([0-9]{{1,3}}) ({'|'.join(Side)}) ({'|'.join(How)})".encode())
_NAME_OF_CLIENT = re.compile(f"([0-9]{{1,3}}) client ([0-9a-f]{{16}}) ({'|'.join(How)})".encode())
_COUNT = re.compile(rb"[0-9]{1,10}")
_SHADOWS = {shadow_field(run).encode(): run for run in ShadowRun}


class Ended(NamedTuple):
    """The requests of one side: how many there were, and how many of them got no token."""

    requests: int = 0
    failed: int = 0
    denied: int = 0

    def plus(self, other: Ended) -> Ended:
        """Return both together."""
        return Ended(*(one + two for one, two in zip(self, other, strict=True)))

    def without(self, other: Ended) -> Ended:
        """Return what is left without *other*, which is a part of it."""
        return Ended(*(max(0, one - two) for one, two in zip(self, other, strict=True)))


class Totals(NamedTuple):
    """The counts of all gateways of one rollout, by step and side."""

    by_step: Mapping[tuple[int, Side], Ended]
    shadows: Mapping[ShadowRun, int] = {}
    clients: Mapping[tuple[int, str], Ended] = {}
    """Of the new version, by step and client: those of which some requests got no token."""

    def of_clients(self, step: int) -> list[Ended]:
        """Return the counts of these clients in one step."""
        return [ended for (each, _client), ended in self.clients.items() if each == step]

    def of(self, step: int, side: Side) -> Ended:
        """Return the counts of one side in one step."""
        return self.by_step.get((step, side), Ended())

    def of_all(self, side: Side) -> Ended:
        """Return the counts of one side in all steps."""
        total = Ended()
        for (_step, each), ended in self.by_step.items():
            if each is side:
                total = total.plus(ended)
        return total


class CountedRollout(NamedTuple):
    """A rollout of which something was counted."""

    tenant: str
    rule_id: str
    rollout_id: str


Judge = Callable[[CountedRollout, Totals, str], Awaitable[None]]
"""Hears the sums of a rollout, and the id of the request that was counted last."""


class _Clients:
    """The requests of the new version by client, in one step: told of are those that got no token once."""

    def __init__(self, step: int) -> None:
        self.step = step
        self._granted: Counter[str] = Counter()
        self._told: set[str] = set()

    def count(self, client_id: str, how: How) -> dict[str, int]:
        """A request of the client has ended; what is to be added to the counts of all gateways."""
        name = hashlib.blake2b(client_id.encode(), digest_size=8).hexdigest()
        prefix = f"{self.step} client {name}"
        if name in self._told:
            return {f"{prefix} {how}": 1}
        if how is How.GRANTED:
            if name in self._granted or len(self._granted) < MOST_CLIENTS:
                self._granted[name] += 1
            return {}
        if len(self._told) >= MOST_TOLD:
            return {}
        self._told.add(name)
        return {f"{prefix} {how}": 1, f"{prefix} {How.GRANTED}": self._granted.pop(name, 0)}


class RolloutCounts:
    """The counts of all tenants' rollouts."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._counted: dict[CountedRollout, Counter[str]] = {}
        self._last: dict[CountedRollout, str] = {}
        self._clients: dict[CountedRollout, _Clients] = {}
        self._is_counted = asyncio.Event()

    def add(
        self, tenant: str, rule_id: str, rollout: Rollout, side: Side, how: How, *, client_id: str, exchange: str
    ) -> None:
        """A request of *rollout* by the client has ended; the request is *exchange*."""
        counted = CountedRollout(tenant, rule_id, rollout.id)
        if counted not in self._counted and len(self._counted) >= MOST_ROLLOUTS:
            return
        counts = self._counted.setdefault(counted, Counter())
        counts[f"{rollout.step} {side} {how}"] += 1
        if side is Side.NEW:
            counts.update(self._clients_of(counted, rollout.step).count(client_id, how))
        self._last[counted] = exchange
        self._is_counted.set()

    def _clients_of(self, counted: CountedRollout, step: int) -> _Clients:
        clients = self._clients.pop(counted, None)
        if clients is None or clients.step != step:
            clients = _Clients(step)
        self._clients[counted] = clients  # the last that was counted is the last that goes
        if len(self._clients) > MOST_ROLLOUTS:
            self._clients.pop(next(iter(self._clients)))
        return clients

    async def write(self, judge: Judge) -> None:
        """Add what was counted to the counts of all gateways, and have *judge* hear the sums, until cancelled."""
        while True:
            await self._is_counted.wait()
            await asyncio.sleep(GATHER_S)
            self._is_counted.clear()
            await self.flush(judge)

    async def flush(self, judge: Judge) -> None:
        """Do so once. What Redis did not take, or was not judged, is tried again."""
        for counted, counts in list(self._counted.items()):
            taken = Counter(counts)
            try:
                totals = await self._add(counted, taken)
                counts.subtract(taken)
                await judge(counted, totals, self._last[counted])
            except (RedisConnectionError, RedisTimeoutError, OSError, StoreUnavailableError) as error:
                log.warning("a rollout could not be counted or judged", rule=counted.rule_id, error=str(error))
                self._is_counted.set()
                continue
            except Exception:
                log.exception("counts of a rollout were lost", rule=counted.rule_id)
                counts.clear()
            if not +counts:
                self._counted.pop(counted)
                self._last.pop(counted)

    async def _add(self, counted: CountedRollout, counts: Counter[str]) -> Totals:
        key = redis_keys.rollout_counts(counted.tenant, counted.rollout_id)
        async with self._redis.pipeline(transaction=True) as pipe:
            for name, count in counts.items():
                if count:
                    pipe.hincrby(key, name, count)
            pipe.expire(key, KEPT_S)
            pipe.hgetall(key)
            *_, kept = await pipe.execute()
        return totals_of(kept)

    async def read(self, tenant: str, rollout_id: str) -> Totals:
        """Return the counts of all gateways.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        try:
            kept = await self._redis.hgetall(redis_keys.rollout_counts(tenant, rollout_id))  # type: ignore[misc]  # redis-py's type is of both clients
            return totals_of(kept)
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error


def totals_of(kept: Mapping[bytes, bytes]) -> Totals:
    """Read the hash of a rollout. What is malformed in it, or out of all bounds, does not count."""
    by_step: dict[tuple[int, Side], Ended] = {}
    shadows: dict[ShadowRun, int] = {}
    clients: dict[tuple[int, str], Ended] = {}
    for name, value in kept.items():
        if not _COUNT.fullmatch(value):
            continue
        count = int(value)
        if found := _NAME.fullmatch(name):
            step, side, how = (each.decode() for each in found.groups())
            where = int(step), Side(side)
            by_step[where] = by_step.get(where, Ended()).plus(_ended(how, count))
        elif found := _NAME_OF_CLIENT.fullmatch(name):
            step, client, how = (each.decode() for each in found.groups())
            whose = int(step), client
            clients[whose] = clients.get(whose, Ended()).plus(_ended(how, count))
        elif name in _SHADOWS:
            shadows[_SHADOWS[name]] = count
    return Totals(by_step, shadows, clients)


def _ended(how: str, count: int) -> Ended:
    return Ended(count, count if how == How.FAILED else 0, count if how == How.DENIED else 0)
