"""``GET /`` leads people to the console, and ``GET /start`` says how a program gets a token.

Programs find nothing at ``/``, as on any other path.
"""

from __future__ import annotations

from html import escape
from http import HTTPStatus

from aiohttp import web

from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_gateway.web.callers.issuers import issuer_of
from rulemint_gateway.web.callers.tenancy import tenant_of
from rulemint_gateway.web.http.html_pages import html_page, page_answer
from rulemint_shared.demo_client import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET

_HTML = "text/html"
_VARY = {"Vary": "Accept"}
_PATHS = {
    "/console/": "see, try and change this tenant's rules and clients",
    "/docs/": "all pages: to begin, to look up, to operate",
    "/docs/api": "every call, with examples",
    "/api/v2/openapi.json": "the same for programs, as OpenAPI 3.1",
    "/.well-known/openid-configuration": "discovery: where tokens and keys are",
    "/.well-known/jwks.json": "the public keys, with which an API checks a token",
    "/readyz": "whether tokens can be issued now",
}
_COMMANDS = {
    "rulemint status": "says whether gateways and runners are well",
    "rulemint rules list": "shows the rules that decide about tokens",
    "rulemint logs -f": "shows what rules write, while they run",
    "rulemint exchanges": "lists the last token requests; rulemint exchanges show --last says why one failed",
}


class FrontPage:
    """The page of each tenant. It says nothing that a token request or the metadata would not."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def routes(self) -> list[web.RouteDef]:
        """The two paths. They are no calls, so the description of the service leaves them out."""
        return [web.get("/", self.enter), web.get("/start", self.show)]

    async def enter(self, request: web.Request) -> web.Response:
        """302 to the console for a browser.

        Raises:
            HTTPNotFound: the caller does not ask for HTML.
        """
        if _HTML not in request.headers.get("Accept", ""):
            raise web.HTTPNotFound(headers=_VARY)
        return web.Response(status=HTTPStatus.FOUND, headers={**_VARY, "Location": "/console/"})

    async def show(self, request: web.Request) -> web.Response:
        """200 and the page, for the tenant that is asked."""
        config = tenant_of(request, self._catalog)
        return page_answer(_page(issuer_of(request, config), config))


def _page(issuer: str, config: TenantConfig) -> str:
    name = config.tenant.name
    return html_page(
        f"Rulemint: {name}",
        f"<h1>Rulemint</h1><p>This is the token service of the tenant <b>{escape(name)}</b>. A program asks it for",
        " an OAuth 2.0 access token (client credentials), and the tenant's own rules decide what is in it.</p>",
        f"<p>Issuer: <code>{escape(issuer)}</code></p>",
        f"<h2>Ask for a token</h2><pre>{escape(_curl(issuer, config))}</pre>",
        "<h2>What is here</h2>",
        _table({f'<a href="{path}">{path}</a>': meaning for path, meaning in _PATHS.items()}),
        "<h2>On the command line</h2>",
        _table({f"<code>{command}</code>": meaning for command, meaning in _COMMANDS.items()}),
    )


def _curl(issuer: str, config: TenantConfig) -> str:
    """A shell command that asks for a token: as the demo's client where it is, whose secret everybody knows."""
    grants = config.grants_of(DEMO_CLIENT_ID)
    if grants:
        client_id, secret, audience = DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, grants[0].audience
    else:
        client_id, secret, audience = "CLIENT_ID", "CLIENT_SECRET", "AUDIENCE"
    return (
        f"curl -s {issuer}oauth/token -H 'Content-Type: application/json' -d '{{\n"
        f'  "client_id": "{client_id}", "client_secret": "{secret}",\n'
        f'  "audience": "{audience}", "grant_type": "client_credentials"}}\''
    )


def _table(rows: dict[str, str]) -> str:
    cells = "".join(f"<tr><td>{first}</td><td>{escape(meaning)}</td></tr>" for first, meaning in rows.items())
    return f"<table>{cells}</table>"
