"""Counts the token requests of each minute by outcome, duration and the limit that refused them, for the console.

A gateway counts in its own memory, and adds to the counts of all gateways every few seconds, in one round trip. An hour
of a tenant is a hash, which expires. Without Redis, what was counted waits, up to `MOST_HOURS`. It is lost with a lost
answer.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections import Counter
from enum import StrEnum
from typing import NamedTuple

import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

OUTCOMES = ("granted", "denied", "failed", "refused")
"""The first words of outcomes."""
FLUSH_S = 3.0
KEPT_S = 3 * 3_600
MOST_HOURS = 20_000
"""Hours of tenants in a gateway's memory: of others, nothing is counted until the next flush."""
AT_ONCE = 200
"""Hours of tenants in one round trip."""
BUCKETS_EACH_DOUBLING = 3
FIRST_BUCKET_MS = 0.125
BUCKETS = 60
"""The last one has everything above two minutes."""
_MINUTE_OF_HOUR = re.compile(r"[0-9]{1,2}")
_COUNT = re.compile(rb"[0-9]{1,15}")
_MINUTE_MS = 60_000
_ISSUED = 200
_BUCKET_NAMES = tuple(str(number) for number in range(BUCKETS))


class RefusedBy(StrEnum):
    """The limits that refuse token requests of a tenant."""

    TENANT_TOKENS = "tenant_token_quota"
    CLIENT_TOKENS = "client_token_quota"
    """A client's own, or the tenant's default for its clients."""
    SOURCE_TOKENS = "source_token_quota"
    FAILED_LOGINS = "failed_logins"
    """Too many wrong secrets came from the address before."""
    WAITING_REQUESTS = "waiting_requests"
    """Too many token requests of the tenant waited for rules."""


_REFUSED_BY = frozenset(RefusedBy)


class Minute(NamedTuple):
    """The token requests that began in one minute."""

    minute: int
    """Since 1970."""
    outcomes: dict[str, int]
    """One number for each of `OUTCOMES`."""
    buckets: dict[int, int]
    """Of those that got a token: how many took so long as a bucket says."""
    refused_by: dict[str, int]
    """A `RefusedBy` → how many it refused, of those that refused any."""


class MinuteCounts:
    """The counts of all tenants."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._counted: dict[tuple[str, int], Counter[str]] = {}
        """Tenant and hour since 1970 → field → how many more."""

    def note(self, record: ExchangeRecord) -> None:
        """A token request has ended. One that stands for others that were refused counts as all of them."""
        minute = record.started_at_ms // _MINUTE_MS
        counts = self._counts_of(record.tenant, minute // 60)
        if counts is None:
            return
        of_hour = minute % 60
        counts[f"{of_hour} {record.outcome.partition(':')[0]}"] += 1 + record.more_like_it
        if record.status == _ISSUED:
            counts[f"{of_hour} {_BUCKET_NAMES[bucket_of(record.timings.total_ms)]}"] += 1

    def note_refused(self, tenant: str, by: RefusedBy) -> None:
        """A token request was refused by a limit."""
        minute = unix_ms() // _MINUTE_MS
        counts = self._counts_of(tenant, minute // 60)
        if counts is not None:
            counts[f"{minute % 60} {by}"] += 1

    def _counts_of(self, tenant: str, hour: int) -> Counter[str] | None:
        """The counts of an hour in memory; None if there are too many hours."""
        key = (tenant, hour)
        counts = self._counted.get(key)
        if counts is None and len(self._counted) < MOST_HOURS:
            counts = self._counted[key] = Counter()
        return counts

    async def write(self) -> None:
        """Add what was counted to the counts of all gateways, until cancelled; then once more."""
        try:
            while True:
                await asyncio.sleep(FLUSH_S)
                await self.flush()
        finally:
            await self.flush()

    async def flush(self) -> None:
        """Add what was counted. Only what Redis certainly did not take waits for the next time."""
        counted, self._counted = self._counted, {}
        rows = list(counted.items())
        for first in range(0, len(rows), AT_ONCE):
            some = rows[first : first + AT_ONCE]
            try:
                await self._add(some)
            except RedisConnectionError as error:
                log.warning("could not write the counts of minutes", error=str(error))
                self._take_back(rows[first:])
                return
            except (RedisError, OSError) as error:
                log.warning("counts of minutes were lost", error=str(error))

    async def _add(self, rows: list[tuple[tuple[str, int], Counter[str]]]) -> None:
        async with self._redis.pipeline(transaction=False) as pipe:
            for (tenant, hour), counts in rows:
                key = redis_keys.minutes(tenant, str(hour))
                for field, more in counts.items():
                    pipe.hincrby(key, field, more)
                pipe.expire(key, KEPT_S)
            await pipe.execute()

    def _take_back(self, rows: list[tuple[tuple[str, int], Counter[str]]]) -> None:
        for key, counts in rows:
            newer = self._counted.get(key)
            if newer is not None:
                newer.update(counts)
            elif len(self._counted) < MOST_HOURS:
                self._counted[key] = counts

    async def between(self, tenant: str, first: int, last: int) -> list[Minute]:
        """Each minute from *first* to *last*, minutes since 1970, also those without a request.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        hours = range(first // 60, last // 60 + 1)
        found: dict[int, Minute] = {minute: _nothing(minute) for minute in range(first, last + 1)}
        try:
            for hour in hours:
                fields = await self._redis.hgetall(redis_keys.minutes(tenant, str(hour)))  # type: ignore[misc]  # redis-py's stub is not async here
                for field, count in fields.items():
                    _read(found, hour, field, count)
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error
        return list(found.values())


def bucket_of(ms: float) -> int:
    """The bucket of a duration."""
    if ms <= FIRST_BUCKET_MS:
        return 0
    return min(BUCKETS - 1, 1 + int(math.log2(ms / FIRST_BUCKET_MS) * BUCKETS_EACH_DOUBLING))


def middle_of(bucket: int) -> float:
    """A duration in ms in the middle of *bucket*: at most an eighth off."""
    return FIRST_BUCKET_MS * math.exp2((bucket - 0.5) / BUCKETS_EACH_DOUBLING)


def _nothing(minute: int) -> Minute:
    return Minute(minute, dict.fromkeys(OUTCOMES, 0), {}, {})


def _read(found: dict[int, Minute], hour: int, field: bytes, count: bytes) -> None:
    """Add one field of an hour to its minute; nonsense is left out."""
    of_hour, _, name = field.decode(errors="replace").partition(" ")
    if not _MINUTE_OF_HOUR.fullmatch(of_hour) or not _COUNT.fullmatch(count):
        return
    minute = found.get(hour * 60 + int(of_hour))
    if minute is None:
        return
    if name in minute.outcomes:
        minute.outcomes[name] += int(count)
    elif name in _BUCKET_NAMES:
        minute.buckets[int(name)] = minute.buckets.get(int(name), 0) + int(count)
    elif name in _REFUSED_BY:
        minute.refused_by[name] = minute.refused_by.get(name, 0) + int(count)
