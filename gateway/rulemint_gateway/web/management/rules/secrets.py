"""``/api/v2/rules/{id}/secrets``, and the same of hooks: names go out, values only come in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from rulemint_gateway.management.nouns.answers import Nothing
from rulemint_gateway.management.rules.secrets import NamesOfSecrets, RuleSecretsOf, SecretNames, SecretValues
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.etags import etag_header, require_match
from rulemint_gateway.web.http.idempotency import once
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer

Check = Callable[[str, str], Awaitable[object]]
"""Raises what a call about a record of a tenant answers, if the record is not one of the noun."""


class SecretHandlers:
    """The four calls about the secrets of a rule, or of a noun whose records are rules."""

    def __init__(
        self,
        secrets: RuleSecretsOf,
        *,
        noun: str = "rules",
        replaced: int = 200,
        delete_scope: str = "update:rules",
        check: Check | None = None,
    ) -> None:
        """*replaced* is the status of the answer to a PATCH."""
        self._secrets = secrets
        self._noun = noun
        self._replaced = replaced
        self._delete_scope = delete_scope
        self._check = check

    def operations(self) -> list[Operation]:
        """Describe them. The ETag is that of the list of names, and another one when only a value differs."""
        noun, singular = self._noun, self._noun.removesuffix("s")
        operation = partial(Operation, path=f"/api/v2/{noun}/{{id}}/secrets", tag=noun.capitalize())
        return [
            operation(
                method="GET",
                handle=self.names,
                summary=f"List the secrets of a {singular}",
                scopes=(f"read:{noun}",),
                answer=NamesOfSecrets,
                etag=True,
            ),
            operation(
                method="POST",
                handle=self.add,
                summary=f"Add secrets to a {singular}",
                scopes=(f"update:{noun}",),
                body=SecretValues,
                answer=Nothing,
                status=201,
                if_match=True,
                idempotent=True,
                refusals=(409,),
            ),
            operation(
                method="PATCH",
                handle=self.replace,
                summary=f"Replace secrets of a {singular}",
                scopes=(f"update:{noun}",),
                body=SecretValues,
                answer=Nothing,
                status=self._replaced,
                if_match=True,
            ),
            operation(
                method="DELETE",
                handle=self.delete,
                summary=f"Delete secrets of a {singular}",
                scopes=(self._delete_scope,),
                body=SecretNames,
                status=204,
                if_match=True,
            ),
        ]

    async def names(self, request: web.Request) -> web.Response:
        """200 and the names, without values."""
        tenant, rule_id = await self._found(request)
        tag = etag_header(await self._secrets.state(tenant, rule_id))
        return json_answer(self._secrets.names(tenant, rule_id), headers={**NO_STORE, **tag})

    async def add(self, request: web.Request) -> web.Response:
        """201; 409 if a name exists; 412 if the secrets are not what If-Match says."""
        values: dict[str, str] = await read_json(request, SecretValues)

        async def add() -> web.Response:
            await self._secrets.add(*await self._matched(request), values)
            return json_answer({}, status=201, headers=NO_STORE)

        return await once(request, values, add)

    async def replace(self, request: web.Request) -> web.Response:
        """Replaced; 404 if a name does not exist; 412 if the secrets are not what If-Match says."""
        values: dict[str, str] = await read_json(request, SecretValues)
        await self._secrets.replace(*await self._matched(request), values)
        return json_answer({}, status=self._replaced, headers=NO_STORE)

    async def delete(self, request: web.Request) -> web.Response:
        """204; the body is the list of names; 412 if the secrets are not what If-Match says."""
        names: list[str] = await read_json(request, SecretNames)
        await self._secrets.delete(*await self._matched(request), names)
        return web.Response(status=204)

    async def _found(self, request: web.Request) -> tuple[str, str]:
        """The tenant and the id of the record."""
        tenant, rule_id = caller_of(request).tenant, request.match_info["id"]
        if self._check is not None:
            await self._check(tenant, rule_id)
        return tenant, rule_id

    async def _matched(self, request: web.Request) -> tuple[str, str]:
        """As `_found`, of a write that goes by If-Match."""
        tenant, rule_id = await self._found(request)
        require_match(request, lambda: self._secrets.state(tenant, rule_id))
        return tenant, rule_id
