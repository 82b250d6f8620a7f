"""Counts how the token requests of a rollout end, with its version and with the version that runs.

A gateway counts in its own memory. As soon as it has counted something, it adds that to the counts of all gateways,
behind the answers, and hears the sums. Without a rollout nothing is counted, and Redis is asked nothing.
"""

from __future__ import annotations

import asyncio
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


class Totals(NamedTuple):
    """The counts of all gateways of one rollout, by step and side."""

    by_step: Mapping[tuple[int, Side], Ended]
    shadows: Mapping[ShadowRun, int] = {}

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


class RolloutCounts:
    """The counts of all tenants' rollouts."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._counted: dict[CountedRollout, Counter[str]] = {}
        self._last: dict[CountedRollout, str] = {}
        self._is_counted = asyncio.Event()

    def add(self, tenant: str, rule_id: str, rollout: Rollout, side: Side, how: How, *, exchange: str) -> None:
        """A request of *rollout* has ended; the request is *exchange*."""
        counted = CountedRollout(tenant, rule_id, rollout.id)
        if counted not in self._counted and len(self._counted) >= MOST_ROLLOUTS:
            return
        self._counted.setdefault(counted, Counter())[f"{rollout.step} {side} {how}"] += 1
        self._last[counted] = exchange
        self._is_counted.set()

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
    for name, value in kept.items():
        if not _COUNT.fullmatch(value):
            continue
        count = int(value)
        if found := _NAME.fullmatch(name):
            step, side, how = (each.decode() for each in found.groups())
            where = int(step), Side(side)
            one = Ended(count, count if how == How.FAILED else 0, count if how == How.DENIED else 0)
            by_step[where] = by_step.get(where, Ended()).plus(one)
        elif name in _SHADOWS:
            shadows[_SHADOWS[name]] = count
    return Totals(by_step, shadows)
