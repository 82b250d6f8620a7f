"""Counts, for each client and day (UTC), the tokens that it asked for and those that it needed.

A token is needed if none that the client got before is still in force for the same API and scopes. A client that keeps
its tokens asks for no others. The memory of a client does not grow with its tokens. It holds two counts, a sum, and the
last `COMBINATIONS` pairs of API and scopes with the end of their token. A client that uses more pairs seems to need
more tokens than it does, and never fewer.

A gateway counts in its own memory and adds to the counts of all gateways every few seconds. Only tokens that it cannot
tell to be wasted are looked at there. Without Redis, what was counted waits. It is lost with a lost answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import NamedTuple
from zlib import crc32

import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.scripts import run_script

log = structlog.get_logger(__name__)

COMBINATIONS = 8
MOST_CLIENTS = 50_000
"""Of all tenants, in a gateway's memory: beyond them a token is not counted until the next flush."""
MOST_FRESH = 64
"""Of a client, between two flushes; more are counted as needed."""
FLUSH_S = 5.0
AT_ONCE = 200
"""Clients in one command."""
KEPT_S = 3 * 86_400
_DAY_MS = 86_400_000
_ISSUED = 200

ADD_USE = f"""
for at = 2, #ARGV, 5 do
  local client, state = ARGV[at], redis.call('HGET', KEYS[1], ARGV[at])
  local asked, needed, spent, known = string.match(state or '', '^(%d+) (%d+) (%d+)([%d: ]*)$')
  asked, needed, spent = tonumber(asked or 0), tonumber(needed or 0), tonumber(spent or 0)
  local ends, count = {{}}, 0
  for pair, stop in string.gmatch(known or '', '(%d+):(%d+)') do
    ends[pair] = tonumber(stop)
    count = count + 1
  end
  for pair, began, stop in string.gmatch(ARGV[at + 4], '(%d+):(%d+):(%d+)') do
    if not ends[pair] or ends[pair] <= tonumber(began) then
      needed = needed + 1
      if not ends[pair] then count = count + 1 end
      ends[pair] = tonumber(stop)
      if count > {COMBINATIONS} then
        local first
        for each, its in pairs(ends) do if not first or its < ends[first] then first = each end end
        ends[first] = nil
        count = count - 1
      end
    end
  end
  local kept = {{}}
  for pair, stop in pairs(ends) do table.insert(kept, ' ' .. pair .. ':' .. string.format('%.0f', stop)) end
  redis.call('HSET', KEYS[1], client, string.format('%.0f %.0f %.0f', asked + ARGV[at + 1],
    needed + ARGV[at + 2], spent + ARGV[at + 3]) .. table.concat(kept))
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
"""
"""For each client: tokens asked for, tokens needed for certain, µs that its requests took, and tokens to look at."""


class Use(NamedTuple):
    """The use that a client made of tokens in one day."""

    asked: int
    needed: int
    spent_us: int
    """From its requests' arrival to their answers, all together."""


class _Client:
    """The counts of a client and day since the last flush, and the tokens that are in force."""

    __slots__ = ("asked", "ends", "fresh", "needed", "spent_us")

    def __init__(self) -> None:
        self.asked = self.needed = self.spent_us = 0
        self.fresh: list[str] = []
        self.ends: dict[int, int] = {}


class TokenUse:
    """The counts of all tenants."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._counted: dict[tuple[str, int], dict[str, _Client]] = {}
        """Tenant and day → client → counts."""
        self._clients = 0

    def note(self, record: ExchangeRecord) -> None:
        """A token request has ended; only one that got a token counts."""
        if record.status != _ISSUED or record.exp is None or record.client_id is None:
            return
        of_day = self._counted.setdefault((record.tenant, record.started_at_ms // _DAY_MS), {})
        client = of_day.get(record.client_id)
        if client is None:
            if self._clients >= MOST_CLIENTS:
                return
            self._clients += 1
            client = of_day[record.client_id] = _Client()
        client.asked += 1
        client.spent_us += int(record.timings.total_ms * 1_000)
        pair = crc32(" ".join(record.scope_granted).encode(), crc32((record.audience or "").encode()))
        began_s = record.started_at_ms // 1_000
        if client.ends.get(pair, 0) > began_s:
            return
        client.ends[pair] = record.exp
        if len(client.ends) > COMBINATIONS:
            del client.ends[min(client.ends, key=client.ends.__getitem__)]
        if len(client.fresh) < MOST_FRESH:
            client.fresh.append(f"{pair}:{began_s}:{record.exp}")
        else:
            client.needed += 1

    async def write(self) -> None:
        """Add what was counted to the counts of all gateways, until cancelled; then once more."""
        try:
            while True:
                await asyncio.sleep(FLUSH_S)
                await self.flush()
        finally:
            await self.flush()

    async def flush(self) -> None:
        """Add what was counted. What Redis did not take waits for the next time."""
        for (tenant, day), clients in list(self._counted.items()):
            counted = [(name, client) for name, client in clients.items() if client.asked]
            for first in range(0, len(counted), AT_ONCE):
                if not await self._add(tenant, day, counted[first : first + AT_ONCE]):
                    return
        self._forget()

    async def _add(self, tenant: str, day: int, counted: list[tuple[str, _Client]]) -> bool:
        words: list[str | int | bytes] = [str(KEPT_S)]
        for name, client in counted:
            words += (name, str(client.asked), str(client.needed), str(client.spent_us), " ".join(client.fresh))
        taken = [(client, client.asked, client.needed, client.spent_us, len(client.fresh)) for _name, client in counted]
        try:
            await run_script(self._redis, ADD_USE, [redis_keys.token_use(tenant, _date(day).isoformat())], words)
        except RedisConnectionError as error:
            log.warning("could not write what clients used of tokens", error=str(error))
            return False
        except (RedisError, OSError) as error:
            log.warning("what clients used of tokens was lost", tenant=tenant, error=str(error))
        for client, asked, needed, spent_us, fresh in taken:
            client.asked -= asked
            client.needed -= needed
            client.spent_us -= spent_us
            del client.fresh[:fresh]
        return True

    def _forget(self) -> None:
        """Keep only clients whose next token may be wasted."""
        now_s = int(datetime.now(tz=UTC).timestamp())
        for key, clients in list(self._counted.items()):
            for name, client in list(clients.items()):
                if not client.asked and max(client.ends.values(), default=0) <= now_s:
                    del clients[name]
            if not clients:
                del self._counted[key]
        self._clients = sum(map(len, self._counted.values()))

    async def of_day(self, tenant: str, day: date) -> AsyncIterator[tuple[str, Use]]:
        """Each client of *tenant* that got a token on *day*, in no order.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        seen: set[str] = set()
        key = redis_keys.token_use(tenant, day.isoformat())
        try:
            async for name, state in self._redis.hscan_iter(key, count=500):
                client_id, words = name.decode(errors="replace"), state.split()[:3]
                if client_id in seen or len(words) < len(Use._fields) or not all(word.isdigit() for word in words):
                    continue
                seen.add(client_id)
                yield client_id, Use(*map(int, words))
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error


def _date(day: int) -> date:
    return datetime.fromtimestamp(day * 86_400, tz=UTC).date()
