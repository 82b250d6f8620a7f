"""An invocation as a whole: the records that its exchange kept of it, and whether a filter shows it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.contract.log_records import InvocationEnded, InvocationStarted, LogRecord

_REFUSED, _GRANTED = "refused:", "granted"


class InvocationFilter:
    """The filter of a stream, asked about whole invocations.

    One is shown if it ended as ``outcome`` says, and one of its records is what all the other parameters ask for. A
    stream would combine the two in one record, and only an ending has an outcome.
    """

    def __init__(self, log_filter: LogFilter) -> None:
        self._ended = LogFilter(outcome=log_filter.outcome)
        self._with_one = msgspec.structs.replace(log_filter, outcome=None)

    def shows(self, exchange: ExchangeRecord) -> bool:
        """True if *exchange* had an invocation, and this one is wanted."""
        records = list(records_of(exchange))
        return any(map(self._ended.shows, records)) and any(map(self._with_one.shows, records))


def records_of(exchange: ExchangeRecord) -> Iterator[LogRecord]:
    """The records that the stream had of its invocation, by kind; none if no rule was asked.

    The rule whose word was the last is the last that reported; if none did, it is the one that should have begun.
    """
    if exchange.outcome.startswith(_REFUSED) or (exchange.outcome == _GRANTED and not exchange.rules):
        return
    if exchange.rules:
        first = exchange.rules[0]
        yield InvocationStarted(
            ts_ms=exchange.started_at_ms,
            invocation=exchange.id,
            client_id=exchange.client_id or "",
            audience=exchange.audience or "",
            rule=first.rule,
            version=first.version,
        )
    yield from exchange.lines
    yield from exchange.calls
    yield _ending_of(exchange)


def _ending_of(exchange: ExchangeRecord) -> InvocationEnded:
    last = exchange.rules[-1] if exchange.rules else None
    return InvocationEnded(
        ts_ms=exchange.started_at_ms + round(exchange.timings.total_ms),
        invocation=exchange.id,
        client_id=exchange.client_id or "",
        audience=exchange.audience or "",
        rule=last.rule if last else exchange.first_rule,
        version=last.version if last else exchange.first_version,
        outcome=exchange.outcome,
        duration_ms=exchange.timings.rules_ms or 0.0,
        message="" if exchange.outcome == _GRANTED else exchange.detail or exchange.error_description or "",
    )
