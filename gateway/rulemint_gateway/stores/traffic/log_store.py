"""The tenant log: token requests, changes and what was refused, read as one from the streams that they are kept in.

A log id is an entry's place: the time and number that Redis gave it, and a letter for its stream. So any entry is found
without a search, and "everything after this one" is exact. An entry that Redis wrote in this very millisecond waits for
the next reading, because more may follow in it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, NamedTuple

import structlog
from redis.exceptions import RedisError

from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.audit import AuditRecord
from rulemint_shared.contract.codecs import Codec
from rulemint_shared.contract.exchanges import ExchangeRecord, ExchangeSummary
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

_STREAMS = {
    "a": redis_keys.audit,
    "e": redis_keys.exchanges,
    "r": redis_keys.refused_calls,
    "u": redis_keys.refused_requests,
}
_CODECS: dict[str, Codec[Any]] = {"a": codecs.audit, "e": codecs.exchange, "r": codecs.audit, "u": codecs.exchange}
_EXCHANGES = "e"
_EVERY_EXCHANGE = "eu"
"""Also those of callers that were not authenticated."""
CLOCK_SKEW_MS = 2_000
"""A gateway's clock, which a record has its time from, may be so far ahead of Redis's, which a place has."""
READ_AHEAD = 25
FIRST_READ, READ_BYTES = 4, 256 * 1024
_LOG_ID = re.compile(r"log_([0-9a-f]{12})([0-9a-f]{8})([aeru])")


class Place(NamedTuple):
    """The place of an entry; later entries have greater places."""

    ms: int
    number: int
    stream: str

    @classmethod
    def of(cls, log_id: str) -> Place | None:
        """The place that *log_id* spells; None if it is none of ours."""
        match = _LOG_ID.fullmatch(log_id)
        return cls(int(match[1], 16), int(match[2], 16), match[3]) if match else None

    def log_id(self) -> str:
        """The place as API and answers spell it."""
        return f"log_{self.ms:012x}{self.number:08x}{self.stream}"


class LogEntry(NamedTuple):
    """One record of the log."""

    place: Place
    record: ExchangeRecord | AuditRecord


class LogStore:
    """Reads the log of a tenant. Every method raises `StoreUnavailableError` when Redis does not answer."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def total(self, tenant: str) -> int:
        """The number of entries."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for stream in _STREAMS.values():
                pipe.xlen(stream(tenant))
            return sum(await _executed(pipe))

    async def page(self, tenant: str, *, start: int, count: int, newest_first: bool) -> list[LogEntry]:
        """*count* entries from the *start*-th on."""
        return [each async for each in self.entries(tenant, start=start, count=count, newest_first=newest_first)]

    async def entries(self, tenant: str, *, start: int, count: int, newest_first: bool) -> AsyncIterator[LogEntry]:
        """As `page`, of which a little is held at a time: an entry may have a quarter of a megabyte.

        What comes before them is read as well.
        """
        ahead = _Ahead(self._redis, tenant, newest_first=newest_first)
        for _ in range(start):
            await ahead.next()
        for _ in range(count):
            if (found := await ahead.next()) is not None:
                for entry in _decoded([found]):
                    yield entry

    async def exchanges(
        self, tenant: str, *, newest_first: bool, after: Place | None = None
    ) -> AsyncIterator[tuple[Place, ExchangeRecord | None]]:
        """The token requests, a few of which are held at a time; *after*: those that follow it, oldest first.

        None stands for one that cannot be read, so that a caller that counts what was looked at counts it too.
        """
        ahead = _Ahead(self._redis, tenant, newest_first=newest_first, streams=_EXCHANGES, beyond=after)
        while (found := await ahead.next()) is not None:
            entry = next(iter(_decoded([found])), None)
            yield found[0], entry.record if entry is not None and isinstance(entry.record, ExchangeRecord) else None

    async def summaries(
        self, tenant: str, *, newest_first: bool, beyond: Place | None = None, since_ms: int = 0
    ) -> AsyncIterator[tuple[Place, ExchangeSummary | None]]:
        """Every token request that is kept, in the order of writing; *beyond*: those that this order has behind it.

        None stands for one that cannot be read, as in `exchanges`. Those that were written before *since_ms* began
        before it, and are left out.
        """
        first_ms = max(0, since_ms - CLOCK_SKEW_MS)
        if newest_first:
            now_ms = None
        else:
            now_ms = await server_ms(self._redis)
            if beyond is None or beyond.ms < first_ms:
                beyond = Place(first_ms, 0, "")
        ahead = _Ahead(self._redis, tenant, newest_first=newest_first, streams=_EVERY_EXCHANGE, beyond=beyond)
        while (found := await ahead.next()) is not None:
            place, data = found
            if place.ms < first_ms or (now_ms is not None and place.ms >= now_ms):
                return
            yield place, summary_of(place, data)

    async def after(self, tenant: str, place: Place | None, *, count: int) -> list[LogEntry]:
        """The *count* entries that follow *place*, oldest first; None: from the oldest on."""
        return [each async for each in self.entries_after(tenant, place, count=count)]

    async def entries_after(self, tenant: str, place: Place | None, *, count: int) -> AsyncIterator[LogEntry]:
        """As `after`, of which a little is held at a time."""
        now_ms = await server_ms(self._redis)
        ahead = _Ahead(self._redis, tenant, newest_first=False, beyond=place)
        for _ in range(count):
            found = await ahead.next()
            if found is None or found[0].ms >= now_ms:
                return
            for entry in _decoded([found]):
                yield entry

    async def find(self, tenant: str, place: Place) -> LogEntry | None:
        """The entry at *place*; None if it has left its stream."""
        entry_id = f"{place.ms}-{place.number}"
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.xrange(_STREAMS[place.stream](tenant), entry_id, entry_id)
            (found,) = await _executed(pipe)
        return next(iter(_decoded([(place, fields.get(b"record", b"")) for _id, fields in found])), None)


async def server_ms(redis: RedisClient) -> int:
    """The server's time. What it writes in this very millisecond may be followed by more in it.

    Raises:
        StoreUnavailableError: Redis does not answer.
    """
    async with redis.pipeline(transaction=False) as pipe:
        pipe.time()
        ((seconds, microseconds),) = await _executed(pipe)
    return int(seconds) * 1_000 + int(microseconds) // 1_000


class _Ahead:
    """The entries of *streams* in one order, of which only a few are held at a time."""

    def __init__(
        self,
        redis: RedisClient,
        tenant: str,
        *,
        newest_first: bool,
        streams: Iterable[str] = _STREAMS,
        beyond: Place | None = None,
    ) -> None:
        """*beyond*: the first of them is the next after this place, in this order."""
        self._redis = redis
        self._tenant = tenant
        self._newest_first = newest_first
        self._waiting: dict[str, deque[tuple[Place, bytes]]] = {letter: deque() for letter in streams}
        self._next: dict[str, str | None] = {
            letter: _before(beyond, letter) if newest_first else _from(beyond, letter) for letter in self._waiting
        }
        """The place to read on; None: there is no more."""
        self._count = FIRST_READ
        """The number that is read next, by the size of those before."""

    async def next(self) -> tuple[Place, bytes] | None:
        """The next one; None at the end."""
        await self._refill()
        first = [entries[0] for entries in self._waiting.values() if entries]
        if not first:
            return None
        place, _data = max(first) if self._newest_first else min(first)
        return self._waiting[place.stream].popleft()

    async def _refill(self) -> None:
        hungry = {
            letter: begin for letter, begin in self._next.items() if begin is not None and not self._waiting[letter]
        }
        if not hungry:
            return
        async with self._redis.pipeline(transaction=False) as pipe:
            for letter, begin in hungry.items():
                stream = _STREAMS[letter](self._tenant)
                if self._newest_first:
                    pipe.xrevrange(stream, begin, count=self._count)
                else:
                    pipe.xrange(stream, begin, count=self._count)
            streams = await _executed(pipe)
        read = self._count
        for letter, entries in zip(hungry, streams, strict=True):
            self._waiting[letter].extend(_placed(letter, entries))
            self._next[letter] = f"({entries[-1][0].decode()}" if len(entries) == read else None
        sizes = [len(data) for letter in hungry for _place, data in self._waiting[letter]]
        self._count = min(READ_AHEAD, max(1, READ_BYTES * len(sizes) // max(1, sum(sizes))))


async def _executed(pipe: Any) -> list[Any]:
    try:
        answers: list[Any] = await pipe.execute()
    except (RedisError, OSError) as error:
        raise StoreUnavailableError(str(error)) from error
    return answers


def _from(place: Place | None, stream: str) -> str:
    """The first position of *stream* whose entries are greater than *place*."""
    if place is None:
        return "-"
    return f"{'' if stream > place.stream else '('}{place.ms}-{place.number}"


def _before(place: Place | None, stream: str) -> str | None:
    """The last position of *stream* whose entries are less than *place*; None: nothing can be less."""
    if place is None:
        return "+"
    if (place.ms, place.number) == (0, 0):
        return None
    return f"{'' if stream < place.stream else '('}{place.ms}-{place.number}"


def _placed(letter: str, entries: list[tuple[bytes, dict[bytes, bytes]]]) -> Iterator[tuple[Place, bytes]]:
    for entry_id, fields in entries:
        ms, _, number = entry_id.decode().partition("-")
        yield Place(int(ms), int(number), letter), fields.get(b"record", b"")


def summary_of(place: Place, data: bytes) -> ExchangeSummary | None:
    """The summary of a token request at *place*; None: it cannot be read."""
    try:
        return codecs.exchange_summary.decode(data)
    except codecs.DecodeError as error:
        log.warning("left out a malformed log entry", id=place.log_id(), error=str(error))
        return None


def _decoded(found: list[tuple[Place, bytes]]) -> list[LogEntry]:
    entries = []
    for place, data in found:
        try:
            entries.append(LogEntry(place, _CODECS[place.stream].decode(data)))
        except codecs.DecodeError as error:
            log.warning("left out a malformed log entry", id=place.log_id(), error=str(error))
    return entries
