from __future__ import annotations

import asyncio
import json

import pytest
from _pytest.mark import ParameterSet

from fixtures.hosts import SENT, loaded, program_of
from fixtures.processes import is_alive
from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.messages import DenialCode, FailureReason
from rulemint_shared.contract.records import Language

JS, TS, PY = Language.JAVASCRIPT, Language.TYPESCRIPT, Language.PYTHON
IN_PYTHON = "def rule(client, scope, audience, context):\n    "

FORMS = [
    pytest.param(JS, "module.exports = function (c, s, a, x, cb) { cb(null, {scope: s}) }", "auth0", id="function"),
    pytest.param(JS, "module.exports = (c, s, a, x, cb) => cb(null, {scope: s});", "auth0", id="arrow"),
    pytest.param(JS, "module.exports = async (c, s, a, x) => ({scope: s})", "auth0", id="async function that returns"),
    pytest.param(JS, "module.exports = async (c, s, a, x, cb) => { cb(null, {scope: s}) }", "auth0", id="async, cb"),
    pytest.param(JS, "function (c, s, a, x, cb) { cb(null, {scope: s}) }", "auth0", id="bare function expression"),
    pytest.param(JS, "function rule(c, s, a, x, cb) { cb(null, {scope: s}) }", "auth0", id="bare named function"),
    pytest.param(JS, "(c, s, a, x, cb) => { cb(null, {scope: s}) };", "auth0", id="bare arrow"),
    pytest.param(JS, "exports.default = (c, s, a, x, cb) => cb(null, {scope: s})", "auth0", id="exports.default"),
    pytest.param(JS, "module.exports = (ctx, cb) => cb(null, {scope: ctx.body.scope})", "auth0", id="generic webtask"),
    pytest.param(JS, "result = 1; module.exports = (c, s, a, x, cb) => cb(null, {scope: s})", "auth0", id="sloppy"),
    pytest.param(JS, "export default ({scope}) => ({scope})", "own", id="module"),
    pytest.param(JS, "const f = await (async () => 7)();\nexport default async ({scope}) => ({scope})", "own",
                 id="module with await at top level"),
    pytest.param(JS, "export default (c, s, a, x, cb) => cb(null, {scope: s})", "auth0", id="module of five"),
    pytest.param(TS, "enum E { A }\nexport default ({scope}: {scope: string[]}) => ({scope})", "own", id="typescript"),
    pytest.param(TS, "module.exports = (c: unknown, s: string[], a, x, cb: any) => cb(null, {scope: s})", "auth0",
                 id="typescript without a module"),
    pytest.param(TS, "module.exports = (c, s: string[], a, x, cb: any) => { if (s) { cb(null, {scope: s}) } }", "auth0",
                 id="typescript with statements"),
    pytest.param(PY, IN_PYTHON + "return {'scope': scope}", "own", id="python"),
    pytest.param(PY, "async " + IN_PYTHON + "return {'scope': scope}", "own", id="python coroutine"),
    pytest.param(PY, "def rule(client, scope, audience, context, cb):\n    cb(None, {'scope': scope})", "own",
                 id="python with cb"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "script", "form"), FORMS)
async def test_every_form_of_rule_runs_and_says_which_it_is(
    sandbox: Sandbox, language: Language, script: str, form: str
) -> None:
    async with loaded(sandbox, script, language) as rule:
        for _ in range(2):
            answer = await rule.run()
            assert isinstance(answer, frames.Returned), answer
            assert (answer.form, json.loads(answer.value)) == (form, {"scope": ["read"]})
            assert await rule.host.idle()


SEES = [
    pytest.param(JS, "export default (input) => { console.log(JSON.stringify(input)) }", id="javascript"),
    pytest.param(PY, "import json\n" + IN_PYTHON + "print(json.dumps({'client': client, 'scope': scope, "
                 "'audience': audience, 'context': context}))", id="python"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "script"), SEES)
async def test_a_rule_sees_its_inputs_and_secrets(sandbox: Sandbox, language: Language, script: str) -> None:
    async with loaded(sandbox, script, language, {"KEY": "value"}) as rule:
        await rule.run()
    seen = json.loads(rule.lines[0][1])
    webtask = seen["context"].pop("webtask")
    assert seen == {
        "client": {"tenant": "default", "id": "c", "name": "a client", "metadata": {"plan": "gold"}},
        "scope": ["read"],
        "audience": "https://api/",
        "context": {
            "ip": "192.0.2.1",
            "userAgent": "test",
            "body": {"grant_type": "client_credentials"},
            "claims": {},
        },
    }
    assert webtask["id"] == SENT["id"]
    assert webtask["secrets"] == {"KEY": "value"}
    assert webtask["meta"] == {"auth0-extension": "runtime"}
    assert (webtask["headers"], webtask["query"]) == (SENT["headers"], SENT["query"])


REFUSALS = [
    pytest.param(JS, "module.exports = (c, s, a, x, cb) => cb(new Error('no'))", "access_denied", id="cb error"),
    pytest.param(JS, "module.exports = (c, s, a, x, cb) => cb('no')", "access_denied", id="cb text"),
    pytest.param(JS, "module.exports = (c, s, a, x, cb) => cb({message: 'no'})", "access_denied", id="cb object"),
    pytest.param(JS, "module.exports = (c, s, a, x, cb) => cb(new InvalidScopeError('no'))", "invalid_scope",
                 id="invalid scope"),
    pytest.param(JS, "module.exports = (c, s, a, x, cb) => { throw new InvalidRequestError('no') }", "invalid_request",
                 id="thrown invalid request"),
    pytest.param(JS, "export default () => { throw new AccessDenied('no') }", "access_denied", id="module throws"),
    pytest.param(JS, "module.exports = async () => { throw new ServerError('no') }", "server_error", id="rejection"),
    pytest.param(PY, IN_PYTHON + "raise AccessDenied('no')", "access_denied", id="python"),
    pytest.param(PY, "from rulemint import InvalidScope\n" + IN_PYTHON + "raise InvalidScope('no')", "invalid_scope",
                 id="python imports it"),
    pytest.param(PY, "async " + IN_PYTHON + "raise InvalidRequest('no')", "invalid_request", id="python coroutine"),
    pytest.param(PY, "def rule(client, scope, audience, context, cb):\n    cb(Exception('no'))", "access_denied",
                 id="python cb"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "script", "code"), REFUSALS)
async def test_a_rule_says_no_in_its_own_words(sandbox: Sandbox, language: Language, script: str, code: str) -> None:
    async with loaded(sandbox, script, language) as rule:
        answer = await rule.run()
        assert isinstance(answer, frames.Refused), answer
        assert (answer.code, answer.message) == (DenialCode(code), "no")


THROWS = [
    pytest.param(JS, "module.exports = (c) => {\n  null.x\n}", "my-rule.js:2:8: TypeError: ", id="javascript"),
    pytest.param(JS, "export default () => {\n  throw new RangeError('far')\n}", "my-rule.js:2:9: RangeError: far",
                 id="module"),
    pytest.param(TS, "interface A { b: string }\nexport default (x: A) => {\n  throw new Error('typed')\n}",
                 "my-rule.ts:3:9: Error: typed", id="typescript"),
    pytest.param(JS, "module.exports = () => { setTimeout(() => {\n oops() }, 1) }", "my-rule.js:2:2: ReferenceError",
                 id="in a timer"),
    pytest.param(JS, "module.exports = () => { (async () => {\n oops() })() }", "my-rule.js:2:2: ReferenceError",
                 id="in a promise that nobody awaits"),
    pytest.param(JS, "module.exports = () => { throw 'a text' }", "my-rule.js: thrown: a text", id="no error object"),
    pytest.param(PY, IN_PYTHON + "x = 1\n    return x / 0", "my-rule.py:3:12: ZeroDivisionError: ", id="python"),
    pytest.param(PY, IN_PYTHON + "exit(3)", "my-rule.py:2:5: SystemExit: 3", id="python exits"),
    pytest.param(PY, "import sys\n" + IN_PYTHON + "sys.exit(3)", "my-rule.py:3:5: SystemExit: 3", id="python sys.exit"),
    pytest.param(PY, "def rule(client, scope, audience, context, cb):\n    pass",
                 "my-rule.py: RuntimeError: the rule returned without calling its callback", id="python forgets cb"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "script", "text"), THROWS)
async def test_an_error_names_the_rule_s_own_file_and_line(
    sandbox: Sandbox, language: Language, script: str, text: str
) -> None:
    async with loaded(sandbox, script, language) as rule:
        answer = await rule.run()
        assert isinstance(answer, frames.Threw), answer
        assert answer.text.startswith(text), answer.text
        assert await rule.host.idle()
        assert isinstance(await rule.run(), frames.Threw)


NOT_LOADED = [
    pytest.param(JS, "module.exports = function () {\n  const x = ;\n}", "syntax", ":2:13", id="javascript"),
    pytest.param(JS, "export default function () {\n  const x = ;\n}", "syntax", ":2:13", id="module"),
    pytest.param(TS, "export default function (x: ) {}", "syntax", ":1:", id="typescript"),
    pytest.param(JS, "var x = 1;", "syntax", "exports no function", id="no export"),
    pytest.param(JS, "export default 7", "syntax", "exports no function", id="an export that is no function"),
    pytest.param(JS, "\nboom();\nmodule.exports = () => {}", "exception", "my-rule.js:2:1: ReferenceError: boom",
                 id="javascript throws while it is loaded"),
    pytest.param(JS, "require('left-pad')", "exception", "left-pad@1.2.3", id="a package that is not there"),
    pytest.param(PY, "def rule(client\n", "syntax", "my-rule.py:1:", id="python"),
    pytest.param(PY, "x = 1", "syntax", "def rule(client, scope, audience, context)", id="python without a rule"),
    pytest.param(PY, "\n1 / 0", "exception", "my-rule.py:2:1: ZeroDivisionError",
                 id="python raises while it is loaded"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "script", "reason", "text"), NOT_LOADED)
async def test_a_text_that_is_no_rule_says_where_and_why(
    sandbox: Sandbox, language: Language, script: str, reason: str, text: str
) -> None:
    with pytest.raises(RuleNotLoadedError) as refused:
        async with loaded(sandbox, script, language):
            pass
    assert refused.value.reason is FailureReason(reason)
    assert text in refused.value.text


BAD_RETURNS = [
    pytest.param(JS, "export default () => ({n: 10n})", id="javascript bigint"),
    pytest.param(JS, "export default () => { const a = {}; a.a = a; return a }", id="javascript cycle"),
    pytest.param(JS, "export default () => ({a: 'x'.repeat(40000)})", id="javascript too large"),
    pytest.param(JS, "export default () => () => {}", id="javascript function"),
    pytest.param(PY, IN_PYTHON + "return {'a': float('nan')}", id="python nan"),
    pytest.param(PY, IN_PYTHON + "return {'a': object()}", id="python object"),
    pytest.param(PY, IN_PYTHON + "return {'a': '\\ud800'}", id="python lone surrogate"),
    pytest.param(PY, IN_PYTHON + "a = []\n    a.append(a)\n    return {'a': a}", id="python cycle"),
    pytest.param(PY, IN_PYTHON + "return {'a': 'x' * 40000}", id="python too large"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "script"), BAD_RETURNS)
async def test_what_cannot_be_a_result_is_told_from_a_crash(sandbox: Sandbox, language: Language, script: str) -> None:
    async with loaded(sandbox, script, language) as rule:
        assert isinstance(await rule.run(), frames.BadReturn)
        assert await rule.host.idle()


LINES = [
    pytest.param(JS, "export default () => { console.debug('d'); console.log('a', {x: 1}); console.info('b');"
                 " console.warn('c'); console.error('e'); console.table([[1]]) }", id="javascript"),
    pytest.param(PY, "import logging, sys\n" + IN_PYTHON + "print('a', {'x': 1}); logging.info('b')\n"
                 "    logging.warning('c'); print('e', file=sys.stderr); print('open', end='')", id="python"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "script"), LINES)
async def test_everything_that_a_rule_writes_becomes_a_line_of_its_level(
    sandbox: Sandbox, language: Language, script: str
) -> None:
    async with loaded(sandbox, script, language) as rule:
        await rule.run()
    levels = [level for level, _ in rule.lines]
    texts = [text for _, text in rule.lines]
    if language is JS:
        assert levels == ["debug", "info", "info", "warn", "error", "info"]
        assert texts[:2] == ["d", "a { x: 1 }"]
    else:
        assert levels == ["info", "info", "warn", "error", "info"]
        assert texts == ["a {'x': 1}", "b", "c", "e", "open"]


@pytest.mark.parametrize(
    ("language", "script"),
    [
        pytest.param(JS, "export default () => { for (let i = 0; i < 5000; i++) console.log(i) }", id="javascript"),
        pytest.param(PY, IN_PYTHON + "for i in range(5000): print(i)", id="python"),
    ],
)
async def test_every_line_has_arrived_when_the_answer_has(sandbox: Sandbox, language: Language, script: str) -> None:
    async with loaded(sandbox, script, language) as rule:
        await rule.run()
        assert [text for _, text in rule.lines] == [str(number) for number in range(5_000)]


HOSTILE = [
    pytest.param(JS, "export default () => { for (;;) {} }", "timeout", id="javascript loops"),
    pytest.param(JS, "export default () => new Promise((ok) => setTimeout(ok, 1e6))", "timeout", id="javascript waits"),
    pytest.param(PY, IN_PYTHON + "while True: pass", "timeout", id="python loops"),
    pytest.param(JS, "export default () => { Deno[Deno.internal].core.close(1) }", "crashed",
                 id="javascript closes its channel"),
    pytest.param(PY, "import ctypes\n" + IN_PYTHON + "ctypes.CDLL(None)._exit(0)", "crashed", id="python exits"),
    pytest.param(PY, "import ctypes\n" + IN_PYTHON + "ctypes.string_at(0)", "crashed", id="python dies of a signal"),
    pytest.param(JS, "export default () => { const a = []; for (;;) a.push(new Array(1000).fill({})) }",
                 "out_of_memory", id="javascript eats memory"),
    pytest.param(JS, "const { core } = Deno[Deno.internal];\n"
                 "export default () => { core.writeSync(1, new Uint8Array(100).fill(255)); for (;;) {} }",
                 "crashed", id="javascript writes garbage into the channel"),
    pytest.param(JS, "const frame = (o) => { const b = new TextEncoder().encode(JSON.stringify(o)); "
                 "const f = new Uint8Array(4 + b.length); new DataView(f.buffer).setUint32(0, b.length); f.set(b, 4); "
                 "Deno[Deno.internal].core.writeSync(1, f) };\n"
                 "export default () => { frame({t: 'returned', n: 10 ** 6, form: 'own', value: '{}'}); for (;;) {} }",
                 "crashed", id="javascript answers another invocation"),
    pytest.param(PY, "import os\n" + IN_PYTHON + "\n"
                 "    for fd in range(3, 32):\n"
                 "        try: os.write(fd, b'\\xff' * 100)\n"
                 "        except OSError: pass\n"
                 "    while True: pass", "crashed", id="python writes garbage into the channel"),
    pytest.param(PY, "import os\n" + IN_PYTHON + "os.closerange(0, 64)\n    while True: pass", "crashed",
                 id="python hangs up"),
    pytest.param(JS, "export default () => { const s = 'x'.repeat(8000); for (;;) console.log(s) }", "output_flood",
                 id="javascript floods"),
    pytest.param(PY, IN_PYTHON + "while True: print('x' * 8000)", "output_flood", id="python floods"),
]  # fmt: skip


@pytest.mark.parametrize("cases", [FORMS, SEES, REFUSALS, THROWS, NOT_LOADED, BAD_RETURNS, LINES, HOSTILE])
def test_the_program_of_every_language_has_cases(cases: list[ParameterSet]) -> None:
    tried = {program_of(language) for language in Language if language in {case.values[0] for case in cases}}
    assert tried == {program_of(language) for language in Language}


@pytest.mark.parametrize(("language", "script", "reason"), HOSTILE)
async def test_a_hostile_rule_ends_its_own_host(sandbox: Sandbox, language: Language, script: str, reason: str) -> None:
    async with loaded(sandbox, script, language) as rule:
        with pytest.raises(HostEndedError) as ended:
            await rule.run(timeout_s=0.5 if reason == "timeout" else 20)
        assert ended.value.reason is FailureReason(reason), ended.value
        assert not rule.host.usable
        async with asyncio.timeout(5):
            await rule.host.ended.wait()
        assert not is_alive(rule.host.pid)


async def test_a_python_rule_that_eats_memory_hears_of_it_and_the_host_goes_on(sandbox: Sandbox) -> None:
    async with loaded(sandbox, IN_PYTHON + "return 'x' * (1 << 40)", PY) as rule:
        answer = await rule.run()
        assert isinstance(answer, frames.Threw)
        assert answer.out_of_memory


async def test_a_second_callback_is_a_warning_and_the_first_counts(sandbox: Sandbox) -> None:
    script = "module.exports = (c, s, a, x, cb) => { cb(null, {scope: ['first']}); cb(null, {scope: ['second']}) }"
    async with loaded(sandbox, script) as rule:
        assert json.loads(await rule.value()) == {"scope": ["first"]}
        assert [level for level, _ in rule.lines] == ["warn"]


async def test_timers_end_with_their_invocation(sandbox: Sandbox) -> None:
    script = """
    let runs = 0;
    export default async () => {
      runs += 1;
      if (runs === 1) setInterval(() => console.log('left behind'), 1);
      else await new Promise((resolve) => setTimeout(resolve, 50));
      return {};
    };"""
    async with loaded(sandbox, script) as rule:
        await rule.run()
        assert await rule.host.idle()
        await rule.run()
        assert rule.lines == []


@pytest.mark.parametrize(
    ("language", "script"),
    [
        pytest.param(JS, "let n = 0;\nexport default () => ({n: ++n})", id="javascript"),
        pytest.param(PY, "n = 0\ndef rule(client, scope, audience, context):\n    global n\n    n += 1\n"
                     "    return {'n': n}", id="python"),
    ],
)  # fmt: skip
async def test_module_scope_lives_as_long_as_the_host(sandbox: Sandbox, language: Language, script: str) -> None:
    async with loaded(sandbox, script, language) as rule:
        values = []
        for _ in range(3):
            values.append(json.loads(await rule.value())["n"])
            assert await rule.host.idle()
    assert values == [1, 2, 3]


async def test_node_s_own_modules_can_be_required(sandbox: Sandbox) -> None:
    script = """
    const crypto = require('crypto');
    module.exports = (c, s, a, x, cb) =>
      cb(null, {scope: [crypto.createHash('sha256').update('a').digest('hex')]});"""
    async with loaded(sandbox, script) as rule:
        assert json.loads(await rule.value())["scope"][0].startswith("ca978112ca1b")


async def test_a_rule_that_goes_on_after_its_answer_loses_its_host(sandbox: Sandbox) -> None:
    script = "module.exports = (c, s, a, x, cb) => { cb(null, {}); for (;;) {} }"
    async with loaded(sandbox, script) as rule:
        with pytest.raises(HostEndedError) as ended:
            await rule.run(timeout_s=1)
        assert ended.value.reason is FailureReason.TIMEOUT
