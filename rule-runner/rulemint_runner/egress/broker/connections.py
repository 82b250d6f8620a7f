"""The connections of one rule: used again only if nothing but answers ever came over them."""

from __future__ import annotations

import errno
import functools
import resource
import socket
import ssl
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakSet

from aiohttp import AddrInfoType, TCPConnector

from rulemint_runner.egress.broker.answered_connection import AnsweredConnection
from rulemint_runner.egress.broker.resolver import CheckedResolver, Lookups
from rulemint_shared.public_addresses import AddressPolicy

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

MAX_CONNECTIONS_PER_RULE = 128
"""As many calls as one tenant may have under way."""
MAX_KEPT = 2_048
"""Of all rules, where there are descriptors for twice as many."""
KEEP_ALIVE_S = 15.0
REUSED_WITHIN_S = KEEP_ALIVE_S - 1
"""Sooner than aiohttp gives one up: it would take the next, at which nobody has looked."""


class KeptConnections:
    """Connections that all rules keep for their next calls.

    If they are too many, the rule that keeps most has one closed.
    """

    def __init__(self) -> None:
        self.all: set[AnsweredConnection] = set()
        self.keepers: WeakSet[Connector] = WeakSet()
        self._most = min(MAX_KEPT, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)

    def make_room(self) -> None:
        """Close what is too much."""
        for _ in range(len(self.all) - self._most):
            max(self.keepers, key=Connector.kept).close_the_oldest()


class Connector(TCPConnector):
    """One rule's connections, to addresses that *policy* allows."""

    def __init__(
        self, lookups: Lookups, policy: AddressPolicy, tls: ssl.SSLContext, kept: KeptConnections | None = None
    ) -> None:
        """*kept*: by all rules; None where nothing but this connector keeps any."""
        super().__init__(
            resolver=CheckedResolver(lookups, policy),
            use_dns_cache=False,
            socket_factory=self._open_socket,
            ssl=tls,
            limit=MAX_CONNECTIONS_PER_RULE,
            keepalive_timeout=KEEP_ALIVE_S,
        )
        self._policy = policy
        self._kept = kept or KeptConnections()
        self._kept.keepers.add(self)
        self._factory = functools.partial(AnsweredConnection, self._kept.all, loop=self._loop)  # type: ignore[assignment]  # a subclass of it

    def kept(self) -> int:
        """Count the connections that wait for this rule's next call."""
        return sum(map(len, self._conns.values()))

    def close_the_oldest(self) -> None:
        """Close the one that waits for longest; none, if none waits."""
        if idle := [each for each in self._conns.values() if each]:
            connection, _since_s = min(idle, key=lambda each: each[0][1]).popleft()
            self._kept.all.discard(connection)
            connection.abort()

    def _open_socket(self, address_info: AddrInfoType) -> socket.socket:
        """Make a socket, unless the policy denies the address: this is the last gate on every way."""
        family, kind, protocol, _, address = address_info
        if not self._policy.allows(str(address[0])):
            raise OSError(errno.EACCES, "the address is not public")
        return socket.socket(family=family, type=kind, proto=protocol)

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        """An idle connection over which nothing has come that nobody asked for; None if there is none.

        aiohttp takes the first that is connected and not too old. So only the first is looked at, until it is one.
        """
        idle, too_old_s = self._conns.get(key), monotonic() - REUSED_WITHIN_S
        while idle:
            connection, since_s = idle[0]
            if since_s > too_old_s and isinstance(connection, AnsweredConnection) and connection.is_quiet():
                break
            idle.popleft()
            connection.abort()
        return await super()._get(key, traces)

    def _release(self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        """Keep a connection, if it may be used again; another one makes room for it, if need be."""
        if isinstance(protocol, AnsweredConnection):
            protocol.rest()
        super()._release(key, protocol, should_close=should_close)
        self._kept.make_room()
