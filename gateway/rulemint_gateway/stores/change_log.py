"""The latest changes of the configuration, newest first: what a gateway reads that has missed some.

Each transaction adds its own change, so the list has no gap unless somebody writes without it: a gateway of an older
version, an operator by hand, or a change of so many records that it is left out. Whoever needs what is in a gap, or is
older than the list, reads everything.
"""

from __future__ import annotations

import asyncio

import structlog
from arq.connections import ArqRedis
from redis.asyncio.client import Pipeline
from redis.exceptions import ResponseError

from rulemint_shared import codecs, keys
from rulemint_shared.messages import ConfigChange

log = structlog.get_logger(__name__)

KEPT = 10_000
MOST_RECORDS = 100
"""Of a change that is kept: so the list has 50 MiB at most, whatever is written."""
DECODED_AT_ONCE = 200
MEANWHILE = 100
"""Changes that may be added while it is asked how many are missing."""

_ADD = """
local pushed = redis.pcall('LPUSH', KEYS[1], ARGV[1])
if type(pushed) == 'table' and pushed.err then
  redis.call('DEL', KEYS[1])
  redis.call('LPUSH', KEYS[1], ARGV[1])
end
redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1)
"""
"""Garbage in place of the list must not have a transaction half done: it makes way."""


def add_change(pipe: Pipeline, change: ConfigChange) -> None:
    """Have the transaction of *pipe* keep *change*."""
    if len(change.records) <= MOST_RECORDS:
        pipe.eval(_ADD, 1, keys.CHANGE_LOG, codecs.config_change.encode(change), str(KEPT))  # type: ignore[arg-type]  # bytes


async def changes_between(redis: ArqRedis, revision: int, stored: int) -> list[ConfigChange] | None:
    """All changes after *revision* up to *stored*, the one that Redis has, oldest first; None: they are not known.

    Raises:
        RedisError, OSError: Redis does not answer.
    """
    missing = stored - revision
    if revision < 0 or not 0 <= missing <= KEPT:
        return None
    try:
        entries = await redis.lrange(keys.CHANGE_LOG, 0, missing - 1 + MEANWHILE) if missing else []  # type: ignore[misc]  # redis-py's stub is not async here
    except ResponseError as error:
        log.warning("could not read the change log", name=keys.CHANGE_LOG, error=str(error))
        return None
    found: list[ConfigChange] = []
    for place, entry in enumerate(entries, 1):
        if place % DECODED_AT_ONCE == 0:
            await asyncio.sleep(0)
        try:
            change = codecs.config_change.decode(entry)
        except codecs.DecodeError as error:
            log.warning("could not read an entry of the change log", name=keys.CHANGE_LOG, error=str(error))
            return None
        if change.revision <= revision:
            break
        found.append(change)
    found.reverse()
    numbers = [change.revision for change in found]
    is_whole = numbers == list(range(revision + 1, revision + 1 + len(found)))
    return found if is_whole and len(found) >= missing else None
