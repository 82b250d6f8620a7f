"""The entries of one stream of exchange records that may fit a query, read by the index of the stream.

Theory of operation. A stream is a row of regions (`stream_segments`). Of a segment only the entries that have all
wanted names, and began in the wanted time, are read. In a gap between segments all entries are read, because a release
that knew no index wrote them. So an index says what need not be looked at, and never what is true: the caller looks at
each record that comes of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import structlog
from redis.exceptions import RedisError, ResponseError

from rulemint_gateway.stores.traffic.log_store import CLOCK_SKEW_MS, Place
from rulemint_gateway.stores.traffic.stream_segments import (
    FIRST,
    LAST,
    EntryId,
    MalformedIndexError,
    Region,
    entries_begun,
    entries_named,
    id_of,
    regions_of,
    state_of,
)
from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

STREAMS = {"e": redis_keys.exchanges, "u": redis_keys.refused_requests}
FOREVER_MS = 2**47
FIRST_READ, READ_AHEAD, READ_BYTES = 8, 50, 256 * 1024
FIRST_ROUND, MOST_IN_A_ROUND = 1, 64
"""Segments that are asked for their names in one round trip: more each time that the last had none."""
DECODED_BYTES = 64 * 1024
"""So much of an index is decoded before the caller may give up, and go on at the place that it was told."""


class Query:
    """The wish: all *names*, began since then and before then."""

    def __init__(self, names: Sequence[bytes] = (), *, since_ms: int = 0, until_ms: int | None = None) -> None:
        self.names = names
        self.since_ms = min(max(0, since_ms), FOREVER_MS)
        self.until_ms = FOREVER_MS if until_ms is None else min(max(0, until_ms), FOREVER_MS)


class StreamSearch:
    """One search in one stream of a tenant."""

    def __init__(
        self,
        redis: RedisClient,
        tenant: str,
        letter: str,
        query: Query,
        *,
        newest_first: bool,
        beyond: Place | None,
        gaps_until_ms: int | None,
    ) -> None:
        self._redis = redis
        self._letter = letter
        self._stream = STREAMS[letter](tenant)
        self._index = redis_keys.stream_index(self._stream)
        self._query = query
        self._newest_first = newest_first
        first_ms = query.since_ms - CLOCK_SKEW_MS  # what began then was not written before
        self._after: EntryId = (first_ms - 1, LAST[1]) if first_ms > 0 else FIRST
        self._upto = LAST
        self._gaps_upto: EntryId = LAST if gaps_until_ms is None else (gaps_until_ms, LAST[1])
        if beyond is not None and newest_first:
            self._upto = _last_before(beyond, letter)
        elif beyond is not None:
            self._after = max(self._after, _last_not_after(beyond, letter))
        self._regions: deque[Region] = deque()
        """Those to look at, the next one first."""
        self._is_planned = False
        self._ids: deque[EntryId] = deque()
        """Entries of a segment that are to be read."""
        self._ready: deque[tuple[Place, bytes | None]] = deque()
        self._read = FIRST_READ
        self._round = FIRST_ROUND
        self._decoded = 0

    async def next(self) -> tuple[Place, bytes | None] | None:
        """The next one; None at the end."""
        while not self._ready:
            if not self._is_planned:
                self._regions.extend(await self._plan())
                self._is_planned = True
            if self._ids:
                await self._read_ids()
            elif not self._regions:
                return None
            elif self._regions[0].segment is None:
                await self._read_gap()
            else:
                await self._look_at_segments()
        return self._ready.popleft()

    async def _plan(self) -> list[Region]:
        try:
            (data,) = await self._ask_index(("HGET", self._index, "state"))
            state = state_of(_text(data))
            metas: list[Any] = []
            if state is not None and state.tail >= state.head:
                (metas,) = await self._ask_index(("HMGET", self._index, *range(state.head, state.tail + 1)))
            regions = regions_of(state, [_text(each) for each in metas])
        except MalformedIndexError as error:
            regions = self._without_index(error)
        wanted = [region for region in map(self._clipped, regions) if self._may_have_some(region)]
        return wanted[::-1] if self._newest_first else wanted

    def _may_have_some(self, region: Region) -> bool:
        if region.upto <= region.after:
            return False
        query = self._query
        return region.segment is None or (region.latest_ms >= query.since_ms and region.earliest_ms < query.until_ms)

    def _clipped(self, region: Region) -> Region:
        upto = self._upto if region.segment is not None else min(self._upto, self._gaps_upto)
        return region._replace(after=max(region.after, self._after), upto=min(region.upto, upto))

    def _without_index(self, error: MalformedIndexError) -> list[Region]:
        log.warning(
            "an index of exchange records cannot be read: all are looked at", stream=self._stream, part=str(error)
        )
        return [Region(FIRST, LAST)]

    # ---- gaps ----

    async def _read_gap(self) -> None:
        gap = self._regions.popleft()
        low, high = f"({_spelled(gap.after)}", _spelled(gap.upto)
        command = ("XREVRANGE", self._stream, high, low) if self._newest_first else ("XRANGE", self._stream, low, high)
        (entries,) = await self._ask((*command, "COUNT", self._read))
        found = self._take(entries)
        if len(found) < self._read:
            return
        last = found[-1]
        rest = gap._replace(upto=_before(last)) if self._newest_first else gap._replace(after=last)
        self._learn_sizes(len(found))
        if rest.after < rest.upto:
            self._regions.appendleft(rest)

    # ---- segments ----

    async def _look_at_segments(self) -> None:
        """Ask the next segments for entries that have all names, until enough have, or enough was decoded for once."""
        asked: list[Region] = []
        while self._regions and self._regions[0].segment is not None and len(asked) < self._round:
            asked.append(self._regions.popleft())
        self._round = min(MOST_IN_A_ROUND, self._round * 4)
        try:
            answers = await self._ask_for_names(asked)
        except MalformedIndexError as error:
            self._without_index(error)
            self._regions.extendleft(region._replace(segment=None) for region in reversed(asked))
            return
        for number, (region, postings) in enumerate(zip(asked, answers, strict=True)):
            await self._look_at(region, postings)
            if len(self._ids) >= READ_AHEAD or self._decoded > DECODED_BYTES:
                self._regions.extendleft(reversed(asked[number + 1 :]))
                self._round = number + 2
                break
        if not self._ids and self._decoded > DECODED_BYTES:
            self._decoded = 0
            self._ready.append((self._place_behind(region), None))

    async def _ask_for_names(self, regions: list[Region]) -> list[Sequence[Any]]:
        """The postings of each of *regions*, for each name."""
        names = self._query.names
        if not names:
            return [()] * len(regions)
        fields = [[b"%d:%b" % (region.segment or 0, name) for name in names] for region in regions]
        return await self._ask_index(*(("HMGET", self._index, *each) for each in fields))

    async def _look_at(self, region: Region, postings: Sequence[Any]) -> None:
        """Note the entries of *region* that may be wanted."""
        try:
            found = await self._entries(region, postings)
        except MalformedIndexError as error:
            self._without_index(error)
            self._regions.appendleft(region._replace(segment=None))
            return
        ids = [each for each in map(id_of, sorted(found)) if region.after < each <= region.upto]
        self._ids.extend(reversed(ids) if self._newest_first else ids)

    async def _entries(self, region: Region, postings: Sequence[Any]) -> set[int]:
        """The entries that are in all *postings* and began in the wanted time; the rarest name is looked at first."""
        if not all(postings):
            return set()
        found: set[int] | None = None
        for each in sorted(map(_bytes, postings), key=len):
            self._decoded += len(each)
            found = entries_named(each) if found is None else found & entries_named(each)
            if not found:
                return set()
        query = self._query
        if found is None or region.earliest_ms < query.since_ms or region.latest_ms >= query.until_ms:
            (data,) = await self._ask_index(("HGET", self._index, f"{region.segment}/"))
            blocks = _bytes(data or b"")
            self._decoded += len(blocks)
            begun = entries_begun(blocks, since_ms=query.since_ms, until_ms=query.until_ms)
            found = begun if found is None else found & begun
        return found

    async def _read_ids(self) -> None:
        wanted = [self._ids.popleft() for _ in range(min(self._read, len(self._ids)))]
        commands = [("XRANGE", self._stream, _spelled(each), _spelled(each)) for each in wanted]
        answers = await self._ask(*commands)
        self._take([entry for entries in answers for entry in entries])
        self._learn_sizes(len(wanted))

    # ---- what both have in common ----

    def _take(self, entries: Sequence[Any]) -> list[EntryId]:
        ids = []
        for entry_id, fields in entries:
            ms, _, number = entry_id.decode().partition("-")
            ids.append((int(ms), int(number)))
            self._ready.append((Place(*ids[-1], self._letter), fields.get(b"record", b"")))
        return ids

    def _learn_sizes(self, many: int) -> None:
        """Read so many at a time from now on as are not too much together."""
        size = sum(len(data) for _place, data in self._ready if data is not None)
        self._read = min(READ_AHEAD, max(1, READ_BYTES * many // max(1, size)))

    def _place_behind(self, region: Region) -> Place:
        """The place from which a search goes on behind *region*."""
        ms, number = _following(region.after) if self._newest_first else region.upto
        return Place(ms, number, self._letter)

    async def _ask_index(self, *commands: Sequence[Any]) -> list[Any]:
        """As `_ask`, of the index.

        Raises:
            MalformedIndexError: it is of another type.
        """
        try:
            return await self._ask(*commands)
        except StoreUnavailableError as error:
            if isinstance(error.__cause__, ResponseError):
                raise MalformedIndexError("type") from error
            raise

    async def _ask(self, *commands: Sequence[Any]) -> list[Any]:
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for command in commands:
                    pipe.execute_command(*command)
                answers: list[Any] = await pipe.execute()
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error
        return answers


def _text(data: Any) -> bytes | None:
    return None if data is None else _bytes(data)


def _bytes(data: Any) -> bytes:
    return data if isinstance(data, bytes) else str(data).encode()


def _spelled(entry: EntryId) -> str:
    return f"{entry[0]}-{entry[1]}"


def _before(entry: EntryId) -> EntryId:
    ms, number = entry
    return (ms, number - 1) if number else (max(0, ms - 1), LAST[1])


def _following(entry: EntryId) -> EntryId:
    ms, number = entry
    return (ms, number + 1) if number < LAST[1] else (ms + 1, 0)


def _last_before(place: Place, letter: str) -> EntryId:
    """The last entry of stream *letter* that is less than *place*."""
    entry = (place.ms, place.number)
    return entry if letter < place.stream else _before(entry)


def _last_not_after(place: Place, letter: str) -> EntryId:
    """The last entry of stream *letter* that is not greater than *place*."""
    entry = (place.ms, place.number)
    return _before(entry) if letter > place.stream else entry
