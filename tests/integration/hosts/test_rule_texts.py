"""From a rule's text to a loaded rule, and from what it does to where its author finds it."""

from __future__ import annotations

import json

import pytest

from fixtures.hosts import Loaded, load_frame, loaded, program_of
from fixtures.processes import is_alive
from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language
from rulemint_shared.deadline import Deadline

JS, TS, PY = Language.JAVASCRIPT, Language.TYPESCRIPT, Language.PYTHON
IN_PYTHON = "def rule(client, scope, audience, context):\n    "
LONG = f"// {'a comment ' * 2_000}\n"

NOT_LOADED = [
    pytest.param(JS, "", "syntax", "my-rule.js: SyntaxError: the file exports no function", id="javascript empty"),
    pytest.param(
        JS,
        "exports.onSomething = (event, api) => {}",
        "syntax",
        "my-rule.js: SyntaxError: the file exports no function: module.exports must be one, it is object",
        id="javascript exports another name",
    ),
    pytest.param(
        TS, "export const rule = 1", "syntax", "my-rule.ts: SyntaxError: the file exports no function", id="module"
    ),
    pytest.param(
        JS,
        "module.exports = () => { ( };",
        "syntax",
        "my-rule.js:1:28: SyntaxError: Expression expected\n"
        "  |\n1 | module.exports = () => { ( };\n  |                            ~\n",
        id="javascript does not parse in its first line",
    ),
    pytest.param(JS, LONG + "export default (((", "syntax", "my-rule.js:2:", id="long module does not parse"),
    pytest.param(
        JS,
        "module.exports = (client, scope\n",
        "syntax",
        "my-rule.js:1:32: SyntaxError: Expected ',', got the end of the file\n"
        "  |\n1 | module.exports = (client, scope\n  |                                ~",
        id="javascript ends too early in its only line",
    ),
    pytest.param(
        JS,
        "return function (client, cb) {\n  cb();\n",
        "syntax",
        "my-rule.js:2:8: SyntaxError: Expected '}', got the end of the file",
        id="javascript that returns ends too early",
    ),
    pytest.param(
        JS,
        "module.exports = () => { return 1 }}\n\n",
        "syntax",
        "my-rule.js:1:36: SyntaxError: Expression expected",
        id="javascript with a brace too many",
    ),
    pytest.param(
        JS, "var x = 'abc\n", "syntax", "my-rule.js:1:9: SyntaxError: Unterminated", id="text without its end"
    ),
    pytest.param(
        JS,
        "export default async () => {\n",
        "syntax",
        "my-rule.js:1:29: SyntaxError: Expected '}', got the end of the file",
        id="module ends too early",
    ),
    pytest.param(
        JS, "export default async () => {\n  yield\n}", "syntax", "my-rule.js:2:3: SyntaxError", id="only V8 objects"
    ),
    pytest.param(
        TS,
        "export default async () => {\n",
        "syntax",
        "my-rule.ts:1:29: SyntaxError: Expected '}', got the end of the file",
        id="typescript ends too early",
    ),
    pytest.param(
        TS, "module.exports = (a: string", "syntax", "my-rule.ts:1:28: SyntaxError: ", id="typescript in CommonJS ends"
    ),
    pytest.param(
        JS, "export default JSON.parse('{')", "exception", "my-rule.js:1:", id="a module that throws SyntaxError itself"
    ),
    pytest.param(TS, "module.exports = (client: ) => 1", "syntax", "my-rule.ts", id="typescript without a module"),
    pytest.param(JS, LONG + "export default null.x", "exception", "my-rule.js:2:", id="long module throws"),
    pytest.param(
        TS,
        LONG + "interface A {}\nnull.x;\nexport default 1 as A",
        "exception",
        "my-rule.ts:3:",
        id="long typescript throws",
    ),
    pytest.param(PY, "x = '\0'", "syntax", "my-rule.py: ", id="python with a NUL"),
    pytest.param(PY, "rule = 7", "syntax", "my-rule.py: define a function", id="python rule that is no function"),
    pytest.param(PY, "import nothing", "exception", "my-rule.py:1:1: ModuleNotFoundError", id="python imports nothing"),
    pytest.param(PY, "raise SystemExit(3)", "exception", "my-rule.py:1:1: SystemExit: 3", id="python exits politely"),
]


@pytest.mark.parametrize(("language", "script", "reason", "begins"), NOT_LOADED)
async def test_a_text_that_is_no_rule_names_its_file_and_line(
    sandbox: Sandbox, language: Language, script: str, reason: str, begins: str
) -> None:
    with pytest.raises(RuleNotLoadedError) as refused:
        async with loaded(sandbox, script, language):
            pass
    assert refused.value.reason is FailureReason(reason)
    assert refused.value.text.startswith(begins)


THROWS = [
    pytest.param(
        JS, LONG + "export default async () => {\n  throw new Error('boom');\n}", "my-rule.js:3:", id="module"
    ),
    pytest.param(
        TS, LONG + "interface A {}\nexport default async (a: A) => { null.x }", "my-rule.ts:3:", id="typescript"
    ),
    pytest.param(JS, LONG + "module.exports = () => {\n  null.x\n}", "my-rule.js:3:", id="javascript"),
    pytest.param(PY, f"# {LONG}" + IN_PYTHON + "return 1 / 0", "my-rule.py:3:", id="python"),
]


@pytest.mark.parametrize(("language", "script", "begins"), THROWS)
async def test_an_error_names_the_line_however_long_the_text_is(
    sandbox: Sandbox, language: Language, script: str, begins: str
) -> None:
    async with loaded(sandbox, script, language) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.Threw), answer
    assert answer.text.startswith(begins)
    assert "base64" not in answer.text


@pytest.mark.parametrize(
    ("language", "script", "begins"),
    [
        pytest.param(JS, "module.exports = (client) => null.x", "my-rule.js:1:35: TypeError", id="a module.exports"),
        pytest.param(JS, "(client, scope, audience, context, cb) => null.x", "my-rule.js:1:48: ", id="an expression"),
        pytest.param(JS, "export default (client) => null.x", "my-rule.js:1:33: TypeError", id="a module"),
        pytest.param(TS, "module.exports = (client: any) => (null as any).x", "my-rule.ts:1:49: ", id="typescript"),
        pytest.param(PY, "rule = lambda *given: None.x", "my-rule.py:1:23: AttributeError", id="python"),
    ],
)
async def test_an_error_in_the_first_line_names_the_column_of_the_file(
    sandbox: Sandbox, language: Language, script: str, begins: str
) -> None:
    """A rule is evaluated within a function, whose beginning stands in the same line."""
    async with loaded(sandbox, script, language) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.Threw)
    assert answer.text.startswith(begins)


async def test_a_stack_names_every_step_within_the_rule(sandbox: Sandbox) -> None:
    script = LONG + "const inner = () => { throw new Error('boom') };\nexport default () => inner();"
    async with loaded(sandbox, script) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.Threw), answer
    first, *stack = answer.text.splitlines()
    assert first == "my-rule.js:2:29: Error: boom"
    assert [line.strip() for line in stack] == [
        "at inner (my-rule.js:2:29)",
        "at default (my-rule.js:3:22)",
    ]


ENDS_WHILE_LOADED = [
    pytest.param(JS, "for (;;) {}", "timeout", id="javascript loops"),
    pytest.param(JS, "await new Promise(() => {});\nexport default 1", "timeout", id="module waits for ever"),
    pytest.param(
        JS,
        "Deno[Deno.internal].core.close(1)",
        "crashed",
        id="javascript breaks its channel",
    ),
    pytest.param(PY, "import os\n__import__('ctypes').CDLL(None)._exit(0)", "crashed", id="python exits"),
    pytest.param(JS, "const a = []; for (;;) a.push(new Array(1000).fill({}))", "out_of_memory", id="javascript eats"),
]


@pytest.mark.parametrize(("language", "script", "reason"), ENDS_WHILE_LOADED)
async def test_a_text_that_ends_its_host_while_it_is_loaded_says_how(
    sandbox: Sandbox, language: Language, script: str, reason: str
) -> None:
    host = await start_host(sandbox, program_of(language))
    deadline = Deadline.after(3 if reason == "timeout" else 20)
    with pytest.raises(HostEndedError) as ended:
        await host.load(load_frame(script, language), deadline, Loaded(host).write)
    assert ended.value.reason is FailureReason(reason)
    await host.ended.wait()
    assert not is_alive(host.pid)


SAYS = [
    pytest.param(JS, "console.log('hello');\nmodule.exports = () => {}", id="javascript"),
    pytest.param(TS, "console.log('hello');\nexport default () => {}", id="module"),
    pytest.param(PY, "print('hello')\n" + IN_PYTHON + "pass", id="python"),
]


@pytest.mark.parametrize(("language", "script"), SAYS)
async def test_what_a_text_writes_while_it_is_loaded_is_heard_once(
    sandbox: Sandbox, language: Language, script: str
) -> None:
    async with loaded(sandbox, script, language) as rule:
        assert rule.lines == [("info", "hello")]


async def test_a_name_that_was_never_declared_may_be_assigned_to_while_the_rule_runs(sandbox: Sandbox) -> None:
    script = "module.exports = (c, s, a, x, cb) => { undeclared = 7; cb(null, { undeclared: undeclared }) }"
    async with loaded(sandbox, script) as rule:
        assert json.loads(await rule.value()) == {"undeclared": 7}


async def test_a_package_that_node_does_not_bring_is_named_with_the_line_that_wants_it(sandbox: Sandbox) -> None:
    with pytest.raises(RuleNotLoadedError) as refused:
        async with loaded(sandbox, "\nconst pad = require('left-pad');\nmodule.exports = () => pad"):
            pass
    first_line = refused.value.text.splitlines()[0]
    assert first_line.startswith("my-rule.js:2:13: Error: ")
    assert """require("left-pad"): add it to the rule's dependencies""" in first_line


async def test_an_error_that_cannot_be_looked_at_is_told_without_its_stack(sandbox: Sandbox) -> None:
    """Python reads files to describe a stack; a rule may have used up its descriptors."""
    script = "import os\n\ndef rule(client, scope, audience, context):\n    while True:\n        os.dup(0)\n"
    async with loaded(sandbox, script, Language.PYTHON) as rule:
        answer = await rule.run()
        assert isinstance(answer, frames.Threw)
        assert "Too many open files" in answer.text
