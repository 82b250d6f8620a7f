from __future__ import annotations

import base64
from urllib.parse import quote, quote_plus

import pytest

from rulemint_runner.egress.invocation_calls import CallReport
from rulemint_runner.flow.invocation_log import (
    MAX_LINE_CHARACTERS,
    MAX_LINES,
    InvocationLog,
)
from rulemint_runner.flow.masks import SHORTEST_MASKED, Mask
from rulemint_runner.hosts.wire.frames import Line
from rulemint_shared.contract.log_records import InvocationEnded, InvocationStarted, Level, LogLine, LogRecord
from rulemint_shared.contract.messages import (
    ClientView,
    DenialCode,
    Denied,
    Failed,
    FailureReason,
    Granted,
    Invocation,
    Outcome,
    RequestView,
    RuleRef,
)
from rulemint_shared.secrets.masking import MASK

ROOM = 256 * 1024
FIRST = RuleRef(rule_id="rul_1", name="first", version=3)
SECOND = RuleRef(rule_id="rul_2", name="second", version=1)
INVOCATION = Invocation(
    id="exc_1",
    tenant="default",
    client=ClientView(tenant="default", id="a-client", name="A", metadata={}),
    audience="https://api/",
    scope=["a"],
    request=RequestView(ip="127.0.0.1", user_agent="curl", body={}),
    flow=[FIRST, SECOND],
    deadline_ms=0,
    enqueued_at_ms=0,
)


def a_log() -> tuple[InvocationLog, list[LogRecord]]:
    published: list[LogRecord] = []
    return InvocationLog(INVOCATION, published.append), published


def written(text: str, secrets: list[str]) -> str:
    log, _published = a_log()
    log.writer(FIRST, Mask(secrets), max_bytes=ROOM)(Line(level=Level.INFO, text=text))
    (line,) = log.lines
    return line.message


KEY = "p/ss+w=rd Ünïcode?%~*"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(quote(KEY, safe=""), id="in a URL"),
        pytest.param(quote(KEY, safe="!'()*"), id="as encodeURIComponent writes it"),
        pytest.param(quote_plus(KEY), id="in a form"),
        pytest.param(quote_plus(KEY, safe="*").replace("~", "%7E"), id="in a form of URLSearchParams"),
        pytest.param(base64.b64encode(KEY.encode()).decode(), id="base64"),
        pytest.param(base64.urlsafe_b64encode(KEY.encode()).decode().rstrip("="), id="base64 for URLs"),
        pytest.param(KEY.encode().hex(), id="hexadecimal digits"),
        pytest.param(KEY.encode().hex().upper(), id="hexadecimal digits in capitals"),
        *(
            pytest.param(base64.b64encode(f"{'u' * before}{KEY}:".encode()).decode(), id=f"base64 behind {before} more")
            for before in range(1, 7)
        ),
    ],
)
def test_a_secret_is_masked_in_what_a_rule_makes_of_it_to_send_it(text: str) -> None:
    shown = written(f"sent <{text}>", [KEY])
    assert "***" in shown
    left = shown.removeprefix("sent <").removesuffix(">")
    assert len(left.replace("***", "")) <= len(text) - len(KEY)
    assert text[10:-10] not in shown


def test_the_encodings_of_a_short_secret_are_not_looked_for() -> None:
    assert written("dGVzdA== 74657374", ["test"]) == "dGVzdA== 74657374"


def marks(log: InvocationLog) -> list[LogLine]:
    return [line for line in log.lines if "the log of this invocation is full" in line.message]


def test_lines_are_published_and_kept_in_the_order_they_were_written() -> None:
    log, published = a_log()
    of_first, of_second = log.writer(FIRST, Mask([]), max_bytes=ROOM), log.writer(SECOND, Mask([]), max_bytes=ROOM)
    of_first(Line(level=Level.INFO, text="one"))
    log.add(FIRST, Level.WARN, "two")
    of_second(Line(level=Level.DEBUG, text="three"))
    assert [(line.rule, line.version, line.level, line.message) for line in log.lines] == [
        ("first", 3, Level.INFO, "one"),
        ("first", 3, Level.WARN, "two"),
        ("second", 1, Level.DEBUG, "three"),
    ]
    assert published == log.lines
    assert {(line.invocation, line.client_id) for line in log.lines} == {("exc_1", "a-client")}


def test_the_start_of_an_invocation_names_its_first_rule() -> None:
    log, published = a_log()
    log.started()
    (record,) = published
    assert record == InvocationStarted(
        ts_ms=record.ts_ms,
        invocation="exc_1",
        client_id="a-client",
        audience="https://api/",
        rule="first",
        version=3,
    )
    assert log.lines == []


@pytest.mark.parametrize(
    ("outcome", "name"),
    [
        pytest.param(Granted(scope=[]), "granted", id="granted"),
        pytest.param(Denied(code=DenialCode.ACCESS_DENIED, message="no"), "denied", id="denied"),
        pytest.param(Failed(reason=FailureReason.TIMEOUT), "failed:timeout", id="failed"),
    ],
)
def test_the_end_of_an_invocation_names_its_outcome_and_the_rule_that_decided(outcome: Outcome, name: str) -> None:
    log, published = a_log()
    log.ended(SECOND, outcome, duration_ms=1.5, message="in words")
    (record,) = published
    assert record == InvocationEnded(
        ts_ms=record.ts_ms,
        invocation="exc_1",
        client_id="a-client",
        audience="https://api/",
        rule="second",
        version=1,
        outcome=name,
        duration_ms=1.5,
        message="in words",
    )


# ---- secrets ----


@pytest.mark.parametrize(
    ("text", "secrets", "shown"),
    [
        pytest.param("key=hunter2!", ["hunter2"], f"key={MASK}!", id="one"),
        pytest.param("hunter2 hunter2", ["hunter2"], f"{MASK} {MASK}", id="again"),
        pytest.param("abcdefgh abcd", ["abcd", "abcdefgh"], f"{MASK} {MASK}", id="one within another"),
        pytest.param("one two three", ["three", "one "], f"{MASK}two {MASK}", id="several"),
        pytest.param("nothing here", ["hunter2"], "nothing here", id="none"),
    ],
)
def test_no_line_shows_a_secret_of_its_rule(text: str, secrets: list[str], shown: str) -> None:
    assert written(text, secrets) == shown


def test_a_secret_too_short_to_be_one_is_left_alone() -> None:
    short = "x" * (SHORTEST_MASKED - 1)
    assert written(f"{short} a cat", [short, "", "a"]) == f"{short} a cat"
    assert written("x" * SHORTEST_MASKED, ["x" * SHORTEST_MASKED]) == MASK


def test_a_secret_of_several_lines_is_masked_when_it_is_written_line_by_line() -> None:
    """Python's print makes one line of the log of each line of its text."""
    secret = "-----BEGIN KEY-----\nMC4CAQAwBQYD\nK2VwBCIEIJ8x\n-----END KEY-----\n"
    shown = [written(line, [secret]) for line in secret.splitlines()]
    assert shown == [MASK] * 4
    assert written(f"all: {secret}", [secret]) == f"all: {MASK}"


def test_a_rule_s_secrets_are_masked_in_its_own_lines_only() -> None:
    log, _published = a_log()
    log.writer(FIRST, Mask(["hunter2"]), max_bytes=ROOM)
    log.writer(SECOND, Mask(["swordfish"]), max_bytes=ROOM)(Line(level=Level.INFO, text="hunter2 swordfish"))
    assert [line.message for line in log.lines] == [f"hunter2 {MASK}"]


# ---- limits ----


def test_a_line_that_is_too_long_is_cut_with_a_mark() -> None:
    log, published = a_log()
    log.add(FIRST, Level.INFO, "x" * (MAX_LINE_CHARACTERS * 2))
    assert [line.message for line in log.lines] == ["x" * MAX_LINE_CHARACTERS + "… [cut]"]
    assert published == log.lines


def test_a_line_that_its_host_has_cut_keeps_the_host_s_mark() -> None:
    text = "x" * MAX_LINE_CHARACTERS + "… [cut]"
    log, _published = a_log()
    log.add(FIRST, Level.INFO, text)
    assert [line.message for line in log.lines] == [text]


def test_beyond_so_many_lines_there_is_one_mark_and_a_count() -> None:
    log, published = a_log()
    write = log.writer(FIRST, Mask([]), max_bytes=ROOM)
    for number in range(MAX_LINES + 10):
        write(Line(level=Level.INFO, text=str(number)))
    assert [line.message for line in log.lines[:MAX_LINES]] == [str(number) for number in range(MAX_LINES)]
    assert marks(log) == log.lines[MAX_LINES:]
    assert (len(marks(log)), marks(log)[0].level, log.left_out) == (1, Level.WARN, 10)
    assert published == log.lines


def test_beyond_so_many_bytes_there_is_one_mark_and_a_count() -> None:
    log, published = a_log()
    write = log.writer(FIRST, Mask([]), max_bytes=10)
    for _ in range(4):
        write(Line(level=Level.INFO, text="üü"))
    assert [line.message for line in log.lines[:2]] == ["üü", "üü"]
    assert marks(log) == log.lines[2:]
    assert log.left_out == 2
    assert published == log.lines


def test_a_rule_that_fills_its_log_leaves_the_next_one_and_the_runner_their_own() -> None:
    log, _published = a_log()
    log.writer(FIRST, Mask([]), max_bytes=1)(Line(level=Level.INFO, text="too much"))
    log.writer(SECOND, Mask([]), max_bytes=ROOM)(Line(level=Level.INFO, text="of the second"))
    log.add(SECOND, Level.WARN, "of the runner")
    assert [line.message for line in log.lines[1:]] == ["of the second", "of the runner"]
    assert log.left_out == 1


@pytest.mark.parametrize(
    ("port", "shown"), [(443, "api.example.com"), (80, "api.example.com"), (8443, "api.example.com:8443")]
)
def test_a_call_is_published_and_kept_with_the_rule_that_made_it(port: int, shown: str) -> None:
    log, published = a_log()
    report = CallReport(
        method="GET", host="api.example.com", port=port, status=200, duration_ms=1.5, bytes_sent=1, bytes_received=2
    )
    log.called(SECOND, report)
    (call,) = log.calls
    assert published == [call]
    assert (call.rule, call.host, call.status, call.error, call.bytes_received) == ("second", shown, 200, "", 2)
