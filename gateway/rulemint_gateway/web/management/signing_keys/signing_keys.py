"""``/api/v2/keys/signing``."""

from __future__ import annotations

import structlog
from aiohttp import web

from rulemint_gateway.management.signing_keys.signing_keys import (
    ChangedKey,
    KeysState,
    SigningKeyAnswer,
    SigningKeyring,
)
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.etags import etag_header, require_match
from rulemint_gateway.web.http.idempotency import once
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer

log = structlog.get_logger(__name__)


class SigningKeyHandlers:
    """The calls of the tenant's signing keys."""

    def __init__(self, keyring: SigningKeyring) -> None:
        self._keyring = keyring

    def operations(self) -> list[Operation]:
        """The calls about the keys."""
        path = "/api/v2/keys/signing"
        return [
            Operation(
                method="GET",
                path=path,
                handle=self.list,
                tag="Signing keys",
                summary="List the signing keys",
                scopes=("read:signing_keys",),
                answer=list[SigningKeyAnswer],
                etag=True,
            ),
            Operation(
                method="POST",
                path=f"{path}/rotate",
                handle=self.rotate,
                tag="Signing keys",
                summary="Make the next key the current one",
                scopes=("create:signing_keys", "update:signing_keys"),
                answer=ChangedKey,
                status=201,
                if_match=True,
                idempotent=True,
                refusals=(409,),
            ),
            Operation(
                method="GET",
                path=f"{path}/{{kid}}",
                handle=self.read,
                tag="Signing keys",
                summary="Read a signing key",
                scopes=("read:signing_keys",),
                answer=SigningKeyAnswer,
                etag=True,
            ),
            Operation(
                method="PUT",
                path=f"{path}/{{kid}}/revoke",
                handle=self.revoke,
                tag="Signing keys",
                summary="Revoke a previous signing key",
                scopes=("update:signing_keys",),
                answer=ChangedKey,
                if_match=True,
                refusals=(400,),
            ),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """200 and all keys."""
        caller = caller_of(request)
        all_keys = await self._all(caller.tenant)
        return json_answer(all_keys.keys, headers={**NO_STORE, **etag_header(all_keys)})

    async def read(self, request: web.Request) -> web.Response:
        """200 and the key."""
        caller = caller_of(request)
        key = await self._keyring.read(caller.tenant, request.match_info["kid"])
        return json_answer(key, headers={**NO_STORE, **etag_header(key)})

    async def rotate(self, request: web.Request) -> web.Response:
        """201 and the key that signs from now on; 412 if the list of keys is not what If-Match says."""
        caller = caller_of(request)

        async def rotate() -> web.Response:
            require_match(request, lambda: self._all(caller.tenant))
            rotated = await self._keyring.rotate(caller.tenant)
            log.info("signing keys rotated", tenant=caller.tenant, by=caller.client_id, kid=rotated.kid)
            return json_answer(rotated, status=201, headers=NO_STORE)

        return await once(request, {}, rotate)

    async def revoke(self, request: web.Request) -> web.Response:
        """200 and the key that is published no longer; 412 if it is not what If-Match says."""
        caller = caller_of(request)
        kid = request.match_info["kid"]
        require_match(request, lambda: self._keyring.read(caller.tenant, kid))
        revoked = await self._keyring.revoke(caller.tenant, kid)
        log.info("signing key revoked", tenant=caller.tenant, by=caller.client_id, kid=revoked.kid)
        return json_answer(revoked, headers=NO_STORE)

    async def _all(self, tenant: str) -> KeysState:
        """The ETag of the list is made from this."""
        return KeysState(keys=await self._keyring.list(tenant))
