"""One watcher: history first, if it wants some, then what a channel hands it, in a bounded buffer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from rulemint_gateway.log_hub.batch import Batch, Event
from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.history import LogReader
from rulemint_gateway.log_hub.rendering import render, render_dropped
from rulemint_gateway.log_hub.room import Room
from rulemint_shared.deadline import unix_ms
from rulemint_shared.log_stream import Position

BUFFERED_RECORDS = 2_000
BUFFERED_BYTES = 4 * 1024 * 1024


class Watcher:
    """Hands over events in order, each record once.

    Theory of operation. A watcher that begins in the past reads the stream by itself, page by page, until it has come
    as far as the channel; in that moment, between two awaits, it changes over. From then on the channel offers it every
    record, and it skips those that it had already.
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
    ) -> None:
        """*channel_at*: the position up to which the channel has offered records to its watchers.

        It keeps *max_bytes* of what it could not send yet, and all of its tenant as much as there is *room* for. One
        that begins *in_the_past* is offered nothing yet: `begin_after` says where. One that does not follow ends with
        the past.
        """
        self.follows = follows
        self.filter = log_filter
        """May be changed at any time."""
        self._reader = reader
        self._channel_at = channel_at
        self._room = room
        self._max_bytes = max_bytes
        self._after = channel_at()
        self._is_behind = in_the_past
        self._buffer: deque[Batch] = deque()
        self._buffered = 0
        """Events in all batches of the buffer."""
        self._buffered_bytes = 0
        self._dropped = 0
        self._closed = False
        self._changed = asyncio.Event()
        self._take: Callable[[Batch], bool] | None = None
        self._waits = False
        """Whether everything that came was handed over, and `next_batch` waits for more."""

    def begin_after(self, position: Position) -> None:
        """Start with the history behind *position*."""
        self._after = position

    def hand_to(self, take: Callable[[Batch], bool]) -> None:
        """Offer *take* what comes while `next_batch` waits for it; that goes on waiting for what *take* says no to.

        Waking a task costs more than a write, and a channel has many watchers.
        """
        self._take = take

    def offer_live(self, batch: Batch) -> None:
        """Keep those records of a channel that this watcher has not had; none while it reads history."""
        if not self._is_behind:
            self._keep(batch.behind(self._after))

    def offer(self, event: Event) -> None:
        """Keep *event*."""
        self._keep(Batch([event]))

    def _keep(self, batch: Batch) -> None:
        if not batch.events or (self._waits and self._take is not None and self._take(batch)):
            return
        self._waits = False  # or what comes before it wakes would overtake this
        while batch.size > self._max_bytes and (half := batch.later_half()) is not None:
            self._dropped += len(batch.events) - len(half.events)
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
        self._dropped += len(batch.events)
        if half is None:
            del self._buffer[place]
            return None
        self._buffer[place] = half
        self._dropped -= len(half.events)
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
        """The oldest *count* go."""
        self._dropped += count
        while count and self._buffer:
            batch = self._take_first()
            if len(batch.events) > count:
                self._put(Batch(batch.events[count:]), first=True)
            count -= min(count, len(batch.events))

    def close(self) -> None:
        """End the watcher's `next_batch`."""
        self._closed = True
        self._changed.set()

    async def next_batch(self) -> Batch | None:
        """What came next, at least one event; None once it is closed and all has been handed over.

        Raises:
            RedisError, OSError: it reads history, and the server does not answer.
        """
        while not self._buffer and not self._dropped:
            if self._closed:
                return None
            if self._is_behind:
                if page := await self._read_page():
                    return Batch(page)
                continue
            await self._wait()
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            return Batch([Event(None, render_dropped(dropped, now_ms=unix_ms()))])
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
        page = await self._reader.after(self._after)
        if page:
            self._after = page[-1].position
        if not page or self._channel_at() <= self._after:
            self._is_behind = False
            if not self.follows:
                self.close()
        return [
            Event(position, render(record, position))
            for position, record in page
            if record is not None and self.filter.shows(record)
        ]
