"""How a rule's run ends: what a flow makes of a real host's last word."""

from __future__ import annotations

import pytest

from fixtures.hosts import Loaded, loaded
from fixtures.waiting import all_gone
from rulemint_runner.flow.results import interpret
from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.messages import Failed, FailureReason, Granted, Outcome
from rulemint_shared.contract.records import Language

JS, PY = Language.JAVASCRIPT, Language.PYTHON
IN_PYTHON = "def rule(client, scope, audience, context):\n    "


async def outcome_of(rule: Loaded, *, timeout_s: float = 20) -> Outcome:
    """What a flow of this rule alone ends with."""
    try:
        answer = await rule.run(timeout_s=timeout_s)
    except HostEndedError as error:
        return Failed(reason=error.reason)
    return interpret(answer, given=Granted(scope=["read"]), scope_ceiling=None).outcome


async def failure_of(rule: Loaded, *, timeout_s: float = 20) -> FailureReason:
    outcome = await outcome_of(rule, timeout_s=timeout_s)
    assert isinstance(outcome, Failed), outcome
    return outcome.reason


BAD_RESULTS = [
    pytest.param(JS, "export default () => ({ a: 'ä'.repeat(16384) })", id="javascript too large in UTF-8"),
    pytest.param(JS, "export default () => ({ ['\\ud800']: 1 })", id="javascript lone surrogate in a name"),
    pytest.param(JS, "export default () => [1]", id="javascript list"),
    pytest.param(JS, "export default () => 'text'", id="javascript text"),
    pytest.param(JS, "export default () => ({ toJSON() { throw new Error('no') } })", id="javascript toJSON throws"),
    pytest.param(JS, "export default () => ({ toJSON() { return undefined } })", id="javascript toJSON says nothing"),
    pytest.param(
        JS, "export default () => JSON.parse('{\"a\":'.repeat(20) + 1 + '}'.repeat(20))", id="javascript deep"
    ),
    pytest.param(JS, "export default () => JSON.parse('['.repeat(9e3) + ']'.repeat(9e3))", id="javascript very deep"),
    pytest.param(PY, IN_PYTHON + "return {'a': 'ä' * 16384}", id="python too large in UTF-8"),
    pytest.param(PY, IN_PYTHON + "return [1]", id="python list"),
    pytest.param(PY, IN_PYTHON + "return {'a': 2**64}", id="python integer of 65 bits"),
    pytest.param(PY, IN_PYTHON + "a = 1\n    for _ in range(20): a = {'a': a}\n    return a", id="python deep"),
    pytest.param(PY, IN_PYTHON + "return {b'a': 1}", id="python name of bytes"),
]


@pytest.mark.parametrize(("language", "script"), BAD_RESULTS)
async def test_a_bad_result_fails_its_invocation_and_the_host_goes_on(
    sandbox: Sandbox, language: Language, script: str
) -> None:
    async with loaded(sandbox, script, language) as rule:
        for _ in range(2):
            assert await failure_of(rule) is FailureReason.BAD_RESULT
            assert await rule.host.idle()


NOTHING = [
    pytest.param(JS, "module.exports = (c, s, a, x, cb) => cb()", [], id="javascript callback"),
    pytest.param(JS, "export default () => {}", ["read"], id="module"),
    pytest.param(PY, IN_PYTHON + "pass", ["read"], id="python"),
]


@pytest.mark.parametrize(("language", "script", "scope"), NOTHING)
async def test_a_rule_that_returns_nothing_grants_what_its_form_leaves(
    sandbox: Sandbox, language: Language, script: str, scope: list[str]
) -> None:
    async with loaded(sandbox, script, language) as rule:
        assert await outcome_of(rule) == Granted(scope=scope)


MEMORY_BOMBS = [
    pytest.param(JS, "export default () => { const a = []; for (;;) a.push({ a: [1] }) }", id="javascript objects"),
    pytest.param(
        JS, "export default () => { const a = []; for (;;) a.push(...'x'.repeat(1e5)) }", id="javascript text"
    ),
    pytest.param(PY, IN_PYTHON + "return 'x' * (1 << 40)", id="python at once"),
    pytest.param(PY, IN_PYTHON + "a = []\n    while True: a.append(bytearray(1 << 20))", id="python bit by bit"),
]


@pytest.mark.parametrize(("language", "script"), MEMORY_BOMBS)
async def test_a_rule_that_takes_too_much_memory_runs_out_of_it(
    sandbox: Sandbox, language: Language, script: str
) -> None:
    async with loaded(sandbox, script, language) as rule:
        assert await failure_of(rule) is FailureReason.OUT_OF_MEMORY


UNSTOPPABLE = [
    pytest.param(PY, "import time\n" + IN_PYTHON + "time.sleep(1000)", id="python sleeps"),
    pytest.param(PY, "import asyncio\nasync " + IN_PYTHON + "await asyncio.sleep(1000)", id="python awaits"),
    pytest.param(
        PY,
        "import signal\n"
        + IN_PYTHON
        + "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
        + "    while True:\n        try:\n            while True: pass\n        except BaseException: pass",
        id="python takes no signal",
    ),
    pytest.param(JS, "module.exports = (c, s, a, x, cb) => { setTimeout(cb, 1e6) }", id="javascript calls back late"),
    pytest.param(JS, "module.exports = (c, s, a, x, cb) => { setInterval(() => {}, 1) }", id="javascript keeps busy"),
    pytest.param(JS, "export default () => /^(a+)+$/.test('a'.repeat(40) + 'b')", id="javascript is lost in a regex"),
]


@pytest.mark.parametrize(("language", "script"), UNSTOPPABLE)
async def test_a_rule_that_does_not_answer_in_time_is_killed(sandbox: Sandbox, language: Language, script: str) -> None:
    async with loaded(sandbox, script, language) as rule:
        assert await failure_of(rule, timeout_s=0.5) is FailureReason.TIMEOUT
        await all_gone({rule.host.pid})


CRASHES = [
    pytest.param(PY, "import ctypes\n" + IN_PYTHON + "ctypes.string_at(0)", id="python reads at address 0"),
    pytest.param(PY, "import os\n" + IN_PYTHON + "__import__('ctypes').CDLL(None).abort()", id="python aborts"),
    pytest.param(
        JS,
        "module.exports = () => Deno[Deno.internal].core.close(1)",
        id="javascript breaks its channel",
    ),
]


@pytest.mark.parametrize(("language", "script"), CRASHES)
async def test_a_rule_that_ends_its_process_has_crashed(sandbox: Sandbox, language: Language, script: str) -> None:
    async with loaded(sandbox, script, language) as rule:
        assert await failure_of(rule) is FailureReason.CRASHED
        await all_gone({rule.host.pid})


async def test_a_second_call_of_a_python_callback_is_a_warning_and_the_first_counts(sandbox: Sandbox) -> None:
    script = "def rule(client, scope, audience, context, cb):\n    cb(None, {'first': 1})\n    cb(ValueError('second'))"
    async with loaded(sandbox, script, PY) as rule:
        assert await rule.value() == '{"first": 1}'
    assert rule.lines == [("warn", "the rule called its callback more than once: the first call counts")]


async def test_a_timeout_that_a_rule_left_behind_never_comes(sandbox: Sandbox) -> None:
    script = """
    let runs = 0;
    export default async () => {
      if (runs++ === 0) setTimeout(() => console.log('left behind'), 1);
      else await new Promise((resolve) => setTimeout(resolve, 50));
    };"""
    async with loaded(sandbox, script) as rule:
        for _ in range(2):
            await rule.run()
            assert await rule.host.idle()
    assert rule.lines == []


LOOPS = [
    pytest.param(
        "def rule(*_):\n    n = 0\n    while True:\n        n += 1", r"my-rule\.py:[34], in rule", id="a loop"
    ),
    pytest.param(
        "def count(n):\n    return sum(i for i in range(n))\ndef rule(*_):\n    return count(10**12)",
        r"my-rule\.py:2, in (count|<genexpr>)",
        id="a loop in a function",
    ),
    pytest.param(
        "import re\ndef rule(*_):\n    re.match('(a+)+$', 'a' * 40 + 'b')", r"my-rule\.py:3, in rule", id="a regex"
    ),
    pytest.param("import time\ndef rule(*_):\n    time.sleep(9)", r"my-rule\.py:3, in rule", id="a wait"),
]


@pytest.mark.parametrize(("script", "place"), LOOPS)
async def test_a_python_rule_whose_time_is_up_is_told_where_it_was(sandbox: Sandbox, script: str, place: str) -> None:
    async with loaded(sandbox, script, PY) as rule:
        with pytest.raises(HostEndedError, match=place) as ended:
            await rule.run(timeout_s=0.5)
        assert ended.value.reason is FailureReason.TIMEOUT
        await all_gone({rule.host.pid})


WITHOUT_A_PLACE = [
    pytest.param("import asyncio\nasync def rule(*_):\n    await asyncio.sleep(9)", id="it waits in an event loop"),
    pytest.param(
        "import signal\ndef rule(*_):\n    signal.signal(signal.SIGUSR1, signal.SIG_IGN)\n    while True: pass",
        id="it ignores the question",
    ),
]


@pytest.mark.parametrize("script", WITHOUT_A_PLACE)
async def test_a_python_rule_that_tells_no_place_is_ended_all_the_same(sandbox: Sandbox, script: str) -> None:
    async with loaded(sandbox, script, PY) as rule:
        assert await failure_of(rule, timeout_s=0.5) is FailureReason.TIMEOUT
        await all_gone({rule.host.pid})


async def test_an_answer_after_its_time_is_none_while_the_place_is_asked_for(sandbox: Sandbox) -> None:
    script = """import signal, time
def rule(*_):
    signal.signal(signal.SIGUSR1, stop)
    time.sleep(9)
def stop(*_):
    raise AccessDenied('too late')"""
    async with loaded(sandbox, script, PY) as rule:
        assert await failure_of(rule, timeout_s=0.5) is FailureReason.TIMEOUT
