"""Values of a rule that JSON cannot carry: its author is told which, and what helps; nothing vanishes silently."""

from __future__ import annotations

import pytest

from fixtures.hosts import loaded
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.records import Language

PY = Language.PYTHON
CLAIM = "https://a/x"

LOST = [
    pytest.param("NaN", "null", "is NaN: the token has null"),
    pytest.param("-Infinity", "null", "is -Infinity: the token has null"),
    pytest.param("new Number(NaN)", "null", "is NaN: the token has null"),
    pytest.param("new Date('no date')", "null", "is an invalid date: the token has null"),
    pytest.param("[1, undefined]", "[1,null]", "[1] is undefined: the token has null in its place"),
    pytest.param("[1, , 2]", "[1,null,2]", "[1] is undefined"),
    pytest.param("[() => 1]", "[null]", "[0] is a function"),
    pytest.param("{ a: () => 1 }", "{}", ".a is a function: the token has nothing of it"),
    pytest.param("{ a: [{ b: NaN }] }", '{"a":[{"b":null}]}', ".a[0].b is NaN"),
    pytest.param("new Map([[1, 2]])", "{}", "is a Map: the token has {}; use Object.fromEntries(map)"),
    pytest.param("new Set([1])", "{}", "is a Set: the token has {}; use [...set]"),
    pytest.param("Promise.resolve(1)", "{}", "is a Promise: the token has {}; await it"),
    pytest.param("new Error('x')", "{}", "is an Error: the token has {}; use its message"),
    pytest.param("/a/", "{}", "is a RegExp"),
    pytest.param("new Headers()", "{}", "is a Headers: the token has {}; use Object.fromEntries(headers)"),
    pytest.param("[1].values()", "{}", "the token has {}; use [...it]"),
    pytest.param("new Uint8Array([7])", '{"0":7}', "is an Uint8Array: the token has an object of numbers"),
    pytest.param("new (class Plan { a = 1; get b() { return 2; } })()", '{"a":1}', "is a Plan: the token has no b"),
]
KEPT = [
    "{ a: undefined, b: 1 }",
    "new Date(0)",
    "new URL('https://b/')",
    "new String('text')",
    "new (class Plan { a = 1; name() {} })()",
    "Object.assign(Object.create(null), { a: 1 })",
    "{ toJSON: () => 'text' }",
    "require('vm').runInNewContext('({})')",
]


@pytest.mark.parametrize(("value", "becomes", "said"), LOST)
async def test_what_json_loses_is_a_warning_that_names_the_claim(
    sandbox: Sandbox, value: str, becomes: str, said: str
) -> None:
    script = f"module.exports = async () => ({{ '{CLAIM}': {value} }});"
    async with loaded(sandbox, script) as rule:
        assert await rule.value() == f'{{"{CLAIM}":{becomes}}}'
    [(level, text)] = rule.lines
    assert level == "warn"
    assert text.startswith(f"the claim {CLAIM}")
    assert said in text


@pytest.mark.parametrize("value", ["() => 1", "Symbol('a')"])
async def test_a_claim_that_is_left_out_is_a_warning(sandbox: Sandbox, value: str) -> None:
    async with loaded(sandbox, f"module.exports = async () => ({{ '{CLAIM}': {value} }});") as rule:
        assert await rule.value() == "{}"
    assert [level for level, _ in rule.lines] == ["warn"]
    assert "the token has nothing of it" in rule.lines[0][1]


@pytest.mark.parametrize("value", KEPT)
async def test_what_json_carries_is_no_warning(sandbox: Sandbox, value: str) -> None:
    async with loaded(sandbox, f"module.exports = async () => ({{ '{CLAIM}': {value}, absent: undefined }});") as rule:
        await rule.value()
    assert rule.lines == []


async def test_the_parts_of_an_action_and_of_a_result_are_named(sandbox: Sandbox) -> None:
    action = "exports.onExecuteCredentialsExchange = (e, api) => { api.accessToken.setCustomClaim('r', new Set()); };"
    first = "module.exports = async (event, context) => ({ customClaims: { m: new Map() } });"
    rule_of_five = "module.exports = (a, b, c, d, cb) => cb(null, { scope: new Set(['a']) });"
    for script, said in ((action, "the claim r is a Set"), (first, "the claim m is a Map"), (rule_of_five, "scope is")):
        async with loaded(sandbox, script) as rule:
            await rule.value()
        [(_, text)] = rule.lines
        assert text.startswith(said)


async def test_many_losses_are_a_few_lines_and_a_count(sandbox: Sandbox) -> None:
    async with loaded(sandbox, "module.exports = async () => ({ a: Array(50).fill(NaN) });") as rule:
        await rule.value()
    assert [text for _, text in rule.lines][-1] == "45 more values are not in the token as the rule has them"


BROKEN = [
    pytest.param("cb(null, { a: { b: [1n] } })", "the claim a.b[0] does not serialise: it is a BigInt; use String("),
    pytest.param("const a = {}; a.a = a; cb(null, { a })", "the claim a does not serialise: Converting circular"),
    pytest.param("cb(null, { a: { toJSON() { throw new Error('no'); } } })", "the claim a does not serialise: no"),
    pytest.param("cb(null, Promise.resolve({}))", "the result is a promise: await it"),
]


@pytest.mark.parametrize(("body", "said"), BROKEN)
async def test_what_is_no_json_at_all_fails_by_its_name(sandbox: Sandbox, body: str, said: str) -> None:
    async with loaded(sandbox, f"module.exports = (client, scope, audience, context, cb) => {{ {body}; }};") as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.BadReturn)
    assert said in answer.why


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{ a: [NaN] }", "context.webtask.storage: the document.a[0] is NaN: the document has null"),
        ("{ a: 1n }", "context.webtask.storage: the document.a does not serialise: it is a BigInt"),
    ],
)
async def test_a_document_that_json_does_not_carry_is_named(sandbox: Sandbox, value: str, said: str) -> None:
    body = (
        f"context.webtask.storage.set({value}, {{ force: true }}, (e) => {{ console.log(e.message); cb(null, {{}}); }})"
    )
    async with loaded(sandbox, f"module.exports = (client, scope, audience, context, cb) => {{ {body} }};") as rule:
        await rule.value()
    assert said in rule.lines[0][1]


async def test_a_cache_that_keeps_nothing_says_so(sandbox: Sandbox) -> None:
    script = "exports.onExecuteCredentialsExchange = async (event, api) => { api.cache.set('k', { a: 1 }); };"
    async with loaded(sandbox, script) as rule:
        await rule.value()
    assert rule.lines == [
        ("warn", "api.cache.set kept nothing: the value is no text; use JSON.stringify and JSON.parse")
    ]


PYTHON_IMPORTS = """
import dataclasses, datetime, decimal, enum, uuid

@dataclasses.dataclass
class Plan:
    name: str = "gold"

class Colour(enum.Enum):
    RED = 1

class Broken(dict):
    def items(self):
        raise RuntimeError("no items")

def circle():
    made = {}
    made["a"] = made
    return made
"""
PYTHON_BROKEN = [
    ("[{'a': float('nan')}]", "the claim 'x'[0]['a'] does not serialise: it is nan"),
    ("float('inf')", "the claim 'x' does not serialise: it is inf"),
    ("{1}", "the claim 'x' does not serialise: it is a set; use sorted(it)"),
    ("datetime.datetime(2026, 1, 1)", "does not serialise: it is a datetime; use its isoformat()"),
    ("decimal.Decimal(1)", "does not serialise: it is a Decimal; use str(it)"),
    ("b'a'", "does not serialise: it is a bytes; use its decode()"),
    ("Plan()", "does not serialise: it is a Plan; use dataclasses.asdict(it)"),
    ("Colour.RED", "does not serialise: it is a Colour; use its value"),
    ("uuid.UUID(int=1)", "does not serialise: it is a UUID; use str(it)"),
    ("range(3)", "does not serialise: it is a range; use list(it)"),
    ("lambda: 1", "does not serialise: it is a function; call it"),
    ("circle()", "it has itself in it"),
    ("{(1, 2): 1}", "it has a name that is a tuple"),
    ("{1: 1, '1': 2}", "has the names 1 and '1', which are one in JSON"),
    ("10 ** 30", "the claim 'x' does not serialise: it is a whole number beyond 64 bit"),
    ("10 ** 5000", "the claim 'x' does not serialise: it is a whole number beyond 64 bit"),
    ("'\\ud800'", "the claim 'x' has half of a surrogate pair"),
    ("Broken(a=1)", "the result does not serialise: no items"),
]


@pytest.mark.parametrize(("value", "said"), PYTHON_BROKEN)
async def test_a_value_of_python_that_is_no_json_fails_by_its_name(sandbox: Sandbox, value: str, said: str) -> None:
    script = f"{PYTHON_IMPORTS}\ndef rule(client, scope, audience, context):\n    return {{'x': {value}}}\n"
    async with loaded(sandbox, script, PY) as rule:
        answer = await rule.run()
        assert isinstance(answer, frames.BadReturn), answer
        assert said in answer.why
        assert isinstance(await rule.run(), frames.BadReturn)


@pytest.mark.parametrize(("name", "becomes"), [("1", "1"), ("None", "null"), ("True", "true")])
async def test_a_name_that_is_no_text_is_a_warning(sandbox: Sandbox, name: str, becomes: str) -> None:
    script = f"def rule(client, scope, audience, context):\n    return {{'x': {{{name}: 0}}}}\n"
    async with loaded(sandbox, script, PY) as rule:
        assert await rule.value() == f'{{"x": {{"{becomes}": 0}}}}'
    assert rule.lines == [
        ("warn", f"the claim 'x' has the name {name}, which is no text: it is '{becomes}' in JSON; use str(it)")
    ]
