"""Admits watchers: by a bearer token in the header or in a websocket's list of protocols, or by a ticket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from rulemint_gateway.log_hub.tickets import Tickets
from rulemint_gateway.log_hub.watcher import Watcher
from rulemint_gateway.management.errors import UnauthorizedError, UnavailableError
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.web.callers.bearer import AuthorizedCaller, authorize, authorize_again, check_origin
from rulemint_gateway.web.callers.throttling import THROTTLING
from rulemint_gateway.web.log_stream.questions import TICKET_PARAMETER
from rulemint_shared.process.background import cancel

log = structlog.get_logger(__name__)

SCOPE = "read:logs"
LOOK_AGAIN_S = 2.0
PROTOCOL = "rulemint.logs"
"""A websocket that brings its token as a protocol offers this one too, and is answered with it."""
_TOKEN_PROTOCOL = "bearer."  # noqa: S105  # what stands before a token


async def admit(request: web.Request, catalog: Catalog, tickets: Tickets) -> AuthorizedCaller:
    """The caller, who may read the logs of its tenant.

    Raises:
        ManagementError: it may not, or its page is of another origin.
        RedisError, OSError: the ticket cannot be looked up.
    """
    check_origin(request)
    if ticket := request.query.get(TICKET_PARAMETER):
        return await _with_ticket(request, catalog, tickets, ticket)
    return authorize(request, catalog, scope=SCOPE, token=_token_among_protocols(request))


@asynccontextmanager
async def welcome_only(
    request: web.Request, catalog: Catalog, caller: AuthorizedCaller, watcher: Watcher
) -> AsyncIterator[None]:
    """End *watcher* within seconds after *caller*'s client, grant or tenant was taken away."""
    looking = asyncio.create_task(_close_when_unwelcome(request, catalog, caller, watcher))
    try:
        yield
    finally:
        await cancel([looking])


async def _close_when_unwelcome(
    request: web.Request, catalog: Catalog, caller: AuthorizedCaller, watcher: Watcher
) -> None:
    while True:
        await asyncio.sleep(LOOK_AGAIN_S)
        try:
            await authorize_again(request, catalog, caller, scope=SCOPE)
        except UnauthorizedError:
            watcher.close()
            return
        except UnavailableError:
            log.warning("could not see whether a session still holds", tenant=caller.tenant)


async def _with_ticket(request: web.Request, catalog: Catalog, tickets: Tickets, text: str) -> AuthorizedCaller:
    throttling = request.app[THROTTLING]
    throttling.check_bearer(request, text)
    ticket = await tickets.redeem(text)
    if ticket is None:
        throttling.bearer_failed(request)
        raise UnauthorizedError("The ticket has expired or was used: ask for another at POST /logs/tickets")
    caller = AuthorizedCaller(ticket.tenant, ticket.client_id, ticket.expires_at_s, ticket.session_id)
    return await authorize_again(request, catalog, caller, scope=SCOPE)


def _token_among_protocols(request: web.Request) -> str | None:
    """``Sec-WebSocket-Protocol: rulemint.logs, bearer.<token>`` (RFC 6455 §11.3.4)."""
    offered = [name.strip() for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    tokens = [name.removeprefix(_TOKEN_PROTOCOL) for name in offered if name.startswith(_TOKEN_PROTOCOL)]
    return tokens[0] if PROTOCOL in offered and len(tokens) == 1 else None
