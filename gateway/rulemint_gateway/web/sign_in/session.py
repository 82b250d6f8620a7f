"""``/console/api/session``: sign in, look at the own session, sign out."""

from __future__ import annotations

from typing import NamedTuple

import structlog
from aiohttp import web
from msgspec import UNSET

from rulemint_gateway.management.console_sessions.answers import SessionAnswer, SignIn
from rulemint_gateway.management.console_sessions.links import USED, ConsoleLinks
from rulemint_gateway.management.console_sessions.sessions import Begun, Sessions
from rulemint_gateway.management.errors import ForbiddenError, InvalidBodyError, UnauthorizedError
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig, why_closed
from rulemint_gateway.stores.sessions.records import Way
from rulemint_gateway.stores.writing.calls import CALL
from rulemint_gateway.web.callers.console_session import check_change, clear_cookie, set_cookie, signed_in
from rulemint_gateway.web.callers.source_address import source_address
from rulemint_gateway.web.callers.tenancy import tenant_of
from rulemint_gateway.web.callers.throttling import THROTTLING
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.sign_in.client_secrets import ClientSecretSignIn
from rulemint_gateway.web.sign_in.origin import call_of, origin_of

log = structlog.get_logger(__name__)

PATH = "/console/api/session"
TAG = "Console"


class WaysToSignIn(NamedTuple):
    """Each of them begins a session."""

    client_secrets: ClientSecretSignIn
    links: ConsoleLinks


class SessionHandler:
    """The calls about the caller's own session."""

    def __init__(self, catalog: Catalog, sessions: Sessions, ways: WaysToSignIn) -> None:
        self._catalog = catalog
        self._sessions = sessions
        self._ways = ways

    def operations(self) -> list[Operation]:
        """Sign in, look, sign out."""
        return [
            Operation(
                method="POST",
                path=PATH,
                handle=self.sign_in,
                tag=TAG,
                summary="Sign in to the console",
                body=SignIn,
                answer=SessionAnswer,
                status=201,
                refusals=(400, 401, 403, 429, 503),
            ),
            Operation(
                method="GET",
                path=PATH,
                handle=self.read,
                tag=TAG,
                summary="Read the own session",
                answer=SessionAnswer,
                refusals=(401, 403, 503),
            ),
            Operation(
                method="DELETE",
                path=PATH,
                handle=self.sign_out,
                tag=TAG,
                summary="Sign out of the console",
                status=204,
                refusals=(403, 503),
            ),
        ]

    async def sign_in(self, request: web.Request) -> web.Response:
        """201, the session, and its cookie. It is always a new session; one that the browser had ends.

        Signing in needs `Sec-Fetch-Site: same-origin` and `X-Rulemint-Console: 1`, as every change with the cookie
        does, because a foreign page could sign the reader in as somebody else.
        """
        check_change(request)
        body = await read_json(request, SignIn)
        config = tenant_of(request, self._catalog)
        CALL.set(call_of(request, config))  # so that a refusal is recorded
        begun = await self._begin(request, config, body)
        if before := signed_in(request):
            await self._sessions.end(config, before.session.id, why="its browser signed in anew")
        log.info("signed in to the console", tenant=config.tenant.name, client=begun.answer.client_id)
        response = json_answer(begun.answer, status=201, headers=NO_STORE)
        set_cookie(response, begun.text)
        return response

    async def read(self, request: web.Request) -> web.Response:
        """200 and the session of the cookie, with the scopes that it holds now; 401 if it has none that is good."""
        session = signed_in(request)
        if session is None:
            raise UnauthorizedError("Nobody is signed in here, or the session has ended", with_token=False)
        answer = self._sessions.answer(tenant_of(request, self._catalog).tenant.name, session)
        return json_answer(answer, headers=NO_STORE)

    async def sign_out(self, request: web.Request) -> web.Response:
        """204: the session has ended on the server, and the browser forgets its cookie. Also if there was none."""
        check_change(request)
        config = tenant_of(request, self._catalog)
        if found := signed_in(request):
            session = found.session
            CALL.set(call_of(request, config, client_id=session.holder.client_id, name=session.subject))
            await self._sessions.end(config, found.session.id, why="its owner signed out")
        response = web.Response(status=204, headers=NO_STORE)
        clear_cookie(response)
        return response

    async def _begin(self, request: web.Request, config: TenantConfig, body: SignIn) -> Begun:
        if config.tenant.is_closed:
            raise ForbiddenError(why_closed(config.tenant).capitalize(), code="tenant_disabled")
        if body.tenant not in {UNSET, "", config.tenant.name}:
            raise InvalidBodyError("This address is of another tenant: open the console at its own", field="tenant")
        if body.link is not UNSET:
            return await self._by_link(request, config, body.link)
        if body.client_id is UNSET or body.client_secret is UNSET:
            missing = "client_id" if body.client_id is UNSET else "client_secret"
            raise InvalidBodyError("Send client_id and client_secret, or link", field=missing)
        proven = self._ways.client_secrets.prove(
            config, body.client_id, body.client_secret, source=source_address(request)
        )
        CALL.set(call_of(request, config, client_id=proven.holder.client_id))
        return await self._sessions.begin(
            config, proven.holder, way=Way.CLIENT_CREDENTIALS, subject=proven.subject, origin=origin_of(request)
        )

    async def _by_link(self, request: web.Request, config: TenantConfig, text: str) -> Begun:
        throttling = request.app[THROTTLING]
        throttling.check_bearer(request, text)
        try:
            link = await self._ways.links.redeem(config, text)
        except UnauthorizedError:
            throttling.bearer_failed(request)
            raise UnauthorizedError(USED, with_token=False) from None
        CALL.set(call_of(request, config, client_id=link.holder.client_id))
        return await self._sessions.begin(
            config,
            link.holder,
            way=Way.LINK,
            subject=link.subject,
            origin=origin_of(request),
            ends_at_ms=link.ends_at_ms,
        )
