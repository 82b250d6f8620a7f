"""Keeps the pauses of rules that gateways hear of, so that every gateway can show those of a tenant.

A runner decides about a pause, and says it in the ending of a token request. The gateway that hears it keeps it here,
behind the answer. The pauses of a tenant are one sorted set, by when they end. Several gateways may keep the same
pause, and a reader takes what ends last. Nothing decides by what is kept here. Without Redis, a pause is not shown.
"""

from __future__ import annotations

import asyncio

import structlog
from redis.exceptions import RedisError, ResponseError

from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.kept_pauses import KeptPause
from rulemint_shared.contract.messages import MAX_PAUSE_MS, Failed, Invocation
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

GATHER_S = 0.2
"""Between two writes: the pauses that many requests meet at once are one."""
KEPT = 1_000
"""Of a tenant; of more, those that end last."""
WAITING_PAUSES = 5_000
"""At a gateway until the next write; of more, the new ones are not shown."""

_Which = tuple[str, str, int, str]
"""Tenant, rule, version and client."""


class RulePauses:
    """The pauses of all tenants."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._waiting: dict[_Which, KeptPause] = {}
        self._filled = asyncio.Event()

    def learn(self, invocation: Invocation, outcome: Failed) -> None:
        """Keep the pause that *outcome* of *invocation* tells of, if it does."""
        pause = outcome.pause
        if pause is None or invocation.is_tried:
            return
        which = (invocation.tenant, pause.rule_id, pause.version, pause.client_id)
        ref = next((each for each in invocation.flow if each.rule_id == pause.rule_id), None)
        if ref is None or (which not in self._waiting and len(self._waiting) >= WAITING_PAUSES):
            return
        self._waiting[which] = KeptPause(
            rule_id=pause.rule_id,
            version=pause.version,
            secrets_revision=ref.secrets_revision,
            client_id=pause.client_id,
            until_ms=unix_ms() + pause.for_ms,
            why=pause.why,
            resumed_at_ms=ref.resumed_at_ms,
            client_resumed_at_ms=ref.client_resumed_at_ms,
        )
        self._filled.set()

    async def write(self) -> None:
        """Keep in the background what was learned, until cancelled."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            await self.flush()
            await asyncio.sleep(GATHER_S)

    async def flush(self) -> None:
        """Keep what was learned so far."""
        learned, self._waiting = self._waiting, {}
        now_ms = unix_ms()
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for (tenant, *_), pause in learned.items():
                    pipe.zadd(redis_keys.rule_pauses(tenant), {codecs.kept_pause.encode(pause): pause.until_ms})
                for tenant in {tenant for tenant, *_ in learned}:
                    key = redis_keys.rule_pauses(tenant)
                    pipe.zremrangebyscore(key, "-inf", now_ms)
                    pipe.zremrangebyrank(key, 0, -(KEPT + 1))
                    pipe.pexpire(key, 2 * MAX_PAUSE_MS)
                await pipe.execute()
        except (RedisError, OSError, codecs.EncodeError) as error:
            log.warning("pauses of rules are not shown", error=str(error))

    async def of_tenant(self, tenant: str) -> list[KeptPause]:
        """Those of *tenant* that are not over, as far as time tells; empty if the key is no sorted set.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        key, now_ms = redis_keys.rule_pauses(tenant), unix_ms()
        try:
            found = await self._redis.zrangebyscore(key, f"({now_ms}", "+inf", start=0, num=2 * KEPT)
        except ResponseError as error:
            log.warning("pauses of rules are not shown", error=str(error))
            return []
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error
        return [pause for data in found if (pause := _decoded(data)) is not None]


def _decoded(data: bytes) -> KeptPause | None:
    try:
        return codecs.kept_pause.decode(data)
    except codecs.DecodeError as error:
        log.warning("a malformed pause is left out", error=str(error))
        return None
