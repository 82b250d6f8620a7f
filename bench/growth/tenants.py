"""More tenants, each with a rule of its own: all asked alike, and as Zipf has it (the n-th one n-th as often)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from bench.growth.made import make_tenants, subject_of
from bench.growth.parts import Part, part_of_rows
from bench.load import LoadGenerator, Mix, Request
from bench.processes import counted
from bench.rounds import Turn, medians, take_turns
from bench.subjects.subject import Subject
from bench.system import System, started_system

CONNECTIONS = 32
DRAWN = 20_000
"""Requests after which the order begins again."""
SEED = 7
UNIFORM, ZIPF = "uniform", "Zipf"
WARMING_S = 5.0
WARMINGS = 30
"""At most. Each tenant's host has to start once, and a thousand take a minute."""

HOST_MIB = 16
"""Memory that a host may need: without so much of it those that are idle make room, and nothing stays warm."""

Case = tuple[int, str]
"""How many tenants are asked, and how."""


def measure(
    load: LoadGenerator,
    *,
    counts: Sequence[int],
    rounds: int,
    seconds: int,
    settings: dict[str, str],
    say: Callable[[str], None],
) -> Part:
    """A row for each number of tenants and each traffic."""
    cases = [(count, traffic) for count in counts for traffic in (UNIFORM, ZIPF) if count > 1 or traffic == UNIFORM]
    turns = turns_of(load, cases, rounds=rounds, seconds=seconds, settings=settings, say=say)
    return part_of_rows("tenants", f"Tenants with a JavaScript rule each, {CONNECTIONS} connections", medians(turns))


def turns_of(
    load: LoadGenerator,
    cases: Sequence[Case],
    *,
    rounds: int,
    seconds: int,
    settings: dict[str, str],
    say: Callable[[str], None],
) -> list[Turn]:
    """Turns of all *cases* in the same rounds, in one warm system with *settings*; `name_of` names their subjects."""
    most = max(count for count, _traffic in cases)
    with started_system(settings) as system:
        say(f"tenants: making {most}")
        requests = asyncio.run(make_tenants(system, [f"bench-{number}" for number in range(most)]))
        subjects = [_subject(system, requests, case) for case in cases]
        subjects[0].check()
        _warm(system, _subject(system, requests, (most, UNIFORM)), load, say)
        return take_turns(subjects, load, connections=[CONNECTIONS], rounds=rounds, seconds=seconds, say=say)


def room_for(hosts: int) -> dict[str, str]:
    """The settings with which so many hosts may be there at once. The machine needs the memory."""
    return {"RULEMINT_MAX_HOSTS": str(hosts), "RULEMINT_HOSTS_MEMORY_MB": str(hosts * HOST_MIB)}


def name_of(case: Case) -> str:
    """The name of its subject."""
    return f"{case[0]} {case[1]}"


def _subject(system: System, requests: Sequence[Request], case: Case) -> Subject:
    count, traffic = case
    one = subject_of(system, requests[0], f"{count} tenant{'s' if count > 1 else ''}, {traffic}")
    return replace(one, name=name_of(case), mix=Mix(requests=list(requests[:count]), order=_order(count, traffic)))


def _warm(system: System, everyone: Subject, load: LoadGenerator, say: Callable[[str], None]) -> None:
    """Ask all of them until no more hosts start: each has one then, or there are as many as there may be."""
    hosts = 0
    for _ in range(WARMINGS):
        load.run(everyone.mix or everyone.request, connections=CONNECTIONS, seconds=WARMING_S)
        seen, hosts = hosts, counted([system.process.pid])["hosts"]
        say(f"tenants: warming up, {hosts} hosts")
        if hosts <= seen:
            return


def _order(count: int, traffic: str) -> list[int]:
    draw = random.Random(SEED)  # noqa: S311  # traffic, no secret
    weights = [1 / (rank + 1) for rank in range(count)] if traffic == ZIPF else None
    return draw.choices(range(count), weights, k=DRAWN)
