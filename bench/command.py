"""What every bench has on its command line: its arguments, its two consoles, and how Ctrl-C ends it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from bench.children import prepare
from bench.table import RESULTS, WIDTH

INTERRUPTED = 130
"""The status of a program that SIGINT ended, as shells have it."""
LOADS = ("wrk", "autocannon")


def run(main: Callable[[], int]) -> NoReturn:
    """Run *main* and exit with its status; SIGINT and SIGTERM end it after its children, without a traceback."""
    prepare()
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        sys.exit(INTERRUPTED)


def output() -> Console:
    """Where tables go: as wide as the terminal, or wide where there is none."""
    return Console(width=None if sys.stdout.isatty() else WIDTH)


def progress() -> Callable[[str], None]:
    """What prints one line of progress on standard error."""
    console = Console(stderr=True)
    return lambda text: console.print(text, style="dim", highlight=False, soft_wrap=True)


def written(name: str) -> str:
    """The command of bench *name* as it was given, to repeat it."""
    return " ".join([f"python -m bench.{name}", *sys.argv[1:]])


def add_turns(parser: argparse.ArgumentParser, into: str, *, rounds: int = 5, seconds: int = 5) -> None:
    """The arguments of a bench that takes turns of load and writes *into* a file of results."""
    parser.add_argument("--rounds", type=number, default=rounds, help=f"turns of each (default: {rounds})")
    parser.add_argument("--seconds", type=number, default=seconds, help=f"of each turn (default: {seconds})")
    parser.add_argument("--load", choices=LOADS, help="by default wrk where there is one")
    add_into(parser, into)


def add_into(parser: argparse.ArgumentParser, into: str) -> None:
    """Where a bench writes."""
    parser.add_argument("--into", type=Path, default=RESULTS / into, help=f"bench/results/{into}")


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
