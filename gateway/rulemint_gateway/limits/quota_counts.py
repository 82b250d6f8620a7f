"""Counts the tokens that were issued in this hour and this day, of each quota, in Redis for all gateways together.

One script looks and counts at once, so no two gateways give out the same last token. A token that was counted and then
not issued is given back. Without Redis, each gateway goes on by itself from the last count that it knows: it neither
refuses everything nor allows everything.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog
from redis.exceptions import RedisError

from rulemint_gateway.limits.applicable_quotas import WINDOWS_S, Limit
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys, redis_tags
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.scripts import run_script

log = structlog.get_logger(__name__)

TAKE = """
local counts, refusals, refused = {}, {}, 0
for i, name in ipairs(KEYS) do
  counts[i] = tonumber(redis.call('HGET', name, 'issued') or 0)
  refusals[i] = 0
  if ARGV[3 * i - 1] == '1' and counts[i] >= tonumber(ARGV[3 * i - 2]) then
    refused = 1
    refusals[i] = redis.call('HINCRBY', name, 'refused', 1)
  end
end
if refused == 0 then
  for i, name in ipairs(KEYS) do counts[i] = redis.call('HINCRBY', name, 'issued', 1) end
end
for i, name in ipairs(KEYS) do redis.call('EXPIRE', name, ARGV[3 * i]) end
return {refused, counts, refusals}
"""
"""Counts one more unless a quota that is enforced is used up; what the counts are then, and the how many-th refusal."""
GIVE_BACK = """
for _, name in ipairs(KEYS) do
  if redis.call('EXISTS', name) == 1 then redis.call('HINCRBY', name, 'issued', -1) end
end
"""
KEPT_LONGER_S = 600
"""Than the window: the clocks of gateways differ."""
WITHIN_S = 1.0
"""Redis must answer, or a gateway counts by itself."""
KNOWN_FOR_S = 1.0
"""For so long a quota that is used up is not asked about again; after that, some may have been given back."""
REMEMBERED = 20_000
GIVEN_BACK = 10_000
PAUSE_S = 0.05
WARN_EVERY_S = 30.0


class Taken(NamedTuple):
    """The result of one token's quotas."""

    limits: Sequence[Limit]
    names: Sequence[str]
    counts: Sequence[int]
    """With this token, unless it was refused."""
    refusals: Sequence[int]
    """The how many-th refusal of each quota in its window this is; 0 if it does not refuse, or this is not known."""
    refused: bool
    at_s: float
    """By the clock, Unix time."""

    @property
    def used_up(self) -> list[Limit]:
        """The quotas that refuse it."""
        pairs = zip(self.limits, self.counts, strict=True)
        return [limit for limit, count in pairs if limit.enforce and count >= limit.most] if self.refused else []


class _Known(NamedTuple):
    issued: int
    refused_at_s: float
    """The time when Redis last said that it is used up; 0: it did not."""


class QuotaCounts:
    """Takes one token of each quota at a time."""

    def __init__(self, redis: RedisClient, *, clock_ms: Callable[[], int] = unix_ms) -> None:
        self._redis = redis
        self._clock_ms = clock_ms
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._given_back: deque[str] = deque(maxlen=GIVEN_BACK)
        self._filled = asyncio.Event()
        self._warned_s = 0.0

    async def take(self, tenant: str, limits: Sequence[Limit]) -> Taken:
        """Count one token more in each of *limits*, or in none if one of them refuses it."""
        now_s = self._clock_ms() / 1000
        names = [_name(tenant, limit, now_s) for limit in limits]
        known = [self._known.get(name, _Known(0, 0.0)) for name in names]
        # Redis said a moment ago that one is used up: a flood of refusals must not cost a round trip each.
        if any(
            limit.enforce and each.issued >= limit.most and 0 <= now_s - each.refused_at_s < KNOWN_FOR_S
            for limit, each in zip(limits, known, strict=True)
        ):
            return Taken(limits, names, [each.issued for each in known], [0] * len(names), True, now_s)
        try:
            async with asyncio.timeout(WITHIN_S):
                refused, counts, refusals = await run_script(self._redis, TAKE, names, _arguments(limits))
        except (RedisError, OSError) as error:
            self._warn(error)
            return self._take_here(limits, names, [each.issued for each in known], now_s)
        for name, count in zip(names, counts, strict=True):
            self._learn(name, _Known(count, now_s if refused else 0.0))
        return Taken(limits, names, counts, refusals, bool(refused), now_s)

    def give_back(self, taken: Taken) -> None:
        """The token of *taken* was not issued."""
        if not taken.refused:
            self._given_back.extend(taken.names)
            self._filled.set()

    async def write(self) -> None:
        """Give back in the background, until cancelled."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            names = [self._given_back.popleft() for _ in range(len(self._given_back))]
            try:
                async with self._redis.pipeline(transaction=False) as pipe:
                    for of_tenant in redis_tags.by_tag(names):
                        pipe.eval(GIVE_BACK, len(of_tenant), *of_tenant)
                    await pipe.execute()
            except (RedisError, OSError) as error:
                self._warn(error)
            await asyncio.sleep(PAUSE_S)

    def _take_here(self, limits: Sequence[Limit], names: Sequence[str], counts: list[int], now_s: float) -> Taken:
        pairs = zip(limits, counts, strict=True)
        refused = any(limit.enforce and count >= limit.most for limit, count in pairs)
        if not refused:
            counts = [count + 1 for count in counts]
            for name, count in zip(names, counts, strict=True):
                self._learn(name, _Known(count, 0.0))
        return Taken(limits, names, counts, [0] * len(names), refused, now_s)

    def _learn(self, name: str, known: _Known) -> None:
        self._known[name] = known
        self._known.move_to_end(name)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def _warn(self, error: Exception) -> None:
        now_s = time.monotonic()
        if now_s - self._warned_s > WARN_EVERY_S or not self._warned_s:
            self._warned_s = now_s
            log.warning("token quotas are counted by this gateway alone", error=str(error) or type(error).__name__)


async def issued_of(redis: RedisClient, tenant: str, limits: Sequence[Limit], now_s: float) -> list[int]:
    """Count the tokens that were issued in the hour or day of *now_s*, for each of *limits*.

    Raises:
        RedisError, OSError: Redis does not answer.
    """
    async with redis.pipeline(transaction=False) as pipe:
        for limit in limits:
            pipe.hget(_name(tenant, limit, now_s), "issued")
        counts = await pipe.execute()
    return [max(0, int(count or 0)) for count in counts]


def _name(tenant: str, limit: Limit, now_s: float) -> str:
    """A client id may be any text, and an address is nobody's business."""
    subject = hashlib.sha256(f"{limit.by}\0{limit.subject}".encode(errors="surrogatepass")).hexdigest()[:32]
    return redis_keys.token_quota(tenant, f"{subject}:{limit.window}:{limit.began_s(now_s)}")


def _arguments(limits: Sequence[Limit]) -> list[str | int | bytes]:
    arguments: list[str | int | bytes] = []
    for limit in limits:
        arguments += [limit.most, int(limit.enforce), WINDOWS_S[limit.window] + KEPT_LONGER_S]
    return arguments
