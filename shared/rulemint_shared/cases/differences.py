"""Compare what a case expects with how the rule ended, and say each difference in one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from rulemint_shared.cases.format import Called, Expected, FailedBy, Logged, Refused

MAX_SHOWN = 200
"""Characters of a value in a difference."""

GRANTED, DENIED, FAILED = "granted", "denied", "failed"


class SeenLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line that the rule wrote."""

    level: str
    message: str


class SeenCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that the rule made."""

    method: str
    host: str
    status: int | None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a rule."""

    outcome: str
    """``granted``, ``denied`` or ``failed:<reason>``."""
    scope: Sequence[str]
    claims: Mapping[str, Any]
    left_out: Sequence[str]
    lines: Sequence[SeenLine]
    calls: Sequence[SeenCall]
    error: str = ""
    """The code of a refusal."""
    message: str = ""
    """The description of a refusal, or the error of a failure."""


def differences(expected: Expected, seen: Seen) -> list[str]:
    """Return each difference in words; none if the case holds.

    If the rule ended in another way than expected, that is the only difference, because all others follow from it.
    """
    ending = _ending(expected, seen)
    if ending:
        return ending
    return [
        difference
        for name in expected.__struct_fields__
        if (wanted := getattr(expected, name)) is not UNSET and name in _COMPARED
        for difference in _COMPARED[name](wanted, seen)
    ]


def _ending(expected: Expected, seen: Seen) -> list[str]:
    wanted = DENIED if expected.refused is not UNSET else FAILED if expected.failed is not UNSET else GRANTED
    kind, _, reason = seen.outcome.partition(":")
    if kind == wanted:
        return []
    got = {
        GRANTED: f"it granted {' '.join(seen.scope) or 'no scope'} and the claims {_shown(dict(seen.claims))}",
        DENIED: f"it refused with {seen.error}: {seen.message}",
        FAILED: f"it failed by {reason}: {seen.message}",
    }.get(kind, seen.outcome)
    return [f"{_ENDINGS[wanted]} expected, but {got}"]


_ENDINGS = {GRANTED: "a grant is", DENIED: "a refusal is", FAILED: "a failure is"}


def _claims(wanted: Mapping[str, Any], seen: Seen) -> list[str]:
    extra = [
        f"claims.{name}: expected none, got {_shown(seen.claims[name])}" for name in seen.claims if name not in wanted
    ]
    return _included_claims(wanted, seen) + extra


def _included_claims(wanted: Mapping[str, Any], seen: Seen) -> list[str]:
    found = []
    for name, value in wanted.items():
        if name not in seen.claims:
            found.append(f"claims.{name}: expected {_shown(value)}, got none")
        elif not is_equal(value, seen.claims[name]):
            found.append(f"claims.{name}: expected {_shown(value)}, got {_shown(seen.claims[name])}")
    return found


def _absent_claims(names: Sequence[str], seen: Seen) -> list[str]:
    return [f"claims.{name}: expected none, got {_shown(seen.claims[name])}" for name in names if name in seen.claims]


def _scope(wanted: Sequence[str], seen: Seen) -> list[str]:
    return _sets("scope", wanted, seen.scope)


def _included_scope(wanted: Sequence[str], seen: Seen) -> list[str]:
    return [f"scope: expected {name}, got {_listed(seen.scope)}" for name in wanted if name not in seen.scope]


def _absent_scope(names: Sequence[str], seen: Seen) -> list[str]:
    return [f"scope: expected no {name}, got {_listed(seen.scope)}" for name in names if name in seen.scope]


def _left_out(wanted: Sequence[str], seen: Seen) -> list[str]:
    return _sets("left_out", wanted, seen.left_out)


def _refused(wanted: Refused, seen: Seen) -> list[str]:
    found = []
    if wanted.error is not UNSET and wanted.error != seen.error:
        found.append(f"refused.error: expected {wanted.error}, got {seen.error}")
    if wanted.description is not UNSET and wanted.description != seen.message:
        found.append(f"refused.description: expected {_shown(wanted.description)}, got {_shown(seen.message)}")
    return found


def _failed(wanted: FailedBy, seen: Seen) -> list[str]:
    found, reason = [], seen.outcome.partition(":")[2]
    if wanted.reason is not UNSET and wanted.reason != reason:
        found.append(f"failed.reason: expected {wanted.reason}, got {reason}: {seen.message}")
    if wanted.message is not UNSET and wanted.message not in seen.message:
        found.append(f"failed.message: expected {_shown(wanted.message)} in it, got {_shown(seen.message)}")
    return found


def _log(wanted: Sequence[str | Logged], seen: Seen) -> list[str]:
    return [f"log: expected {_spelled(line)}, got {_lines(seen)}" for line in wanted if not _is_logged(line, seen)]


def _is_logged(wanted: str | Logged, seen: Seen) -> bool:
    line = Logged(message=wanted) if isinstance(wanted, str) else wanted
    return any(line.message in each.message and line.level in (UNSET, each.level) for each in seen.lines)


def _calls(wanted: Sequence[Called], seen: Seen) -> list[str]:
    """Give each expected call one that was made, if that can be done for all."""
    taken: dict[int, int] = {}
    missing = [call for index, call in enumerate(wanted) if not _give(index, wanted, seen.calls, taken, set())]
    made = ", ".join(map(_call_name, seen.calls)) or "no call"
    if missing:
        return [f"calls: expected {_shown(_set_fields(call))}, got {made}" for call in missing]
    return [f"calls: expected no {_call_name(call)}" for index, call in enumerate(seen.calls) if index not in taken]


def _give(
    index: int, wanted: Sequence[Called], made: Sequence[SeenCall], taken: dict[int, int], looked_at: set[int]
) -> bool:
    """Give the expected call *index* one of *made*. Its owner in *taken*, if any, gets another one."""
    for place, call in enumerate(made):
        if place in looked_at or not _is_call(wanted[index], call):
            continue
        looked_at.add(place)
        if place not in taken or _give(taken[place], wanted, made, taken, looked_at):
            taken[place] = index
            return True
    return False


def _is_call(wanted: Called, made: SeenCall) -> bool:
    return all(getattr(made, name) == value for name, value in _set_fields(wanted).items())


def _set_fields(call: Called) -> dict[str, Any]:
    fields = msgspec.structs.asdict(call)
    return {name: value for name, value in fields.items() if value is not UNSET}


def _call_name(call: SeenCall) -> str:
    return f"{call.method} {call.host} ({'no answer' if call.status is None else call.status})"


def is_equal(one: Any, other: Any) -> bool:
    """Compare two values of JSON. In Python ``1 == True``, and in JSON they differ."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_equal(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_equal, one, other))
    return bool(one == other)


def _sets(name: str, wanted: Sequence[str], got: Sequence[str]) -> list[str]:
    if set(wanted) == set(got):
        return []
    return [f"{name}: expected {_listed(wanted)}, got {_listed(got)}"]


def _listed(names: Sequence[str]) -> str:
    return _cut(" ".join(names)) if names else "none"


def _lines(seen: Seen) -> str:
    return _cut(" | ".join(f"{line.level} {line.message}" for line in seen.lines)) or "no line"


def _spelled(line: str | Logged) -> str:
    if isinstance(line, str):
        return _shown(line)
    return f"{_shown(line.message)} in a line" + ("" if line.level is UNSET else f" of the level {line.level}")


def _shown(value: Any) -> str:
    return _cut(msgspec.json.encode(value).decode())


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


_COMPARED: dict[str, Callable[[Any, Seen], list[str]]] = {
    "claims": _claims,
    "claims_include": _included_claims,
    "claims_absent": _absent_claims,
    "scope": _scope,
    "scope_include": _included_scope,
    "scope_absent": _absent_scope,
    "refused": _refused,
    "failed": _failed,
    "left_out": _left_out,
    "log": _log,
    "calls": _calls,
}
"""The comparison of each field of `Expected`."""
