"""``/api/v2``: each noun's paths, the scope each call needs, and the use case behind it."""

from __future__ import annotations

from typing import Any, Protocol

import structlog
from aiohttp import web

from rulemint_gateway.management.errors import NotFoundError
from rulemint_gateway.management.secrets import RuleSecretsOf, SecretNames, SecretValues
from rulemint_gateway.stores.catalog import Catalog
from rulemint_gateway.stores.exchange_store import ExchangeStore
from rulemint_gateway.web.bearer import AuthorizedCaller, authorize
from rulemint_gateway.web.bodies import read_json
from rulemint_gateway.web.paging import list_query, page_of
from rulemint_gateway.web.problems import NO_STORE, json_answer

log = structlog.get_logger(__name__)


class Collection(Protocol):
    """What the use cases of a noun look like from HTTP whose records can be made and listed."""

    create_body: type[Any]

    async def create(self, tenant: str, body: Any) -> dict[str, Any]:
        """A new record as its answer."""
        ...

    async def list(self, tenant: str) -> list[dict[str, Any]]:
        """All records, in a stable order."""
        ...


class Noun(Collection, Protocol):
    """What the use cases of a noun look like whose records can also be read, changed and deleted."""

    patch_body: type[Any]

    async def read(self, tenant: str, record_id: str, /) -> dict[str, Any]:
        """One record."""
        ...

    async def patch(self, tenant: str, record_id: str, /, body: Any) -> dict[str, Any]:
        """The changed record."""
        ...

    async def delete(self, tenant: str, record_id: str, /) -> None:
        """Nothing, also when there was nothing."""
        ...


class CollectionHandlers:
    """Two calls of one noun: create and list."""

    def __init__(self, catalog: Catalog, noun: Collection, *, name: str) -> None:
        """*name* as scopes and lists spell it: ``resource_servers``."""
        self._catalog = catalog
        self._collection = noun
        self._name = name
        self._path = f"/api/v2/{name.replace('_', '-')}"

    def routes(self) -> list[web.RouteDef]:
        """The paths of the noun."""
        return [web.post(self._path, self.create), web.get(self._path, self.list)]

    async def create(self, request: web.Request) -> web.Response:
        """201 and the record."""
        caller = self._authorize(request, "create")
        body = await read_json(request, self._collection.create_body)
        made = await self._collection.create(caller.tenant, body)
        self._log_change("created", caller, made.get("id") or made.get("client_id") or made.get("name"))
        return json_answer(made, status=201, headers=NO_STORE)

    async def list(self, request: web.Request) -> web.Response:
        """200 and a page of records."""
        caller = self._authorize(request, "read")
        query = list_query(request)
        records = await self._collection.list(caller.tenant)
        return json_answer(page_of(records, query, key=self._name), headers=NO_STORE)

    def _authorize(self, request: web.Request, verb: str) -> AuthorizedCaller:
        return authorize(request, self._catalog, scope=f"{verb}:{self._name}")

    def _log_change(self, what: str, caller: AuthorizedCaller, record_id: object) -> None:
        log.info("record changed", noun=self._name, what=what, tenant=caller.tenant, by=caller.client_id, id=record_id)


class NounHandlers(CollectionHandlers):
    """The five calls of one noun, such as ``clients``."""

    def __init__(self, catalog: Catalog, noun: Noun, *, name: str) -> None:
        super().__init__(catalog, noun, name=name)
        self._noun = noun

    def routes(self) -> list[web.RouteDef]:
        """The paths of the noun."""
        path = f"{self._path}/{{id}}"
        return [*super().routes(), web.get(path, self.read), web.patch(path, self.patch), web.delete(path, self.delete)]

    async def read(self, request: web.Request) -> web.Response:
        """200 and the record."""
        caller = self._authorize(request, "read")
        return json_answer(await self._noun.read(caller.tenant, request.match_info["id"]), headers=NO_STORE)

    async def patch(self, request: web.Request) -> web.Response:
        """200 and the changed record."""
        caller = self._authorize(request, "update")
        body = await read_json(request, self._noun.patch_body)
        patched = await self._noun.patch(caller.tenant, request.match_info["id"], body)
        self._log_change("changed", caller, request.match_info["id"])
        return json_answer(patched, headers=NO_STORE)

    async def delete(self, request: web.Request) -> web.Response:
        """204, also when there was nothing to delete."""
        caller = self._authorize(request, "delete")
        await self._noun.delete(caller.tenant, request.match_info["id"])
        self._log_change("deleted", caller, request.match_info["id"])
        return web.Response(status=204)


class SecretHandlers:
    """``/api/v2/rules/{id}/secrets``."""

    def __init__(self, catalog: Catalog, secrets: RuleSecretsOf) -> None:
        self._catalog = catalog
        self._secrets = secrets

    def routes(self) -> list[web.RouteDef]:
        """The paths of a rule's secrets."""
        path = "/api/v2/rules/{id}/secrets"
        return [
            web.get(path, self.names),
            web.post(path, self.add),
            web.patch(path, self.replace),
            web.delete(path, self.delete),
        ]

    async def names(self, request: web.Request) -> web.Response:
        """200 and the names, without values."""
        caller = authorize(request, self._catalog, scope="read:rules")
        return json_answer(self._secrets.names(caller.tenant, request.match_info["id"]), headers=NO_STORE)

    async def add(self, request: web.Request) -> web.Response:
        """201; 409 if a name exists."""
        caller = authorize(request, self._catalog, scope="update:rules")
        values: dict[str, str] = await read_json(request, SecretValues)
        await self._secrets.add(caller.tenant, request.match_info["id"], values)
        return json_answer({}, status=201, headers=NO_STORE)

    async def replace(self, request: web.Request) -> web.Response:
        """200; 404 if a name does not exist."""
        caller = authorize(request, self._catalog, scope="update:rules")
        values: dict[str, str] = await read_json(request, SecretValues)
        await self._secrets.replace(caller.tenant, request.match_info["id"], values)
        return json_answer({}, headers=NO_STORE)

    async def delete(self, request: web.Request) -> web.Response:
        """204; the body is the list of names."""
        caller = authorize(request, self._catalog, scope="update:rules")
        names: list[str] = await read_json(request, SecretNames)
        await self._secrets.delete(caller.tenant, request.match_info["id"], names)
        return web.Response(status=204)


class ExchangeHandlers:
    """``/api/v2/exchanges/{id}``: the account of one token request."""

    def __init__(self, catalog: Catalog, exchanges: ExchangeStore) -> None:
        self._catalog = catalog
        self._exchanges = exchanges

    def routes(self) -> list[web.RouteDef]:
        """The path of an exchange record."""
        return [web.get("/api/v2/exchanges/{id}", self.read)]

    async def read(self, request: web.Request) -> web.Response:
        """200 and the record."""
        caller = authorize(request, self._catalog, scope="read:logs")
        record = await self._exchanges.find(caller.tenant, request.match_info["id"])
        if record is None:
            raise NotFoundError("exchange", code="inexistent_exchange")
        return json_answer(record, headers=NO_STORE)
