"""What rules in real hosts keep in a real Valkey, and what they are told where that is not possible."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from fixtures.facts.fact import action
from fixtures.hosts import Loaded, loaded
from rulemint_runner.flow.invocation_state import MAX_OPERATIONS, InvocationState
from rulemint_runner.flow.rule_state import Owner, RuleStates
from rulemint_runner.hosts.wire import frames
from rulemint_runner.hosts.wire.state_calls import NO_STATE, State
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.records import Language, Rule
from rulemint_shared.contract.rule_state import CacheRecord
from rulemint_shared.deadline import Deadline
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

JS, PY = Language.JAVASCRIPT, Language.PYTHON
OWNER = Owner("acme", "rul_1")
IN_PYTHON = "def rule(client, scope, audience, context):\n    storage = context['webtask']['storage']\n    "


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        rule = codecs.rule.encode(Rule(id=OWNER.rule_id, name="a rule"))
        await opened.hset(redis_keys.rules(OWNER.tenant), OWNER.rule_id, rule)  # type: ignore[arg-type,misc]  # bytes
        yield opened


@pytest.fixture
def states(redis: RedisClient) -> RuleStates:
    return RuleStates(redis)


def hook(body: str) -> str:
    """A hook that does *body* with its storage."""
    return f"module.exports = (client, scope, a, {{ webtask: {{ storage }} }}, cb) => {{ {body} }};"


async def value_of(rule: Loaded, states: RuleStates, *, timeout_s: float = 10) -> Any:
    """The result of one invocation, which has what the one before kept."""
    state = InvocationState(states, OWNER, Deadline.after(timeout_s), rule.write)
    answer = await rule.run(cache=await state.cache(), state=state)
    await state.keep_cache()
    assert isinstance(answer, frames.Returned), answer
    return msgspec.json.decode(answer.value)


COUNTS = [
    pytest.param(
        JS,
        hook(
            "storage.get((error, data = { n: 0, text: 'ü\\ud800' }) => { data.n += 1; "
            "storage.set(data, (failed) => cb(error ?? failed, { n: data.n, same: data.text === 'ü\\ud800' })); });"
        ),
        id="javascript",
    ),
    pytest.param(
        PY,
        f"{IN_PYTHON}data = storage.get() or {{'n': 0, 'text': 'ü'}}\n    data['n'] += 1\n    storage.set(data)\n    "
        "return {'n': data['n'], 'same': data['text'] == 'ü'}",
        id="python",
    ),
]


@pytest.mark.parametrize(("language", "script"), COUNTS)
async def test_a_document_outlives_the_host_that_wrote_it(
    sandbox: Sandbox, states: RuleStates, language: Language, script: str
) -> None:
    counted = []
    for _host in range(2):
        async with loaded(sandbox, script, language) as rule:
            counted += [await value_of(rule, states) for _ in range(2)]
    assert counted == [{"n": n, "same": True} for n in (1, 2, 3, 4)]


CONFLICTS = [
    pytest.param(
        JS,
        hook("storage.get(() => storage.set({ by: 'me' }, (error) => cb(null, "
             "{ said: error.message, conflict: error.conflict })));"),
        id="javascript",
    ),
    pytest.param(
        PY,
        "from rulemint import StorageConflict\n" + IN_PYTHON + "storage.get()\n    try: storage.set({'by': 'me'})\n"
        "    except StorageConflict as error: return {'said': str(error), 'conflict': error.conflict}",
        id="python",
    ),
]  # fmt: skip


class SomebodyElseIsFaster:
    """The state of an invocation, of which another one writes the document between its read and its write."""

    def __init__(self, states: RuleStates) -> None:
        self._states = states
        self._state = InvocationState(states, OWNER, Deadline.after(10), lambda _line: None)

    async def storage(self, asked: frames.StorageGet | frames.StorageSet) -> frames.Stored:
        if isinstance(asked, frames.StorageSet):
            await self._states.replace_document(OWNER, '{"by":"another"}', etag=None, force=True)
        return await self._state.storage(asked)

    def cache_changed(self, changes: frames.CacheChanged) -> None:
        self._state.cache_changed(changes)


@pytest.mark.parametrize(("language", "script"), CONFLICTS)
async def test_a_write_over_a_document_that_changed_since_it_was_read_is_an_error_that_shows_it(
    sandbox: Sandbox, states: RuleStates, language: Language, script: str
) -> None:
    async with loaded(sandbox, script, language) as rule:
        answer = await rule.run(state=SomebodyElseIsFaster(states))
    assert isinstance(answer, frames.Returned), answer
    said = {"said": "Item was modified since it was read.", "conflict": {"by": "another"}}
    assert msgspec.json.decode(answer.value) == said
    assert (await states.document(OWNER)).data == '{"by":"another"}'


@pytest.mark.parametrize(
    ("options", "kept"),
    [("{ force: 1 }", "mine"), ("{ force: true }", "mine"), ("{ etag: '1' }", "mine"), ("{ etag: '2' }", "old")],
    ids=["force as a number", "force", "the etag of the document", "the etag of another document"],
)
async def test_a_write_may_name_what_it_replaces_without_having_read_it(
    sandbox: Sandbox, states: RuleStates, options: str, kept: str
) -> None:
    await states.replace_document(OWNER, '"old"', etag=None, force=False)
    async with loaded(sandbox, hook(f"storage.set('mine', {options}, () => cb(null, {{}}));")) as rule:
        await value_of(rule, states)
    assert (await states.document(OWNER)).data == f'"{kept}"'


CLEARS = [
    pytest.param(JS, hook("storage.set(null, () => storage.get((e, data) => cb(null, { is: typeof data })));"),
                 "undefined", id="javascript"),
    pytest.param(PY, f"{IN_PYTHON}storage.set(None)\n    return {{'is': str(storage.get())}}", "None", id="python"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "script", "nothing"), CLEARS)
async def test_nothing_as_a_document_clears_the_storage(
    sandbox: Sandbox, states: RuleStates, language: Language, script: str, nothing: str
) -> None:
    await states.replace_document(OWNER, "1", etag=None, force=False)
    async with loaded(sandbox, script, language) as rule:
        assert await value_of(rule, states) == {"is": nothing}
    assert (await states.document(OWNER)).data is None


JS_SAYS = "(error) => cb(null, { said: error.message })"
REFUSED = [
    pytest.param(JS, hook(f"storage.set('x'.repeat(512000), {{ force: 1 }}, {JS_SAYS});"),
                 "larger than 512000 bytes", id="javascript, too large"),
    pytest.param(JS, hook(f"storage.set(() => 1, {{ force: 1 }}, {JS_SAYS});"), "a function is no JSON",
                 id="javascript, no JSON"),
    pytest.param(JS, hook(f"const b = {{}}; b.b = b; storage.set(b, {{ force: 1 }}, {JS_SAYS});"), "circular",
                 id="javascript, a cycle"),
    pytest.param(PY, f"{IN_PYTHON}storage.set('x' * 512000, force=True)", "larger than 512000 bytes",
                 id="python, too large"),
    pytest.param(PY, f"{IN_PYTHON}storage.set(object(), force=True)", "does not serialise", id="python, no JSON"),
    pytest.param(PY, f"{IN_PYTHON}storage.set(chr(0xd800), force=True)", "does not serialise",
                 id="python, half a character"),
    pytest.param(PY, f"{IN_PYTHON}storage.set(1)", "call get() before set()", id="python, not read"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "script", "why"), REFUSED)
async def test_what_cannot_be_stored_is_an_error_that_says_why_and_the_host_goes_on(
    sandbox: Sandbox, states: RuleStates, language: Language, script: str, why: str
) -> None:
    async with loaded(sandbox, script, language) as rule:
        state = InvocationState(states, OWNER, Deadline.after(10), rule.write)
        answer = await rule.run(state=state)
        assert isinstance(answer, frames.Returned | frames.Threw)
        assert why in (answer.text if isinstance(answer, frames.Threw) else answer.value)
        assert await rule.host.idle()
    assert (await states.document(OWNER)).data is None


async def test_a_write_that_nobody_waits_for_is_done(sandbox: Sandbox, states: RuleStates) -> None:
    async with loaded(sandbox, hook("storage.set({ done: true }, { force: 1 }); cb(null, {});")) as rule:
        for _ in range(2):
            await value_of(rule, states)
            assert await rule.host.idle()
    assert (await states.document(OWNER)).data == '{"done":true}'


async def test_reads_and_writes_are_done_in_the_order_in_which_they_were_asked_for(
    sandbox: Sandbox, states: RuleStates
) -> None:
    script = hook(
        "const f = { force: 1 }; for (const n of [1, 2, 3]) storage.set(n, f, () => {}); "
        "storage.get((e, data) => cb(e, { data }));"
    )
    async with loaded(sandbox, script) as rule:
        assert await value_of(rule, states) == {"data": 3}


async def test_one_invocation_may_use_its_storage_fifty_times(sandbox: Sandbox, states: RuleStates) -> None:
    script = hook("const next = (error) => error ? cb(null, { said: error.message }) : storage.get(next); next();")
    async with loaded(sandbox, script) as rule:
        said = await value_of(rule, states)
        assert said["said"].endswith(f"one invocation may use its storage {MAX_OPERATIONS} times")
        assert await value_of(rule, states) == said


async def test_what_a_callback_throws_is_the_rule_s_exception(sandbox: Sandbox, states: RuleStates) -> None:
    async with loaded(sandbox, hook("storage.get(() => { throw new Error('in the callback'); });")) as rule:
        answer = await rule.run(state=InvocationState(states, OWNER, Deadline.after(10), rule.write))
    assert isinstance(answer, frames.Threw)
    assert "in the callback" in answer.text


async def test_after_its_answer_a_rule_may_write_nothing_more(sandbox: Sandbox, states: RuleStates) -> None:
    late = "(error) => { globalThis.said = error.message; }"
    script = hook(  # the second read keeps the host from being idle before the callback of the first has run
        "if (globalThis.said) return cb(null, { said: globalThis.said }); "
        f"storage.get(() => storage.set('late', {late})); storage.get(() => {{}}); cb(null, {{}});"
    )
    async with loaded(sandbox, script) as rule:
        said: dict[str, str] = {}
        for _ in range(3):  # whatever a rule leaves undone goes on with its next invocation
            said = await value_of(rule, states)
            assert await rule.host.idle()
    assert "only while an invocation runs" in said["said"]
    assert (await states.document(OWNER)).data is None


CACHES = action(
    "const runs = Number(api.cache.get('runs')?.value ?? 0) + 1; api.cache.set('runs', String(runs)); "
    "api.accessToken.setCustomClaim('runs', runs);"
)


async def test_a_cache_outlives_the_host_that_filled_it(sandbox: Sandbox, states: RuleStates) -> None:
    counted = []
    for _host in range(2):
        async with loaded(sandbox, CACHES) as rule:
            assert rule.host.wants_cache
            counted += [(await value_of(rule, states))["claims"]["runs"] for _ in range(2)]
    assert counted == [1, 2, 3, 4]


async def test_an_action_that_throws_has_kept_what_it_cached(sandbox: Sandbox, states: RuleStates) -> None:
    async with loaded(sandbox, action("api.cache.set('a', 'b'); throw new Error('no');")) as rule:
        state = InvocationState(states, OWNER, Deadline.after(10), rule.write)
        assert isinstance(await rule.run(state=state), frames.Threw)
        await state.keep_cache()
    assert (await states.cache(OWNER))["a"].value == "b"


async def test_what_an_action_takes_out_of_its_cache_is_gone(sandbox: Sandbox, states: RuleStates) -> None:
    await states.change_cache(OWNER, {key: CacheRecord(value="v", expires_at=unix_ms() + 60_000) for key in "ab"}, [])
    async with loaded(sandbox, action("api.cache.delete('a');")) as rule:
        await value_of(rule, states)
    assert set(await states.cache(OWNER)) == {"b"}


async def test_half_a_character_is_not_cached_and_the_host_goes_on(sandbox: Sandbox, states: RuleStates) -> None:
    script = action("api.accessToken.setCustomClaim('said', api.cache.set('a', '\\ud800').code);")
    async with loaded(sandbox, script) as rule:
        assert (await value_of(rule, states))["claims"] == {"said": "FailedToSetCacheRecord"}


@pytest.mark.parametrize("language", [JS, PY])
async def test_only_an_action_is_given_a_cache(sandbox: Sandbox, language: Language) -> None:
    script = hook("cb(null, {})") if language is JS else f"{IN_PYTHON}return {{}}"
    async with loaded(sandbox, script, language) as rule:
        assert not rule.host.wants_cache


@pytest.fixture
async def out_of_reach() -> AsyncIterator[RuleStates]:
    async with open_redis("unix:///nowhere/valkey.sock") as opened:
        yield RuleStates(opened)


async def test_where_valkey_does_not_answer_the_callback_gets_an_error_and_the_rule_goes_on(
    sandbox: Sandbox, out_of_reach: RuleStates
) -> None:
    script = hook("storage.get((error) => cb(null, { said: error.message }));")
    async with loaded(sandbox, script) as rule:
        state = InvocationState(out_of_reach, OWNER, Deadline.after(10), rule.write)
        answer = await rule.run(state=state)
    assert isinstance(answer, frames.Returned)
    assert "out of reach" in answer.value
    assert "nowhere" not in answer.value


async def test_where_valkey_does_not_answer_a_cache_is_empty_and_a_line_says_so(
    sandbox: Sandbox, out_of_reach: RuleStates
) -> None:
    async with loaded(sandbox, CACHES) as rule:
        assert (await value_of(rule, out_of_reach))["claims"] == {"runs": 1}
    assert [(level, text.split(":")[0]) for level, text in rule.lines] == [
        ("warn", "api.cache is empty"),
        ("warn", "api.cache was not kept"),
    ]


HOSTILE_CACHE = """
exports.onExecuteCredentialsExchange = async () => {
  const record = { value: 'x'.repeat(4096), expires_at: 9e15 };
  const changed = { a: record, b: record, c: record };
  const body = new TextEncoder().encode(JSON.stringify({ t: 'cache-changed', changed, deleted: [] }));
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes.set(body, 4);
  Deno[Deno.internal].core.writeSync(1, bytes);
};
"""


async def test_a_host_that_sends_more_than_a_cache_may_hold_has_nothing_kept(
    sandbox: Sandbox, states: RuleStates
) -> None:
    async with loaded(sandbox, HOSTILE_CACHE) as rule:
        await value_of(rule, states)
        assert rule.lines == [("warn", "api.cache was not kept: the cache is too large")]
    assert await states.cache(OWNER) == {}


async def test_without_a_state_nothing_is_kept(sandbox: Sandbox) -> None:
    state: State = NO_STATE
    async with loaded(sandbox, hook("storage.get((error) => cb(null, { said: error.message }));")) as rule:
        answer = await rule.run(state=state)
        assert isinstance(answer, frames.Returned)
        assert "there is no storage here" in answer.value
