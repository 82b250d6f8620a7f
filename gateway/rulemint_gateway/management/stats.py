"""Statistics of a tenant: its tokens per day, the clients that were active of late, and those that waste tokens."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from heapq import heappush, heappushpop
from typing import TypeVar

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_gateway.stores.traffic.minute_counts import Minute, MinuteCounts, middle_of
from rulemint_gateway.stores.traffic.secret_usage import SecretUsage
from rulemint_gateway.stores.traffic.token_counts import TokenCounts
from rulemint_gateway.stores.traffic.token_use import TokenUse, Use
from rulemint_shared.clock import rfc3339_ms, unix_ms

K = TypeVar("K")

ACTIVE_DAYS = 30
MAX_DAYS = 400


class DayAnswer(Answer, frozen=True, kw_only=True):
    """One day (UTC); ``logins`` are tokens, for it is machines that log in here."""

    date: Moment
    logins: int
    signups: int
    leaked_passwords: int
    created_at: Moment
    updated_at: Moment


class ClientWaste(Answer, frozen=True, kw_only=True):
    """The tokens of one client in a day: those it asked for, and those it needed because it had none in force."""

    client_id: str
    asked: int
    needed: int
    wasted: int
    """As many as the client would not ask for if it kept its tokens until they end."""
    spent_ms: float
    """From its requests' arrival to their answers, all together."""
    saved_ms: float
    """As much of it as keeping tokens would save."""


class Waste(Answer, frozen=True, kw_only=True):
    """The waste of a day (UTC): of all clients together, and those that wasted most."""

    day: str
    asked: int
    needed: int
    wasted: int
    clients: list[ClientWaste]


class MinuteAnswer(Answer, frozen=True, kw_only=True):
    """The token requests that began in one minute, and how long those took that got a token.

    The durations are an eighth off at most, and null without a token.
    """

    at: Moment
    granted: int
    denied: int
    failed: int
    refused: int
    p50_ms: float | None
    p99_ms: float | None


class Minutes(Answer, frozen=True, kw_only=True):
    """The last minutes, the oldest first. The newest one is not over yet. All of them together are in `whole`."""

    minutes: list[MinuteAnswer]
    whole: MinuteAnswer


class Stats:
    """The use cases of ``/api/v2/stats``."""

    def __init__(self, counts: TokenCounts, usage: SecretUsage, use: TokenUse, minutes: MinuteCounts) -> None:
        self._counts = counts
        self._usage = usage
        self._use = use
        self._minutes = minutes

    async def minutes(self, tenant: str, *, last: int) -> Minutes:
        """The *last* minutes until now."""
        now = unix_ms() // 60_000
        found = await self._minutes.between(tenant, now - last + 1, now)
        return Minutes(minutes=[_minute_answer(each) for each in found], whole=_minute_answer(_together(found)))

    async def waste(self, tenant: str, *, day: str | None, take: int) -> Waste:
        """The *take* clients that wasted most on *day* (``YYYYMMDD``), and all of them together; today unless given.

        Raises:
            InvalidBodyError: it is no day.
        """
        of = datetime.fromtimestamp(unix_ms() / 1_000, tz=UTC).date() if day is None else _day(day, "day")
        asked = needed = 0
        worst: list[tuple[int, str, Use]] = []
        async for client_id, use in self._use.of_day(tenant, of):
            asked += use.asked
            needed += min(use.needed, use.asked)
            entry = (use.asked - use.needed, client_id, use)
            if len(worst) < take:
                heappush(worst, entry)
            else:
                heappushpop(worst, entry)
        clients = [_client_waste(client_id, use) for _wasted, client_id, use in sorted(worst, reverse=True)]
        return Waste(day=of.isoformat(), asked=asked, needed=needed, wasted=asked - needed, clients=clients)

    async def daily(self, tenant: str, *, first: str | None, last: str | None) -> list[DayAnswer]:
        """One entry a day (UTC) from *first* to *last*, both ``YYYYMMDD``; the last 30 days unless given.

        Raises:
            InvalidBodyError: one is no day, or there are no or too many days between them.
        """
        today = datetime.fromtimestamp(unix_ms() / 1_000, tz=UTC).date()
        end = today if last is None else _day(last, "to")
        begin = end - timedelta(days=ACTIVE_DAYS - 1) if first is None else _day(first, "from")
        if not 0 <= (end - begin).days < MAX_DAYS:
            message = f"from must not be after to, nor {MAX_DAYS} days before it"
            raise InvalidBodyError(message, field="from", code="invalid_query_string")
        days = [begin + timedelta(days=number) for number in range((end - begin).days + 1)]
        counts = await self._counts.of_days(tenant, days)
        return [_answer(day, tokens) for day, tokens in zip(days, counts, strict=True)]

    async def active_clients(self, tenant: str) -> int:
        """The number of clients that have proved who they are in the last 30 days."""
        return await self._usage.active_clients(tenant, since_ms=unix_ms() - ACTIVE_DAYS * 86_400_000)


def _client_waste(client_id: str, use: Use) -> ClientWaste:
    wasted = max(0, use.asked - use.needed)
    return ClientWaste(
        client_id=client_id,
        asked=use.asked,
        needed=use.asked - wasted,
        wasted=wasted,
        spent_ms=round(use.spent_us / 1_000, 1),
        saved_ms=round(use.spent_us / 1_000 * wasted / max(1, use.asked), 1),
    )


def _together(minutes: list[Minute]) -> Minute:
    """The counts of all *minutes*, as one that began with the first."""
    whole = Minute(minutes[0].minute, dict.fromkeys(minutes[0].outcomes, 0), {}, {})
    for each in minutes:
        _add(whole.outcomes, each.outcomes)
        _add(whole.buckets, each.buckets)
    return whole


def _add(counts: dict[K, int], more: dict[K, int]) -> None:
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count


def _minute_answer(minute: Minute) -> MinuteAnswer:
    return MinuteAnswer(
        at=rfc3339_ms(minute.minute * 60_000),
        **minute.outcomes,
        p50_ms=_quantile(minute.buckets, 0.5),
        p99_ms=_quantile(minute.buckets, 0.99),
    )


def _quantile(buckets: dict[int, int], part: float) -> float | None:
    wanted = sum(buckets.values()) * part
    passed = 0
    for bucket, count in sorted(buckets.items()):
        passed += count
        if passed >= wanted:
            return round(middle_of(bucket), 2)
    return None


def _day(text: str, field: str) -> date:
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        message = f"{field} must be a day as YYYYMMDD"
        raise InvalidBodyError(message, field=field, code="invalid_query_string") from None


def _answer(day: date, tokens: int) -> DayAnswer:
    midnight = f"{day.isoformat()}T00:00:00.000Z"
    return DayAnswer(
        date=midnight, logins=tokens, signups=0, leaked_passwords=0, created_at=midnight, updated_at=midnight
    )
