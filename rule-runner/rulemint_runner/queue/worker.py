"""arq's worker, woken instead of polling: from the wake-up to the running batch in one round trip.

A wake-up carries the id of its job, so an idle worker goes straight to the claim. Twice a second, however often it is
woken, it looks for jobs whose wake-up nobody has: only so many are kept, and a worker may die with one. Jobs, claims
and results keep arq's own format; a malformed job ends itself and nothing else, and a broken connection ends nothing.

Each shard of the queue is served by a loop of its own. They share the places (`places.py`): one that becomes free goes
to the shard that has waited longest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import cast

import structlog
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.exceptions import RedisError

from rulemint_runner.queue.outbox import Outbox
from rulemint_runner.queue.places import Places
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.deadline import Deadline
from rulemint_shared.process.background import cancel, run_together
from rulemint_shared.queue import job_queue, wake_ups
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

POLL_INTERVAL_S = 0.5
"""The net under the wake-ups: a job that nobody was woken for is noticed after this long."""
READ_AT_ONCE = 500
PAUSE_WITHOUT_REDIS_S = 0.5
FINISH_WITHIN_S = 10.0
JOB_TIMEOUT_S = 120
"""Longer than any deadline of a gateway: invocations end by their own, never by arq's."""


RunJob = Callable[[bytes, int], Awaitable[bytes]]
"""An encoded message, and the shard of the queue by which it came → its encoded result.

It raises `DecodeError` for what is no such message.
"""


class RuleWorker(Worker):
    """Claims jobs and runs them."""

    def __init__(
        self,
        redis: RedisClient,
        jobs: Mapping[str, RunJob],
        outbox: Outbox,
        *,
        runner: str,
        max_jobs: int,
        shards: int = 1,
    ) -> None:
        """*jobs*: the name of a job → what runs it; *runner*: the name under which gateways know that it is alive.

        *outbox*: what waits there leaves with the end of a job.
        """
        self._jobs = jobs
        self._outbox = outbox
        self._runner = runner
        self._shards = shards
        self._places = Places(max_jobs)
        super().__init__(
            functions=[func(cast("WorkerCoroutine", run), name=name) for name, run in jobs.items()],
            queue_name=redis_keys.queue(0),
            redis_pool=redis,
            handle_signals=False,
            max_jobs=max_jobs,
            job_timeout=JOB_TIMEOUT_S,
            keep_result=job_queue.RESULT_KEPT_S,
            poll_delay=POLL_INTERVAL_S,
            job_serializer=job_queue.serialize,
            job_deserializer=job_queue.deserialize,
            log_results=False,
        )

    async def main(self) -> None:
        """Claim jobs until cancelled."""
        await run_together(*map(self._serve, range(self._shards)))

    async def _serve(self, shard: int) -> None:
        job_id: str | None = None
        looked_at = -POLL_INTERVAL_S
        while True:
            try:
                if job_id is not None:
                    await self._start_woken(job_id, shard)
                # The net under the wake-ups: a job whose wake-up was lost is found here.
                if (now := monotonic()) - looked_at >= POLL_INTERVAL_S:
                    looked_at = now
                    for waiting in await job_queue.waiting(self.pool, shard, most=READ_AT_ONCE):
                        self._start(waiting.decode(errors="replace"), shard)
                self._forget_finished()
                job_id = await self._wait_for_work(shard)
            except (RedisError, OSError) as error:
                log.warning("the queue does not answer", error=str(error))
                # Look at the whole queue next: wake-ups may have been lost with the connection.
                job_id, looked_at = None, -POLL_INTERVAL_S
                await asyncio.sleep(PAUSE_WITHOUT_REDIS_S)

    async def _start_woken(self, job_id: str, shard: int) -> None:
        """Another shard may have taken the last place while this one waited for a wake-up."""
        if self._places.are_free and self.allow_pick_jobs:
            self._start(job_id, shard)
        else:
            await wake_ups.give_one_back(self.pool, shard, job_id)

    def _start(self, job_id: str, shard: int) -> None:
        """Begin to claim the job, if there is a place."""
        if not self._places.are_free or not self.allow_pick_jobs:
            return
        if job_id in self.tasks:  # its wake-up came first
            return
        self._places.take()
        task = self.tasks[job_id] = asyncio.create_task(self._claim_and_run(job_id, shard))
        task.add_done_callback(self._release_place)

    async def _claim_and_run(self, job_id: str, shard: int) -> None:
        """Claim the job, while the shard waits for its next wake-up already, and run it if nobody else has it."""
        job = await job_queue.claim(
            self.pool, job_id, shard, runner=self._runner, for_ms=int(self.in_progress_timeout_s * 1000)
        )
        if job is not None:
            await self._run_claimed(job_id, job, shard)

    async def _run_claimed(self, job_id: str, job: bytes, shard: int) -> None:
        """Run a claimed job and keep its result."""
        result: bytes | None = None
        try:
            name, data = job_queue.open_job(job)
            result = await self._job(name)(data, shard)
            self.jobs_complete += 1
        except codecs.DecodeError as error:
            self.jobs_failed += 1
            log.warning("refused a malformed job", job=job_id, error=str(error))
        except Exception:
            self.jobs_failed += 1
            log.exception("a job failed in the runner", job=job_id)
        await self._finish(job_id, result, shard)

    async def _finish(self, job_id: str, result: bytes | None, shard: int) -> None:
        """Keep *result*, and publish what waits, as soon as a server takes it; while one takes over, none does.

        Raises:
            RedisError, OSError: none does for as long as anybody waits.
        """
        deadline = Deadline.after(FINISH_WITHIN_S)
        leaving = self._outbox.take(shard)
        while True:
            try:
                return await job_queue.finish(self.pool, job_id, result, publish=leaving)
            except (RedisError, OSError) as error:
                if deadline.passed():  # nobody waits any more, and the claim expires by itself
                    raise
                log.warning("a job's result has to wait", job=job_id, error=str(error))
                await asyncio.sleep(PAUSE_WITHOUT_REDIS_S)

    def _job(self, name: str) -> RunJob:
        if name not in self._jobs:
            raise codecs.DecodeError(f"job: there is none named {name[:60]!r}")
        return self._jobs[name]

    def _release_place(self, _task: asyncio.Task[None]) -> None:
        self._places.give_back()

    def _forget_finished(self) -> None:
        for job_id, task in list(self.tasks.items()):
            if task.done():
                del self.tasks[job_id]
                if error := task.exception():  # most likely its connection broke: its claim expires by itself
                    log.warning("a job could not be claimed or finished", job=job_id, error=str(error))

    async def drain(self, *, within_s: float) -> None:
        """Claim nothing more and wait for what is under way; what takes longer is cancelled."""
        self.allow_pick_jobs = False
        if not self.tasks:
            return
        _, unfinished = await asyncio.wait(self.tasks.values(), timeout=within_s)
        await cancel(unfinished)

    async def _wait_for_work(self, shard: int) -> str | None:
        """Return when there may be a job to claim and a place to run it; the job's id if it is known."""
        await asyncio.sleep(0)  # what was claimed starts before we write to Redis again
        if self._places.are_free:
            self._places.pass_on()  # what this shard had no job for
            return await wake_ups.wait_for_one(self.pool, shard, timeout_s=POLL_INTERVAL_S)
        await self._places.turn()
        return await wake_ups.take_one(self.pool, shard) if self._shards > 1 else None
