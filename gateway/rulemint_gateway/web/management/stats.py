"""``/api/v2/stats``: how much happened in the tenant."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from rulemint_gateway.management.stats import DayAnswer, Minutes, Stats, Waste
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.paging import MAX_PER_PAGE
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.http.queries import query_of
from rulemint_shared.whole_text import whole

MOST_MINUTES = 120
"""Counts are kept an hour longer."""

Day = Annotated[str, Meta(max_length=8, pattern=whole("[0-9]{8}", means="a day as YYYYMMDD"))]


class DaysQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The days that are asked for."""

    from_: Day | None = msgspec.field(name="from", default=None)
    to: Day | None = None


class WasteQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The day, and how many clients are shown."""

    day: Day | None = None
    take: Annotated[int, Meta(ge=1, le=MAX_PER_PAGE)] = 50


class MinutesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The minutes that are asked for."""

    last: Annotated[int, Meta(ge=1, le=MOST_MINUTES)] = 60


class StatsHandlers:
    """The calls of the tenant's statistics."""

    def __init__(self, stats: Stats) -> None:
        self._stats = stats

    def operations(self) -> list[Operation]:
        """The calls about the statistics."""
        return [
            Operation(
                method="GET",
                path="/api/v2/stats/daily",
                handle=self.daily,
                tag="Statistics",
                summary="Count tokens by day",
                scopes=("read:stats",),
                query=DaysQuery,
                answer=list[DayAnswer],
            ),
            Operation(
                method="GET",
                path="/api/v2/stats/active-users",
                handle=self.active,
                tag="Statistics",
                summary="Count the clients that were active in the last 30 days",
                scopes=("read:stats",),
                answer=int,
            ),
            Operation(
                method="GET",
                path="/api/v2/stats/minutes",
                handle=self.minutes,
                tag="Statistics",
                summary="Count token requests by minute and outcome",
                scopes=("read:stats",),
                query=MinutesQuery,
                answer=Minutes,
            ),
            Operation(
                method="GET",
                path="/api/v2/stats/waste",
                handle=self.waste,
                tag="Statistics",
                summary="Compare the tokens that clients asked for with those that they needed",
                scopes=("read:stats",),
                query=WasteQuery,
                answer=Waste,
            ),
        ]

    async def daily(self, request: web.Request) -> web.Response:
        """200 and one entry for each day."""
        caller = caller_of(request)
        query = query_of(request, DaysQuery)
        days = await self._stats.daily(caller.tenant, first=query.from_, last=query.to)
        return json_answer(days, headers=NO_STORE)

    async def active(self, request: web.Request) -> web.Response:
        """200 and a number."""
        caller = caller_of(request)
        return json_answer(await self._stats.active_clients(caller.tenant), headers=NO_STORE)

    async def minutes(self, request: web.Request) -> web.Response:
        """200 and the last minutes until now, counted within 5 seconds."""
        caller = caller_of(request)
        query = query_of(request, MinutesQuery)
        return json_answer(await self._stats.minutes(caller.tenant, last=query.last), headers=NO_STORE)

    async def waste(self, request: web.Request) -> web.Response:
        """200 and the clients that wasted most tokens on a day, today unless `day` says another of the last three.

        A token is wasted if the client had one in force already, for the same API and scopes. Tokens are counted
        within 5 seconds. A client that uses more than 8 pairs of API and scopes may waste more than is shown.
        """
        caller = caller_of(request)
        query = query_of(request, WasteQuery)
        return json_answer(await self._stats.waste(caller.tenant, day=query.day, take=query.take), headers=NO_STORE)
