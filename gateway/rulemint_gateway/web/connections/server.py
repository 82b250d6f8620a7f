"""aiohttp's server and runner, with `Connection` in the place of aiohttp's own."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from rulemint_gateway.web.connections.connection import Connection, Deadlines
from rulemint_gateway.web.connections.open_connections import OpenConnections, Place
from rulemint_gateway.web.connections.refusals import RefusesEarly
from rulemint_gateway.web.connections.shortcut import Shortcut


class Server(web.Server):
    """Makes connections."""

    def __init__(
        self,
        like: web.Server,
        *,
        deadlines: Deadlines,
        connections: OpenConnections,
        early: RefusesEarly | None,
        shortcut: Shortcut | None,
    ) -> None:
        super().__init__(like.request_handler, request_factory=like.request_factory)
        self._deadlines = deadlines
        self.open_connections = connections
        self._early = early
        self._shortcut = shortcut

    def __call__(self) -> Connection:
        """Make the connection of a client that has just connected."""
        return self.connection()

    def connection(self, place: Place | None = None) -> Connection:
        """One that has *place* already, or takes one when it is made."""
        return Connection(
            self,
            loop=self._loop,
            deadlines=self._deadlines,
            among=self.open_connections,
            early=self._early,
            shortcut=self._shortcut,
            place=place,
        )


class Runner(web.AppRunner):
    """Runs an application on our own server."""

    __slots__ = ("_connections", "_deadlines", "_early", "_made", "_shortcut")

    def __init__(
        self,
        application: web.Application,
        *,
        deadlines: Deadlines,
        connections: OpenConnections,
        early: RefusesEarly | None = None,
        shortcut: Shortcut | None = None,
        **settings: Any,
    ) -> None:
        """*early* refuses requests before *application* sees them, and *shortcut* answers some in its place."""
        super().__init__(application, handle_signals=False, **settings)
        self._deadlines = deadlines
        self._connections = connections
        self._early = early
        self._shortcut = shortcut
        self._made: Server | None = None

    async def set_up(self) -> Server:
        """The server, for sites to hand connections to."""
        await self.setup()
        if self._made is None:
            raise RuntimeError("aiohttp makes servers in another way now")
        return self._made

    async def _make_server(self) -> Server:
        self._made = Server(
            await super()._make_server(),
            deadlines=self._deadlines,
            connections=self._connections,
            early=self._early,
            shortcut=self._shortcut,
        )
        return self._made
