"""The management calls that were refused, in a stream of their own."""

from __future__ import annotations

import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError

from rulemint_gateway.stores.audit import refusal_record
from rulemint_gateway.stores.calls import Call
from rulemint_shared import codecs, keys

log = structlog.get_logger(__name__)


class RefusedCalls:
    """Keeps what was refused; a refusal that cannot be kept is one all the same."""

    def __init__(self, redis: ArqRedis, *, kept_per_tenant: int) -> None:
        self._redis = redis
        self._kept_per_tenant = kept_per_tenant

    async def record(self, call: Call, *, status: int, error: str) -> None:
        """Keep that *call* was answered *status*."""
        record = codecs.audit.encode(refusal_record(call, status=status, error=error))
        stream = keys.refused_calls(call.tenant)
        try:
            await self._redis.xadd(stream, {"record": record}, maxlen=self._kept_per_tenant, approximate=True)
        except (RedisError, OSError) as failure:
            log.warning("a refused call was not recorded", tenant=call.tenant, error=str(failure))
