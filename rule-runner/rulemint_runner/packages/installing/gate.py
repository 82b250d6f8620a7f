"""The gate: all that an installer can reach. It serves what a `Shelf` has, and remembers what went wrong."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import NoReturn

from aiohttp import web

from rulemint_runner.packages.installing.refusal import InstallError
from rulemint_runner.packages.installing.shelf import Shelf
from rulemint_runner.packages.installing.upstream import NoAnswerError


class Gate:
    """The requests of an installer, and the answers that it did not get."""

    def __init__(self, shelf: Shelf, path: str) -> None:
        """*path* is where everything is below: nobody else on this machine knows it."""
        self._shelf = shelf
        self._path = path
        self._missing: dict[str, NoAnswerError] = {}
        self._refused: asyncio.Future[NoReturn] = asyncio.get_running_loop().create_future()

    @property
    def missing(self) -> list[NoAnswerError]:
        """List what the registry did not give, the last time that it was asked."""
        return list(self._missing.values())

    async def refused(self) -> NoReturn:
        """Wait for a reason for which the installation may not be done.

        Raises:
            InstallError: this one.
        """
        await asyncio.shield(self._refused)
        raise AssertionError("it has no other result")

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """The answer to one request."""
        path = request.path
        if not path.startswith(self._path) or request.method != "GET" or self._refused.done():
            return web.Response(status=HTTPStatus.NOT_FOUND)
        try:
            given = await self._shelf.answer(path.removeprefix(self._path))
        except InstallError as error:
            if not self._refused.done():
                self._refused.set_exception(error)
            return web.Response(status=HTTPStatus.FORBIDDEN)
        except NoAnswerError as error:
            self._missing[path] = error
            status = error.status or HTTPStatus.BAD_GATEWAY
            return web.Response(status=status if status >= HTTPStatus.BAD_REQUEST else HTTPStatus.BAD_GATEWAY)
        self._missing.pop(path, None)
        if given is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.Response(body=given.body, content_type=given.content_type)


@asynccontextmanager
async def serve_gate(gate: Gate, listener: socket.socket) -> AsyncIterator[None]:
    """Answer all clients of *listener*."""
    runner = web.ServerRunner(web.Server(gate.answer, access_log=None))
    await runner.setup()
    try:
        await web.SockSite(runner, listener, shutdown_timeout=0.1).start()
        yield
    finally:
        await runner.cleanup()
