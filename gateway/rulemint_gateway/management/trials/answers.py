"""The ending of a trial → the answer that the rule's author reads."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from rulemint_gateway.management.error_positions import position_in
from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_shared.cases.differences import differences
from rulemint_shared.cases.format import Expected
from rulemint_shared.cases.trials import seen_in
from rulemint_shared.clock import rfc3339_ms
from rulemint_shared.contract.log_records import Level, LogLine, OutboundCall
from rulemint_shared.contract.messages import Denied, Dropped, Ending, Failed, Granted, Outcome, outcome_name
from rulemint_shared.contract.records import Language, RuleVersion


class TriedLine(Answer, frozen=True, kw_only=True):
    """A line that the rule wrote."""

    ts: Moment
    level: Level
    message: str


class TriedCall(Answer, frozen=True, kw_only=True):
    """A call that the rule made to another service."""

    ts: Moment
    method: str
    host: str
    status: int | None
    duration_ms: float
    bytes_sent: int
    bytes_received: int
    error: str


class TriedError(Answer, frozen=True, kw_only=True):
    """The reason why there would be no token, and the place in the rule."""

    code: str
    message: str
    file: str | None
    line: int | None
    column: int | None
    detail: str


class ClaimChange(Answer, frozen=True, kw_only=True):
    """A claim that a rule has set again: its value before, and after."""

    before: Any
    after: Any


class TriedRule(Answer, frozen=True, kw_only=True):
    """One rule of a flow, and what it did to the token."""

    rule: str
    rule_id: str | None
    """None: a rule that is not stored."""
    version: int | None
    """None: the draft that was sent."""
    language: Language
    outcome: str
    """As that of the flow, or ``not_run``."""
    scope_added: list[str] = []
    scope_removed: list[str] = []
    claims_added: dict[str, Any] = {}
    claims_changed: dict[str, ClaimChange] = {}
    dropped: list[Dropped] = []
    lines: list[TriedLine] = []
    calls: list[TriedCall] = []
    duration_ms: float = 0.0


class TryAnswer(Answer, frozen=True, kw_only=True):
    """The changes that the rule would make to a token."""

    outcome: str
    """``granted``, ``denied``, or ``failed:<reason>``."""
    scope: list[str]
    claims: dict[str, Any]
    dropped: list[Dropped]
    lines: list[TriedLine]
    lines_left_out: int
    calls: list[TriedCall]
    duration_ms: float
    resolved_dependencies: dict[str, str]
    error: TriedError | UnsetType = UNSET
    flow: list[TriedRule] | UnsetType = UNSET
    """The rules in their order, if the whole flow was tried."""
    remarks: list[str] | UnsetType = UNSET
    """The ways in which a token request would go another way than the trial of the flow."""
    differences: list[str] | UnsetType = UNSET
    """If something was expected: each way in which it ended otherwise, in one line."""


def answer_of(ending: Ending, text: RuleVersion | None) -> TryAnswer:
    """The answer to the trial of *text*, or of a flow whose texts were all stored."""
    reports = ending.reports
    outcome = ending.outcome
    granted = outcome if isinstance(outcome, Granted) else Granted(scope=[])
    return TryAnswer(
        outcome=outcome_name(outcome),
        scope=granted.scope,
        claims=granted.claims,
        dropped=[dropped for report in reports for dropped in report.dropped],
        lines=[line_of(line) for line in ending.lines],
        lines_left_out=ending.lines_left_out,
        calls=[call_of(call) for call in ending.calls],
        duration_ms=round(sum(report.duration_ms for report in reports), 3),
        resolved_dependencies={} if text is None else text.resolved_dependencies,
        error=_error(outcome),
    )


def compared(tried: TryAnswer, expected: Expected | UnsetType) -> TryAnswer:
    """*tried*, with what differs from *expected*, if anything is."""
    if expected is UNSET:
        return tried
    return msgspec.structs.replace(tried, differences=differences(expected, seen_in(tried)))


def _error(outcome: Outcome) -> TriedError | UnsetType:
    match outcome:
        case Granted():
            return UNSET
        case Denied(code=code, message=message):
            return TriedError(code=code, message=message, file=None, line=None, column=None, detail=message)
        case Failed(reason=reason, detail=detail):
            return error_in_rule(reason, detail, what="failed")


def error_in_rule(reason: str, detail: str, *, what: str) -> TriedError:
    """The error that *detail* tells of, and its place; *what* the rule did is said where it tells nothing."""
    at = position_in(detail)
    return TriedError(
        code=reason,
        message=at.message or f"the rule {what}: {reason}",
        file=at.file,
        line=at.line,
        column=at.column,
        detail=detail,
    )


def line_of(line: LogLine) -> TriedLine:
    """The line without its invocation."""
    return TriedLine(ts=rfc3339_ms(line.ts_ms), level=line.level, message=line.message)


def call_of(call: OutboundCall) -> TriedCall:
    """The call without its invocation."""
    return TriedCall(
        ts=rfc3339_ms(call.ts_ms),
        method=call.method,
        host=call.host,
        status=call.status,
        duration_ms=round(call.duration_ms, 3),
        bytes_sent=call.bytes_sent,
        bytes_received=call.bytes_received,
        error=call.error,
    )
