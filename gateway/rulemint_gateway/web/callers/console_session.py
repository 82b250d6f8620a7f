"""The console's cookie: a browser's request → the session that it stands for.

A page of another port of this host is of the same site, so the browser sends it this cookie too. Two things tell our
own page: the browser says ``Sec-Fetch-Site: same-origin``, and the page adds a header that no foreign page can add
without a preflight, which nobody answers. A websocket has neither, and says its origin.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from rulemint_gateway.management.console_sessions.sessions import Sessions, SignedIn
from rulemint_gateway.management.errors import ForbiddenError
from rulemint_gateway.stores.catalog.authority import normalised
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.web.callers.tenancy import authority_of, tenant_of
from rulemint_gateway.web.http.problems import Handler

COOKIE = "__Host-rulemint"
"""The prefix makes browsers refuse it without Secure, with a Domain, or for a part of the paths."""
PAGE_HEADER, PAGE_HEADER_VALUE = "X-Rulemint-Console", "1"
SESSIONS = web.AppKey("console_sessions", Sessions)
COOKIE_PATHS = ("/api/v2/", "/logs", "/console/api/")
"""A cookie is looked at here, and nowhere else."""
_SIGNED_IN = web.RequestKey("signed_in", SignedIn)
_COOKIE_OVER = web.RequestKey("cookie_over", bool)
_READING = frozenset({"GET", "HEAD"})
_SITE = "Sec-Fetch-Site"
_OWN_READS = frozenset({"same-origin", "none", ""})
"""``none``: the reader typed the address. Empty: a client that is no browser, or an old one."""


def session_middleware(catalog: Catalog) -> Middleware:
    """Make the middleware that looks up the session of a request with a cookie and without an Authorization header."""

    @web.middleware
    async def look_up(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(COOKIE_PATHS) and "Authorization" not in request.headers:
            text = request.cookies.get(COOKIE)
            if text is not None:
                found = await request.app[SESSIONS].proved_by(tenant_of(request, catalog), text)
                if found is None:
                    request[_COOKIE_OVER] = True
                else:
                    request[_SIGNED_IN] = found
        return await handler(request)

    return look_up


def signed_in(request: web.Request) -> SignedIn | None:
    """The session of *request*; None if it has none that is good."""
    return request.get(_SIGNED_IN)


def has_ended_session(request: web.Request) -> bool:
    """True if *request* has a cookie whose session has ended, or never was."""
    return bool(request.get(_COOKIE_OVER))


def check_own_page(request: web.Request) -> None:
    """Return if our own page sent *request*, as far as what it asks for needs it.

    Raises:
        ForbiddenError: it may be another page, which a reader of ours has open.
    """
    if request.method not in _READING:
        check_change(request)
    elif request.headers.get("Upgrade", "").lower() == "websocket":
        check_page_origin(request)
    elif request.headers.get(_SITE, "") not in _OWN_READS:
        raise _foreign("The console's cookie counts for pages of this address only")


def check_change(request: web.Request) -> None:
    """Return if our own page sent *request*, which changes something.

    Raises:
        ForbiddenError: nothing shows that it did.
    """
    if request.headers.get(_SITE) != "same-origin" or request.headers.get(PAGE_HEADER) != PAGE_HEADER_VALUE:
        raise _foreign(
            f"With the console's cookie, a change needs {_SITE}: same-origin, which browsers send over https and on "
            f"localhost, and {PAGE_HEADER}: {PAGE_HEADER_VALUE}"
        )


def check_page_origin(request: web.Request) -> None:
    """Return if a page of this address opens the websocket *request* (RFC 6455 §10.2).

    Raises:
        ForbiddenError: another one does, or a page that anybody on the network may have changed.
    """
    origin = urlsplit(request.headers.get("Origin", ""))
    is_ours = bool(origin.netloc) and normalised(origin.netloc) == normalised(authority_of(request))
    if not is_ours or not (origin.scheme == "https" or (origin.scheme == "http" and _is_loopback(origin.hostname))):
        raise _foreign("With the console's cookie, a websocket needs the Origin of this address")


def set_cookie(response: web.StreamResponse, text: str) -> None:
    """Have the browser keep *text* until it is closed, and show it to no script and no other site."""
    response.set_cookie(COOKIE, text, path="/", secure=True, httponly=True, samesite="Strict")


def clear_cookie(response: web.StreamResponse) -> None:
    """Have the browser forget the cookie."""
    response.set_cookie(COOKIE, "", path="/", secure=True, httponly=True, samesite="Strict", max_age=0)


def _foreign(message: str) -> ForbiddenError:
    return ForbiddenError(message, code="forbidden_origin")


def _is_loopback(host: str | None) -> bool:
    """True of a name or address of this machine, where no network is between a page and its server."""
    name = (host or "").rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
