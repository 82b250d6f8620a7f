"""The result of a flow in the parts that may differ, and what differs between a live one and that of a shadow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from rulemint_shared.contract.endings import travelling
from rulemint_shared.contract.log_records import MAX_SHOWN_CHANGES, MAX_SHOWN_VALUE, ShownChange
from rulemint_shared.contract.messages import Denied, Granted, Outcome, outcome_name
from rulemint_shared.secrets.masking import masked

Parts = dict[str, Any]
"""``outcome``, ``message``, ``scope`` and ``claims.NAME`` → its value."""
_MISSING = object()


def parts_of(outcome: Outcome) -> Parts:
    """Return the parts of *outcome*. The order of scopes says nothing (RFC 6749 §3.3)."""
    parts: Parts = {"outcome": outcome_name(outcome)}
    match outcome:
        case Granted(scope=scope, claims=claims):
            parts |= {"scope": sorted(scope), **{f"claims.{name}": value for name, value in claims.items()}}
        case Denied(message=message):
            parts["message"] = message
        case _:
            pass  # why it failed has times in it
    return parts


def different(one: Parts, other: Parts) -> set[str]:
    """Return the names of the parts that differ. If the outcome does, nothing else says more."""
    names = {name for name in one.keys() | other.keys() if one.get(name, _MISSING) != other.get(name, _MISSING)}
    return {"outcome"} if "outcome" in names else names


def shown(names: set[str], live: Parts, shadow: Parts) -> list[ShownChange]:
    """Return the differences *names* for people, bounded and without secrets."""
    first = sorted(names)[:MAX_SHOWN_CHANGES]
    live, shadow = _masked(live), _masked(shadow)
    return [ShownChange(what=_cut(name), before=_value(live, name), after=_value(shadow, name)) for name in first]


def _masked(parts: Parts) -> Parts:
    """*parts* as records have them: the name of a claim says that its value is secret."""
    claims = {name.removeprefix("claims."): value for name, value in parts.items() if name.startswith("claims.")}
    others = {name: value for name, value in parts.items() if not name.startswith("claims.")}
    return others | {f"claims.{name}": value for name, value in masked(claims).items()}


def _value(parts: Mapping[str, Any], name: str) -> str:
    return _cut(msgspec.json.encode(parts[name]).decode()) if name in parts else ""


def _cut(text: str) -> str:
    return travelling(text if len(text) <= MAX_SHOWN_VALUE else f"{text[:MAX_SHOWN_VALUE]}…", MAX_SHOWN_VALUE + 1)
