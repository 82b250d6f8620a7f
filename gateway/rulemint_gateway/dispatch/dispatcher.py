"""Invocation → ending, before the deadline. The only place that waits for runners."""

from __future__ import annotations

import asyncio

import structlog
from redis.exceptions import RedisError

from rulemint_gateway.dispatch.batching import Batcher, Leaving, nobody_hears
from rulemint_gateway.dispatch.outcome_listener import OutcomeListener, RunnerDiedError
from rulemint_gateway.dispatch.pauses import Pauses
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_gateway.stores.traffic.minute_counts import MinuteCounts, RefusedBy
from rulemint_gateway.stores.traffic.rule_pauses import RulePauses
from rulemint_gateway.stores.traffic.waiting_requests import WaitingRequests
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_tags
from rulemint_shared.contract.endings import failed
from rulemint_shared.contract.log_records import InvocationEnded, LogRecord
from rulemint_shared.contract.messages import Ending, Failed, FailureReason, Invocation, outcome_name
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.tenant_quota import TenantQuota
from rulemint_shared.process.background import run_together
from rulemint_shared.queue import job_queue
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.subscription import Subscriber
from rulemint_shared.streams.log_publisher import LogPublisher
from rulemint_shared.streams.log_stream import LogStreamWriter

log = structlog.get_logger(__name__)

GRACE_S = 0.5
"""The time after an invocation's deadline in which its runner may still say how it ended."""
LOOK_S = 0.3
"""The time after that in which Redis may say if a runner had it: the answer is owed a second after the deadline."""


class Dispatcher:
    """Sends invocations to the runners and waits for what became of them."""

    def __init__(
        self,
        redis: RedisClient,
        *,
        gateway: str,
        presence: RunnerPresence,
        log_writer: LogStreamWriter,
        max_waiting: int,
        minutes: MinuteCounts,
        job_expires_ms: int,
    ) -> None:
        self._redis = redis
        self._records = LogPublisher(redis, log_writer)
        self._presence = presence
        self._places = TenantQuota(max_waiting)
        self._minutes = minutes
        self.waiting_requests = WaitingRequests(redis, self._places, gateway=gateway)
        self._pauses = Pauses()
        self._shown_pauses = RulePauses(redis)
        self._listener = OutcomeListener(redis, gateway=gateway, shards=presence.own_shards)
        self._batchers = [
            Batcher(
                redis,
                gateway=gateway,
                shard=shard,
                job_expires_ms=job_expires_ms,
                on_enqueued=self._listener.enqueued,
                on_lost=self._listener.lost,
            )
            for shard in range(presence.own_shards)
        ]
        """One for each shard of the queue."""

    @property
    def waiting(self) -> int:
        """The number of invocations that have no ending yet."""
        return len(self._places)

    @property
    def lost_log_records(self) -> int:
        """The number of its own log records that this gateway ever lost."""
        return self._records.lost

    async def run(self, invocation: Invocation, deadline: Deadline, *, leaving: Leaving = nobody_hears) -> Ending:
        """Return the ending of *invocation*; always an answer, half a second after *deadline* at the latest.

        *leaving* hears when it leaves for the runners.

        Raises:
            CannotTravelError: no runner would take it, so none was asked.
        """
        if pause := self._pauses.met_by(invocation):  # no runner would run it, so none is asked
            outcome = failed(
                FailureReason.OVERLOADED, pause.why, pauses_for_s=pause.left_s, pauses_for_all=pause.for_all
            )
            return self._not_run(invocation, outcome, logged=pause.log_is_due())
        if self._places.is_used_up(invocation.tenant):
            why = "too many invocations of the tenant are waiting"
            if not invocation.is_tried:
                self._minutes.note_refused(invocation.tenant, RefusedBy.WAITING_REQUESTS)
            return self._not_run(invocation, failed(FailureReason.OVERLOADED, why))
        self._places.begin(invocation.tenant)
        try:
            ending = await self._run(invocation, deadline, leaving)
        finally:
            self._places.end(invocation.tenant)
        if isinstance(ending.outcome, Failed):
            self._pauses.learn(invocation, ending.outcome)
            self._shown_pauses.learn(invocation, ending.outcome)
        return ending

    async def _run(self, invocation: Invocation, deadline: Deadline, leaving: Leaving) -> Ending:
        # Before it is sent: a job that nobody claims would keep its client waiting until the deadline.
        if not self._presence.alive and not await self._any_alive(deadline):
            return self._not_run(invocation, failed(FailureReason.NO_RUNNER, "no runner is alive"))
        future = self._listener.expect(invocation.id, within_s=deadline.remaining_s() + GRACE_S)
        try:
            shard = redis_tags.shard_of(invocation.tenant, self._presence.queue_shards)
            self._batchers[shard].submit(invocation, leaving)
            ending = await future
        except RunnerDiedError:
            return self._not_run(invocation, failed(FailureReason.INTERRUPTED, "its runner died"))
        except TimeoutError:
            return await self._overdue(invocation, self._listener.forget(invocation.id))
        finally:
            self._listener.forget(invocation.id)
        if ending is None:
            return self._not_run(invocation, failed(FailureReason.NO_RUNNER, "the queue does not answer"))
        return ending

    def log(self, tenant: str, record: LogRecord) -> None:
        """Have the watchers of *tenant* hear *record*, behind the answer."""
        self._records.publish(tenant, record)

    async def listen(self, subscriber: Subscriber) -> None:
        """Receive outcomes, and write records behind the answers, until cancelled."""
        await run_together(
            self._listener.run(subscriber),
            self._records.run(),
            self._shown_pauses.write(),
            self.waiting_requests.write(),
        )

    async def close(self) -> None:
        """Wait until everything has been enqueued."""
        await asyncio.gather(*(batcher.close() for batcher in self._batchers))

    async def _overdue(self, invocation: Invocation, job_id: str | None) -> Ending:
        """A runner that had claimed the job died with it; otherwise none came round to it."""
        try:
            async with asyncio.timeout(LOOK_S):
                picked_up = job_id is not None and await job_queue.was_picked_up(self._redis, job_id)
        except (RedisError, OSError):
            picked_up = False
        if picked_up:
            return self._not_run(invocation, failed(FailureReason.INTERRUPTED, "its runner never answered"))
        return self._not_run(invocation, failed(FailureReason.OVERLOADED, "no runner came round to it"))

    async def _any_alive(self, deadline: Deadline) -> bool:
        try:
            async with asyncio.timeout(deadline.remaining_s()):
                return await self._presence.any_alive()
        except TimeoutError:
            return False

    def _not_run(self, invocation: Invocation, outcome: Failed, *, logged: bool = True) -> Ending:
        """The ending of an invocation that no runner can account for; if it is *logged*, watchers hear it from us."""
        now_ms = unix_ms()
        ending = Ending(invocation=invocation.id, outcome=outcome, ended_at_ms=now_ms)
        if invocation.is_tried or not logged:
            return ending
        ended = InvocationEnded(
            ts_ms=now_ms,
            invocation=invocation.id,
            client_id=invocation.client.id,
            audience=invocation.audience,
            rule=invocation.flow[0].name,
            version=invocation.flow[0].version,
            outcome=outcome_name(outcome),
            duration_ms=float(now_ms - invocation.enqueued_at_ms),
            message=outcome.detail,
        )
        self._records.publish(invocation.tenant, ended)
        return ending
