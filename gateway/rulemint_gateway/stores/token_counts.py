"""How many tokens were issued each day (UTC), counted when exchange records are written.

A batch that Redis took without saying so is written again, and counts twice.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from arq.connections import ArqRedis
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from rulemint_gateway.stores.config_store import StoreUnavailableError
from rulemint_shared import keys
from rulemint_shared.exchanges import ExchangeRecord

_ISSUED = 200


class TokenCounts:
    """Reads what `note_token` wrote."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def of_days(self, tenant: str, days: list[date]) -> list[int]:
        """The count of each of *days*.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        try:
            counts = await self._redis.hmget(keys.tokens_per_day(tenant), [day.isoformat() for day in days])  # type: ignore[misc]  # redis-py's stub is not async here
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error
        return [int(count or 0) for count in counts]


def note_token(pipe: Pipeline, exchange: ExchangeRecord) -> None:
    """Queue on *pipe* that *exchange* issued a token, if it did."""
    if exchange.status == _ISSUED:
        day = datetime.fromtimestamp(exchange.started_at_ms / 1_000, tz=UTC).date()
        pipe.hincrby(keys.tokens_per_day(exchange.tenant), day.isoformat(), 1)
