"""What a part is given, what it gives back, and how turns of one round become a figure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from bench.load import LoadGenerator
from bench.rounds import Turn

ES256, RS256 = "ES256", "RS256"


@dataclass(frozen=True)
class Run:
    """How to measure."""

    load: LoadGenerator
    rounds: int
    seconds: int
    """Of each turn of load."""
    times: int
    """First tokens after idle."""
    tenants: int
    """Of the largest number of tenants."""
    max_hosts: int
    """Where so many tenants are asked: a host for each, and some more."""
    say: Callable[[str], None]


class Measured(msgspec.Struct, kw_only=True):
    """What a part found."""

    figures: dict[str, list[float | None]] = {}
    """The name of an aim → its figures."""
    turns: list[Turn] = []
    """What they were made of, where it was turns of load."""
    failed: int = 0
    """Requests that should have got a token and got none."""


def ratio(turns: Sequence[Turn], ours: str, other: str, *, connections: int, algorithm: str = ES256) -> float | None:
    """Tokens per second of *ours* against *other*'s: the median over rounds, which the same machine saw."""
    pairs = zip(*(_of(turns, name, connections, algorithm) for name in (ours, other)), strict=False)
    ratios = [mine.loaded.per_second / its.loaded.per_second for mine, its in pairs if its.loaded.tokens]
    return round(statistics.median(ratios), 3) if ratios else None


def processor_us(turns: Sequence[Turn], subject: str, *, connections: int, algorithm: str = ES256) -> float | None:
    """Processor time of all processes of *subject* for each token: the median over rounds."""
    used = [sum(turn.processor_us.values()) for turn in _of(turns, subject, connections, algorithm)]
    return round(statistics.median(used), 1) if used else None


def failed(turns: Sequence[Turn]) -> int:
    """Requests of all *turns* that got no token; a turn without any token counts too."""
    return sum(turn.loaded.failed + (not turn.loaded.tokens) for turn in turns)


def _of(turns: Sequence[Turn], subject: str, connections: int, algorithm: str) -> list[Turn]:
    wanted = (subject, connections, algorithm)
    return [turn for turn in turns if (turn.subject, turn.connections, turn.algorithm) == wanted]
