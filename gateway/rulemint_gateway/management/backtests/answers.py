"""The answer of a backtest: what it could look at, and what the draft changes, by client and kind."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from rulemint_gateway.management.backtests.comparing import Compared, Kind
from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_gateway.management.tapes.changes import Changed
from rulemint_shared.contract.tapes import Tape

EXAMPLES = 5
"""Token requests that a group shows."""
MAX_REASONS = 10


class Coverage(Answer, frozen=True, kw_only=True):
    """The part of the traffic that the backtest stands for."""

    requests: int
    """Token requests that met the rule. Of the first call only; later ones say 0."""
    has_more: bool
    """There were more: no more are counted."""
    without_tape: int
    """Of those, so many left no tape."""
    tapes: int
    """Tapes that this call took up."""
    replayed: int
    cut: int
    """Not replayed: the tape was cut, or its body is not whole."""
    unknown: int
    """Not replayed to the end: the tape has no answer to what a version asked, or a rule is no longer there."""
    reasons: list[str]
    """The reasons why some were not replayed, each once."""


class Example(Answer, frozen=True, kw_only=True):
    """One token request to open."""

    exchange_id: str
    changes: list[Changed]


class Group(Answer, frozen=True, kw_only=True):
    """The token requests of one client for which the draft changes the same kind of thing."""

    client_id: str
    client_name: str
    kind: Kind
    count: int
    examples: list[Example]


class BacktestAnswer(Answer, frozen=True, kw_only=True):
    """The draft against the version that runs."""

    rule: str
    rule_id: str
    version: int
    """The version that runs."""
    coverage: Coverage
    unchanged: int
    noisy: int
    """Replays of the old version differ among themselves: what does is left out."""
    groups: list[Group]
    oldest: Moment | UnsetType = UNSET
    """The time of the oldest request that was replayed."""
    next: str | UnsetType = UNSET
    """There are more tapes: send this as ``before``."""


class Groups:
    """Collects what was compared."""

    def __init__(self) -> None:
        self.unchanged = 0
        self.noisy = 0
        self.replayed = 0
        self.cut = 0
        self.unknown = 0
        self.reasons: dict[str, None] = {}
        self._groups: dict[tuple[str, Kind], Group] = {}

    def add(self, tape: Tape, compared: Compared) -> None:
        """Count one token request."""
        self.replayed += 1
        self.noisy += compared.is_noisy
        self.unchanged += not compared.kinds
        client = tape.invocation.client
        example = Example(exchange_id=tape.invocation.id, changes=compared.changes)
        for kind in compared.kinds:
            group = self._groups.get((client.id, kind))
            count, examples = (0, []) if group is None else (group.count, group.examples)
            self._groups[client.id, kind] = Group(
                client_id=client.id,
                client_name=client.name,
                kind=kind,
                count=count + 1,
                examples=[*examples, example] if len(examples) < EXAMPLES else examples,
            )

    def not_known(self, why: str) -> None:
        """Count one that cannot be told, because of *why*."""
        self.unknown += 1
        if len(self.reasons) < MAX_REASONS:
            self.reasons[why] = None

    def sorted(self) -> list[Group]:
        """Return the groups: the gravest kind first, then the largest."""
        kinds = list(Kind)
        return sorted(self._groups.values(), key=lambda group: (kinds.index(group.kind), -group.count, group.client_id))
