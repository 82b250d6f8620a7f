"""What libraries look at before they work: who asked for them, the machine, the user, and where lines may go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fixtures.hosts import loaded
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.records import Language

IN_NODE = {
    "require.main === module": False,
    "module.parent === require.main": True,
    "require.main.filename": "/main.js",
    "process.mainModule === require.main": True,
    "process.argv": ["/node", "/main.js"],
    "[module.id, module.filename, module.path]": ["/my-rule.js", "/my-rule.js", "/"],
    "[module.children, module.paths, module.loaded]": [[], [], False],
    "typeof module.require('fs').readFileSync": "function",
    "[require.extensions, require.cache, require.resolve.paths('fs')]": [{}, {}, []],
    "require('os').cpus().length": 1,
    "require('dns').getServers()": [],
    "new (require('dns').promises.Resolver)().getServers()": [],
    "require('inspector').url() === undefined": True,
    "new (class extends require('net').Socket {})() instanceof require('net').Socket": True,
}
WRITTEN_IN_NODE = {
    "new console.Console(process.stdout).log('a %s', 'b')": ("info", "a b"),
    "require('console').warn('a', { b: 1 })": ("warn", "a { b: 1 }"),
    "(await import('node:console')).default.error('a')": ("error", "a"),
    "(await import('node:console')).debug('a')": ("debug", "a"),
    "require('fs').writeFileSync(1, 'a')": ("info", "a"),
    "require('fs').appendFileSync(2, Buffer.from('a'))": ("error", "a"),
    "await require('util').promisify(require('fs').writeFile)(1, 'a', 'utf8')": ("info", "a"),
    "require('fs').createWriteStream('', { fd: 1 }).write('a')": ("info", "a"),
}
IN_PYTHON = {
    "str(pathlib.Path.home())": "/",
    "os.path.expanduser('~/.aws/config')": "/.aws/config",
    "pathlib.Path('~/.netrc').expanduser().exists()": False,
    "getpass.getuser()": "rule",
    "pwd.getpwnam('rule').pw_uid == os.getuid()": True,
    "grp.getgrgid(os.getgid()).gr_name": "rule",
    "[entry.pw_name for entry in pwd.getpwall()][-1]": "rule",
    "os.umask(0o77)": 0o22,
    "tempfile.gettempdir()": "/tmp",  # noqa: S108  # nothing is there
    "sys.argv": ["/rule.py"],
    "[sys.stdout.name, sys.stdout.mode, sys.stdout.errors]": ["<stdout>", "w", "backslashreplace"],
    "sys.stdout.reconfigure(line_buffering=True)": None,
}


@pytest.mark.parametrize(("asked", "expected"), IN_NODE.items())
async def test_a_library_of_node_finds_what_a_container_shows(sandbox: Sandbox, asked: str, expected: object) -> None:
    script = f"module.exports = async (client, scope, audience, context) => ({{ found: {asked} }});"
    async with loaded(sandbox, script) as rule:
        assert json.loads(await rule.value())["found"] == expected


@pytest.mark.parametrize(("written", "line"), WRITTEN_IN_NODE.items())
async def test_what_node_writes_to_a_standard_stream_is_a_line(
    sandbox: Sandbox, written: str, line: tuple[str, str]
) -> None:
    """Descriptor 1 is the host's own channel to the runner."""
    pause = "await new Promise((done) => setTimeout(done, 1));"
    script = f"module.exports = async (client, scope, audience, context) => {{ {written}; {pause} return {{}}; }};"
    async with loaded(sandbox, script) as rule:
        await rule.value()
    assert rule.lines == [line]


@pytest.mark.parametrize(("asked", "expected"), IN_PYTHON.items())
async def test_a_library_of_python_finds_what_a_container_shows(sandbox: Sandbox, asked: str, expected: object) -> None:
    assert await in_python(sandbox, asked) == expected


async def test_a_temporary_file_is_refused_where_it_would_be(sandbox: Sandbox) -> None:
    said = await in_python(sandbox, "failing(tempfile.TemporaryFile)")
    assert said.startswith("[Errno 30] Read-only file system: a rule's sandbox refuses every file but Python's own")


async def test_what_python_writes_to_a_standard_descriptor_is_a_line(sandbox: Sandbox) -> None:
    script = f"{IMPORTS}{RULE}[os.write(1, b'out\\n'), os.write(2, b'err')]}}"
    async with loaded(sandbox, script, Language.PYTHON) as rule:
        assert json.loads(await rule.value()) == {"found": [4, 3]}
    assert rule.lines == [("info", "out"), ("error", "err")]


@pytest.mark.parametrize("name", ["certifi", "httpcore._backends.auto", "requests.adapters"])
async def test_a_module_that_is_not_there_is_an_import_error(sandbox: Sandbox, name: str) -> None:
    """The host changes modules of these names once they are imported."""
    said = await in_python(sandbox, f"failing(lambda: __import__({name!r}))")
    assert said == f"No module named {name.partition('.')[0]!r}"


async def test_a_module_that_was_only_looked_for_is_changed_when_it_is_imported(sandbox: Sandbox) -> None:
    said = await in_python(
        sandbox, "importlib.util.find_spec('ssl') and __import__('ssl').create_default_context(cafile='/x').verify_mode"
    )
    assert said == 2


async def test_a_profiler_that_is_left_on_says_nothing(sandbox: Sandbox) -> None:
    script = f"{IMPORTS}import cProfile{RULE}cProfile.Profile().enable()}}"
    async with loaded(sandbox, script, Language.PYTHON) as rule:
        assert json.loads(await rule.value()) == {"found": None}
    assert rule.lines == []


IMPORTS = "import getpass, grp, importlib.util, os, pathlib, pwd, sys, tempfile\n"
RULE = """
def failing(function):
    try:
        function()
    except Exception as error:
        return str(error)
def rule(client, scope, audience, context):
    return {'found': """


async def in_python(sandbox: Sandbox, asked: str) -> Any:
    async with loaded(sandbox, f"{IMPORTS}{RULE}{asked}}}", Language.PYTHON) as rule:
        return json.loads(await rule.value())["found"]
