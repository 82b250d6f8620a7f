"""One watcher: history first, if it wants some, then what a channel hands it, in a bounded buffer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from rulemint_gateway.log_hub.batch import Batch, Event, gap_event
from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.gaps import Cause, Gap
from rulemint_gateway.log_hub.history import Entry, LogReader
from rulemint_gateway.log_hub.rendering import render
from rulemint_gateway.log_hub.room import Room
from rulemint_shared.streams.log_stream import Position

BUFFERED_RECORDS = 2_000
BUFFERED_BYTES = 4 * 1024 * 1024


class Watcher:
    """Hands over events in order, each record once.

    Theory of operation. A watcher that begins in the past reads the stream by itself, page by page, until it has come
    as far as the channel. In that moment, between two awaits, it changes over. From then on the channel offers it every
    record, and it skips those that it had already. What it loses, and what is missing, it is told in its place.
    """

    def __init__(
        self,
        log_filter: LogFilter,
        reader: LogReader,
        channel_at: Callable[[], Position],
        room: Room,
        *,
        max_bytes: int = BUFFERED_BYTES,
        in_the_past: bool,
        follows: bool,
        count: Callable[[Gap], None],
    ) -> None:
        """*channel_at*: the position up to which the channel has offered records to its watchers.

        It keeps *max_bytes* of what it could not send yet, and all of its tenant as much as there is *room* for. One
        that begins *in_the_past* is offered nothing yet: `begin_after` says where. One that does not follow ends with
        the past. *count* hears of what it does not get.
        """
        self.follows = follows
        self.filter = log_filter
        """May be changed at any time."""
        self._reader = reader
        self._channel_at = channel_at
        self._room = room
        self._until: Position | None = None
        """It ends before the record there."""
        self._max_bytes = max_bytes
        self._count = count
        self._after = channel_at()
        self._had = False
        """It had the record there, and is told if others behind it are missing."""
        self._is_behind = in_the_past
        self._buffer: deque[Batch] = deque()
        self._buffered = 0
        """Events in all batches of the buffer."""
        self._buffered_bytes = 0
        self._lost = 0
        """Records that were dropped since it was told."""
        self._lost_more = False
        """And others, of which nobody knows how many."""
        self._closed = False
        self._changed = asyncio.Event()
        self._take: Callable[[Batch], bool] | None = None
        self._waits = False
        """Everything that came was handed over, and `next_batch` waits for more."""

    def begin_after(self, position: Position, *, had: bool = False, until: Position | None = None) -> None:
        """Start with the history behind *position*; the watcher *had* the record there, or begins there.

        It ends before the record at *until*, if it does not follow.
        """
        self._after, self._had, self._until = position, had, until

    def hand_to(self, take: Callable[[Batch], bool]) -> None:
        """Offer *take* what comes while `next_batch` waits for it; that goes on waiting for what *take* says no to.

        Waking a task costs more than a write, and a channel has many watchers.
        """
        self._take = take

    def offer_live(self, batch: Batch, reached: Position) -> None:
        """Keep what this watcher has not had of what a channel has come to; nothing while it reads history."""
        if not self._is_behind:
            self._keep(batch.behind(self._after))
            self._after = max(self._after, reached)

    def tell(self, event: Event, *, at: Position) -> None:
        """Keep what a channel itself has to say, which goes on behind *at*; not while this watcher reads history."""
        if not self._is_behind:
            self._after = at
            self.offer(event)

    def offer(self, event: Event) -> None:
        """Keep *event*."""
        self._keep(Batch([event]))

    def _keep(self, batch: Batch) -> None:
        if not batch.events or (self._waits and self._take is not None and self._take(batch)):
            return
        self._waits = False  # or what comes before it wakes would overtake this
        while batch.size > self._max_bytes and (half := batch.later_half()) is not None:
            self._lose(batch.events[: len(batch.events) - len(half.events)])
            batch = half
        while self._buffer and self._buffered_bytes + batch.size > self._max_bytes:
            self._drop(len(self._buffer[0].events))
        self._put(batch)
        if self._buffered > BUFFERED_RECORDS:
            self._drop(self._buffered - BUFFERED_RECORDS)
        self._changed.set()

    def oldest(self) -> Batch:
        """The first of those that wait."""
        return self._buffer[0]

    def lose(self, batch: Batch) -> Batch | None:
        """Keep the later half of *batch*: all watchers of the tenant together have too much."""
        place, half = self._buffer.index(batch), batch.later_half()
        self._count_out(batch)
        self._lose(batch.events[: len(batch.events) - (len(half.events) if half else 0)])
        if half is None:
            del self._buffer[place]
            return None
        self._buffer[place] = half
        self._count_in(half)
        return half

    def forget(self) -> None:
        """Keep nothing: nobody reads it any more."""
        while self._buffer:
            self._take_first()

    def _put(self, batch: Batch, *, first: bool = False) -> None:
        if first:
            self._buffer.appendleft(batch)
        else:
            self._buffer.append(batch)
        self._count_in(batch)
        self._room.keep(batch, self)

    def _take_first(self) -> Batch:
        batch = self._buffer.popleft()
        self._count_out(batch)
        self._room.leave(batch, self)
        return batch

    def _count_in(self, batch: Batch) -> None:
        self._buffered += len(batch.events)
        self._buffered_bytes += batch.size

    def _count_out(self, batch: Batch) -> None:
        self._buffered -= len(batch.events)
        self._buffered_bytes -= batch.size

    def _drop(self, count: int) -> None:
        """The oldest *count* events go."""
        while count and self._buffer:
            batch = self._take_first()
            self._lose(batch.events[:count])
            if len(batch.events) > count:
                self._put(Batch(batch.events[count:]), first=True)
            count -= min(count, len(batch.events))

    def _lose(self, events: Sequence[Event]) -> None:
        """The watcher does not get *events*, some of which may tell of what is missing already."""
        for event in events:
            self._lost += event.records or 0
            self._lost_more |= event.records is None

    def close(self) -> None:
        """End the watcher's `next_batch`."""
        self._closed = True
        self._changed.set()

    async def next_batch(self) -> Batch | None:
        """Return the next events, at least one; None once it is closed and all has been handed over.

        Raises:
            RedisError, OSError: it reads history, and the server does not answer.
        """
        while not self._buffer and not self._lost and not self._lost_more:
            if self._closed:
                return None
            if self._is_behind:
                if page := await self._read_page():
                    return Batch(page)
                continue
            await self._wait()
        if self._lost or self._lost_more:
            gap = Gap(None if self._lost_more else self._lost, Cause.SLOW_WATCHER)
            self._lost, self._lost_more = 0, False
            self._count(gap)
            return Batch([gap_event(gap, None)])
        return self._take_first()

    async def _wait(self) -> None:
        self._changed.clear()
        self._waits = True
        try:
            await self._changed.wait()
        finally:
            self._waits = False

    async def _read_page(self) -> list[Event]:
        """The next page of history, as far as the filter shows it; changes over to the channel at its end."""
        reached = self._channel_at()
        page = await self._reader.after(self._after, had=self._had)
        if self._until is not None and page and page[-1].position >= self._until:
            self.close()
            return self._events_before(self._until, page)
        end = await self._reader.end_behind(self._after) if self._had and not page else None
        if page:
            self._after, self._had = page[-1].position, True
        elif (self._had and end is None) or self._channel_at() != reached:
            return []  # something has come since
        if not page or self._channel_at() <= self._after:
            self._change_over()
        if end is None or end.gap is None:
            return [event for entry in page for event in self._events_of(entry)]
        self._after = end.position
        self._count(end.gap)
        return [gap_event(end.gap, end.position.following())]

    def _events_before(self, until: Position, page: list[Entry]) -> list[Event]:
        """The events of *page* before *until*, and what is missing right before the record there."""
        events = [event for entry in page if entry.position < until for event in self._events_of(entry)]
        gap = next((entry.gap for entry in page if entry.position == until), None)
        return [*events, gap_event(gap, until)] if gap else events

    def _change_over(self) -> None:
        self._is_behind = False
        if not self.follows:
            self.close()

    def _events_of(self, entry: Entry) -> Iterator[Event]:
        position, record, gap = entry
        if gap is not None:
            self._count(gap)
            yield gap_event(gap, position)
        if record is not None and self.filter.shows(record):
            yield Event(position, render(record, position))
