"""Old names → new names, each in one command. What a name holds, and when it expires, stays as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator

import structlog
from redis.exceptions import ResponseError

from rulemint_shared.contract import old_redis_keys
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.scripts import run_script

log = structlog.get_logger(__name__)

AT_ONCE = 500
_REPLACED_BY = b"This store belongs to a newer version of Rulemint."
"""No process of an older version can decrypt this, so each of them ends when it finds it."""
_KEEP_FROM_STARTING = """
for at = 1, #KEYS, 2 do
  local kept = redis.call('GET', KEYS[at])
  if kept and kept ~= ARGV[1] then
    if redis.call('RENAMENX', KEYS[at], KEYS[at + 1]) == 0 then return KEYS[at] end
  end
  redis.call('SET', KEYS[at], ARGV[1])
end
return false
"""


class LayoutError(Exception):
    """The names cannot be those of this version now. The text says why and what to do."""


async def count_old(redis: RedisClient) -> int:
    """The number of names that have to be changed.

    Raises:
        RedisError, OSError: Redis does not answer.
    """
    count = unknown = 0
    async for name in redis.scan_iter(old_redis_keys.NAMES, count=1_000):
        old = name.decode(errors="replace")
        if _is_old(old):
            count += 1
        elif "{" not in old and old not in old_redis_keys.CHECKED_FIRST:
            unknown += 1
    if unknown:
        log.warning("names that no version of Rulemint has made are left alone", names=unknown)
    return count


async def keep_older_from_starting(redis: RedisClient) -> None:
    """From now on a process of an older version ends when it starts.

    Raises:
        LayoutError: one has started after everything was renamed, and has begun anew.
        RedisError, OSError: Redis does not answer.
    """
    names = [name for pair in old_redis_keys.CHECKED_FIRST.items() for name in pair]
    if twice := await run_script(redis, _KEEP_FROM_STARTING, names, [_REPLACED_BY]):
        raise _twice(twice.decode())


async def rename_all(redis: RedisClient) -> AsyncIterator[int]:
    """Rename everything, and delete what meant something to older processes only; so many at a time.

    Raises:
        LayoutError: a process of an older version has written under a name that had been changed.
        RedisError, OSError: Redis does not answer.
    """
    some: list[str] = []
    async for name in redis.scan_iter(old_redis_keys.NAMES, count=AT_ONCE):
        if _is_old(old := name.decode(errors="replace")):
            some.append(old)
        if len(some) >= AT_ONCE:
            await _rename(redis, some)
            yield len(some)
            some.clear()
    await _rename(redis, some)
    yield len(some)


def _is_old(name: str) -> bool:
    return old_redis_keys.new_name(name) is not None or old_redis_keys.is_gone(name)


async def _rename(redis: RedisClient, names: list[str]) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        for old in names:
            new = old_redis_keys.new_name(old)
            if new is None:
                pipe.delete(old)
            else:
                pipe.renamenx(old, new)
        answers = await pipe.execute(raise_on_error=False)
    for old, answer in zip(names, answers, strict=True):
        if isinstance(answer, Exception) and not _has_gone(answer):
            raise answer
        if answer is False and old_redis_keys.new_name(old) is not None:
            raise _twice(old)


def _has_gone(error: Exception) -> bool:
    """It expired since it was seen, or another gateway was here."""
    return isinstance(error, ResponseError) and "no such key" in str(error)


def _twice(name: str) -> LayoutError:
    return LayoutError(
        f"{name} is there again after it was renamed: an older version of Rulemint has written to it. Stop it, look at "
        "what it wrote, delete that name, then start this version again (docs/upgrading.md)"
    )
