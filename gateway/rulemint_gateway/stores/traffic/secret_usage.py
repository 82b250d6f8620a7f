"""Remembers when each client secret last proved its client, and so which clients are active. Forgets after 400 days."""

from __future__ import annotations

from collections.abc import Iterable

from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.fairness.memory import FairMemory
from rulemint_shared.redis.client import RedisClient

KEPT_MS = 400 * 86_400_000
NOTED_EACH_MS = 1_000
"""The last use that is kept of a secret may be so much too old."""
_REMEMBERED = 20_000
Usage = dict[str, dict[str, int]]
"""Tenant → member of its secret → when it was used, in ms."""


class SecretUsage:
    """Reads what `note_usage` wrote."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def last_used_ms(self, tenant: str, client_id: str, names: list[str]) -> dict[str, int | None]:
        """Name → when that secret of the client was last used, in ms.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        members = [redis_keys.secrets_used_member(client_id, name) for name in names]
        if not members:
            return {}
        try:
            scores = await self._redis.zmscore(redis_keys.secrets_used(tenant), members)
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error
        return {name: None if score is None else int(score) for name, score in zip(names, scores, strict=True)}

    async def active_clients(self, tenant: str, *, since_ms: int) -> int:
        """The number of clients that have proved who they are since then.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        try:
            members = await self._redis.zrangebyscore(redis_keys.secrets_used(tenant), since_ms, "+inf")
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error
        return len({member.partition(b" ")[0] for member in members})


class UsageNotes:
    """Say which secrets are to be noted as used: each at most once a second, however many tokens it gets."""

    def __init__(self) -> None:
        self._noted_ms: FairMemory[str, int] = FairMemory(_REMEMBERED)
        """The member of a secret → the use that was noted last."""

    def due(self, exchanges: Iterable[ExchangeRecord]) -> Usage:
        """The secrets that *exchanges* used and whose last noted use is a second older, or more."""
        used: Usage = {}
        for exchange in exchanges:
            if exchange.client_id is None or exchange.secret_name is None:
                continue
            member = redis_keys.secrets_used_member(exchange.client_id, exchange.secret_name)
            noted_ms = self._noted_ms.get(exchange.tenant, member)
            if noted_ms is None or exchange.started_at_ms >= noted_ms + NOTED_EACH_MS:
                self._noted_ms.put(exchange.tenant, member, exchange.started_at_ms)
                used.setdefault(exchange.tenant, {})[member] = exchange.started_at_ms
        return used


def note_usage(pipe: Pipeline, usage: Usage) -> None:
    """Queue on *pipe* when secrets were used, and forget what is too old."""
    for tenant, members in usage.items():
        pipe.zadd(redis_keys.secrets_used(tenant), members, gt=True)
        pipe.zremrangebyscore(redis_keys.secrets_used(tenant), "-inf", max(members.values()) - KEPT_MS)
