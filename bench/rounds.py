"""Turns of load in rounds, A B A B, so that all subjects see the same machine; and their medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from bench.load import Loaded, LoadGenerator
from bench.processes import counted, processor_us, unique_kib
from bench.subjects.subject import NoTokenError, Subject

WARM_UP_S = 2.0
"""Before each turn: the hosts of a tenant may have made room for those of another."""
IDLE_TIMEOUT_S = 10.0
LOOK_INTERVAL_S = 0.1
IDLE_US = 20_000
"""Processor time that a subject may take in such an interval and count as idle: two ticks."""


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
    """Kind of process → memory at the turn's end, all of them together."""
    processes: dict[str, int]
    """Kind of process → how many, at the turn's end."""


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
    processes: dict[str, int]
    """Of its last turn."""


def take_turns(
    subjects: Sequence[Subject],
    load: LoadGenerator,
    *,
    connections: Sequence[int],
    rounds: int,
    seconds: float,
    say: Callable[[str], None],
    warm_up_s: float = WARM_UP_S,
) -> list[Turn]:
    """*rounds* rounds of a turn of each subject, for each number of connections."""
    turns: list[Turn] = []
    planned = len(connections) * rounds * len(subjects)
    for count in connections:
        for _ in range(rounds):
            for subject in subjects:
                turn = take_turn(subject, load, connections=count, seconds=seconds, warm_up_s=warm_up_s)
                turns.append(turn)
                failed = f", {turn.loaded.failed} got none" if turn.loaded.failed else ""
                said = f"{turn.loaded.per_second:.0f} tokens/s{failed}"
                say(f"{len(turns)} of {planned}: {subject.title}, {subject.algorithm}, {count} connections: {said}")
    return turns


def take_turn(
    subject: Subject, load: LoadGenerator, *, connections: int, seconds: float, warm_up_s: float = WARM_UP_S
) -> Turn:
    """One turn, warmed up."""
    with subject.meanwhile():
        if warm_up_s:
            load.run(subject.mix or subject.request, connections=connections, seconds=warm_up_s)
        _until_idle(subject)
        before = processor_us(subject.pids)
        loaded = load.run(subject.mix or subject.request, connections=connections, seconds=seconds)
        used = processor_us(subject.pids)  # at once: what it still works on will be no token of this turn
        _until_idle(subject)
    return Turn(
        subject=subject.name,
        title=subject.title,
        algorithm=subject.algorithm,
        connections=connections,
        loaded=loaded,
        processor_us={kind: round(max(0, used[kind] - before[kind]) / max(1, loaded.tokens), 1) for kind in used},
        unique_mib={kind: round(kib / 1024, 1) for kind, kib in unique_kib(subject.pids).items()},
        processes=dict(counted(subject.pids)),
    )


def _until_idle(subject: Subject) -> None:
    """Wait, for a while at most, until what a load has left behind is served, so that no other turn pays for it."""
    until_s = time.monotonic() + IDLE_TIMEOUT_S
    with suppress(NoTokenError, OSError):  # it may have more than it can take
        subject.ask()  # in a queue it comes after what was there
    seen = processor_us(subject.pids).total()
    while time.monotonic() < until_s:
        time.sleep(LOOK_INTERVAL_S)
        now = processor_us(subject.pids).total()
        if now - seen <= IDLE_US:
            return
        seen = now


def medians(turns: Sequence[Turn]) -> list[Row]:
    """One row for each subject, algorithm and number of connections, in the order of their first turns."""
    groups: dict[tuple[str, str, int], list[Turn]] = {}
    for turn in turns:
        groups.setdefault((turn.subject, turn.algorithm, turn.connections), []).append(turn)
    return [_row(group) for group in groups.values()]


def _row(turns: list[Turn]) -> Row:
    last = turns[-1]
    kinds = sorted({kind for turn in turns for kind in turn.processor_us})
    return Row(
        subject=last.subject,
        title=last.title,
        algorithm=last.algorithm,
        connections=last.connections,
        rounds=len(turns),
        per_second=round(statistics.median(turn.loaded.per_second for turn in turns), 1),
        p50_ms=round(statistics.median(turn.loaded.p50_ms for turn in turns), 2),
        p95_ms=round(statistics.median(turn.loaded.p95_ms for turn in turns), 2),
        p99_ms=round(statistics.median(turn.loaded.p99_ms for turn in turns), 2),
        failed=sum(turn.loaded.failed for turn in turns),
        processor_us={
            kind: round(statistics.median(turn.processor_us.get(kind, 0.0) for turn in turns), 1) for kind in kinds
        },
        unique_mib=last.unique_mib,
        processes=last.processes,
    )
