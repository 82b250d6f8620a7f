"""Remembers when each client secret last proved its client, and so which clients are active. Forgets after 400 days."""

from __future__ import annotations

from collections.abc import Iterable

from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.redis.client import RedisClient

KEPT_MS = 400 * 86_400_000


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


def note_usage(pipe: Pipeline, exchanges: Iterable[ExchangeRecord]) -> None:
    """Queue on *pipe* which secrets were used by *exchanges*, and forget what is too old."""
    used: dict[str, dict[str, int]] = {}
    for exchange in exchanges:
        if exchange.client_id is not None and exchange.secret_name is not None:
            member = redis_keys.secrets_used_member(exchange.client_id, exchange.secret_name)
            of_tenant = used.setdefault(exchange.tenant, {})
            of_tenant[member] = max(exchange.started_at_ms, of_tenant.get(member, 0))
    for tenant, members in used.items():
        pipe.zadd(redis_keys.secrets_used(tenant), members, gt=True)
        pipe.zremrangebyscore(redis_keys.secrets_used(tenant), "-inf", max(members.values()) - KEPT_MS)
