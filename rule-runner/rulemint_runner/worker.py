"""arq's worker with two changes: it is woken instead of polling, and a broken connection does not end it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import structlog
from arq.connections import ArqRedis
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.exceptions import RedisError

from rulemint_shared import job_queue, keys

log = structlog.get_logger(__name__)

POLL_INTERVAL_S = 0.5
"""The net under the wake-ups: a job that nobody was woken for is noticed after this long."""
PAUSE_WITHOUT_REDIS_S = 0.5
JOB_TIMEOUT_S = 120
"""Longer than any deadline of a gateway: invocations end by their own, never by arq's."""


class RuleWorker(Worker):
    """Claims batches and runs them."""

    def __init__(self, redis: ArqRedis, run_batch: Callable[[bytes], Awaitable[bytes]], *, max_jobs: int) -> None:
        async def run(_ctx: dict[Any, Any], /, data: bytes) -> bytes:
            return await run_batch(data)

        super().__init__(
            functions=[func(cast("WorkerCoroutine", run), name=job_queue.RUN_BATCH)],
            queue_name=keys.QUEUE,
            redis_pool=redis,
            handle_signals=False,
            max_jobs=max_jobs,
            max_tries=1,  # a claimed job counts as started: it is never run a second time
            retry_jobs=False,
            job_timeout=JOB_TIMEOUT_S,
            keep_result=job_queue.RESULT_KEPT_S,
            poll_delay=POLL_INTERVAL_S,
            job_serializer=job_queue.serialize,
            job_deserializer=job_queue.deserialize,
            log_results=False,
        )

    async def main(self) -> None:
        """Claim jobs until cancelled."""
        while True:
            try:
                await self._poll_iteration()
                await self._wait_for_work()
            except (RedisError, OSError) as error:
                log.warning("the queue does not answer", error=str(error))
                await asyncio.sleep(PAUSE_WITHOUT_REDIS_S)

    async def drain(self, *, within_s: float) -> None:
        """Claim nothing more and wait for what is under way; what takes longer is cancelled."""
        self.allow_pick_jobs = False
        if not self.tasks:
            return
        _, unfinished = await asyncio.wait(self.tasks.values(), timeout=within_s)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    async def _wait_for_work(self) -> None:
        """Return when there may be a job to claim and a place to run it."""
        if self.job_counter >= self.max_jobs:
            await asyncio.wait(self.tasks.values(), return_when=asyncio.FIRST_COMPLETED)
        else:
            await job_queue.wait_for_wake_up(self.pool, timeout_s=POLL_INTERVAL_S)
