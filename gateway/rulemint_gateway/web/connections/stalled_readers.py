"""Closes connections whose reader takes nothing of what waits for it, because what waits is memory of ours.

The kernel counts what a peer has acknowledged (tcp(7), ``TCP_INFO``). So a reader that is slow is told from one that
has stopped, even if more was written in the meantime. Only connections for which something waits are asked about.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple, Protocol

import structlog

log = structlog.get_logger(__name__)

LEAST_BYTES = 16 * 1024
"""To be taken within the time: a reader that takes a byte now and then has stopped as well."""
_NO_LINGERING = struct.pack("ii", 1, 0)
_LOOKS = 8
"""In the time that a reader has."""
_ACKED = struct.Struct("=120xQ")
"""``tcpi_bytes_acked`` of ``struct tcp_info`` (linux/tcp.h), since Linux 4.1."""


class Connection(Protocol):
    """A connection of the server."""

    @property
    def transport(self) -> asyncio.Transport | None:
        """None once it is closed."""
        ...


class _Seen(NamedTuple):
    """The time since which something waits and the reader has not taken enough, and how much it had taken by then."""

    since_s: float
    taken: int


class StalledReaders:
    """Looks at all connections now and then, and breaks off those that do not go on."""

    def __init__(self, connections: Callable[[], Iterable[Connection]], *, timeout_s: float) -> None:
        self._connections = connections
        self._timeout_s = timeout_s
        self._seen: dict[Connection, _Seen] = {}

    async def cut_off(self) -> None:
        """Go on until cancelled."""
        while True:
            await asyncio.sleep(self._timeout_s / _LOOKS)
            self.look(time.monotonic())

    def look(self, now_s: float) -> None:
        """Break off every connection whose reader has taken too little for too long."""
        seen: dict[Connection, _Seen] = {}
        for connection in self._connections():
            transport = connection.transport
            if transport is None or not transport.get_write_buffer_size():
                continue
            taken = _taken_of(transport)
            before = self._seen.get(connection)
            if before is None or taken >= before.taken + LEAST_BYTES:
                seen[connection] = _Seen(now_s, taken)
            elif now_s - before.since_s < self._timeout_s:
                seen[connection] = before
            else:
                log.info("closed a connection whose reader had stopped", waiting=transport.get_write_buffer_size())
                _break_off(transport)
        self._seen = seen


def _break_off(transport: asyncio.Transport) -> None:
    """At once, with what the kernel holds: else that would wait for the reader for many minutes more (socket(7))."""
    with suppress(AttributeError, OSError):  # it is closed already
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
    transport.abort()


def _taken_of(transport: asyncio.Transport) -> int:
    """The number of bytes that the reader has acknowledged; 0 if the kernel does not say."""
    try:
        info = transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACKED.size)
        return int(_ACKED.unpack(info)[0])
    except (AttributeError, OSError, struct.error):
        return 0
