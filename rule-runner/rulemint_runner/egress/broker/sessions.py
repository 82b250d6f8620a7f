"""One HTTP client for each tenant, so that no connection, and no cookie, is ever shared between two."""

from __future__ import annotations

import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import ClientSession, DummyCookieJar

from rulemint_runner.egress.broker.addresses import AddressPolicy
from rulemint_runner.egress.broker.connections import TenantConnector
from rulemint_runner.egress.broker.resolver import Lookups
from rulemint_runner.egress.messages import MAX_HEADER_VALUE_CHARACTERS, MAX_HEADERS

MAX_SESSIONS = 64
CONNECT_TIMEOUT_S = 10.0
READ_BUFFER_BYTES = 64 * 1024


@dataclass
class _Tenant:
    session: ClientSession
    calls: int = 0


class Sessions:
    """The clients of the tenants that called last."""

    def __init__(self, lookups: Lookups, policy: AddressPolicy, tls: ssl.SSLContext) -> None:
        self._lookups = lookups
        self._policy = policy
        self._tls = tls
        self._tenants: OrderedDict[str, _Tenant] = OrderedDict()

    @asynccontextmanager
    async def session_of(self, tenant: str) -> AsyncIterator[ClientSession]:
        """The client of *tenant*, which stays open meanwhile."""
        found = self._tenants.get(tenant)
        if found is None:
            found = self._tenants[tenant] = _Tenant(self._open())
        self._tenants.move_to_end(tenant)
        found.calls += 1
        try:
            await self._close_the_oldest()
            yield found.session
        finally:
            found.calls -= 1

    async def close(self) -> None:
        """Close every connection."""
        for tenant in self._tenants.values():
            await tenant.session.close()
        self._tenants.clear()

    async def _close_the_oldest(self) -> None:
        idle = [name for name, tenant in self._tenants.items() if not tenant.calls]
        surplus = [self._tenants.pop(name) for name in idle[: max(0, len(self._tenants) - MAX_SESSIONS)]]
        for tenant in surplus:
            await tenant.session.close()

    def _open(self) -> ClientSession:
        return ClientSession(
            connector=TenantConnector(self._lookups, self._policy, self._tls),
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
