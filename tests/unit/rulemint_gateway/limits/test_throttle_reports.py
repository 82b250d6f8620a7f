from __future__ import annotations

from typing import cast

import pytest
from structlog.testing import capture_logs

from rulemint_gateway.limits.failed_authentication import Throttled, ThrottledBy
from rulemint_gateway.limits.late_audit import LateAudit
from rulemint_gateway.limits.throttle_reports import OF_A_TENANT, WINDOW_S, ThrottleReports
from rulemint_gateway.stores.traffic.refused_calls import RefusedCalls
from rulemint_gateway.stores.writing.calls import Call

THROTTLED = Throttled(ThrottledBy.CLIENT, 10)


class Reports:
    """With a clock of its own; what is written goes nowhere."""

    def __init__(self) -> None:
        self.now = 0.0
        self.reports = ThrottleReports(LateAudit(cast("RefusedCalls", None)), clock=lambda: self.now)

    def note(self, ip: str, *, times: int = 1, tenant: str = "t", throttled: Throttled = THROTTLED) -> int:
        """How many lines *times* refusals are worth."""
        call = Call(tenant=tenant, client_id="c", ip=ip, method="POST", path="/oauth/token", user_agent="an agent")
        with capture_logs() as lines:
            for _ in range(times):
                self.reports.note(throttled, call)
        return len(lines)


@pytest.fixture
def reports() -> Reports:
    return Reports()


def test_an_address_is_named_once_in_a_window(reports: Reports) -> None:
    assert reports.note("192.0.2.1", times=10_000) == 1
    assert reports.note("192.0.2.2", times=10_000) == 1
    assert reports.note("192.0.2.1", throttled=Throttled(ThrottledBy.SOURCE, 1)) == 1
    reports.now += WINDOW_S
    assert reports.note("192.0.2.1", times=10_000) == 1


def test_many_addresses_do_not_fill_a_tenant_s_log_nor_keep_another_s_empty(reports: Reports) -> None:
    assert sum(reports.note(f"192.0.2.{number}") for number in range(200)) == OF_A_TENANT
    assert reports.note("192.0.2.1", tenant="another") == 1


def test_addresses_of_one_network_are_one(reports: Reports) -> None:
    assert sum(reports.note(f"2001:db8::{number}") for number in range(100)) == 1


def test_a_line_says_who_and_for_how_long(reports: Reports) -> None:
    call = Call(tenant="t", client_id="c", ip="192.0.2.1")
    with capture_logs() as lines:
        reports.reports.note(THROTTLED, call)
    (line,) = lines
    assert (line["log_level"], line["ip"], line["by"], line["client_id"], line["retry_after_s"]) == (
        "warning",
        "192.0.2.1",
        "client",
        "c",
        10,
    )
