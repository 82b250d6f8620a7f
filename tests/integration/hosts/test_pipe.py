"""Several invocations in one host's socket: what has not begun can run elsewhere, and nothing runs twice."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from fixtures.hosts import load_frame, program_of
from fixtures.pools import AUTHORITY, HOLDS, MakePool, Pool, PoolTurn
from fixtures.waiting import eventually
from rulemint_runner.hosts import pipe
from rulemint_runner.hosts.authority import Authority
from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.pipe_user import User
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.hosts.turn import Answer, Turn
from rulemint_runner.hosts.wire import frames
from rulemint_runner.hosts.wire.frames import Returned
from rulemint_runner.hosts.wire.packets import MAX_PACKET_BYTES
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language
from rulemint_shared.deadline import Deadline
from rulemint_shared.process.background import cancel

JS, PY = Language.JAVASCRIPT, Language.PYTHON
SCRIPTS = {
    JS: """
    module.exports = function (client, scope, audience, { body }, cb) {
      console.log('began ' + body.n);
      if (body.do === 'loop') while (true) {}
      if (body.do === 'throw') throw new Error('as asked');
      if (body.do === 'end') Deno[Deno.internal].core.close(1);
      console.log('ends ' + body.n);
      cb(null, { 'https://n': body.n, 'https://length': (body.text ?? '').length });
    };
    """,
    PY: """
import os
def rule(client, scope, audience, context):
    body = context["body"]
    print("began", body["n"])
    what = body.get("do")
    while what == "loop": pass
    if what == "throw": raise ValueError("as asked")
    if what == "end": __import__('ctypes').CDLL(None)._exit(3)
    print("ends", body["n"])
    return {"https://n": body["n"], "https://length": len(body.get("text", ""))}
""",
}
BOTH = pytest.mark.parametrize("language", [JS, PY])


def of(language: Language) -> Authority:
    return msgspec.structs.replace(AUTHORITY, language=language)


def a_turn(language: Language, n: int, *, text: str = "", do: str = "", timeout_s: float = 2) -> PoolTurn:
    body = {"n": n, "text": text, "do": do}
    return PoolTurn(SCRIPTS[language], body=body, timeout_s=timeout_s, language=language)


async def run_all(pool: Pool, language: Language, turns: list[PoolTurn]) -> list[Answer | BaseException]:
    return await asyncio.gather(*(pool.result(turn, of(language)) for turn in turns), return_exceptions=True)


async def warm_up(pool: Pool, language: Language) -> None:
    """One answer, so that the rule is known to be quick."""
    await pool.result(a_turn(language, 0, timeout_s=10), of(language))


def check_that_it_ran_once(turn: PoolTurn, n: int, answer: Answer | BaseException) -> None:
    assert isinstance(answer, Returned), answer
    assert msgspec.json.decode(answer.value)["https://n"] == n
    assert turn.lines == [f"began {n}", f"ends {n}"]


@BOTH
async def test_beside_one_that_loops_and_one_that_throws_fifty_are_answered_each_with_its_own_lines(
    make_pool: MakePool, language: Language
) -> None:
    pool = await make_pool()
    await warm_up(pool, language)
    done = {7: "loop", 8: "throw"}
    turns = [a_turn(language, n, do=done.get(n, "")) for n in range(52)]
    answers = await run_all(pool, language, turns)
    looped, threw = answers[7], answers[8]
    assert isinstance(looped, HostEndedError)
    assert looped.reason is FailureReason.TIMEOUT
    assert isinstance(threw, frames.Threw)
    assert [turns[n].lines for n in done] == [["began 7"], ["began 8"]]
    for n in set(range(52)) - set(done):
        check_that_it_ran_once(turns[n], n, answers[n])


@BOTH
async def test_a_host_that_ends_costs_what_it_had_begun_and_the_rest_runs_elsewhere(
    make_pool: MakePool, language: Language
) -> None:
    pool = await make_pool()
    await warm_up(pool, language)
    turns = [a_turn(language, n, do="end" if n == 3 else "", timeout_s=10) for n in range(12)]
    answers = await run_all(pool, language, turns)
    ended = answers.pop(3)
    assert isinstance(ended, HostEndedError)
    assert ended.reason is FailureReason.CRASHED
    assert turns.pop(3).lines == ["began 3"]
    for turn, answer in zip(turns, answers, strict=True):
        check_that_it_ran_once(turn, turn.number - turns[0].number, answer)


@BOTH
async def test_what_is_too_long_for_one_packet_arrives_whole_between_others(
    make_pool: MakePool, language: Language
) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    await warm_up(pool, language)
    lengths = [10, 3 * MAX_PACKET_BYTES, 10, MAX_PACKET_BYTES, 10, 900_000, 10]
    turns = [a_turn(language, n, text="x" * length, timeout_s=10) for n, length in enumerate(lengths)]
    answers = await run_all(pool, language, turns)
    for n, (turn, answer) in enumerate(zip(turns, answers, strict=True)):
        check_that_it_ran_once(turn, n, answer)
        assert isinstance(answer, Returned)
        assert msgspec.json.decode(answer.value)["https://length"] == lengths[n]


async def test_nobody_waits_behind_one_that_waits_for_a_reply(make_pool: MakePool) -> None:
    pool = await make_pool()
    held: list[int] = []
    release = asyncio.Event()
    await pool.result(PoolTurn(HOLDS))
    waiting = asyncio.create_task(pool.hold(AUTHORITY, held, release))
    others = [asyncio.create_task(pool.result(PoolTurn(HOLDS))) for _ in range(9)]
    await asyncio.gather(*others)
    await eventually(lambda: as_seen(held))
    release.set()
    await waiting


class Heard(User):
    """What became of the turns of one host."""

    def __init__(self) -> None:
        self.back: list[int] = []
        self.begun: list[int] = []
        self.unread: list[int] = []
        self.answered_numbers: list[int] = []
        self.over_all = asyncio.Event()

    def answered(self, turn: Turn, answer: Answer) -> None:
        self.answered_numbers.append(turn.number)
        turn.answer(answer)

    def taken_back(self, turns: list[Turn]) -> None:
        self.back += [turn.number for turn in turns]

    def ended(self, begun: list[Turn], unread: list[Turn], why: HostEndedError) -> None:
        assert why is not None
        self.begun += [turn.number for turn in begun]
        self.unread += [turn.number for turn in unread]
        self.over_all.set()


@BOTH
async def test_of_what_was_sent_one_runs_those_before_are_answered_and_those_behind_come_back(
    sandbox: Sandbox, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipe, "LATE_S", 0.3)  # on a busy machine those before would be late, and come back too
    heard = Heard()
    host = await start_host(sandbox, program_of(language))
    await host.load(load_frame(SCRIPTS[language], language), Deadline.after(10), lambda _line: None)
    host.pipe.user = heard
    turns = [a_turn(language, n, do="loop" if n == 3 else "", timeout_s=0.6) for n in range(8)]
    for turn in turns:
        assert host.send(turn)
    await heard.over_all.wait()
    numbers = [turn.number for turn in turns]
    assert heard.answered_numbers == numbers[:3]
    assert (heard.back, heard.begun, heard.unread) == (numbers[4:], numbers[3:4], [])
    assert [turn.lines for turn in turns[4:]] == [[]] * 4
    await host.ended.wait()


async def test_what_a_host_has_not_come_to_when_it_is_killed_has_not_begun(
    sandbox: Sandbox,
) -> None:
    heard = Heard()
    host = await start_host(sandbox, program_of(PY))
    await host.load(load_frame(SCRIPTS[PY], PY), Deadline.after(10), lambda _line: None)
    host.pipe.user = heard
    host.pause()
    turns = [a_turn(PY, n, timeout_s=10) for n in range(3)]
    for turn in turns:
        assert host.send(turn)
    host.kill(FailureReason.INTERRUPTED, "the test is over")
    assert (heard.begun, heard.unread) == ([], [turn.number for turn in turns])
    await host.ended.wait()


async def as_seen(pids: list[int]) -> list[int]:
    return list(pids)


@BOTH
async def test_a_host_that_reads_while_its_runner_takes_back_loses_nothing_and_runs_nothing_twice(
    make_pool: MakePool, language: Language
) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    hosts: list[Host] = []
    pool.note = hosts.append
    await warm_up(pool, language)
    turns = [a_turn(language, n, timeout_s=10) for n in range(1, 1_001)]

    async def take_back_again_and_again() -> None:
        while True:
            for host in hosts:
                host.pipe.take_back()
            await asyncio.sleep(0)

    taking = asyncio.create_task(take_back_again_and_again())
    try:
        answers = await run_all(pool, language, turns)
    finally:
        await cancel([taking])

    for turn, (n, answer) in zip(turns, enumerate(answers, start=1), strict=True):
        check_that_it_ran_once(turn, n, answer)
    assert len(hosts) == 1
