"""``/api/v2/clients``: the five calls, and those of a client's secrets."""

from __future__ import annotations

from typing import Any

import structlog
from aiohttp import web
from msgspec import UNSET

from rulemint_gateway.management.clients.bodies import ClientAnswer
from rulemint_gateway.management.clients.clients import Clients
from rulemint_gateway.management.clients.secrets import ClientSecretAnswer, ClientSecrets, CreateSecret
from rulemint_gateway.stores.catalog import Catalog
from rulemint_gateway.web.bearer import authorize
from rulemint_gateway.web.bodies import read_json
from rulemint_gateway.web.management.idempotency import once
from rulemint_gateway.web.management.nouns import NounHandlers
from rulemint_gateway.web.operations import Operation
from rulemint_gateway.web.problems import NO_STORE, json_answer

log = structlog.get_logger(__name__)

FILTERS = {name: name for name in ("is_first_party", "app_type")} | {"is_global": "global"}


class ClientHandlers(NounHandlers):
    """Clients and their secrets; whoever sets a secret needs a scope for that."""

    def __init__(self, catalog: Catalog, clients: Clients, secrets: ClientSecrets) -> None:
        super().__init__(catalog, clients, name="clients", filters=FILTERS, id_field="client_id")
        self._secrets = secrets

    def operations(self) -> list[Operation]:
        """The calls about clients and their secrets."""
        path = "/api/v2/clients/{id}"
        return [
            *super().operations(),
            Operation(
                method="POST",
                path=f"{path}/rotate-secret",
                handle=self.rotate,
                tag=self._tag,
                summary="Replace all secrets of a client by a new one",
                scopes=("update:client_keys",),
                answer=ClientAnswer,
                idempotent=True,
            ),
            Operation(
                method="GET",
                path=f"{path}/secrets",
                handle=self.list_secrets,
                tag=self._tag,
                summary="List the secrets of a client",
                scopes=("read:client_keys",),
                answer=list[ClientSecretAnswer],
            ),
            Operation(
                method="POST",
                path=f"{path}/secrets",
                handle=self.create_secret,
                tag=self._tag,
                summary="Add a secret to a client",
                scopes=("create:client_keys",),
                body=CreateSecret,
                answer=ClientSecretAnswer,
                status=201,
                idempotent=True,
            ),
            Operation(
                method="DELETE",
                path=f"{path}/secrets/{{name}}",
                handle=self.delete_secret,
                tag=self._tag,
                summary="Delete a secret of a client",
                scopes=("delete:client_keys",),
                status=204,
                refusals=(404,),
            ),
        ]

    async def rotate(self, request: web.Request) -> web.Response:
        """200 and the client with its new secret, the only one that works from now on."""
        caller = authorize(request, self._catalog, scope="update:client_keys")
        client_id = request.match_info["id"]

        async def make() -> web.Response:
            rotated = await self._secrets.rotate(caller.tenant, client_id)
            log.info("client secret rotated", tenant=caller.tenant, by=caller.client_id, id=client_id)
            return json_answer(rotated, headers=NO_STORE)

        return await once(request, {}, make)

    async def list_secrets(self, request: web.Request) -> web.Response:
        """200 and the names, never the values."""
        caller = authorize(request, self._catalog, scope="read:client_keys")
        return json_answer(await self._secrets.list(caller.tenant, request.match_info["id"]), headers=NO_STORE)

    async def create_secret(self, request: web.Request) -> web.Response:
        """201 and the secret, for the only time."""
        caller = authorize(request, self._catalog, scope="create:client_keys")
        client_id = request.match_info["id"]
        body = await read_json(request, CreateSecret)

        async def make() -> web.Response:
            made = await self._secrets.create(caller.tenant, client_id, body)
            log.info("client secret made", tenant=caller.tenant, by=caller.client_id, id=client_id, name=made["name"])
            return json_answer(made, status=201, headers=NO_STORE)

        return await once(request, body, make)

    async def delete_secret(self, request: web.Request) -> web.Response:
        """204, also when there was none of that name."""
        caller = authorize(request, self._catalog, scope="delete:client_keys")
        client_id, name = request.match_info["id"], request.match_info["name"]
        await self._secrets.delete(caller.tenant, client_id, name)
        log.info("client secret deleted", tenant=caller.tenant, by=caller.client_id, id=client_id, name=name)
        return web.Response(status=204)

    def _check_patch(self, request: web.Request, body: Any) -> None:
        if body.client_secret is not UNSET:
            authorize(request, self._catalog, scope="update:client_keys")
