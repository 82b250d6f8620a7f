"""A tape holds no secret, stays within its bounds, and says what it lacks."""

from __future__ import annotations

import gzip
import json
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from rulemint_runner.flow.masks import Mask
from rulemint_runner.hosts.wire.frames import CacheChanged, Call, Noted, Reply, Run, StorageGet, StorageSet, Stored
from rulemint_runner.tapes.recording import MAX_COLLECTED_BYTES, Recording, RuleRecording
from rulemint_runner.tapes.taping import CODED, NOT_TEXT, tape_of
from rulemint_shared.contract import codecs
from rulemint_shared.contract.endings import failed
from rulemint_shared.contract.log_records import Level, LogLine
from rulemint_shared.contract.messages import (
    ClientView,
    FailureReason,
    Granted,
    Invocation,
    Outcome,
    RequestView,
    RuleRef,
)
from rulemint_shared.contract.rule_state import CacheRecord
from rulemint_shared.contract.tapes import MAX_TAPE_BYTES, Answered, Called, Tape, TapeWish

SEEDS = range(5)


def an_invocation(**request: Any) -> Invocation:
    metadata = request.pop("metadata", {})
    return Invocation(
        id="exc_1",
        tenant="acme",
        client=ClientView(tenant="acme", id="robot", name="Robot", metadata=metadata),
        audience="https://api/",
        scope=["read"],
        request=RequestView(ip="192.0.2.1", **{"user_agent": "curl", "body": {}, **request}),
        flow=[RuleRef(rule_id="rul_1", name="plan", version=2, secrets_revision=1)],
        deadline_ms=1,
        enqueued_at_ms=0,
    )


def a_recording(*, rule_secrets: tuple[str, ...] = ()) -> tuple[Recording, RuleRecording]:
    recording = Recording(TapeWish.ALWAYS)
    rule = recording.next_rule()
    rule.mask = Mask(rule_secrets)
    rule.run = Run(n=1, client={}, scope=[], audience="", context={}, seed=3, now_ms=4.0)
    return recording, rule


def taped(
    recording: Recording,
    invocation: Invocation | None = None,
    outcome: Outcome | None = None,
    lines: tuple[LogLine, ...] = (),
) -> tuple[Tape, bytes]:
    outcome = outcome or Granted(scope=["read"])
    recording.rules[-1].outcome = outcome
    data = tape_of(invocation or an_invocation(), recording, outcome, lines=lines, lines_left_out=0)
    return codecs.tape.decode(data), data


def a_line(text: str) -> LogLine:
    return LogLine(
        ts_ms=1, invocation="exc_1", client_id="robot", rule="plan", version=2, level=Level.INFO, message=text
    )


class Canaries:
    """Thirty secrets, each made for one place of a tape."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self) -> str:
        self.made.append(f"canary{secrets.token_hex(12)}")
        return self.made[-1]


def a_full_recording(new: Canaries) -> tuple[Recording, Invocation, Outcome, tuple[LogLine, ...]]:
    """All that a rule can ask and be told, with a secret in each place."""
    own, other = new(), new()
    recording, rule = a_recording(rule_secrets=(own, other))
    echoes = [
        f"you said {own}",
        json.dumps({"headers": {"Authorization": f"Bearer {own}"}, "access_token": new(), "refresh_token": new()}),
        f"key={new()}&client_secret={new()}",
        json.dumps({"echo": json.dumps({"key": own}), "nested": {"password": new()}}),
        f"https://user:{new()}@db.example/",
        f"eyJhbGciOiJIUzI1NiJ9.{new()}.{new()}",
    ]
    for text in echoes:
        number = rule.ask(
            Call(
                id=1,
                method="POST",
                url=f"https://api.example/{own}?api_key={new()}",
                headers=[("Authorization", f"Bearer {new()}"), ("X-Api-Key", new()), ("x-note", own)],
                body=json.dumps({"client_secret": new(), "note": own}).encode(),
            )
        )
        rule.tell(number, Reply(id=1, status=200, headers=[("set-cookie", new()), ("x-echo", own)], body=text.encode()))
    coded = gzip.compress(json.dumps({"echo": own, "token": new()}).encode())
    number = rule.ask(Call(id=2, method="GET", url="https://api.example/"))
    rule.tell(number, Reply(id=2, status=200, headers=[("content-encoding", "gzip")], body=coded))
    number = rule.ask(Call(id=3, method="GET", url="https://api.example/"))
    rule.tell(number, Reply(id=3, status=200, headers=[("content-encoding", "br")], body=own.encode()))
    number = rule.ask(Call(id=4, method="GET", url="https://api.example/", body=b"\xff" + own.encode()))
    rule.tell(number, Reply(id=4, status=200, body=b"\xff\xfe" + own.encode(), error=f"no answer for {own}"))
    number = rule.ask(StorageSet(id=5, data=json.dumps({"access_token": new(), "own": own})))
    rule.tell(number, Stored(id=5, data=json.dumps({"password": new(), "own": other})))
    rule.note(CacheChanged(changed={"token": CacheRecord(value=new(), expires_at=1)}, deleted=[own]))
    rule.run = Run(
        n=1, client={}, scope=[], audience="", context={}, cache={"session_id": CacheRecord(value=new(), expires_at=1)}
    )
    invocation = an_invocation(
        metadata={"api_key": new(), "note": own},
        headers={"x-auth-token": new(), "x-note": f"it is {other}"},
        query={"token": new(), "q": own},
        body={"client_assertion": new(), "nested": {"client_secret": new(), "note": own}, "own": [other]},
        user_agent=f"curl {own}",
    )
    outcome = Granted(scope=["read"], claims={"token": new(), "echo": own})
    return recording, invocation, outcome, (a_line(f"masked already: {'***'}"),)


@pytest.mark.parametrize("_seed", SEEDS)
def test_a_tape_holds_none_of_thirty_canaries(_seed: int) -> None:
    new = Canaries()
    tape, data = taped(*a_full_recording(new))
    assert len(new.made) >= 30
    assert [canary for canary in new.made if canary.encode() in data] == []
    everything = data + b"".join(
        gzip.decompress(event.body)
        for event in tape.rules[0].events
        if isinstance(event, Answered) and event.body[:2] == b"\x1f\x8b"
    )
    assert [canary for canary in new.made if canary.encode() in everything] == []
    assert tape.masked


def test_a_tape_names_the_places_at_which_it_masked_something() -> None:
    recording, _rule = a_recording()
    tape, _data = taped(recording, an_invocation(metadata={"api_key": "hunter22", "plan": "gold"}))
    assert tape.masked == ["client.metadata.api_key"]
    assert tape.invocation.client.metadata == {"api_key": "***", "plan": "gold"}


def test_what_is_no_secret_is_on_the_tape_byte_for_byte() -> None:
    recording, rule = a_recording(rule_secrets=("hunter22",))
    body = '{"plan": "gold", "ü": [1, 2]}\n'.encode()
    rule.tell(rule.ask(Call(id=1, method="GET", url="https://a/b?c=d")), Reply(id=1, status=200, body=body))
    coded = gzip.compress(b"plain")
    rule.tell(
        rule.ask(Call(id=2, method="GET", url="https://a/")),
        Reply(id=2, status=200, headers=[("Content-Encoding", "gzip")], body=coded),
    )
    events = taped(recording)[0].rules[0].events
    assert [event.body for event in events if isinstance(event, Answered)] == [body, coded]
    assert isinstance(events[0], Called)
    assert events[0].url == "https://a/b?c=d"


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        pytest.param(Reply(id=1, body=b"\xff\xfe"), NOT_TEXT, id="no text"),
        pytest.param(Reply(id=1, headers=[("content-encoding", "br")], body=b"x"), CODED, id="a coding that we lack"),
        pytest.param(Reply(id=1, headers=[("content-encoding", "gzip")], body=b"x"), CODED, id="no gzip"),
    ],
)
def test_a_body_that_cannot_be_searched_is_left_out_and_the_tape_says_why(reply: Reply, why: str) -> None:
    recording, rule = a_recording()
    rule.tell(rule.ask(Call(id=1, method="GET", url="https://a/")), reply)
    told = taped(recording)[0].rules[0].events[1]
    assert isinstance(told, Answered)
    assert (told.body, told.lost) == (b"", why)


def fill_with_answers(rule: RuleRecording) -> None:
    for number in range(10):
        rule.tell(rule.ask(Call(id=number, method="GET", url="https://a/")), Reply(id=number, body=b"x" * 60_000))


def fill_with_draws(rule: RuleRecording) -> None:
    for _ in range(5_000):
        rule.note(Noted(kind="clock", now_ms=1.0))


@pytest.mark.parametrize("fill", [fill_with_answers, fill_with_draws])
def test_a_tape_that_is_too_long_is_cut_and_says_where(fill: Callable[[RuleRecording], None]) -> None:
    recording, rule = a_recording()
    fill(rule)
    assert recording.size <= 2 * MAX_COLLECTED_BYTES
    tape, data = taped(recording)
    assert len(data) <= MAX_TAPE_BYTES
    assert tape.rules[0].cut == f"cut after {len(tape.rules[0].events)} events"


def test_a_tape_of_a_large_request_still_fits() -> None:
    recording, _rule = a_recording()
    lines = tuple(a_line("x" * 1_000) for _ in range(400))
    tape, data = taped(recording, an_invocation(body={"x": "y" * 60_000}), lines=lines)
    assert len(data) <= MAX_TAPE_BYTES
    assert (tape.lines, tape.lines_left_out, bool(tape.cut)) == ([], 400, True)


def test_what_a_rule_does_after_its_answer_is_not_on_the_tape() -> None:
    recording, rule = a_recording()
    rule.ask(StorageGet(id=1))
    rule.close()
    rule.note(Noted(kind="random", data=b"late"))
    assert len(taped(recording)[0].rules[0].events) == 1


def test_the_line_in_which_the_runner_says_why_it_failed_is_not_compared() -> None:
    recording, _rule = a_recording()
    outcome = failed(FailureReason.TIMEOUT, "it waited for 1.9 s")
    said = LogLine(
        ts_ms=1, invocation="e", client_id="c", rule="plan", version=2, level=Level.ERROR, message=outcome.detail
    )
    tape, _data = taped(recording, outcome=outcome, lines=(a_line("mine"), said))
    assert [line.text for line in tape.lines] == ["mine"]
