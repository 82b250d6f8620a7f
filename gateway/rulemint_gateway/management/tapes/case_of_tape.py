"""Make a case of a tape: the token request as one rule saw it, and how that rule ended.

A case runs without the tape: by another clock, with other random draws, and its calls are real. So what changes by
these is not expected, and all that a case cannot have is said.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from rulemint_gateway.management.error_positions import position_in
from rulemint_gateway.management.errors import ConflictError, InvalidBodyError
from rulemint_gateway.management.nouns.answers import Answer
from rulemint_shared.cases.differences import DENIED, FAILED, GRANTED
from rulemint_shared.cases.format import Case, Expected, FailedBy, Inputs, Refused
from rulemint_shared.contract.messages import Denied, Ending, FailureReason, RuleReport
from rulemint_shared.contract.tapes import AskedStorage, Called, RuleTape, Tape
from rulemint_shared.secrets.masking import MASK

TIMED = {FailureReason.TIMEOUT, FailureReason.CRASHED, FailureReason.OUT_OF_MEMORY}
"""Failures whose words have times or numbers of processes in them."""
NOT_THE_RULE_S = {
    FailureReason.NO_RUNNER,
    FailureReason.OVERLOADED,
    FailureReason.INTERRUPTED,
    FailureReason.LATE,
}
_SHOWN = 10
_WORDS = {GRANTED: "is granted", DENIED: "is refused", FAILED: "makes the rule fail"}


class CaseAnswer(Answer, frozen=True, kw_only=True):
    """A case that was made of a token request; it is stored nowhere."""

    exchange_id: str
    rule: str
    rule_id: str
    version: int
    """The version that ran."""
    case: Case
    needs: dict[str, Any]
    """The section ``rule`` of a file of cases: what the rule may use. Empty: only its text."""
    could_not_know: list[str]
    """The differences between the case and the token request, in words."""


def place_of(tape: Tape, wanted: str) -> int:
    """The place in the flow of the rule *wanted*, by name or id; empty: of the only one, or the one that ended it.

    Raises:
        InvalidBodyError: there is no such rule on the tape, or several may be meant.
        ConflictError: no rule ran.
    """
    ran = tape.invocation.flow[: len(tape.rules)]
    if not ran:
        raise ConflictError("No rule ran for this token request, so there is nothing to expect of one", code="no_rule")
    names = ", ".join(ref.name for ref in ran)
    if wanted:
        for place, ref in enumerate(ran):
            if wanted in {ref.name, ref.rule_id}:
                return place
        raise InvalidBodyError(f"No rule {wanted} ran for this token request: name one of {names}", field="rule")
    if len(ran) > 1 and _outcome_of(tape, len(ran) - 1) == GRANTED:
        raise InvalidBodyError(f"Several rules ran, so name the one that the case is for: {names}", field="rule")
    return len(ran) - 1


def case_of(tape: Tape, place: int, again: Ending | None, name: str) -> tuple[Case, list[str]]:
    """The case of the rule at *place*, and what it could not have.

    *again* is the end of a replay by another clock and with other draws; None: nobody knows what these change.

    Raises:
        ConflictError: the rule's end says nothing about the rule, or is not on the tape.
    """
    rule = tape.rules[place]
    if tape.cut and rule.cut == tape.cut:
        why = "The request was too large for its tape, so a part of its inputs and results is missing"
        raise ConflictError(f"{why}: write the case by hand (docs/cases.md)", code="cut_tape")
    kind, _, reason = _outcome_of(tape, place).partition(":")
    if kind not in _WORDS or (kind == FAILED and FailureReason(reason) in NOT_THE_RULE_S):
        raise ConflictError(f"The request ended by {reason or kind}, which no rule decided", code="no_rule")
    said = _about(tape, place)
    inputs = _inputs(tape, place, said)
    expected = _expected(tape, place, again, said)
    client = tape.invocation.client
    name = name or f"{(client.name or client.id)[:100]} {_WORDS[kind]} ({tape.invocation.id[-8:]})"
    return Case(name=name, expect=expected, **msgspec.structs.asdict(inputs)), said


def _outcome_of(tape: Tape, place: int) -> str:
    is_last = place == len(tape.rules) - 1
    return tape.rules[place].outcome or (tape.outcome if is_last else "")


# ---- inputs ----


def _inputs(tape: Tape, place: int, said: list[str]) -> Inputs:
    """The request as the rule saw it. A part that no case can have is left out, and *said*."""
    invocation = tape.invocation
    client, request = invocation.client, invocation.request
    given: dict[str, Any] = {
        "client": {"id": client.id, "name": client.name, "metadata": client.metadata},
        "audience": invocation.audience,
        "scope": tape.rules[place - 1].scope if place else invocation.scope,
        "ip": request.ip,
        "user_agent": request.user_agent,
        "hostname": request.hostname,
        "headers": request.headers,
        "query": request.query,
        "body": request.body,
    }
    kept: dict[str, Any] = {}
    for name, value in given.items():
        try:
            msgspec.convert({name: value}, Inputs)
        except msgspec.ValidationError:
            said.append(f"not in the case: {name}, larger than a case may have")
        else:
            kept[name] = value
    return msgspec.convert({name: value for name, value in kept.items() if value or name == "scope"}, Inputs)


def _about(tape: Tape, place: int) -> list[str]:
    """All that the rule saw and a case does not have."""
    said = []
    if tape.masked:
        more = f" and {len(tape.masked) - _SHOWN} more" if len(tape.masked) > _SHOWN else ""
        said.append(f"masked on the tape, so *** in the case: {', '.join(tape.masked[:_SHOWN])}{more}")
    if place and tape.rules[place - 1].claims:
        said.append("not in the case: the claims of the rules before it, so the rule does not see them")
    if tape.place:
        said.append("not in the case: the place of the caller, which actions see as event.request.geoip")
    asked = tape.rules[place].events
    if any(isinstance(event, Called) for event in asked):
        said.append("not in the case: the answers to its calls, because calls of a case are real")
    if any(isinstance(event, AskedStorage) for event in asked) or tape.rules[place].cache:
        said.append("not in the case: what the rule had stored, because a case begins with nothing")
    return said


# ---- expectations ----


def _expected(tape: Tape, place: int, again: Ending | None, said: list[str]) -> Expected:
    kind, _, reason = _outcome_of(tape, place).partition(":")
    if again is None:
        said.append("not known: which values change with time or chance. Look through what the case expects")
    if kind == GRANTED:
        return _granted(tape, place, _report(tape, place, again), said)
    words = _words(tape, again, said)
    if kind == DENIED:
        code = again.outcome.code if again is not None and isinstance(again.outcome, Denied) else UNSET
        return Expected(refused=Refused(error=code, description=words or UNSET))
    message = "" if FailureReason(reason) in TIMED else position_in(words).message  # a trial tells the place apart
    return Expected(failed=FailedBy(reason=FailureReason(reason), message=message or UNSET))


def _report(tape: Tape, place: int, again: Ending | None) -> RuleReport | None:
    """The report of the rule at *place* when it ran again; None: there is none to compare with."""
    if again is None or place >= len(again.reports):
        return None
    report = again.reports[place]
    return report if report.rule == tape.rules[place].rule else None


def _granted(tape: Tape, place: int, report: RuleReport | None, said: list[str]) -> Expected:
    own = _own_claims(tape.rules, place)
    kept = {name: value for name, value in own.items() if _is_stable(name, value, report)}
    changing = sorted(own.keys() - kept.keys())
    if changing:
        said.append(f"not expected, because they change or are masked: the claims {', '.join(changing)}")
    is_all = not changing and not place
    left_out = [] if report is None else [dropped.name for dropped in report.dropped]
    return Expected(
        claims=kept if is_all else UNSET,
        claims_include=UNSET if is_all or not kept else kept,
        scope=_scope(tape.rules[place], report, said),
        left_out=left_out or UNSET,
    )


def _own_claims(rules: Sequence[RuleTape], place: int) -> dict[str, Any]:
    """The claims that this rule set: a tape has them together with those of the rules before."""
    before = rules[place - 1].claims if place else {}
    claims = rules[place].claims
    return {name: value for name, value in claims.items() if name not in before or before[name] != value}


def _is_stable(name: str, value: Any, report: RuleReport | None) -> bool:
    if MASK in json.dumps(value, ensure_ascii=False):
        return False
    return report is None or (name in report.claims_set and report.claims_set[name] == value)


def _scope(rule: RuleTape, report: RuleReport | None, said: list[str]) -> Any:
    if report is None:
        return rule.scope
    again = {*report.scope_given, *report.scope_added} - {*report.scope_removed}
    if again == set(rule.scope):
        return rule.scope
    said.append("not expected, because they change: the scopes")
    return UNSET


def _words(tape: Tape, again: Ending | None, said: list[str]) -> str:
    """The words of a refusal or a failure; empty if they would not come again."""
    words = tape.message
    if again is not None:
        outcome = again.outcome
        came = outcome.message if isinstance(outcome, Denied) else getattr(outcome, "detail", "")
        if came != words:
            words = ""
            said.append("not expected, because they change: the words of the error")
    return "" if MASK in words else words
