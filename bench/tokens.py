"""Tokens per second, ours beside others', in turns on the machine it is on.

``python -m bench.tokens`` starts everything that is to be measured, sees that all give the same kind of token, and lets
a load generator ask each in its turn. Printed are tokens per second, latency, processor time for each token and memory;
``bench/results/tokens.json`` has them too with every turn's, and beside it are charts.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path

from bench import table
from bench.command import add_turns, numbers, progress, run, some_of, written
from bench.comparison import compare
from bench.load import load_generator
from bench.peers import PeerMissingError, node_packages, python_packages
from bench.peers.arq_pipeline import started_arq
from bench.peers.authlib_server import started_authlib
from bench.peers.oidc import started_oidc
from bench.rounds import WARM_UP_S
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
    "oidc-isolated": partial(started_oidc, "isolated"),
    "oidc-webhook": partial(started_oidc, "webhook"),
    "authlib": started_authlib,
    "arq": started_arq,
}
"""Name → what starts it with an algorithm."""
ALGORITHMS = ("ES256", "RS256")
BETWEEN_S = 1.0
"""About what a turn takes beside its load, for saying how long all will take."""
CHARTS = Path(__file__).parent / "charts.py"


def main() -> int:
    """Measure, print and write; 0 if every request got its token."""
    arguments = _arguments()
    say = progress()
    load = load_generator(arguments.load)
    made = table.origin(command=written("tokens"), load=load.name)
    wanted = dict.fromkeys(arguments.subjects, arguments.algorithms)
    with started_subjects(wanted, say) as subjects:
        _announce(say, arguments, len(subjects), load.name)
        status = compare(subjects, load, arguments, made, say, warm_up_s=arguments.warm_up)
    if not arguments.no_charts:
        subprocess.run([python_packages.installed() / "python", CHARTS, arguments.into], check=True)
    return status


@contextmanager
def started_subjects(wanted: Mapping[str, Sequence[str]], say: Callable[[str], None]) -> Iterator[list[Subject]]:
    """A subject for each name of *wanted* and each of its algorithms; peers that are missing are left out."""
    if any(name.startswith("oidc") for name in wanted):
        node_packages.installed()
    if "authlib" in wanted:
        python_packages.installed()
    with ExitStack() as stack:
        subjects: list[Subject] = []
        for prefix, settings in SYSTEMS.items():
            if ours := [name for name in FLOWS if prefix + name in wanted]:
                say(f"starting Rulemint {settings or ''}")
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rulemint-bench-")))
                system, its_flows = stack.enter_context(started_ours(folder, settings))
                for name in ours:
                    algorithms = wanted[prefix + name]
                    subjects += asyncio.run(make_subjects(system, its_flows, [name], algorithms, prefix=prefix))
        for name in (name for name in wanted if name in PEERS):
            say(f"starting {name}")
            try:
                subjects += [stack.enter_context(PEERS[name](algorithm)) for algorithm in wanted[name]]
            except PeerMissingError as error:
                say(f"{name} is left out: {error}")
        yield subjects


def _announce(say: Callable[[str], None], arguments: argparse.Namespace, subjects: int, load: str) -> None:
    of_each = arguments.rounds * (arguments.warm_up + arguments.seconds + BETWEEN_S)
    minutes = len(arguments.connections) * subjects * of_each / 60
    say(f"{subjects} subjects, load by {load}, about {minutes:.1f} minutes")


def _arguments() -> argparse.Namespace:
    known = (*OURS, *PEERS)
    parser = argparse.ArgumentParser(prog="bench.tokens", description=__doc__)
    parser.add_argument("--subjects", type=some_of(known), default=known, help=f"of {', '.join(known)}; all")
    parser.add_argument("--algorithms", type=some_of(ALGORITHMS), default=ALGORITHMS, help="of ES256, RS256; both")
    parser.add_argument("--connections", type=numbers, default=[1, 32, 128, 512], help="default: 1,32,128,512")
    add_turns(parser, "tokens.json")
    parser.add_argument("--warm-up", type=float, default=WARM_UP_S, help="seconds before each turn, or 0; default: 2")
    parser.add_argument("--no-charts", action="store_true", help="no PNG, and nothing installed for it")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
