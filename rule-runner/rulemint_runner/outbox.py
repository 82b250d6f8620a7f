"""Endings on their way to the gateways that wait for them: those of one moment travel together."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError

from rulemint_shared.batches import in_messages, join_endings
from rulemint_shared.pacing import Pace

log = structlog.get_logger(__name__)


class Outbox:
    """Publishes endings in rounds: a round takes along whatever was added before it leaves."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis
        self._pace = Pace(self._leave)
        self._waiting: defaultdict[str, list[bytes]] = defaultdict(list)
        """The channel of a gateway → what it is to hear next."""
        self._next: asyncio.Future[None] | None = None
        """Done when what waits is to leave."""
        self._rounds: set[asyncio.Task[None]] = set()

    def add(self, channel: str, ending: bytes, *, under_way: int) -> None:
        """Publish an encoded *ending* to *channel* soon; its tenant has so many more *under_way*."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
            sending = asyncio.create_task(self._send_round(self._next))
            self._rounds.add(sending)
            sending.add_done_callback(self._rounds.discard)
        self._waiting[channel].append(ending)
        self._pace.want(under_way)

    async def flushed(self) -> None:
        """Wait until everything that was added so far is published, or lost."""
        if self._rounds:
            await asyncio.wait(self._rounds)

    def _leave(self) -> None:
        if self._next is not None and not self._next.done():
            self._next.set_result(None)

    async def _send_round(self, its_turn: asyncio.Future[None]) -> None:
        await its_turn
        self._next = None
        leaving = dict(self._waiting)
        self._waiting.clear()
        try:
            for channel, endings in leaving.items():
                for message in in_messages(endings):
                    await self._redis.publish(channel, join_endings(message))
        except (RedisError, OSError) as error:
            log.warning("could not publish outcomes: they stay in the job's result", error=str(error))
