"""Make an outcome of a host's answer, and the report of the rule's changes. Both name what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

import msgspec

from rulemint_runner.flow.claim_names import why_left_out
from rulemint_runner.hosts.errors import more_than_memory, with_first_line
from rulemint_runner.hosts.host_limits import DEFAULT_MEMORY_MB
from rulemint_runner.hosts.wire.frames import BadReturn, Form, Refused, Returned, Threw
from rulemint_shared.contract.codecs import check_travels
from rulemint_shared.contract.endings import denied, failed
from rulemint_shared.contract.messages import Dropped, FailureReason, Granted, Outcome
from rulemint_shared.contract.records import MAX_RESULT_BYTES
from rulemint_shared.scopes import MAX_SCOPES, is_scope_token

MAX_DEPTH = 16
BEYOND_CEILING = "the API allows only scopes of the client grant"
NO_SCOPE = "the result has no scope, and then no scopes are left, as at Auth0; to keep them, return scope"
BEYOND_GRANT = "an action may add only scopes of the client grant"


class BadResultError(Exception):
    """The rule returned something that cannot be a result; the text says why, for the rule's author."""


class _ScopeLimit(msgspec.Struct, frozen=True):
    """The only scopes that may be left, and why."""

    scope: list[str]
    why: str


class RuleResult(msgspec.Struct, frozen=True, kw_only=True):
    """One rule's outcome, and of a grant what became of each part."""

    outcome: Outcome
    dropped: list[Dropped] = []


def interpret(
    answer: Returned | Refused | Threw | BadReturn,
    *,
    given: Granted,
    scope_ceiling: list[str] | None,
    grant_scope: Sequence[str] = (),
    max_bytes: int = MAX_RESULT_BYTES,
    memory_mb: int = DEFAULT_MEMORY_MB,
) -> RuleResult:
    """The outcome of *answer*, by a rule that was given the scopes and claims of *given*.

    No rule goes beyond *scope_ceiling*, and an action not beyond *grant_scope* and what it was given.
    """
    match answer:
        case Returned(form=form, value=value):
            limits = [] if scope_ceiling is None else [_ScopeLimit(scope_ceiling, BEYOND_CEILING)]
            if form is Form.ACTION:
                limits.append(_ScopeLimit([*grant_scope, *given.scope], BEYOND_GRANT))
            try:
                return _granted(_decode(value, max_bytes), form, given, limits)
            except BadResultError as error:
                return failed_result(FailureReason.BAD_RESULT, str(error))
        case Refused(code=code, message=message, plain=plain):
            return RuleResult(outcome=denied(code, message, plain=plain))
        case Threw(text=text, out_of_memory=out_of_memory):
            if not out_of_memory:
                return failed_result(FailureReason.EXCEPTION, text)
            text = with_first_line(text, f"; {more_than_memory(memory_mb)}")
            return failed_result(FailureReason.OUT_OF_MEMORY, text)
        case BadReturn(why=why):
            return failed_result(FailureReason.BAD_RESULT, why)
        case _:
            assert_never(answer)


def failed_result(reason: FailureReason, detail: str) -> RuleResult:
    """There is no answer, because of *reason*."""
    return RuleResult(outcome=failed(reason, detail))


def _decode(text: str, max_bytes: int) -> dict[str, Any]:
    try:
        data = text.encode()
        if len(data) > max_bytes:
            raise BadResultError(f"the result is larger than {max_bytes} bytes of JSON")
        value = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise BadResultError(f"the result is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadResultError(f"the result is a {_json_name(value)}, not an object")
    try:
        check_travels(value, max_depth=MAX_DEPTH)
    except ValueError as error:
        raise BadResultError(f"the result has {error}") from None
    return value


def _granted(value: dict[str, Any], form: Form, given: Granted, limits: list[_ScopeLimit]) -> RuleResult:
    dropped: list[Dropped] = []
    scope = _scope(value, form, given)
    if given.scope and "scope" not in value and form is Form.AUTH0:
        dropped.append(Dropped(name="scope", why=NO_SCOPE))
    for limit in limits:
        beyond = [name for name in scope if name not in limit.scope]
        dropped += [Dropped(name=f"scope {name}", why=limit.why) for name in beyond]
        scope = [name for name in scope if name in limit.scope]
    claims: dict[str, Any] = {}
    for name, claim in _claims(value, form).items():
        why_not = why_left_out(name, form)
        if why_not is None:
            claims[name] = claim
        else:
            dropped.append(Dropped(name=name, why=why_not))
    return RuleResult(outcome=Granted(scope=scope, claims={**given.claims, **claims}), dropped=dropped)


def _claims(value: dict[str, Any], form: Form) -> dict[str, Any]:
    """Return the rule's claims: every key but the scope, or of an action the object that holds them."""
    if form is not Form.ACTION:
        return {name: claim for name, claim in value.items() if name != "scope"}
    claims = value.get("claims")
    if not isinstance(claims, dict):
        raise BadResultError("the result of an action has no claims")
    return claims


def _scope(value: dict[str, Any], form: Form, given: Granted) -> list[str]:
    """The scopes that the rule leaves. Without a scope a rule of Auth0's leaves none, as it did there."""
    if "scope" not in value:
        return [] if form is Form.AUTH0 else given.scope
    scope = value["scope"]
    if not isinstance(scope, list):
        raise BadResultError(f"scope is a {_json_name(scope)}, not a list of strings")
    if len(scope) > MAX_SCOPES:
        raise BadResultError(f"scope has {len(scope)} entries, {MAX_SCOPES} are allowed")
    for item in scope:
        if not isinstance(item, str) or not is_scope_token(item):
            raise BadResultError(f"scope holds {msgspec.json.encode(item).decode()[:100]}, which is no scope")
    return list(dict.fromkeys(scope))


def _json_name(value: object) -> str:
    names = {dict: "object", list: "list", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")
