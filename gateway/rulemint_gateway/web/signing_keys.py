"""``/api/v2/keys/signing``."""

from __future__ import annotations

import structlog
from aiohttp import web

from rulemint_gateway.management.signing_keys import SigningKeyring
from rulemint_gateway.stores.catalog import Catalog
from rulemint_gateway.web.bearer import authorize
from rulemint_gateway.web.problems import NO_STORE, json_answer

log = structlog.get_logger(__name__)


class SigningKeyHandlers:
    """The calls of the tenant's signing keys."""

    def __init__(self, catalog: Catalog, keyring: SigningKeyring) -> None:
        self._catalog = catalog
        self._keyring = keyring

    def routes(self) -> list[web.RouteDef]:
        """The paths of the keys."""
        path = "/api/v2/keys/signing"
        return [
            web.get(path, self.list),
            web.post(f"{path}/rotate", self.rotate),
            web.get(f"{path}/{{kid}}", self.read),
            web.put(f"{path}/{{kid}}/revoke", self.revoke),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """200 and all keys."""
        caller = authorize(request, self._catalog, scope="read:signing_keys")
        return json_answer(await self._keyring.list(caller.tenant), headers=NO_STORE)

    async def read(self, request: web.Request) -> web.Response:
        """200 and the key."""
        caller = authorize(request, self._catalog, scope="read:signing_keys")
        return json_answer(await self._keyring.read(caller.tenant, request.match_info["kid"]), headers=NO_STORE)

    async def rotate(self, request: web.Request) -> web.Response:
        """201 and the key that signs from now on."""
        caller = authorize(request, self._catalog, scope="create:signing_keys")
        authorize(request, self._catalog, scope="update:signing_keys")
        rotated = await self._keyring.rotate(caller.tenant)
        log.info("signing keys rotated", tenant=caller.tenant, by=caller.client_id, kid=rotated["kid"])
        return json_answer(rotated, status=201, headers=NO_STORE)

    async def revoke(self, request: web.Request) -> web.Response:
        """200 and the key that is published no longer."""
        caller = authorize(request, self._catalog, scope="update:signing_keys")
        revoked = await self._keyring.revoke(caller.tenant, request.match_info["kid"])
        log.info("signing key revoked", tenant=caller.tenant, by=caller.client_id, kid=revoked["kid"])
        return json_answer(revoked, headers=NO_STORE)
