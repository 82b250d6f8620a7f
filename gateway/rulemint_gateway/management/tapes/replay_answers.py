"""The result of a replay, as the caller reads it: a verdict, what differs, and what nobody could know."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from rulemint_gateway.management.nouns.answers import Answer
from rulemint_gateway.management.tapes.answers import TapedLineAnswer, line_answer
from rulemint_gateway.management.tapes.changes import Changed
from rulemint_gateway.management.tapes.unknowns import unknowns_of
from rulemint_shared.contract.endings import words_of
from rulemint_shared.contract.messages import Divergence, Ending, Granted, outcome_name
from rulemint_shared.contract.tapes import ReplayWay, Tape, TapedLine
from rulemint_shared.secrets.masking import masked


class ReplayedResult(Answer, frozen=True, kw_only=True):
    """The end of a token request: *message* is what a rule said, or why it failed."""

    outcome: str
    message: str
    scope: list[str]
    claims: dict[str, Any]


class DivergenceAnswer(Answer, frozen=True, kw_only=True):
    """The place at which the replay left its tape for the first time."""

    rule: str
    at: str
    expected: str
    got: str


class ReplayAnswer(Answer, frozen=True, kw_only=True):
    """The result of a replay."""

    exchange_id: str
    verdict: str
    """``equal`` or ``diverged``; with changes ``same`` or ``changed``; ``unknown``: the tape cannot tell."""
    text: str
    """The verdict in words: ``diverged at call 2: GET api.example.com/limits``."""
    original: ReplayedResult
    replayed: ReplayedResult | None
    """None: it did not come to an end."""
    lines: list[TapedLineAnswer]
    """Of the replay."""
    changed: list[Changed]
    """The changes of the request."""
    differences: list[Changed]
    """The differences that the changes made: ``outcome``, ``scope``, ``claims.plan``."""
    could_not_know: list[str]
    diverged: DivergenceAnswer | UnsetType = UNSET


def replay_answer(tape: Tape, ending: Ending, told: list[Changed], way: ReplayWay) -> ReplayAnswer:
    """Return the answer to a replay of *tape* that ended by *ending*, after the changes *told*."""
    left = ending.divergence
    original, replayed = original_of(tape), result_of(ending)
    differences = [] if left is not None or way is ReplayWay.EXACT else _differences(original, replayed)
    verdict, text = _verdict(left, differences, way)
    lines = [line_answer(TapedLine(rule=line.rule, level=line.level, text=line.message)) for line in ending.lines]
    return ReplayAnswer(
        exchange_id=tape.invocation.id,
        verdict=verdict,
        text=text,
        original=original,
        replayed=None if left is not None else replayed,
        lines=lines,
        changed=told,
        differences=differences,
        could_not_know=unknowns_of(tape, left, told),
        diverged=UNSET if left is None else _divergence(left),
    )


def _verdict(left: Divergence | None, differences: list[Changed], way: ReplayWay) -> tuple[str, str]:
    if left is not None:
        why = f" ({left.got})" if left.unknown else ""
        return (
            ("unknown", f"cannot tell beyond {left.at}{why}")
            if left.unknown
            else ("diverged", f"diverged at {left.at}")
        )
    if way is ReplayWay.EXACT:
        return "equal", "equal: the same claims, log and outcome"
    if not differences:
        return "same", "the change makes no difference"
    return "changed", f"the change makes a difference to {', '.join(each.what for each in differences)}"


def unknown_answer(tape: Tape, told: list[Changed], why: str) -> ReplayAnswer:
    """Return the answer to a replay that nobody can make, because of *why*."""
    return ReplayAnswer(
        exchange_id=tape.invocation.id,
        verdict="unknown",
        text=f"cannot tell: {why}",
        original=original_of(tape),
        replayed=None,
        lines=[],
        changed=told,
        differences=[],
        could_not_know=[why, *unknowns_of(tape, None, told)],
    )


def _divergence(left: Divergence) -> DivergenceAnswer:
    return DivergenceAnswer(rule=left.rule, at=left.at, expected=left.expected, got=left.got)


def original_of(tape: Tape) -> ReplayedResult:
    """Return the end that the token request had."""
    is_granted = tape.outcome == "granted" and bool(tape.rules)
    last = tape.rules[-1] if is_granted else None
    return ReplayedResult(
        outcome=tape.outcome,
        message=tape.message,
        scope=last.scope if last else [],
        claims=last.claims if last else {},
    )


def result_of(ending: Ending) -> ReplayedResult:
    """Return the end of a replay, without secrets."""
    outcome = ending.outcome
    name, granted = outcome_name(outcome), outcome if isinstance(outcome, Granted) else Granted(scope=[])
    message = words_of(outcome)
    return ReplayedResult(outcome=name, message=message, scope=granted.scope, claims=masked(granted.claims))


def _differences(original: ReplayedResult, replayed: ReplayedResult) -> list[Changed]:
    found = [
        Changed(what=name, before=before, after=after)
        for name in ("outcome", "message", "scope")
        if (before := getattr(original, name)) != (after := getattr(replayed, name))
    ]
    for name in sorted(original.claims.keys() | replayed.claims.keys()):
        before, after = original.claims.get(name), replayed.claims.get(name)
        if before != after or (name in original.claims) != (name in replayed.claims):
            found.append(Changed(what=f"claims.{name}", before=before, after=after))
    return found
