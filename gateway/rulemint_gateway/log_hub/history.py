"""Reads a tenant's log stream page by page, and finds the gaps in it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import structlog

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.gaps import Gap, Numbering
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.log_records import LogRecord
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.streams.adding_script import NUMBERED_FIELD
from rulemint_shared.streams.log_stream import RECORD_FIELD, START, Position

log = structlog.get_logger(__name__)

PAGE_RECORDS = 500
FIRST_PAGE_RECORDS = 25
PAGE_BYTES = 128 * 1024
"""Of a page of history, about: each watcher that reads the past holds one."""
LIVE_PAGES = 8
"""As large as this many pages is what is read live, once for all."""
BLOCK_MS = 1_000


class Entry(NamedTuple):
    """A record in its place; None where there is none that can be read."""

    position: Position
    record: LogRecord | None
    gap: Gap | None = None
    """The gap before it."""


class End(NamedTuple):
    """The end of a stream, as it was found behind a position where there is no record."""

    position: Position
    gap: Gap | None
    """The gap up to there."""


class LogReader:
    """Reads one tenant's stream. Every method raises `RedisError` or `OSError` when the server does not answer."""

    def __init__(self, redis: RedisClient, tenant: str) -> None:
        self._redis = redis
        self._stream = redis_keys.logs(tenant)
        self._page = FIRST_PAGE_RECORDS
        """Records of the next page, by the size of those that were read last."""

    async def last(self) -> Position:
        """The place of the newest record that there is or was; `START` if there never was one."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.xrevrange(self._stream, count=1)
            pipe.hget(redis_keys.ledger(self._stream), NUMBERED_FIELD)
            newest, numbered = await pipe.execute()
        return max(_entry(newest[0]).position if newest else START, _numbered(numbered)[0] or START)

    async def after(self, position: Position, *, had: bool = True) -> list[Entry]:
        """The next records behind *position*, a page of them; none if it is the last.

        Without *had* nobody had the record at *position*, so it does not matter what is missing before the first.
        """
        page = self._read(await self._redis.xrange(self._stream, f"({position}", count=self._page))
        return await self._with_gaps(page, position if had else None)

    async def wait_after(self, position: Position) -> list[Entry]:
        """As `after`, but waits a second for a record if there is none."""
        count = min(PAGE_RECORDS, LIVE_PAGES * self._page)
        answer = await self._redis.xread({self._stream: str(position)}, count=count, block=BLOCK_MS)
        page = [entry for _stream, entries in answer for entry in self._read(entries)]
        return await self._with_gaps(page, position)

    async def end_behind(self, position: Position) -> End | None:
        """The end of the stream, if there is no record behind *position*; None if there is one by now.

        All may have left that were behind it, and a server that lost its data ends before it.
        """
        last = await self.last()
        if await self._redis.xrange(self._stream, f"({position}", count=1):
            return None
        if last == position:
            return End(last, None)
        numbering = await self._numbering()
        return End(last, numbering.between(position, last.following()))

    async def _with_gaps(self, page: list[Entry], before: Position | None) -> list[Entry]:
        """*page* with what is missing before each of its entries: nearly always nothing, and nobody is asked."""
        numbers = [entry.position.number for entry in page]
        if before is not None:
            numbers.insert(0, before.number)
        if all(following - number == 1 for number, following in pairwise(numbers)):
            return page
        numbering = await self._numbering()
        with_gaps = []
        for entry in page:
            gap = numbering.between(before, entry.position) if before is not None else None
            with_gaps.append(entry._replace(gap=gap) if gap else entry)
            before = entry.position
        return with_gaps

    async def _numbering(self) -> Numbering:
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hget(redis_keys.ledger(self._stream), NUMBERED_FIELD)
            pipe.xrange(self._stream, count=1)
            numbered, oldest = await pipe.execute()
        return Numbering(_numbered(numbered)[1], _entry(oldest[0]).position if oldest else None)

    async def before_newest(self, count: int, log_filter: LogFilter, *, until: Position) -> Position:
        """Behind which position the last *count* records up to *until* come that *log_filter* shows."""
        found, first, end = 0, until, str(until)
        while True:
            page = self._read(await self._redis.xrevrange(self._stream, end, count=self._page))
            for position, record, _gap in page:
                if record is not None and log_filter.shows(record):
                    found, first = found + 1, position.previous()
                    if found == count:
                        return first
            if not page:
                return first
            end = f"({page[-1].position}"

    def _read(self, raw: Sequence[tuple[bytes, dict[bytes, bytes]]]) -> list[Entry]:
        if raw:
            each = sum(len(fields.get(RECORD_FIELD, b"")) for _name, fields in raw) / len(raw)
            self._page = min(PAGE_RECORDS, max(1, int(PAGE_BYTES / max(each, 1))))
        return [_entry(entry) for entry in raw]


def _entry(raw: tuple[bytes, dict[bytes, bytes]]) -> Entry:
    name, fields = raw
    position = Position.parse(name.decode())
    try:
        return Entry(position, codecs.log_record.decode(fields.get(RECORD_FIELD, b"")))
    except codecs.DecodeError as error:
        log.warning("ignored a malformed log record", error=str(error))
        return Entry(position, None)


def _numbered(field: bytes | None) -> tuple[Position | None, Position | None]:
    """The newest position of a ledger, and where its numbering begins; None of each if it says neither."""
    try:
        newest, begins = map(Position.parse, (field or b"").decode().split())
    except ValueError:
        return None, None
    return newest, begins
