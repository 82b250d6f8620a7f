"""Run one invocation from its pick-up until its ending leaves: its place, its log, its flow, its record.

There is no task: a flow that ends says so, and a failure in between ends this invocation only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import structlog

from rulemint_runner.flow.flow import NOT_TAPED, Flow, FlowEnding, FlowRun
from rulemint_runner.flow.invocation_log import InvocationLog
from rulemint_runner.queue.ending_parts import ending_part, kept_part
from rulemint_runner.queue.outbox import Outbox
from rulemint_runner.queue.shadows import ShadowRuns
from rulemint_runner.queue.tapes import InvocationTapes
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.codecs import DecodeError
from rulemint_shared.contract.endings import failed, words_of
from rulemint_shared.contract.log_records import LogRecord
from rulemint_shared.contract.messages import Ending, FailureReason, Invocation
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.tenant_quota import TenantQuota
from rulemint_shared.secrets.runner_key import RunnerKeyError
from rulemint_shared.streams.log_publisher import LogPublisher

log = structlog.get_logger(__name__)


class InvocationParts(NamedTuple):
    """The parts that all invocations of this runner have in common."""

    outbox: Outbox
    flow: Flow
    publisher: LogPublisher
    places: TenantQuota
    """For so many invocations at once; none waits for one."""
    tapes: InvocationTapes | None = None
    """None: nothing leaves a tape, and nothing is replayed."""
    shadows: ShadowRuns | None = None
    """None: nothing has a shadow."""


class RunningInvocation:
    """One invocation."""

    __slots__ = (
        "_began_s",
        "_channel",
        "_done",
        "_flow_run",
        "_has_place",
        "_invocation",
        "_log",
        "_parts",
        "_picked_up_at_ms",
        "_taping",
        "kept",
    )

    def __init__(self, parts: InvocationParts, invocation: Invocation, channel: str, done: Callable[[], None]) -> None:
        """Its ending goes to *channel*, and *done* is called as it leaves."""
        self.kept: bytes | None = None
        """Of its ending, in its job's result; None until it has ended."""
        self._parts = parts
        self._invocation = invocation
        self._channel = channel
        self._done = done
        self._log = InvocationLog(invocation, _publish_for(invocation, parts.publisher))
        self._picked_up_at_ms = unix_ms()
        self._began_s = 0.0
        self._has_place = False
        self._flow_run: FlowRun | None = None
        self._taping = NOT_TAPED

    def begin(self) -> None:
        """Run it. It may have ended before this returns."""
        try:
            self._log.started()
            self._began_s = time.perf_counter()
            deadline = Deadline.from_unix_ms(self._invocation.deadline_ms)
            why_not = self._why_not(deadline)
            if why_not is None:
                self._parts.places.begin(self._invocation.tenant)
                self._has_place = True
                run = self._parts.flow.begin(self._invocation, deadline, self._log, self._ended, self._taping)
                if self.kept is None:
                    self._flow_run = run
        except Exception:
            log.exception("an invocation failed in the runner", invocation=self._invocation.id)
            why_not = _unrun(self._invocation, FailureReason.CRASHED, "the runner failed")
        if why_not is not None:
            self._ended(why_not)

    def give_up(self) -> None:
        """Stop: nobody waits for it any more."""
        if self.kept is None and self._flow_run is not None:
            self._flow_run.give_up()

    def _why_not(self, deadline: Deadline) -> FlowEnding | None:
        invocation = self._invocation
        if deadline.passed():
            return _unrun(invocation, FailureReason.LATE, "nobody waits for it any more")
        if self._parts.places.is_used_up(invocation.tenant):
            return _unrun(invocation, FailureReason.OVERLOADED, "the tenant has too many invocations under way")
        if self._parts.tapes is not None and (invocation.tape or invocation.replay or invocation.shadow is not None):
            try:
                self._taping = self._parts.tapes.taping_of(invocation)
            except (RunnerKeyError, DecodeError) as error:
                return _unrun(invocation, FailureReason.INTERRUPTED, f"its tape cannot be read: {error}")
        elif invocation.replay:
            return _unrun(invocation, FailureReason.INTERRUPTED, "this runner replays nothing")
        return None

    def _ended(self, ending: FlowEnding) -> None:
        if self.kept is not None:
            return
        if self._has_place:
            self._parts.places.end(self._invocation.tenant)
        try:
            self.kept = self._leave(ending)
        except Exception:
            log.exception("an invocation failed in the runner", invocation=self._invocation.id)
            outcome = failed(FailureReason.CRASHED, "the runner failed")
            data = ending_part(Ending(invocation=self._invocation.id, outcome=outcome, ended_at_ms=unix_ms())).data
            self._parts.outbox.add(self._channel, data, under_way=0)
            self.kept = data
        self._flow_run = None  # they hold each other, and would wait for the garbage collector
        self._done()

    def _leave(self, ending: FlowEnding) -> bytes:
        """Send the ending; what is kept of it."""
        invocation_log = self._log
        duration_ms = round((time.perf_counter() - self._began_s) * 1000, 3)
        replay = self._taping.replay
        if replay is not None:
            replay.ended(ending.outcome, invocation_log.lines)
        data, outcome = ending_part(
            Ending(
                invocation=self._invocation.id,
                outcome=ending.outcome,
                reports=ending.reports,
                lines=invocation_log.lines,
                lines_left_out=invocation_log.left_out,
                picked_up_at_ms=self._picked_up_at_ms,
                ended_at_ms=unix_ms(),
                calls=invocation_log.calls,
                took_ms=duration_ms,
                divergence=None if replay is None else replay.divergence,
                traces=[] if replay is None else replay.traces,
            )
        )
        others = self._parts.places.of(self._invocation.tenant)
        self._parts.outbox.add(self._channel, data, under_way=others)  # first of all: somebody waits for it
        invocation_log.ended(ending.decided_by, outcome, duration_ms=duration_ms, message=words_of(outcome))
        if self._taping.recording is not None and self._parts.tapes is not None:
            self._parts.tapes.ended(self._invocation, self._taping.recording, outcome, invocation_log)
            if self._invocation.shadow is not None and self._parts.shadows is not None:
                self._parts.shadows.offer(self._invocation, self._taping.recording, outcome)
        return kept_part(data)


def _publish_for(invocation: Invocation, publisher: LogPublisher) -> Callable[[LogRecord], None]:
    """Make the function that takes the records of *invocation* to its tenant's watchers."""
    if invocation.is_tried:
        return _keep_to_ourselves
    return partial(publisher.publish, invocation.tenant)


def _keep_to_ourselves(_record: LogRecord) -> None:
    """A rule that is tried is not what the tenant's clients meet: its records are in the answer only."""


def _unrun(invocation: Invocation, reason: FailureReason, detail: str) -> FlowEnding:
    return FlowEnding(outcome=failed(reason, detail), decided_by=invocation.flow[0], reports=[])
