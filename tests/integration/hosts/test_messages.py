"""What a JavaScript rule's author reads when something goes wrong: in the rule's own terms, with what caused it."""

from __future__ import annotations

import json

import pytest

from fixtures.hosts import load_frame, loaded, program_of
from rulemint_runner.hosts.errors import RuleNotLoadedError
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language
from rulemint_shared.deadline import Deadline

JS, TS, PY = Language.JAVASCRIPT, Language.TYPESCRIPT, Language.PYTHON
HOOK = "module.exports = async (client, scope, audience, context) => {"
ACTION = "export const onExecuteCredentialsExchange = async (event, api) => {"

THROWN = [
    pytest.param("throw { status: 404, message: 'no plan' };", ['{"message":"no plan","status":404}'], id="an object"),
    pytest.param("throw null;", ["thrown: null"], id="nothing"),
    pytest.param(
        "throw new Error('outer', { cause: new TypeError('inner', { cause: 'a text' }) });",
        ["2:7: Error: outer", "caused by: TypeError: inner", "caused by: a text"],
        id="causes",
    ),
    pytest.param(
        "throw new AggregateError([new Error('first'), { why: 'second' }], 'both');",
        ["AggregateError: both", "one of them: Error: first", 'one of them: {"why":"second"}'],
        id="several at once",
    ),
    pytest.param(
        "const error = new Error('round'); error.cause = error; throw error;",
        ["caused by: Error: round"],
        id="its own cause",
    ),
    pytest.param("const a = { n: 1 }; a.a = a; throw a;", ["thrown:", "n: 1", "Circular"], id="a circle"),
    pytest.param("throw { count: 10n };", ["count: 10n"], id="an object that is no JSON"),
    pytest.param("throw { get broken() { throw new Error('no'); }, a: 1 };", ["a: 1"], id="a getter that throws"),
    pytest.param("throw new Map([['plan', 'gold']]);", ["plan", "gold"], id="a map"),
    pytest.param("WebAssembly.instantiate();", ["WebAssembly is not defined: a rule's sandbox"], id="machine code"),
    pytest.param("throw Object.assign(Object.create(null), { a: 1 });", ['thrown: {"a":1}'], id="without a prototype"),
    pytest.param(
        "function Quota(message) { this.message = message; } Quota.prototype.__proto__ = Error.prototype;"
        " throw new Quota('exceeded');",
        ["Error: exceeded"],
        id="an error as it was made long ago",
    ),
]


async def thrown(sandbox: Sandbox, script: str, language: Language = JS) -> str:
    async with loaded(sandbox, script, language) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.Threw), answer
    return answer.text


@pytest.mark.parametrize(("body", "said"), THROWN)
async def test_whatever_is_thrown_is_shown_with_its_causes(sandbox: Sandbox, body: str, said: list[str]) -> None:
    text = await thrown(sandbox, f"{HOOK}\n{body}\n}};")
    for part in said:
        assert part in text


LINES = [
    pytest.param("console.error(error)", id="error"),
    pytest.param("console.log('it was', error)", id="among others"),
    pytest.param("console.log({ error })", id="in an object"),
    pytest.param("console.log(error.stack)", id="its stack"),
    pytest.param("console.trace('here')", id="trace"),
    pytest.param("process.stderr.write(error.stack)", id="a stream"),
    pytest.param("new Promise((_, no) => no(error))", id="a rejection that nobody catches"),
]
HEADS = [
    pytest.param(HOOK, JS, id="CommonJS"),
    pytest.param(ACTION, JS, id="module"),
    pytest.param(ACTION.replace("event, api", "event: any, api: any"), TS, id="TypeScript module"),
    pytest.param(HOOK.replace("client,", "client: any,"), TS, id="TypeScript in CommonJS"),
]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(("head", "language"), HEADS)
async def test_every_line_names_the_place_in_the_rule_and_nothing_of_the_host(
    sandbox: Sandbox, head: str, language: Language, line: str
) -> None:
    script = f"{head}\n  const error = new Error('boom');\n  {line};\n  await 0;\n}};"
    async with loaded(sandbox, script, language) as rule:
        answer = await rule.run()
    said = "\n".join([*(text for _, text in rule.lines), answer.text if isinstance(answer, frames.Threw) else ""])
    suffix = {JS: "js", TS: "ts"}[language]
    assert f"my-rule.{suffix}:2:17" in said or f"my-rule.{suffix}:3:" in said
    for foreign in ("data:", "file:///", "host_programs", "<anonymous>:", "--allow"):
        assert foreign not in said


async def test_the_first_line_of_a_text_has_its_own_columns(sandbox: Sandbox) -> None:
    assert (await thrown(sandbox, "module.exports = async (c, s, a, x) => { null.y; };")).startswith(
        "my-rule.js:1:47: "
    )


async def test_an_enum_in_commonjs_works_and_lines_stay_the_author_s(sandbox: Sandbox) -> None:
    script = """
enum Plan { Gold = 'gold' }
exports.onExecuteCredentialsExchange = async (event: any, api: any) => {
  api.accessToken.setCustomClaim('plan', Plan.Gold);
  throw new Error('here');
};"""
    assert (await thrown(sandbox, script, TS)).startswith("my-rule.ts:5:9: Error: here")


NOT_LOADED = [
    pytest.param(JS, "const helpers = require('./helpers');", "a rule is one file; bundle yours", id="require"),
    pytest.param(JS, "import helpers from './helpers.js';", "a rule is one file; bundle yours", id="import"),
    pytest.param(JS, "require('file:///helpers.js');", "a rule is one file; bundle yours", id="require of a file"),
    pytest.param(
        JS, "import x from 'https://esm.example/x';", "loads no code from an address", id="import of an address"
    ),
    pytest.param(JS, "await import('jsr:@a/b');", "loads no code from an address", id="later import of an address"),
    pytest.param(TS, "exports.x = (a: ) => 1;", "my-rule.ts:1:17", id="types that do not parse"),
    pytest.param(
        JS, "function f(user, context, callback) { callback(null, user, context); }", "login pipeline", id="login"
    ),
    pytest.param(JS, "module.exports = (user, ctx, cb) => cb()", "login pipeline", id="login, exported"),
    pytest.param(
        JS, "function (profile, ctx, done) { done(null, profile); }", "login pipeline", id="login, named freely"
    ),
    pytest.param(
        JS, "exports.onExecutePostLogin = async () => {};", "another trigger, onExecutePostLogin", id="trigger"
    ),
    pytest.param(JS, "export const onExecuteSendPhoneMessage = () => {};", "another trigger", id="trigger in a module"),
    pytest.param(JS, "function login(email, password, callback) {}", "custom database", id="database"),
    pytest.param(JS, "module.exports = (recipient, text, context, cb) => cb()", "sends a message", id="message"),
]


@pytest.mark.parametrize(("language", "script", "said"), NOT_LOADED)
async def test_a_text_that_cannot_be_a_rule_is_told_what_it_is(
    sandbox: Sandbox, language: Language, script: str, said: str
) -> None:
    host = await start_host(sandbox, program_of(language))
    with pytest.raises(RuleNotLoadedError) as refused:
        await host.load(load_frame(script, language), Deadline.after(10), lambda _line: None)
    assert said in refused.value.text
    assert "data:" not in refused.value.text


MODULES = [
    "function a({client}){return{id:client.id}}export{a as default}",
    "const z=1;export default({client})=>({id:client.id});",
    "/* eslint-disable */ var a=({client})=>({id:client.id});export{a as default};",
    "import{createHash as h}from'node:crypto';h('md5');export default({client})=>({id:client.id})",
    "const me = import.meta.url; const id = ({client}) => ({id: client.id, me: typeof me}); export { id as default };",
]


@pytest.mark.parametrize("script", MODULES)
async def test_a_module_is_recognised_by_its_grammar(sandbox: Sandbox, script: str) -> None:
    async with loaded(sandbox, script) as rule:
        assert json.loads(await rule.value())["id"] == "c"


STALLED = [
    pytest.param("module.exports = (client, scope, audience, context, cb) => {};", id="no callback"),
    pytest.param("module.exports = async () => new Promise(() => {});", id="a promise of nothing"),
    pytest.param("exports.onExecuteCredentialsExchange = () => new Promise(() => {});", id="an action"),
    pytest.param("export default async () => { await new Promise(() => {}); };", id="a module"),
    pytest.param("module.exports = (c, s, a, x, cb) => { setTimeout(() => {}, 20); };", id="after a timer"),
    pytest.param("module.exports = (c, s, a, x, cb) => { fetch('https://a.b').catch(() => {}); };", id="after a call"),
]


@pytest.mark.parametrize("script", STALLED)
async def test_a_rule_that_waits_for_nothing_is_answered_at_once_and_its_host_goes_on(
    sandbox: Sandbox, script: str
) -> None:
    async with loaded(sandbox, script) as rule:
        for _ in range(2):
            answer = await rule.run(timeout_s=30)
            assert isinstance(answer, frames.Threw)
            assert "nothing is left that it could wait for" in answer.text


WAITING = [
    "setTimeout(() => cb(null, { done: true }), 30).unref()",
    "setTimeout(() => cb(null, { done: true }), 30)",
    "require('crypto').pbkdf2('a', 'b', 1000, 32, 'sha256', () => cb(null, { done: true }))",
    "crypto.subtle.digest('SHA-256', new Uint8Array(9)).then(() => cb(null, { done: true }))",
    "setImmediate(() => process.nextTick(() => cb(null, { done: true })))",
    "require('zlib').gzip('text', () => cb(null, { done: true }))",
    "AbortSignal.timeout(30).addEventListener('abort', () => cb(null, { done: true }))",
    "fetch('https://a.b').catch(() => cb(null, { done: true }))",
]


@pytest.mark.parametrize("wait", WAITING)
async def test_a_rule_that_waits_for_anything_is_left_alone(sandbox: Sandbox, wait: str) -> None:
    async with loaded(sandbox, f"module.exports = (client, scope, audience, context, cb) => {{ {wait}; }};") as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.Returned), answer
    assert json.loads(answer.value) == {"done": True}


async def test_half_a_surrogate_pair_is_mended_and_its_claim_named(sandbox: Sandbox) -> None:
    script = "export default () => ({ whole: '🚀', 'cut off': ['🚀'.slice(0, 1)], text: '\\\\ud83d' });"
    async with loaded(sandbox, script) as rule:
        assert json.loads(await rule.value()) == {"whole": "🚀", "cut off": ["\ufffd"], "text": "\\ud83d"}
    ((level, line),) = rule.lines
    assert level == "warn"
    assert line.startswith("the claim cut off has half a surrogate pair")


async def test_a_module_that_never_loads_is_ended_at_its_limit(sandbox: Sandbox) -> None:
    host = await start_host(sandbox, program_of(JS))
    frame = load_frame("await new Promise(() => {});\nexport default () => {};", JS)
    with pytest.raises(Exception, match="timeout") as ended:
        await host.load(frame, Deadline.after(0.3), lambda _line: None)
    assert getattr(ended.value, "reason", None) is FailureReason.TIMEOUT


NO_JSON = [
    pytest.param(JS, HOOK + "return { scope, a: 1, big: 10n }; };", "the claim big does not serialise", id="a BigInt"),
    pytest.param(
        JS, HOOK + "return { scope, get bad() { throw Error('no') } }; };", "the claim bad does not", id="a getter"
    ),
    pytest.param(
        JS, HOOK + "const a = {}; a.a = a; return { scope, a }; };", "the claim a does not serialise: Converting",
        id="a circle",
    ),
    pytest.param(
        JS, ACTION + "api.accessToken.setCustomClaim('big', 1n); };", "the claim big does not serialise",
        id="an action's",
    ),
    pytest.param(PY, "import datetime\nrule = lambda *_: {'a': 1, 'at': datetime.date(2026, 1, 1)}",
                 "the claim 'at' does", id="python's date"),
    pytest.param(PY, "rule = lambda *_: {'n': float('nan')}", "the claim 'n' does not serialise", id="python's NaN"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "script", "why"), NO_JSON)
async def test_a_claim_that_is_no_json_is_named(sandbox: Sandbox, language: Language, script: str, why: str) -> None:
    async with loaded(sandbox, script, language) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.BadReturn), answer
    assert why in answer.why


@pytest.mark.parametrize(
    ("module", "package"),
    [
        pytest.param("yaml", "add pyyaml, the package that has it, to", id="another name"),
        pytest.param("google.auth.transport", "add google-auth, the package that has it, to", id="a module of it"),
        pytest.param("google.cloud.storage", "add google-cloud-storage, the package that", id="a service of Google's"),
        pytest.param("frobnicate.part", "add the package that has it to", id="one that nobody knows"),
    ],
)
async def test_a_missing_package_is_named_as_one_installs_it(sandbox: Sandbox, module: str, package: str) -> None:
    script = f"def rule(*_):\n    import {module}"
    assert package in await thrown(sandbox, script, PY)
