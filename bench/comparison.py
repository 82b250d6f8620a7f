"""Ask subjects in turns, and print and write what was measured."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from bench import table
from bench.command import output
from bench.load import LoadGenerator
from bench.rounds import WARM_UP_S, medians, take_turns
from bench.subjects.subject import Subject


def compare(
    subjects: Sequence[Subject],
    load: LoadGenerator,
    arguments: argparse.Namespace,
    made: table.Origin,
    say: Callable[[str], None],
    *,
    warm_up_s: float = WARM_UP_S,
) -> int:
    """Measure *subjects*, print the table and write it; 0 if every request got its token.

    *arguments* has those of `add_turns`, and ``connections``.
    """
    for subject in subjects:
        subject.check()
    turns = take_turns(
        subjects,
        load,
        connections=arguments.connections,
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        say=say,
        warm_up_s=warm_up_s,
    )
    report = table.Report(origin=made, rows=medians(turns), turns=turns)
    table.show(report, output())
    table.write(report, arguments.into, table.as_markdown(report))
    say(f"written: {arguments.into}")
    return 1 if any(row.failed or not row.per_second for row in report.rows) else 0
