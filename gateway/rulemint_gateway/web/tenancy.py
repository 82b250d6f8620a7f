"""Which tenant a request is for: its Host header says, and ``default`` answers for any other host."""

from __future__ import annotations

from aiohttp import web

from rulemint_gateway.stores.catalog import Catalog
from rulemint_gateway.stores.tenant_config import TenantConfig


def tenant_of(request: web.Request, catalog: Catalog) -> TenantConfig:
    """The configuration of the request's tenant."""
    return catalog.tenant_for_host(request.host)
