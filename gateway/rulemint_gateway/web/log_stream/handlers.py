"""``GET /logs`` and ``POST /logs/tickets``."""

from __future__ import annotations

from aiohttp import web
from redis.exceptions import RedisError

from rulemint_gateway.log_hub.hub import LogHub, TooManyWatchersError
from rulemint_gateway.log_hub.tickets import TICKET_LIVES_S, Ticket, Tickets
from rulemint_gateway.management.errors import TooManyError, UnavailableError
from rulemint_gateway.management.nouns.answers import Answer
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.web.callers.bearer import authorize
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.log_stream.admission import SCOPE, admit, welcome_only
from rulemint_gateway.web.log_stream.questions import LAST_EVENT_ID, StreamQuery, beginning_of, filter_of
from rulemint_gateway.web.log_stream.responses import EVENT_STREAM, NDJSON, send_body
from rulemint_gateway.web.log_stream.websocket import a_websocket, send_frames
from rulemint_shared.clock import unix_s


class IssuedTicket(Answer, frozen=True, kw_only=True):
    """A ticket, which opens one stream, once, within ``expires_in`` seconds."""

    ticket: str
    expires_in: int


class LogStream:
    """Log records of the caller's own tenant."""

    def __init__(self, catalog: Catalog, hub: LogHub, tickets: Tickets, *, write_timeout_s: float) -> None:
        self._catalog = catalog
        self._hub = hub
        self._tickets = tickets
        self._write_timeout_s = write_timeout_s

    def operations(self) -> list[Operation]:
        """The stream, and what opens it to a browser."""
        return [
            Operation(
                method="GET",
                path="/logs",
                name="get_log_stream",
                handle=self.handle,
                tag="Log stream",
                summary="Watch what rules write, live",
                scopes=(SCOPE,),
                query=StreamQuery,
                answer=str,
                answers=(NDJSON, EVENT_STREAM),
            ),
            Operation(
                method="POST",
                path="/logs/tickets",
                handle=self.issue_ticket,
                tag="Log stream",
                summary="Get a ticket for a stream",
                scopes=(SCOPE,),
                answer=IssuedTicket,
                status=201,
            ),
        ]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Records from where the caller asks on, until either side ends it, or the caller's token or session does.

        Raises:
            ManagementError: no token with ``read:logs``, a foreign origin, a malformed question, or no place.
        """
        try:
            caller = await admit(request, self._catalog, self._tickets)
            log_filter = filter_of(request.query)
            beginning = beginning_of(request.query, request.headers.get(LAST_EVENT_ID))
            async with (
                self._hub.watch(caller.tenant, log_filter, beginning) as watcher,
                welcome_only(request, self._catalog, caller, watcher),
            ):
                left_s = caller.expires_at_s - unix_s()
                socket = a_websocket()
                if socket.can_prepare(request).ok:
                    await socket.prepare(request)
                    await send_frames(request, socket, watcher, for_s=left_s, write_timeout_s=self._write_timeout_s)
                    return socket
                return await send_body(request, watcher, for_s=left_s, write_timeout_s=self._write_timeout_s)
        except TooManyWatchersError:
            raise TooManyError(
                "This tenant has too many log streams open at this gateway: close one, or try again"
            ) from None
        except (RedisError, OSError) as error:
            raise UnavailableError("The logs cannot be read now: try again") from error

    async def issue_ticket(self, request: web.Request) -> web.Response:
        """A ticket that opens one stream, once, within 30 seconds.

        Raises:
            ManagementError: no token with ``read:logs``, or the ticket cannot be kept.
        """
        caller = authorize(request, self._catalog, scope=SCOPE)
        ticket = Ticket(
            tenant=caller.tenant,
            client_id=caller.client_id,
            expires_at_s=caller.expires_at_s,
            session_id=caller.session_id,
        )
        try:
            text = await self._tickets.issue(ticket)
        except (RedisError, OSError) as error:
            raise UnavailableError("The ticket cannot be kept now: try again") from error
        return json_answer({"ticket": text, "expires_in": TICKET_LIVES_S}, status=201, headers=dict(NO_STORE))
