"""One watcher: history first, if it wants some, then what a channel hands it, in a bounded buffer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.history import LogReader
from rulemint_gateway.log_hub.rendering import render, render_dropped
from rulemint_shared.deadline import unix_ms
from rulemint_shared.log_stream import Position

BUFFERED_RECORDS = 2_000


class Event(NamedTuple):
    """One JSON object for a watcher; *position* is None for what the gateway itself has to say."""

    position: Position | None
    data: bytes


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
        *,
        in_the_past: bool,
        follows: bool,
    ) -> None:
        """*channel_at*: the position up to which the channel has offered records to its watchers.

        One that begins *in_the_past* is offered nothing yet: `begin_after` says where. One that does not follow ends
        with the past.
        """
        self.follows = follows
        self.filter = log_filter
        """May be changed at any time."""
        self._reader = reader
        self._channel_at = channel_at
        self._after = channel_at()
        self._is_behind = in_the_past
        self._buffer: deque[Event] = deque()
        self._dropped = 0
        self._closed = False
        self._changed = asyncio.Event()

    def begin_after(self, position: Position) -> None:
        """Start with the history behind *position*."""
        self._after = position

    def offer_live(self, events: Sequence[Event]) -> None:
        """Keep those records of a channel that this watcher has not had; none while it reads history."""
        if self._is_behind:
            return
        if events and events[0].position is not None and events[0].position <= self._after:
            events = [event for event in events if event.position is not None and event.position > self._after]
        self._keep(events)

    def offer(self, event: Event) -> None:
        """Keep *event*."""
        self._keep([event])

    def _keep(self, events: Sequence[Event]) -> None:
        """The oldest go when the buffer is full."""
        if not events:
            return
        self._buffer.extend(events)
        for _ in range(len(self._buffer) - BUFFERED_RECORDS):
            self._buffer.popleft()
            self._dropped += 1
        self._changed.set()

    def close(self) -> None:
        """End the watcher's `next_batch`."""
        self._closed = True
        self._changed.set()

    async def next_batch(self) -> list[Event] | None:
        """Everything that has come since the last call, at least one event; None once it is closed.

        Raises:
            RedisError, OSError: it reads history, and the server does not answer.
        """
        while not self._buffer:
            if self._closed:
                return None
            if self._is_behind:
                if page := await self._read_page():
                    return page
                continue
            self._changed.clear()
            await self._changed.wait()
        batch = list(self._buffer)
        self._buffer.clear()
        if self._dropped:
            batch.insert(0, Event(None, render_dropped(self._dropped, now_ms=unix_ms())))
            self._dropped = 0
        return batch

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
