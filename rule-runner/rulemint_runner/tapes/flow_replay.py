"""The replay of a whole flow: each rule's part of the tape, and whether results, outcome and log are the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rulemint_runner.tapes.replaying import TapedRule, divergence
from rulemint_runner.tapes.taping import Masking, granted, said, taped_lines
from rulemint_shared.contract.log_records import LogLine
from rulemint_shared.contract.messages import Divergence, Failed, FailureReason, Outcome, RuleRef, outcome_name
from rulemint_shared.contract.tapes import Replay, ReplayWay, RuleTape
from rulemint_shared.contract.traces import RuleTrace

_TIMED = {FailureReason.TIMEOUT, FailureReason.LATE, FailureReason.CRASHED, FailureReason.OUT_OF_MEMORY}
"""Failures whose words have times or numbers of processes in them."""
_OURS = {FailureReason.NO_RUNNER, FailureReason.OVERLOADED, FailureReason.INTERRUPTED, FailureReason.LATE}
"""Failures that are no fault of the rule, now or then."""
_SHOWN = 300


class FlowReplay:
    """One replay under way."""

    def __init__(self, replay: Replay, *, is_shadow: bool = False) -> None:
        """*is_shadow*: its tape was never masked, and it yields to everybody."""
        self.tape = replay.tape
        self.divergence: Divergence | None = None
        self.traces: list[RuleTrace] = []
        """Of the rules that ran so far, if it explains."""
        self._explains = replay.explains
        self._way = replay.way
        self._shares_hosts = replay.shares_hosts
        self._trial = replay.trial
        self._is_shadow = is_shadow
        self._masking = Masking(())

    @property
    def place(self) -> dict[str, Any]:
        """The place of the caller, as actions saw it."""
        return self.tape.place

    def rule(self, index: int, ref: RuleRef) -> TapedRule:
        """The part of the tape that the rule *ref*, which is number *index* of the flow, is fed from."""
        rules = self.tape.rules
        if index < len(rules):
            tape = rules[index]
        else:  # it did not run then: of the answers that it may want, the tape has none
            tape = RuleTape(rule=ref.name, version=ref.version, seed=1, now_ms=float(self.tape.at_ms))
        invocation = self.tape.invocation
        named = invocation.flow[index] if index < len(invocation.flow) else None
        trial = self._trial if self._trial is not None and self._trial.text.rule_id == ref.rule_id else None
        return TapedRule(
            tape, self._way, invocation.id, self._explains, self._shares_hosts, named, trial, self._is_shadow
        )

    def left(self, left: Divergence | None) -> None:
        """A rule has left its tape, or None."""
        self.divergence = self.divergence or left

    def traced(self, trace: RuleTrace | None) -> None:
        """The host of a rule has seen this."""
        if trace is not None:
            self.traces.append(trace)

    def cannot(self, ref: RuleRef, why: str) -> None:
        """The rule cannot be replayed, because of *why*."""
        self.left(divergence(ref.name, "its start", expected="", got=why, unknown=True))

    def ruled(self, index: int, outcome: Outcome) -> None:
        """Compare the result of a rule with that on the tape."""
        if self._way is ReplayWay.WHAT_IF or self.divergence is not None or index >= len(self.tape.rules):
            return
        tape = self.tape.rules[index]
        if outcome_name(outcome) != tape.outcome:
            if isinstance(outcome, Failed) and outcome.reason in _OURS:
                self._cannot_tell(tape.rule, outcome)
                return
            self._differ(tape.rule, "its outcome", tape.outcome, outcome_name(outcome))
            return
        scope, claims = granted(outcome, self._masking)
        if scope != tape.scope:
            self._differ(tape.rule, "its scopes", " ".join(tape.scope), " ".join(scope))
        for name in sorted(claims.keys() | tape.claims.keys()):
            if claims.get(name, _MISSING) != tape.claims.get(name, _MISSING):
                self._differ(tape.rule, f"the claim {name}", tape.claims.get(name, ""), claims.get(name, ""))

    def ended(self, outcome: Outcome, lines: Sequence[LogLine]) -> None:
        """Compare the outcome's words, and the log."""
        if self._way is ReplayWay.WHAT_IF or self.divergence is not None:
            return
        tape = self.tape
        rule = tape.rules[-1].rule if tape.rules else ""
        if not (isinstance(outcome, Failed) and outcome.reason in _TIMED):
            words = said(outcome, self._masking)
            if words != tape.message:
                self._differ(rule, "what it said", tape.message, words)
        if tape.lines_left_out:
            return
        got = taped_lines(lines, outcome)
        for number in range(max(len(got), len(tape.lines))):
            was = tape.lines[number] if number < len(tape.lines) else None
            now = got[number] if number < len(got) else None
            if was != now:
                words_of = [f"{line.level} {line.text}" if line else "no line" for line in (was, now)]
                self._differ((was or now or tape.lines[0]).rule, f"log line {number + 1}", *words_of)
                return

    def _cannot_tell(self, rule: str, outcome: Failed) -> None:
        self.left(divergence(rule, "its outcome", expected="", got=outcome.detail or outcome.reason, unknown=True))

    def _differ(self, rule: str, at: str, expected: Any, got: Any) -> None:
        self.left(divergence(rule, at, expected=str(expected)[:_SHOWN], got=str(got)[:_SHOWN]))


_MISSING = object()
