"""Does it stay as it was? Ten minutes at 80 % of what it can do, with one rule.

``python -m bench.endurance`` starts a system of its own, has ``wrk`` find out how many tokens per second it gives, and
then has ``hey`` ask for four fifths of them, minute after minute. Printed are each minute's tokens and latency, the
memory that only one process has (the unique set size) by kind of process, and how far the last minute's is from the
second's: the first fills the streams of records, which keep so many and no more. Of hosts it is the memory of one, for
they are replaced again and again.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import threading
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.table import Table

from bench import paced, table
from bench.command import add_into, number, output, progress, run, written
from bench.load import Loaded, load_generator
from bench.processes import counted, unique_kib
from bench.subjects.ours import make_subjects, started_ours
from bench.subjects.subject import Subject

CONNECTIONS = 32
CAPACITY_S = 10
SHARE = 0.8
LOOK_INTERVAL_S = 5.0
KINDS = ("gateway", "runner", "valkey", "broker", "hosts")
RULES = ("javascript", "python")


class Minute(msgspec.Struct, frozen=True, kw_only=True):
    """What one minute saw."""

    loaded: Loaded
    unique_mib: dict[str, float]
    """Kind of process → memory of one of them, the median of the minute."""


class Endurance(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    origin: table.Origin
    rule: str
    capacity: float
    """Tokens per second, as fast as they come."""
    minutes: list[Minute]

    @property
    def failed(self) -> int:
        """Requests that got no token."""
        return sum(minute.loaded.failed for minute in self.minutes)

    def growth(self, kind: str) -> float:
        """Of the memory of a process of *kind*, from the second minute to the last; 0.05 is 5 % more."""
        first = self.minutes[min(1, len(self.minutes) - 1)].unique_mib[kind]
        return self.minutes[-1].unique_mib[kind] / first - 1


class MemoryLog(threading.Thread):
    """Looks at the memory of a subject's processes every few seconds, until stopped."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(daemon=True)
        self._subject = subject
        self._ends = threading.Event()
        self._seen: defaultdict[str, list[float]] = defaultdict(list)

    def run(self) -> None:
        """Look."""
        while not self._ends.wait(LOOK_INTERVAL_S):
            self.look()

    def look(self) -> None:
        """Look once."""
        kib, processes = unique_kib(self._subject.pids), counted(self._subject.pids)
        for kind in KINDS:
            if kib[kind] and processes[kind]:
                self._seen[kind].append(kib[kind] / processes[kind] / 1024)

    def stop(self) -> dict[str, float]:
        """Kind of process → what one of them had, the median, in MiB."""
        self._ends.set()
        self.join()
        self.look()
        return {kind: round(statistics.median(seen), 2) for kind, seen in self._seen.items()}


def main() -> int:
    """Measure, print and write; 0 if every request got its token."""
    arguments = _arguments()
    paced.require()
    say = progress()
    load = load_generator()
    made = table.origin(command=written("endurance"), load=f"{load.name}, then hey")
    with tempfile.TemporaryDirectory(prefix="rulemint-bench-") as folder, started_ours(Path(folder), {}) as ours:
        (subject,) = asyncio.run(make_subjects(*ours, [arguments.rule], ["ES256"]))
        subject.check()
        say(f"looking for {CAPACITY_S} s at how many tokens it gives")
        load.run(subject.request, connections=CONNECTIONS, seconds=CAPACITY_S / 2)
        capacity = load.run(subject.request, connections=CONNECTIONS, seconds=CAPACITY_S).per_second
        say(f"{capacity:.0f} tokens/s: {SHARE:.0%} of them for {arguments.minutes} minutes")
        minutes = []
        for count in range(arguments.minutes):
            minutes.append(minute := _minute(subject, rate=SHARE * capacity, seconds=arguments.seconds))
            said = f"{minute.loaded.per_second:.0f} tokens/s, p99 {minute.loaded.p99_ms:.1f} ms"
            say(f"{count + 1} of {arguments.minutes}: {said}")
    report = Endurance(origin=made, rule=arguments.rule, capacity=round(capacity, 1), minutes=minutes)
    columns, rows = _cells(report)
    _show(report, columns, rows)
    table.write(
        report, arguments.into, f"{table.origin_as_markdown(made)}\n\n{table.table_as_markdown(columns, rows)}\n"
    )
    say(f"written: {arguments.into}")
    return 1 if report.failed else 0


def _minute(subject: Subject, *, rate: float, seconds: int) -> Minute:
    memory = MemoryLog(subject)
    memory.start()
    loaded = paced.ask(subject.request, rate=rate, connections=CONNECTIONS, seconds=seconds)
    return Minute(loaded=loaded, unique_mib=memory.stop())


def _cells(report: Endurance) -> tuple[Sequence[str], list[list[str]]]:
    kinds = [kind for kind in KINDS if all(kind in minute.unique_mib for minute in report.minutes)]
    columns = ["minute", "tokens/s", "p50 ms", "p95 ms", "p99 ms", "got none", *(f"{kind}, MiB" for kind in kinds)]
    rows = [
        [
            str(number),
            f"{minute.loaded.per_second:.0f}",
            f"{minute.loaded.p50_ms:.1f}",
            f"{minute.loaded.p95_ms:.1f}",
            f"{minute.loaded.p99_ms:.1f}",
            str(minute.loaded.failed),
            *(f"{minute.unique_mib[kind]:.1f}" for kind in kinds),
        ]
        for number, minute in enumerate(report.minutes, start=1)
    ]
    rows.append(["last beside second", "", "", "", "", "", *(f"{report.growth(kind):+.1%}" for kind in kinds)])
    return columns, rows


def _show(report: Endurance, columns: Sequence[str], rows: list[list[str]]) -> None:
    shown = Table(title=f"{report.rule} rule, {SHARE:.0%} of {report.capacity:.0f} tokens/s; {report.origin.machine}")
    for name in columns:
        shown.add_column(name, justify="right")
    for row in rows:
        shown.add_row(*row)
    output().print(shown)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.endurance", description=__doc__)
    parser.add_argument("--rule", choices=RULES, default=RULES[0], help=f"default: {RULES[0]}")
    parser.add_argument("--minutes", type=number, default=10, help="default: 10")
    parser.add_argument("--seconds", type=number, default=60, help="of each such minute (default: 60)")
    add_into(parser, "endurance.json")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
