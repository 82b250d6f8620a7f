"""One and two gateway processes and runners, on this machine, with one Valkey."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp

from bench.children import READY_TIMEOUT_S, started
from bench.growth.made import make_tenants, subject_of
from bench.growth.parts import Part, part_of_rows
from bench.load import LoadGenerator
from bench.rounds import medians, take_turns
from bench.subjects.subject import Subject
from bench.system import System, family, started_system
from bench.tenants import log_in

CONNECTIONS = (32, 128)
CASES = ((1, 1), (2, 1), (1, 2), (2, 2))
"""Gateway processes, runners."""


def measure(load: LoadGenerator, *, rounds: int, seconds: int, say: Callable[[str], None]) -> list[Part]:
    """A table for each number of connections with a row for each case; all systems run, one at a time is asked."""
    with ExitStack() as stack:
        subjects = []
        for gateways, runners in CASES:
            say(f"processes: starting {gateways} and {runners}")
            subjects.append(stack.enter_context(_started(gateways, runners)))
        rows = medians(take_turns(subjects, load, connections=CONNECTIONS, rounds=rounds, seconds=seconds, say=say))
    return [
        part_of_rows(
            f"processes-{count}",
            f"Gateway processes and runners, a JavaScript rule, {count} connections",
            [row for row in rows if row.connections == count],
        )
        for count in CONNECTIONS
    ]


@contextmanager
def _started(gateways: int, runners: int) -> Iterator[Subject]:
    with started_system({"RULEMINT_GATEWAY_PROCESSES": str(gateways)}) as system, ExitStack() as stack:
        [request] = asyncio.run(make_tenants(system, ["bench"]))
        more = [stack.enter_context(_further_runner(system)) for _ in range(runners - 1)]
        if more:
            asyncio.run(_until_alive(system, runners))
        subject = subject_of(
            system, request, f"{gateways} gateway{'s' * (gateways > 1)}, {runners} runner{'s' * (runners > 1)}"
        )
        subject.check()
        yield replace(subject, further_pids=tuple(more))


@contextmanager
def _further_runner(system: System) -> Iterator[int]:
    """A runner beside that of ``rulemint dev``, with the same settings, which are in that one's environment."""
    first = next(pid for pid in sorted(family(system.process.pid)) if _is_runner(pid))
    lines = Path(f"/proc/{first}/environ").read_bytes().decode().split("\0")
    environment = dict(line.split("=", 1) for line in lines if "=" in line)
    with started([sys.executable, "-m", "rulemint_runner"], environment=environment) as child:
        yield child.pid


def _is_runner(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").endswith(b"-m\0rulemint_runner")


async def _until_alive(system: System, runners: int) -> None:
    """Wait until gateways count on so many runners."""
    async with aiohttp.ClientSession() as session:
        headers = await log_in(session, system.url, system.admin, {})
        for _ in range(int(READY_TIMEOUT_S / 0.2)):
            async with session.get(f"{system.url}/api/v2/status", headers=headers) as answer:
                if len((await answer.json())["runners"]) == runners:
                    return
            await asyncio.sleep(0.2)
    raise SystemExit("a further runner did not start")
