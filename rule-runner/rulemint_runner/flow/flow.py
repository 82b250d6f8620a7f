"""One invocation: the tenant's rules in their order, each on what the one before left, until the first that says no."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import structlog

from rulemint_runner.flow.geoip import GeoIp
from rulemint_runner.flow.invocation_log import InvocationLog
from rulemint_runner.flow.replay_turn import ReplayTurn
from rulemint_runner.flow.results import RuleResult
from rulemint_runner.flow.rule_runs import RuleRuns
from rulemint_runner.flow.rule_turn import RuleRun
from rulemint_runner.tapes.flow_replay import FlowReplay
from rulemint_runner.tapes.recording import Recording
from rulemint_shared.contract.endings import failed
from rulemint_shared.contract.log_records import Level
from rulemint_shared.contract.messages import Failed, FailureReason, Granted, Invocation, Outcome, RuleRef, RuleReport
from rulemint_shared.deadline import Deadline
from rulemint_shared.secrets.masking import masked

log = structlog.get_logger(__name__)


class Taping(NamedTuple):
    """All that becomes of a flow besides its ending."""

    recording: Recording | None = None
    """Takes what its hosts see."""
    replay: FlowReplay | None = None
    """It is one."""


NOT_TAPED = Taping()


class FlowEnding(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a flow; *decided_by* is the rule whose word was the last."""

    outcome: Outcome
    decided_by: RuleRef
    reports: list[RuleReport]


Done = Callable[[FlowEnding], None]
"""Hears how a flow ended."""


class Flow:
    """Runs flows, rule by rule."""

    def __init__(self, rule_runs: RuleRuns, geoip: GeoIp) -> None:
        self._rule_runs = rule_runs
        self._geoip = geoip

    def begin(
        self, invocation: Invocation, deadline: Deadline, log: InvocationLog, done: Done, taping: Taping = NOT_TAPED
    ) -> FlowRun:
        """Run *invocation*'s flow: *done* hears of its ending, at *deadline* at the latest, or before this returns."""
        replay = taping.replay
        place = self._geoip.find(invocation.request.ip) if replay is None else replay.place
        if taping.recording is not None:
            taping.recording.place = place
        run = FlowRun(self._rule_runs, invocation, deadline, log, place, done, taping)
        run.begin()
        return run


class FlowRun:
    """One invocation's way through its flow. There is no task: each rule's result begins the next."""

    __slots__ = (
        "_began_late",
        "_began_s",
        "_deadline",
        "_done",
        "_given",
        "_invocation",
        "_log",
        "_place",
        "_reports",
        "_rule_runs",
        "_running",
        "_taping",
    )

    def __init__(
        self,
        rule_runs: RuleRuns,
        invocation: Invocation,
        deadline: Deadline,
        log: InvocationLog,
        place: dict[str, Any],
        done: Done,
        taping: Taping,
    ) -> None:
        self._rule_runs = rule_runs
        self._invocation = invocation
        self._deadline = deadline
        self._log = log
        self._place = place
        self._done = done
        self._given = Granted(scope=invocation.scope)
        self._reports: list[RuleReport] = []
        self._began_late = 2_000 * deadline.remaining_s() < invocation.deadline_ms - invocation.enqueued_at_ms
        self._began_s = 0.0
        self._running: RuleRun | None = None
        self._taping = taping

    def begin(self) -> None:
        """Run the next rule."""
        self._began_s = time.perf_counter()
        index, taping = len(self._reports), self._taping
        rule = self._invocation.flow[index]
        run = self._running = RuleRun(
            rule=rule,
            invocation=self._invocation,
            given=self._given,
            deadline=self._deadline,
            began_late=self._began_late,
            log=self._log,
            place=self._place,
            recording=None if taping.recording is None else taping.recording.next_rule(),
            replayed=None if taping.replay is None else taping.replay.rule(index, rule),
        )
        self._rule_runs.begin(run, self._ruled)

    def give_up(self) -> None:
        """Stop: nobody waits for it any more."""
        if self._running is not None:
            self._rule_runs.give_up(self._running)

    def _ruled(self, result: RuleResult) -> None:
        try:
            ending = self._ending_after(result)
            self._let_go()
            if ending is None:
                self.begin()
                return
        except Exception:
            log.exception("an invocation failed in the runner", invocation=self._invocation.id)
            outcome = failed(FailureReason.CRASHED, "the runner failed")
            ending = FlowEnding(outcome=outcome, decided_by=self._invocation.flow[0], reports=[])
            self._let_go()
        self._done(ending)

    def _let_go(self) -> None:
        """Part the run of a rule from its turn: what holds each other waits for the garbage collector."""
        if self._running is not None:
            self._running.turn = None
            self._running = None

    def _ending_after(self, result: RuleResult) -> FlowEnding | None:
        """Return the flow's end with *result*; None if another rule follows."""
        flow = self._invocation.flow
        rule = flow[len(self._reports)]
        duration_ms = round((time.perf_counter() - self._began_s) * 1000, 3)
        self._reports.append(_report(rule, self._given, result, duration_ms, self._running, self._began_s))
        for dropped in result.dropped:
            self._log.add(rule, Level.WARN, f"left out {dropped.name}: {dropped.why}")
        outcome = result.outcome
        if self._taping.recording is not None:
            self._taping.recording.rules[-1].outcome = outcome
        if self._taping.replay is not None and (left := self._left_tape(self._taping.replay, rule, outcome)):
            return FlowEnding(outcome=left, decided_by=rule, reports=self._reports)
        if isinstance(outcome, Granted) and len(self._reports) < len(flow):
            self._given = outcome
            return None
        if isinstance(outcome, Failed):
            self._log.add(rule, Level.ERROR, outcome.detail or str(outcome.reason))
        return FlowEnding(outcome=outcome, decided_by=rule, reports=self._reports)

    def _left_tape(self, replay: FlowReplay, rule: RuleRef, outcome: Outcome) -> Failed | None:
        """Tell whether the replay has left its tape with *outcome* of *rule*; the failure that it ends with."""
        turn = None if self._running is None else self._running.turn
        if isinstance(turn, ReplayTurn):
            replay.left(turn.divergence)
            replay.traced(turn.trace)
        elif turn is None and isinstance(outcome, Failed):
            replay.cannot(rule, outcome.detail)
        replay.ruled(len(self._reports) - 1, outcome)
        if replay.divergence is None:
            return None
        return failed(FailureReason.INTERRUPTED, f"the replay left its tape at {replay.divergence.at}")


def _report(
    rule: RuleRef, given: Granted, result: RuleResult, duration_ms: float, run: RuleRun | None, since_s: float
) -> RuleReport:
    turn = None if run is None else run.turn
    failure = result.outcome.detail if isinstance(result.outcome, Failed) else ""
    left = result.outcome if isinstance(result.outcome, Granted) else given
    return RuleReport(
        rule=rule.name,
        version=rule.version,
        scope_given=given.scope,
        scope_added=[scope for scope in left.scope if scope not in given.scope],
        scope_removed=[scope for scope in given.scope if scope not in left.scope],
        claims_set=masked({name: value for name, value in left.claims.items() if given.claims.get(name) != value}),
        dropped=result.dropped,
        duration_ms=duration_ms,
        ran_on=None if turn is None else turn.ran_on(since_s),
        ended_at=turn.position_in(failure) if turn is not None and failure else None,
    )
