"""The job: a batch in, each invocation run on its own, each ending published as it comes, all of them kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from rulemint_runner.ending_parts import ending_part, kept_part
from rulemint_runner.flow import Flow, FlowEnding
from rulemint_runner.invocation_log import InvocationLog
from rulemint_runner.outbox import Outbox
from rulemint_shared import keys
from rulemint_shared.batches import Refused, join_endings, split_batch
from rulemint_shared.deadline import Deadline, unix_ms
from rulemint_shared.endings import failed
from rulemint_shared.log_publisher import LogPublisher
from rulemint_shared.messages import (
    Denied,
    Ending,
    Failed,
    FailureReason,
    Granted,
    Invocation,
    LogRecord,
    Outcome,
)
from rulemint_shared.shares import Shares

log = structlog.get_logger(__name__)


class Invocations:
    """Runs batches; an exception of ours ends one invocation and is in the service's log."""

    def __init__(self, outbox: Outbox, flow: Flow, publisher: LogPublisher, places: Shares) -> None:
        """*places*: for so many invocations at once; none waits for one."""
        self._outbox = outbox
        self._flow = flow
        self._publisher = publisher
        self._places = places

    async def run_batch(self, data: bytes, shard: int) -> bytes:
        """Run the batch that *data* encodes; returns its `Endings`, encoded. What cannot be read of it ends alone.

        It came by that *shard* of the queue, and its endings go back by it.

        Raises:
            DecodeError: *data* is no batch.
        """
        batch, refused = split_batch(data)
        channel = keys.outcomes(batch.gateway, shard)
        unreadable = [self._refuse(each, channel) for each in refused]
        endings = await asyncio.gather(*(self._run(invocation, channel) for invocation in batch.invocations))
        await self._outbox.flushed()
        return join_endings([*unreadable, *endings])

    def _refuse(self, refused: Refused, channel: str) -> bytes:
        log.warning("refused a malformed invocation", invocation=refused.invocation[:64], error=refused.why)
        now_ms = unix_ms()
        outcome = failed(FailureReason.INTERRUPTED, f"the runner could not read it: {refused.why}")
        ending = Ending(invocation=refused.invocation, outcome=outcome, picked_up_at_ms=now_ms, ended_at_ms=now_ms)
        data = ending_part(ending).data
        self._outbox.add(channel, data, under_way=0)
        return data

    async def _run(self, invocation: Invocation, channel: str) -> bytes:
        """What is kept of *invocation*'s ending, which is on its way to *channel*; whatever goes wrong is its own."""
        try:
            return await self._run_logged(invocation, channel)
        except Exception:
            log.exception("an invocation failed in the runner", invocation=invocation.id)
            outcome = failed(FailureReason.CRASHED, "the runner failed")
            data = ending_part(Ending(invocation=invocation.id, outcome=outcome, ended_at_ms=unix_ms())).data
            self._outbox.add(channel, data, under_way=0)
            return data

    async def _run_logged(self, invocation: Invocation, channel: str) -> bytes:
        picked_up_at_ms = unix_ms()
        invocation_log = InvocationLog(invocation, self._publish_for(invocation))
        invocation_log.started()
        began_s = time.perf_counter()
        flow_ending = await self._run_flow(invocation, invocation_log)
        duration_ms = round((time.perf_counter() - began_s) * 1000, 3)
        data, outcome = ending_part(
            Ending(
                invocation=invocation.id,
                outcome=flow_ending.outcome,
                reports=flow_ending.reports,
                lines=invocation_log.lines,
                lines_left_out=invocation_log.left_out,
                picked_up_at_ms=picked_up_at_ms,
                ended_at_ms=unix_ms(),
                calls=invocation_log.calls,
            )
        )
        others = self._places.of(invocation.tenant)
        self._outbox.add(channel, data, under_way=others)  # first of all: somebody waits for it
        invocation_log.ended(flow_ending.decided_by, outcome, duration_ms=duration_ms, message=_message(outcome))
        return kept_part(data)

    def _publish_for(self, invocation: Invocation) -> Callable[[LogRecord], None]:
        """What takes the records of *invocation* to its tenant's watchers."""
        if invocation.draft is not None:
            return _keep_to_ourselves
        return lambda record: self._publisher.publish(invocation.tenant, record)

    async def _run_flow(self, invocation: Invocation, invocation_log: InvocationLog) -> FlowEnding:
        deadline = Deadline.from_unix_ms(invocation.deadline_ms)
        if deadline.passed():
            return _unrun(invocation, FailureReason.LATE, "nobody waits for it any longer")
        if self._places.is_used_up(invocation.tenant):
            return _unrun(invocation, FailureReason.OVERLOADED, "the tenant has too many invocations under way")
        try:
            with self._places.taken(invocation.tenant):
                return await self._flow.run(invocation, deadline, invocation_log)
        except Exception:
            log.exception("an invocation failed in the runner", invocation=invocation.id)
            return _unrun(invocation, FailureReason.CRASHED, "the runner failed")


def _keep_to_ourselves(_record: LogRecord) -> None:
    """A rule that is tried is not what the tenant's clients meet: its records are in the answer only."""


def _unrun(invocation: Invocation, reason: FailureReason, detail: str) -> FlowEnding:
    return FlowEnding(outcome=failed(reason, detail), decided_by=invocation.flow[0], reports=[])


def _message(outcome: Outcome) -> str:
    match outcome:
        case Granted():
            return ""
        case Denied(message=message):
            return message
        case Failed(detail=detail):
            return detail
