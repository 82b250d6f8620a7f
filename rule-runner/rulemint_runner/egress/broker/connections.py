"""Connections whose memory is bounded by what a response may be, not by how much the other side sends at once."""

from __future__ import annotations

import errno
import functools
import socket
import ssl
from typing import Any

from aiohttp import AddrInfoType, ClientPayloadError, TCPConnector
from aiohttp.client_proto import ResponseHandler

from rulemint_runner.egress.broker.addresses import AddressPolicy
from rulemint_runner.egress.broker.resolver import CheckedResolver, Lookups
from rulemint_runner.egress.errors import EgressTooLarge

MAX_CONNECTIONS_PER_TENANT = 32
KEEP_ALIVE_S = 15.0
PARSED_AT_ONCE_BYTES = 16 * 1024
MAX_FRAMING_BYTES = 128 * 1024
"""Of one response, besides its body and as much again: its headers, and what frames its chunks."""
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
    """A connection that counts what arrives for one response, and parses it piece by piece.

    The bounds that aiohttp has are for each line and each header. A read may hold tens of thousands of interim
    responses, each an object; and extensions of chunks, or chunks of one byte, may go on for ever.
    """

    _arrived = 0

    def set_response_params(self, **params: Any) -> None:
        """Expect the next response."""
        self._arrived = 0
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        """Parse *data*, unless it is a flood."""
        for at in range(0, max(1, len(data)), PARSED_AT_ONCE_BYTES):
            piece = data[at : at + PARSED_AT_ONCE_BYTES]
            super().data_received(piece)
            self._arrived += len(piece)
            body_bytes = self._payload.total_bytes if self._payload is not None else 0
            if self._arrived > MAX_FRAMING_BYTES + 2 * body_bytes:
                self._refuse("the response has more bytes around its body than in it")
            if len(self._buffer) > MAX_WAITING_RESPONSES:
                self._refuse(f"there are more than {MAX_WAITING_RESPONSES} responses to one request")
            if self.transport is None or self.transport.is_closing():
                return

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell whoever still reads a body, which aiohttp leaves out after a malformed trailer."""
        payload = self._payload
        super().connection_lost(exc)
        if payload is not None and not payload.is_eof() and payload.exception() is None:
            payload.set_exception(ClientPayloadError("the connection ended within the body"))

    def _refuse(self, why: str) -> None:
        """Whoever reads the response gets *why*; nothing more is read."""
        error = EgressTooLarge(why)
        payload, self._payload = self._payload, None
        if payload is not None:
            payload.set_exception(error)
        self.set_exception(error)
        if self.transport is not None:
            self.transport.close()
