"""Spell the inputs of a case as a trial takes them (``POST /api/v2/rules/try``)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

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
