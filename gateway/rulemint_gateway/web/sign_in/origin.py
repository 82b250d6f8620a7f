"""The place that somebody signs in from, and the call that records name."""

from __future__ import annotations

from aiohttp import web

from rulemint_gateway.management.console_sessions.sessions import MAX_USER_AGENT, Origin
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_gateway.stores.writing.calls import Call
from rulemint_gateway.web.callers.source_address import source_address
from rulemint_gateway.web.http.header_text import well_formed


def origin_of(request: web.Request) -> Origin:
    """The place that *request* came from."""
    return Origin(source_address(request), well_formed(request.headers.get("User-Agent", ""))[:MAX_USER_AGENT])


def call_of(request: web.Request, config: TenantConfig, *, client_id: str = "", name: str = "") -> Call:
    """The call of a client, or of a person of that *name*; without either, of somebody who is not proven yet."""
    client = config.clients.get(client_id)
    origin = origin_of(request)
    return Call(
        tenant=config.tenant.name,
        client_id=client_id,
        client_name=client.name if client else name,
        ip=origin.ip,
        user_agent=origin.user_agent,
        method=request.method,
        path=request.path,
    )
