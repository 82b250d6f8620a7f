"""Bounds the management calls that are answered at once: each keeps its place until its answer is read.

So answers that slow readers have not taken are bounded, for each tenant and for all; further calls wait for their turn.
A place is worth a megabyte at most: long lists are written in pieces (`long_lists`). Of the calls that read, only a few
are made at once, because all of them take the event loop's time. A flood waits for itself.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from rulemint_gateway.management.errors import UnavailableError
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.web.callers.permitted import permitted
from rulemint_gateway.web.callers.tenancy import tenant_of
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import Handler
from rulemint_shared.fairness.turns import NoTurnError, Turns

WAIT_S = 10.0
MADE_AT_ONCE = 2
BEGUN = "rulemint.answer-begun"
"""A request's key of its `Begun`."""
MANAGEMENT = ("/api/", "/console/api/")
_READING = frozenset({"GET", "HEAD"})
_NOBODY = ""
"""The holder of a place where nobody has to log in."""


class Answers:
    """Gives each call its place. Those that read and those that change do not wait for each other."""

    def __init__(self, catalog: Catalog, *, at_once: int) -> None:
        """*at_once*: places of each kind."""
        self._catalog = catalog
        self._reading = Turns(at_once, waiting=16 * at_once, waiting_of_one=4 * at_once)
        self._changing = Turns(at_once, waiting=16 * at_once, waiting_of_one=4 * at_once)
        self._making = Turns(MADE_AT_ONCE, waiting=at_once, waiting_of_one=at_once)

    def of(self, operation: Operation) -> Handler:
        """The handler of *operation*: with a place and for permitted callers if it is one of management, or public."""
        if operation.path.startswith(MANAGEMENT) or "text/html" in operation.answers:
            return self.in_turn(permitted(operation, self._catalog), public=not operation.scopes)
        return operation.handle

    def in_turn(self, handle: Handler, *, public: bool = False) -> Handler:
        """*handle*, which has a place until its answer is read."""

        async def handle_in_turn(request: web.Request) -> web.StreamResponse:
            tenant = _NOBODY if public else tenant_of(request, self._catalog).tenant.name
            is_reading = request.method in _READING
            turns = self._reading if is_reading else self._changing
            try:
                async with turns.taken(tenant, within_s=WAIT_S):
                    response = await self._made(request, handle, tenant) if is_reading else await handle(request)
                    await _until_read(request, response)
                    return response
            except NoTurnError:
                raise UnavailableError("Too many calls of this tenant at once: send fewer, or try again") from None

        return handle_in_turn

    async def _made(self, request: web.Request, handle: Handler, tenant: str) -> web.StreamResponse:
        """The answer; of a long one the beginning, for the rest of it waits for its reader."""
        if not self._making.take_now(tenant):
            await self._making.wait(tenant, within_s=WAIT_S)
        begun = request[BEGUN] = Begun(lambda: self._making.give_back(tenant))
        try:
            return await handle(request)
        finally:
            begun.note()


class Begun:
    """Told once that an answer is on its way to its reader."""

    def __init__(self, then: Callable[[], None]) -> None:
        self._then: Callable[[], None] | None = then

    def note(self) -> None:
        """It is; to say it again does nothing."""
        then, self._then = self._then, None
        if then is not None:
            then()


async def _until_read(request: web.Request, response: web.StreamResponse) -> None:
    """Send *response*; the transport takes the last of it when little is left to be read."""
    try:
        await response.prepare(request)
        await response.write_eof()
    except ConnectionError:
        pass  # its reader has gone, or was cut off
