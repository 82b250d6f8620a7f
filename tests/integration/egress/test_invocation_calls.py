"""What one rule may do in one invocation."""

from __future__ import annotations

import asyncio

import pytest

from fixtures.waiting import eventually
from fixtures.web import NAME, Gate, Web
from rulemint_runner.egress.errors import Code, EgressError, Kind
from rulemint_runner.egress.invocation_calls import MAX_CALLS, MAX_PARALLEL, CallReport, CallRights, InvocationCalls
from rulemint_runner.egress.messages import OutboundRequest
from rulemint_shared.deadline import Deadline


def calls_of(web: Web, gate: Gate, reports: list[CallReport], *, timeout_s: float = 20) -> InvocationCalls:
    rights = CallRights(tenant="default", allow_hosts=(f"http://{NAME}:{gate.port}",))
    return InvocationCalls(web.broker, rights, Deadline.after(timeout_s), reports.append)


def request_to(gate: Gate, path: str = "secret-path?secret=query") -> OutboundRequest:
    return OutboundRequest(
        url=f"http://user-{NAME}:{gate.port}/" if path == "other" else f"http://{NAME}:{gate.port}/{path}",
        method="post",
        headers=(("Authorization", "secret-header"),),
        body=b"secret-body",
    )


async def test_a_call_is_reported_without_anything_secret(web: Web, gate: Gate) -> None:
    gate.opened.set()
    reports: list[CallReport] = []
    calls = calls_of(web, gate, reports)
    assert (await calls.fetch(request_to(gate))).body == b"hello"
    (report,) = reports
    assert (report.method, report.host, report.port) == ("POST", NAME, gate.port)
    assert (report.status, report.error, report.bytes_sent, report.bytes_received) == (201, None, 11, 5)
    assert report.duration_ms > 0
    assert "secret" not in str(report)


async def test_a_call_that_fails_is_reported_with_its_reason(web: Web, gate: Gate) -> None:
    reports: list[CallReport] = []
    calls = calls_of(web, gate, reports)
    for request in (request_to(gate, "other"), OutboundRequest(url="file:///secret", method="\r\n")):
        with pytest.raises(EgressError):
            await calls.fetch(request)
    first, second = reports
    assert (first.method, first.host, first.status) == ("POST", f"user-{NAME}", None)
    assert first.error is not None
    assert first.error.startswith("denied: user-api.example.com is not listed")
    assert (second.method, second.host, second.port) == ("?", "", 0)
    assert second.error is not None
    assert "secret" not in str(reports)


async def test_whoever_did_not_answer_in_time_is_told_what_it_waited_for_or_was_refused(web: Web, gate: Gate) -> None:
    calls = calls_of(web, gate, [])
    assert calls.hint() == ""
    with pytest.raises(EgressError) as refused:
        await calls.fetch(request_to(gate, "other"))
    assert refused.value.code is Code.FORBIDDEN_HOST
    assert calls.hint().startswith(f"it was refused POST user-{NAME} (ERR_RULEMINT_FORBIDDEN_HOST: user-")
    assert "allow_hosts" in calls.hint()
    waiting = asyncio.create_task(calls.fetch(request_to(gate)))
    await eventually(gate.count, lambda waiting: waiting == 1)
    assert calls.hint().startswith(f"it waited for POST {NAME} (")
    assert "secret" not in calls.hint()
    gate.opened.set()
    await waiting


async def test_a_call_ends_when_its_rule_waits_no_longer_and_the_next_one_has_its_own_time(
    web: Web, gate: Gate
) -> None:
    reports: list[CallReport] = []
    calls = calls_of(web, gate, reports)
    with pytest.raises(EgressError) as late:
        await calls.fetch(request_to(gate), within_s=0.1)
    assert late.value.code is Code.TIMED_OUT
    gate.opened.set()
    assert (await calls.fetch(request_to(gate), within_s=20)).body == b"hello"
    assert [report.status for report in reports] == [None, 201]


async def test_no_more_than_eight_calls_run_at_once_and_the_others_wait(web: Web, gate: Gate) -> None:
    reports: list[CallReport] = []
    calls = calls_of(web, gate, reports)
    under_way = [asyncio.create_task(calls.fetch(request_to(gate))) for _ in range(20)]
    await eventually(gate.count, lambda waiting: waiting == MAX_PARALLEL)
    gate.opened.set()
    answers = await asyncio.gather(*under_way)
    assert [answer.status for answer in answers] == [201] * 20
    assert gate.most_waiting == MAX_PARALLEL
    assert len(reports) == 20


async def test_the_fifty_first_call_is_denied_and_only_it_is_reported(web: Web, gate: Gate) -> None:
    gate.opened.set()
    reports: list[CallReport] = []
    calls = calls_of(web, gate, reports)
    answers = await asyncio.gather(*(calls.fetch(request_to(gate)) for _ in range(10_000)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, EgressError)]
    assert len(answers) - len(refused) == MAX_CALLS
    assert {(error.kind, error.why) for error in refused} == {(Kind.DENIED, "one invocation may make 50 calls")}
    assert len(reports) == MAX_CALLS + 1


async def test_closing_ends_what_is_under_way_and_refuses_what_comes_later(web: Web, gate: Gate) -> None:
    reports: list[CallReport] = []
    calls = calls_of(web, gate, reports)
    under_way = [asyncio.create_task(calls.fetch(request_to(gate))) for _ in range(12)]
    await eventually(gate.count, lambda waiting: waiting == MAX_PARALLEL)
    await calls.close()
    assert len(reports) == 12
    for call in under_way:
        with pytest.raises(EgressError, match="the invocation is over"):
            await call
    with pytest.raises(EgressError, match="the invocation is over"):
        await calls.fetch(request_to(gate))
    assert len(reports) == 12
    await eventually(gate.count, lambda waiting: waiting == 0)


async def test_calls_end_with_the_invocation_s_deadline(web: Web, gate: Gate) -> None:
    reports: list[CallReport] = []
    calls = calls_of(web, gate, reports, timeout_s=0.5)
    answers = await asyncio.gather(*(calls.fetch(request_to(gate)) for _ in range(12)), return_exceptions=True)
    assert {answer.kind for answer in answers if isinstance(answer, EgressError)} == {Kind.TIMED_OUT}
    assert len(reports) == 12


async def test_whoever_is_cancelled_is_cancelled_and_reported(web: Web, gate: Gate) -> None:
    reports: list[CallReport] = []
    calls = calls_of(web, gate, reports)
    call = asyncio.create_task(calls.fetch(request_to(gate)))
    await eventually(gate.count, lambda waiting: waiting == 1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert [report.error for report in reports] == ["failed: cancelled"]
    await calls.close()


async def test_closing_twice_and_closing_what_never_called_is_nothing(web: Web, gate: Gate) -> None:
    calls = calls_of(web, gate, [])
    await calls.close()
    await calls.close()
