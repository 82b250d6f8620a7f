"""Endings on their way to the gateways that wait for them: with the end of a job, or soon by themselves.

The command that ends a job takes along all that waits, so a batch whose invocations end together costs one command. An
ending whose neighbours are slow waits for them for a moment only.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

import structlog
from redis.exceptions import RedisError

from rulemint_shared.contract import redis_tags
from rulemint_shared.contract.batches import SENT_AT_ONCE_BYTES, in_messages, join_endings
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

PAUSE_S = 0.002
"""So long an ending waits for the end of a job."""
PAUSE_ALONE_S = 0.001
"""The same, while nothing else of its tenant is under way: who it would wait for are others."""


class Outbox:
    """Keeps endings until a job ends, or publishes them in rounds: a round takes along all that waits."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._waiting: defaultdict[str, list[bytes]] = defaultdict(list)
        """The channel of a gateway → what it is to hear next."""
        self._size = 0
        """Of what waits, in bytes."""
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._rounds: set[asyncio.Task[None]] = set()

    def add(self, channel: str, ending: bytes, *, under_way: int) -> None:
        """Publish an encoded *ending* to *channel* soon; its tenant has so many more *under_way*."""
        self._waiting[channel].append(ending)
        self._size += len(ending)
        loop = asyncio.get_running_loop()
        due_s = loop.time() + (PAUSE_S if under_way else PAUSE_ALONE_S)
        # More than one message takes would leave in several anyway: waiting longer saves nothing.
        if self._size > SENT_AT_ONCE_BYTES:
            self._leave()
        elif self._timer is None or due_s < self._due_s:
            self._stop()
            self._due_s = due_s
            self._timer = loop.call_at(due_s, self._leave)

    def take(self, shard: int) -> list[tuple[str, bytes]]:
        """Take what waits for gateways that listen in *shard*: channels, and a message for each.

        The caller publishes it.
        """
        tag = redis_tags.queue_tag(shard)
        taken = [
            (channel, self._waiting.pop(channel)) for channel in list(self._waiting) if redis_tags.tag(channel) == tag
        ]
        self._size -= sum(len(ending) for _channel, endings in taken for ending in endings)
        if not self._waiting:
            self._stop()
        return [(channel, join_endings(endings)) for channel, endings in taken]

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _leave(self) -> None:
        self._stop()
        leaving = dict(self._waiting)
        self._waiting.clear()
        self._size = 0
        sending = asyncio.create_task(self._send(leaving))
        self._rounds.add(sending)
        sending.add_done_callback(self._rounds.discard)

    async def _send(self, leaving: dict[str, list[bytes]]) -> None:
        try:
            for channel, endings in leaving.items():
                for message in in_messages(endings):
                    await self._redis.publish(channel, join_endings(message))
        except (RedisError, OSError) as error:
            log.warning("could not publish outcomes: they stay in the job's result", error=str(error))
