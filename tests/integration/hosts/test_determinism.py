"""Rules tell the time and draw by their frames: the same frames make the same run."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import msgspec
import pytest

from fixtures.hosts import loaded
from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language

NOW_MS = 1_700_000_000_123.75
LOADED_MS = NOW_MS - 5_000
CLOCKS_OF_JAVASCRIPT = {
    "Date.now()": 1_700_000_000_123,
    "new Date().getTime()": 1_700_000_000_123,
    "Date().slice(0, 33)": "Tue Nov 14 2023 22:13:20 GMT+0000",
    "new (class extends Date {})().toISOString()": "2023-11-14T22:13:20.123Z",
    "new Date(2023, 0).constructor === Date && new Date() instanceof Date": True,
    "[Date.name, Date.length, Date.UTC(1970, 0, 2)]": ["Date", 7, 86_400_000],
    "performance.now()": 5_000,
    "performance.timeOrigin": LOADED_MS,
    "performance.mark('a').startTime": 5_000,
    "performance.measure('a').duration": 5_000,
    "performance.toJSON()": {"timeOrigin": LOADED_MS},
    "Temporal.Now.instant().epochMilliseconds": 1_700_000_000_123,
    "Temporal.Now.plainDateISO('UTC').toString()": "2023-11-14",
    "new Intl.DateTimeFormat('en', { timeZone: 'UTC', dateStyle: 'short' }).format()": "11/14/23",
    "new Intl.DateTimeFormat('en', { timeZone: 'UTC' }).formatToParts()[4].value": "2023",
    "new File([], 'a').lastModified": 1_700_000_000_123,
    "process.hrtime()": [5, 0],
    "String(process.hrtime.bigint())": "5000000000",
    "process.uptime()": 5,
    "process.cpuUsage()": {"user": 5_000_000, "system": 0},
    "require('perf_hooks').performance.now()": 5_000,
    "require('vm').runInNewContext('[Date.now(), new Date().getTime()]')": [1_700_000_000_123, 1_700_000_000_123],
    "new (require('vm').Script)('Date.now()').runInNewContext({})": 1_700_000_000_123,
    "require('vm').runInContext('Date.now()', require('vm').createContext({}))": 1_700_000_000_123,
}
DRAWS_OF_JAVASCRIPT = {
    "Math.random": "Math.random()",
    "another context": "require('vm').runInNewContext('Math.random()')",
}
SECRETS_OF_JAVASCRIPT = {
    "getRandomValues": "[...crypto.getRandomValues(new Uint8Array(20))]",
    "randomUUID": "crypto.randomUUID()",
    "randomBytes": "require('crypto').randomBytes(20).toString('hex')",
    "randomFillSync of a part": "[...require('crypto').randomFillSync(new Uint8Array(20), 4, 12)].slice(4, 16)",
    "randomFill": "(await require('util').promisify(require('crypto').randomFill)(Buffer.alloc(20))).toString('hex')",
    "randomInt": "[...Array(9)].map(() => require('crypto').randomInt(10, 1e6))",
    "randomUUID of node": "require('crypto').randomUUID()",
    "webcrypto": "[...require('crypto').webcrypto.getRandomValues(new Uint16Array(9))]",
    "more than one note has": "await crypto.subtle.digest('SHA-256', require('crypto').randomBytes(70000))"
    ".then((digest) => Buffer.from(digest).toString('hex'))",
}
CLOCKS_OF_PYTHON = {
    "time.time()": 1_700_000_000.12375,
    "time.time_ns()": 1_700_000_000_123_750_000,
    "[time.monotonic(), time.perf_counter(), time.process_time(), time.thread_time()]": [5, 5, 5, 5],
    "[time.monotonic_ns(), time.perf_counter_ns(), time.process_time_ns(), time.thread_time_ns()]": [5 * 10**9] * 4,
    "[time.clock_gettime(time.CLOCK_REALTIME), time.clock_gettime(time.CLOCK_BOOTTIME)]": [1_700_000_000.12375, 5],
    "[time.gmtime().tm_year, time.gmtime(0).tm_year, time.localtime().tm_year]": [2023, 1970, 2023],
    "[time.ctime()[-4:], time.asctime()[-4:], time.strftime('%Y'), time.ctime(0)[-4:]]": [
        "2023",
        "2023",
        "2023",
        "1970",
    ],
    "datetime.datetime.now().isoformat()": "2023-11-14T22:13:20.123750",
    "datetime.datetime.now(datetime.timezone.utc).isoformat()": "2023-11-14T22:13:20.123750+00:00",
    "datetime.datetime.now(tz=zoneinfo.ZoneInfo('Europe/Zurich')).hour": 23,
    "datetime.datetime.utcnow().isoformat()": "2023-11-14T22:13:20.123750",
    "[datetime.datetime.today().hour, datetime.date.today().isoformat()]": [22, "2023-11-14"],
    "type(type('Mine', (datetime.datetime,), {}).now()).__name__": "Mine",
    "type(datetime.datetime.now()) is datetime.datetime": True,
    "os.times().elapsed": 5,
    "resource.getrusage(resource.RUSAGE_SELF).ru_utime": 5,
    "asyncio.new_event_loop().time()": 5,
    "email.utils.formatdate(usegmt=True)": "Tue, 14 Nov 2023 22:13:20 GMT",
    "type('Timer', (), {'clock': time.monotonic})().clock()": 5,
}
DRAWS_OF_PYTHON = {
    "random": "random.random()",
    "a generator without a seed": "random.Random().random()",
    "a generator that forgets its seed": "[(g := random.Random(1)), g.seed(), g.random()][2]",
    "uuid1": "uuid.uuid1().hex",
}
SECRETS_OF_PYTHON = {
    "urandom": "os.urandom(20).hex()",
    "getrandom": "os.getrandom(20).hex()",
    "secrets": "secrets.token_hex(20)",
    "SystemRandom": "random.SystemRandom().random()",
    "uuid4": "str(uuid.uuid4())",
    "RAND_bytes": "ssl.RAND_bytes(20).hex()",
    "more than one note has": "hashlib.sha256(os.urandom(70000)).hexdigest()",
}


def python(expression: str) -> str:
    modules = "asyncio, datetime, email.utils, hashlib, os, random, resource, secrets, ssl, time, uuid, zoneinfo"
    return f"import {modules}\ndef rule(client, scope, audience, context):\n    return {{'found': {expression}}}"


def javascript(expression: str) -> str:
    return f"module.exports = async (client, scope, audience, context) => ({{ found: {expression} }});"


async def found(sandbox: Sandbox, script: str, language: Language, **run: Any) -> tuple[Any, list[frames.Noted]]:
    """What a fresh host of *script* finds, and what it drew."""
    async with loaded(sandbox, script, language, seed=3, now_ms=LOADED_MS) as rule:
        value = json.loads(await rule.value(**{"seed": 7, "now_ms": NOW_MS, **run}))
        return value["found"], rule.draws


def again(draws: list[frames.Noted]) -> list[frames.Draw]:
    """As a tape gives them back."""
    return [msgspec.convert(msgspec.structs.asdict(draw), frames.Draw) for draw in draws]


async def test_every_clock_of_javascript_is_the_runs(sandbox: Sandbox) -> None:
    script = javascript(f"[{', '.join(CLOCKS_OF_JAVASCRIPT)}]")
    values, draws = await found(sandbox, script, Language.JAVASCRIPT)
    assert dict(zip(CLOCKS_OF_JAVASCRIPT, values, strict=True)) == CLOCKS_OF_JAVASCRIPT
    assert draws == []


async def test_every_clock_of_python_is_the_runs(sandbox: Sandbox) -> None:
    values, draws = await found(sandbox, python(f"[{', '.join(CLOCKS_OF_PYTHON)}]"), Language.PYTHON)
    assert dict(zip(CLOCKS_OF_PYTHON, values, strict=True)) == CLOCKS_OF_PYTHON
    assert draws == []


async def check_pseudo_randomness(sandbox: Sandbox, script: str, language: Language, count: int) -> None:
    first, _ = await found(sandbox, script, language)
    second, _ = await found(sandbox, script, language)
    other, _ = await found(sandbox, script, language, seed=8)
    assert first == second
    assert len({*first, *other}) == 2 * count


async def test_what_is_pseudo_random_in_javascript_comes_of_the_seed(sandbox: Sandbox) -> None:
    drawn = ", ".join(f"...[0, 0, 0].map(() => {asked})" for asked in DRAWS_OF_JAVASCRIPT.values())
    await check_pseudo_randomness(sandbox, javascript(f"[{drawn}]"), Language.JAVASCRIPT, 3 * len(DRAWS_OF_JAVASCRIPT))


async def test_what_is_pseudo_random_in_python_comes_of_the_seed(sandbox: Sandbox) -> None:
    drawn = ", ".join(f"*[{asked} for _ in range(3)]" for asked in DRAWS_OF_PYTHON.values())
    await check_pseudo_randomness(sandbox, python(f"[{drawn}]"), Language.PYTHON, 3 * len(DRAWS_OF_PYTHON))


async def check_secrets(sandbox: Sandbox, script: str, language: Language) -> None:
    live, nothing = await found(sandbox, script, language)
    recorded, draws = await found(sandbox, script, language, record=True)
    replayed, told = await found(sandbox, script, language, noted=again(draws))
    assert not any(one == other for one, other in zip(live, recorded, strict=True))
    assert nothing == []
    assert recorded == replayed
    assert again(told) == again(draws)
    assert {draw.kind for draw in draws} == {"random"}


async def test_what_nobody_may_guess_in_javascript_is_real_and_can_be_replayed(sandbox: Sandbox) -> None:
    await check_secrets(sandbox, javascript(f"[{', '.join(SECRETS_OF_JAVASCRIPT.values())}]"), Language.JAVASCRIPT)


async def test_what_nobody_may_guess_in_python_is_real_and_can_be_replayed(sandbox: Sandbox) -> None:
    await check_secrets(sandbox, python(f"[{', '.join(SECRETS_OF_PYTHON.values())}]"), Language.PYTHON)


TIMED_OF_PYTHON = """
import asyncio, queue, random, secrets, time
from rulemint import fetch
async def rule(client, scope, audience, context):
    seen = [time.time()]
    note = lambda what: seen.append(f"{what} {time.monotonic()}")
    sum(random.random() for _ in range(100_000))
    note("computed")
    async def ticking():
        while True:
            await asyncio.sleep(0.007)
            note("tick")
    ticks = asyncio.create_task(ticking())
    async def calling():
        await asyncio.to_thread(fetch, "https://a.example/")
        note("reply")
    calls = asyncio.create_task(calling())
    try:
        await asyncio.wait_for(asyncio.shield(asyncio.sleep(5)), 0.02)
    except TimeoutError:
        note("timer")
    await calls
    ticks.cancel()
    time.sleep(0.003)
    note("slept")
    note(secrets.token_hex(4))
    try:
        queue.Queue().get(timeout=0.002)
    except queue.Empty:
        note("waited")
    until = time.monotonic() + 0.005
    while time.monotonic() < until:
        time.sleep(0.001)
    fetch("https://a.example/2")
    note("replied")
    return {"found": seen}
"""


TIMED_OF_JAVASCRIPT = """
const { setTimeout: later } = require('timers/promises');
module.exports = async () => {
  const seen = [Date.now()];
  const note = (what) => seen.push(`${what} ${performance.now()}`);
  for (let count = 0; count < 1e5; count += 1) Math.random();
  note('computed');
  const slow = setTimeout(() => note('never'), 5000);
  const ticks = setInterval(() => note('tick'), 15);
  const first = fetch('https://a.example/').then(() => note('reply'));
  setTimeout(() => note('timer'), 20);
  await new Promise((resolve) => setTimeout(resolve, 40));
  await first;
  clearTimeout(slow);
  clearInterval(ticks);
  await later(3);
  note('later');
  note(crypto.randomUUID());
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
  note('waited');
  let left = 3;
  await new Promise((done) => { const again = setTimeout(() => (left -= 1) ? again.refresh() : done(), 2); });
  note('refreshed');
  await fetch('https://a.example/2');
  note('replied');
  return { found: seen };
};
"""


class Answers:
    """Replies that come after *delays_s*, each with its stamp."""

    def __init__(self, *delays_s: float) -> None:
        self._delays_s = iter(delays_s)
        self.stamps: list[float] = []
        self._old: list[float] = []

    async def __call__(self, call: frames.Call) -> frames.Reply:
        await asyncio.sleep(next(self._delays_s, 0))
        stamp = self._old.pop(0) if self._old else NOW_MS + (time.monotonic() - self.began_s) * 1000
        self.stamps.append(stamp)
        return frames.Reply(id=call.id, status=200, body=b"{}", now_ms=stamp)

    began_s = 0.0

    def again(self) -> Answers:
        """The same, at once."""
        made = Answers()
        made._old = list(self.stamps)
        return made


@pytest.mark.parametrize(
    ("language", "script"),
    [
        pytest.param(Language.JAVASCRIPT, TIMED_OF_JAVASCRIPT, id="javascript"),
        pytest.param(Language.PYTHON, TIMED_OF_PYTHON, id="python"),
    ],
)
async def test_timers_and_replies_come_in_a_replay_as_they_came_live(
    sandbox: Sandbox, language: Language, script: str
) -> None:
    answers = Answers(0.025, 0.01)
    answers.began_s = time.monotonic()
    async with loaded(sandbox, script, language, fetch=answers, now_ms=LOADED_MS) as live:
        answers.began_s = time.monotonic()
        recorded = await live.value(seed=7, now_ms=NOW_MS, record=True)
    async with loaded(sandbox, script, language, fetch=answers.again(), now_ms=LOADED_MS) as replay:
        assert await replay.value(seed=7, now_ms=NOW_MS, noted=again(live.draws)) == recorded
    assert again(replay.draws) == again(live.draws)
    seen = json.loads(recorded)["found"]
    print(seen)


async def test_sets_of_python_are_in_the_order_of_the_hosts_seed(sandbox: Sandbox) -> None:
    script = python("[*{str(number) for number in range(50)}], 'environment': dict(os.environ)")
    async with loaded(sandbox, script, Language.PYTHON) as live:
        order = await live.value()
    async with loaded(sandbox, script, Language.PYTHON, hash_seed=live.host.pipe.seeds.hash) as replay:
        assert await replay.value() == order
    async with loaded(sandbox, script, Language.PYTHON) as other:
        assert await other.value() != order
    assert json.loads(order)["environment"] == {}


@pytest.mark.parametrize(
    ("language", "script"),
    [
        pytest.param(
            Language.JAVASCRIPT,
            "module.exports = (client, scope, audience, context, cb) => { const end = Date.now() + 50;"
            " while (Date.now() < end); cb(null, {}); };",
            id="javascript",
        ),
        pytest.param(
            Language.PYTHON,
            "import time\ndef rule(client, scope, audience, context):\n"
            "    end = time.monotonic() + 0.05\n    while time.monotonic() < end: pass\n    return {}",
            id="python",
        ),
    ],
)
async def test_a_rule_that_waits_for_its_clock_by_computing_is_told_why_it_never_ends(
    sandbox: Sandbox, language: Language, script: str
) -> None:
    async with loaded(sandbox, script, language) as rule:
        with pytest.raises(HostEndedError, match=r"a rule's clock does not move while it computes$") as ended:
            await rule.run(timeout_s=0.5)
    assert ended.value.reason is FailureReason.TIMEOUT


async def test_a_rule_that_waits_for_an_answer_too_long_is_not_told_of_its_clock(sandbox: Sandbox) -> None:
    async with loaded(sandbox, "module.exports = () => new Promise((r) => setTimeout(r, 9000));") as rule:
        with pytest.raises(HostEndedError) as ended:
            await rule.run(timeout_s=0.5)
    assert "clock" not in ended.value.detail
