"""``POST /api/v2/console-links``: hand a part of the caller's rights to a browser."""

from __future__ import annotations

import structlog
from aiohttp import web

from rulemint_gateway.management.console_sessions.answers import CreateLink, LinkAnswer
from rulemint_gateway.management.console_sessions.links import ConsoleLinks
from rulemint_gateway.management.errors import ForbiddenError
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.web.callers.bearer import scopes_now
from rulemint_gateway.web.callers.issuers import issuer_of
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.callers.tenancy import tenant_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer

log = structlog.get_logger(__name__)

CREATE = "create:sessions"


class ConsoleLinkHandlers:
    """The call that makes links."""

    def __init__(self, catalog: Catalog, links: ConsoleLinks) -> None:
        self._catalog = catalog
        self._links = links

    def operations(self) -> list[Operation]:
        """The one call."""
        return [
            Operation(
                method="POST",
                path="/api/v2/console-links",
                handle=self.create,
                tag="Console",
                summary="Make a link that signs in to the console once",
                scopes=(CREATE,),
                body=CreateLink,
                body_is_optional=True,
                answer=LinkAnswer,
                status=201,
            )
        ]

    async def create(self, request: web.Request) -> web.Response:
        """201 and a link, which begins one session within a minute.

        The session holds the scopes of the caller, or those of them that the body names. It ends with the caller's
        token at the latest. A session of the console makes no link, because it would outlive itself by that. The
        secret of the link stands behind ``#``, which no browser sends, so no server logs it.
        """
        caller = caller_of(request)
        if caller.session_id:
            raise ForbiddenError("A session makes no link: use a token", code="session_makes_no_link")
        body = await read_json(request, CreateLink) if request.can_read_body else CreateLink()
        config = tenant_of(request, self._catalog)
        answer = await self._links.create(
            config,
            body,
            client_id=caller.client_id,
            held=scopes_now(request, self._catalog, caller),
            ends_at_ms=caller.expires_at_s * 1_000,
            issuer=issuer_of(request, config),
        )
        log.info("console link made", tenant=caller.tenant, by=caller.client_id)
        return json_answer(answer, status=201, headers=NO_STORE)
