"""The smallest change that was found, or what was tried in vain."""

from __future__ import annotations

from rulemint_gateway.management.nouns.answers import Answer
from rulemint_gateway.management.tapes.changes import Changed
from rulemint_gateway.management.tapes.replay_answers import ReplayedResult


class TriedInput(Answer, frozen=True, kw_only=True):
    """One part of the request that was changed, in so many requests."""

    what: str
    requests: int


class TriedAnswer(Answer, frozen=True, kw_only=True):
    """All that the search did."""

    runs: int
    """Replays, with that of the request as it was."""
    ways: int
    """Different ways that they took through the rules."""
    unknown: int
    """Replays whose end the tape could not tell."""
    inputs: list[TriedInput]
    stopped_by: str
    """The bound that ended the search; empty: it ended by itself."""


class FlipAnswer(Answer, frozen=True, kw_only=True):
    """The result of a search."""

    exchange_id: str
    want: str
    """``token``, ``claim:limit`` or ``scope:write``."""
    found: bool
    text: str
    """The result in words."""
    set: list[str]
    """The changes, as a replay takes them."""
    changed: list[Changed]
    original: ReplayedResult
    flipped: ReplayedResult | None
    """The end of a replay with the changes, in fresh hosts."""
    differences: list[Changed]
    tried: TriedAnswer
    could_not_know: list[str]
    took_ms: float
