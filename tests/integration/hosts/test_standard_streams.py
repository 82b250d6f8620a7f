"""Each way to write to the standard descriptors is a log line or a clear error, and none ends the host."""

from __future__ import annotations

import pytest

from fixtures.hosts import Loaded, loaded
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.records import Language

PY = Language.PYTHON
REFUSED = "a rule's sandbox refuses that"

WRITTEN = [
    ("await Deno.stdout.write(bytes)", "info"),
    ("Deno.stdout.writeSync(bytes)", "info"),
    ("await Deno.stderr.write(bytes)", "error"),
    ("await Deno.stdout.writable.getWriter().write(bytes)", "info"),
    ("require('fs').writeSync(1, 'hi\\n')", "info"),
    ("require('fs').writeFileSync(2, 'hi')", "error"),
    ("require('fs').appendFileSync('/dev/stdout', 'hi')", "info"),
    ("await new Promise((r) => require('fs').createWriteStream(null, { fd: 1 }).write('hi', r))", "info"),
    ("process.stdout.write('hi')", "info"),
    ("process._rawDebug('hi')", "error"),
]
READ = [
    ("Deno.stdin.readSync(new Uint8Array(1))", "null"),
    ("await Deno.stdin.read(new Uint8Array(1))", "null"),
    ("(await Array.fromAsync(Deno.stdin.readable)).length", "0"),
    ("require('fs').readFileSync(0, 'utf8')", ""),
    ("require('fs').readSync(0, Buffer.alloc(1))", "0"),
    ("await require('util').promisify(require('fs').readFile)(0, 'utf8')", ""),
    (
        "await new Promise((r) => require('fs').createReadStream(null, { fd: 0 }).resume().on('end', () => r('end')))",
        "end",
    ),
    ("(await Array.fromAsync(process.stdin)).length", "0"),
]
REFUSALS = [
    "Deno.exit(0)",
    "Deno.kill(Deno.pid, 'SIGKILL')",
    "process.exit(1)",
    "process.abort()",
    "process.kill(process.pid)",
    "new (require('tty').WriteStream)(1)",
]

PYTHON_WRITTEN = [
    ("os.write(1, b'hi')", "info"),
    ("os.writev(2, [b'h', b'i'])", "error"),
    ("open(1, 'w').write('hi')", "info"),
    ("open(2, 'wb').write(b'hi')", "error"),
    ("os.fdopen(1, 'w').write('hi')", "info"),
    ("open('/dev/stdout', 'w').write('hi')", "info"),
    ("pathlib.Path('/dev/stderr').write_text('hi')", "error"),
    ("posix.write(1, b'hi')", "info"),
    ("print('hi', file=sys.__stdout__)", "info"),
    ("sys.stdout.buffer.write(b'hi')", "info"),
    ("_io.open(1, 'wb').write(b'hi')", "info"),
]
PYTHON_READ = ["open(0).read()", "open('/dev/stdin').read()", "sys.stdin.read()", "os.read(0, 1).decode()"]
PYTHON_REFUSALS = [
    "os._exit(0)",
    "os.abort()",
    "posix._exit(0)",
    "os.dup(1)",
    "os.dup2(2, 1)",
    "os.read(1, 1)",
    "io.FileIO(1, 'w')",
    "_io.FileIO(1, 'w')",
    "os.kill(os.getpid(), 9)",
    "signal.raise_signal(15)",
]


async def twice(rule: Loaded) -> list[str]:
    """What a rule returns; a second invocation shows that its host goes on, and the descriptors too."""
    return [await rule.value(), await rule.value()]


def of_javascript(expression: str) -> str:
    return (
        "module.exports = async () => { const bytes = new TextEncoder().encode('hi\\n'); let said = '';\n"
        f"try {{ said = String({expression}); }} catch (error) {{ said = error.message; }}\n"
        "return { said }; };"
    )


def of_python(expression: str) -> str:
    return (
        "import _io, io, os, pathlib, posix, signal, sys\n"
        "def rule(client, scope, audience, context):\n"
        "    try:\n"
        f"        return {{'said': str({expression})}}\n"
        "    except Exception as error:\n"
        "        return {'said': str(error)}\n"
    )


@pytest.mark.parametrize(("expression", "level"), WRITTEN)
async def test_what_javascript_writes_is_the_log(sandbox: Sandbox, expression: str, level: str) -> None:
    async with loaded(sandbox, of_javascript(expression)) as rule:
        await twice(rule)
    assert rule.lines == [(level, "hi")] * 2


@pytest.mark.parametrize(("expression", "said"), READ)
async def test_javascript_reads_nothing(sandbox: Sandbox, expression: str, said: str) -> None:
    async with loaded(sandbox, of_javascript(expression)) as rule:
        assert await twice(rule) == [f'{{"said":"{said}"}}'] * 2


@pytest.mark.parametrize("expression", REFUSALS)
async def test_javascript_does_not_end_its_host(sandbox: Sandbox, expression: str) -> None:
    async with loaded(sandbox, of_javascript(expression)) as rule:
        for value in await twice(rule):
            assert REFUSED in value


@pytest.mark.parametrize(("expression", "level"), PYTHON_WRITTEN)
async def test_what_python_writes_is_the_log(sandbox: Sandbox, expression: str, level: str) -> None:
    async with loaded(sandbox, of_python(expression), PY) as rule:
        await twice(rule)
    assert rule.lines == [(level, "hi")] * 2


@pytest.mark.parametrize("expression", PYTHON_READ)
async def test_python_reads_nothing(sandbox: Sandbox, expression: str) -> None:
    async with loaded(sandbox, of_python(expression), PY) as rule:
        assert await twice(rule) == ['{"said": ""}'] * 2


@pytest.mark.parametrize("expression", PYTHON_REFUSALS)
async def test_python_does_not_end_its_host(sandbox: Sandbox, expression: str) -> None:
    async with loaded(sandbox, of_python(expression), PY) as rule:
        for value in await twice(rule):
            assert REFUSED in value


@pytest.mark.parametrize("call", ["exit()", "quit()", "sys.exit('enough')"])
async def test_an_exit_of_python_fails_its_invocation_alone(sandbox: Sandbox, call: str) -> None:
    script = f"import sys\ndef rule(client, scope, audience, context):\n    {call}\n"
    async with loaded(sandbox, script, PY) as rule:
        for _ in range(2):
            assert "SystemExit" in str(await rule.run())
