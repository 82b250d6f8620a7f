"""Speaks https. A connection has its place, and its deadline, from before the handshake.

The loop's own server speaks to nobody until a handshake is done, so what has not finished one could not be counted.
"""

from __future__ import annotations

import asyncio
import socket
import ssl

from aiohttp import web

from rulemint_gateway.web.connections.open_connections import Patience, Place
from rulemint_gateway.web.connections.rare_log import RareLog
from rulemint_gateway.web.connections.server import Server
from rulemint_shared.process.background import cancel

FAREWELL_S = 5.0
"""For a client to answer the end of TLS."""
PAUSE_S = 0.1
"""After a connection that could not be taken."""


class TlsSite(web.BaseSite):
    """Listens at *host* and *port*."""

    __slots__ = (
        "_accepting",
        "_connections",
        "_handshake_s",
        "_handshakes",
        "_host",
        "_listeners",
        "_port",
        "_rare_log",
        "_reuse_port",
    )

    def __init__(
        self,
        runner: web.BaseRunner,
        server: Server,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext,
        handshake_s: float,
        backlog: int,
        reuse_port: bool,
    ) -> None:
        super().__init__(runner, ssl_context=tls, backlog=backlog)
        self._connections = server
        self._host, self._port, self._reuse_port = host, port, reuse_port
        self._handshake_s = handshake_s
        self._listeners: list[socket.socket] = []
        self._accepting: list[asyncio.Task[None]] = []
        self._handshakes: set[asyncio.Task[None]] = set()
        self._rare_log = RareLog()

    @property
    def name(self) -> str:
        """Its address."""
        return f"https://{self._host}:{self._port}"

    async def start(self) -> None:
        """Listen."""
        await super().start()
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((entry[0], entry[4][:2]) for entry in found):
            listener = socket.create_server(address, family=family, backlog=self._backlog, reuse_port=self._reuse_port)
            listener.setblocking(False)
            self._listeners.append(listener)
        self._accepting = [loop.create_task(self._accept(listener)) for listener in self._listeners]

    async def stop(self) -> None:
        """Listen no more; connections stay."""
        await cancel([*self._accepting, *self._handshakes])
        for listener in self._listeners:
            listener.close()
        self._accepting, self._listeners = [], []
        await super().stop()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(listener)
            except OSError as error:
                self._rare_log.warning("a connection could not be taken", why=error.strerror)
                await asyncio.sleep(PAUSE_S)
                continue
            handshake = _Handshake(loop.time())
            handshake.place = self._connections.open_connections.enter(address[0], handshake)
            if handshake.place is None:
                accepted.close()
                continue
            handshake.task = loop.create_task(self._shake_hands(accepted, handshake.place))
            self._handshakes.add(handshake.task)
            handshake.task.add_done_callback(self._handshakes.discard)

    async def _shake_hands(self, accepted: socket.socket, place: Place) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._connections.connection(place),
                accepted,
                ssl=self._ssl_context,
                ssl_handshake_timeout=self._handshake_s,
                ssl_shutdown_timeout=FAREWELL_S,
            )
        except OSError:  # errors of TLS and timeouts are
            place.leave()
        except BaseException:
            place.leave()
            raise


class _Handshake:
    """Has a place until the connection has it."""

    def __init__(self, since_s: float) -> None:
        self._since_s = since_s
        self.place: Place | None = None
        self.task: asyncio.Task[None] | None = None

    def patience(self) -> Patience:
        """It owes us the rest of its handshake."""
        return Patience(idle=False, since_s=self._since_s)

    def shed(self) -> None:
        """Make room."""
        if self.place is not None:
            self.place.leave()
        if self.task is not None:
            self.task.cancel()
