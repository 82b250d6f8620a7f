"""Which tenant a request is for: its Host header says, and ``default`` answers for any other host."""

from __future__ import annotations

import msgspec
from aiohttp import web

from rulemint_gateway.oauth.token_request import TokenRequest
from rulemint_gateway.stores.catalog import Catalog
from rulemint_gateway.stores.tenant_config import TenantConfig


def tenant_of(request: web.Request, catalog: Catalog) -> TenantConfig:
    """The configuration of the request's tenant."""
    return catalog.tenant_for_host(request.host)


def with_own_audience(request: web.Request, config: TenantConfig, asked: TokenRequest) -> TokenRequest:
    """*asked*, where ``https://<the host that it was sent to>/api/v2/`` means the tenant's management API.

    The SDKs make the audience from the domain that they were given, which need not be the issuer's.
    """
    if not asked.audience.endswith("/api/v2/"):
        return asked
    api = config.management_api()
    here = {f"{scheme}://{request.host}/api/v2/" for scheme in ("http", "https")}
    if api is None or asked.audience not in here or config.api(asked.audience) is not None:
        return asked
    return msgspec.structs.replace(asked, audience=api.identifier)
