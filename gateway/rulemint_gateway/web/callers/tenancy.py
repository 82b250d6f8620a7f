"""Finds the tenant of a request: its Host header says, and ``default`` answers for any other host."""

from __future__ import annotations

import msgspec
from aiohttp import web

from rulemint_gateway.oauth.token_request import TokenRequest
from rulemint_gateway.stores.catalog.authority import normalised
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig


def tenant_of(request: web.Request, catalog: Catalog) -> TenantConfig:
    """The configuration of the request's tenant."""
    return catalog.tenant_for_host(authority_of(request))


def authority_of(request: web.Request) -> str:
    """The Host header, empty if there is none: aiohttp's ``host`` would ask the resolver for this machine's name."""
    return request.headers.get("Host", "")


def with_own_audience(host: str, config: TenantConfig, asked: TokenRequest) -> TokenRequest:
    """*asked* of *host*, where ``https://<the host that it was sent to>/api/v2/`` means the tenant's management API.

    The SDKs make the audience from the domain that they were given, which need not be the issuer's.
    """
    if not asked.audience.endswith("/api/v2/"):
        return asked
    api = config.management_api()
    if api is None or config.api(asked.audience) is not None:
        return asked
    scheme, _, rest = asked.audience.removesuffix("/api/v2/").partition("://")
    is_here = scheme in {"http", "https"} and normalised(rest) == normalised(host)
    return msgspec.structs.replace(asked, audience=api.identifier) if is_here else asked
