from __future__ import annotations

from typing import Any

import pytest

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.invocations import InvocationFilter, records_of
from rulemint_gateway.log_hub.reading import RecordType, type_of
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.contract.log_records import Level, LogLine, OutboundCall
from rulemint_shared.contract.messages import RuleReport

LINE = LogLine(ts_ms=2, invocation="exc_1", client_id="c", rule="first", version=3, level=Level.WARN, message="Careful")
CALL = OutboundCall(
    ts_ms=3, invocation="exc_1", client_id="c", rule="second", version=1, method="GET", host="up.example", status=200,
    duration_ms=1.0,
)  # fmt: skip


def an_exchange(**changes: Any) -> ExchangeRecord:
    known: dict[str, Any] = {
        "id": "exc_1",
        "tenant": "t",
        "started_at_ms": 1,
        "status": 403,
        "outcome": "denied",
        "detail": "not you",
        "client_id": "c",
        "audience": "a",
        "rules": [RuleReport(rule=name, version=1, scope_given=[]) for name in ("first", "second")],
        "lines": [LINE],
        "calls": [CALL],
    }
    return ExchangeRecord(**known | changes)


@pytest.mark.parametrize(
    ("wanted", "other"),
    [
        ({"rule": "first"}, {"rule": "third"}),
        ({"client_id": "c"}, {"client_id": "d"}),
        ({"audience": "a"}, {"audience": "b"}),
        ({"invocation": "exc_1"}, {"invocation": "exc_2"}),
        ({"outcome": "denied"}, {"outcome": "granted"}),
        ({"level": Level.WARN}, {"level": Level.ERROR}),
        ({"type": RecordType.CALL, "rule": "second"}, {"type": RecordType.CALL, "rule": "first"}),
        ({"contains": "CAREFUL"}, {"contains": "careless"}),
        ({"contains": "not you"}, {"contains": "not me"}),
    ],
)
def test_a_filter_shows_an_invocation_one_of_whose_records_it_would_show(
    wanted: dict[str, Any], other: dict[str, Any]
) -> None:
    assert InvocationFilter(LogFilter(**wanted)).shows(an_exchange())
    assert not InvocationFilter(LogFilter(**other)).shows(an_exchange())


def test_how_it_ended_and_what_one_of_its_lines_says_are_asked_for_together() -> None:
    asked = LogFilter(outcome="denied", type=RecordType.LINE, contains="careful")
    assert InvocationFilter(asked).shows(an_exchange())
    assert not InvocationFilter(asked).shows(an_exchange(outcome="granted"))
    assert not InvocationFilter(asked).shows(an_exchange(lines=[]))


@pytest.mark.parametrize("changes", [{"outcome": "refused:invalid_client"}, {"outcome": "granted"}])
def test_a_request_for_which_no_rule_was_asked_is_no_invocation(changes: dict[str, Any]) -> None:
    exchange = an_exchange(**changes, rules=[], lines=[], calls=[])
    assert not list(records_of(exchange))
    assert not InvocationFilter(LogFilter()).shows(exchange)


def test_an_invocation_that_no_runner_took_up_has_an_ending_only() -> None:
    exchange = an_exchange(outcome="failed:no_runner", rules=[], lines=[], calls=[])
    assert [type_of(record) for record in records_of(exchange)] == [RecordType.ENDED]
    assert InvocationFilter(LogFilter(outcome="failed", level=Level.ERROR)).shows(exchange)


def test_an_invocation_that_no_runner_took_up_is_found_by_its_first_rule() -> None:
    exchange = an_exchange(outcome="failed:no_runner", rules=[], lines=[], calls=[], first_rule="first")
    assert InvocationFilter(LogFilter(rule="first")).shows(exchange)
    assert not InvocationFilter(LogFilter(rule="second")).shows(exchange)
