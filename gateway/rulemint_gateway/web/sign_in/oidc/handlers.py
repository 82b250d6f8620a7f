"""``/console/oidc/start`` and ``/console/oidc/callback``: a browser's way to a provider and back."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import Annotated, NamedTuple

import msgspec
import structlog
from aiohttp import hdrs, web
from msgspec import Meta

from rulemint_gateway.management.console_sessions.provider_bodies import ProviderName, redirect_uri
from rulemint_gateway.management.console_sessions.providers import Providers
from rulemint_gateway.management.console_sessions.sessions import Begun, Sessions
from rulemint_gateway.management.errors import (
    ForbiddenError,
    ManagementError,
    ThrottledError,
    UnauthorizedError,
    UnavailableError,
)
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig, why_closed
from rulemint_gateway.stores.sessions.records import Way
from rulemint_gateway.stores.traffic.refused_calls import RefusedCalls
from rulemint_gateway.stores.writing.calls import CALL
from rulemint_gateway.web.callers.console_session import set_cookie
from rulemint_gateway.web.callers.issuers import issuer_of
from rulemint_gateway.web.callers.tenancy import tenant_of
from rulemint_gateway.web.callers.throttling import THROTTLING
from rulemint_gateway.web.http.html_pages import html_page, page_answer
from rulemint_gateway.web.http.problems import NO_STORE
from rulemint_gateway.web.http.queries import query_of
from rulemint_gateway.web.sign_in.oidc.fetching import ProviderError
from rulemint_gateway.web.sign_in.oidc.flow import CodeFlow, Person, Returned
from rulemint_gateway.web.sign_in.oidc.id_tokens import IdTokenError
from rulemint_gateway.web.sign_in.oidc.pending import Pending, begun, brought_back, forget, hand_out
from rulemint_gateway.web.sign_in.origin import call_of, origin_of
from rulemint_shared.secrets.vault import Vault, VaultError

log = structlog.get_logger(__name__)

CONSOLE = "/console/"
START, CALLBACK = "/console/oidc/start", "/console/oidc/callback"
MAX_CODE = 4_000


class StartQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The provider to sign in at."""

    provider: ProviderName


class CallbackQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters that a provider sends a browser back with; others are not read."""

    state: Annotated[str, Meta(max_length=MAX_CODE)] = ""
    code: Annotated[str, Meta(max_length=MAX_CODE)] = ""
    error: Annotated[str, Meta(max_length=MAX_CODE)] = ""
    iss: Annotated[str, Meta(max_length=MAX_CODE)] = ""


class Parts(NamedTuple):
    """The things that signing in by a provider needs."""

    sessions: Sessions
    providers: Providers
    flow: CodeFlow
    vault: Vault
    refused: RefusedCalls


class OidcHandlers:
    """Pages for a browser, not calls of a script: their errors are HTML."""

    def __init__(self, catalog: Catalog, parts: Parts) -> None:
        self._catalog = catalog
        self._parts = parts

    def routes(self) -> list[web.RouteDef]:
        """The two paths. A browser comes to them as to pages, so the description of the service leaves them out."""
        return [web.get(START, self.start), web.get(CALLBACK, self.callback)]

    async def start(self, request: web.Request) -> web.Response:
        """303 to the provider, and a cookie by which the way back is recognised for ten minutes."""
        config = tenant_of(request, self._catalog)
        try:
            _check_open(config)
            provider = self._parts.providers.find(config.tenant.name, query_of(request, StartQuery).provider)
            pending = begun(config.tenant.name, provider.name)
            back = redirect_uri(issuer_of(request, config))
            address = await self._parts.flow.address(provider, pending, redirect_uri=back)
        except ProviderError as error:
            log.warning("a provider cannot be used", tenant=config.tenant.name, why=str(error))
            return _page(UnavailableError("The provider does not answer as it must; the server's log says why"))
        except ManagementError as error:
            return _page(error)
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={**NO_STORE, hdrs.LOCATION: address})
        hand_out(response, pending, self._parts.vault)
        return response

    async def callback(self, request: web.Request) -> web.Response:
        """303 to the console with the cookie of a new session, for a browser that began to sign in here.

        `state`, `nonce` and the code verifier must be those of this browser, and the ID token must be signed by a key
        of the provider. All else is a page that says what to do, with a status of 4xx or 503.
        """
        config = tenant_of(request, self._catalog)
        call = call_of(request, config)
        CALL.set(call)
        try:
            new = await self._signed_in(request, config)
        except ThrottledError:
            raise
        except ManagementError as error:
            await self._parts.refused.record(CALL.get() or call, status=error.status, error=error.message)
            response = _page(error)
        else:
            response = web.Response(status=HTTPStatus.SEE_OTHER, headers={**NO_STORE, hdrs.LOCATION: CONSOLE})
            set_cookie(response, new.text)
            log.info("signed in to the console", tenant=config.tenant.name, client=new.answer.client_id)
        forget(response)
        return response

    async def _signed_in(self, request: web.Request, config: TenantConfig) -> Begun:
        _check_open(config)
        query = query_of(request, CallbackQuery)
        throttling = request.app[THROTTLING]
        throttling.check_bearer(request, query.state)
        pending = brought_back(request, self._parts.vault, tenant=config.tenant.name)
        if pending is None:
            throttling.bearer_failed(request)
            raise UnauthorizedError(
                f"This browser began no sign-in here, or more than ten minutes ago. Begin at "
                f"{issuer_of(request, config)}console/",
                with_token=False,
            )
        try:
            person = await self._person(request, config, pending, query)
        except UnauthorizedError:
            throttling.bearer_failed(request)
            raise
        CALL.set(call_of(request, config, client_id=person.holder.client_id, name=person.subject))
        if not person.holder.values:
            raise ForbiddenError("Your account may do nothing here: its administrator can give it a scope")
        return await self._parts.sessions.begin(
            config, person.holder, way=Way.OIDC, subject=person.subject, origin=origin_of(request)
        )

    async def _person(
        self, request: web.Request, config: TenantConfig, pending: Pending, query: CallbackQuery
    ) -> Person:
        if query.error or not query.code:
            raise UnauthorizedError("The provider did not sign you in: try again", with_token=False)
        provider = self._parts.providers.find(config.tenant.name, pending.provider)
        try:
            return await self._parts.flow.person(
                provider,
                pending,
                Returned(query.code, query.iss),
                secret=self._parts.providers.secret_of(provider),
                redirect_uri=redirect_uri(issuer_of(request, config)),
            )
        except (ProviderError, IdTokenError, VaultError) as error:
            log.warning("a provider signed nobody in", tenant=config.tenant.name, why=str(error))
            raise UnauthorizedError(
                "The provider's answer was not good; the server's log says why", with_token=False
            ) from None


def _check_open(config: TenantConfig) -> None:
    if config.tenant.is_closed:
        raise ForbiddenError(why_closed(config.tenant).capitalize(), code="tenant_disabled")


def _page(error: ManagementError) -> web.Response:
    text = html_page(
        "Rulemint: not signed in",
        f'<h1>Not signed in</h1><p>{escape(error.message)}.</p><p><a href="{CONSOLE}">Back to the console</a></p>',
    )
    response = page_answer(text, headers=dict(NO_STORE))
    response.set_status(error.status)
    return response
