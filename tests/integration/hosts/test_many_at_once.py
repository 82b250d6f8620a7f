"""Hundreds of invocations of one rule in bursts, of which some loop, throw, wait, end their host or have it killed.

Whatever happens, each ends once, what has begun never begins again, and nobody has another's answer, reply or line.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from contextlib import suppress

import msgspec
import pytest

from fixtures.pools import AUTHORITY, MakePool, PoolTurn
from rulemint_runner.hosts import circuit_breaker
from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.pause import Caller
from rulemint_runner.hosts.turn import Answer
from rulemint_runner.hosts.wire import frames
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language

SCRIPTS = {
    Language.JAVASCRIPT: """
    module.exports = async (client, scope, audience, { body }) => {
      console.log('began ' + body.n);
      let said = null;
      if (body.does === 'loop') while (true) {}
      if (body.does === 'throw') throw new Error('thrown by ' + body.n);
      if (body.does === 'end') Deno[Deno.internal].core.close(1);
      if (body.does === 'ask') said = await (await fetch('https://api.example.com/' + body.n)).text();
      console.log('ends ' + body.n);
      return { 'https://n': body.n, 'https://said': said };
    };
    """,
    Language.PYTHON: """
import os
from rulemint import fetch
def rule(client, scope, audience, context):
    n, does, said = context["body"]["n"], context["body"]["does"], None
    print("began", n)
    while does == "loop": pass
    if does == "throw": raise ValueError(f"thrown by {n}")
    if does == "end": __import__('ctypes').CDLL(None)._exit(3)
    if does == "ask": said = fetch(f"https://api.example.com/{n}").text()
    print("ends", n)
    return {"https://n": n, "https://said": said}
""",
}
COUNT = 500
BAD = ["loop"] * 3 + ["end"] * 3 + ["throw"] * 25 + ["ask"] * 40
KILLS = 3
LONGEST_REPLY_S = 0.03
LOOP_TIMEOUT_S = 0.3
ENDS_BY = {"loop": FailureReason.TIMEOUT, "end": FailureReason.CRASHED}


class OneOfMany(PoolTurn):
    """An invocation that counts how often it ends, and answers what its rule asks."""

    def __init__(self, n: int, does: str, language: Language, reply_after_s: float) -> None:
        super().__init__(
            SCRIPTS[language],
            timeout_s=LOOP_TIMEOUT_S if does == "loop" else 30,
            within_s=60,
            caller=Caller(f"client-{n}"),  # or those that fail would pause each other's
            body={"n": n, "does": does},
            language=language,
        )
        self.n = n
        self.does = does
        self.ended = 0
        self._reply_after_s = reply_after_s

    async def fetch(self, call: frames.Call) -> frames.Reply:
        assert call.url == f"https://api.example.com/{self.n}"
        await asyncio.sleep(self._reply_after_s)
        return frames.Reply(id=call.id, status=200, reason="OK", headers=[], body=b"for %d" % self.n, url=call.url)

    def answered(self, answer: Answer) -> None:
        self.ended += 1
        super().answered(answer)

    def failed(self, error: HostEndedError | RuleNotLoadedError) -> None:
        self.ended += 1
        super().failed(error)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("language", [Language.JAVASCRIPT, Language.PYTHON])
async def test_each_of_many_ends_once_with_an_answer_and_lines_of_its_own(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch, language: Language, seed: int
) -> None:
    monkeypatch.setattr(circuit_breaker, "CLIENTS", COUNT)  # or the rule would pause for all
    chance = random.Random(seed)  # no secret
    pool = await make_pool(max_hosts=6, max_hosts_per_rule=6)
    hosts: list[Host] = []
    pool.note = hosts.append
    authority = msgspec.structs.replace(AUTHORITY, language=language)
    await pool.result(OneOfMany(0, "", language, 0), authority)
    does = BAD + [""] * (COUNT - len(BAD))
    chance.shuffle(does)
    turns = [OneOfMany(n, each, language, chance.uniform(0, LONGEST_REPLY_S)) for n, each in enumerate(does, 1)]
    killing = asyncio.create_task(_kill_now_and_then(hosts, random.Random(seed)))  # no secret
    running = []
    for turn in turns:
        running.append(asyncio.create_task(pool.result(turn, authority)))
        if chance.random() < 0.05:  # a burst is over
            await asyncio.sleep(chance.uniform(0, 0.05))
    answers = await asyncio.gather(*running, return_exceptions=True)
    assert await killing, "no host was killed"
    killed = [turn for turn, answer in zip(turns, answers, strict=True) if not _is_as_expected(turn, answer)]
    assert len(killed) <= KILLS
    for turn in killed:
        assert _reason(turn) is FailureReason.CRASHED
        assert turn.lines == [f"began {turn.n}", f"ends {turn.n}"][: len(turn.lines)]
    assert {turn.ended for turn in turns} == {1}


async def _kill_now_and_then(hosts: list[Host], chance: random.Random) -> int:
    """Kill some of *hosts*, and return how many."""
    killed = 0
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.05, 0.3))
        if living := [host for host in hosts if not host.ended.is_set()]:
            with suppress(ProcessLookupError):  # it ends by itself, and nobody has seen that yet
                os.kill(chance.choice(living).pid, signal.SIGKILL)
                killed += 1
    return killed


def _is_as_expected(turn: OneOfMany, answer: Answer | BaseException) -> bool:
    """Whether *turn* ended as its rule had it: not so if its host was killed meanwhile."""
    began, ends = f"began {turn.n}", f"ends {turn.n}"
    if isinstance(answer, frames.Returned):
        said = f"for {turn.n}" if turn.does == "ask" else None
        assert msgspec.json.decode(answer.value) == {"https://n": turn.n, "https://said": said}
        assert turn.lines == [began, ends]
        return turn.does in {"", "ask"}
    if isinstance(answer, frames.Threw):
        assert f"thrown by {turn.n}" in answer.text
        return turn.does == "throw" and turn.lines == [began]
    return turn.does in ENDS_BY and _reason(turn) is ENDS_BY[turn.does] and turn.lines in ([], [began])


def _reason(turn: OneOfMany) -> FailureReason:
    error = turn.result.exception()
    assert isinstance(error, HostEndedError), error
    return error.reason
