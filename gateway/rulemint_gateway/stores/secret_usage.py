"""When each client secret last proved its client, and so which clients are active. Forgotten after 400 days."""

from __future__ import annotations

from arq.connections import ArqRedis
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from rulemint_gateway.stores.config_store import StoreUnavailableError
from rulemint_shared import keys
from rulemint_shared.exchanges import ExchangeRecord

KEPT_MS = 400 * 86_400_000


class SecretUsage:
    """Reads what `note_usage` wrote."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def last_used_ms(self, tenant: str, client_id: str, names: list[str]) -> dict[str, int | None]:
        """Name → when that secret of the client was last used, in ms.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        members = [keys.secrets_used_member(client_id, name) for name in names]
        if not members:
            return {}
        try:
            scores = await self._redis.zmscore(keys.secrets_used(tenant), members)
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error
        return {name: None if score is None else int(score) for name, score in zip(names, scores, strict=True)}

    async def active_clients(self, tenant: str, *, since_ms: int) -> int:
        """How many clients have proved who they are since then.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        try:
            members = await self._redis.zrangebyscore(keys.secrets_used(tenant), since_ms, "+inf")
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error
        return len({member.partition(b" ")[0] for member in members})


def note_usage(pipe: Pipeline, exchange: ExchangeRecord) -> None:
    """Queue on *pipe* that the secret of *exchange* was used."""
    if exchange.client_id is None or exchange.secret_name is None:
        return
    name, now_ms = keys.secrets_used(exchange.tenant), exchange.started_at_ms
    member = keys.secrets_used_member(exchange.client_id, exchange.secret_name)
    pipe.zadd(name, {member: now_ms}, gt=True)
    pipe.zremrangebyscore(name, "-inf", now_ms - KEPT_MS)
