"""``/api/tokens`` and ``/api/webtask``: what `wt` and `auth0` call to make, read and remove webtasks."""

from __future__ import annotations

from typing import Annotated

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from rulemint_gateway.auth0.webtasks.bodies import IssueToken, PutWebtask
from rulemint_gateway.auth0.webtasks.tokens import read_webtask_token
from rulemint_gateway.auth0.webtasks.webtasks import Webtasks
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.web.auth0.webtasks.containers import check_container
from rulemint_gateway.web.callers.bearer import AuthorizedCaller, authorize
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.http.queries import wrong_query

log = structlog.get_logger(__name__)


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    offset: Annotated[int, Meta(ge=0)] = 0
    limit: Annotated[int, Meta(ge=1, le=100)] = 100


class WebtaskHandlers:
    """The calls of a profile's token, which is an access token for the management API."""

    def __init__(self, catalog: Catalog, webtasks: Webtasks) -> None:
        self._catalog = catalog
        self._webtasks = webtasks

    def routes(self) -> list[web.RouteDef]:
        """The paths."""
        return [
            web.post("/api/tokens/issue", self.issue),
            web.get("/api/tokens/inspect", self.inspect),
            web.get("/api/webtask/{container}", self.list),
            web.get("/api/webtask/{container}/{name}", self.read),
            web.put("/api/webtask/{container}/{name}", self.put),
            web.delete("/api/webtask/{container}/{name}", self.delete),
        ]

    async def issue(self, request: web.Request) -> web.Response:
        """200 and the webtask's token; there may be a webtask of that name already."""
        caller = self._authorize_write(request)
        body = await read_json(request, IssueToken)
        check_container(caller, body.ten)
        return web.Response(text=await self._write(caller, body), headers=NO_STORE)

    async def put(self, request: web.Request) -> web.Response:
        """200 and the webtask; there may be one of that name already."""
        caller = self._authorize_write(request)
        check_container(caller, request.match_info["container"])
        body = await read_json(request, PutWebtask)
        named = body.named(caller.tenant, request.match_info["name"])
        await self._write(caller, named)
        return json_answer(await self._webtasks.read(caller.tenant, named.jtn), headers=NO_STORE)

    async def inspect(self, request: web.Request) -> web.Response:
        """200 and the claims of the webtask that a token names, with ``decrypt`` and ``fetch_code`` more of them."""
        caller = authorize(request, self._catalog, scope="read:rules")
        named = read_webtask_token(request.query.get("token", ""))
        check_container(caller, named.ten)
        claims = await self._webtasks.claims(
            caller.tenant,
            named.jtn,
            with_secrets="decrypt" in request.query,
            with_code="fetch_code" in request.query,
        )
        return json_answer(claims, headers=NO_STORE)

    async def list(self, request: web.Request) -> web.Response:
        """200 and a page of webtasks, those that have every ``meta=key:value``."""
        caller = self._authorize(request, "read")
        page = _page_of(request)
        wanted = [tuple(pair.partition(":")[::2]) for pair in request.query.getall("meta", [])]
        found = [
            webtask
            for webtask in await self._webtasks.list(caller.tenant)
            if all(webtask.meta.get(key) == value for key, value in wanted)
        ]
        return json_answer(found[page.offset : page.offset + page.limit], headers=NO_STORE)

    async def read(self, request: web.Request) -> web.Response:
        """200 and one webtask."""
        caller = self._authorize(request, "read")
        return json_answer(await self._webtasks.read(caller.tenant, request.match_info["name"]), headers=NO_STORE)

    async def delete(self, request: web.Request) -> web.Response:
        """204; 404 if there is none."""
        caller, name = self._authorize(request, "delete"), request.match_info["name"]
        await self._webtasks.delete(caller.tenant, name)
        log.info("webtask deleted", tenant=caller.tenant, by=caller.client_id, name=name)
        return web.Response(status=204)

    async def _write(self, caller: AuthorizedCaller, body: IssueToken) -> str:
        token = await self._webtasks.write(caller.tenant, body)
        log.info("webtask written", tenant=caller.tenant, by=caller.client_id, name=body.jtn)
        return token

    def _authorize_write(self, request: web.Request) -> AuthorizedCaller:
        """Only the write itself finds out whether it creates or updates."""
        authorize(request, self._catalog, scope="create:rules")
        return authorize(request, self._catalog, scope="update:rules")

    def _authorize(self, request: web.Request, verb: str) -> AuthorizedCaller:
        caller = authorize(request, self._catalog, scope=f"{verb}:rules")
        check_container(caller, request.match_info["container"])
        return caller


def _page_of(request: web.Request) -> _Page:
    try:
        return msgspec.convert(dict(request.query), _Page, strict=False)
    except msgspec.ValidationError as error:
        raise wrong_query(error, dict(request.query), _Page) from None
