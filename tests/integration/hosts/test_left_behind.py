"""An invocation is nobody else's: what one leaves behind does not fail the next one, nor write or call in its name."""

from __future__ import annotations

import asyncio
import json

import pytest

from fixtures.hosts import Loaded, loaded
from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language

JS, PY = Language.JAVASCRIPT, Language.PYTHON

LATER = {
    "setTimeout": "setTimeout(late, 20)",
    "setInterval": "setInterval(late, 2)",
    "setImmediate": "setImmediate(late)",
    "an endless chain of setImmediate": "setImmediate(function again() { setImmediate(again); late(); })",
    "process.nextTick": "process.nextTick(late)",
    "queueMicrotask": "Promise.resolve().then(() => queueMicrotask(late))",
    "a long chain of promises": "(async () => { for (let i = 0; i < 50; i++) await null; late(); })()",
    "node:timers": "require('timers').setTimeout(late, 20)",
    "an interval of node:timers": "require('timers').setInterval(late, 2)",
    "setImmediate of node:timers": "require('node:timers').setImmediate(late)",
    "timers/promises": "require('timers/promises').setTimeout(20).then(late)",
    "the promises of node:timers": "require('timers').promises.setTimeout(20).then(late)",
    "an interval of timers/promises": "(async () => { for await (const _ of "
                                      "require('timers/promises').setInterval(2)) late(); })()",
    "setImmediate of timers/promises": "require('timers/promises').setImmediate().then(late)",
    "scheduler.wait": "require('timers/promises').scheduler.wait(20).then(late)",
    "a promisified setTimeout": "require('util').promisify(setTimeout)(20).then(late)",
    "AbortSignal.timeout": "AbortSignal.timeout(20).addEventListener('abort', late)",
    "an aborted fetch": "fetch('https://a.example.com/', { signal: AbortSignal.timeout(20) }).catch(late)",
    "a fetch": "fetch('https://a.example.com/').catch(late)",
    "a fetch that is tried again": "(async function again(tries) { try { await fetch('https://a.example.com/'); } "
                                   "catch { if (tries > 3) late(); await new Promise((ok) => setTimeout(ok, 5)); "
                                   "return again(tries + 1); } })(0)",
    "a fetch that is tried again at once": "(async () => { for (let i = 0; i < 9; i++) "
                                           "await fetch('https://a.example.com/').catch(() => {}); late(); })()",
    "https.get": "require('https').get('https://a.example.com/').on('error', late)",
    "the storage": "context.webtask.storage.get(late)",
    "crypto.pbkdf2": "require('crypto').pbkdf2('a', 'b', 90000, 64, 'sha512', late)",
    "crypto.randomBytes": "require('crypto').randomBytes(8, late)",
    "crypto.generateKeyPair": "require('crypto').generateKeyPair('rsa', { modulusLength: 1024 }, late)",
    "crypto.subtle": "crypto.subtle.digest('SHA-256', new Uint8Array(1e6)).then(late)",
    "zlib": "require('zlib').gzip(Buffer.alloc(1e6), late)",
    "a stream": "require('stream').Readable.from(['a', 'b']).on('data', () => {}).on('end', late)",
    "an emitter": "(() => { const e = new (require('events'))(); e.on('x', late); "
                  "setTimeout(() => e.emit('x'), 5); })()",
    "a message": "(() => { const c = new MessageChannel(); c.port1.onmessage = late; c.port2.postMessage(1); })()",
    "a compressed body": "new Response('a').body.pipeThrough(new CompressionStream('gzip')).pipeTo("
                         "new WritableStream({ close: late }))",
    "a file reader": "(() => { const r = new FileReader(); r.onload = late; r.readAsText(new Blob(['a'])); })()",
    "a dynamic import": "import('data:text/javascript,export default 1').then(late)",
    "Atomics.waitAsync": "Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20).value.then(late)",
    "a lock": "navigator.locks.request('a', late)",
    "a read of a file": "require('fs').readFile('/x', late)",
    "a connection": "require('net').connect(1, '192.0.2.1').on('error', late)",
}  # fmt: skip
"""Ways to have something done later → what an invocation does that does not wait for it."""

LEAVES = """
let runs = 0;
module.exports = (client, scope, audience, context, cb) => {
  const me = ++runs;
  const late = () => {
    console.log('line of ' + me);
    fetch('https://late.example.com/' + me).catch(() => {});
    context.webtask.storage.get(() => {});
    cb(null, { scope });
    throw new Error('error of ' + me);
  };
  if (me === 1) {
    %s;
    return cb(null, { scope });
  }
  setTimeout(() => cb(null, { scope }), 60);
};
"""


async def run_and_hear(rule: Loaded) -> tuple[frames.FromHost, list[str]]:
    """One invocation: its answer, and every line that came until the host was idle again."""
    before = len(rule.lines)
    answer = await rule.run()
    assert await rule.host.idle()
    return answer, [text for _, text in rule.lines[before:]]


class Calls:
    """Refuses every call, and remembers it."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    async def __call__(self, call: frames.Call) -> frames.Reply:
        self.urls.append(call.url)
        return frames.Reply(id=call.id, error="nothing is there")


async def check_that_the_second_is_alone(sandbox: Sandbox, script: str, language: Language) -> None:
    calls = Calls()
    async with loaded(sandbox, script, language, fetch=calls) as rule:
        answer, first = await run_and_hear(rule)
        assert isinstance(answer, frames.Returned), answer
        assert not [line for line in first if "of 2" in line]
        made = len(calls.urls)
        for _ in range(2):
            answer, lines = await run_and_hear(rule)
            assert isinstance(answer, frames.Returned), answer
            assert lines == []
        assert len(calls.urls) == made


@pytest.mark.parametrize("left", LATER.values(), ids=list(LATER))
async def test_what_an_invocation_leaves_behind_is_not_the_next_one_s(sandbox: Sandbox, left: str) -> None:
    await check_that_the_second_is_alone(sandbox, LEAVES % left, JS)


OWN = """
module.exports = (client, scope, audience, context, cb) => {
  const late = () => { throw new Error('its own'); };
  %s;
};
"""
OWN_ERRORS = {name: left for name, left in LATER.items() if name not in {"an endless chain of setImmediate", "a lock"}}


@pytest.mark.parametrize("left", OWN_ERRORS.values(), ids=list(OWN_ERRORS))
async def test_an_error_of_its_own_that_nobody_catches_fails_an_invocation_at_once(sandbox: Sandbox, left: str) -> None:
    async with loaded(sandbox, OWN % left) as rule:
        for _ in range(2):
            answer = await rule.run()
            assert isinstance(answer, frames.Threw), answer
            assert "its own" in answer.text
            assert await rule.host.idle()


async def test_an_error_after_the_answer_is_a_line_of_its_own_invocation(sandbox: Sandbox) -> None:
    script = """
    const audit = async () => { throw new Error('no audit'); };
    export default async () => { audit(); return { done: true }; };
    """
    async with loaded(sandbox, script) as rule:
        answer, lines = await run_and_hear(rule)
    assert isinstance(answer, frames.Returned), answer
    assert len(lines) == 1
    assert lines[0].startswith("after its answer the rule threw: my-rule.js:2:")


async def test_what_a_module_started_while_it_was_loaded_fails_no_invocation(sandbox: Sandbox) -> None:
    script = """
    setTimeout(() => { throw new Error('of the module'); }, 1);
    module.exports = (client, scope, audience, context, cb) => { setTimeout(() => cb(null, { scope }), 20); };
    """
    async with loaded(sandbox, script) as rule:
        answer, lines = await run_and_hear(rule)
        assert isinstance(answer, frames.Returned), answer
        assert len(lines) == 1
        assert "nobody caught: my-rule.js:2:" in lines[0]
        assert "of the module" in lines[0]


async def test_a_call_after_the_end_is_refused_with_words(sandbox: Sandbox) -> None:
    script = """
    let said = null;
    module.exports = (client, scope, audience, context, cb) => {
      if (said !== null) return cb(null, { said });
      fetch('https://a.example.com/').catch(() => fetch('https://a.example.com/')).catch((e) => { said = e.message; });
      cb(null, { scope });
    };"""
    async with loaded(sandbox, script) as rule:
        await run_and_hear(rule)
        said = json.loads(await rule.value())["said"]
    assert "only while an invocation runs" in said


async def test_a_library_s_queue_that_waits_for_the_next_turn_goes_on_in_the_next_invocation(sandbox: Sandbox) -> None:
    script = """
    const queue = []; let isScheduled = false;
    const later = (work) => {
      queue.push(work);
      if (isScheduled) return;
      isScheduled = true;
      setImmediate(() => { isScheduled = false; queue.splice(0).forEach((work) => work()); });
    };
    let runs = 0;
    module.exports = (client, scope, audience, context, cb) => {
      const me = ++runs;
      if (me === 1) { later(() => later(() => {})); return cb(null, { scope }); }
      later(() => { console.log('of ' + me); cb(null, { scope }); });
    };"""
    async with loaded(sandbox, script) as rule:
        heard = [await run_and_hear(rule) for _ in range(2)]
    assert [(type(answer), lines) for answer, lines in heard] == [
        (frames.Returned, []), (frames.Returned, ["of 2"]),
    ]  # fmt: skip


async def test_what_a_module_imports_of_timers_ends_too(sandbox: Sandbox) -> None:
    script = """
    import { setTimeout as sleep } from 'node:timers/promises';
    import { setInterval } from 'timers';
    let runs = 0;
    export default async () => {
      const me = ++runs;
      setInterval(() => console.log('tick of ' + me), 2);
      const audit = async () => { await sleep(10); console.log('line of ' + me); throw new Error('of ' + me); };
      if (me === 1) { audit(); return {}; }
      await new Promise((done) => setTimeout(done, 30));
      console.log('of 2');
    };"""
    async with loaded(sandbox, script) as rule:
        await run_and_hear(rule)
        answer, lines = await run_and_hear(rule)
    assert isinstance(answer, frames.Returned), answer
    assert set(lines) == {"tick of 2", "of 2"}


async def test_a_timer_that_is_refreshed_once_it_has_fired_ends_with_its_invocation(sandbox: Sandbox) -> None:
    script = """
    let runs = 0;
    module.exports = (client, scope, audience, context, cb) => {
      const me = ++runs;
      if (me > 1) return setTimeout(() => cb(null, { scope }), 30);
      const timer = setTimeout(() => { timer.refresh(); cb(null, { scope }); }, 5);
    };"""
    async with loaded(sandbox, script) as rule:
        for _ in range(2):
            answer = await rule.run(record=True)
            assert isinstance(answer, frames.Returned), answer
            assert await rule.host.idle()
    assert [draw.timer for draw in rule.draws] == [1, 1], "a timer of the first fired in the second"


async def test_a_no_through_an_api_that_was_kept_refuses_the_action_that_runs(sandbox: Sandbox) -> None:
    script = """
    let kept = null;
    exports.onExecuteCredentialsExchange = async (event, api) => {
      if (kept !== null) kept.access.deny('invalid_request', 'why');
      kept ??= api;
    };"""
    async with loaded(sandbox, script) as rule:
        assert isinstance((await run_and_hear(rule))[0], frames.Returned)
        answer, lines = await run_and_hear(rule)
    assert isinstance(answer, frames.Refused), answer
    assert answer.message == "why"
    assert len(lines) == 1


WRITES_FRAMES = """
const write = (frame) => {
  const body = new TextEncoder().encode(JSON.stringify(frame));
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes.set(body, 4);
  Deno[Deno.internal].core.writeSync(1, bytes);
};
let runs = 0;
module.exports = (client, scope, audience, context, cb) => {
  runs += 1;
  %s;
  cb(null, { scope });
};
"""


async def test_a_frame_of_an_earlier_run_is_taken_for_no_other(sandbox: Sandbox) -> None:
    calls = Calls()
    left = (
        "if (runs > 1) { write({ t: 'line', level: 'info', text: 'a line of before', n: 1 });"
        " write({ t: 'call', id: 1e6, method: 'GET', url: 'https://a.example.com/', n: 1 });"
        " write({ t: 'storage-get', id: 1e6 + 1, n: 1 }); write({ t: 'cache-changed', n: 1 }); }"
    )
    async with loaded(sandbox, WRITES_FRAMES % left, fetch=calls) as rule:
        await run_and_hear(rule)
        for dropped in (1, 2):
            answer, lines = await run_and_hear(rule)
            assert isinstance(answer, frames.Returned), answer
            assert lines == []
            assert rule.host.dropped_lines == dropped
    assert calls.urls == []


@pytest.mark.parametrize("number", [0, 1, 10**9])
async def test_a_host_that_is_idle_in_another_run_s_name_is_ended(sandbox: Sandbox, number: int) -> None:
    async with loaded(sandbox, WRITES_FRAMES % f"write({{ t: 'idle', n: {number}, took_ms: 1 }})") as rule:
        with pytest.raises(HostEndedError) as ended:
            await rule.run()
    assert ended.value.reason is FailureReason.CRASHED


PYTHON_LATER = {
    "a task": "loop.create_task(work())",
    "a task within the rule's own run": "loop.run_until_complete(start(work()))",
    "call_later": "loop.call_later(0.02, late)",
    "call_soon": "loop.call_soon(late)",
    "an async generator": "loop.create_task(through())",
    "a future's callback": "done = loop.create_future(); done.add_done_callback(late); "
    "loop.call_later(0.01, done.set_result, 1)",
    "a signal": "signal.signal(signal.SIGALRM, late); signal.setitimer(signal.ITIMER_REAL, 0.02)",
    "a repeated signal": "signal.signal(signal.SIGALRM, late); signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)",
    "a trace": "sys.settrace(lambda frame, *_: print('line of 1', frame.f_code.co_name))",
    "a profile": "sys.setprofile(lambda frame, *_: print('line of 1', frame.f_code.co_name))",
    "a finalizer in a cycle": "cycle = Left(late); cycle.me = cycle",
    "a finalizer": "Left(late)",
    "a line that is not ended": "print('line of 1', end='')",
    "a kept record": "memory.emit(logging.makeLogRecord({'msg': 'line of 1', 'levelno': logging.INFO}))",
}
PYTHON_LEAVES = """
import asyncio, logging, logging.handlers, signal, sys, time
from rulemint import AccessDenied, fetch
loop = asyncio.new_event_loop()
memory = logging.handlers.MemoryHandler(100, target=logging.getLogger().handlers[0])
runs = 0
class Left:
    def __init__(self, late): self.late = late
    def __del__(self):
        try: self.late()
        except AccessDenied: raise ValueError("finalized") from None
def rule(client, scope, audience, context):
    global runs
    runs += 1
    me = runs
    def late(*_):
        print("line of", me)
        try: fetch("https://late.example.com/")
        except OSError: pass
        raise AccessDenied(f"refusal of {me}")
    async def work():
        await asyncio.sleep(0.01)
        late()
    async def ticks():
        yield 1
        await asyncio.sleep(0.01)
        yield 2
    async def through():
        async for _ in ticks(): pass
        late()
    async def start(work):
        asyncio.create_task(work)
    if me == 1:
        %s
        return {}
    loop.run_until_complete(asyncio.sleep(0.04))
    time.sleep(0.02)
    memory.flush()
    return {}
"""


@pytest.mark.parametrize("left", PYTHON_LATER.values(), ids=list(PYTHON_LATER))
async def test_what_a_python_rule_leaves_behind_is_not_the_next_one_s(sandbox: Sandbox, left: str) -> None:
    await check_that_the_second_is_alone(sandbox, PYTHON_LEAVES % left, PY)


TWO_AT_ONCE = [
    pytest.param(
        JS,
        "let runs = 0;\nmodule.exports = (c, scope, a, x, cb) => { const me = ++runs;"
        " setTimeout(() => console.log('late of', me), 1); fetch('https://a.example.com/').catch(() => {"
        " console.log('caught by', me);"
        " fetch('https://a.example.com/').catch(() => { throw new Error('of ' + me); }); });"
        " console.log('line of', me); process.nextTick(() => cb(null, { scope, me })); };",
        id="javascript",
    ),
    pytest.param(
        PY,
        "import asyncio\nruns = 0\nloop = asyncio.new_event_loop()\n"
        "async def late(me):\n    await asyncio.sleep(0)\n    print('late of', me)\n"
        "def rule(client, scope, audience, context):\n    global runs\n    runs += 1\n    print('line of', runs)\n"
        "    loop.create_task(late(runs))\n    loop.run_until_complete(asyncio.sleep(0))\n    return {'me': runs}\n",
        id="python",
    ),
]


def a_run(number: int) -> frames.Run:
    context = {"ip": "", "userAgent": "", "body": {}}
    return frames.Run(n=number, client={"id": "c"}, scope=[], audience="https://api/", context=context)


@pytest.mark.parametrize(("language", "script"), TWO_AT_ONCE)
async def test_neighbours_in_one_write_stay_apart(
    sandbox: Sandbox, language: Language, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with loaded(sandbox, script, language) as rule:
        seen: list[frames.FromHost] = []
        given_back: list[int] = []
        both_are_done = asyncio.Event()

        def take(frame: frames.FromHost) -> None:
            if isinstance(frame, frames.NotBegun):
                given_back.append(frame.n)
                return
            seen.append(frame)
            if isinstance(frame, frames.Idle) and given_back == [frame.n + 1]:
                rule.host._channel.write(a_run(frame.n + 1))
            if isinstance(frame, frames.Call):
                rule.host._channel.write(frames.Reply(id=frame.id, error="nothing is there"))
            if isinstance(frame, frames.Idle) and frame.n == 2:
                both_are_done.set()

        monkeypatch.setattr(rule.host, "take", take)
        for number in (1, 2):
            rule.host._channel.write(a_run(number))
        async with asyncio.timeout(10):
            await both_are_done.wait()
    numbers = [getattr(frame, "n", 0) for frame in seen]
    assert numbers == sorted(numbers)
    answers = [frame for frame in seen if isinstance(frame, frames.Returned)]
    assert [json.loads(answer.value)["me"] for answer in answers] == [1, 2]
    lines = [(frame.text[-1], frame.n) for frame in seen if isinstance(frame, frames.Line)]
    assert lines
    assert all(text == str(number) for text, number in lines), lines
