"""Coalesces invocations: those that arrive during an enqueue share the next job, so a job costs less as load rises."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter

import structlog
from redis.exceptions import RedisError

from rulemint_shared.contract import codecs
from rulemint_shared.contract.batches import MAX_PART_BYTES, join_batch
from rulemint_shared.contract.messages import Invocation
from rulemint_shared.process.background import cancel
from rulemint_shared.queue import job_queue
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

JOB_INVOCATIONS = 16
"""In one job. While a runner works on one, the gateway can answer the one before: with larger jobs each waits for the
other, and a part of a processor is idle."""
JOB_BYTES = 1024 * 1024
"""Of invocations in one job, unless one alone has more: nobody waits for long until another's large ones have left."""
FULL_JOBS_IN_FLIGHT = 4
"""So many at most are on their way at a time, while as many invocations wait as a job may have."""
CLOSE_WITHIN_S = 1.0


class CannotTravelError(Exception):
    """No runner would take the invocation; the text says what is wrong with it."""


Leaving = Callable[[float], None]
"""Hears when an invocation leaves for the runners, by `time.perf_counter`."""
_Leaves = tuple[str, bytes, Leaving]
"""An invocation that is to leave: its id, its bytes, and who hears when."""


def nobody_hears(_at_s: float) -> None:
    """Of an invocation whose time in the gateway nobody asks for."""


class Batcher:
    """Collects invocations for one shard of the queue, and enqueues what came while the job before was on its way."""

    def __init__(
        self,
        redis: RedisClient,
        *,
        gateway: str,
        shard: int,
        job_expires_ms: int,
        on_enqueued: Callable[[str, list[str]], None],
        on_lost: Callable[[list[str]], None],
    ) -> None:
        """*on_enqueued* hears job id and invocation ids; *on_lost* the ids that Redis did not take."""
        self._redis = redis
        self._gateway = gateway
        self._shard = shard
        self._job_expires_ms = job_expires_ms
        self._on_enqueued = on_enqueued
        self._on_lost = on_lost
        self._waiting: deque[_Leaves] = deque()
        self._enqueues: set[asyncio.Task[None]] = set()

    def submit(self, invocation: Invocation, leaving: Leaving = nobody_hears) -> None:
        """Send *invocation* to the runners, together with the others that wait; *leaving* hears when.

        Raises:
            CannotTravelError: it is out of the bounds that runners keep to; it is not sent.
        """
        try:
            encoded = codecs.invocation.encode(invocation)
        except codecs.EncodeError as error:
            raise CannotTravelError(str(error)) from error
        if len(encoded) > MAX_PART_BYTES:
            raise CannotTravelError(f"invocation: {len(encoded)} bytes are more than {MAX_PART_BYTES}")
        self._waiting.append((invocation.id, encoded, leaving))
        # One enqueue on its way collects the rest. A second one starts only for a full job, which cannot take more.
        if not self._enqueues or (len(self._waiting) >= JOB_INVOCATIONS and len(self._enqueues) < FULL_JOBS_IN_FLIGHT):
            self._start_enqueue()

    async def close(self) -> None:
        """Wait for a moment until all have been enqueued; then nobody waits for them any more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                while self._enqueues:
                    await asyncio.wait(self._enqueues)
        self._waiting.clear()
        await cancel(self._enqueues)

    def _start_enqueue(self) -> None:
        task = asyncio.create_task(self._enqueue_all())
        self._enqueues.add(task)
        task.add_done_callback(self._enqueued_all)

    def _enqueued_all(self, task: asyncio.Task[None]) -> None:
        self._enqueues.discard(task)
        if self._waiting and not self._enqueues:
            self._start_enqueue()  # the one before saw nothing waiting, and something came until it was done

    async def _enqueue_all(self) -> None:
        """Enqueue until nothing waits. It begins in the next turn of the loop, with all that came in this one."""
        while self._waiting:
            if 1 < len(self._waiting) < JOB_INVOCATIONS:
                await asyncio.sleep(0)  # several came at once, and the next turn brings more
            if job := self._next_job():
                await self._enqueue(job)

    def _next_job(self) -> list[_Leaves]:
        invocations: list[_Leaves] = []
        size = 0
        while self._waiting and len(invocations) < JOB_INVOCATIONS:
            size += len(self._waiting[0][1])
            if invocations and size > JOB_BYTES:
                break
            invocations.append(self._waiting.popleft())
        return invocations

    async def _enqueue(self, invocations: list[_Leaves]) -> None:
        ids = [invocation_id for invocation_id, _encoded, _leaving in invocations]
        batch = join_batch(self._gateway, (encoded for _id, encoded, _leaving in invocations))
        now_s = perf_counter()
        for _id, _encoded, leaving in invocations:
            leaving(now_s)
        try:
            job_id = await job_queue.enqueue_encoded(
                self._redis, batch, expires_ms=self._job_expires_ms, shard=self._shard
            )
        except (RedisError, OSError) as error:
            log.warning("could not enqueue", invocations=len(ids), error=str(error))
            self._on_lost(ids)
        else:
            self._on_enqueued(job_id, ids)
