"""One subscription per watched tenant, fanned out to bounded buffers: a slow watcher loses lines and slows nobody."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from arq.connections import ArqRedis

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.rendering import render, render_dropped
from rulemint_shared import codecs, keys
from rulemint_shared.background import cancel
from rulemint_shared.deadline import unix_ms
from rulemint_shared.messages import LogRecord
from rulemint_shared.subscription import listen

log = structlog.get_logger(__name__)

BUFFERED_RECORDS = 2_000
SUBSCRIBE_TIMEOUT_S = 3.0


class Watcher:
    """One subscriber's buffer of rendered records."""

    def __init__(self, log_filter: LogFilter) -> None:
        self._filter = log_filter
        self._buffer: deque[bytes] = deque()
        self._dropped = 0
        self._closed = False
        self._changed = asyncio.Event()

    def offer(self, record: LogRecord, rendered: bytes) -> None:
        """Keep *rendered* for this watcher if it wants *record*; the oldest goes when the buffer is full."""
        if not self._filter.shows(record):
            return
        if len(self._buffer) >= BUFFERED_RECORDS:
            self._buffer.popleft()
            self._dropped += 1
        self._buffer.append(rendered)
        self._changed.set()

    def close(self) -> None:
        """End the watcher's `next_batch`."""
        self._closed = True
        self._changed.set()

    async def next_batch(self) -> list[bytes] | None:
        """Everything that has come since the last call, at least one record; None once the hub is closed."""
        while not self._buffer:
            if self._closed:
                return None
            self._changed.clear()
            await self._changed.wait()
        batch = list(self._buffer)
        self._buffer.clear()
        if self._dropped:
            batch.insert(0, render_dropped(self._dropped, now_ms=unix_ms()))
            self._dropped = 0
        return batch


class _Channel:
    """One tenant's watchers and the task that feeds them."""

    def __init__(self, subscriber: ArqRedis, tenant: str) -> None:
        self.watchers: set[Watcher] = set()
        self.subscribed = asyncio.Event()
        self.task = asyncio.create_task(
            listen(subscriber, keys.logs(tenant), on_message=self._on_message, on_connected=self._on_connected)
        )

    async def _on_connected(self) -> None:
        self.subscribed.set()

    def _on_message(self, data: bytes) -> None:
        try:
            record = codecs.log_record.decode(data)
        except codecs.DecodeError as error:
            log.warning("ignored a malformed log record", error=str(error))
            return
        rendered = render(record)
        for watcher in self.watchers:
            watcher.offer(record, rendered)


class LogHub:
    """Hands every watcher the live records of its own tenant."""

    def __init__(self, subscriber: ArqRedis) -> None:
        self._subscriber = subscriber
        self._channels: dict[str, _Channel] = {}

    @asynccontextmanager
    async def watch(self, tenant: str, log_filter: LogFilter) -> AsyncIterator[Watcher]:
        """A watcher that misses nothing published after this has been entered.

        Raises:
            TimeoutError: Redis does not take the subscription.
        """
        channel = self._channels.get(tenant)
        if channel is None:
            channel = self._channels[tenant] = _Channel(self._subscriber, tenant)
        watcher = Watcher(log_filter)
        channel.watchers.add(watcher)
        try:
            async with asyncio.timeout(SUBSCRIBE_TIMEOUT_S):
                await channel.subscribed.wait()
            yield watcher
        finally:
            channel.watchers.discard(watcher)
            if not channel.watchers and self._channels.get(tenant) is channel:
                del self._channels[tenant]
                await cancel([channel.task])

    def close_watchers(self) -> None:
        """End every watcher: the service stops."""
        for channel in self._channels.values():
            for watcher in channel.watchers:
                watcher.close()

    async def close(self) -> None:
        """Stop listening."""
        await cancel(channel.task for channel in self._channels.values())
        self._channels.clear()
