# Made by sdk/derive.py of rule-runner/rulemint_runner/flow/granting.py: change that, and run `make sdk`.
"""A rule's result → what it grants: which scopes are left, which claims are set, and what is left out, and why.

Pure: the test kit for rules has this file too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from rulemint._contract.claim_names import why_left_out
from rulemint._contract.forms import Form
from rulemint._contract.travelling import check_travels
from rulemint._contract.scopes import MAX_SCOPES, is_scope_token

MAX_DEPTH = 16
BEYOND_CEILING = "the API allows only scopes of the client grant"
NO_SCOPE = "the result has no scope, and then no scopes are left, as at Auth0; to keep them, return scope"
BEYOND_GRANT = "an action may add only scopes of the client grant"
_SHOWN_CHARACTERS = 100


class BadResultError(Exception):
    """The rule returned something that cannot be a result; the text says why, for the rule's author."""


class LeftOut(NamedTuple):
    """A claim, or ``scope`` and a scope, that does not get into the token."""

    name: str
    why: str


class Result(NamedTuple):
    """The scopes that a rule leaves, the claims that it sets, and what was left out of both."""

    scope: list[str]
    claims: dict[str, Any]
    left_out: list[LeftOut]


def result_of(
    value: object,
    form: Form,
    *,
    scope_given: Sequence[str],
    scope_ceiling: Sequence[str] | None,
    grant_scope: Sequence[str],
) -> Result:
    """Read *value*, which comes from JSON, as the result of a rule that was given *scope_given*.

    No rule goes beyond *scope_ceiling*, and an action not beyond *grant_scope* and what it was given.

    Raises:
        BadResultError: it is no result.
    """
    if not isinstance(value, dict):
        raise BadResultError(f"the result is {_json_name(value)}, not an object")
    try:
        check_travels(value, max_depth=MAX_DEPTH)
    except ValueError as error:
        raise BadResultError(f"{_which(value, form)} has {error}") from None
    left_out: list[LeftOut] = []
    scope = _scope(value, form, scope_given)
    if scope_given and "scope" not in value and form is Form.AUTH0:
        left_out.append(LeftOut("scope", NO_SCOPE))
    for limit, why in _limits(form, scope_given, scope_ceiling, grant_scope):
        beyond = [name for name in scope if name not in limit]
        left_out += [LeftOut(f"scope {name}", why) for name in beyond]
        scope = [name for name in scope if name in limit]
    claims: dict[str, Any] = {}
    for name, claim in _claims(value, form).items():
        why_not = why_left_out(name, form)
        if why_not is None:
            claims[name] = claim
        else:
            left_out.append(LeftOut(name, why_not))
    return Result(scope, claims, left_out)


def _which(value: dict[str, Any], form: Form) -> str:
    """Name the claim that cannot travel, as far as one can be told."""
    claims = value.get("claims") if form is Form.ACTION else value
    for name, claim in claims.items() if isinstance(claims, dict) else ():
        try:
            check_travels({name: claim}, max_depth=MAX_DEPTH)
        except ValueError:
            return f"the claim {json.dumps(name)[:_SHOWN_CHARACTERS]}"
    return "the result"


def _limits(
    form: Form, scope_given: Sequence[str], scope_ceiling: Sequence[str] | None, grant_scope: Sequence[str]
) -> list[tuple[Sequence[str], str]]:
    """The only scopes that may be left, each list with its reason."""
    limits: list[tuple[Sequence[str], str]] = [] if scope_ceiling is None else [(scope_ceiling, BEYOND_CEILING)]
    if form is Form.ACTION:
        limits.append(([*grant_scope, *scope_given], BEYOND_GRANT))
    return limits


def _claims(value: dict[str, Any], form: Form) -> dict[str, Any]:
    """Return the rule's claims: every key but the scope, or of an action the object that holds them."""
    if form is not Form.ACTION:
        return {name: claim for name, claim in value.items() if name != "scope"}
    claims = value.get("claims")
    if not isinstance(claims, dict):
        raise BadResultError("the result of an action has no claims")
    return claims


def _scope(value: dict[str, Any], form: Form, scope_given: Sequence[str]) -> list[str]:
    """The scopes that the rule leaves. Without a scope a rule of Auth0's leaves none, as it did there."""
    if "scope" not in value:
        return [] if form is Form.AUTH0 else list(scope_given)
    scope = value["scope"]
    if not isinstance(scope, list):
        raise BadResultError(f"scope is {_json_name(scope)}, not a list of strings")
    if len(scope) > MAX_SCOPES:
        raise BadResultError(f"scope has {len(scope)} entries, {MAX_SCOPES} are allowed")
    for item in scope:
        if not isinstance(item, str) or not is_scope_token(item):
            shown = json.dumps(item, ensure_ascii=False, separators=(",", ":"))[:_SHOWN_CHARACTERS]
            raise BadResultError(f"scope holds {shown}, which is no scope")
    return list(dict.fromkeys(scope))


def _json_name(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
