"""Counts the tokens that were issued each day (UTC), in the script that writes exchange records, and so once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime

from redis.exceptions import RedisError

from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.streams.entries import Counts

_ISSUED = 200


class TokenCounts:
    """Reads what was counted as `issued_tokens` says."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def of_days(self, tenant: str, days: list[date]) -> list[int]:
        """The count of each of *days*.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        try:
            counts = await self._redis.hmget(redis_keys.tokens_per_day(tenant), [day.isoformat() for day in days])  # type: ignore[misc]  # redis-py's stub is not async here
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(str(error)) from error
        return [int(count or 0) for count in counts]


def issued_tokens(tenant: str, exchanges: Iterable[ExchangeRecord]) -> Counts | None:
    """The number of tokens that *exchanges* of *tenant* issued; None if none did."""
    days = Counter(_day_of(each) for each in exchanges if each.status == _ISSUED)
    return Counts(redis_keys.tokens_per_day(tenant), days) if days else None


def _day_of(exchange: ExchangeRecord) -> str:
    return datetime.fromtimestamp(exchange.started_at_ms / 1_000, tz=UTC).date().isoformat()
