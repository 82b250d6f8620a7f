"""What a tenant's log stream holds, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import structlog
from arq.connections import ArqRedis

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_shared import codecs, keys
from rulemint_shared.log_stream import RECORD_FIELD, START, Position
from rulemint_shared.messages import LogRecord

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


class LogReader:
    """Reads one tenant's stream. Every method raises `RedisError` or `OSError` when the server does not answer."""

    def __init__(self, redis: ArqRedis, tenant: str) -> None:
        self._redis = redis
        self._stream = keys.logs(tenant)
        self._page = FIRST_PAGE_RECORDS
        """Records of the next page, by the size of those that were read last."""

    async def last(self) -> Position:
        """Where the newest record is; `START` if there is none."""
        newest = await self._redis.xrevrange(self._stream, count=1)
        return _entry(newest[0]).position if newest else START

    async def first(self) -> Position | None:
        """Where the oldest record is that is kept."""
        oldest = await self._redis.xrange(self._stream, count=1)
        return _entry(oldest[0]).position if oldest else None

    async def after(self, position: Position) -> list[Entry]:
        """The next records behind *position*, a page of them; none if it is the last."""
        return self._read(await self._redis.xrange(self._stream, f"({position}", count=self._page))

    async def wait_after(self, position: Position) -> list[Entry]:
        """As `after`, but waits a second for a record if there is none."""
        count = min(PAGE_RECORDS, LIVE_PAGES * self._page)
        answer = await self._redis.xread({self._stream: str(position)}, count=count, block=BLOCK_MS)
        return [entry for _stream, entries in answer for entry in self._read(entries)]

    async def before_newest(self, count: int, log_filter: LogFilter, *, until: Position) -> Position:
        """Behind which position the last *count* records up to *until* come that *log_filter* shows."""
        found, first, end = 0, until, str(until)
        while True:
            page = self._read(await self._redis.xrevrange(self._stream, end, count=self._page))
            for position, record in page:
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
