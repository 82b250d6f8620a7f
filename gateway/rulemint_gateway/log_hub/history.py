"""What a tenant's log stream holds, page by page."""

from __future__ import annotations

from typing import NamedTuple

import structlog
from arq.connections import ArqRedis

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_shared import codecs, keys
from rulemint_shared.log_stream import RECORD_FIELD, START, Position
from rulemint_shared.messages import LogRecord

log = structlog.get_logger(__name__)

PAGE_RECORDS = 500
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

    async def last(self) -> Position:
        """Where the newest record is; `START` if there is none."""
        newest = await self._redis.xrevrange(self._stream, count=1)
        return _entry(newest[0]).position if newest else START

    async def first(self) -> Position | None:
        """Where the oldest record is that is kept."""
        oldest = await self._redis.xrange(self._stream, count=1)
        return _entry(oldest[0]).position if oldest else None

    async def after(self, position: Position) -> list[Entry]:
        """The next records behind *position*; none if it is the last."""
        return [_entry(raw) for raw in await self._redis.xrange(self._stream, f"({position}", count=PAGE_RECORDS)]

    async def wait_after(self, position: Position) -> list[Entry]:
        """As `after`, but waits a second for a record if there is none."""
        answer = await self._redis.xread({self._stream: str(position)}, count=PAGE_RECORDS, block=BLOCK_MS)
        return [_entry(raw) for _stream, entries in answer for raw in entries]

    async def newest(self, count: int, log_filter: LogFilter, *, until: Position) -> list[Entry]:
        """The last *count* records up to *until* that *log_filter* shows, oldest first."""
        found: list[Entry] = []
        end = str(until)
        while len(found) < count:
            page = [_entry(raw) for raw in await self._redis.xrevrange(self._stream, end, count=PAGE_RECORDS)]
            found += [entry for entry in page if entry.record is not None and log_filter.shows(entry.record)]
            if len(page) < PAGE_RECORDS:
                break
            end = f"({page[-1].position}"
        return found[:count][::-1]


def _entry(raw: tuple[bytes, dict[bytes, bytes]]) -> Entry:
    name, fields = raw
    position = Position.parse(name.decode())
    try:
        return Entry(position, codecs.log_record.decode(fields.get(RECORD_FIELD, b"")))
    except codecs.DecodeError as error:
        log.warning("ignored a malformed log record", error=str(error))
        return Entry(position, None)
