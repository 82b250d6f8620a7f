"""Sweeps up after deleted tenants, so that nothing of them is left.

The transaction that deletes a tenant deletes its configuration, and notes its name. What its traffic has made is under
other tags, and some of it may still be on its way: log lines of a last invocation, exchange records. So it is deleted
at once and again until `SETTLE_S` have passed; until then the name is not free. Any gateway finds the note.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.scripts import run_script

log = structlog.get_logger(__name__)

SETTLE_S = 300
"""Longer than any invocation runs, and than records wait in a gateway or a runner."""
SWEEP_INTERVAL_S = 5.0
CLEAR_WITHIN_S = 5.0
NAMES_AT_ONCE = 500
_UNLINK_IF_NOTED = """
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
for place = 2, #KEYS do redis.call('UNLINK', KEYS[place]) end
return 1
"""
"""Two gateways may sweep: the slower one must not meet a new tenant of the same name."""


class DeletedTenants:
    """Tenants that are gone, and of which something may still come."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    def note(self, pipe: Pipeline, tenants: Sequence[str]) -> None:
        """Queue on the transaction *pipe* that the configuration of *tenants* goes, and all else soon."""
        for tenant in tenants:
            pipe.zadd(redis_keys.DELETED_TENANTS, {tenant: unix_ms()})
            pipe.unlink(*redis_keys.configuration_of(tenant))

    async def settles_in_s(self, tenant: str) -> int:
        """Return how long the name of a deleted tenant is not free yet, in seconds; 0: it is free."""
        noted_ms = await self._redis.zscore(redis_keys.DELETED_TENANTS, tenant)
        if noted_ms is None:
            return 0
        return max(1, int(SETTLE_S + (noted_ms - unix_ms()) / 1_000))

    async def clear(self) -> None:
        """Delete what there is of all that are noted. What cannot be deleted now is deleted some seconds later."""
        try:
            async with asyncio.timeout(CLEAR_WITHIN_S):
                for member, noted_ms in await self._redis.zrange(redis_keys.DELETED_TENANTS, 0, -1, withscores=True):
                    await self._clear(member.decode(errors="replace"))
                    if unix_ms() - noted_ms > SETTLE_S * 1_000:
                        await self._redis.zrem(redis_keys.DELETED_TENANTS, member)
        except (RedisError, OSError) as error:
            log.warning("could not delete what deleted tenants had", error=str(error) or type(error).__name__)

    async def sweep(self) -> None:
        """Clear now and then, until cancelled."""
        while True:
            await self.clear()
            await asyncio.sleep(SWEEP_INTERVAL_S)

    async def _clear(self, tenant: str) -> None:
        names = [redis_keys.DELETED_TENANTS, *redis_keys.configuration_of(tenant)]
        if not await run_script(self._redis, _UNLINK_IF_NOTED, names, [tenant]):
            return
        for pattern in redis_keys.patterns_of(tenant):
            found: list[bytes] = []
            async for name in self._redis.scan_iter(pattern, count=1_000):
                found.append(name)
                if len(found) == NAMES_AT_ONCE:
                    await self._redis.unlink(*found)
                    found = []
            if found:
                await self._redis.unlink(*found)
