"""The latest changes of the configuration, newest first, for a gateway that has missed some.

Each transaction adds its own change, so the list has no gap unless somebody writes without it: a gateway of an older
version, or an operator by hand. A gateway reads everything if it needs a change that is in a gap, that is older than
the list, or that has very many records. A gateway whose own last change is not in the list reads everything too:
another server, which has not that change, has replaced the one that had it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import structlog
from redis.asyncio.client import Pipeline
from redis.exceptions import ResponseError

from rulemint_gateway.stores.catalog.slices import give_way
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.config_changes import ConfigChange
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

KEPT = 10_000
MOST_RECORDS = 100
"""Of a change that is kept: so the list has 50 MiB at most."""
DECODED_AT_ONCE = 1_000
MEANWHILE = 100
"""Changes that may be added while it is asked how many are missing."""


class State(NamedTuple):
    """A state of the configuration: its revision, and the mark of the change that made it; empty: not known."""

    revision: int
    mark: str = ""


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
    if len(change.records) > MOST_RECORDS:
        change = msgspec.structs.replace(change, records=[], left_out=True)
    pipe.eval(_ADD, 1, redis_keys.CHANGE_LOG, codecs.config_change.encode(change), str(KEPT))  # type: ignore[arg-type]  # bytes


async def stored_state(redis: RedisClient) -> State:
    """The state that the server has now.

    Raises:
        RedisError, OSError: it does not answer.
    """
    async with redis.pipeline(transaction=True) as pipe:
        pipe.get(redis_keys.REVISION)
        pipe.lindex(redis_keys.CHANGE_LOG, 0)
        stored, newest = await pipe.execute(raise_on_error=False)
    if isinstance(stored, Exception):
        raise stored
    revision = revision_of(stored)
    change = _decoded(newest) if isinstance(newest, bytes) else None
    return State(revision, change.mark if change is not None and change.revision == revision else "")


async def changes_since(redis: RedisClient, ours: State, stored: State) -> list[ConfigChange] | None:
    """All changes after *ours* up to *stored* at least, oldest first; None: they are not known.

    Raises:
        RedisError, OSError: Redis does not answer.
    """
    if stored == ours:
        return []
    missing = stored.revision - ours.revision
    if not ours.mark or not 0 < missing <= KEPT:
        return None
    try:
        entries = await redis.lrange(redis_keys.CHANGE_LOG, 0, missing + MEANWHILE)  # type: ignore[misc]  # redis-py's stub is not async here
    except ResponseError as error:
        log.warning("could not read the change log", name=redis_keys.CHANGE_LOG, error=str(error))
        return None
    found = await _later_than(ours, entries)
    return found if found is not None and len(found) >= missing else None


async def _later_than(ours: State, entries: Sequence[bytes]) -> list[ConfigChange] | None:
    """The changes of *entries*, newest first, down to ours, in their order; None: there is a gap, or no end."""
    found: list[ConfigChange] = []
    for place, entry in enumerate(entries, 1):
        if place % DECODED_AT_ONCE == 0:
            await give_way()
        change = _decoded(entry)
        if change is None or (found and change.revision != found[-1].revision - 1):
            return None
        if change.revision == ours.revision:
            return found[::-1] if change.mark == ours.mark else None
        if change.left_out:
            return None
        found.append(change)
    return None


def revision_of(stored: bytes | None) -> int:
    """The revision as it is *stored*; 0 if nothing is, and if it is no number, which is named in the log."""
    try:
        return int(stored or 0)
    except ValueError:
        log.warning("the revision of the configuration is no number", name=redis_keys.REVISION)
        return 0


def _decoded(entry: bytes) -> ConfigChange | None:
    try:
        return codecs.config_change.decode(entry)
    except codecs.DecodeError as error:
        log.warning("could not read an entry of the change log", name=redis_keys.CHANGE_LOG, error=str(error))
        return None
