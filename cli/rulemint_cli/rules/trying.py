"""Run the rule in a file on a running system, without deploying it (``rulemint try``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from rulemint_cli.connection.management_api import Admin
from rulemint_cli.rules.rule_file import dependencies_of, language_of, limits_of, rule_name_of, secret_pairs
from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_shared.contract.records import Language
from rulemint_shared.wrong_values import WrongValue

GRANTED, DENIED = "granted", "denied"


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
    file: str | None
    line: int | None
    column: int | None
    detail: str


class ClaimChange(msgspec.Struct, frozen=True):
    """The value of a claim before a rule and after it."""

    before: Any
    after: Any


class TriedRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a flow, and what it did."""

    rule: str
    version: int | None
    """None: the file."""
    outcome: str
    scope_added: list[str]
    scope_removed: list[str]
    claims_added: dict[str, Any]
    claims_changed: dict[str, ClaimChange]
    dropped: list[Dropped]
    lines: list[Line]
    calls: list[Call]
    duration_ms: float


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
    flow: list[TriedRule] | None = None
    """The rules, if the whole flow was tried."""
    remarks: list[str] = []


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
    name: str | None = None
    """The name of the rule, if that is not the file's."""


def body_of(file: Path, script: str, options: Options) -> dict[str, Any]:
    """Return the body of the call that tries *script*, the text of *file*, but for its client.

    Raises:
        UsageError: an option is malformed, or the language is unknown.
    """
    limits = limits_of(options.limits)
    return {
        "name": options.name or rule_name_of(file),
        "script": script,
        "language": language_of(file, options.language),
        "secrets": secret_pairs(options.secrets),
        "dependencies": dependencies_of(options.dependencies),
        "allow_hosts": options.allow_hosts,
        **({"limits": limits} if limits else {}),
        **request_of(options),
    }


def body_of_flow(file: Path | None, script: str, options: Options) -> dict[str, Any]:
    """Return the body of the call that tries a flow, but for its client. *script* is the text of *file*, if any.

    Fields that no option gives stay as the stored rule has them.

    Raises:
        UsageError: an option is malformed, belongs to a file, or the language is unknown.
    """
    if file is None:
        of_a_file = ("secrets", "dependencies", "allow_hosts", "limits", "language", "name")
        if alone := [name for name in of_a_file if getattr(options, name)]:
            raise UsageError(f"the {alone[0].replace('_', ' ')} of which rule? Name its file too")
        return {"flow": True, **request_of(options)}
    given = {name: value for name, value in body_of(file, script, options).items() if value not in ([], {})}
    return {"flow": True, **given}


def request_of(options: Options) -> dict[str, Any]:
    """Return the fields that describe the token request, but for its client.

    Raises:
        UsageError: an option is malformed.
    """
    scope = [value for text in options.scope for value in text.split()]
    context = _context(options)
    return {
        **({"scope": scope} if scope else {}),
        **({"context": context} if context else {}),
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
        place = WrongValue.of(error).field
        raise CommandError(f"{admin.url} answers {place} in the format of another version: update the older") from error


def _context(options: Options) -> dict[str, Any]:
    """Return the given parts of the token request, by the names that rules know."""
    given = {"ip": options.ip, "userAgent": options.user_agent, "body": _parameters(options.body)}
    return {name: value for name, value in given.items() if value is not None}


def _parameters(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise UsageError('--body: write it as a JSON object, such as {"region": "eu"}') from error
