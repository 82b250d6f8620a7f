"""How many tokens were issued each day (UTC), counted when exchange records are written.

A batch that Redis took without saying so is written again, and counts twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime

from arq.connections import ArqRedis
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from rulemint_gateway.stores.config_store import StoreUnavailableError
from rulemint_shared import keys
from rulemint_shared.exchanges import ExchangeRecord

_ISSUED = 200


class TokenCounts:
    """Reads what `note_tokens` wrote."""

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


def note_tokens(pipe: Pipeline, exchanges: Iterable[ExchangeRecord]) -> None:
    """Queue on *pipe* how many tokens *exchanges* issued."""
    issued = Counter((each.tenant, _day_of(each)) for each in exchanges if each.status == _ISSUED)
    for (tenant, day), count in issued.items():
        pipe.hincrby(keys.tokens_per_day(tenant), day, count)


def _day_of(exchange: ExchangeRecord) -> str:
    return datetime.fromtimestamp(exchange.started_at_ms / 1_000, tz=UTC).date().isoformat()
