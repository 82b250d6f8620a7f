"""``/api/v2/tenants/settings``: how the caller's tenant answers."""

from __future__ import annotations

import structlog
from aiohttp import web

from rulemint_gateway.management.tenant_settings import PatchTenantSettings, TenantSettings
from rulemint_gateway.stores.catalog import Catalog
from rulemint_gateway.web.bearer import authorize
from rulemint_gateway.web.bodies import read_json
from rulemint_gateway.web.problems import NO_STORE, json_answer

log = structlog.get_logger(__name__)


class TenantSettingsHandlers:
    """The two calls of a tenant's settings."""

    def __init__(self, catalog: Catalog, settings: TenantSettings) -> None:
        self._catalog = catalog
        self._settings = settings

    def routes(self) -> list[web.RouteDef]:
        """The path of the settings."""
        path = "/api/v2/tenants/settings"
        return [web.get(path, self.read), web.patch(path, self.patch)]

    async def read(self, request: web.Request) -> web.Response:
        """200 and the settings."""
        caller = authorize(request, self._catalog, scope="read:tenant_settings")
        return json_answer(self._settings.read(caller.tenant), headers=NO_STORE)

    async def patch(self, request: web.Request) -> web.Response:
        """200 and the changed settings."""
        caller = authorize(request, self._catalog, scope="update:tenant_settings")
        body = await read_json(request, PatchTenantSettings)
        patched = await self._settings.patch(caller.tenant, body)
        log.info("tenant settings changed", tenant=caller.tenant, by=caller.client_id)
        return json_answer(patched, headers=NO_STORE)
