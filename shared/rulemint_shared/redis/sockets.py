"""The connections that clients of Redis use: each closes itself as soon as it cannot be used any more.

redis-py gives a connection back to its pool after an error reply. After some of them every later command fails too: a
master that was demoted answers READONLY for ever, and a connection that still subscribes takes no other command. uvloop
raises `RuntimeError` where a connection is reset while it writes, which no caller expects.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from typing import Any, cast

from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, RedisError, ResponseError

from rulemint_shared.process.shortages import note_shortage

KEEP_ALIVE = {
    socket.TCP_KEEPIDLE: 5,
    socket.TCP_KEEPINTVL: 2,
    socket.TCP_KEEPCNT: 3,
    socket.TCP_USER_TIMEOUT: 10_000,
}
"""The kernel gives up a connection that was silent for 11 s, or whose data nobody acknowledged for 10 s (in ms)."""
_NO_COMMAND_MAY_BE_SENT = ("only (P|S)SUBSCRIBE", "MULTI calls can not be nested", "UNBLOCKED force unblock")


class ClosesItself(AbstractConnection):
    """The common part of all kinds of connection."""

    async def connect(self) -> None:
        """Connect, if it is not connected.

        A new connection is in good health: redis-py would check it before it greets, and connect anew for that.

        Raises:
            RedisError, OSError: there is no connection. Where a descriptor is wanting for it, the log says so.
        """
        if self.is_connected:
            return
        self.next_health_check = asyncio.get_running_loop().time() + self.health_check_interval
        try:
            await super().connect()  # type: ignore[no-untyped-call]  # redis-py has no types here
        except BaseException as error:
            if isinstance(error, RedisError | OSError):
                note_shortage(error)
            await self.disconnect(nowait=True)  # who gives up between a greeting and its reply leaves nothing behind
            raise

    @property
    def transport(self) -> asyncio.Transport:
        """That of an open connection, for who takes it over.

        Raises:
            ConnectionError: the connection is closed.
        """
        if self._writer is None:
            raise RedisConnectionError("the connection was closed")
        return cast("asyncio.Transport", self._writer.transport)

    def abandon(self) -> None:
        """Forget the transport, which another has taken over and closes."""
        self._writer = self._reader = None

    async def _send_packed_command(self, command: Iterable[bytes]) -> None:
        """Send a command: in the place of redis-py's own, and not around it, for each token has a dozen of them.

        Raises:
            ConnectionError: the connection was reset.
        """
        writer = cast("asyncio.StreamWriter", self._writer)
        try:
            writer.writelines(command)
            await writer.drain()
        except RuntimeError as error:  # uvloop: the transport's handler is closed
            raise RedisConnectionError(f"the connection was reset while it was written to: {error}") from error

    async def can_read_destructive(self) -> bool:
        """Tell whether something has arrived that nobody asked for. A pool asks it before each use.

        redis-py reads with a time limit of 0 s. In a task that was cancelled, asyncio of Python 3.11.2 turns that limit
        into a cancellation, so nothing could be written at the end of a service. What has arrived is in the buffer of
        hiredis or of the stream, and looking there costs less.

        Raises:
            ConnectionError: the connection has ended.
        """
        reader = self._reader
        if reader is None or reader.at_eof() or reader.exception() is not None:
            raise RedisConnectionError("the connection has ended")
        replies = cast("Any", self._parser)._reader  # noqa: SLF001  # no public way asks without waiting
        return bool(replies.has_data() or cast("Any", reader)._buffer)  # noqa: SLF001  # as above

    async def read_response(self, *arguments: Any, **options: Any) -> Any:
        """Read one reply.

        Raises:
            ResponseError: it is one.
            ConnectionError: the connection was reset.
        """
        try:
            return await super().read_response(*arguments, **options)
        except ResponseError as error:
            if leaves_it_unusable(error):
                await self.disconnect(nowait=True)
            raise
        except RuntimeError as error:
            raise RedisConnectionError(f"the connection was reset while it was read from: {error}") from error


def leaves_it_unusable(error: ResponseError) -> bool:
    """Tell whether a connection that answers with *error* would answer every later command so."""
    return isinstance(error, ReadOnlyError) or str(error).startswith(_NO_COMMAND_MAY_BE_SENT)


class TcpConnection(ClosesItself, Connection):
    """``redis://``."""


class TlsConnection(ClosesItself, SSLConnection):
    """``rediss://``."""


class UnixConnection(ClosesItself, UnixDomainSocketConnection):
    """``unix://``."""


def connection_class(url: str) -> type[AbstractConnection]:
    """The kind that *url* asks for."""
    scheme = url.partition("://")[0]
    return {"rediss": TlsConnection, "unix": UnixConnection}.get(scheme, TcpConnection)


def socket_options(url: str) -> dict[str, Any]:
    """Return options for the sockets to *url*: over TCP, silence is noticed."""
    return {} if url.startswith("unix://") else {"socket_keepalive": True, "socket_keepalive_options": KEEP_ALIVE}
