"""What is to be reached, and what is: one table, each line with its figures, its goal and what it must be at least.

``python -m bench.goals`` measures ours against the peers, many tenants, a rule that waits, the first token after idle,
and a rule of which one invocation loops. It writes ``bench/results/goals.json`` after each part; ``bench.pages`` makes
the figures of docs/performance.md of it. ``--only waiting,looping`` measures these alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import msgspec
from rich.console import Console
from rich.table import Table

from bench import table
from bench.command import add_turns, number, output, progress, run, some_of, written
from bench.goals import after_idle, against_peers, looping, many_tenants, waiting
from bench.goals.aims import AIMS, Aim
from bench.goals.measured import Measured, Run
from bench.load import load_generator
from bench.rounds import Row, medians

PARTS: dict[str, Callable[[Run], Measured]] = {
    "peers": against_peers.measure,
    "tenants": many_tenants.measure,
    "waiting": waiting.measure,
    "idle": after_idle.measure,
    "looping": looping.measure,
}
COLUMNS = ("what", "measured", "goal", "must", "reached")


class Goals(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    origin: table.Origin
    figures: dict[str, list[float | None]]
    """The name of an aim → its figures; one that was not measured is missing."""
    rows: list[Row]
    """The medians of all turns of load."""
    tenants: int = 1_000
    """Of the largest number of tenants that were asked."""


def main() -> int:
    """Measure, print and write; 0 if every good request got its token, whatever was reached."""
    arguments = _arguments()
    say = progress()
    load = load_generator(arguments.load)
    made = table.origin(command=written("goals"), load=load.name)
    how = Run(
        load=load,
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        times=arguments.times,
        tenants=arguments.tenants,
        max_hosts=arguments.max_hosts,
        say=say,
    )
    all_of_it, goals = Measured(), Goals(origin=made, figures={}, rows=[], tenants=how.tenants)
    for name in arguments.only:
        say(f"measuring {name}")
        part = PARTS[name](how)
        all_of_it.figures |= part.figures
        all_of_it.turns += part.turns
        all_of_it.failed += part.failed
        goals = msgspec.structs.replace(goals, figures=all_of_it.figures, rows=medians(all_of_it.turns))
        table.write(goals, arguments.into, as_markdown(goals))
    show(goals, output())
    say(f"written: {arguments.into}")
    if all_of_it.failed:
        say(f"{all_of_it.failed} requests got no token")
    return 1 if all_of_it.failed else 0


def show(goals: Goals, console: Console) -> None:
    """Print the lines that were measured."""
    shown = Table(title=f"{goals.origin.machine}; {goals.origin.python}; load by {goals.origin.load}")
    for name in COLUMNS:
        shown.add_column(name, justify="left" if name == COLUMNS[0] else "right")
    for aim in AIMS:
        if aim.name in goals.figures:
            shown.add_row(*_cells(aim, goals))
    console.print(shown)


def as_markdown(goals: Goals) -> str:
    """The same with what it was measured on."""
    rows = [_cells(aim, goals) for aim in AIMS if aim.name in goals.figures]
    return f"{table.origin_as_markdown(goals.origin)}\n\n{table.table_as_markdown(COLUMNS, rows)}\n"


def _cells(aim: Aim, goals: Goals) -> tuple[str, ...]:
    figures = goals.figures[aim.name]
    return aim.titled(goals.tenants), aim.text(figures), aim.text(aim.goal), aim.text(aim.must), aim.reached(figures)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.goals", description=__doc__)
    parser.add_argument("--only", type=some_of(tuple(PARTS)), default=list(PARTS), help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--times", type=number, default=20, help="first tokens after idle (default: 20)")
    parser.add_argument("--tenants", type=number, default=1_000, help="of the largest number (default: 1000)")
    parser.add_argument("--max-hosts", type=number, default=1_100, help="that these share (default: 1100)")
    add_turns(parser, "goals.json")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
