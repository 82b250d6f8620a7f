"""Turns of load in rounds, A B A B, so that all subjects see the same machine; and their medians."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

import msgspec

from bench.load import Loaded, LoadGenerator
from bench.processes import processor_us, unique_kib
from bench.subject import Subject

WARM_UP_S = 1.0


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of one subject."""

    subject: str
    title: str
    algorithm: str
    connections: int
    loaded: Loaded
    processor_us: dict[str, float]
    """Kind of process → processor time for each token."""
    unique_mib: dict[str, float]
    """Kind of process → memory at the turn's end."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The medians of one subject's turns on so many connections."""

    subject: str
    title: str
    algorithm: str
    connections: int
    rounds: int
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    failed: int
    """Of all its turns."""
    processor_us: dict[str, float]
    unique_mib: dict[str, float]


def take_turns(
    subjects: Sequence[Subject],
    load: LoadGenerator,
    *,
    connections: Sequence[int],
    rounds: int,
    seconds: float,
    say: Callable[[str], None],
) -> list[Turn]:
    """*rounds* rounds of a turn of each subject, for each number of connections."""
    turns = []
    planned = len(connections) * rounds * len(subjects)
    for count in connections:
        for subject in subjects:
            load.run(subject.request, connections=count, seconds=WARM_UP_S)
        for _ in range(rounds):
            for subject in subjects:
                turns.append(_turn(subject, load, count, seconds))
                said = f"{turns[-1].loaded.per_second:.0f} tokens/s"
                say(f"{len(turns)} of {planned}: {subject.title}, {subject.algorithm}, {count} connections: {said}")
    return turns


def _turn(subject: Subject, load: LoadGenerator, connections: int, seconds: float) -> Turn:
    with subject.meanwhile():
        before = processor_us(subject.pid)
        loaded = load.run(subject.request, connections=connections, seconds=seconds)
        used = processor_us(subject.pid) - before
    return Turn(
        subject=subject.name,
        title=subject.title,
        algorithm=subject.algorithm,
        connections=connections,
        loaded=loaded,
        processor_us={kind: round(us / max(1, loaded.answered), 1) for kind, us in used.items()},
        unique_mib={kind: round(kib / 1024, 1) for kind, kib in unique_kib(subject.pid).items()},
    )


def medians(turns: Sequence[Turn]) -> list[Row]:
    """One row for each subject, algorithm and number of connections, in the order of their first turns."""
    groups: dict[tuple[str, str, int], list[Turn]] = {}
    for turn in turns:
        groups.setdefault((turn.subject, turn.algorithm, turn.connections), []).append(turn)
    return [_row(group) for group in groups.values()]


def _row(turns: list[Turn]) -> Row:
    first = turns[0]
    kinds = {kind for turn in turns for kind in turn.processor_us}
    return Row(
        subject=first.subject,
        title=first.title,
        algorithm=first.algorithm,
        connections=first.connections,
        rounds=len(turns),
        per_second=round(statistics.median(turn.loaded.per_second for turn in turns), 1),
        p50_ms=round(statistics.median(turn.loaded.p50_ms for turn in turns), 2),
        p95_ms=round(statistics.median(turn.loaded.p95_ms for turn in turns), 2),
        p99_ms=round(statistics.median(turn.loaded.p99_ms for turn in turns), 2),
        failed=sum(turn.loaded.failed for turn in turns),
        processor_us={
            kind: round(statistics.median(turn.processor_us.get(kind, 0.0) for turn in turns), 1)
            for kind in sorted(kinds)
        },
        unique_mib=turns[-1].unique_mib,
    )
