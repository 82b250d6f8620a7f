"""One reader for each watched tenant, fanned out to bounded buffers: a slow watcher loses records and slows nobody."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from rulemint_gateway.log_hub.channel import Channel
from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.gaps import Cause, Gap
from rulemint_gateway.log_hub.watcher import BUFFERED_BYTES, Watcher
from rulemint_shared.fairness.tenant_quota import TenantQuota
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.streams.log_stream import START, Position

BEGIN_TIMEOUT_S = 3.0
TENANT_BYTES = 32 * 1024 * 1024


class TooManyWatchersError(Exception):
    """The tenant has its quota of the watchers of this gateway."""


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """The place where a watcher begins; with nothing given, now."""

    after: Position | None = None
    """Behind this place."""
    resumes: bool = False
    """The record at *after* was the last that the watcher had: it is told if others have left the stream since."""
    tail: int = 0
    """With so many of the last records."""
    before: Position | None = None
    """The watcher ends before the record at this place, and never follows."""
    follow: bool = True
    """Live goes on behind the past; else the watcher ends there."""


NOW = Beginning()


class LogHub:
    """Hands every watcher the records of its own tenant."""

    def __init__(
        self,
        redis: RedisClient,
        *,
        max_watchers: int,
        watcher_bytes: int = BUFFERED_BYTES,
        tenant_bytes: int = TENANT_BYTES,
    ) -> None:
        """At most *watcher_bytes* wait for one watcher, and *tenant_bytes* for all of a tenant."""
        self._redis = redis
        self._watcher_bytes = watcher_bytes
        self._tenant_bytes = tenant_bytes
        self._places = TenantQuota(max_watchers)
        self._channels: dict[str, Channel] = {}
        self.missing: Counter[Cause] = Counter(dict.fromkeys(Cause, 0))
        """By cause, the number of records that watchers did not get, as far as anybody knows."""

    @asynccontextmanager
    async def watch(self, tenant: str, log_filter: LogFilter, beginning: Beginning = NOW) -> AsyncIterator[Watcher]:
        """A watcher that misses nothing written after this has been entered, and begins where it is told to.

        Raises:
            TooManyWatchersError: the tenant has its quota of them.
            RedisError, OSError: the server does not answer.
        """
        if self._places.is_used_up(tenant):
            raise TooManyWatchersError
        with self._places.taken(tenant):
            channel = self._channels.get(tenant)
            if channel is None:
                channel = self._channels[tenant] = Channel(
                    self._redis, tenant, room_bytes=self._tenant_bytes, count=self._count
                )
            watcher = Watcher(
                log_filter,
                channel.reader,
                lambda: channel.position,
                channel.room,
                max_bytes=self._watcher_bytes,
                in_the_past=beginning != NOW,
                follows=beginning.follow and beginning.before is None,
                count=self._count,
            )
            channel.watchers.add(watcher)
            try:
                async with asyncio.timeout(BEGIN_TIMEOUT_S):
                    await channel.begun.wait()
                await _begin(watcher, channel, beginning)
                yield watcher
            finally:
                channel.watchers.discard(watcher)
                watcher.forget()
                if not channel.watchers and self._channels.get(tenant) is channel:
                    del self._channels[tenant]
                    await channel.close()

    def close_watchers(self) -> None:
        """End every watcher: the service stops."""
        for channel in self._channels.values():
            for watcher in channel.watchers:
                watcher.close()

    def _count(self, gap: Gap) -> None:
        self.missing[gap.cause] += gap.records or 0

    async def close(self) -> None:
        """Stop reading."""
        await asyncio.gather(*(channel.close() for channel in self._channels.values()))
        self._channels.clear()


async def _begin(watcher: Watcher, channel: Channel, beginning: Beginning) -> None:
    before = beginning.before
    if beginning.after is not None:
        watcher.begin_after(beginning.after, had=beginning.resumes, until=before)
    elif beginning.tail:
        end = await channel.reader.last() if before is None else before.previous()
        first = await channel.reader.before_newest(beginning.tail, watcher.filter, until=end)
        watcher.begin_after(first, until=before)
    elif before is not None:
        watcher.begin_after(START, until=before)
    elif not beginning.follow:
        watcher.close()
