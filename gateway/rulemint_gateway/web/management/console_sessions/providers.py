"""``/api/v2/console-providers``: the providers of OpenID Connect by which people sign in to the console."""

from __future__ import annotations

import msgspec
import structlog
from aiohttp import web

from rulemint_gateway.management.console_sessions.provider_bodies import (
    ProviderAnswer,
    ProviderName,
    PutProvider,
    provider_answer,
)
from rulemint_gateway.management.console_sessions.providers import Providers
from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.web.callers.bearer import scopes_now
from rulemint_gateway.web.callers.issuers import issuer_of
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.callers.tenancy import tenant_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer

log = structlog.get_logger(__name__)

READ, UPDATE = "read:tenant_settings", "update:tenant_settings"
PATH = "/api/v2/console-providers"


class ProviderHandlers:
    """The calls about providers."""

    def __init__(self, catalog: Catalog, providers: Providers) -> None:
        self._catalog = catalog
        self._providers = providers

    def operations(self) -> list[Operation]:
        """List, put and delete."""
        return [
            Operation(
                method="GET",
                path=PATH,
                handle=self.list,
                tag="Console",
                summary="List the providers of OpenID Connect",
                scopes=(READ,),
                answer=list[ProviderAnswer],
            ),
            Operation(
                method="PUT",
                path=f"{PATH}/{{name}}",
                handle=self.put,
                tag="Console",
                summary="Make or replace a provider of OpenID Connect",
                scopes=(UPDATE,),
                body=PutProvider,
                answer=ProviderAnswer,
                refusals=(409,),
            ),
            Operation(
                method="DELETE",
                path=f"{PATH}/{{name}}",
                handle=self.delete,
                tag="Console",
                summary="Delete a provider of OpenID Connect",
                scopes=(UPDATE,),
                status=204,
            ),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """200 and the providers, by name. Their secrets are never shown."""
        caller = caller_of(request)
        issuer = self._issuer(request)
        shown = [provider_answer(each, issuer=issuer) for each in self._providers.list(caller.tenant)]
        return json_answer(shown, headers=NO_STORE)

    async def put(self, request: web.Request) -> web.Response:
        """200 and the provider. A caller gives no scope by it that its own token does not have.

        Sessions of a provider whose issuer or client_id changes end. 409: it needs a client_secret, because none is
        kept for this issuer and client_id.
        """
        caller = caller_of(request)
        name = _name(request)
        body = await read_json(request, PutProvider)
        held = scopes_now(request, self._catalog, caller)
        made = await self._providers.put(caller.tenant, name, body, held=held)
        log.info("console provider put", tenant=caller.tenant, by=caller.client_id, name=name)
        return json_answer(provider_answer(made, issuer=self._issuer(request)), headers=NO_STORE)

    async def delete(self, request: web.Request) -> web.Response:
        """204, also if there is no such provider. Its sessions end."""
        caller = caller_of(request)
        await self._providers.delete(caller.tenant, request.match_info["name"])
        log.info("console provider deleted", tenant=caller.tenant, by=caller.client_id)
        return web.Response(status=204)

    def _issuer(self, request: web.Request) -> str:
        return issuer_of(request, tenant_of(request, self._catalog))


def _name(request: web.Request) -> str:
    try:
        return msgspec.convert(request.match_info["name"], ProviderName)
    except msgspec.ValidationError:
        raise InvalidBodyError(
            "A provider's name has lower-case letters, digits and hyphens, 40 at most", field="name"
        ) from None
