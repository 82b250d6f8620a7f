"""Make outcomes that are within the bounds of their types, from any text of a host and any time of a clock."""

from __future__ import annotations

from rulemint_shared.contract.messages import (
    MAX_DENIAL,
    MAX_DETAIL,
    MAX_PAUSE_MS,
    MAX_PAUSE_REASON,
    DenialCode,
    Denied,
    Failed,
    FailureReason,
    Granted,
    Outcome,
    RulePause,
    RuleRef,
)


def failed(
    reason: FailureReason,
    detail: str = "",
    *,
    pauses_for_s: float = 0.0,
    pauses_for_all: bool = False,
    pause: RulePause | None = None,
) -> Failed:
    """Make a failure for *reason*. A *detail* or a pause that is too long is cut."""
    pauses_for_ms = round(min(MAX_PAUSE_MS, max(0.0, pauses_for_s * 1000)))
    return Failed(
        reason=reason,
        detail=travelling(detail, MAX_DETAIL),
        pauses_for_ms=pauses_for_ms,
        pauses_for_all=pauses_for_all and pauses_for_ms > 0,
        pause=pause if pauses_for_ms > 0 else None,
    )


def rule_pause(rule: RuleRef, *, client_id: str, left_s: float, why: str) -> RulePause:
    """The pause of *rule* for *left_s*; without a *client_id* it is for all. What is too long is cut."""
    return RulePause(
        rule_id=rule.rule_id,
        version=rule.version,
        client_id=client_id,
        for_ms=round(min(MAX_PAUSE_MS, max(0.0, left_s * 1000))),
        why=travelling(why, MAX_PAUSE_REASON),
    )


def denied(code: DenialCode, message: str, *, plain: bool = False) -> Denied:
    """A refusal with *message*, which is cut where it is too long."""
    return Denied(code=code, message=travelling(message, MAX_DENIAL), plain=plain)


def words_of(outcome: Outcome) -> str:
    """The message of a refusal, or the detail of a failure; empty: it was granted."""
    match outcome:
        case Granted():
            return ""
        case Denied(message=message):
            return message
        case Failed(detail=detail):
            return detail


def travelling(text: str, most: int) -> str:
    """The first *most* characters of *text*; half a surrogate pair, which cannot travel, is a question mark."""
    text = text[:most]
    return text if text.isascii() else text.encode(errors="replace").decode()
