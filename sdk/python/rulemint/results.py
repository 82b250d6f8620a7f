"""The result of a rule that a test ran, in the words of ``rulemint test`` and of the management API."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Level = Literal["debug", "info", "warn", "error"]


class LeftOut(NamedTuple):
    """A claim, or ``scope`` and a scope, that does not get into the token, with the reason."""

    name: str
    why: str


class LogLine(NamedTuple):
    """A line that the rule wrote, or that its log has about it. Secrets are ``***``."""

    level: Level
    message: str


class Refused(NamedTuple):
    """The refusal that the caller gets instead of a token."""

    error: str
    """``access_denied``, ``invalid_scope``, ``invalid_request`` or ``server_error``."""
    description: str


class Failed(NamedTuple):
    """The reason why there is neither a token nor a refusal. The caller gets 500."""

    reason: str
    """``exception``, ``bad_result``, ``syntax`` or ``out_of_memory``."""
    message: str
    """File, line and column in the rule, the error, and what caused it."""


@dataclass(frozen=True)
class Call:
    """A call that the rule made to another service, and the status that it got."""

    method: str
    url: str
    host: str
    headers: dict[str, str]
    body: bytes
    status: int | None
    """None if there was no answer."""
    error: str

    def json(self) -> Any:
        """Return the body that the rule sent, parsed as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class RuleResult:
    """The changes that one run of a rule made, and what it asked for and said."""

    outcome: str
    """``granted``, ``denied``, or ``failed:`` and the reason."""
    claims: dict[str, Any]
    """The claims that the token would have; none unless the rule grants."""
    scope: list[str]
    """The scopes that the token would have; none unless the rule grants."""
    refused: Refused | None = None
    failed: Failed | None = None
    left_out: list[LeftOut] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    storage: Any = None
    """The document that the rule has stored; None if there is none."""
    claims_set: dict[str, Any] = field(default_factory=dict)
    """The claims that this rule added or changed."""
    scope_added: list[str] = field(default_factory=list)
    scope_removed: list[str] = field(default_factory=list)
    exception: BaseException | None = field(default=None, compare=False)
    """The exception that the rule raised, with its traceback; None if it raised none."""

    @property
    def granted(self) -> bool:
        """Tell whether there would be a token."""
        return self.outcome == "granted"

    @property
    def messages(self) -> list[str]:
        """The texts of the log, without their levels."""
        return [line.message for line in self.log]
