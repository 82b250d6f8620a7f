"""The connections of one rule: used again only if nothing but answers ever came over them."""

from __future__ import annotations

import errno
import functools
import socket
import ssl
from typing import TYPE_CHECKING

from aiohttp import AddrInfoType, TCPConnector

from rulemint_runner.egress.broker.addresses import AddressPolicy
from rulemint_runner.egress.broker.answered_connection import AnsweredConnection
from rulemint_runner.egress.broker.resolver import CheckedResolver, Lookups

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

MAX_CONNECTIONS_PER_RULE = 32
MAX_IDLE_PER_RULE = 8
"""As many as one invocation uses at once. All rules' together are less than half of the descriptors."""
KEEP_ALIVE_S = 15.0


class Connector(TCPConnector):
    """One rule's connections, to addresses that *policy* allows."""

    def __init__(self, lookups: Lookups, policy: AddressPolicy, tls: ssl.SSLContext) -> None:
        super().__init__(
            resolver=CheckedResolver(lookups, policy),
            use_dns_cache=False,
            socket_factory=self._open_socket,
            ssl=tls,
            limit=MAX_CONNECTIONS_PER_RULE,
            keepalive_timeout=KEEP_ALIVE_S,
        )
        self._policy = policy
        self._factory = functools.partial(AnsweredConnection, loop=self._loop)  # type: ignore[assignment]  # a subclass of it

    def _open_socket(self, address_info: AddrInfoType) -> socket.socket:
        """The last gate: whatever led here, no socket is made for an address that the policy denies."""
        family, kind, protocol, _, address = address_info
        if not self._policy.allows(str(address[0])):
            raise OSError(errno.EACCES, "the address is not public")
        return socket.socket(family=family, type=kind, proto=protocol)

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        """An idle connection over which nothing has come that nobody asked for; None if there is none."""
        idle = self._conns.get(key)
        for _ in range(len(idle) if idle else 0):
            connection, since_s = idle.popleft()  # type: ignore[union-attr]  # else the range is empty
            if isinstance(connection, AnsweredConnection) and connection.is_quiet():
                idle.append((connection, since_s))  # type: ignore[union-attr]  # as above
            else:
                connection.abort()
        return await super()._get(key, traces)

    def _release(self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        """Keep a connection, if it may be used again, in the place of the one that is idle for longest."""
        if isinstance(protocol, AnsweredConnection):
            protocol.rest()
        super()._release(key, protocol, should_close=should_close)
        while sum(map(len, self._conns.values())) > MAX_IDLE_PER_RULE:
            oldest = min((kept for kept in self._conns.values() if kept), key=lambda kept: kept[0][1])
            connection, _since_s = oldest.popleft()
            connection.abort()
