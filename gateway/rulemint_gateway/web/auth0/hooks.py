"""``/api/v2/hooks`` and ``/api/v2/hooks/{id}/secrets``."""

from __future__ import annotations

from aiohttp import web

from rulemint_gateway.auth0.hooks import HookAnswer, Hooks
from rulemint_gateway.management.rules.secrets import SecretNames, SecretValues
from rulemint_gateway.web.callers.bearer import AuthorizedCaller
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.etags import etag_header, require_match
from rulemint_gateway.web.http.idempotency import once
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.management.long_lists import LongNounHandlers
from rulemint_gateway.web.management.secret_operations import SecretCalls, secret_operations

FILTERS = {"triggerId": "triggerId", "enabled": "enabled"}


class HookHandlers(LongNounHandlers[HookAnswer]):
    """The five calls of hooks, and the four of a hook's secrets."""

    def __init__(self, hooks: Hooks, *, page_bytes: int) -> None:
        super().__init__(hooks, name="hooks", filters=FILTERS, page_bytes=page_bytes)
        self._hooks = hooks

    def operations(self) -> list[Operation]:
        """The calls about hooks and their secrets."""
        calls = SecretCalls(
            names=self.secret_names, add=self.add_secrets, replace=self.replace_secrets, delete=self.delete_secrets
        )
        secrets = secret_operations("hooks", calls, replaced=201, delete_scope="delete:hooks")
        return [*super().operations(), *secrets]

    async def secret_names(self, request: web.Request) -> web.Response:
        """200 and the names, without values."""
        caller = caller_of(request)
        hook_id = request.match_info["id"]
        tag = etag_header(await self._hooks.secret_state(caller.tenant, hook_id))
        return json_answer(await self._hooks.secret_names(caller.tenant, hook_id), headers={**NO_STORE, **tag})

    async def add_secrets(self, request: web.Request) -> web.Response:
        """201; 409 if a name exists; 412 if the secrets are not what If-Match says."""
        caller = caller_of(request)
        values: dict[str, str] = await read_json(request, SecretValues)

        async def add() -> web.Response:
            self._require_secrets_match(request, caller)
            await self._hooks.add_secrets(caller.tenant, request.match_info["id"], values)
            return json_answer({}, status=201, headers=NO_STORE)

        return await once(request, values, add)

    async def replace_secrets(self, request: web.Request) -> web.Response:
        """201, as at Auth0; 404 if a name does not exist; 412 if the secrets are not what If-Match says."""
        caller = caller_of(request)
        values: dict[str, str] = await read_json(request, SecretValues)
        self._require_secrets_match(request, caller)
        await self._hooks.replace_secrets(caller.tenant, request.match_info["id"], values)
        return json_answer({}, status=201, headers=NO_STORE)

    async def delete_secrets(self, request: web.Request) -> web.Response:
        """204; the body is the list of names; 412 if the secrets are not what If-Match says."""
        caller = caller_of(request)
        names: list[str] = await read_json(request, SecretNames)
        self._require_secrets_match(request, caller)
        await self._hooks.delete_secrets(caller.tenant, request.match_info["id"], names)
        return web.Response(status=204)

    def _require_secrets_match(self, request: web.Request, caller: AuthorizedCaller) -> None:
        require_match(request, lambda: self._hooks.secret_state(caller.tenant, request.match_info["id"]))
