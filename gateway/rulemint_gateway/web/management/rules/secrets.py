"""``/api/v2/rules/{id}/secrets``: names go out, values only come in."""

from __future__ import annotations

from aiohttp import web

from rulemint_gateway.management.rules.secrets import RuleSecretsOf, SecretNames, SecretValues
from rulemint_gateway.web.callers.bearer import AuthorizedCaller
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.etags import etag_header, require_match
from rulemint_gateway.web.http.idempotency import once
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.management.secret_operations import SecretCalls, secret_operations


class SecretHandlers:
    """The four calls about the secrets of a rule."""

    def __init__(self, secrets: RuleSecretsOf) -> None:
        self._secrets = secrets

    def operations(self) -> list[Operation]:
        """The calls about a rule's secrets."""
        handles = SecretCalls(names=self.names, add=self.add, replace=self.replace, delete=self.delete)
        return secret_operations("rules", handles, replaced=200, delete_scope="update:rules")

    async def names(self, request: web.Request) -> web.Response:
        """200 and the names, without values."""
        caller = caller_of(request)
        rule_id = request.match_info["id"]
        tag = etag_header(await self._secrets.state(caller.tenant, rule_id))
        return json_answer(self._secrets.names(caller.tenant, rule_id), headers={**NO_STORE, **tag})

    async def add(self, request: web.Request) -> web.Response:
        """201; 409 if a name exists; 412 if the secrets are not what If-Match says."""
        caller = caller_of(request)
        values: dict[str, str] = await read_json(request, SecretValues)

        async def add() -> web.Response:
            self._require_match(request, caller)
            await self._secrets.add(caller.tenant, request.match_info["id"], values)
            return json_answer({}, status=201, headers=NO_STORE)

        return await once(request, values, add)

    async def replace(self, request: web.Request) -> web.Response:
        """200; 404 if a name does not exist; 412 if the secrets are not what If-Match says."""
        caller = caller_of(request)
        values: dict[str, str] = await read_json(request, SecretValues)
        self._require_match(request, caller)
        await self._secrets.replace(caller.tenant, request.match_info["id"], values)
        return json_answer({}, headers=NO_STORE)

    async def delete(self, request: web.Request) -> web.Response:
        """204; the body is the list of names; 412 if the secrets are not what If-Match says."""
        caller = caller_of(request)
        names: list[str] = await read_json(request, SecretNames)
        self._require_match(request, caller)
        await self._secrets.delete(caller.tenant, request.match_info["id"], names)
        return web.Response(status=204)

    def _require_match(self, request: web.Request, caller: AuthorizedCaller) -> None:
        require_match(request, lambda: self._secrets.state(caller.tenant, request.match_info["id"]))
