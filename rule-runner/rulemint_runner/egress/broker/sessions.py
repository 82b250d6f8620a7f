"""One HTTP client for each rule that calls, so that no connection, and no cookie, is ever shared between two.

A connection is as good as what the other side has done with it. Shared among the rules of a tenant, what was left on it
by one rule's call would be for another's, which may have other secrets and trusts another host.
"""

from __future__ import annotations

import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import ClientSession, DummyCookieJar

from rulemint_runner.egress.broker.connections import Connector, KeptConnections
from rulemint_runner.egress.broker.resolver import Lookups
from rulemint_runner.egress.messages import MAX_HEADER_VALUE_CHARACTERS, MAX_HEADERS
from rulemint_shared.public_addresses import AddressPolicy

MAX_SESSIONS = 256
"""Idle ones; those that call come on top."""
CONNECT_TIMEOUT_S = 10.0
READ_BUFFER_BYTES = 64 * 1024

Caller = tuple[str, str]
"""A tenant, and what tells its rules, their versions and their secrets apart."""


@dataclass
class _Client:
    session: ClientSession
    calls: int = 0


class Sessions:
    """The clients of the rules that called last."""

    def __init__(self, lookups: Lookups, policy: AddressPolicy, tls: ssl.SSLContext) -> None:
        self._lookups = lookups
        self._policy = policy
        self._tls = tls
        self._kept = KeptConnections()
        self._clients: OrderedDict[Caller, _Client] = OrderedDict()

    @asynccontextmanager
    async def session_of(self, caller: Caller) -> AsyncIterator[ClientSession]:
        """Return the client of *caller*, which stays open in the body."""
        found = self._clients.get(caller)
        if found is None:
            found = self._clients[caller] = _Client(self._open())
        self._clients.move_to_end(caller)
        found.calls += 1
        try:
            await self._close_the_oldest()
            yield found.session
        finally:
            found.calls -= 1

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            await client.session.close()
        self._clients.clear()

    async def _close_the_oldest(self) -> None:
        if len(self._clients) <= MAX_SESSIONS:
            return
        idle = [caller for caller, client in self._clients.items() if not client.calls]
        surplus = [self._clients.pop(caller) for caller in idle[: len(self._clients) - MAX_SESSIONS]]
        for client in surplus:
            await client.session.close()

    def _open(self) -> ClientSession:
        return ClientSession(
            connector=Connector(self._lookups, self._policy, self._tls, self._kept),
            cookie_jar=DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Content-Type", "Accept", "Accept-Encoding"),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S),
            read_bufsize=READ_BUFFER_BYTES,
            max_line_size=MAX_HEADER_VALUE_CHARACTERS,
            max_field_size=MAX_HEADER_VALUE_CHARACTERS,
            max_headers=MAX_HEADERS,
        )
