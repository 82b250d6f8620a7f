"""Sweeps up after deleted tenants, so that nothing of them is left.

The transaction that deletes a tenant deletes its configuration, and notes its name. What its traffic has made is under
other tags, and some of it may still be on its way: log lines of a last invocation, exchange records. So it is deleted
again and again for `LATE_S`, and once more when `SETTLE_S` have passed. Until then the name is not free. Any gateway
finds the note.

One walk through all names looks for all noted tenants at once. A large store takes it several passes, and each goes on
where the one before stopped. Another gateway may settle a tenant during a walk, and its name may be made anew. So the
note has to be the same, with its time, when something is deleted.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

import structlog
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys, redis_tags
from rulemint_shared.deadline import Deadline
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.scripts import run_script

log = structlog.get_logger(__name__)

SETTLE_S = 300
"""Longer than any invocation runs, and than records wait in a gateway or a runner."""
LATE_S = 30
"""Nearly all that comes late has come by then. To look for more all the time would cost the server too much."""
SWEEP_INTERVAL_S = 5.0
PASS_S = 5.0
NAMES_AT_ONCE = 500
_UNLINK_IF_NOTED = """
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or -1) ~= tonumber(ARGV[2]) then return end
for place = 2, #KEYS do redis.call('UNLINK', KEYS[place]) end
"""
_FORGET_IF_NOTED = """
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or -1) == tonumber(ARGV[2]) then
  redis.call('ZREM', KEYS[1], ARGV[1])
end
"""


class DeletedTenants:
    """Tenants that are gone, and of which something may still come."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._walk: _Walk | None = None

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
        """Delete what there is of all that are noted, or a part of it: the next call goes on from there."""
        try:
            if self._walk is None:
                self._walk = await _begin(self._redis)
            if self._walk is not None and await self._walk.go_on(Deadline.after(PASS_S)):
                self._walk = None
        except (RedisError, OSError) as error:
            self._walk = None  # its place may be that of a server that is gone
            log.warning("could not delete what deleted tenants had", error=str(error) or type(error).__name__)

    async def sweep(self) -> None:
        """Clear now and then, until cancelled."""
        while True:
            await self.clear()
            await asyncio.sleep(SWEEP_INTERVAL_S)


class _Walk:
    """Goes once through all names, for the tenants that were noted when it began."""

    def __init__(self, redis: RedisClient, noted: Mapping[str, int]) -> None:
        """*noted*: the time of each note, which tells it from a later one."""
        self._redis = redis
        self._noted = noted
        self._began_ms = unix_ms()
        self._names = redis.scan_iter(redis_keys.pattern_of_all(noted), count=1_000)
        self._found: defaultdict[tuple[str, str], list[bytes]] = defaultdict(list)
        """Names by tenant and tag."""

    async def go_on(self, deadline: Deadline) -> bool:
        """Delete what is found until the *deadline*; true if that was all."""
        seen = 0
        async for found in self._names:
            seen += 1
            name = found.decode(errors="replace")
            tenant = redis_keys.tenant_of(name)
            if tenant in self._noted:
                self._found[tenant, redis_tags.tag(name)].append(found)
            if seen % NAMES_AT_ONCE == 0:
                await self._unlink_found()
            if deadline.passed():
                await self._unlink_found()
                return False
        await self._unlink_found()
        await self._forget_settled()
        return True

    async def _unlink_found(self) -> None:
        if not self._found:
            return
        groups = dict(self._found)
        self._found.clear()
        noted = await _noted(self._redis)
        async with self._redis.pipeline(transaction=False) as pipe:
            for (tenant, _tag), names in groups.items():
                if noted.get(tenant) == self._noted[tenant]:
                    pipe.unlink(*names)
            await pipe.execute()

    async def _forget_settled(self) -> None:
        """Free the names of tenants of which nothing could come any more when this began."""
        for tenant, noted_ms in self._noted.items():
            if self._began_ms - noted_ms > SETTLE_S * 1_000:
                await run_script(self._redis, _FORGET_IF_NOTED, [redis_keys.DELETED_TENANTS], [tenant, noted_ms])


async def _begin(redis: RedisClient) -> _Walk | None:
    """Delete what the transaction had deleted, in case more has come, and begin a walk if it has any purpose."""
    noted = {tenant: noted_ms for tenant, noted_ms in (await _noted(redis)).items() if _is_worth_a_walk(noted_ms)}
    for tenant, noted_ms in noted.items():
        names = [redis_keys.DELETED_TENANTS, *redis_keys.configuration_of(tenant)]
        await run_script(redis, _UNLINK_IF_NOTED, names, [tenant, noted_ms])
    return _Walk(redis, noted) if noted else None


def _is_worth_a_walk(noted_ms: int) -> bool:
    """Tell whether something may just have come, or is the last that can."""
    return not LATE_S * 1_000 < unix_ms() - noted_ms <= SETTLE_S * 1_000


async def _noted(redis: RedisClient) -> dict[str, int]:
    found = await redis.zrange(redis_keys.DELETED_TENANTS, 0, -1, withscores=True)
    return {member.decode(errors="replace"): int(noted_ms) for member, noted_ms in found}
