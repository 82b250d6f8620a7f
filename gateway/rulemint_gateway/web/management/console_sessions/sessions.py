"""``/console/api/sessions``: who is signed in to the console of the caller's tenant."""

from __future__ import annotations

import structlog
from aiohttp import web

from rulemint_gateway.management.console_sessions.answers import ListedSession
from rulemint_gateway.management.console_sessions.sessions import Sessions
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.callers.tenancy import tenant_of
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer

log = structlog.get_logger(__name__)

READ, DELETE = "read:sessions", "delete:sessions"


class SessionHandlers:
    """The calls about all sessions of a tenant."""

    def __init__(self, catalog: Catalog, sessions: Sessions) -> None:
        self._catalog = catalog
        self._sessions = sessions

    def operations(self) -> list[Operation]:
        """List and revoke."""
        return [
            Operation(
                method="GET",
                path="/console/api/sessions",
                handle=self.list,
                tag="Console",
                summary="List who is signed in to the console",
                scopes=(READ,),
                answer=list[ListedSession],
            ),
            Operation(
                method="DELETE",
                path="/console/api/sessions/{id}",
                handle=self.revoke,
                tag="Console",
                summary="Revoke a session of the console",
                scopes=(DELETE,),
                status=204,
            ),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """200 and the sessions of the tenant, the newest first; at most a thousand."""
        caller = caller_of(request)
        listed = await self._sessions.list(tenant_of(request, self._catalog), own_id=caller.session_id)
        return json_answer(listed, headers=NO_STORE)

    async def revoke(self, request: web.Request) -> web.Response:
        """204, also if there is no such session. Its next call is refused, and its log streams close in seconds."""
        caller = caller_of(request)
        session_id = request.match_info["id"]
        await self._sessions.end(tenant_of(request, self._catalog), session_id, why="it was revoked")
        log.info("session revoked", tenant=caller.tenant, by=caller.client_id)
        return web.Response(status=204)
