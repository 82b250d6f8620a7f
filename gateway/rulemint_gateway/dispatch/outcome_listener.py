"""This gateway's channel → the futures that wait for an ending, with arq's job results as the net beneath.

What waits for a runner that is dead is told so.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError

from rulemint_gateway.dispatch.lost_runners import LOOK_INTERVAL_S, LostRunners
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.batches import Refused, split_endings
from rulemint_shared.contract.endings import failed
from rulemint_shared.contract.messages import Ending, Endings, FailureReason
from rulemint_shared.process.background import run_together
from rulemint_shared.queue import job_queue
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.subscription import Subscriber, listen

log = structlog.get_logger(__name__)

SEARCH_INTERVAL_S = 1.0
LOOK_AGAIN_S = 0.02
"""Invocations that are overdue are looked for no more often."""


class RunnerDiedError(Exception):
    """The runner that had claimed the invocation is dead."""


@dataclass(slots=True)
class Waiting:
    """One invocation that has no ending yet."""

    future: asyncio.Future[Ending | None]
    due_s: float
    """By the loop's clock: then nobody waits for it any more."""
    job_id: str | None = None


class OutcomeListener:
    """Knows who waits for which invocation."""

    def __init__(self, redis: RedisClient, *, gateway: str, shards: int = 1) -> None:
        self._redis = redis
        self._gateway = gateway
        self._shards = shards
        self._waiting: dict[str, Waiting] = {}
        self._lost_runners = LostRunners(redis)
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due_s = math.inf

    def expect(self, invocation_id: str, *, within_s: float) -> asyncio.Future[Ending | None]:
        """The future of the invocation's ending; its result is None if Redis did not take the invocation.

        It raises `RunnerDiedError` if nobody will say how the invocation ended, and `TimeoutError` after *within_s*.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Ending | None] = loop.create_future()
        due_s = loop.time() + within_s
        self._waiting[invocation_id] = Waiting(future, due_s)
        if due_s < self._timer_due_s:
            self._look_at(due_s)
        return future

    def forget(self, invocation_id: str) -> str | None:
        """Stop waiting for an ending; returns the job that carried the invocation, if one did."""
        waiting = self._waiting.pop(invocation_id, None)
        return waiting.job_id if waiting else None

    def enqueued(self, job_id: str, invocation_ids: list[str]) -> None:
        """Note which job carries the invocations."""
        for invocation_id in invocation_ids:
            if waiting := self._waiting.get(invocation_id):
                waiting.job_id = job_id

    def _look_at(self, due_s: float) -> None:
        """One timer for all that wait: a timer for each would cost every token more than all looks together."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due_s = due_s
        self._timer = asyncio.get_running_loop().call_at(due_s, self._look_for_overdue)

    def _look_for_overdue(self) -> None:
        now_s = asyncio.get_running_loop().time()
        self._timer, self._timer_due_s = None, math.inf
        next_s = math.inf
        for waiting in self._waiting.values():
            if waiting.future.done():
                continue
            if waiting.due_s <= now_s:
                waiting.future.set_exception(TimeoutError())
            elif waiting.due_s < next_s:
                next_s = waiting.due_s
        if next_s < math.inf:
            self._look_at(max(next_s, now_s + LOOK_AGAIN_S))

    def lost(self, invocation_ids: list[str]) -> None:
        """Redis did not take these invocations."""
        for invocation_id in invocation_ids:
            self._resolve(invocation_id, None)

    async def run(self, subscriber: Subscriber) -> None:
        """Listen, and look for dead runners and for endings whose publication was missed, until cancelled."""
        await run_together(
            *(self._listen(subscriber, shard) for shard in range(self._shards)),
            self._search_periodically(),
            self._look_for_dead_runners(),
        )

    async def _listen(self, subscriber: Subscriber, shard: int) -> None:
        channel = redis_keys.outcomes(self._gateway, shard)
        await listen(subscriber, channel, on_message=self._on_message, on_connected=self._search_results)

    def _on_message(self, data: bytes) -> None:
        try:
            self._deliver(*split_endings(data))
        except codecs.DecodeError as error:
            log.warning("ignored a malformed outcome", error=str(error))

    def _deliver(self, endings: Endings, refused: list[Refused]) -> None:
        """Hand out *endings*; what cannot be read ends the one invocation that it is about."""
        for ending in endings.endings:
            self._resolve(ending.invocation, ending)
        for each in refused:
            log.warning("refused a malformed ending", invocation=each.invocation[:64], error=each.why)
            self._fail(each.invocation, FailureReason.BAD_RESULT, f"its ending could not be read: {each.why}")

    def _fail(self, invocation_id: str, reason: FailureReason, detail: str) -> None:
        outcome = failed(reason, detail)
        self._resolve(invocation_id, Ending(invocation=invocation_id, outcome=outcome, ended_at_ms=unix_ms()))

    def _resolve(self, invocation_id: str, ending: Ending | None) -> None:
        waiting = self._waiting.get(invocation_id)
        if waiting is not None and not waiting.future.done():
            waiting.future.set_result(ending)

    async def _search_periodically(self) -> None:
        seen: set[str] = set()
        while True:
            await asyncio.sleep(SEARCH_INTERVAL_S)
            jobs = self._jobs()
            await self._search(jobs & seen)  # a job that came since the last look is not late yet
            seen = jobs

    async def _search_results(self) -> None:
        """After a gap in the subscription: another server may have taken over, and a job is with one server only."""
        await self._search(self._jobs(), may_be_lost=True)

    def _jobs(self) -> set[str]:
        """Those that carry what waits."""
        return {waiting.job_id for waiting in self._waiting.values() if waiting.job_id}

    async def _look_for_dead_runners(self) -> None:
        """Only what has waited for a second or more is looked for: most of it ends sooner."""
        before: set[str] = set()
        seen: set[str] = set()
        while True:
            await asyncio.sleep(LOOK_INTERVAL_S)
            jobs = self._jobs()
            before, seen, waiting = seen, jobs, jobs & seen & before
            if not waiting:
                continue
            try:
                dead = await self._lost_runners.look(waiting)
                if dead:
                    await self._give_up(dead)
            except (RedisError, OSError) as error:
                log.warning("could not look for dead runners", error=str(error))

    async def _give_up(self, job_ids: list[str]) -> None:
        """Nobody will say how these jobs ended, unless their results are there already."""
        log.warning("a runner died with jobs in hand", jobs=len(job_ids))
        if not await self._search(set(job_ids)):
            return
        for waiting in self._waiting.values():
            if waiting.job_id in job_ids and not waiting.future.done():
                waiting.future.set_exception(RunnerDiedError())

    async def _search(self, job_ids: set[str], *, may_be_lost: bool = False) -> bool:
        """Deliver the endings that are kept of these jobs; False if the server does not answer."""
        for job_id in job_ids:
            try:
                if found := await job_queue.find_endings(self._redis, job_id):
                    self._deliver(*found)
                    self._fail_rest(job_id, "its job ended without an ending of it")
                elif may_be_lost and await job_queue.is_lost(self._redis, job_id):
                    self._fail_rest(job_id, "its job was lost with the server that took it")
            except codecs.DecodeError as error:
                log.warning("ignored a malformed job result", job=job_id, error=str(error))
            except (RedisError, OSError) as error:
                log.warning("could not look for missed outcomes", error=str(error))
                return False
        return True

    def _fail_rest(self, job_id: str, why: str) -> None:
        """Nothing more will be heard of the job."""
        for invocation_id, waiting in list(self._waiting.items()):
            if waiting.job_id == job_id:
                self._fail(invocation_id, FailureReason.INTERRUPTED, why)
