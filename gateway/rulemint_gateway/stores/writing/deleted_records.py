"""Sweeps up after deleted rules and clients: the state of a rule, and the tapes of both, which are under other tags.

The transaction that deletes one notes it, with the time. Then a mark is set that every later write of state, and of a
tape, finds; what was kept until then is deleted, and the note goes. Where a gateway dies between, another one finds the
note within a minute. A client's id may be used anew. So of a client only tapes of requests go that began before its
deletion.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError, ResponseError

from rulemint_gateway.stores.writing.deleted_tapes import ListedTape, delete_tapes
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.ids import exchange_time_ms
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.scripts import run_script

log = structlog.get_logger(__name__)

SWEEP_INTERVAL_S = 60.0
CLEAR_WITHIN_S = 2.0
"""The caller who deletes something waits for so long at most."""
SWEEP_WITHIN_S = 60.0
AT_ONCE = 100
MARK_KEPT_S = 3_600
"""Longer than any invocation of the rule, or for the client, can still run."""
_CLEAR_RULE = """
redis.call('SET', KEYS[1], '1', 'EX', ARGV[1])
redis.call('DEL', KEYS[2], KEYS[3])
"""
_MARK_CLIENT = """
if tonumber(redis.call('GET', KEYS[1]) or 0) < tonumber(ARGV[2]) then
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[1])
end
"""
_FORGET_IF_NOTED = """
for place = 1, #ARGV, 2 do
  if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[place]) or -1) == tonumber(ARGV[place + 1]) then
    redis.call('ZREM', KEYS[1], ARGV[place])
  end
end
"""


@dataclass
class _Gone:
    """Deleted records of one tenant: id → when each was deleted, in ms."""

    rules: dict[str, int] = field(default_factory=dict)
    clients: dict[str, int] = field(default_factory=dict)

    def has(self, tape: ListedTape) -> bool:
        """Tell whether *tape* goes with them."""
        if not self.rules.keys().isdisjoint(tape.rule_ids):
            return True
        began_ms = exchange_time_ms(tape.exchange_id) or 0
        return began_ms <= self.clients.get(tape.client_id, -1)


class DeletedRecords:
    """Rules and clients that are gone, and of which something may still be there."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    def note(self, pipe: Pipeline, tenant: str, *, rules: Sequence[str] = (), clients: Sequence[str] = ()) -> None:
        """Queue on the transaction *pipe*, which deletes them, that what was kept for them has to go."""
        now_ms = unix_ms()
        for name, deleted in ((redis_keys.DELETED_RULES, rules), (redis_keys.DELETED_CLIENTS, clients)):
            if deleted:
                pipe.zadd(name, {redis_keys.deleted_member(tenant, record_id): now_ms for record_id in deleted})

    async def clear(self, *, within_s: float = CLEAR_WITHIN_S) -> None:
        """Delete what is left of all that are noted; what cannot be deleted now is deleted within a minute or so."""
        try:
            async with asyncio.timeout(within_s):
                while await self._clear_some():
                    pass
        except (RedisError, OSError) as error:
            log.warning("could not delete what deleted records kept", error=str(error) or type(error).__name__)

    async def sweep(self) -> None:
        """Clear now and then, until cancelled."""
        while True:
            await self.clear(within_s=SWEEP_WITHIN_S)
            await asyncio.sleep(SWEEP_INTERVAL_S)

    async def _clear_some(self) -> bool:
        """Clear the oldest that are noted; true if there may be more, and nothing stands in the way."""
        rules = await self._noted(redis_keys.DELETED_RULES)
        clients = await self._noted(redis_keys.DELETED_CLIENTS)
        by_tenant: defaultdict[str, _Gone] = defaultdict(_Gone)
        for member, noted_ms in rules.items():
            tenant, _, rule_id = member.partition(" ")
            by_tenant[tenant].rules[rule_id] = noted_ms
        for member, noted_ms in clients.items():
            tenant, _, client_id = member.partition(" ")
            by_tenant[tenant].clients[client_id] = noted_ms
        cleared = {tenant for tenant, gone in by_tenant.items() if await self._clear(tenant, gone)}
        for name, noted in ((redis_keys.DELETED_RULES, rules), (redis_keys.DELETED_CLIENTS, clients)):
            done = {member: ms for member, ms in noted.items() if member.partition(" ")[0] in cleared}
            if done:
                pairs = [word for pair in done.items() for word in pair]
                await run_script(self._redis, _FORGET_IF_NOTED, [name], list(pairs))
        return bool(by_tenant) and len(cleared) == len(by_tenant)

    async def _noted(self, name: str) -> dict[str, int]:
        found = await self._redis.zrange(name, 0, AT_ONCE - 1, withscores=True)
        return {member.decode(errors="replace"): int(noted_ms) for member, noted_ms in found}

    async def _clear(self, tenant: str, gone: _Gone) -> bool:
        """Clear those of one tenant; false if something of that tenant is not what it should be."""
        try:
            for rule_id in gone.rules:
                makers = (redis_keys.deleted_rule, redis_keys.rule_storage, redis_keys.rule_cache)
                names = [name(tenant, rule_id) for name in makers]
                await run_script(self._redis, _CLEAR_RULE, names, [MARK_KEPT_S])
            for client_id, noted_ms in gone.clients.items():
                name = redis_keys.deleted_client(tenant, client_id)
                await run_script(self._redis, _MARK_CLIENT, [name], [MARK_KEPT_S, noted_ms])
            deleted = await delete_tapes(self._redis, tenant, gone.has)
        except ResponseError as error:
            log.warning("could not delete what deleted records of a tenant kept", tenant=tenant, error=str(error))
            return False
        if deleted:
            log.info("tapes went with their clients or rules", tenant=tenant, tapes=deleted)
        return True
