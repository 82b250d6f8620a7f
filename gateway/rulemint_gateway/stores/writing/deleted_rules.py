"""Sweeps up after deleted rules: their state goes right after them, though it is under another tag than their records.

The transaction that deletes a rule notes it. Then its state is deleted, together with setting a mark that every later
write of state finds, and the note goes. Where a gateway dies between, another one finds the note within a minute.
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

SWEEP_INTERVAL_S = 60.0
CLEAR_WITHIN_S = 2.0
AT_ONCE = 100
MARK_KEPT_S = 3_600
"""Longer than any invocation of the rule can still run."""
_CLEAR = """
redis.call('SET', KEYS[1], '1', 'EX', ARGV[1])
redis.call('DEL', KEYS[2], KEYS[3])
"""


class DeletedRules:
    """Rules that are gone, and whose state may still be there."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    def note(self, pipe: Pipeline, tenant: str, rule_ids: Sequence[str]) -> None:
        """Queue on the transaction *pipe*, which deletes the rules, that their state has to go."""
        if rule_ids:
            now_ms = unix_ms()
            pipe.zadd(
                redis_keys.DELETED_RULES,
                {redis_keys.deleted_rules_member(tenant, rule_id): now_ms for rule_id in rule_ids},
            )

    async def clear(self) -> None:
        """Delete the state of all that are noted; what cannot be deleted now is deleted within a minute or so."""
        try:
            async with asyncio.timeout(CLEAR_WITHIN_S):
                await self._clear_all()
        except (RedisError, OSError) as error:
            log.warning("could not delete what deleted rules kept", error=str(error) or type(error).__name__)

    async def _clear_all(self) -> None:
        while noted := await self._redis.zrange(redis_keys.DELETED_RULES, 0, AT_ONCE - 1):
            for member in noted:
                await self._clear(member.decode(errors="replace"))
            await self._redis.zrem(redis_keys.DELETED_RULES, *noted)

    async def sweep(self) -> None:
        """Clear now and then, until cancelled."""
        while True:
            await self.clear()
            await asyncio.sleep(SWEEP_INTERVAL_S)

    async def _clear(self, member: str) -> None:
        tenant, _, rule_id = member.partition(" ")
        names = [f(tenant, rule_id) for f in (redis_keys.deleted_rule, redis_keys.rule_storage, redis_keys.rule_cache)]
        await run_script(self._redis, _CLEAR, names, [MARK_KEPT_S])
