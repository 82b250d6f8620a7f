"""A token request as a person reads it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rulemint_cli.system.exchange_report import report, row_of
from rulemint_shared.contract.exchanges import ExchangeRecord, Timings
from rulemint_shared.contract.log_records import Level, LogLine, OutboundCall
from rulemint_shared.contract.messages import Dropped, RuleReport

RECORD = ExchangeRecord(
    id="exc_01a212dbf7d09a0c5f878fff0915", tenant="t", started_at_ms=1_500, status=200, outcome="granted",
    client_id="c", audience="https://api/", scope_asked=["read"], scope_granted=["read", "extra"], ip="192.0.2.1",
    user_agent="curl", jti="tok_1", secret_name="first", timings=Timings(rules_ms=1.0, total_ms=3.25),
    rules=[RuleReport(rule="plan", version=2, scope_given=["read"], scope_added=["extra"], claims_set={"x": 1})],
)  # fmt: skip
DROPPED = Dropped(name="iss", why="reserved")
WRONG_SECRET = msgspec.structs.replace(
    RECORD, status=401, outcome="refused:invalid_client", error="invalid_client", error_description="check the secret",
    rules=[], secret_name=None, scope_granted=[], jti=None, more_like_it=7,
)  # fmt: skip


def shown(record: ExchangeRecord) -> dict[str, Any]:
    """As the system answers it."""
    answer: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(record))
    return answer


@pytest.mark.parametrize(
    ("record", "row"),
    [
        pytest.param(RECORD, "1970-01-01 00:00:01  8fff0915  granted   c → https://api/  plan@2  3.2 ms", id="granted"),
        pytest.param(
            WRONG_SECRET,
            "1970-01-01 00:00:01  8fff0915  refused:invalid_client  c → https://api/  check the secret"
            "  and 7 more like it  3.2 ms",
            id="refused",
        ),
        pytest.param(
            msgspec.structs.replace(RECORD, status=503, outcome="failed:crashed", detail="Error: x\n  at y"),
            "1970-01-01 00:00:01  8fff0915  failed:crashed  c → https://api/  plan@2  Error: x  3.2 ms",
            id="failed",
        ),
    ],
)
def test_a_row_says_when_which_what_became_of_it_for_whom_and_why(record: ExchangeRecord, row: str) -> None:
    assert row_of(shown(record)).plain == row


def test_a_report_has_the_reason_the_rules_the_lines_the_calls_and_the_times() -> None:
    ours: dict[str, Any] = {"invocation": RECORD.id, "client_id": "c", "rule": "plan", "version": 2}
    denied = msgspec.structs.replace(
        RECORD,
        status=403,
        outcome="denied",
        error="access_denied",
        error_description="not today",
        detail="Error: not today\n  at plan:1",
        lines=[LogLine(ts_ms=1, level=Level.WARN, message="one\ntwo", **ours)],
        calls=[OutboundCall(ts_ms=1, method="GET", host="api", status=None, error="no route", duration_ms=2.0, **ours)],
        rules=[RuleReport(rule="plan", version=2, scope_given=[], scope_removed=["read"], dropped=[DROPPED])],
        lines_left_out=3,
    )  # fmt: skip
    rows = [row.plain for row in report(shown(denied))]
    assert rows == [
        "■ denied  HTTP 403  3.2 ms",
        "  error      access_denied (not today)",
        "  detail     Error: not today",
        "  id         exc_01a212dbf7d09a0c5f878fff0915",
        "  began      1970-01-01 00:00:01.500Z",
        "  client     c",
        "  secret     first",
        "  api        https://api/",
        "  asked for  read",
        "  granted    read extra",
        "  token      tok_1",
        "  from       192.0.2.1  curl",
        "  rule       plan@2  0.0 ms",
        "             scope -read",
        "             left out iss: reserved",
        "  ↗          GET api → no route  2.0 ms",
        "  warn       one",
        "             two",
        "  log        3 more lines were left out",
    ]


@pytest.mark.parametrize("field", ["client_id", "audience", "outcome", "detail", "user_agent", "error"])
def test_no_part_of_a_record_drives_a_terminal(field: str) -> None:
    record = shown(msgspec.structs.replace(WRONG_SECRET, **{field: "\x1b[2J"}))
    assert all(row.plain.isprintable() for row in [row_of(record), *report(record)])


def test_a_report_draws_where_the_time_went() -> None:
    step: dict[str, Any] = {
        "began_ms": 0.0,
        "duration_ms": 1.0,
        "rule": None,
        "version": None,
        "start": None,
        "calls": [],
    }
    call = {"method": "GET", "host": "api", "status": 200, "began_ms": 3.0, "duration_ms": 0.25}
    steps = [
        {**step, "step": "authenticate"},
        {**step, "step": "host", "began_ms": 1.0, "start": "cold"},
        {**step, "step": "rule", "rule": "plan", "version": 2, "began_ms": 2.0, "duration_ms": 1.25, "calls": [call]},
    ]
    rows = [row.plain for row in report({**shown(RECORD), "waterfall": steps})]
    bars = [row[38:78] for row in rows[-5:]]
    assert [bar.index("█") for bar in bars] == [0, 12, 25, 37, 0]
    assert [bar.count("█") for bar in bars] == [12, 12, 15, 3, 40]
    names = ["client proved", "wait for a host (cold)", "rule plan@2", "  ↗ GET api", "in all"]
    assert [row[2:36].rstrip() for row in rows[-5:]] == names


def test_a_report_says_what_ended_a_rule_on_which_host_and_which_did_not_run() -> None:
    on = {"engine": "Deno 2", "host": 3, "runs_before": 41}
    ended = {**shown(RECORD)["rules"][0], "ended_at": {"line": 3, "column": 16}, "ran_on": on}
    flow = [{"rule": "plan", "version": 2}, {"rule": "last", "version": 5}]
    rows = [row.plain for row in report({**shown(RECORD), "rules": [ended], "flow": flow, "exp": 60})]
    assert "  not run    last@5" in rows
    assert "  token      tok_1  until 1970-01-01 00:01:00" in rows
    assert "  rule       plan@2  0.0 ms  ended at line 3, column 16  Deno 2, host 3 after 41 runs" in rows
