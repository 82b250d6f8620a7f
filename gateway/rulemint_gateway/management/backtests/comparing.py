"""Say what a draft would have changed for one token request, and what of that is noise."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from rulemint_gateway.management.tapes.changes import Changed
from rulemint_gateway.management.tapes.replay_answers import ReplayedResult

SLOWER_BY_MS, SLOWER_TIMES = 20.0, 2.0
"""A draft is slower if it takes so much longer than the slower of two runs of the old version, and so many times."""
MAX_CHANGES = 20
"""Of one token request, as an answer shows them."""


class Kind(StrEnum):
    """The kinds of what a draft changes for a token request."""

    NEWLY_DENIED = "newly_denied"
    NEWLY_FAILED = "newly_failed"
    NEWLY_GRANTED = "newly_granted"
    REFUSAL_CHANGED = "refusal_changed"
    """Both refuse, in another way."""
    SCOPE_GAINED = "scope_gained"
    SCOPE_LOST = "scope_lost"
    CLAIM_CHANGED = "claim_changed"
    SLOWER = "slower"


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """One replay: its end, and for how long the rule ran, in ms."""

    result: ReplayedResult
    ran_ms: float


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One token request with the old version and the draft."""

    kinds: list[Kind]
    changes: list[Changed]
    is_noisy: bool
    """Two runs of the old version differ, and so much of the difference was left out."""


def compared(old: Played, again: Played, new: Played) -> Compared:
    """Compare *new* with *old*. In what *again*, the old version once more, differs from *old*, nothing can be told."""
    before, after = _aspects(old.result), _aspects(new.result)
    noise = _different(before, _aspects(again.result))
    if "outcome" in noise:
        return Compared(kinds=[], changes=[], is_noisy=True)
    names = _different(before, after) - noise
    kinds = _kinds(old.result, new.result, names)
    if not kinds and is_slower(old, again, new):
        kinds = [Kind.SLOWER]
    changes = [Changed(what=name, before=before.get(name), after=after.get(name)) for name in sorted(names)]
    if Kind.SLOWER in kinds:
        changes = [Changed(what="ran_ms", before=max(old.ran_ms, again.ran_ms), after=new.ran_ms)]
    return Compared(kinds=kinds, changes=changes[:MAX_CHANGES], is_noisy=bool(noise))


def _kinds(old: ReplayedResult, new: ReplayedResult, names: set[str]) -> list[Kind]:
    if "outcome" in names:
        return [_kind_of_outcome(old.outcome, new.outcome)]
    if old.outcome != "granted":
        return [Kind.REFUSAL_CHANGED] if "message" in names else []
    kinds = []
    if "scope" in names:
        kinds += [Kind.SCOPE_GAINED] if set(new.scope) - set(old.scope) else []
        kinds += [Kind.SCOPE_LOST] if set(old.scope) - set(new.scope) else []
    if any(name.startswith("claims.") for name in names):
        kinds.append(Kind.CLAIM_CHANGED)
    return kinds


def _kind_of_outcome(old: str, new: str) -> Kind:
    if new == "granted":
        return Kind.NEWLY_GRANTED
    if old != "granted":
        return Kind.REFUSAL_CHANGED
    return Kind.NEWLY_DENIED if new == "denied" else Kind.NEWLY_FAILED


def _aspects(result: ReplayedResult) -> dict[str, Any]:
    """Return everything that can differ, by name. The order of scopes says nothing (RFC 6749 §3.3)."""
    claims = {f"claims.{name}": value for name, value in result.claims.items()}
    return {"outcome": result.outcome, "message": result.message, "scope": sorted(result.scope), **claims}


def _different(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    missing = object()
    return {name for name in one.keys() | other.keys() if one.get(name, missing) != other.get(name, missing)}


def is_slower(old: Played, again: Played, new: Played) -> bool:
    """True if *new* ran for much longer than both runs of the old version."""
    slowest = max(old.ran_ms, again.ran_ms)
    return new.ran_ms > slowest + SLOWER_BY_MS and new.ran_ms > slowest * SLOWER_TIMES
