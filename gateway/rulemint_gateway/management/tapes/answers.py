"""A tape as its readers see it: masked as it is kept, and without the random bytes that rules drew."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_shared.clock import rfc3339_ms
from rulemint_shared.contract.log_records import Level
from rulemint_shared.contract.messages import ClientView, RequestView
from rulemint_shared.contract.tapes import (
    AskedStorage,
    Called,
    ChangedCache,
    Drew,
    Event,
    RuleTape,
    StorageAnswered,
    Tape,
    TapedLine,
    Told,
)


class TapedEvent(Answer, frozen=True, kw_only=True):
    """One thing that happened while a rule ran: *kind* says which of the other fields there are."""

    kind: str
    """``call``, ``answer``, ``storage``, ``document``, ``random``, ``timer`` or ``cache``."""
    question: int | UnsetType = UNSET
    """The number of a call or a use of the storage, which its answer bears too."""
    method: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    status: int | UnsetType = UNSET
    headers: list[tuple[str, str]] | UnsetType = UNSET
    body: str | UnsetType = UNSET
    lost: str | UnsetType = UNSET
    """The reason why the body of an answer is not on the tape."""
    error: str | UnsetType = UNSET
    writes: bool | UnsetType = UNSET
    data: str | UnsetType | None = UNSET
    bytes: int | UnsetType = UNSET
    """So many random bytes were drawn."""
    clock: Moment | UnsetType = UNSET
    """The rule's clock from then on."""
    keys: list[str] | UnsetType = UNSET
    """Of the cache, which were changed or deleted."""


class TapedRuleAnswer(Answer, frozen=True, kw_only=True):
    """One rule of the flow as the tape has it."""

    rule: str
    version: int
    clock: Moment
    """The rule's clock as it began."""
    runs_before: int
    events: list[TapedEvent]
    outcome: str
    scope: list[str]
    claims: dict[str, Any]
    cut: str


class TapedLineAnswer(Answer, frozen=True, kw_only=True):
    """A line of the log."""

    rule: str
    level: Level
    message: str


class TapeAnswer(Answer, frozen=True, kw_only=True):
    """The tape of one token request."""

    exchange_id: str
    format: int
    build: str
    """The version of the runner that made it."""
    made_at: Moment
    client: ClientView
    audience: str
    scope: list[str]
    request: RequestView
    rules: list[TapedRuleAnswer]
    outcome: str
    message: str
    lines: list[TapedLineAnswer]
    lines_left_out: int
    masked: list[str]
    """The places at which something secret was masked."""
    cut: str
    """The parts that did not fit; empty: it is whole."""


class DeletedTapes(Answer, frozen=True, kw_only=True):
    """The number of tapes that were deleted."""

    deleted: int


def tape_answer(tape: Tape) -> TapeAnswer:
    """Return the answer that shows *tape*."""
    invocation = tape.invocation
    return TapeAnswer(
        exchange_id=invocation.id,
        format=tape.format,
        build=tape.build,
        made_at=rfc3339_ms(tape.at_ms),
        client=invocation.client,
        audience=invocation.audience,
        scope=invocation.scope,
        request=invocation.request,
        rules=[_rule(rule) for rule in tape.rules],
        outcome=tape.outcome,
        message=tape.message,
        lines=[line_answer(line) for line in tape.lines],
        lines_left_out=tape.lines_left_out,
        masked=tape.masked,
        cut=tape.cut,
    )


def line_answer(line: TapedLine) -> TapedLineAnswer:
    """Return the answer that shows *line*."""
    return TapedLineAnswer(rule=line.rule, level=line.level, message=line.text)


def _rule(rule: RuleTape) -> TapedRuleAnswer:
    events: list[TapedEvent] = []
    question = 0
    for event in rule.events:
        question += isinstance(event, Called | AskedStorage)
        events.append(_event(event, question))
    return TapedRuleAnswer(
        rule=rule.rule,
        version=rule.version,
        clock=_moment(rule.now_ms),
        runs_before=rule.runs_before,
        events=events,
        outcome=rule.outcome,
        scope=rule.scope,
        claims=rule.claims,
        cut=rule.cut,
    )


def _event(event: Event, question: int) -> TapedEvent:
    match event:
        case Called(method=method, url=url, headers=headers, body=body):
            return TapedEvent(kind="call", question=question, method=method, url=url, headers=headers, body=_text(body))
        case AskedStorage(writes=writes, data=data):
            return TapedEvent(kind="storage", question=question, writes=writes, data=data if writes else UNSET)
        case Drew(kind=kind, data=data, now_ms=now_ms):
            if kind == "random":
                return TapedEvent(kind="random", bytes=len(data))
            return TapedEvent(kind="timer", clock=_moment(now_ms))
        case ChangedCache(changed=changed, deleted=deleted):
            return TapedEvent(kind="cache", keys=[*changed, *deleted])
        case _:
            return _told(event)


def _told(event: Told) -> TapedEvent:
    clock, error = _moment(event.now_ms), event.error or UNSET
    if isinstance(event, StorageAnswered):
        return TapedEvent(kind="document", question=event.to, data=event.data, error=error, clock=clock)
    is_answer = event.error is None
    return TapedEvent(
        kind="answer",
        question=event.to,
        status=event.status if is_answer else UNSET,
        headers=event.headers if is_answer else UNSET,
        body=_text(event.body) if is_answer else UNSET,
        error=error,
        lost=event.lost or UNSET,
        clock=clock,
    )


def _text(body: bytes) -> str:
    return body.decode(errors="replace")


def _moment(ms: float) -> Moment:
    return rfc3339_ms(int(ms))
