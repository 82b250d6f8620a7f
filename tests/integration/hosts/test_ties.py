"""A replay keeps the order in which timers, answers and documents came, whichever was first, also in one moment."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from fixtures.hosts import loaded
from fixtures.replaying import recorded, replayed
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.records import Language
from rulemint_shared.contract.tapes import Drew

pytestmark = pytest.mark.timeout(120)

LONG_MS = 5_000
"""A timer of so long never fires before an answer that comes at once."""
HEAD_OF_JAVASCRIPT = """
const url = 'https://a.example';
const body = (path, options) => fetch(`${url}/${path}`, options).then((answer) => answer.text());
const after = (ms, value) => new Promise((go) => setTimeout(go, ms, value));
module.exports = async (client, scope, audience, context) => {
  const seen = [];
  const note = (what) => (value) => { seen.push(what, value ?? null, Date.now()); return value; };
"""
TAIL_OF_JAVASCRIPT = "\n  return { seen };\n};"
HEAD_OF_PYTHON = """
import asyncio, time
from httpcore._backends.auto import AutoBackend
from rulemint import fetch

async def body(path):
    stream = await AutoBackend().connect_tcp("a.example", 80)
    await stream.write(f"GET /{path} HTTP/1.1\\r\\nHost: a.example\\r\\n\\r\\n".encode())
    return (await stream.read(65536)).split(b"\\r\\n\\r\\n")[1].decode()

async def rule(client, scope, audience, context):
    seen, storage = [], context["webtask"]["storage"]
    def note(*what):
        seen.append([*what, time.time()])
    async def noted(path):
        note(await body(path))
    async def slept(ms):
        await asyncio.sleep(ms / 1000)
        note("slept", ms)
"""
TAIL_OF_PYTHON = '\n    return {"seen": seen}\n'
HTTPCORE = {
    "httpcore/__init__.py": "ReadTimeout = ReadError = WriteError = ConnectError = OSError\n",
    "httpcore/_backends/__init__.py": "",
    "httpcore/_backends/auto.py": "class AutoBackend:\n    pass\n",
    "httpcore/_backends/base.py": "class AsyncNetworkStream:\n    pass\n",
    "httpcore/_exceptions.py": "import contextlib\nmap_exceptions = contextlib.nullcontext\n",
}
"""As much of the library as the host changes, by which an asynchronous rule calls."""
PACKAGES: dict[Language, dict[str, Any]] = {
    Language.JAVASCRIPT: {},
    Language.PYTHON: {"packages": msgspec.Raw(json.dumps({"files": HTTPCORE, "data": {}}).encode())},
}
SLOW, QUICK = "once-fired/1", "in/0"

JAVASCRIPT_FIRST = {
    "the timer before the body": (
        f"note('race')(await Promise.race([body('{SLOW}'), after(1, 'late')]));",
        ["race", "late"],
    ),
    "the body before the timer": (
        f"note('race')(await Promise.race([body('{QUICK}'), after({LONG_MS}, 'late')]));",
        ["race", "answer of 0"],
    ),
    "the first call before the second": (
        (
            f"const one = body('{QUICK}').then(note('one')).then(() => after(1));"
            f"await Promise.all([one, body('{SLOW}').then(note('two'))]);"
        ),
        ["one", "answer of 0", "two", "answer of 1"],
    ),
    "the second call before the first": (
        (
            f"const one = body('{SLOW}').then(note('one'));"
            f"await Promise.all([one, body('{QUICK}').then(note('two')).then(() => after(1))]);"
        ),
        ["two", "answer of 0", "one", "answer of 1"],
    ),
    "a signal that times out before the answer": (
        f"await body('{SLOW}', {{ signal: AbortSignal.timeout(1) }}).catch((error) => note('no')(error.name));",
        ["no", "TimeoutError"],
    ),
    "the answer before a signal that times out": (
        f"note('yes')(await body('{QUICK}', {{ signal: AbortSignal.timeout({LONG_MS}) }}));",
        ["yes", "answer of 0"],
    ),
    "a controller that aborts before the answer": (
        (
            "const control = new AbortController(); setTimeout(() => control.abort(), 1);"
            f"await body('{SLOW}', {{ signal: control.signal }}).catch((error) => note('no')(error.name));"
        ),
        ["no", "AbortError"],
    ),
    "the answer before a controller that aborts": (
        (
            f"const control = new AbortController(); const timer = setTimeout(() => control.abort(), {LONG_MS});"
            f"note('yes')(await body('{QUICK}', {{ signal: control.signal }})); clearTimeout(timer);"
        ),
        ["yes", "answer of 0"],
    ),
    "three ticks before the body": (
        (
            "const ticks = setInterval(note('tick'), 2);"
            "note('body')(await body('once-fired/3')); clearInterval(ticks); seen.splice(9, seen.length - 12);"
        ),
        ["tick", None, "tick", None, "tick", None, "body", "answer of 3"],
    ),
    "the body before a tick": (
        (
            f"const ticks = setInterval(note('tick'), {LONG_MS});"
            f"note('body')(await body('{QUICK}')); clearInterval(ticks);"
        ),
        ["body", "answer of 0"],
    ),
    "a timer before the chunks of a body": (
        (
            f"setTimeout(note('timer'), 1); const answer = await fetch(`${{url}}/{SLOW}`);"
            "for await (const chunk of answer.body) note('chunk')(chunk.length);"
        ),
        ["timer", None, "chunk", 11],
    ),
    "the chunks of a body before a timer": (
        (
            f"const answer = await fetch(`${{url}}/{QUICK}`); const timer = after(1).then(note('timer'));"
            "for await (const chunk of answer.body) note('chunk')(chunk.length); await timer;"
        ),
        ["chunk", 11, "timer", None],
    ),
    "a document before an answer": (
        (
            "const get = new Promise((go) => context.webtask.storage.get((error, data) => go(data)));"
            f"await Promise.all([get.then(note('document')).then(() => after(1)), body('{SLOW}').then(note('body'))]);"
        ),
        ["document", None, "body", "answer of 1"],
    ),
    "an answer before a document": (
        (
            f"const first = body('{QUICK}').then(note('body'));"
            "const set = new Promise((go) => context.webtask.storage.set({}, { force: 1 }, go));"
            "await Promise.all([first, set.then(note('document'))]);"
        ),
        ["body", "answer of 0", "document", None],
    ),
}
JAVASCRIPT_TIES = {
    "timers that are due at once, and what each has done in the next turn": (
        "await Promise.all([1, 2, 3].map((n) => new Promise((go) => setTimeout(() => {"
        "  note('timer')(n); setImmediate(() => go(note('turn')(n))); }, 2 + n * 0.4))));"
    ),
    "a timer among turns": (
        "setTimeout(note('timer'), 1); await body('in/1');"
        "for (let n = 0; n < 12; n += 1) { await new Promise((go) => setImmediate(go)); note('turn')(n); }"
        "await after(2);"
    ),
    "answers and a timer that came while the rule computed": (
        "const all = [body('in/1').then(note('one')), body('in/1').then(note('two')), after(2).then(note('timer'))];"
        "await null; for (let n = 0; n < 2e5; n += 1); await Promise.all(all);"
    ),
    "digests of other threads": (
        "const digest = (size) => crypto.subtle.digest('SHA-256', new Uint8Array(size)).then(() => size);"
        "setTimeout(note('timer'), 1);"
        "note('race')(await Promise.race([digest(2e5), digest(2e5 + 1), digest(9)]));"
        "const { pbkdf2 } = require('crypto'); await body('in/1');"
        "await new Promise((go) => pbkdf2('a', 'b', 2000, 32, 'sha256', go)); note('key')(); await after(2);"
    ),
    "a message, a stream of Node's and a timer": (
        "const { port1, port2 } = new MessageChannel(); const { text } = require('stream/consumers');"
        "const timer = after(2).then(note('timer')); await body('in/1');"
        "await new Promise((go) => { port1.onmessage = () => go(port1.close()); port2.postMessage(1); });"
        "note('message')();"
        "note('text')(await text(require('stream').Readable.from(['a', 'b']))); await timer;"
    ),
    "a timer that is cleared in the moment in which it is due": (
        "const timer = setTimeout(note('timer'), 1); const again = setTimeout(note('again'), 3);"
        "await body('in/1'); for (let n = 0; n < 1e5; n += 1); note('body')(); clearTimeout(timer); again.refresh();"
        "await after(6);"
    ),
    "timers of node:timers/promises and a call": (
        "const later = require('timers/promises').setTimeout;"
        "await Promise.all([later(2).then(note('one')), later(2).then(note('two')), body('in/2').then(note('body'))]);"
    ),
}
STRAYS = {
    "the timer": f"setTimeout(fails, 1); body('{SLOW}').then(() => nothing);",
    "nothing": f"setTimeout(fails, {LONG_MS}); body('{QUICK}').then(() => nothing);",
}
PYTHON_FIRST = {
    "wait_for: the time is up": (
        f"""
    try:
        note(await asyncio.wait_for(body("{SLOW}"), 0.001))
    except TimeoutError:
        note("late")""",
        [["late"]],
    ),
    "wait_for: the answer comes": (
        f"""
    note(await asyncio.wait_for(body("{QUICK}"), {LONG_MS} / 1000))""",
        [["answer of 0"]],
    ),
    "the first of two calls": (
        f"""
    tasks = {{asyncio.create_task(body("{QUICK}"), name="one"), asyncio.create_task(body("{SLOW}"), name="two")}}
    done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    note(*sorted(task.get_name() for task in done))
    await slept(1)
    note(*[await task for task in tasks])""",
        [["one"], ["slept", 1], ["answer of 1"]],
    ),
    "the second of two calls": (
        f"""
    tasks = {{asyncio.create_task(body("{SLOW}"), name="one"), asyncio.create_task(body("{QUICK}"), name="two")}}
    done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    note(*sorted(task.get_name() for task in done))
    await slept(1)
    note(*[await task for task in tasks])""",
        [["two"], ["slept", 1], ["answer of 1"]],
    ),
    "a timer before a call that takes the thread": (
        f"""
    waiting = asyncio.create_task(noted("{SLOW}"))
    await slept(1)
    note(fetch("https://a.example/{QUICK}").text())
    await waiting""",
        [["slept", 1], ["answer of 0"], ["answer of 1"]],
    ),
    "asyncio.timeout within a flow of calls": (
        f"""
    try:
        async with asyncio.timeout(0.001):
            await noted("{SLOW}")
    except TimeoutError:
        note("late")
    await noted("{QUICK}")""",
        [["late"], ["answer of 0"]],
    ),
}
PYTHON_TIES = {
    "three calls and two timers": """
    await asyncio.gather(noted("in/2"), slept(2), noted("in/1"), slept(1), noted("in/2"))""",
    "chains of steps behind two answers": """
    async def chain(path):
        await noted(path)
        for number in range(9):
            await asyncio.sleep(0)
            note(path, number)
    await asyncio.gather(chain("in/1"), chain("in/2"), slept(2))""",
    "answers that came while the rule computed": """
    tasks = [asyncio.create_task(each) for each in (noted("in/1"), noted("in/2"), slept(2), slept(3))]
    await asyncio.sleep(0)
    sum(range(500_000))
    await asyncio.sleep(0.001)
    note("woke")
    await asyncio.gather(*tasks)""",
    "a document while answers come": """
    async def stored():
        for number in range(4):
            await asyncio.sleep(0.001)
            note(storage.get())
            storage.set({"n": number}, force=True)
    await asyncio.gather(noted("in/1"), stored(), noted("in/2"), noted("in/3"), slept(3))""",
    "a loop that looks again and again": """
    task = asyncio.create_task(body("in/2"))
    while not task.done():
        await asyncio.sleep(0)
    note(task.result())""",
}


async def check(sandbox: Sandbox, script: str, language: Language) -> frames.Returned:
    """Replay what was recorded; the answer that both gave."""
    told, tape = await recorded(sandbox, script, language, **PACKAGES[language])
    again, left = await replayed(sandbox, script, language, tape, **PACKAGES[language])
    assert left is None, (left, told)
    assert again is not None
    assert (_unnumbered(again.answer), again.lines) == (_unnumbered(told.answer), told.lines)
    assert isinstance(told.answer, frames.Returned), told.answer
    return told.answer


def _unnumbered(answer: Any) -> Any:
    return msgspec.structs.replace(answer, n=0)


def seen_of(answer: frames.Returned) -> list[Any]:
    found: list[Any] = json.loads(answer.value)["seen"]
    return found


@pytest.mark.parametrize(("steps", "first"), JAVASCRIPT_FIRST.values(), ids=JAVASCRIPT_FIRST)
async def test_a_replay_of_javascript_is_in_the_order_of_the_record(
    sandbox: Sandbox, steps: str, first: list[Any]
) -> None:
    answer = await check(sandbox, HEAD_OF_JAVASCRIPT + steps + TAIL_OF_JAVASCRIPT, Language.JAVASCRIPT)
    assert [value for place, value in enumerate(seen_of(answer)) if place % 3 < 2] == first


@pytest.mark.parametrize("steps", JAVASCRIPT_TIES.values(), ids=JAVASCRIPT_TIES)
async def test_what_comes_in_one_moment_comes_in_a_replay_of_javascript_as_it_came(
    sandbox: Sandbox, steps: str
) -> None:
    for _ in range(3):
        await check(sandbox, HEAD_OF_JAVASCRIPT + steps + TAIL_OF_JAVASCRIPT, Language.JAVASCRIPT)


@pytest.mark.parametrize("first", STRAYS)
async def test_the_error_that_nobody_caught_first_is_the_first_of_the_replay(sandbox: Sandbox, first: str) -> None:
    fails = "const fails = () => { throw new Error('of the timer'); };"
    script = HEAD_OF_JAVASCRIPT + fails + STRAYS[first] + f"await after({2 * LONG_MS});" + TAIL_OF_JAVASCRIPT
    told, tape = await recorded(sandbox, script, Language.JAVASCRIPT)
    again, left = await replayed(sandbox, script, Language.JAVASCRIPT, tape)
    assert left is None
    assert again is not None
    assert isinstance(told.answer, frames.Threw)
    assert first in told.answer.text
    assert _unnumbered(again.answer) == _unnumbered(told.answer)


@pytest.mark.parametrize(("steps", "first"), PYTHON_FIRST.values(), ids=PYTHON_FIRST)
async def test_a_replay_of_python_is_in_the_order_of_the_record(sandbox: Sandbox, steps: str, first: list[Any]) -> None:
    answer = await check(sandbox, HEAD_OF_PYTHON + steps + TAIL_OF_PYTHON, Language.PYTHON)
    assert [each[:-1] for each in seen_of(answer)] == first


@pytest.mark.parametrize("steps", PYTHON_TIES.values(), ids=PYTHON_TIES)
async def test_what_comes_in_one_moment_comes_in_a_replay_of_python_as_it_came(sandbox: Sandbox, steps: str) -> None:
    for _ in range(3):
        await check(sandbox, HEAD_OF_PYTHON + steps + TAIL_OF_PYTHON, Language.PYTHON)


async def test_what_runs_later_gets_all_that_it_was_given(sandbox: Sandbox) -> None:
    steps = """
      const got = (start, ...more) => new Promise((go) => start((...all) => go(all), ...more));
      seen.push(await got(setImmediate, 1, 2), await got(setTimeout, 1, 3, 4));
      seen.push(await new Promise((go) => { const t = setInterval((...all) => go(all, clearInterval(t)), 1, 5, 6); }));
      const call = body('in/1'), timer = got(setTimeout, 1, 7, 8);
      for (let n = 0; n < 2e5; n += 1);
      await call;
      seen.push(await timer);
    """
    answer = await check(sandbox, HEAD_OF_JAVASCRIPT + steps + TAIL_OF_JAVASCRIPT, Language.JAVASCRIPT)
    assert seen_of(answer) == [[1, 2], [3, 4], [5, 6], [7, 8]]


async def test_a_tape_of_an_earlier_version_tells_of_no_phases_and_is_replayed(sandbox: Sandbox) -> None:
    steps = "await Promise.all([1, 2, 3].map((n) => after(2 + n * 0.4, n).then(note('timer'))));"
    script = HEAD_OF_JAVASCRIPT + steps + TAIL_OF_JAVASCRIPT
    told, tape = await recorded(sandbox, script, Language.JAVASCRIPT)
    events = [msgspec.structs.replace(event, joined=False) for event in tape.events if isinstance(event, Drew)]
    older = msgspec.structs.replace(tape, events=events)
    again, left = await replayed(sandbox, script, Language.JAVASCRIPT, older)
    assert left is None
    assert again is not None
    assert _unnumbered(again.answer) == _unnumbered(told.answer)


async def test_a_computation_that_a_run_never_awaits_holds_up_neither_its_end_nor_the_next_run(
    sandbox: Sandbox,
) -> None:
    script = """
const { pbkdf2 } = require('crypto');
let runs = 0, isDone = false;
module.exports = async () => {
  runs += 1;
  if (runs === 1) {
    pbkdf2('a', 'b', 2e7, 32, 'sha512', () => isDone = true);
    fetch('https://a.example/in/0');
  }
  await new Promise((go) => runs === 1 ? go() : setTimeout(go, 1));
  return { runs, isDone };
};
"""
    async with loaded(sandbox, script) as rule:
        found = [json.loads(await rule.value()) for _ in range(2)]
    assert found == [{"runs": 1, "isDone": False}, {"runs": 2, "isDone": False}]
