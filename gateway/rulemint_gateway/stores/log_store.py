"""The tenant log: token requests, changes and refused calls, read as one from the streams that they are kept in.

A log id is an entry's place: the time and number that Redis gave it, and a letter for its stream. So any entry is found
without a search, and "everything after this one" is exact: what Redis wrote in this very millisecond waits for the next
reading, since more of it may follow.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError

from rulemint_gateway.stores.config_store import StoreUnavailableError
from rulemint_shared import codecs, keys
from rulemint_shared.audit import AuditRecord
from rulemint_shared.codecs import Codec
from rulemint_shared.exchanges import ExchangeRecord

log = structlog.get_logger(__name__)

_STREAMS = {"a": keys.audit, "e": keys.exchanges, "r": keys.refused_calls}
_CODECS: dict[str, Codec[Any]] = {"a": codecs.audit, "e": codecs.exchange, "r": codecs.audit}
_LOG_ID = re.compile(r"log_([0-9a-f]{12})([0-9a-f]{8})([aer])")


class Place(NamedTuple):
    """Where an entry is; later entries have greater places."""

    ms: int
    number: int
    stream: str

    @classmethod
    def of(cls, log_id: str) -> Place | None:
        """The place that *log_id* spells; None if it is none of ours."""
        match = _LOG_ID.fullmatch(log_id)
        return cls(int(match[1], 16), int(match[2], 16), match[3]) if match else None

    def log_id(self) -> str:
        """How the world calls it."""
        return f"log_{self.ms:012x}{self.number:08x}{self.stream}"


class LogEntry(NamedTuple):
    """One record of the log."""

    place: Place
    record: ExchangeRecord | AuditRecord


class LogStore:
    """Reads the log of a tenant. Every method raises `StoreUnavailableError` when Redis does not answer."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def total(self, tenant: str) -> int:
        """How many entries there are."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for stream in _STREAMS.values():
                pipe.xlen(stream(tenant))
            return sum(await _executed(pipe))

    async def page(self, tenant: str, *, start: int, count: int, newest_first: bool) -> list[LogEntry]:
        """*count* entries from the *start*-th on."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for stream in _STREAMS.values():
                if newest_first:
                    pipe.xrevrange(stream(tenant), count=start + count)
                else:
                    pipe.xrange(stream(tenant), count=start + count)
            found = _places(await _executed(pipe))
        found.sort(key=lambda entry: entry[0], reverse=newest_first)
        return _decoded(found[start : start + count])

    async def after(self, tenant: str, place: Place | None, *, count: int) -> list[LogEntry]:
        """The *count* entries that follow *place*, oldest first; None: from the oldest on."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.time()
            for letter, stream in _STREAMS.items():
                pipe.xrange(stream(tenant), min=_from(place, letter), count=count)
            (seconds, microseconds), *streams = await _executed(pipe)
        now_ms = seconds * 1_000 + microseconds // 1_000
        found = sorted(entry for entry in _places(streams) if entry[0].ms < now_ms)
        return _decoded(found[:count])

    async def find(self, tenant: str, place: Place) -> LogEntry | None:
        """The entry at *place*; None if it has left its stream."""
        entry_id = f"{place.ms}-{place.number}"
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.xrange(_STREAMS[place.stream](tenant), entry_id, entry_id)
            (found,) = await _executed(pipe)
        return next(iter(_decoded([(place, fields[b"record"]) for _id, fields in found])), None)


async def _executed(pipe: Any) -> list[Any]:
    try:
        answers: list[Any] = await pipe.execute()
    except (RedisError, OSError) as error:
        raise StoreUnavailableError(str(error)) from error
    return answers


def _from(place: Place | None, stream: str) -> str:
    """Where the entries of *stream* begin that are greater than *place*."""
    if place is None:
        return "-"
    return f"{'' if stream > place.stream else '('}{place.ms}-{place.number}"


def _places(streams: list[list[tuple[bytes, dict[bytes, bytes]]]]) -> list[tuple[Place, bytes]]:
    found = []
    for letter, entries in zip(_STREAMS, streams, strict=True):
        for entry_id, fields in entries:
            ms, _, number = entry_id.decode().partition("-")
            found.append((Place(int(ms), int(number), letter), fields[b"record"]))
    return found


def _decoded(found: list[tuple[Place, bytes]]) -> list[LogEntry]:
    entries = []
    for place, data in found:
        try:
            entries.append(LogEntry(place, _CODECS[place.stream].decode(data)))
        except codecs.DecodeError as error:
            log.warning("left out a malformed log entry", id=place.log_id(), error=str(error))
    return entries
