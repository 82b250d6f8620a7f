"""Counts the token requests of each tenant that wait for rules, at all gateways together.

Each gateway has places for waiting requests, and decides by its own alone. It says every few seconds which tenants wait
there, and how many places each may have. What a gateway has not said lately does not count.
"""

from __future__ import annotations

import asyncio
import re
from typing import NamedTuple

import structlog
from redis.exceptions import RedisError

from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.fairness.tenant_quota import TenantQuota
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

SAID_EACH_S = 3.0
HOLDS_MS = 15_000
"""Longer than the clocks of gateways differ."""
KEPT_S = 60
AT_ONCE = 200
"""Tenants in one round trip."""
_SAID = re.compile(rb"([0-9]{1,9}) ([0-9]{1,9}) ([0-9]{1,15})")


class Waiting(NamedTuple):
    """The requests of a tenant that wait at one gateway, and the most that may."""

    gateway: str
    requests: int
    places: int


class WaitingRequests:
    """Says what waits at this gateway, and reads what waits at all."""

    def __init__(self, redis: RedisClient, places: TenantQuota, *, gateway: str) -> None:
        self._redis = redis
        self._places = places
        self._gateway = gateway
        self._said: set[str] = set()
        """Tenants of which Redis knows something from us."""

    async def write(self) -> None:
        """Say it every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(SAID_EACH_S)
            try:
                await self.say()
            except (RedisError, OSError) as error:
                log.warning("could not say which requests wait", error=str(error))

    async def say(self) -> None:
        """Say once which tenants wait here, and which do so no more.

        Raises:
            RedisError, OSError: Redis does not answer.
        """
        waiting, now_ms = self._places.by_tenant(), unix_ms()
        tenants = [*waiting, *(self._said - waiting.keys())]
        self._said |= waiting.keys()
        for first in range(0, len(tenants), AT_ONCE):
            some = tenants[first : first + AT_ONCE]
            async with self._redis.pipeline(transaction=False) as pipe:
                for tenant in some:
                    key = redis_keys.waiting_requests(tenant)
                    if tenant in waiting:
                        pipe.hset(key, self._gateway, f"{waiting[tenant]} {self._places.part_of(tenant)} {now_ms}")
                        pipe.expire(key, KEPT_S)
                    else:
                        pipe.hdel(key, self._gateway)
                await pipe.execute()
            self._said -= set(some) - waiting.keys()

    def places_here(self, tenant: str) -> int:
        """The number of places that *tenant* may have at this gateway now."""
        return self._places.part_of(tenant)

    async def of_tenant(self, tenant: str) -> list[Waiting]:
        """One entry for each gateway at which requests of *tenant* wait. What gateways that ended had said leaves.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        key, now_ms = redis_keys.waiting_requests(tenant), unix_ms()
        found, over = [], []
        try:
            said = await self._redis.hgetall(key)  # type: ignore[misc]  # redis-py's stub is not async here
            for gateway, text in said.items():
                match = _SAID.fullmatch(text)
                if match is None or abs(now_ms - int(match[3])) > KEPT_S * 1000:
                    over.append(gateway)
                elif abs(now_ms - int(match[3])) <= HOLDS_MS:
                    found.append(Waiting(gateway.decode(errors="replace"), int(match[1]), int(match[2])))
            if over:
                await self._redis.hdel(key, *over)  # type: ignore[misc]  # as above
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error
        return found
