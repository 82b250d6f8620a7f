"""Endings on their way to the gateways that wait for them: those of one moment travel together."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable

import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError

from rulemint_shared import codecs, keys
from rulemint_shared.messages import Ending, Endings
from rulemint_shared.pacing import pause_for_company_s

log = structlog.get_logger(__name__)


class Outbox:
    """Publishes endings in rounds: a round takes along whatever was added before it leaves."""

    def __init__(self, redis: ArqRedis, under_way: Callable[[], int]) -> None:
        """*under_way* says how many invocations have not ended."""
        self._redis = redis
        self._under_way = under_way
        self._waiting: defaultdict[str, list[Ending]] = defaultdict(list)
        """The gateway → what it is to hear next."""
        self._rounds: set[asyncio.Task[None]] = set()

    def add(self, gateway: str, ending: Ending) -> None:
        """Publish *ending* to *gateway* soon."""
        if not self._waiting:
            sending = asyncio.create_task(self._send_round())
            self._rounds.add(sending)
            sending.add_done_callback(self._rounds.discard)
        self._waiting[gateway].append(ending)

    async def flushed(self) -> None:
        """Wait until everything that was added so far is published, or lost."""
        if self._rounds:
            await asyncio.wait(self._rounds)

    async def _send_round(self) -> None:
        if pause_s := pause_for_company_s(self._under_way()):
            await asyncio.sleep(pause_s)
        leaving = dict(self._waiting)
        self._waiting.clear()
        try:
            for gateway, endings in leaving.items():
                await self._redis.publish(keys.outcomes(gateway), codecs.endings.encode(Endings(endings=endings)))
        except (RedisError, OSError) as error:
            log.warning("could not publish outcomes: they stay in the job's result", error=str(error))
