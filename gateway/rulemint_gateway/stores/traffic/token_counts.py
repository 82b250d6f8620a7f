"""Counts the tokens that were issued each day (UTC), in the script that writes exchange records, and so once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from redis.exceptions import RedisError

from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.streams.entries import Counts

_ISSUED = 200
_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1)


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
    days = Counter(each.started_at_ms // _DAY_MS for each in exchanges if each.status == _ISSUED)
    counts = {_EPOCH.fromordinal(_EPOCH.toordinal() + day).isoformat(): count for day, count in days.items()}
    return Counts(redis_keys.tokens_per_day(tenant), counts) if counts else None
