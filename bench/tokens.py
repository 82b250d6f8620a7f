"""Tokens per second, ours beside others', in turns on the machine it is on.

``python -m bench.tokens`` starts everything that is to be measured, sees that all give the same kind of token, and lets
a load generator ask each in its turn. Printed are tokens per second, latency, processor time for each token and memory;
``bench/results/tokens.json`` has them too with every turn's, and beside it are charts.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console

from bench import children, table
from bench.load import Autocannon, Wrk, load_generator
from bench.peers import node_packages, python_packages
from bench.peers.arq_pipeline import started_arq
from bench.peers.authlib_server import started_authlib
from bench.peers.oidc import started_oidc
from bench.rounds import WARM_UP_S, medians, take_turns
from bench.subjects.ours import TWO, make_subjects, started_ours
from bench.subjects.rules import flows
from bench.subjects.subject import Subject

FLOWS = tuple(flows(0))
SYSTEMS: dict[str, dict[str, str]] = {"": {}, TWO: {"RULEMINT_GATEWAY_PROCESSES": "2"}}
"""The prefix of its subjects → what a system of ours is started with."""
OURS = (*FLOWS, f"{TWO}no-rule", f"{TWO}javascript")
PEERS: dict[str, Callable[[str], AbstractContextManager[Subject]]] = {
    "oidc-inline": partial(started_oidc, "inline"),
    "oidc-thread": partial(started_oidc, "thread"),
    "authlib": started_authlib,
    "arq": started_arq,
}
"""Name → what starts it with an algorithm."""
ALGORITHMS = ("ES256", "RS256")
INTERRUPTED = 130
BETWEEN_S = 1.0
"""About what a turn takes beside its load, for saying how long all will take."""
CHARTS = Path(__file__).parent / "charts.py"


def main() -> int:
    """Measure, print and write; 0 if every request got its token."""
    arguments = _arguments()
    console = Console(stderr=True)
    load = load_generator(arguments.load)
    made = table.origin(command=" ".join(["python -m bench.tokens", *sys.argv[1:]]), load=load.name)
    with started_subjects(arguments.subjects, arguments.algorithms, console) as subjects:
        _announce(console, arguments, len(subjects), load.name)
        for subject in subjects:
            subject.check()
        turns = take_turns(
            subjects,
            load,
            connections=arguments.connections,
            rounds=arguments.rounds,
            seconds=arguments.seconds,
            say=lambda text: console.print(text, style="dim", highlight=False),
        )
    report = table.Report(origin=made, rows=medians(turns), turns=turns)
    table.show(report, Console(width=None if sys.stdout.isatty() else table.WIDTH))
    path: Path = arguments.into
    table.write(report, path, table.as_markdown(report))
    console.print(f"written: {path}", style="dim")
    if not arguments.no_charts:
        subprocess.run([python_packages.installed() / "python", CHARTS, path], check=True)
    return 1 if any(row.failed or not row.per_second for row in report.rows) else 0


@contextmanager
def started_subjects(names: Sequence[str], algorithms: Sequence[str], console: Console) -> Iterator[list[Subject]]:
    """All of them, until the block ends."""
    if any(name.startswith("oidc") for name in names):
        node_packages.installed()
    if "authlib" in names:
        python_packages.installed()
    with ExitStack() as stack:
        subjects: list[Subject] = []
        for prefix, settings in SYSTEMS.items():
            if ours := [name for name in FLOWS if prefix + name in names]:
                console.print(f"starting Rulemint {settings or ''}", style="dim", highlight=False)
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rulemint-bench-")))
                system, its_flows = stack.enter_context(started_ours(folder, settings))
                subjects += asyncio.run(make_subjects(system, its_flows, ours, algorithms, prefix=prefix))
        for name in (name for name in names if name in PEERS):
            console.print(f"starting {name}", style="dim")
            subjects += [stack.enter_context(PEERS[name](algorithm)) for algorithm in algorithms]
        yield subjects


def _announce(console: Console, arguments: argparse.Namespace, subjects: int, load: str) -> None:
    of_each = arguments.rounds * (WARM_UP_S + arguments.seconds + BETWEEN_S)
    minutes = len(arguments.connections) * subjects * of_each / 60
    console.print(f"{subjects} subjects, load by {load}, about {minutes:.1f} minutes", style="dim")


def _arguments() -> argparse.Namespace:
    known = (*OURS, *PEERS)
    parser = argparse.ArgumentParser(prog="bench.tokens", description=__doc__)
    parser.add_argument("--subjects", type=some_of(known), default=known, help=f"of {', '.join(known)}; all")
    parser.add_argument("--algorithms", type=some_of(ALGORITHMS), default=ALGORITHMS, help="of ES256, RS256; both")
    parser.add_argument("--connections", type=numbers, default=[1, 32, 128, 512], help="default: 1,32,128,512")
    parser.add_argument("--rounds", type=number, default=5, help="turns of each subject (default: 5)")
    parser.add_argument("--seconds", type=number, default=5, help="of each turn (default: 5)")
    parser.add_argument("--load", choices=[Wrk.name, Autocannon.name], help="by default wrk where there is one")
    parser.add_argument("--into", type=Path, default=table.RESULTS / "tokens.json", help="bench/results/tokens.json")
    parser.add_argument("--no-charts", action="store_true", help="no PNG, and nothing installed for it")
    return parser.parse_args()


def some_of(known: Sequence[str]) -> Callable[[str], list[str]]:
    """For argparse: names with commas between."""

    def names(text: str) -> list[str]:
        given = text.split(",")
        if unknown := [name for name in given if name not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(known)}")
        return given

    return names


def number(text: str) -> int:
    """For argparse: a whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: not a whole number above 0")
    return int(text)


def numbers(text: str) -> list[int]:
    """For argparse: such numbers with commas between."""
    return [number(part) for part in text.split(",")]


if __name__ == "__main__":
    children.prepare()
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        sys.exit(INTERRUPTED)
