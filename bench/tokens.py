"""Tokens per second, ours beside others', in turns on the machine it is on.

``python -m bench.tokens`` starts everything that is to be measured, sees that all give the same kind of token, and lets
a load generator ask each in its turn. Printed are tokens per second, latency, processor time for each token and memory;
``bench/results/tokens.json`` has them too, and every turn's.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from bench import report
from bench.load import load_generator
from bench.node import installed
from bench.ours import TWO, make_subjects, started_ours
from bench.peers.oidc import PLACES, started_oidc
from bench.rounds import medians, take_turns
from bench.rules import flows
from bench.subject import Subject

OURS = tuple(flows(0))
PEERS = (f"{TWO}no-rule", f"{TWO}javascript", *(f"oidc-{place}" for place in PLACES))
ALGORITHMS = ("ES256", "RS256")
INTERRUPTED = 130


def main() -> int:
    """Measure, print and write; 0 if every request got its token."""
    arguments = _arguments()
    console = Console(stderr=True)
    nodes = installed()
    load = load_generator(nodes)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rulemint-bench-")))
        console.print("starting what is measured", style="dim")
        subjects: list[Subject] = []
        for prefix, settings in (("", {}), (TWO, {"RULEMINT_GATEWAY_PROCESSES": "2"})):
            if names := [name for name in OURS if prefix + name in arguments.subjects]:
                system, flow = stack.enter_context(started_ours(folder, settings))
                subjects += asyncio.run(make_subjects(system, flow, names, arguments.algorithms, prefix=prefix))
        for place in PLACES:
            if f"oidc-{place}" in arguments.subjects:
                subjects += [stack.enter_context(started_oidc(nodes, place, each)) for each in arguments.algorithms]
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
    made = report.made_now(medians(turns), command=_command(), load=load.name)
    report.show(made, Console(width=None if sys.stdout.isatty() else 200))
    console.print(f"written: {report.write(made, arguments.name)}", style="dim")
    return 1 if any(row.failed for row in made.rows) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.tokens", description=__doc__)
    parser.add_argument("--subjects", type=_some_of(OURS + PEERS), default=OURS + PEERS, help="by name, with commas")
    parser.add_argument("--algorithms", type=_some_of(ALGORITHMS), default=ALGORITHMS, help="with commas")
    parser.add_argument("--connections", type=_numbers, default=[1, 32, 128, 512], help="with commas")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each subject (default: 5)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each turn (default: 5)")
    parser.add_argument("--name", default="tokens", help="of the files in bench/results (default: tokens)")
    return parser.parse_args()


def _some_of(known: tuple[str, ...]) -> Callable[[str], list[str]]:
    def names(text: str) -> list[str]:
        given = text.split(",")
        if unknown := [name for name in given if name not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(known)}")
        return given

    return names


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _command() -> str:
    return " ".join(["python -m bench.tokens", *sys.argv[1:]])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        sys.exit(INTERRUPTED)
