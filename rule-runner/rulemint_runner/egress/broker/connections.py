"""Connections whose memory is bounded by what a response may be, not by how much the other side sends at once."""

from __future__ import annotations

import errno
import functools
import socket
import ssl

from aiohttp import AddrInfoType, TCPConnector
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

from rulemint_runner.egress.broker.addresses import AddressPolicy
from rulemint_runner.egress.broker.resolver import CheckedResolver, Lookups

MAX_CONNECTIONS_PER_TENANT = 32
KEEP_ALIVE_S = 15.0
PARSED_AT_ONCE_BYTES = 16 * 1024
MAX_WAITING_RESPONSES = 32
"""Interim ones, before the one that counts; nobody sends so many."""


class TenantConnector(TCPConnector):
    """One tenant's connections, to addresses that *policy* allows."""

    def __init__(self, lookups: Lookups, policy: AddressPolicy, tls: ssl.SSLContext) -> None:
        super().__init__(
            resolver=CheckedResolver(lookups, policy),
            use_dns_cache=False,
            socket_factory=self._open_socket,
            ssl=tls,
            limit=MAX_CONNECTIONS_PER_TENANT,
            keepalive_timeout=KEEP_ALIVE_S,
        )
        self._policy = policy
        self._factory = functools.partial(_Connection, loop=self._loop)  # type: ignore[assignment]  # a subclass of it

    def _open_socket(self, address_info: AddrInfoType) -> socket.socket:
        """The last gate: whatever led here, no socket is made for an address that the policy denies."""
        family, kind, protocol, _, address = address_info
        if not self._policy.allows(str(address[0])):
            raise OSError(errno.EACCES, "the address is not public")
        return socket.socket(family=family, type=kind, proto=protocol)


class _Connection(ResponseHandler):
    """Parses what arrives piece by piece: a read may hold tens of thousands of interim responses, each an object."""

    def data_received(self, data: bytes) -> None:
        """Parse *data*, unless it is a flood of responses."""
        for at in range(0, max(1, len(data)), PARSED_AT_ONCE_BYTES):
            super().data_received(data[at : at + PARSED_AT_ONCE_BYTES])
            if len(self._buffer) > MAX_WAITING_RESPONSES:
                self.set_exception(HttpProcessingError(message="too many responses to one request"))
                self.abort()
                return
