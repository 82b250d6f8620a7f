"""More tenants, each with a rule of its own: all asked alike, and as Zipf has it (the n-th one n-th as often)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from bench.growth.made import make_tenants, subject_of
from bench.growth.parts import Part, part_of_rows
from bench.load import LoadGenerator, Mix, Request
from bench.rounds import Turn, medians, take_turns
from bench.system import started_system

CONNECTIONS = 32
DRAWN = 20_000
"""Requests after which the order begins again."""
SEED = 7


def measure(
    load: LoadGenerator,
    *,
    counts: Sequence[int],
    rounds: int,
    seconds: int,
    settings: dict[str, str],
    say: Callable[[str], None],
) -> Part:
    """A row for each number of tenants and each traffic; one system with *settings*, which the tenants share."""
    turns: list[Turn] = []
    requests: list[Request] = []
    with started_system(settings) as system:
        for count in counts:
            say(f"tenants: making them, up to {count}")
            names = [f"bench-{number}" for number in range(len(requests), count)]
            requests += asyncio.run(make_tenants(system, names))
            one = subject_of(system, requests[0], f"{count} tenant{'s' if count > 1 else ''}")
            one.check()
            subjects = [
                replace(
                    one,
                    name=f"{count} {traffic}",
                    title=f"{one.title}, {traffic}",
                    mix=Mix(requests=requests[:count], order=order),
                )
                for traffic, order in _orders(count).items()
            ]
            turns += take_turns(subjects, load, connections=[CONNECTIONS], rounds=rounds, seconds=seconds, say=say)
    return part_of_rows("tenants", f"Tenants with a JavaScript rule each, {CONNECTIONS} connections", medians(turns))


def _orders(count: int) -> dict[str, list[int]]:
    draw = random.Random(SEED)  # noqa: S311  # traffic, no secret
    everyone = range(count)
    uniform = draw.choices(everyone, k=DRAWN)
    if count == 1:
        return {"uniform": uniform}
    return {"uniform": uniform, "Zipf": draw.choices(everyone, [1 / (rank + 1) for rank in everyone], k=DRAWN)}
