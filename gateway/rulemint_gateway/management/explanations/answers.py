"""The explanation of a token request, as the caller reads it."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from rulemint_gateway.management.nouns.answers import Answer


class SetBy(Answer, frozen=True, kw_only=True):
    """One rule that set it, in the order of the flow."""

    rule: str
    version: int
    line: int | UnsetType = UNSET
    """The line of that version; left out: nobody knows."""
    seen: bool | UnsetType = UNSET
    """``true``: the line was seen to set it. ``false``: it is the last that names it and ran."""
    before: str | UnsetType = UNSET
    """The JSON of what it was before, within the rule."""


class Explained(Answer, frozen=True, kw_only=True):
    """One claim or scope of the token."""

    name: str
    value: Any = UNSET
    """Of a claim; what looks like a secret is masked."""
    why: str
    set_by: list[SetBy]


class Absent(Answer, frozen=True, kw_only=True):
    """A claim or scope that the token does not have, and the first reason."""

    kind: Literal["claim", "scope"]
    name: str
    reason: Literal["not_bound", "disabled", "branch_not_taken", "not_reached", "left_out", "removed", "not_granted"]
    why: str
    rule: str | UnsetType = UNSET
    line: int | UnsetType = UNSET


class ExplainedRule(Answer, frozen=True, kw_only=True):
    """One rule of the tenant: whether it ran, and where it answered."""

    rule: str
    version: int
    ran: bool
    why: str
    answered_at: int | UnsetType = UNSET
    """The line that answered or refused."""


class Authentication(Answer, frozen=True, kw_only=True):
    """The proof of who asked."""

    client_id: str | None
    client_name: str | None
    secret_name: str | None
    ip: str


class Signature(Answer, frozen=True, kw_only=True):
    """The key that signed the token, and until when the token is good."""

    kid: str | None
    jti: str
    exp: int | None


class Explanation(Answer, frozen=True, kw_only=True):
    """The reasons for which a token request ended as it did."""

    exchange_id: str
    outcome: str
    why: str
    """The reason in words, if no token was issued."""
    depth: Literal["replayed", "summary"]
    """``summary``: nothing was replayed, so no line is known."""
    authenticated: Authentication
    signed: Signature | None
    claims: list[Explained]
    scopes: list[Explained]
    absent: list[Absent]
    rules: list[ExplainedRule]
    could_not_know: list[str]
