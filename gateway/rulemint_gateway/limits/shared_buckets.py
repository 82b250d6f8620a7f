"""Shares buckets: each gateway tells all others through Redis, in the background, what was taken.

Nobody waits for it: a gateway decides by what it has in memory. After something was taken, a script adds it to the
bucket in Redis. It says how full that is, counting what others took. From then on the gateway goes by this.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError

from rulemint_gateway.limits.gcra import Buckets, Rate
from rulemint_shared.contract import redis_keys, redis_tags
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

TAKE = """
local time = redis.call('TIME')
local now, left = time[1] * 1000 + math.floor(time[2] / 1000), {}
for i, bucket in ipairs(KEYS) do
  local count, interval, depth = ARGV[3 * i - 2], ARGV[3 * i - 1], ARGV[3 * i]
  local full_at = math.max(tonumber(redis.call('GET', bucket) or 0), now)
  full_at = math.min(full_at + count * interval, now + 2 * depth)
  redis.call('SET', bucket, string.format('%.0f', full_at), 'PX', string.format('%.0f', full_at - now))
  left[i] = math.floor(full_at - now)
end
return left
"""
"""`Buckets.take` for many buckets, by the server's clock in ms; how long each takes until it is full."""
AT_ONCE = 200
WAITING = 10_000
"""Buckets that may wait for their turn; what is taken from others then is known here only."""
PAUSE_S = 0.02
PAUSE_AFTER_ERROR_S = 1.0

BucketKey = tuple[str, ...]


@dataclass
class _Taken:
    rate: Rate
    count: int = 0


class SharedBuckets:
    """Tells Redis what was taken, and *buckets* what others took."""

    def __init__(self, redis: RedisClient, buckets: Buckets) -> None:
        self._redis = redis
        self._buckets = buckets
        self._taken: dict[BucketKey, _Taken] = {}
        self._filled = asyncio.Event()

    def take(self, key: BucketKey, rate: Rate) -> None:
        """Take one here, and soon everywhere."""
        self._buckets.take(key, rate)
        if key in self._taken or len(self._taken) < WAITING:
            self._taken.setdefault(key, _Taken(rate)).count += 1
            self._filled.set()

    async def share(self) -> None:
        """Tell Redis until cancelled."""
        while True:
            await self._filled.wait()
            some = [(key, self._taken.pop(key)) for key in list(self._taken)[:AT_ONCE]]
            if not self._taken:
                self._filled.clear()
            try:
                await self._tell(some)
            except (RedisError, OSError) as error:
                log.warning("failed logins are counted by this gateway alone", error=str(error))
                await asyncio.sleep(PAUSE_AFTER_ERROR_S)
            await asyncio.sleep(PAUSE_S)

    async def _tell(self, taken: Sequence[tuple[BucketKey, _Taken]]) -> None:
        named = {redis_keys.bucket(_digest(key)): (key, each) for key, each in taken}
        groups = redis_tags.by_tag(named)
        async with self._redis.pipeline(transaction=False) as pipe:
            for names in groups:
                pipe.eval(TAKE, len(names), *names, *_arguments(named[name][1] for name in names))
            answers = await pipe.execute(raise_on_error=False)
        for names, left_ms in zip(groups, answers, strict=True):
            if isinstance(left_ms, Exception):
                raise left_ms
            for name, left in zip(names, left_ms, strict=True):
                self._buckets.learn(named[name][0], int(left) / 1000)


def _arguments(taken: Iterable[_Taken]) -> list[str]:
    numbers: list[int] = []
    for each in taken:
        numbers += [each.count, round(each.rate.interval_s * 1000), round(each.rate.depth_s * 1000)]
    return list(map(str, numbers))


def _digest(key: BucketKey) -> str:
    """A client id may be any text, and an address is nobody's business."""
    return hashlib.sha256("\0".join(key).encode(errors="surrogatepass")).hexdigest()[:32]
