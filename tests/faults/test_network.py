"""The network between the services and Valkey: reset, silent, slow, cut, and full of nonsense, while requests come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fixtures.breakable import TRANSPORTS, Breakable, Member, a_breakable
from fixtures.fault_report import SLOW
from fixtures.faults import Fault, Happens, cases, gone_through
from fixtures.wires import COMMANDS, REPLIES, Pace, Wire

pytestmark = pytest.mark.timeout(120)

WAITS, LISTENS = b"BRPOP", b"SUBSCRIBE"
"""What a connection says that waits for a job, and one that listens to a channel."""
Reach = Callable[[Breakable], list[Member]]


def all_members(system: Breakable) -> list[Member]:
    return system.members


def a_gateway(system: Breakable) -> list[Member]:
    return system.gateways[:1]


def a_runner(system: Breakable) -> list[Member]:
    return system.runners[:1]


def wires_of(reach: Reach, system: Breakable) -> list[Wire]:
    return [member.wire for member in reach(system)]


def reset(reach: Reach, *, times: int = 1, saying: bytes = b"") -> Happens:
    async def happens(system: Breakable) -> None:
        broken = 0
        for _ in range(times):
            for wire in wires_of(reach, system):
                broken += system.workshop.run(wire.reset(saying=saying))
            await asyncio.sleep(0.05)
        assert broken >= times

    return happens


def cut(reach: Reach, seconds: float) -> Happens:
    async def happens(system: Breakable) -> None:
        for wire in wires_of(reach, system):
            system.workshop.run(wire.cut())
        await asyncio.sleep(seconds)
        for wire in wires_of(reach, system):
            system.workshop.run(wire.mend())

    return happens


def silent(reach: Reach, *, saying: bytes = b"") -> Happens:
    """A firewall forgot the connections that there are; new ones work."""

    async def happens(system: Breakable) -> None:
        for wire in wires_of(reach, system):
            wire.silence(saying=saying)

    return happens


def swallowed(reach: Reach, seconds: float) -> Happens:
    """Connections can be made, and then nothing is heard."""

    async def happens(system: Breakable) -> None:
        for wire in wires_of(reach, system):
            wire.swallows = True
            wire.silence()
        await asyncio.sleep(seconds)
        for wire in wires_of(reach, system):
            wire.swallows = False
            system.workshop.run(wire.reset())

    return happens


def slow(pace: Pace, seconds: float = 0.8) -> Happens:
    async def happens(system: Breakable) -> None:
        for wire in system.wires:
            wire.pace = pace
        await asyncio.sleep(seconds)
        for wire in system.wires:
            wire.pace = Pace()

    return happens


def halfway(reach: Reach, way: str) -> Happens:
    async def happens(system: Breakable) -> None:
        for _ in range(3):
            for wire in wires_of(reach, system):
                wire.break_halfway(way)
            await asyncio.sleep(0.1)

    return happens


def garbled(reach: Reach, reply: bytes) -> Happens:
    async def happens(system: Breakable) -> None:
        for _ in range(3):
            for wire in wires_of(reach, system):
                wire.garble(reply)
            await asyncio.sleep(0.1)

    return happens


BRIEF = [
    Fault("every connection is reset once", reset(all_members)),
    Fault("every connection is reset twenty times a second", reset(all_members, times=16)),
    Fault("a gateway's connections are reset", reset(a_gateway)),
    Fault("a runner's connections are reset", reset(a_runner), is_slow=True),
    Fault("the connections that wait for jobs are reset", reset(lambda s: s.runners, saying=WAITS)),
    Fault("the subscriptions are reset", reset(lambda s: s.gateways, saying=LISTENS), said="subscription lost"),
    Fault("nobody reaches valkey for half a second", cut(all_members, 0.5)),
    Fault("a gateway does not reach valkey for half a second", cut(a_gateway, 0.5), is_slow=True),
    Fault("a runner does not reach valkey for half a second", cut(a_runner, 0.5), is_slow=True),
    Fault("connections break in the middle of a command", halfway(all_members, COMMANDS)),
    Fault("connections break in the middle of a reply", halfway(all_members, REPLIES)),
    Fault("a gateway gets replies that are no protocol", garbled(a_gateway, b"\xff\x00 nonsense\r\n")),
    Fault("a runner gets replies that are no protocol", garbled(a_runner, b"\xff\x00 nonsense\r\n")),
    Fault("a gateway gets errors that nobody knows", garbled(a_gateway, b"-NONSENSE what is this\r\n"), is_slow=True),
    Fault("a runner gets errors that nobody knows", garbled(a_runner, b"-NONSENSE what is this\r\n"), is_slow=True),
    Fault("the network takes 100 ms each way", slow(Pace(delay_s=0.1))),
    Fault("the network passes eight bytes at a time", slow(Pace(piece_bytes=8, pause_s=0.0002))),
    Fault("the network passes 64 KiB a second", slow(Pace(piece_bytes=1024, pause_s=1 / 64)), is_slow=True),
]
FORGOTTEN_S = 20.0
"""Connections of which nothing is heard are noticed one after the other, each after a few seconds."""
LONG = [
    Fault("the network takes a second each way", slow(Pace(delay_s=1), seconds=5), is_slow=True),
    Fault("nobody reaches valkey for 5 s", cut(all_members, 5), is_slow=True),
    Fault("a gateway does not reach valkey for 5 s", cut(a_gateway, 5), said="could not", is_slow=True),
    Fault(
        "a runner does not reach valkey for 5 s",
        cut(a_runner, 5),
        said="could not say that this runner is alive",
        is_slow=True,
    ),
    Fault(
        "a firewall forgets every connection",
        silent(all_members),
        said="half open",
        is_slow=True,
        recovers_within_s=FORGOTTEN_S,
    ),
    Fault(
        "a firewall forgets a gateway's connections",
        silent(a_gateway),
        said="half open",
        is_slow=True,
        recovers_within_s=FORGOTTEN_S,
    ),
    Fault(
        "a firewall forgets a runner's connections",
        silent(a_runner),
        said="queue does not answer",
        is_slow=True,
        recovers_within_s=FORGOTTEN_S,
    ),
    Fault(
        "a firewall forgets the subscriptions",
        silent(lambda s: s.gateways, saying=LISTENS),
        said="half open",
        is_slow=True,
        recovers_within_s=FORGOTTEN_S,
    ),
    Fault(
        "a firewall forgets the connections that wait for jobs",
        silent(lambda s: s.runners, saying=WAITS),
        is_slow=True,
        recovers_within_s=FORGOTTEN_S,
    ),
    Fault("connections are taken and hear nothing for 8 s", swallowed(all_members, 8), is_slow=True),
]


@pytest.mark.parametrize("fault", cases([*BRIEF, *LONG]))
async def test_requests_get_a_token_or_503_in_time_and_then_tokens_again(
    fault: Fault, system: Breakable, record_property: Any
) -> None:
    await gone_through(fault, system, record_property)


@pytest.fixture(scope="module")
def by_other_ways(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Breakable]:
    with a_breakable(tmp_path_factory.mktemp("other"), transport=request.param) as made:
        yield made


@SLOW
@pytest.mark.parametrize("fault", cases(BRIEF))
@pytest.mark.parametrize("by_other_ways", [each for each in TRANSPORTS if each != "tcp"], indirect=True)
async def test_requests_get_a_token_or_503_in_time_over_unix_sockets_and_tls_too(
    fault: Fault, by_other_ways: Breakable, record_property: Any
) -> None:
    await gone_through(fault, by_other_ways, record_property)
    by_other_ways.mend()
