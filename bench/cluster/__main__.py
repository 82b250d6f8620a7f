"""Commands and processor time of each node of a cluster for each token, by the number of shards of the queue.

``python -m bench.cluster --shards 1,3,6`` starts three masters with a replica each, and for each number a gateway and a
runner. Many tenants ask for tokens, each with a JavaScript rule. All of it runs on one machine, so the figures to
look at are those for each token; tokens per second are for comparison with fewer masters there (``--masters 1``).
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from bench import table
from bench.cluster.nodes import Node, started_cluster
from bench.command import add_turns, number, numbers, output, progress, run, written
from bench.growth.made import make_tenants
from bench.growth.parts import Growth, Part, as_markdown, show
from bench.load import Loaded, LoadGenerator, Mix, load_generator
from bench.processes import processor_us
from bench.system import started_system

WARM_UP_S = 3.0
RARE = 0.01
"""Commands of which there are fewer for each token are left out of the second table."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What one turn saw: for each token, at each node in the order of their slots."""

    loaded: Loaded
    commands: list[dict[str, float]]
    processor_us: list[float]
    services_us: dict[str, float]
    """Kind of process → processor time for each token."""


def main() -> int:
    """Measure, print and write; 0 if every request got its token."""
    arguments = _arguments()
    console, say = output(), progress()
    load = load_generator(arguments.load)
    made = table.origin(command=written("cluster"), load=load.name)
    turns: dict[int, list[Turn]] = {}
    for shards in arguments.shards:
        say(f"{shards} shards")
        turns[shards] = _measured(arguments, shards, load)
    parts = [_as_part(turns, arguments), _by_command(turns)]
    for part in parts:
        show(part, console)
    growth = Growth(origin=made, parts=parts)
    table.write(growth, arguments.into, as_markdown(growth))
    return 1 if any(turn.loaded.failed for each in turns.values() for turn in each) else 0


def _measured(arguments: argparse.Namespace, shards: int, load: LoadGenerator) -> list[Turn]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rulemint-bench-")))
        nodes = stack.enter_context(started_cluster(folder, arguments.masters))
        places = ",".join(f"127.0.0.1:{node.port}" for node in nodes)
        settings = {"RULEMINT_REDIS_URL": f"redis+cluster://{places}", "RULEMINT_QUEUE_SHARDS": str(shards)}
        system = stack.enter_context(started_system(settings))
        requests = asyncio.run(make_tenants(system, [f"bench-{number}" for number in range(arguments.tenants)]))
        mix = Mix(requests=requests, order=list(range(len(requests))))
        load.run(mix, connections=arguments.connections, seconds=WARM_UP_S)
        return [_turn(arguments, mix, nodes, system.process.pid, load) for _ in range(arguments.rounds)]


def _turn(arguments: argparse.Namespace, mix: Mix, nodes: list[Node], services: int, load: LoadGenerator) -> Turn:
    commands = [node.commands() for node in nodes]
    used = [node.processor_us() for node in nodes]
    by_services = processor_us([services])
    loaded = load.run(mix, connections=arguments.connections, seconds=arguments.seconds)
    return Turn(
        loaded=loaded,
        commands=[
            {name: (count - before.get(name, 0)) / loaded.tokens for name, count in node.commands().items()}
            for node, before in zip(nodes, commands, strict=True)
        ],
        processor_us=[(node.processor_us() - before) / loaded.tokens for node, before in zip(nodes, used, strict=True)],
        services_us={kind: us / loaded.tokens for kind, us in (processor_us([services]) - by_services).items()},
    )


def _as_part(turns: dict[int, list[Turn]], arguments: argparse.Namespace) -> Part:
    rows = []
    for shards, each in turns.items():
        commands = _medians([[sum(node.values()) for node in turn.commands] for turn in each])
        used = _medians([turn.processor_us for turn in each])
        services = statistics.median(sum(turn.services_us.values()) for turn in each)
        rows.append([
            str(shards),
            f"{statistics.median(turn.loaded.per_second for turn in each):.0f}",
            _listed(commands, 2),
            _above_mean(commands),
            _listed(used, 0),
            _above_mean(used),
            f"{sum(used):.0f}",
            f"{services:.0f}",
            str(sum(turn.loaded.failed for turn in each)),
        ])  # fmt: skip
    return Part(
        name="cluster",
        title=f"A cluster of {arguments.masters} masters, {arguments.tenants} tenants with a JavaScript rule each",
        columns=(
            "shards", "tokens/s", "commands/token, each node", "most", "CPU µs/token, each node", "most",
            "all masters", "services", "got none",
        ),
        rows=rows,
    )  # fmt: skip


def _by_command(turns: dict[int, list[Turn]]) -> Part:
    rows = []
    for shards, each in turns.items():
        names = {name for turn in each for node in turn.commands for name in node}
        for name in sorted(names):
            at_nodes = _medians([[node.get(name, 0.0) for node in turn.commands] for turn in each])
            if sum(at_nodes) >= RARE:
                rows.append([str(shards), name, _listed(at_nodes, 3)])
    return Part(
        name="commands", title="Which commands", columns=("shards", "command", "for each token, each node"), rows=rows
    )


def _medians(turns: Sequence[Sequence[float]]) -> list[float]:
    return [statistics.median(of_node) for of_node in zip(*turns, strict=True)]


def _listed(figures: Sequence[float], digits: int) -> str:
    return " ".join(f"{figure:.{digits}f}" for figure in figures)


def _above_mean(figures: Sequence[float]) -> str:
    """How far the busiest is above the mean."""
    return f"+{max(figures) / statistics.mean(figures) - 1:.0%}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.cluster", description=__doc__)
    parser.add_argument("--shards", type=numbers, default=[1, 3, 6], help="default: 1,3,6")
    parser.add_argument("--masters", type=number, default=3, help="each with a replica (default: 3)")
    parser.add_argument("--tenants", type=number, default=30, help="each with a JavaScript rule (default: 30)")
    parser.add_argument("--connections", type=number, default=32, help="default: 32")
    add_turns(parser, "cluster.json", rounds=3, seconds=4)
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
