"""``/api/v2/status``: the whole system at a glance, for its operator."""

from __future__ import annotations

from aiohttp import web
from arq.connections import ArqRedis
from redis.exceptions import RedisError

from rulemint_gateway.dispatch.system_status import read_status
from rulemint_gateway.management.errors import UnavailableError
from rulemint_gateway.stores.catalog import Catalog
from rulemint_gateway.web.bearer import authorize
from rulemint_gateway.web.problems import NO_STORE, json_answer

SCOPE = "read:status"
"""Only the management API of the tenant ``default`` defines it."""


class StatusHandlers:
    """The one call about the system itself."""

    def __init__(self, catalog: Catalog, redis: ArqRedis) -> None:
        self._catalog = catalog
        self._redis = redis

    def routes(self) -> list[web.RouteDef]:
        """Its path."""
        return [web.get("/api/v2/status", self.read)]

    async def read(self, request: web.Request) -> web.Response:
        """200 and who is alive."""
        authorize(request, self._catalog, scope=SCOPE)
        try:
            status = await read_status(self._redis)
        except (RedisError, OSError):
            raise UnavailableError("Redis does not answer: try again") from None
        return json_answer(status, headers=NO_STORE)
