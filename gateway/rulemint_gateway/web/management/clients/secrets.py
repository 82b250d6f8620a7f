"""``/api/v2/clients/{id}/secrets`` and ``/api/v2/clients/{id}/rotate-secret``."""

from __future__ import annotations

import structlog
from aiohttp import web

from rulemint_gateway.management.clients.bodies import ClientAnswer
from rulemint_gateway.management.clients.secrets import ClientSecretAnswer, ClientSecrets, CreateSecret
from rulemint_gateway.management.nouns.etags import answer_of
from rulemint_gateway.web.callers.bearer import AuthorizedCaller
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.etags import etag_header, require_match
from rulemint_gateway.web.http.idempotency import once
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer

log = structlog.get_logger(__name__)

CLIENT = "/api/v2/clients/{id}"
TAG = "Clients"


class ClientSecretHandlers:
    """The secrets of a client."""

    def __init__(self, secrets: ClientSecrets) -> None:
        self._secrets = secrets

    def operations(self) -> list[Operation]:
        """The four calls."""
        return [
            Operation(
                method="POST",
                path=f"{CLIENT}/rotate-secret",
                handle=self.rotate,
                tag=TAG,
                summary="Replace all secrets of a client by a new one",
                scopes=("update:client_keys",),
                answer=ClientAnswer,
                if_match=True,
                idempotent=True,
            ),
            Operation(
                method="GET",
                path=f"{CLIENT}/secrets",
                handle=self.list,
                tag=TAG,
                summary="List the secrets of a client",
                scopes=("read:client_keys",),
                answer=list[ClientSecretAnswer],
                etag=True,
            ),
            Operation(
                method="POST",
                path=f"{CLIENT}/secrets",
                handle=self.create,
                tag=TAG,
                summary="Add a secret to a client",
                scopes=("create:client_keys",),
                body=CreateSecret,
                answer=ClientSecretAnswer,
                status=201,
                if_match=True,
                idempotent=True,
            ),
            Operation(
                method="DELETE",
                path=f"{CLIENT}/secrets/{{name}}",
                handle=self.delete,
                tag=TAG,
                summary="Delete a secret of a client",
                scopes=("delete:client_keys",),
                status=204,
                if_match=True,
                refusals=(404,),
            ),
        ]

    async def rotate(self, request: web.Request) -> web.Response:
        """200 and the client with its new secret, its only one; 412 if its secrets are not what If-Match says."""
        caller = caller_of(request)
        client_id = request.match_info["id"]

        async def make() -> web.Response:
            self._require_match(request, caller)
            rotated = await self._secrets.rotate(caller.tenant, client_id)
            log.info("client secret rotated", tenant=caller.tenant, by=caller.client_id, id=client_id)
            return json_answer(answer_of(rotated), headers=NO_STORE)

        return await once(request, {}, make)

    async def list(self, request: web.Request) -> web.Response:
        """200 and the names, never the values."""
        caller = caller_of(request)
        client_id = request.match_info["id"]
        tag = etag_header(await self._secrets.state(caller.tenant, client_id))
        return json_answer(await self._secrets.list(caller.tenant, client_id), headers={**NO_STORE, **tag})

    async def create(self, request: web.Request) -> web.Response:
        """201 and the secret, for the only time; 412 if the client's secrets are not what If-Match says."""
        caller = caller_of(request)
        client_id = request.match_info["id"]
        body = await read_json(request, CreateSecret)

        async def make() -> web.Response:
            self._require_match(request, caller)
            made = await self._secrets.create(caller.tenant, client_id, body)
            log.info("client secret made", tenant=caller.tenant, by=caller.client_id, id=client_id, name=made.name)
            return json_answer(made, status=201, headers=NO_STORE)

        return await once(request, body, make)

    async def delete(self, request: web.Request) -> web.Response:
        """204, also when there was none of that name; 412 if the client's secrets are not what If-Match says."""
        caller = caller_of(request)
        client_id, name = request.match_info["id"], request.match_info["name"]
        self._require_match(request, caller)
        await self._secrets.delete(caller.tenant, client_id, name)
        log.info("client secret deleted", tenant=caller.tenant, by=caller.client_id, id=client_id, name=name)
        return web.Response(status=204)

    def _require_match(self, request: web.Request, caller: AuthorizedCaller) -> None:
        require_match(request, lambda: self._secrets.state(caller.tenant, request.match_info["id"]))
