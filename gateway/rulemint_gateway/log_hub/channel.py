"""One tenant's live records: a task reads its stream as it grows, and offers each record to every watcher."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from redis.exceptions import RedisError

from rulemint_gateway.log_hub.batch import Batch, Event, gap_event
from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.gaps import Gap
from rulemint_gateway.log_hub.history import End, Entry, LogReader
from rulemint_gateway.log_hub.rendering import render, render_resumed
from rulemint_gateway.log_hub.room import Room
from rulemint_gateway.log_hub.watcher import Watcher
from rulemint_shared.clock import unix_ms
from rulemint_shared.process.background import cancel
from rulemint_shared.process.growing_pause import GrowingPause
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.streams.log_stream import START, Position

log = structlog.get_logger(__name__)

SHORTEST_PAUSE_S = 0.01
PAUSE_PER_WATCHER_S = 0.000_15
LONGEST_PAUSE_WATCHED_S = 0.04
"""Between two readings. Records of that time are handed out together, because waking a watcher costs more than a
record. The more watch, the longer the pause; a line is still seen well within 50 ms."""
ASKED_AT_ONCE = 1_000
"""Questions whether a filter shows a record, or offers to a watcher, before others have their turn: a millisecond."""


class Channel:
    """Reads as long as somebody watches. After a break it goes on where it was, and says so."""

    def __init__(self, redis: RedisClient, tenant: str, *, room_bytes: int, count: Callable[[Gap], None]) -> None:
        """*room_bytes* wait for all watchers together at most; *count* hears of what is missing."""
        self.reader = LogReader(redis, tenant)
        self.room = Room(room_bytes)
        self.watchers: set[Watcher] = set()
        self.begun = asyncio.Event()
        """Set once it knows where the stream ends: from there on it misses nothing."""
        self.position: Position = START
        self._tenant = tenant
        self._count = count
        self._task = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """Stop reading."""
        await cancel([self._task])

    async def _follow(self) -> None:
        pause = GrowingPause()
        is_broken = False
        while True:
            try:
                if not self.begun.is_set():
                    self.position = await self.reader.last()
                    self.begun.set()
                entries = await self.reader.wait_after(self.position)
                end = await self.reader.end_behind(self.position) if is_broken and not entries else None
            except (RedisError, OSError) as error:  # OSError: TimeoutError is one
                log.warning("the log stream broke off", tenant=self._tenant, error=str(error), pause_s=pause.next_s)
                is_broken = True
                await pause.wait()
                continue
            if is_broken and (entries or end):
                self._go_on(end.gap if end else entries[0].gap, end)
                is_broken = False
                pause.reset()
            if entries:
                await self._hand_out(entries)
                await asyncio.sleep(_pause_s(len(self.watchers)))

    def _go_on(self, gap: Gap | None, end: End | None) -> None:
        """Say that nothing is missing after a break, if so. Without an *end*, records follow that tell of *gap*."""
        if gap is None:
            self._tell(Event(None, render_resumed(now_ms=unix_ms())))
        elif end is not None:
            self.position = end.position
            self._count(gap)
            self._tell(gap_event(gap, end.position.following()))

    def _tell(self, event: Event) -> None:
        for watcher in list(self.watchers):
            watcher.tell(event, at=self.position)

    async def _hand_out(self, entries: list[Entry]) -> None:
        """Render each record once, and ask each filter once: watchers that ask for the same get the same batch.

        Other tenants have their turn between two filters that were asked about many records. A watcher that comes in
        that time begins behind the position that is reached already.
        """
        reached = self.position = entries[-1].position
        for gap in (entry.gap for entry in entries if entry.gap):
            self._count(gap)
        rendered: dict[Position, Event] = {}
        batches: dict[LogFilter, Batch] = {}
        asked = 0
        for watcher in list(self.watchers):
            batch = batches.get(watcher.filter)
            if batch is None:
                batch = batches[watcher.filter] = Batch(_shown(entries, watcher.filter, rendered))
                asked += len(entries)
            if watcher in self.watchers:  # it may have left while others had their turn
                watcher.offer_live(batch, reached)
            asked += 1
            if asked >= ASKED_AT_ONCE:
                asked = 0
                await asyncio.sleep(0)


def _shown(entries: list[Entry], log_filter: LogFilter, rendered: dict[Position, Event]) -> list[Event]:
    """Those of *entries* that *log_filter* shows, and every gap between them.

    What no filter had shown before is added to *rendered*.
    """
    events = []
    for position, record, gap in entries:
        if gap is not None:
            events.append(gap_event(gap, position))
        if record is not None and log_filter.shows(record):
            event = rendered.get(position)
            if event is None:
                event = rendered[position] = Event(position, render(record, position))
            events.append(event)
    return events


def _pause_s(watchers: int) -> float:
    return min(LONGEST_PAUSE_WATCHED_S, max(SHORTEST_PAUSE_S, watchers * PAUSE_PER_WATCHER_S))
