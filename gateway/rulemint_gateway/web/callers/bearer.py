"""Bearer token, or the session of the console → a caller who may (RFC 6750)."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from rulemint_gateway.management.console_sessions.held_scopes import granted_scopes
from rulemint_gateway.management.console_sessions.sessions import SignedIn
from rulemint_gateway.management.errors import ForbiddenError, UnauthorizedError
from rulemint_gateway.stores.catalog.authority import normalised
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig, why_closed
from rulemint_gateway.stores.writing.calls import CALL, Call
from rulemint_gateway.tokens.verifier import TokenRefusedError, verify_access_token
from rulemint_gateway.web.callers.console_session import SESSIONS, check_own_page, has_ended_session, signed_in
from rulemint_gateway.web.callers.issuers import issuers_of
from rulemint_gateway.web.callers.source_address import source_address
from rulemint_gateway.web.callers.tenancy import authority_of, tenant_of
from rulemint_gateway.web.callers.throttling import THROTTLING
from rulemint_gateway.web.http.header_text import well_formed
from rulemint_gateway.web.http.loading import asks_for_force, asks_for_no_check, audited_path

MAX_USER_AGENT = 512
CLOCK_LEEWAY_S = web.AppKey("clock_leeway_s", float)
"""By how much the clocks of two gateways may differ."""


class AuthorizedCaller(msgspec.Struct, frozen=True):
    """Someone whose token or session holds the scope that was asked for. Only `authorize` makes one."""

    tenant: str
    client_id: str
    expires_at_s: int
    """Unix time at which its token expires, or its session ends."""
    session_id: str = ""
    """The session of the console that it came with; empty: it came with a token."""
    scopes: tuple[str, ...] = ()
    """All that its token or session holds; see `scopes_now`."""


def authorize(request: web.Request, catalog: Catalog, *, scope: str, token: str | None = None) -> AuthorizedCaller:
    """The caller, if its token allows *scope*; *token* is it if it came otherwise than in the header.

    From here on it is the caller's `Call`: its changes are recorded as its own, and a refusal is too.

    Raises:
        ManagementError: `UnauthorizedError` without a usable token, `ForbiddenError` without the scope,
            `ThrottledError` if too many bad tokens came from its address.
    """
    return _authorize(request, catalog, (scope,), token)


def authorize_any(request: web.Request, catalog: Catalog, *, scopes: Sequence[str]) -> AuthorizedCaller:
    """The caller, if its token allows one of *scopes*: which of them the call needs, its body will say.

    Raises:
        ManagementError: as `authorize`.
    """
    return _authorize(request, catalog, scopes, None)


async def authorize_again(
    request: web.Request, catalog: Catalog, caller: AuthorizedCaller, *, scope: str
) -> AuthorizedCaller:
    """*caller*, who was authorized a moment ago at this or another gateway, if that still holds for this request.

    Raises:
        UnauthorizedError: it does not.
        UnavailableError: nobody can tell now.
    """
    config = tenant_of(request, catalog)
    is_here = config.tenant.name == caller.tenant and not config.tenant.is_closed
    if not is_here or not await _still_holds(request, config, caller, scope):
        raise UnauthorizedError("The client that asked for this may not read it here, or no more")
    return caller


async def _still_holds(request: web.Request, config: TenantConfig, caller: AuthorizedCaller, scope: str) -> bool:
    if caller.session_id:
        session = await request.app[SESSIONS].found(config, caller.session_id)
        return session is not None and scope in session.scopes
    api = config.management_api()
    return api is not None and _still_granted(config, caller.client_id, api.identifier, scope)


def scopes_now(request: web.Request, catalog: Catalog, caller: AuthorizedCaller) -> tuple[str, ...]:
    """All that *caller* may do now. Its token may name scopes that its client has lost since."""
    if caller.session_id:
        return caller.scopes
    granted = granted_scopes(tenant_of(request, catalog), caller.client_id)
    return tuple(scope for scope in caller.scopes if scope in granted)


def check_origin(request: web.Request) -> None:
    """Refuse a websocket that a page of another site opens (RFC 6455 §10.2).

    Raises:
        ForbiddenError: the Origin header names another host than the request's.
    """
    origin = request.headers.get("Origin")
    if origin is not None and normalised(urlsplit(origin).netloc) != normalised(authority_of(request)):
        raise ForbiddenError("This origin may not open a log stream", code="forbidden_origin")


def _authorize(request: web.Request, catalog: Catalog, scopes: Sequence[str], token: str | None) -> AuthorizedCaller:
    config = tenant_of(request, catalog)
    if config.tenant.is_closed:
        raise ForbiddenError(why_closed(config.tenant).capitalize(), code="tenant_disabled")
    session = signed_in(request)
    if token is None and session is not None:
        return _with_session(request, config, session, scopes)
    token = token or _bearer_token(request)
    api = config.management_api()
    if api is None:
        raise UnauthorizedError("This tenant has no management API")
    throttling = request.app[THROTTLING]
    throttling.check_bearer(request, token)
    try:
        verified = verify_access_token(
            token,
            config,
            audience=api.identifier,
            issuers=issuers_of(request, config),
            leeway_s=request.config_dict[CLOCK_LEEWAY_S],
        )
    except TokenRefusedError as error:
        if error.forged:  # a token that has expired is no guess
            throttling.bearer_failed(request)
        raise UnauthorizedError(f"Invalid token: {error}") from None
    throttling.bearer_proved(token)
    held = verified.scope.split()
    _begin_call(request, config, verified.client_id, held)  # before they are checked: a refusal is of this caller
    if not any(scope in held and _still_granted(config, verified.client_id, api.identifier, scope) for scope in scopes):
        raise _lacks(scopes)
    return AuthorizedCaller(config.tenant.name, verified.client_id, int(verified.exp), scopes=tuple(held))


def _with_session(
    request: web.Request, config: TenantConfig, signed_in: SignedIn, scopes: Sequence[str]
) -> AuthorizedCaller:
    """The caller by its session, whose scopes were compared with those of its client a moment ago."""
    session, held = signed_in
    check_own_page(request)
    _begin_call(request, config, session.holder.client_id, held, name=session.subject)
    if not any(scope in held for scope in scopes):
        raise _lacks(scopes)
    return AuthorizedCaller(config.tenant.name, session.holder.client_id, session.ends_at_ms // 1_000, session.id, held)


def _lacks(scopes: Sequence[str]) -> ForbiddenError:
    return ForbiddenError(f"Insufficient scope; expected any of: {', '.join(scopes)}", scopes=scopes)


def _begin_call(
    request: web.Request, config: TenantConfig, client_id: str, held: Sequence[str], *, name: str = ""
) -> None:
    """The call of the client, or of a person of that *name*."""
    if CALL.get() is not None:  # a call may need several scopes
        return
    client = config.clients.get(client_id)
    no_check, force = asks_for_no_check(request), asks_for_force(request)
    CALL.set(
        Call(
            tenant=config.tenant.name,
            client_id=client_id,
            client_name=client.name if client else name,
            ip=source_address(request),
            user_agent=well_formed(request.headers.get("User-Agent", ""))[:MAX_USER_AGENT],
            method=request.method,
            path=audited_path(request, no_check=no_check, force=force),
            no_check=no_check,
            force=force,
            scopes=frozenset(held),
        )
    )


def _still_granted(config: TenantConfig, client_id: str, audience: str, scope: str) -> bool:
    """A management token ends with its client or client grant, not only with its own lifetime."""
    grant = config.grant(client_id, audience)
    return client_id in config.clients and grant is not None and scope in config.scopes_of(grant)


def _bearer_token(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    if has_ended_session(request):
        raise UnauthorizedError("The session has ended: sign in to the console again", with_token=False)
    raise UnauthorizedError(
        "Send an access token for the management API: Authorization: Bearer <token>", with_token=bool(token.strip())
    )
