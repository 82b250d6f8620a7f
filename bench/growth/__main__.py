"""What grows, and what it costs.

``python -m bench.growth`` measures, one part after the other: tenants, processes, stored clients, the first token after
idle, and dispatch alone. Each prints its table; ``bench/results/growth.json`` has them all.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from bench import table
from bench.command import add_turns, number, numbers, output, progress, run, some_of, written
from bench.growth import clients, dispatch, idle, processes, tenants
from bench.growth.parts import Growth, Part, as_markdown, show
from bench.load import LoadGenerator, load_generator

PARTS = ("dispatch", "idle", "tenants", "clients", "processes")


def main() -> int:
    """Measure, print and write."""
    arguments = _arguments()
    say = progress()
    load = load_generator(arguments.load)
    parts: list[Part] = []
    made = table.origin(command=written("growth"), load=load.name)
    for part in _measured(arguments, load, say):
        show(part, output())
        parts.append(part)
        growth = Growth(origin=made, parts=parts)
        table.write(growth, arguments.into, as_markdown(growth))
    say(f"written: {arguments.into}")
    return 0


def _measured(arguments: argparse.Namespace, load: LoadGenerator, say: Callable[[str], None]) -> Iterator[Part]:
    rounds, seconds = arguments.rounds, arguments.seconds
    if "dispatch" in arguments.parts:
        yield dispatch.measure(rounds=rounds, seconds=seconds, say=say)
    if "idle" in arguments.parts:
        yield idle.measure(times=arguments.times, say=say)
    if "tenants" in arguments.parts:
        settings = {} if arguments.max_hosts is None else tenants.room_for(arguments.max_hosts)
        yield tenants.measure(
            load, counts=arguments.tenants, rounds=rounds, seconds=seconds, settings=settings, say=say
        )
    if "clients" in arguments.parts:
        yield clients.measure(load, counts=arguments.clients, rounds=rounds, seconds=seconds, say=say)
    if "processes" in arguments.parts:
        yield from processes.measure(load, rounds=rounds, seconds=seconds, say=say)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.growth", description=__doc__)
    parser.add_argument("--parts", type=some_of(PARTS), default=PARTS, help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--tenants", type=numbers, default=[1, 10, 100, 1_000], help="default: 1,10,100,1000")
    parser.add_argument("--max-hosts", type=number, help="that the tenants share (default: as the machine has room)")
    parser.add_argument("--clients", type=numbers, default=[10, 1_000, 100_000], help="default: 10,1000,100000")
    parser.add_argument("--times", type=number, default=20, help="first tokens after idle (default: 20)")
    add_turns(parser, "growth.json")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
