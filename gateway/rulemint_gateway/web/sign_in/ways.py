"""``GET /console/api/sign-in``: the ways in which a tenant's people may sign in."""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import web

from rulemint_gateway.management.console_sessions.answers import ProviderToStart, WaysAnswer
from rulemint_gateway.management.console_sessions.providers import Providers
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.web.callers.tenancy import tenant_of
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.sign_in.oidc.handlers import START


class WaysHandler:
    """The one call, for a page that nobody is signed in to."""

    def __init__(self, catalog: Catalog, providers: Providers) -> None:
        self._catalog = catalog
        self._providers = providers

    def operations(self) -> list[Operation]:
        """The call."""
        return [
            Operation(
                method="GET",
                path="/console/api/sign-in",
                handle=self.read,
                tag="Console",
                summary="Read the ways to sign in to the console",
                answer=WaysAnswer,
                refusals=(503,),
            )
        ]

    async def read(self, request: web.Request) -> web.Response:
        """200 and the ways: by a client's secret, and by each provider of the tenant, with the address to begin at."""
        tenant = tenant_of(request, self._catalog).tenant.name
        providers = [
            ProviderToStart(name=each.name, start=f"{START}?{urlencode({'provider': each.name})}")
            for each in self._providers.list(tenant)
        ]
        return json_answer(WaysAnswer(oidc=providers, client_credentials=True), headers=NO_STORE)
