"""Errors that do not want to be looked at fail their own invocation, with words; the host goes on."""

from __future__ import annotations

import pytest

from fixtures.hosts import loaded
from rulemint_runner.hosts.errors import RuleNotLoadedError
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.records import Language

JS, PY = Language.JAVASCRIPT, Language.PYTHON

TRAPS = "{ get() { throw new Error('trap'); }, getPrototypeOf() { throw new Error('trap'); }, ownKeys() { throw 1; } }"
GETTER = "const error = new Error('x'); Object.defineProperty(error, '{name}', {{ get() {{ throw 1; }} }});"
PROPERTIES = ("message", "name", "stack", "cause")

THROWN = [
    *(pytest.param(f"{GETTER.format(name=name)} throw error;", id=name) for name in PROPERTIES),
    pytest.param(f"throw new Proxy({{}}, {TRAPS});", id="a proxy"),
    pytest.param("throw { get message() { throw new Error('no'); } };", id="an object"),
    pytest.param("throw Object.freeze(new Error('frozen'));", id="a frozen one"),
    pytest.param("const a = new Error('a'); a.cause = new Error('b', { cause: a }); throw a;", id="a circle of causes"),
    pytest.param("throw Symbol('s');", id="a symbol"),
    pytest.param("throw undefined;", id="undefined"),
]


@pytest.mark.parametrize("body", THROWN)
async def test_javascript(sandbox: Sandbox, body: str) -> None:
    script = f"module.exports = function (client, scope, audience, context, cb) {{ {body} }};"
    async with loaded(sandbox, script) as rule:
        for _ in range(2):
            answer = await rule.run()
            assert isinstance(answer, frames.Threw), answer
            assert answer.text.startswith("my-rule.js")


@pytest.mark.parametrize("error", ["error", f"new Proxy({{}}, {TRAPS})"], ids=["a getter", "a proxy"])
async def test_a_callback_refuses_by_whatever_it_is_given(sandbox: Sandbox, error: str) -> None:
    script = (
        "module.exports = function (client, scope, audience, context, cb) {"
        f" {GETTER.format(name='message')} cb({error}); }};"
    )
    async with loaded(sandbox, script) as rule:
        for _ in range(2):
            answer = await rule.run()
            assert isinstance(answer, frames.Refused), answer
            assert answer.message == "Unknown error"


@pytest.mark.parametrize("kind", ["function*", "async function*"])
async def test_a_generator_is_told_that_it_was_not_run(sandbox: Sandbox, kind: str) -> None:
    async with loaded(
        sandbox, f"module.exports = {kind} (client, scope, audience, context) {{ yield {{}}; }};"
    ) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.BadReturn)
    assert "the rule is a generator, so nothing of it was run" in answer.why


@pytest.mark.parametrize(
    ("language", "script"),
    [
        pytest.param(
            JS, "module.exports = function* (client, scope, audience, context, cb) { cb(null, {}); };", id="javascript"
        ),
        pytest.param(PY, "def rule(client, scope, audience, context, cb):\n    yield cb(None, {})", id="python"),
        pytest.param(
            PY,
            "async def rule(client, scope, audience, context, *, cb):\n    yield cb(None, {})",
            id="python, asynchronous",
        ),
    ],
)
async def test_a_generator_with_a_callback_is_told_so_too(sandbox: Sandbox, language: Language, script: str) -> None:
    async with loaded(sandbox, script, language) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.BadReturn), answer
    assert "the rule is a generator, so nothing of it was run" in answer.why


async def test_a_class_is_no_rule(sandbox: Sandbox) -> None:
    with pytest.raises(RuleNotLoadedError) as error:
        async with loaded(sandbox, "module.exports = class Rule { run() {} };"):
            pass
    assert "the file exports a class: module.exports must be a function" in error.value.text


PYTHON = [
    pytest.param("def __str__(self): raise RuntimeError('s')", id="no text"),
    pytest.param("def __str__(self): return 5", id="a number for a text"),
    pytest.param("__class__ = property(lambda self: 1 / 0)", id="no class"),
    pytest.param("exceptions = property(lambda self: 1 / 0)", id="a group without its errors"),
    pytest.param("def __str__(self): raise SystemExit(3)", id="an exit for a text"),
    pytest.param("__cause__ = property(lambda self: sys.exit())", id="an exit for a cause"),
    pytest.param("exceptions = property(lambda self: sys.exit())", id="an exit for the errors of a group"),
]


@pytest.mark.parametrize("member", PYTHON)
@pytest.mark.parametrize("base", ["Exception", "ExceptionGroup", "BaseException", "BaseExceptionGroup"])
async def test_python(sandbox: Sandbox, member: str, base: str) -> None:
    given = "'x', [ValueError(1)]" if base.endswith("Group") else "'x'"
    script = (
        f"import sys\nclass Own({base}):\n    {member}\n"
        f"def rule(client, scope, audience, context):\n    raise Own({given})\n"
    )
    async with loaded(sandbox, script, Language.PYTHON) as rule:
        for _ in range(2):
            answer = await rule.run()
            assert isinstance(answer, frames.Threw), answer
            assert "Own" in answer.text


@pytest.mark.parametrize("raised", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "BaseException", "ValueError"])
async def test_a_result_that_ends_its_host_when_it_is_looked_at_fails_alone(sandbox: Sandbox, raised: str) -> None:
    script = (
        f"class Own(dict):\n    def items(self): raise {raised}('no')\n"
        "def rule(client, scope, audience, context):\n    return {'x': Own(a=1)}\n"
    )
    async with loaded(sandbox, script, Language.PYTHON) as rule:
        for _ in range(2):
            answer = await rule.run()
            assert isinstance(answer, frames.BadReturn), answer
