"""What arrives while an enqueue is under way becomes the next job, so that a job costs less per token as load rises."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError

from rulemint_shared import job_queue
from rulemint_shared.messages import BATCH_LIMIT, Batch, Invocation
from rulemint_shared.pacing import Pace

log = structlog.get_logger(__name__)

ENQUEUES_IN_FLIGHT = 2


class Batcher:
    """Collects invocations and enqueues them: at most two jobs at a time."""

    def __init__(
        self,
        redis: ArqRedis,
        *,
        gateway: str,
        job_expires_ms: int,
        on_enqueued: Callable[[str, list[str]], None],
        on_lost: Callable[[list[str]], None],
    ) -> None:
        """*on_enqueued* hears job id and invocation ids; *on_lost* the ids that Redis did not take."""
        self._redis = redis
        self._gateway = gateway
        self._job_expires_ms = job_expires_ms
        self._on_enqueued = on_enqueued
        self._on_lost = on_lost
        self._waiting: deque[Invocation] = deque()
        self._enqueues: set[asyncio.Task[None]] = set()
        self._pace = Pace(self._start_enqueue)

    def submit(self, invocation: Invocation, *, under_way: int) -> None:
        """Send *invocation* to the runners, with whatever else is waiting; its tenant has so many *under_way*."""
        self._waiting.append(invocation)
        self._pace.want(under_way)

    async def close(self) -> None:
        """Wait until all have been enqueued."""
        while self._waiting or self._enqueues:
            self._pace.hurry()
            await asyncio.wait(self._enqueues)

    def _start_enqueue(self) -> None:
        if self._waiting and len(self._enqueues) < ENQUEUES_IN_FLIGHT:
            batch = [self._waiting.popleft() for _ in range(min(BATCH_LIMIT, len(self._waiting)))]
            task = asyncio.create_task(self._enqueue(batch))
            self._enqueues.add(task)
            task.add_done_callback(self._enqueue_done)

    def _enqueue_done(self, task: asyncio.Task[None]) -> None:
        self._enqueues.discard(task)
        self._start_enqueue()

    async def _enqueue(self, invocations: list[Invocation]) -> None:
        ids = [invocation.id for invocation in invocations]
        batch = Batch(gateway=self._gateway, invocations=invocations)
        try:
            job_id = await job_queue.enqueue(self._redis, batch, expires_ms=self._job_expires_ms)
        except (RedisError, OSError) as error:
            log.warning("could not enqueue", invocations=len(ids), error=str(error))
            self._on_lost(ids)
        else:
            self._on_enqueued(job_id, ids)
