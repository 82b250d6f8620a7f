"""Gateways and runners that are restarted while requests come, one after the other: each ends with status 0."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Any

import pytest

from fixtures.breakable import Breakable, Member
from fixtures.faults import Fault, Happens, cases, gone_through

pytestmark = pytest.mark.timeout(120)


def rolling(chosen: Callable[[Breakable], list[Member]], number: signal.Signals = signal.SIGTERM) -> Happens:
    async def happens(system: Breakable) -> None:
        for member in chosen(system):
            member.signal(number)
            assert await asyncio.to_thread(member.process.wait) == 0
            await asyncio.to_thread(member.start)

    return happens


RESTARTS = [
    Fault("both runners are restarted", rolling(lambda s: s.runners), is_slow=True),
    Fault("both gateways are restarted", rolling(lambda s: s.gateways), is_slow=True, is_balanced=True),
]


ALL = Fault(
    "all are restarted with Ctrl-C", rolling(lambda s: s.members, signal.SIGINT), is_slow=True, is_balanced=True
)


@pytest.mark.parametrize("fault", cases(RESTARTS))
async def test_every_request_gets_its_token(fault: Fault, system: Breakable, record_property: Any) -> None:
    load = await gone_through(fault, system, record_property)
    assert load.count("token") == len(load.answers), [each for each in load.answers if each.kind != "token"][:5]


@pytest.mark.parametrize("fault", cases([ALL]))
async def test_every_process_ends_with_status_0_and_requests_get_a_token_or_503(
    fault: Fault, system: Breakable, record_property: Any
) -> None:
    await gone_through(fault, system, record_property)
