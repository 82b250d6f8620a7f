"""Spell the inputs of a case as a trial takes them (``POST /api/v2/rules/try``), and read what it answers."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from rulemint_shared.cases.differences import Seen, SeenCall, SeenLine
from rulemint_shared.cases.format import Inputs

IN_CONTEXT = {
    "ip": "ip",
    "user_agent": "userAgent",
    "hostname": "hostname",
    "headers": "headers",
    "query": "query",
    "body": "body",
}
"""Input → its name in the context of a trial."""


def request_fields(inputs: Inputs) -> dict[str, Any]:
    """Return the fields of a trial that describe the token request, but for its client and the rule's secrets."""
    context = {name: value for own, name in IN_CONTEXT.items() if (value := getattr(inputs, own)) is not UNSET}
    given = {name: value for name in ("audience", "scope") if (value := getattr(inputs, name)) is not UNSET}
    return {**given, "context": context}


class _Dropped(msgspec.Struct, frozen=True):
    name: str


class _Error(msgspec.Struct, frozen=True):
    code: str = ""
    message: str = ""


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a trial's answer that cases are compared with."""

    outcome: str
    scope: list[str]
    claims: dict[str, Any]
    dropped: list[_Dropped]
    lines: list[SeenLine]
    calls: list[SeenCall]
    error: _Error | None = None


def seen_in(tried: msgspec.Struct) -> Seen:
    """Return what *tried* says of the rule: a trial's answer, as the gateway makes it or as a caller has read it."""
    answer = msgspec.convert(msgspec.to_builtins(tried), _Answer)
    error = answer.error or _Error()
    return Seen(
        outcome=answer.outcome,
        scope=answer.scope,
        claims=answer.claims,
        left_out=[each.name for each in answer.dropped],
        lines=answer.lines,
        calls=answer.calls,
        error=error.code,
        message=error.message,
    )
