"""Token requests of a tenant: a list with filters, and the whole record of one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec

from rulemint_gateway.management.errors import InvalidBodyError, NotFoundError
from rulemint_gateway.management.exchanges.answers import ExchangeAnswer, ExchangeList, ListedExchange, answer_of
from rulemint_gateway.stores.traffic.exchange_names import client_name, outcome_name, rule_name
from rulemint_gateway.stores.traffic.exchange_search import ENOUGH, ExchangeSearch, Looked
from rulemint_gateway.stores.traffic.exchange_store import ExchangeStore
from rulemint_gateway.stores.traffic.log_store import LogStore, Place
from rulemint_gateway.stores.traffic.stream_search import Query
from rulemint_shared.contract.exchanges import ExchangeSummary
from rulemint_shared.ids import exchange_time_ms

LOOKED_AT = 1_000
"""A call looks at so many records, and says where to go on."""


@dataclass(frozen=True, kw_only=True)
class ExchangeFilter:
    """Combined with *and*; what is None does not filter."""

    client_id: str | None = None
    rule: str | None = None
    """One that ran, or that should have begun."""
    outcome: str | None = None
    """The whole outcome, or its first word: ``failed`` for ``failed:timeout``."""
    id: str | None = None
    """The whole id, or its end."""
    jti: str | None = None
    since_ms: int = 0
    until_ms: int | None = None
    """Before this moment."""

    @property
    def exchange_id(self) -> str | None:
        """The whole id that is asked for, if one is: a token's ``jti`` is that of its exchange."""
        return next((each for each in (self.id, self.jti) if each and exchange_time_ms(each) is not None), None)

    def query(self) -> Query | None:
        """The part of it that an index can answer; None: no part."""
        names = [
            name_of(value)
            for name_of, value in ((client_name, self.client_id), (rule_name, self.rule), (outcome_name, self.outcome))
            if value is not None
        ]
        if not names and self.until_ms is None:
            return None
        return Query(names, since_ms=self.since_ms, until_ms=self.until_ms)

    def shows(self, exchange: ExchangeSummary) -> bool:
        """True if *exchange* is wanted."""
        return (
            exchange.started_at_ms >= self.since_ms
            and (self.until_ms is None or exchange.started_at_ms < self.until_ms)
            and (self.client_id is None or exchange.client_id == self.client_id)
            and (self.rule is None or self.rule in {exchange.first_rule, *(each.rule for each in exchange.rules)})
            and (self.outcome is None or self.outcome in (exchange.outcome, exchange.outcome.partition(":")[0]))
            and (self.id is None or exchange.id.endswith(self.id))
            and (self.jti is None or exchange.jti == self.jti)
        )


class Exchanges:
    """The use cases of ``/api/v2/exchanges``."""

    def __init__(self, exchanges: ExchangeStore, log: LogStore, search: ExchangeSearch) -> None:
        self._exchanges = exchanges
        self._log = log
        self._search = search

    async def page(
        self, tenant: str, wanted: ExchangeFilter, *, beyond: str | None, count: int, newest_first: bool
    ) -> ExchangeList:
        """At most *count* that are *wanted*, from the place *beyond* on.

        Looked for among the next `LOOKED_AT` token requests.

        Raises:
            InvalidBodyError: *beyond* is no place.
        """
        found: list[ListedExchange] = []
        looked_at = 0
        last: Place | None = None
        records = self._records(tenant, wanted, beyond=_place(beyond), newest_first=newest_first)
        async for place, record in records:
            if last is not None and (len(found) == count or looked_at == LOOKED_AT):
                return ExchangeList(exchanges=found, next=last.log_id())
            if record is ENOUGH:
                return ExchangeList(exchanges=found, next=place.log_id())
            if isinstance(record, ExchangeSummary) and wanted.shows(record):
                found.append(ListedExchange(**msgspec.structs.asdict(record), log_id=place.log_id()))
            last = place
            looked_at += 1
        return ExchangeList(exchanges=found)

    def _records(
        self, tenant: str, wanted: ExchangeFilter, *, beyond: Place | None, newest_first: bool
    ) -> AsyncIterator[tuple[Place, Looked]]:
        """Those among which *wanted* ones are, in the order of writing, by the shortest way there is."""
        if wanted.exchange_id is not None:
            return self._search.one(tenant, wanted.exchange_id, newest_first=newest_first, beyond=beyond)
        query = wanted.query()
        if query is not None:
            return self._search.found(tenant, query, newest_first=newest_first, beyond=beyond)
        return self._log.summaries(tenant, newest_first=newest_first, beyond=beyond, since_ms=wanted.since_ms)

    async def read(self, tenant: str, exchange_id: str) -> ExchangeAnswer:
        """The whole record of one.

        Raises:
            NotFoundError: it never was, or is no longer kept.
        """
        record = await self._exchanges.find(tenant, exchange_id)
        if record is None:
            raise NotFoundError("exchange", code="inexistent_exchange")
        return answer_of(record)


def _place(beyond: str | None) -> Place | None:
    place = None if beyond is None else Place.of(beyond)
    if beyond is not None and place is None:
        message = "from must be the next of another answer, or the log_id of an entry"
        raise InvalidBodyError(message, field="from", code="invalid_query_string")
    return place
