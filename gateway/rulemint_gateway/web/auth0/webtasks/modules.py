"""``/api/env/node/modules`` and ``/api/run``: what `wt create` asks before it makes a webtask with packages."""

from __future__ import annotations

from aiohttp import web

from rulemint_gateway.auth0.webtasks.modules import EnsureModules, WebtaskModules
from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.web.auth0.webtasks.containers import check_container
from rulemint_gateway.web.callers.bearer import authorize
from rulemint_gateway.web.http.arrivals import UnusableBodyError, body_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.problems import NO_STORE, json_answer

NODE_VERSION = "26.5.1"
"""The version of Node that JavaScript rules see."""
_ASKS_FOR_VERSION = b"process.version.replace(/^v/,'')"
QUESTION_BYTES = 4 * 1024


class WebtaskModuleHandlers:
    """The calls of `wt create` with packages, and with ``--bundle``."""

    def __init__(self, catalog: Catalog, modules: WebtaskModules) -> None:
        self._catalog = catalog
        self._modules = modules

    def routes(self) -> list[web.RouteDef]:
        """The paths."""
        return [web.post("/api/env/node/modules", self.ensure), web.post("/api/run/{container}", self.run)]

    async def ensure(self, request: web.Request) -> web.Response:
        """200 and the modules, which are installed."""
        caller = authorize(request, self._catalog, scope="create:rules")
        body = await read_json(request, EnsureModules)
        return json_answer(await self._modules.ensure(caller.tenant, body), headers=NO_STORE)

    async def run(self, request: web.Request) -> web.Response:
        """200 and the version of Node, which `wt create --bundle` asks for by code; no other code runs here."""
        caller = authorize(request, self._catalog, scope="create:rules")
        check_container(caller, request.match_info["container"])
        try:
            code = await body_of(request, QUESTION_BYTES)
        except UnusableBodyError as error:
            raise InvalidBodyError(str(error)) from None
        if _ASKS_FOR_VERSION not in code:
            advice = "make a rule, and try it with rulemint try FILE --client CLIENT"
            raise InvalidBodyError(f"No webtask runs at a URL here: {advice}")
        return json_answer({"version": NODE_VERSION}, headers=NO_STORE)
