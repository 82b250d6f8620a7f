"""Keep tapes, behind the answers that they are of: encoded and sealed in a thread, written one after the other.

A tenant whose every request fails has a tape of each, so they wait in a bounded backlog in which tenants take turns,
and so many leave in a second. What is lost is counted. Of a tenant so many are kept, of so many bytes, for so long.
None is kept of a client or a rule that was deleted since.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from typing import NamedTuple

import structlog
from redis.exceptions import RedisError

from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.codecs import EncodeError
from rulemint_shared.contract.messages import Invocation
from rulemint_shared.fairness.backlog import FairBacklog
from rulemint_shared.ids import exchange_time_ms
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.scripts import run_script
from rulemint_shared.secrets.runner_key import RunnerKey

log = structlog.get_logger(__name__)

_WAITING, _WAITING_BYTES = 256, 16 * 1024 * 1024
"""Tapes that wait to be made, of all tenants."""
PAUSE_S = 0.02
"""Between two tapes: they must not take the processor from tokens."""
OVERHEAD_BYTES = 256
"""Of a tape in the server, besides its content, about."""

_KEEP = """
local tape, all, ledger = KEYS[1], KEYS[2], KEYS[3]
local data, member, size, now, age = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local most, limit, names = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local call = redis.call
if size > limit then return end
if tonumber(call('GET', KEYS[4]) or -1) >= tonumber(ARGV[9]) then return end
for place = 5, #KEYS do
  if call('EXISTS', KEYS[place]) == 1 then return end
end
call('SET', tape, data, 'PX', age)
call('ZADD', all, now, member)
local bytes, count = call('HINCRBY', ledger, 'bytes', size), call('ZCARD', all)
while count > 1 do
  local oldest = call('ZRANGE', all, 0, 0, 'WITHSCORES')
  if count <= most and bytes <= limit and tonumber(oldest[2]) > now - age then break end
  local id, gone = string.match(oldest[1], '^(%S+) %S+ (%d+)')
  call('ZREM', all, oldest[1])
  call('DEL', names .. id)
  bytes, count = call('HINCRBY', ledger, 'bytes', -tonumber(gone)), count - 1
end
call('PEXPIRE', all, age)
call('PEXPIRE', ledger, age)
"""


class TapeBounds(NamedTuple):
    """The part of a tenant's tapes that is kept."""

    tapes: int
    bytes: int
    age_s: int


class TapeKeeper:
    """Makes and keeps the tapes of this runner."""

    def __init__(self, redis: RedisClient, key: RunnerKey, bounds: TapeBounds) -> None:
        self._redis = redis
        self._key = key
        self._bounds = bounds
        self._waiting: FairBacklog[tuple[Invocation, Callable[[], bytes]]] = FairBacklog(
            max_items=_WAITING, max_bytes=_WAITING_BYTES
        )
        self._filled = asyncio.Event()

    @property
    def can_keep(self) -> bool:
        """Tell whether tapes can be sealed; else there is no use in recording."""
        return self._key.seals_tapes

    @property
    def lost(self) -> int:
        """The number of tapes that were lost because too many waited."""
        return self._waiting.lost

    def keep(self, invocation: Invocation, make: Callable[[], bytes], *, size: int) -> None:
        """Have *make* make the tape of *invocation* soon, of about *size* bytes, and keep it."""
        self._waiting.add(invocation.tenant, (invocation, make), size)
        self._filled.set()

    async def run(self) -> None:
        """Keep what waits, until cancelled."""
        while True:
            await self._filled.wait()
            for taken in self._waiting.take(max_items=1, max_bytes=1):
                if taken.lost:
                    log.warning("tapes were lost: too many at once", tenant=taken.tenant, lost=taken.lost)
                for invocation, make in taken.items:
                    await self._keep(invocation, make)
            if not len(self._waiting):
                self._filled.clear()
            await asyncio.sleep(PAUSE_S)

    async def _keep(self, invocation: Invocation, make: Callable[[], bytes]) -> None:
        try:
            sealed = await asyncio.to_thread(self._sealed, invocation, make)
            await self._write(invocation, sealed)
        except (RedisError, OSError) as error:
            log.warning("a tape could not be kept", exchange=invocation.id, error=str(error))
        except EncodeError as error:
            log.warning("a tape could not be made", exchange=invocation.id, error=str(error))
        except Exception:
            log.exception("a tape could not be made", exchange=invocation.id)

    def _sealed(self, invocation: Invocation, make: Callable[[], bytes]) -> bytes:
        context = redis_keys.tape(invocation.tenant, invocation.id).encode()
        return self._key.seal_tape(zlib.compress(make(), 1), context=context)

    async def _write(self, invocation: Invocation, sealed: bytes) -> None:
        tenant, bounds = invocation.tenant, self._bounds
        size = len(sealed) + OVERHEAD_BYTES
        all_of_tenant = redis_keys.tapes(tenant)
        member = redis_keys.tapes_member(
            invocation.id, invocation.client.id, [rule.rule_id for rule in invocation.flow], size
        )
        names = [redis_keys.tape(tenant, invocation.id), all_of_tenant, redis_keys.ledger(all_of_tenant)]
        names.append(redis_keys.deleted_client(tenant, invocation.client.id))
        names += [redis_keys.deleted_rule(tenant, rule.rule_id) for rule in invocation.flow]
        arguments: list[str | int | bytes] = [sealed, member, size, unix_ms(), bounds.age_s * 1000]
        arguments += [bounds.tapes, bounds.bytes, redis_keys.tape(tenant, "")]
        arguments.append(exchange_time_ms(invocation.id) or 0)
        await run_script(self._redis, _KEEP, names, arguments)
