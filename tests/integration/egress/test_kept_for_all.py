"""How many connections are kept for the next calls: many of one rule, and not too many of all of them."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter

import pytest
from aiohttp import web as http

from fixtures.web import NAME, Web, host_of
from rulemint_runner.egress.broker import connections
from rulemint_runner.egress.broker.calls import perform
from rulemint_runner.egress.broker.resolver import Lookups
from rulemint_runner.egress.broker.sessions import Sessions
from rulemint_runner.egress.messages import Fetch, OutboundRequest
from rulemint_shared.public_addresses import AddressPolicy


class Meeting:
    """A server that answers once so many have asked, and knows over which connections they did."""

    def __init__(self, members: int) -> None:
        self._members = members
        self._waiting: list[asyncio.Future[None]] = []
        self.peers: Counter[str] = Counter()

    async def answer(self, request: http.Request) -> http.Response:
        assert request.transport is not None
        self.peers[str(request.transport.get_extra_info("peername"))] += 1
        here = asyncio.get_running_loop().create_future()
        self._waiting.append(here)
        if len(self._waiting) == self._members:
            for each in self._waiting:
                each.set_result(None)
            self._waiting.clear()
        await here
        return http.Response(text="all are here")


async def test_the_next_calls_of_a_rule_use_as_many_connections_as_the_last_ones_made(web: Web) -> None:
    meeting = Meeting(100)
    port = await web.serve(meeting.answer, tls=web.authority.server())
    for _ in range(3):
        await asyncio.gather(*(web.fetch(f"https://{NAME}:{port}/") for _ in range(100)))
    assert set(meeting.peers.values()) == {3}


async def test_are_too_many_kept_the_rule_that_keeps_most_has_them_closed(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_KEPT", 12)
    many, few = Meeting(10), Meeting(4)
    many_url, few_url = [f"http://{NAME}:{await web.serve(meeting.answer)}/" for meeting in (many, few)]
    lookups = Lookups({NAME: ("127.0.0.1",)})
    sessions = Sessions(lookups, AddressPolicy(["127.0.0.0/8"]), ssl.create_default_context())

    async def ask(url: str, times: int) -> None:
        await asyncio.gather(*(perform(_fetch(number, url), sessions) for number in range(1, times + 1)))

    for url, times in ((many_url, 10), (few_url, 4), (few_url, 4), (many_url, 10)):
        await ask(url, times)
    await sessions.close()
    lookups.close()
    assert sorted(few.peers.values()) == [2] * 4
    assert sorted(many.peers.values()) == [1] * 4 + [2] * 8


def _fetch(number: int, url: str) -> Fetch:
    return Fetch(
        number=number,
        tenant="default",
        rule=url,
        allow_hosts=(host_of(url),),
        request=OutboundRequest(url=url),
        timeout_ms=10_000,
    )
