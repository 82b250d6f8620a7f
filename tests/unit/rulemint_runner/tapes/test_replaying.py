"""A replay gives what the tape has, in its order, and names the first question that differs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rulemint_runner.flow.masks import Mask
from rulemint_runner.hosts.turn import Seeds
from rulemint_runner.hosts.wire.frames import Call, Noted, StorageGet, StorageSet
from rulemint_runner.tapes.replaying import RuleReplay, TapedRule
from rulemint_shared.contract.messages import Divergence
from rulemint_shared.contract.tapes import (
    Answered,
    AskedStorage,
    Called,
    Drew,
    Event,
    ReplayWay,
    RuleTape,
    StorageAnswered,
)

GET = Call(id=1, method="GET", url="https://api.example/limits?x=1")
CALLED = Called(method="GET", url="https://api.example/limits?x=1")


class Replaying:
    """One replay, and how often it was told to stop."""

    def __init__(self, *events: Event, way: ReplayWay = ReplayWay.EXACT, cut: str = "", secret: str = "") -> None:
        self.stops = 0
        tape = RuleTape(rule="plan", version=1, events=list(events), cut=cut)
        self.rule = RuleReplay(
            TapedRule(tape, way, "exc_1"),
            Mask([secret] if secret else []),
            self._stop,
        )

    def _stop(self) -> None:
        self.stops += 1

    @property
    def left(self) -> Divergence:
        left = self.rule.divergence
        assert left is not None
        assert self.stops == 1
        return left


def of_a_backtest(drawn: list[bytes], *, more: bool = False, way: ReplayWay = ReplayWay.WHAT_IF) -> RuleReplay:
    tape = RuleTape(rule="plan", version=1, load_seed=9, load_drawn=[b"salt", b"more"], load_drew_more=more)
    taped = TapedRule(tape, way, "exc_1", shares_hosts=way is ReplayWay.WHAT_IF)
    replay = RuleReplay(taped, Mask([]), lambda: None)
    replay.loaded(Seeds(load_drawn=tuple(drawn)))
    return replay


@pytest.mark.parametrize("drawn", [[b"salt", b"more"], [b"salt"], []], ids=["the same", "less", "nothing"])
def test_a_version_whose_module_draws_no_more_than_the_tape_has_is_replayed(drawn: list[bytes]) -> None:
    assert of_a_backtest(drawn).divergence is None


@pytest.mark.parametrize("drawn", [[b"salt", b"more", b"x"], [b"other"]], ids=["more", "otherwise"])
def test_what_another_version_s_module_draws_otherwise_nobody_knows(drawn: list[bytes]) -> None:
    left = of_a_backtest(drawn).divergence
    assert left is not None
    assert (left.at, left.unknown) == ("its module, while it was loaded", True)


def test_a_module_that_drew_more_than_a_tape_has_room_for_is_not_known_in_a_backtest() -> None:
    assert of_a_backtest([b"salt"], more=True).divergence is not None
    assert of_a_backtest([b"salt"], more=True, way=ReplayWay.EXACT).divergence is None, "its result tells"


def test_replays_share_hosts_if_their_tapes_are_of_one_host_but_a_shadow_shares_them_with_all() -> None:
    tape = RuleTape(rule="plan", version=1, load_seed=9)
    seeds = {
        shadow: TapedRule(tape, ReplayWay.WHAT_IF, "exc_1", shares_hosts=True, is_shadow=shadow).shared_load_seed
        for shadow in (False, True)
    }
    assert seeds == {False: 9, True: 0}


async def soon(waiting: Any) -> Any:
    return await asyncio.wait_for(waiting, 1)


async def test_a_call_has_the_answer_of_the_tape_under_its_own_id() -> None:
    replaying = Replaying(CALLED, Answered(to=1, status=200, body=b"gold", now_ms=5.0))
    reply = await soon(replaying.rule.call(GET))
    assert (reply.id, reply.status, reply.body, reply.now_ms) == (1, 200, b"gold", 5.0)
    replaying.rule.ended()
    assert replaying.rule.divergence is None


async def test_answers_come_in_the_order_of_the_tape() -> None:
    other = Called(method="GET", url="https://api.example/other")
    replaying = Replaying(CALLED, other, Answered(to=2, status=202), Answered(to=1, status=201))
    first = asyncio.create_task(replaying.rule.call(GET))
    await asyncio.sleep(0)
    assert not first.done()
    second = await soon(replaying.rule.call(Call(id=2, method="GET", url=other.url)))
    assert (second.status, (await soon(first)).status) == (202, 201)


async def test_an_answer_waits_until_the_host_has_drawn_what_it_drew_before() -> None:
    drew = Drew(kind="random", data=b"abc")
    replaying = Replaying(CALLED, drew, Answered(to=1, status=200))
    answer = asyncio.create_task(replaying.rule.call(GET))
    await asyncio.sleep(0)
    assert not answer.done()
    replaying.rule.note(Noted(kind="random", data=b"abc"))
    assert (await soon(answer)).status == 200


async def test_another_call_ends_it_there() -> None:
    replaying = Replaying(CALLED, Answered(to=1), CALLED, Answered(to=2))
    await soon(replaying.rule.call(GET))
    replaying.rule.call(Call(id=2, method="GET", url="https://api.example/else")).close()
    left = replaying.left
    assert (left.at, left.expected) == ("call 2: GET api.example/limits", "GET api.example/limits")
    assert (left.got, left.unknown) == ("call: GET api.example/else", False)


async def test_the_same_call_with_another_body_ends_it_too() -> None:
    replaying = Replaying(CALLED)
    replaying.rule.call(Call(id=1, method="GET", url=GET.url, body=b"x")).close()
    assert replaying.left.got == "the same with another body"


def test_another_draw_ends_it_there() -> None:
    replaying = Replaying(Drew(kind="random", data=b"abc"))
    replaying.rule.note(Noted(kind="random", data=b"abd"))
    assert replaying.left.at == "random draw 1: 3 bytes"


def test_a_question_that_the_tape_does_not_have_ends_it() -> None:
    replaying = Replaying()
    replaying.rule.call(GET).close()
    assert (replaying.left.at, replaying.left.expected) == ("call 1: GET api.example/limits", "nothing more")


def test_a_question_behind_a_cut_is_unknown() -> None:
    replaying = Replaying(cut="cut after 0 events")
    replaying.rule.call(GET).close()
    assert (replaying.left.unknown, replaying.left.expected) == (True, "the tape was cut after 0 events")


def test_an_end_before_the_tape_s_is_a_divergence() -> None:
    replaying = Replaying(CALLED)
    replaying.rule.ended()
    assert (replaying.left.at, replaying.left.got) == ("call 1: GET api.example/limits", "the rule ended")


async def test_an_answer_whose_body_is_not_on_the_tape_is_unknown() -> None:
    replaying = Replaying(CALLED, Answered(to=1, status=200, lost="its body is no text"))
    waiting = asyncio.create_task(replaying.rule.call(GET))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    waiting.cancel()
    assert (replaying.left.unknown, replaying.left.at) == (True, "answer 1")


async def test_a_secret_of_the_rule_is_compared_as_the_tape_has_it() -> None:
    masked = Called(method="GET", url="https://api.example/***", headers=[("authorization", "***")])
    replaying = Replaying(masked, Answered(to=1, status=200), secret="hunter22")
    call = Call(id=1, method="GET", url="https://api.example/hunter22", headers=[("authorization", "Bearer hunter22")])
    assert (await soon(replaying.rule.call(call))).status == 200


async def test_storage_is_answered_from_the_tape() -> None:
    replaying = Replaying(AskedStorage(), StorageAnswered(to=1, data="{}", etag="3", now_ms=7.0))
    stored = await soon(replaying.rule.storage(StorageGet(id=9)))
    assert (stored.id, stored.data, stored.etag, stored.now_ms) == (9, "{}", "3", 7.0)


async def test_after_a_change_calls_are_answered_in_any_order_and_often() -> None:
    other = Called(method="GET", url="https://api.example/other")
    events = (CALLED, Answered(to=1, status=201), other, Answered(to=2, status=202))
    replaying = Replaying(*events, way=ReplayWay.WHAT_IF)
    asked = [Call(id=3, method="GET", url=other.url), GET, GET]
    assert [(await soon(replaying.rule.call(call))).status for call in asked] == [202, 201, 201]
    replaying.rule.ended()
    assert replaying.rule.divergence is None


async def test_after_a_change_a_new_call_is_unknown() -> None:
    replaying = Replaying(CALLED, Answered(to=1), way=ReplayWay.WHAT_IF)
    replaying.rule.call(Call(id=1, method="POST", url=GET.url)).close()
    assert (replaying.left.unknown, replaying.left.at) == (True, "a call: POST api.example/limits")


async def test_after_a_change_storage_is_in_memory_from_the_document_of_the_tape() -> None:
    events = (AskedStorage(), StorageAnswered(to=1, data='{"n":1}', etag="4"))
    replaying = Replaying(*events, way=ReplayWay.WHAT_IF)
    read = await soon(replaying.rule.storage(StorageGet(id=1)))
    refused = await soon(replaying.rule.storage(StorageSet(id=2, data="{}", etag="1")))
    written = await soon(replaying.rule.storage(StorageSet(id=3, data='{"n":2}', etag=read.etag)))
    again = await soon(replaying.rule.storage(StorageGet(id=4)))
    assert (read.data, refused.conflict, written.etag, again.data) == ('{"n":1}', True, "5", '{"n":2}')


def test_a_whole_tape_lets_no_timer_fire_that_did_not_and_one_that_was_cut_does() -> None:
    timer = Drew(kind="clock", now_ms=2.0, after=0, timer=1)
    whole = Replaying(CALLED, timer).rule.noted()
    assert whole is not None
    assert [(draw.timer, draw.asked, draw.after) for draw in whole] == [(1, 1, 0), (0, 0, 2**53 - 1)]
    cut = Replaying(CALLED, timer, cut="cut after 2 events").rule.noted()
    assert cut is not None
    assert len(cut) == 1
    assert Replaying(timer, way=ReplayWay.WHAT_IF).rule.noted() is None
