"""``/api/v2/status``: the whole system at a glance, for its operator."""

from __future__ import annotations

from aiohttp import web
from redis.exceptions import RedisError

from rulemint_gateway.dispatch.system_status import Status, read_status
from rulemint_gateway.management.errors import UnavailableError
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_shared.redis.client import RedisClient

SCOPE = "read:status"
"""Only the management API of the tenant ``default`` defines it."""


class StatusHandlers:
    """The one call about the system itself."""

    def __init__(self, redis: RedisClient, *, queue_shards: int) -> None:
        self._queue_shards = queue_shards
        self._redis = redis

    def operations(self) -> list[Operation]:
        """Its description."""
        return [
            Operation(
                method="GET",
                path="/api/v2/status",
                handle=self.read,
                tag="System",
                summary="See who is alive and what waits",
                scopes=(SCOPE,),
                answer=Status,
            )
        ]

    async def read(self, _request: web.Request) -> web.Response:
        """200 and who is alive."""
        try:
            status = await read_status(self._redis, queue_shards=self._queue_shards)
        except (RedisError, OSError):
            raise UnavailableError("Redis does not answer: try again") from None
        return json_answer(status, headers=NO_STORE)
