"""Run the rule in a file on a running system, without deploying it (``rulemint try``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from rulemint_cli.connection.management_api import Admin
from rulemint_cli.rules.rule_file import dependencies_of, language_of, limits_of, rule_name_of, secret_pairs
from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_shared.contract.records import Language

GRANTED = "granted"


class Dropped(msgspec.Struct, frozen=True):
    """A claim or scope that was left out, and the reason."""

    name: str
    why: str


class Line(msgspec.Struct, frozen=True):
    """One line that the rule wrote."""

    ts: str
    level: str
    message: str


class Call(msgspec.Struct, frozen=True):
    """One outgoing call of the rule."""

    method: str
    host: str
    status: int | None
    duration_ms: float
    bytes_received: int
    error: str


class Error(msgspec.Struct, frozen=True):
    """The reason why there would be no token, and its place in the file."""

    code: str
    message: str
    line: int | None
    column: int | None
    detail: str


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """The result, as the system answers it."""

    outcome: str
    scope: list[str]
    claims: dict[str, Any]
    dropped: list[Dropped]
    lines: list[Line]
    lines_left_out: int
    calls: list[Call]
    duration_ms: float
    error: Error | None = None


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options of ``rulemint try``."""

    audience: str | None = None
    scope: list[str] = []
    secrets: list[str] = []
    dependencies: list[str] = []
    allow_hosts: list[str] = []
    limits: list[str] = []
    language: Language | None = None
    ip: str | None = None
    user_agent: str | None = None
    body: str | None = None
    """The parameters of the token request, as JSON."""


def body_of(file: Path, script: str, options: Options) -> dict[str, Any]:
    """Return the body of the call that tries *script*, the text of *file*, but for its client.

    Raises:
        UsageError: an option is malformed, or the language is unknown.
    """
    scope = [value for text in options.scope for value in text.split()]
    context = _context(options)
    limits = limits_of(options.limits)
    return {
        "name": rule_name_of(file),
        "script": script,
        "language": language_of(file, options.language),
        "secrets": secret_pairs(options.secrets),
        "dependencies": dependencies_of(options.dependencies),
        "allow_hosts": options.allow_hosts,
        **({"scope": scope} if scope else {}),
        **({"context": context} if context else {}),
        **({"limits": limits} if limits else {}),
        **({} if options.audience is None else {"audience": options.audience}),
    }


async def try_rule(admin: Admin, body: dict[str, Any]) -> tuple[Tried, str]:
    """Send *body*, and return the result and the same as one line of JSON.

    Raises:
        CommandError: the system refuses, or does not answer.
    """
    answer = await admin.call("POST", "rules/try", body)
    try:
        return msgspec.convert(answer, Tried), msgspec.json.encode(answer).decode()
    except msgspec.ValidationError as error:
        raise CommandError(f"{admin.url} answers in the format of another version: {error}") from error


def _context(options: Options) -> dict[str, Any]:
    """Return the given parts of the token request, by the names that rules know."""
    given = {"ip": options.ip, "userAgent": options.user_agent, "body": _parameters(options.body)}
    return {name: value for name, value in given.items() if value is not None}


def _parameters(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise UsageError(f"--body: write it as a JSON object: {error}") from error
