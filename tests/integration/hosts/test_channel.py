"""What a rule can do to its host's channel: it costs its own host, and nobody else hears of it."""

from __future__ import annotations

import asyncio

import pytest

from fixtures.hosts import loaded
from fixtures.waiting import all_gone
from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.pipe import MAX_BYTES_PER_RUN
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language
from rulemint_shared.host_contract import HOST_CONTRACT

JS, PY = Language.JAVASCRIPT, Language.PYTHON
IN_PYTHON = "def rule(client, scope, audience, context):\n    "

JS_CHANNEL = """
function write(...bytes) { Deno[Deno.internal].core.writeSync(1, new Uint8Array(bytes)) }
function forge(n) {
  const body = new TextEncoder().encode(JSON.stringify({ t: 'returned', n, form: 'own', value: '{}' }));
  write(0, 0, 0, body.length, ...body);
}
"""
PY_CHANNEL = """
import json, os, stat, sys

def sockets():
    for number in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                yield number
        except OSError:
            pass

def channel():
    from_runner, to_runner = sockets()
    return to_runner

def this_run():
    frame = sys._getframe()
    while 'run' not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals['run']['n']

def forge(n):
    body = json.dumps({'t': 'returned', 'n': n, 'form': 'own', 'value': '{"forged":true}'}).encode()
    os.write(channel(), len(body).to_bytes(4, 'big') + body)

"""

GARBLED = [
    pytest.param(JS, JS_CHANNEL + "export default () => write(255, 255, 255, 255, 0)", id="javascript claims 4 GiB"),
    pytest.param(JS, JS_CHANNEL + "export default () => write(0, 0, 0, 2, 123, 125)", id="javascript empty object"),
    pytest.param(JS, JS_CHANNEL + "export default () => write(0, 0, 0, 9)", id="javascript misaligns what follows"),
    pytest.param(JS, JS_CHANNEL + "export default () => forge(1e9)", id="javascript answers another invocation"),
    pytest.param(PY, PY_CHANNEL + IN_PYTHON + "os.write(channel(), b'\\xff' * 8)", id="python claims 4 GiB"),
    pytest.param(PY, PY_CHANNEL + IN_PYTHON + "os.write(channel(), b'\\0\\0\\0\\x02[]')", id="python list"),
    pytest.param(PY, PY_CHANNEL + IN_PYTHON + "os.write(channel(), b'\\0\\0\\0\\x02\\xff\\xfe')", id="python no UTF-8"),
    pytest.param(PY, PY_CHANNEL + IN_PYTHON + "forge(this_run() + 1)", id="python answers the next invocation"),
    pytest.param(PY, PY_CHANNEL + IN_PYTHON + "os.close(channel())\n    while True: pass", id="python hangs up"),
]


@pytest.mark.parametrize(("language", "script"), GARBLED)
async def test_a_rule_that_garbles_its_channel_has_crashed_and_its_host_is_gone_for_good(
    sandbox: Sandbox, language: Language, script: str
) -> None:
    async with loaded(sandbox, script, language) as rule:
        with pytest.raises(HostEndedError) as ended:
            await rule.run()
        assert ended.value.reason is FailureReason.CRASHED
        await all_gone({rule.host.pid})
        assert not rule.host.usable
        assert not await rule.host.idle()
        with pytest.raises(HostEndedError):
            await rule.run()


async def test_lines_before_the_garbage_still_count(sandbox: Sandbox) -> None:
    script = JS_CHANNEL + "export default () => { console.log('before'); write(255, 255, 255, 255) }"
    async with loaded(sandbox, script) as rule:
        with pytest.raises(HostEndedError):
            await rule.run()
    assert rule.lines == [("info", "before")]


async def test_a_rule_that_forges_its_own_answer_has_answered_and_its_host_is_ended_at_the_second(
    sandbox: Sandbox,
) -> None:
    async with loaded(sandbox, PY_CHANNEL + IN_PYTHON + "forge(this_run())", PY) as rule:
        assert await rule.value() == '{"forged":true}'
        async with asyncio.timeout(10):
            await rule.host.ended.wait()
        assert not rule.host.usable


async def test_a_host_that_is_not_idle_soon_after_its_answer_is_ended(sandbox: Sandbox) -> None:
    script = PY_CHANNEL + IN_PYTHON + "forge(this_run())\n    while True: pass"
    async with loaded(sandbox, script, PY) as rule:
        assert await rule.value() == '{"forged":true}'
        assert not await rule.host.idle()
        await all_gone({rule.host.pid})


async def test_nothing_goes_back_the_way_that_a_rule_is_asked(sandbox: Sandbox) -> None:
    script = PY_CHANNEL + IN_PYTHON + "os.write(next(sockets()), b'x' * 9)"
    async with loaded(sandbox, script, PY) as rule:
        answer = await rule.run()
        assert isinstance(answer, frames.Threw)
        assert "BrokenPipeError" in answer.text
        assert await rule.host.idle()


FLOODS = [
    pytest.param(JS, "export default () => { const s = 'x'.repeat(8000); for (;;) console.log(s) }", id="javascript"),
    pytest.param(PY, IN_PYTHON + "while True: print('x' * 8000)", id="python"),
]


@pytest.mark.parametrize(("language", "script"), FLOODS)
async def test_of_a_flood_no_more_than_the_limit_is_taken(sandbox: Sandbox, language: Language, script: str) -> None:
    async with loaded(sandbox, script, language) as rule:
        with pytest.raises(HostEndedError) as ended:
            await rule.run()
    assert ended.value.reason is FailureReason.OUTPUT_FLOOD
    assert 0 < sum(len(text) for _level, text in rule.lines) <= MAX_BYTES_PER_RUN


async def test_what_one_invocation_writes_does_not_count_against_the_next(sandbox: Sandbox) -> None:
    script = "export default () => { const s = 'x'.repeat(8000); for (let n = 0; n < 100; n++) console.log(s) }"
    async with loaded(sandbox, script) as rule:
        for _ in range(2):
            assert isinstance(await rule.run(), frames.Returned)
            assert await rule.host.idle()


CUT = [
    pytest.param(JS, "export default () => console.log('x'.repeat(100000))", id="javascript"),
    pytest.param(PY, IN_PYTHON + "print('x' * 100000, end='')", id="python"),
]


@pytest.mark.parametrize(("language", "script"), CUT)
async def test_a_line_that_is_too_long_is_cut_with_a_mark(sandbox: Sandbox, language: Language, script: str) -> None:
    async with loaded(sandbox, script, language) as rule:
        await rule.run()
    assert [text for _level, text in rule.lines] == [f"{'x' * HOST_CONTRACT.line_characters}… [cut]"]


ODD = [
    pytest.param(JS, "export default () => console.log('\\0', '💥', 'a\\ud800')", "\0 💥 a\ufffd", id="javascript"),
    pytest.param(PY, IN_PYTHON + "print('\\0', '💥', 'a\\ud800')", "\0 💥 a\\ud800", id="python"),
]


@pytest.mark.parametrize(("language", "script", "text"), ODD)
async def test_odd_characters_in_a_line_break_nothing(
    sandbox: Sandbox, language: Language, script: str, text: str
) -> None:
    async with loaded(sandbox, script, language) as rule:
        assert isinstance(await rule.run(), frames.Returned)
    assert rule.lines == [("info", text)]
