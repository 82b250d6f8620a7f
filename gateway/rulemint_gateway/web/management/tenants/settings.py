"""``/api/v2/tenants/settings``: how the caller's tenant answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from rulemint_gateway.management.tenants.settings import PatchTenantSettings, TenantSettings, TenantSettingsAnswer
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.etags import etag_header, require_match
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.paging import FieldsQuery, fields_query
from rulemint_gateway.web.http.problems import NO_STORE, json_answer

_Write = Callable[[str, PatchTenantSettings], Awaitable[TenantSettingsAnswer]]

log = structlog.get_logger(__name__)


class TenantSettingsHandlers:
    """The calls of a tenant's settings."""

    def __init__(self, settings: TenantSettings) -> None:
        self._settings = settings

    def operations(self) -> list[Operation]:
        """The calls about the settings."""
        path = "/api/v2/tenants/settings"
        return [
            Operation(
                method="GET",
                path=path,
                handle=self.read,
                tag="Tenants",
                summary="Read the settings of the own tenant",
                scopes=("read:tenant_settings",),
                query=FieldsQuery,
                answer=TenantSettingsAnswer,
                etag=True,
            ),
            Operation(
                method="PATCH",
                path=path,
                handle=self.patch,
                tag="Tenants",
                summary="Change the settings of the own tenant",
                scopes=("update:tenant_settings",),
                body=PatchTenantSettings,
                answer=TenantSettingsAnswer,
                etag=True,
                if_match=True,
            ),
            Operation(
                method="PUT",
                path=path,
                handle=self.replace,
                tag="Tenants",
                summary="Replace the settings of the own tenant",
                scopes=("update:tenant_settings",),
                body=PatchTenantSettings,
                answer=TenantSettingsAnswer,
                etag=True,
                if_match=True,
            ),
        ]

    async def read(self, request: web.Request) -> web.Response:
        """200 and the settings, or those that are asked for."""
        caller = caller_of(request)
        query = fields_query(request)
        settings = await self._settings.read(caller.tenant)
        return json_answer(query.project(settings), headers={**NO_STORE, **etag_header(settings)})

    async def patch(self, request: web.Request) -> web.Response:
        """200 and the changed settings; 412 if they are not what If-Match says."""
        return await self._write(request, self._settings.patch)

    async def replace(self, request: web.Request) -> web.Response:
        """200 and the settings: what the body names, and defaults; 412 if they are not what If-Match says."""
        return await self._write(request, self._settings.replace)

    async def _write(self, request: web.Request, write: _Write) -> web.Response:
        caller = caller_of(request)
        body = await read_json(request, PatchTenantSettings)
        require_match(request, lambda: self._settings.read(caller.tenant))
        patched = await write(caller.tenant, body)
        log.info("tenant settings changed", tenant=caller.tenant, by=caller.client_id)
        return json_answer(patched, headers={**NO_STORE, **etag_header(patched)})
